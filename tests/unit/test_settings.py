from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.limits import FIGURES, House, Limits
from bot.errors import SettingsError
from bot.settings import ENV_NAMES, Settings, explain, load_settings

REQUIRED = {"DISCORD_TOKEN": "MTE.abc.def", "MEIGEN_API_KEY": "meigen_sk_aaaaaaaaaaaa"}
GUILD_IDS = (80351110224678912, 1310000000000000001)
FERNET_KEYS = ("a" * 43 + "=", "B" * 43 + "=")


def settings_of(**env: str) -> Settings:
    return load_settings(REQUIRED | env, env_file=None)


def problems_of(**env: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        settings_of(**env)
    return caught.value.problems


def test_the_two_required_are_enough() -> None:
    settings = settings_of()
    assert settings.discord_token.get_secret_value() == REQUIRED["DISCORD_TOKEN"]
    assert settings.meigen_api_key is not None
    assert settings.meigen_api_key.get_secret_value() == REQUIRED["MEIGEN_API_KEY"]
    assert (settings.meigen_rate_limit, settings.meigen_rate_window_seconds, settings.meigen_poll_seconds) == (
        12,
        60,
        3,
    )
    assert settings.meigen_base_url == "https://www.meigen.ai/api"
    assert settings.database_path == Path("data/easel.db")
    assert settings.data_folder == Path("data")
    assert not settings.allow_direct_messages
    assert (settings.media_kept_days, settings.media_quota_mib) == (30, 2048)


def test_everything_can_be_set() -> None:
    settings = settings_of(
        DISCORD_API_URL="http://127.0.0.1:8080/api/v10/",
        DISCORD_GATEWAY_URL="ws://127.0.0.1:8080/gateway/",
        MEIGEN_BASE_URL="http://[::1]:9000/api",
        MEIGEN_RATE_LIMIT="120",
        MEIGEN_RATE_WINDOW_SECONDS="2.5",
        MEIGEN_POLL_SECONDS=" 0.2 ",
        MESHY_API_KEY="msy_aaaaaaaaaaaa",
        MESHY_BASE_URL="http://127.0.0.1:9001/",
        MESHY_RATE_LIMIT="100",
        MESHY_TASK_LIMIT="50",
        DATABASE_URL="sqlite:////var/lib/easel/bot.db",
        SECRET_KEYS=", ".join(FERNET_KEYS),
        MEDIA_TRUSTED_HOSTS="LocalHost:9000, 127.0.0.1,[::1]:80,",
        MEDIA_KEPT_DAYS="7",
        MEDIA_QUOTA_MIB="512",
        CONFIRM_ABOVE_CREDITS="40",
        DEFAULT_LIMITS=" member_videos_per_day = 3, Guild_Credits_Per_Month=5000,member_credits_per_day=none, ",
        LIMIT_CEILING="member_videos_per_day=5,queued_per_guild=100",
        ALLOWED_GUILDS=f"{GUILD_IDS[0]}, {GUILD_IDS[1]},",
        ALLOW_DIRECT_MESSAGES="on",
        LOG_LEVEL="debug",
        LOG_FORMAT="JSON",
    )
    assert settings.discord_api_url == "http://127.0.0.1:8080/api/v10"
    assert settings.discord_gateway_url == "ws://127.0.0.1:8080/gateway"
    assert settings.meigen_base_url == "http://[::1]:9000/api"
    assert (settings.meigen_rate_limit, settings.meigen_rate_window_seconds) == (120, 2.5)
    assert settings.meigen_poll_seconds == 0.2
    assert settings.keys == {"meigen": REQUIRED["MEIGEN_API_KEY"], "meshy": "msy_aaaaaaaaaaaa"}
    assert settings.meshy_base_url == "http://127.0.0.1:9001"
    assert (settings.meshy_rate_limit, settings.meshy_task_limit) == (100, 50)
    assert settings.data_folder == Path("/var/lib/easel")
    assert tuple(key.get_secret_value() for key in settings.secret_keys) == FERNET_KEYS
    assert settings.media_trusted_hosts == {"localhost:9000", "127.0.0.1", "[::1]:80"}
    assert (settings.media_kept_days, settings.media_quota_mib) == (7, 512)
    assert settings.confirm_above_credits == 40
    assert settings.default_limits == {
        "member_videos_per_day": 3,
        "guild_credits_per_month": 5000,
        "member_credits_per_day": None,
    }
    assert settings.limit_ceiling == {"member_videos_per_day": 5, "queued_per_guild": 100}
    assert settings.allowed_guilds == set(GUILD_IDS)
    assert settings.allow_direct_messages
    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")


@pytest.mark.parametrize("name", [name for name in ENV_NAMES if name not in REQUIRED])
def test_empty_is_not_set(name: str) -> None:
    assert settings_of(**{name: "  "}) == settings_of()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(
        '# a comment\nDISCORD_TOKEN="from-file"\nMEIGEN_API_KEY=from-file\nLOG_LEVEL=\nPATH_OF_OTHERS=1\n'
        f"SECRET_KEYS={FERNET_KEYS[0]}\nMEDIA_TRUSTED_HOSTS=a,b\n",
        "utf-8",
    )
    settings = load_settings({"DISCORD_TOKEN": "from-environment", "MEIGEN_API_KEY": ""}, env_file)
    assert settings.discord_token.get_secret_value() == "from-environment"
    assert settings.keys == {"meigen": "from-file"}
    assert settings.log_level == "INFO"
    assert settings.media_trusted_hosts == {"a", "b"}
    assert len(settings.secret_keys) == 1


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"DISCORD_TOKEN=\xff\xfe\n")
    with pytest.raises(SettingsError) as caught:
        load_settings({}, env_file)
    assert str(env_file) in explain(caught.value)
    assert "UTF-8" in explain(caught.value)


