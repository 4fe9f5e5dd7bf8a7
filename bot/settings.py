"""All that can be set, read once at the start from the environment and from `.env`; the environment wins."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain.limits import FIGURES, House, Limits, read_figure
from bot.errors import SettingsError

ENV_FILE = Path(".env")

SQLITE = "sqlite:///"
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?")
FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
GUILD_ID = re.compile(r"[0-9]{17,19}")
ECHO_MAX_CHARACTERS = 40


def _secret(value: str) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError("has a space or a special character in it; paste the value alone, with nothing around it")
    return SecretStr(value)


def _secret_keys(value: str) -> tuple[SecretStr, ...]:
    keys = _listed(value)
    if not all(FERNET_KEY.fullmatch(key) for key in keys):
        raise ValueError("must hold keys of 44 characters, separated by commas")
    return tuple(SecretStr(key) for key in keys)


def _web_address(value: str, schemes: tuple[str, ...]) -> str:
    try:
        parts = urlsplit(value)
        is_plain = parts.username is None and not parts.query and not parts.fragment and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        is_plain = False
    if not is_plain or parts.scheme not in schemes or not parts.hostname or not re.fullmatch(r"[!-~]+", value):
        starts = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(f"must be a web address that starts with {starts}, without a password or question mark in it")
    return value.rstrip("/")


def _http_address(value: str) -> str:
    return _web_address(value, ("https", "http"))


def _socket_address(value: str) -> str:
    return _web_address(value, ("wss", "ws"))


def _database_url(value: str) -> str:
    if value.startswith("postgres"):
        raise ValueError("names a PostgreSQL database, but this Easel keeps its data in one SQLite file")
    path = value.removeprefix(SQLITE)
    is_file = Path(path).name not in {"", ".."} and not path.endswith("/") and not re.search(r"[?#\x00]|:memory:", path)
    if path == value or not is_file:
        raise ValueError(
            "must look like sqlite:///data/easel.db (a file below the folder in which Easel is started) "
            "or sqlite:////var/lib/easel/easel.db (a full path, with four slashes)"
        )
    return value


def _hosts(value: str) -> frozenset[str]:
    hosts = [host.lower() for host in _listed(value)]
    for host in hosts:
        match = HOST.fullmatch(host)
        if match is None or not 0 < int(match["port"] or 1) < 2**16:
            raise ValueError("must hold entries like host or host:port, without http:// and separated by commas")
    return frozenset(hosts)


def _default_limits(value: str) -> Mapping[str, int | None]:
    # The price of a confirmation has a setting of its own.
    return _figures(value, [name for name in FIGURES if name != "confirm_above_credits"])


def _limit_ceiling(value: str) -> Mapping[str, int]:
    names = [name for name, figure in FIGURES.items() if figure.has_ceiling]
    figures = _figures(value, names, may_be_open=False)
    return {name: figure for name, figure in figures.items() if figure is not None}


def _figures(value: str, names: Collection[str], *, may_be_open: bool = True) -> dict[str, int | None]:
    figures: dict[str, int | None] = {}
    for entry in _listed(value):
        name, _, typed = (part.strip().lower() for part in entry.partition("="))
        if not typed:
            raise ValueError(f"says {_echo(entry)}, but must hold entries like name=number, separated by commas")
        if name not in names:
            raise ValueError(f"speaks of {_echo(name)}; it can hold {', '.join(names)}")
        if name in figures:
            raise ValueError(f"speaks of {name} twice")
        figures[name] = _figure(name, typed, entry, may_be_open=may_be_open and FIGURES[name].may_be_open)
    return figures


def _figure(name: str, typed: str, entry: str, *, may_be_open: bool) -> int | None:
    figure = read_figure(name, typed)
    if isinstance(figure, int) or (figure is None and may_be_open):
        return figure
    span = f"{FIGURES[name].least} to {FIGURES[name].most}{' or none' if may_be_open else ''}"
    raise ValueError(f"says {_echo(entry)}; {name} is a number from {span}")


def _echo(text: str) -> str:
    return repr(text[:ECHO_MAX_CHARACTERS])


def _guild_ids(value: str) -> frozenset[int]:
    ids = _listed(value)
    if not ids or not all(GUILD_ID.fullmatch(each) for each in ids):
        raise ValueError("must hold the ids of servers, numbers of 17 to 19 digits, separated by commas")
    return frozenset(map(int, ids))


def _listed(value: str) -> list[str]:
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Secret = Annotated[SecretStr, BeforeValidator(_secret)]
HttpAddress = Annotated[str, AfterValidator(_http_address)]
SocketAddress = Annotated[str, AfterValidator(_socket_address)]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LogFormat = Literal["console", "json"]


def _about(what: str, where: str, must_be: str = "") -> dict[str, Any]:
    """What a setting is (a noun), where its value comes from (a sentence), what it must be where pydantic checks."""
    return {"description": what, "json_schema_extra": {"where": where, "must_be": must_be}}


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        str_strip_whitespace=True,
        validate_default=False,
        hide_input_in_errors=True,
    )

    discord_token: Secret = Field(
        **_about(
            "the token with which the bot logs in to Discord",
            "You get it at discord.com/developers/applications: your application, page “Bot”, button “Reset Token”.",
        )
    )
    meshy_api_key: Secret | None = Field(
        None,
        **_about(
            "the key with which pictures are ordered and paid for at Meshy; it starts with msy_",
            "You get it on the page “API” of your account at www.meshy.ai.",
        ),
    )
    meigen_api_key: Secret | None = Field(
        None,
        validate_default=True,
        **_about(
            "the key with which pictures are ordered and paid for at MeiGen; it starts with meigen_sk_",
            "You get it on the settings page of your account at www.meigen.ai.",
        ),
    )
    discord_api_url: HttpAddress = Field(
        "https://discord.com/api/v10",
        **_about("Discord's address for requests", "Leave it out, unless you test against a stand-in."),
    )
    discord_gateway_url: SocketAddress = Field(
        "wss://gateway.discord.gg",
        **_about("Discord's address for live events", "Leave it out, unless you test against a stand-in."),
    )
    meigen_base_url: HttpAddress = Field(
        "https://www.meigen.ai/api",
        **_about("MeiGen's address", "Leave it out, unless you test against a stand-in."),
    )
    meigen_rate_limit: int = Field(
        12,
        ge=1,
        le=10_000,
        **_about(
            "the number of requests that MeiGen takes from your key in one window",
            "Leave it out, unless MeiGen has given you another limit.",
            "a whole number from 1 to 10000",
        ),
    )
    meigen_rate_window_seconds: float = Field(
        60.0,
        ge=0.1,
        le=86_400,
        allow_inf_nan=False,
        **_about(
            "the length of that window, in seconds",
            "Leave it out, unless MeiGen has given you another limit.",
            "a number from 0.1 to 86400",
        ),
    )
    meigen_poll_seconds: float = Field(
        3.0,
        ge=0.05,
        le=60,
        allow_inf_nan=False,
        **_about(
            "the time between two looks whether a picture is ready, in seconds",
            "Leave it out: 3 is what MeiGen asks for.",
            "a number from 0.05 to 60",
        ),
    )
    meshy_base_url: HttpAddress = Field(
        "https://api.meshy.ai",
        **_about("Meshy's address", "Leave it out, unless you test against a stand-in."),
    )
    meshy_rate_limit: int = Field(
        20,
        ge=1,
        le=10_000,
        **_about(
            "the number of requests that Meshy takes from your key in a second",
            "Leave it out, unless Meshy has given you another limit.",
            "a whole number from 1 to 10000",
        ),
    )
    meshy_task_limit: int = Field(
        10,
        ge=1,
        le=10_000,
        **_about(
            "the number of pictures that Meshy makes for your key at once, those in its queue included",
            "Look it up under “Rate limits” in Meshy's documentation, by your plan.",
            "a whole number from 1 to 10000",
        ),
    )
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "sqlite:///data/easel.db",
        **_about(
            "the file in which Easel keeps its queue and its history", "Any path that Easel may write to will do."
        ),
    )
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_secret_keys)] = Field(
        (),
        **_about(
            "the list of keys that encrypt servers' own keys and tokens in the database, newest first, separated by "
            "commas; without it Easel makes a key file beside the database",
            "You make one with: "
            'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"',
        ),
    )
    media_kept_days: int = Field(
        30,
        ge=1,
        le=3650,
        **_about(
            "the time for which results are kept on this machine after they were last needed, in days",
            "Choose as you like.",
            "a whole number from 1 to 3650",
        ),
    )
    media_quota_mib: int = Field(
        2048,
        ge=1,
        le=100_000_000,
        **_about(
            "the room that the database, its backups and kept results may take together, in MiB; "
            "the results not needed for longest go first",
            "Choose what your disk can spare.",
            "a whole number from 1 to 100000000",
        ),
    )
    media_trusted_hosts: Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)] = Field(
        frozenset(),
        **_about(
            "the list of hosts from which pictures are fetched although they are private or without https",
            "Leave it out, unless you test against a stand-in.",
        ),
    )
    confirm_above_credits: int = Field(
        100,
        ge=0,
        le=1_000_000,
        **_about(
            "the price above which a request is confirmed before it starts, in credits; 0 confirms all of them",
            "Choose as you like.",
            "a whole number from 0 to 1000000",
        ),
    )
    default_limits: Annotated[Mapping[str, int | None], NoDecode, BeforeValidator(_default_limits)] = Field(
        {},
        **_about(
            "the list of limits of servers whose moderators have not chosen otherwise, and of direct messages",
            "Write name=number, separated by commas: member_videos_per_day=3, guild_credits_per_month=5000.",
        ),
    )
    limit_ceiling: Annotated[Mapping[str, int], NoDecode, BeforeValidator(_limit_ceiling)] = Field(
        {},
        **_about(
            "the list of highest figures that moderators can set",
            "Write name=number, separated by commas, with the names of DEFAULT_LIMITS.",
        ),
    )
    allowed_guilds: Annotated[frozenset[int], NoDecode, BeforeValidator(_guild_ids)] = Field(
        frozenset(),
        **_about(
            "the list of ids of the servers that Easel works for; without it, all that it is invited to",
            "In Discord, switch on “Developer Mode”, then right-click a server and choose “Copy Server ID”.",
        ),
    )
    allow_direct_messages: bool = Field(
        False,  # noqa: FBT003  the default of a field
        **_about("the switch for asking in direct messages to the bot", "Choose as you like.", "on or off"),
    )
    log_level: Annotated[Level, BeforeValidator(_upper)] = Field(
        "INFO",
        **_about(
            "the least urgent kind of message that is logged",
            "Leave it out, unless you look for a fault.",
            "DEBUG, INFO, WARNING or ERROR",
        ),
    )
    log_format: Annotated[LogFormat, BeforeValidator(_lower)] = Field(
        "console",
        **_about("the shape of the log: for reading, or for a log collector", "Choose as you like.", "console or json"),
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment comes as arguments from `load_settings`, so nothing here reads a global."""
        return init_settings, dotenv_settings

    @field_validator("meigen_api_key", mode="after")
    @classmethod
    def _one_of_both(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if key is None and info.data.get("meshy_api_key", ...) is None:
            raise ValueError("is missing, and so is MESHY_API_KEY: Easel needs at least one of the two")
        return key

    @property
    def keys(self) -> Mapping[str, str]:
        """The operator's, by upstream."""
        found = {"meigen": self.meigen_api_key, "meshy": self.meshy_api_key}
        return {name: key.get_secret_value() for name, key in found.items() if key is not None}

    @property
    def database_path(self) -> Path:
        return Path(self.database_url.removeprefix(SQLITE))

    @property
    def data_folder(self) -> Path:
        """Where everything lies that must outlive the process."""
        return self.database_path.parent

    @property
    def house(self) -> House:
        """What servers begin with, and what their moderators cannot lift."""
        chosen: dict[str, Any] = {"confirm_above_credits": self.confirm_above_credits, **self.default_limits}
        return House(
            replace(Limits(), **chosen), dict(self.limit_ceiling), self.allowed_guilds, self.allow_direct_messages
        )

    @property
    def heartbeat_path(self) -> Path:
        return self.data_folder / "heartbeat"

    def secrets(self) -> tuple[str, ...]:
        """What must never stand in a log."""
        sealed = (self.discord_token, *self.secret_keys)
        return (*self.keys.values(), *(secret.get_secret_value() for secret in sealed))


ENV_NAMES = tuple(name.upper() for name in Settings.model_fields)


def load_settings(env: Mapping[str, str] | None = None, env_file: Path | None = ENV_FILE) -> Settings:
    """Read `env` (None: the process's environment) and `env_file` (None or absent: not read). Empty counts as not set.

    Raises SettingsError, which tells of everything that is wrong.
    """
    env = os.environ if env is None else env
    given: dict[str, Any] = {name.lower(): env[name].strip() for name in ENV_NAMES if env.get(name, "").strip()}
    try:
        return Settings(_env_file=env_file, _env_file_encoding="utf-8", **given)
    except ValidationError as error:
        raise SettingsError(_problems(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError({str(env_file): "cannot be read as a text file in UTF-8"}) from error


def _problems(error: ValidationError) -> dict[str, str]:
    problems = {}
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0])
        if detail["type"] == "missing":
            problem = "is missing"
        elif detail["type"] == "value_error":
            problem = str(detail["ctx"]["error"])
        else:
            problem = f"is {_echo(str(detail['input']))}, but must be {_extra(name)['must_be']}"
        problems[name.upper()] = problem
    return problems


def _extra(name: str) -> dict[str, Any]:
    extra = Settings.model_fields[name].json_schema_extra
    return extra if isinstance(extra, dict) else {}


def explain(error: SettingsError) -> str:
    """One message for whoever starts the bot: each setting that is wrong, how, what it is for, where to get it."""
    count = len(error.problems)
    lines = [f"Easel cannot start yet: {count} setting{'s need' if count > 1 else ' needs'} your attention."]
    for name, problem in error.problems.items():
        lines += ["", f"  {name} {problem}."]
        if name in ENV_NAMES:
            field = name.lower()
            lines += [f"    It is {Settings.model_fields[field].description}.", f"    {_extra(field)['where']}"]
    lines += ["", "Settings come from the environment or from a file named .env; .env.example shows them all."]
    return "\n".join(lines)
