"""What whoever runs the bot reads when it cannot start or cannot go on."""

from __future__ import annotations

from bot.errors import DiscordLoginRefused, DiscordStrange, EaselError, StoreDown, StoreHeld, StoreTooNew, VaultError


def startup_sentence(error: EaselError) -> str:  # noqa: PLR0911  one return for each kind
    """What happened and what to do, in plain words."""
    match error:
        case DiscordLoginRefused():
            return (
                "Discord did not accept the bot's token. Copy it again (discord.com/developers/applications, your "
                "application, page “Bot”, button “Reset Token”) and put it into DISCORD_TOKEN."
            )
        case DiscordStrange(detail=detail):
            return (
                f"Discord's address does not answer as Discord does ({detail}). Take DISCORD_API_URL and "
                "DISCORD_GATEWAY_URL out of the settings, unless you test against a stand-in."
            )
        case StoreHeld(path=path, holder=holder):
            return (
                f"Another Easel is already using this database ({holder or 'unknown process'} holds {path}). "
                "Stop that one first, or give this one a DATABASE_URL of its own."
            )
        case StoreTooNew(found=found, known=known):
            return (
                f"The database was made by a newer Easel (its layout is {found}, this Easel knows {known}). "
                "Update Easel, or put back the backup that lies beside the database."
            )
        case StoreDown(detail=detail):
            return f"The database is no use: {detail}. Check that the disk has room and that Easel may write there."
        case VaultError(detail=detail):
            return (
                f"The secret keys are no use: {detail}. Put the right ones into SECRET_KEYS, or put back the key file "
                "that lay beside the database."
            )
        case _:
            return f"Easel had to stop: {error}"


DEMO_ABSENT = "The demo is not part of this installation; run it from a copy of Easel's repository."


def demo_needs(package: str, python: str) -> str:
    """`package` is missing, and `python` is the interpreter that runs Easel."""
    return (
        f"The demo needs {package}, which is not installed. This installs all that it needs:\n"
        f"  {python} -m pip install -r requirements-dev.lock"
    )


# ---------------------------------------------------------------- rotate-keys

NO_NEWER_KEY = (
    "SECRET_KEYS holds no key that could be changed to. Make one, put it there, and run this again:\n"
    '  python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


def no_database(path: str) -> str:
    return f"There is no database at {path}, so there is nothing to change. See that DATABASE_URL is right."


def rotated(keys: int, tokens: int, links: int) -> str:
    """How many values are encrypted with the newest key now."""
    counts = f"servers' own keys: {keys:,}, tokens: {tokens:,}, sets of links: {links:,}"
    return f"All that could be opened is encrypted with the first of SECRET_KEYS now ({counts})."


def left_locked(count: int) -> str:
    what = "1 value opens" if count == 1 else f"{count:,} values open"
    return (
        f"{what} with none of the keys at hand and stayed as before: if you still have the key, add it at the end of "
        "SECRET_KEYS and run this again."
    )


def keys_to_drop(old_keys: int, key_file: str | None) -> str:
    """`old_keys`: how many of SECRET_KEYS are not the newest; `key_file` is None where there is none."""
    droppable = [
        *(["the other keys in SECRET_KEYS"] if old_keys else []),
        *([f"the file {key_file}"] if key_file is not None else []),
    ]
    if not droppable:
        return "There is no older key that could be dropped."
    return f"You may drop {' and '.join(droppable)}, but older copies of the database still need them."