def test_an_absent_file_is_no_fault(tmp_path: Path) -> None:
    assert load_settings(REQUIRED, tmp_path / ".env") == settings_of()


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({}, env_file=None)
    assert caught.value.problems == {
        "DISCORD_TOKEN": "is missing",
        "MEIGEN_API_KEY": "is missing, and so is MESHY_API_KEY: Easel needs at least one of the two",
    }
    text = explain(caught.value)
    assert "2 settings need" in text
    assert "discord.com/developers/applications" in text
    assert "www.meigen.ai" in text
    assert "logs in to Discord" in text


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DISCORD_TOKEN", "Bot abc", "paste the value alone"),
        ("DISCORD_TOKEN", "abc\ndef", "paste the value alone"),
        ("MEIGEN_API_KEY", "schlüssel", "special character"),
        ("DISCORD_API_URL", "discord.com/api", "starts with https:// or http://"),
        ("DISCORD_API_URL", "wss://discord.com", "starts with https:// or http://"),
        ("DISCORD_API_URL", "https://", "web address"),
        ("DISCORD_API_URL", "https://a:99999", "web address"),
        ("DISCORD_API_URL", "https://a b.example", "web address"),
        ("DISCORD_API_URL", "https://me:word@a.example", "without a password"),
        ("DISCORD_GATEWAY_URL", "https://gateway.example", "starts with wss:// or ws://"),
        ("DISCORD_GATEWAY_URL", "wss://gateway.example/?v=10", "question mark"),
        ("MEIGEN_BASE_URL", "https://[::1", "web address"),
        ("MEIGEN_RATE_LIMIT", "0", "from 1 to 10000"),
        ("MEIGEN_RATE_LIMIT", "10001", "from 1 to 10000"),
        ("MEIGEN_RATE_LIMIT", "1.5", "'1.5', but must be a whole number"),
        ("MEIGEN_RATE_LIMIT", "many", "is 'many', but must be"),
        ("MEIGEN_RATE_WINDOW_SECONDS", "0.05", "from 0.1 to 86400"),
        ("MEIGEN_RATE_WINDOW_SECONDS", "inf", "from 0.1 to 86400"),
        ("MEIGEN_POLL_SECONDS", "nan", "from 0.05 to 60"),
        ("MEIGEN_POLL_SECONDS", "61", "from 0.05 to 60"),
        ("MESHY_API_KEY", "msy key", "paste the value alone"),
        ("MESHY_BASE_URL", "api.meshy.ai", "web address"),
        ("MESHY_RATE_LIMIT", "0", "from 1 to 10000"),
        ("MESHY_TASK_LIMIT", "none", "is 'none', but must be"),
        ("DATABASE_URL", "postgresql://easel:word@db/easel", "names a PostgreSQL database"),
        ("DATABASE_URL", "postgres://db/easel", "names a PostgreSQL database"),
        ("DATABASE_URL", "mysql://db/easel", "must look like sqlite:///"),
        ("DATABASE_URL", "sqlite://host/easel.db", "must look like sqlite:///"),
        ("DATABASE_URL", "sqlite:///", "must look like sqlite:///"),
        ("DATABASE_URL", "sqlite:////", "must look like sqlite:///"),
        ("DATABASE_URL", "sqlite:///data/", "must look like sqlite:///"),
        ("DATABASE_URL", "sqlite:///..", "must look like sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:", "must look like sqlite:///"),
        ("DATABASE_URL", "sqlite:///easel.db?mode=ro", "must look like sqlite:///"),
        ("DATABASE_URL", "data/easel.db", "must look like sqlite:///"),
        ("SECRET_KEYS", "short", "44 characters"),
        ("SECRET_KEYS", f"{FERNET_KEYS[0]} {FERNET_KEYS[1]}", "separated by commas"),
        ("MEDIA_TRUSTED_HOSTS", "http://localhost", "without http://"),
        ("MEDIA_TRUSTED_HOSTS", "localhost:0", "host:port"),
        ("MEDIA_TRUSTED_HOSTS", "localhost:70000", "host:port"),
        ("MEDIA_TRUSTED_HOSTS", "good,-bad", "host:port"),
        ("MEDIA_KEPT_DAYS", "0", "from 1 to 3650"),
        ("MEDIA_KEPT_DAYS", "forever", "is 'forever', but must be a whole number"),
        ("MEDIA_QUOTA_MIB", "0", "from 1 to 100000000"),
        ("MEDIA_QUOTA_MIB", "2 GiB", "is '2 GiB', but must be a whole number"),
        ("CONFIRM_ABOVE_CREDITS", "-1", "from 0 to 1000000"),
        ("DEFAULT_LIMITS", "3", "says '3', but must hold entries like name=number, separated by commas"),
        ("DEFAULT_LIMITS", "member_videos_per_day", "must hold entries like name=number"),
        ("DEFAULT_LIMITS", "member_videos_per_day=", "must hold entries like name=number"),
        ("DEFAULT_LIMITS", "guild_credits_per_day=5,000", "says '000', but must hold entries like name=number"),
        (
            "DEFAULT_LIMITS",
            "videos=3",
            "speaks of 'videos'; it can hold guild_credits_per_day, guild_cr",
        ),
        ("DEFAULT_LIMITS", "models=3", "speaks of 'models'; it can hold"),
        ("DEFAULT_LIMITS", "confirm_above_credits=3", "speaks of 'confirm_above_credits'; it can hold"),
        ("DEFAULT_LIMITS", "=3", "speaks of ''; it can hold"),
        ("DEFAULT_LIMITS", "kept_days=7,KEPT_DAYS=7", "speaks of kept_days twice"),
        (
            "DEFAULT_LIMITS",
            "member_videos_per_day=a few",
            "says 'member_videos_per_day=a few'; member_videos_per_day is a number from 0 to 100000 or none",
        ),
        ("DEFAULT_LIMITS", "kept_days=0", "kept_days is a number from 1 to 3650"),
        ("DEFAULT_LIMITS", "kept_days=none", "kept_days is a number from 1 to 3650"),
        ("DEFAULT_LIMITS", "kept_days=7;queued_per_member=3", "says 'kept_days=7;queued_per_member=3'; kept_days is"),
        ("LIMIT_CEILING", "cooldown_seconds=3", "speaks of 'cooldown_seconds'; it can hold guild_credits_per_day"),
        ("LIMIT_CEILING", "confirm_above_credits=3", "speaks of 'confirm_above_credits'; it can hold"),
        ("LIMIT_CEILING", "guild_credits_per_day=none", "is a number from 0 to 100000000"),
        ("LIMIT_CEILING", "guild_credits_per_day=-1", "is a number from 0 to 100000000"),
        ("ALLOWED_GUILDS", "my server", "the ids of servers, numbers of 17 to 19 digits, separated by commas"),
        ("ALLOWED_GUILDS", "80351110224678912 1310000000000000001", "separated by commas"),
        ("ALLOWED_GUILDS", "80351110224678912,7", "numbers of 17 to 19 digits"),
        ("ALLOW_DIRECT_MESSAGES", "perhaps", "must be on or off"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING or ERROR"),
        ("LOG_FORMAT", "xml", "console or json"),
    ],
)
def test_what_is_wrong_is_told(name: str, value: str, expected: str) -> None:
    problems = problems_of(**{name: value})
    assert list(problems) == [name]
    assert expected in problems[name]


