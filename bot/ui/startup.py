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