def test_no_limit_is_offered_only_where_there_can_be_none() -> None:
    assert "or none" not in problems_of(LIMIT_CEILING="guild_credits_per_day=none")["LIMIT_CEILING"]
    assert "or none" not in problems_of(DEFAULT_LIMITS="kept_days=none")["DEFAULT_LIMITS"]


def test_a_ceiling_is_of_figures_that_have_one() -> None:
    offered = problems_of(LIMIT_CEILING="x=1")["LIMIT_CEILING"].partition("it can hold ")[2].split(", ")
    assert set(offered) == set(FIGURES) - {"cooldown_seconds", "confirm_above_credits"}


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"confirm_above_credits"}))
def test_every_figure_can_be_a_default(name: str) -> None:
    assert getattr(settings_of(DEFAULT_LIMITS=f"{name}=7").house.defaults, name) == 7


@given(st.text())
def test_any_text_is_a_list_of_limits_or_a_sentence(text: str) -> None:
    for setting in ("DEFAULT_LIMITS", "LIMIT_CEILING", "ALLOWED_GUILDS"):
        with contextlib.suppress(SettingsError):
            settings_of(**{setting: text})


def test_without_a_word_of_the_operator_the_house_is_open() -> None:
    house = settings_of().house
    assert house == House()
    assert house.serves(GUILD_IDS[0])
    assert not house.serves(None)


def test_the_house_is_as_the_operator_says() -> None:
    house = settings_of(
        CONFIRM_ABOVE_CREDITS="0",
        DEFAULT_LIMITS="member_videos_per_day=30,queued_per_member=3",
        LIMIT_CEILING="member_videos_per_day=5",
        ALLOWED_GUILDS=str(GUILD_IDS[0]),
        ALLOW_DIRECT_MESSAGES="on",
    ).house
    assert house.defaults == Limits(member_videos_per_day=30, queued_per_member=3, confirm_above_credits=0)
    assert house.capped(house.defaults).member_videos_per_day == 5
    assert [house.serves(guild_id) for guild_id in (*GUILD_IDS, None)] == [True, False, True]


def test_one_upstream_is_enough_and_either_will_do() -> None:
    alone = load_settings({"DISCORD_TOKEN": "abc", "MESHY_API_KEY": "msy_aaaaaaaaaaaa"}, env_file=None)
    assert alone.keys == {"meshy": "msy_aaaaaaaaaaaa"}
    assert alone.meigen_api_key is None
    assert (alone.meshy_base_url, alone.meshy_rate_limit, alone.meshy_task_limit) == ("https://api.meshy.ai", 20, 10)
    assert "msy_aaaaaaaaaaaa" in alone.secrets()
    assert "msy_" not in repr(alone)
    assert settings_of().keys == {"meigen": REQUIRED["MEIGEN_API_KEY"]}


def test_a_wrong_key_is_told_alone() -> None:
    problems = problems_of(MEIGEN_API_KEY="", MESHY_API_KEY="two words")
    assert list(problems) == ["MESHY_API_KEY"]


@given(st.text(min_size=1))
def test_any_text_is_a_database_or_a_sentence(path: str) -> None:
    with contextlib.suppress(SettingsError):
        settings = settings_of(DATABASE_URL=f"sqlite:///{path}")
        assert settings.database_path.name not in {"", ".", ".."}


def test_no_secret_is_shown() -> None:
    settings = settings_of(SECRET_KEYS=FERNET_KEYS[0])
    for secret in (*REQUIRED.values(), FERNET_KEYS[0]):
        assert secret in settings.secrets()
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DISCORD_TOKEN", "Bot hush-hush", "hush"),
        ("MEIGEN_API_KEY", "meigen_sk_hush hush", "hush"),
        ("SECRET_KEYS", "hush-hush", "hush"),
        ("DATABASE_URL", "postgresql://easel:hush@db/easel", "hush"),
        ("MEIGEN_BASE_URL", "https://easel:hush@meigen.example", "hush"),
    ],
)
def test_no_secret_is_echoed(name: str, value: str, secret: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of(**{name: value})
    assert secret not in explain(caught.value)
    assert secret not in str(caught.value)
    assert secret not in str(caught.value.__cause__)


def test_nothing_changes_afterwards() -> None:
    with pytest.raises(ValidationError):
        settings_of().log_level = "DEBUG"  # type: ignore[misc]  # that it cannot is what is tested


def test_every_setting_says_what_it_is_and_where_it_comes_from() -> None:
    problems = dict.fromkeys(ENV_NAMES, "is missing")
    blocks = explain(SettingsError(problems)).split("\n\n")[1:-1]
    assert len(blocks) == len(ENV_NAMES)
    for block in blocks:
        _, what, where = block.splitlines()
        assert what.startswith("    It is ")
        assert where.endswith((".", '"'))
