"""`python -m bot run | demo | rotate-keys | version`; also the console script `easel`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

from bot import __version__
from bot.errors import DiscordLoginRefused, DiscordStrange, SettingsError, StoreError, VaultError
from bot.logs import configure_logging
from bot.settings import Settings, explain, load_settings
from bot.ui.startup import DEMO_ABSENT, NO_NEWER_KEY, demo_needs, no_database, startup_sentence

OK, FAILED, BAD_SETTINGS, INTERRUPTED = 0, 1, 2, 130
EXPECTED = (DiscordLoginRefused, DiscordStrange, StoreError, VaultError)

logger = logging.getLogger("bot")


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole program; returns its exit code: 0, 1 for what went wrong, 2 for wrong settings or usage."""
    command = _parser().parse_args(arguments).command
    try:
        return {"run": run, "demo": demo, "rotate-keys": rotate_keys, "version": version}[command]()
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="easel", description="A Discord bot that makes images and videos.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="run | demo | rotate-keys | version")
    commands.add_parser("run", help="run the bot; settings come from the environment and from .env")
    commands.add_parser("demo", help="try it in the browser, without an account anywhere")
    commands.add_parser("rotate-keys", help="encrypt all secrets in the database anew with the first of SECRET_KEYS")
    commands.add_parser("version", help="tell the version")
    return parser


def run() -> int:
    settings = _settings()
    return BAD_SETTINGS if settings is None else _run_bot(settings)


def _settings() -> Settings | None:
    """What was set, with logging as it says; None, and a message, where something of it is wrong."""
    try:
        settings = load_settings()
    except SettingsError as error:
        _say(explain(error))
        return None
    configure_logging(settings.log_level, settings.log_format, settings.secrets())
    return settings


def _run_bot(settings: Settings) -> int:
    # Not at the top: discord.py takes long to import, and `version` and wrong settings need not wait for it.
    from bot.app import run as run_bot  # noqa: PLC0415  see above

    return run_to_end(run_bot(settings))


def run_to_end(work: Coroutine[Any, Any, None]) -> int:
    """Run `work`; what may well happen is told in a sentence, all else is logged with its traceback."""
    try:
        with asyncio.Runner() as runner:
            runner.run(work)
    except Exception as error:  # noqa: BLE001  the last one who can say what happened
        return _tell(error)
    return OK


def _tell(error: Exception) -> int:
    causes = _causes(error)
    expected = [cause for cause in causes if isinstance(cause, EXPECTED)]
    if len(expected) < len(causes):
        logger.error("Easel stopped because of a fault of its own", exc_info=error)
    for sentence in dict.fromkeys(map(startup_sentence, expected)):
        _say(sentence)
    return FAILED


def _causes(error: BaseException) -> list[BaseException]:
    """What a task group wrapped."""
    if isinstance(error, BaseExceptionGroup):
        return [cause for inner in error.exceptions for cause in _causes(inner)]
    return [error]


def demo() -> int:
    try:
        import sandbox.demo  # noqa: PLC0415  its libraries come with the extra `demo` alone
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        _say(DEMO_ABSENT if package == "sandbox" else demo_needs(package, sys.executable))
        return FAILED
    return sandbox.demo.main()


def rotate_keys() -> int:
    settings = _settings()
    if settings is None:
        return BAD_SETTINGS
    if not settings.secret_keys:
        _say(NO_NEWER_KEY)
        return BAD_SETTINGS
    if not settings.database_path.exists():
        _say(no_database(str(settings.database_path)))
        return FAILED
    return run_to_end(_rotate_keys(settings))


async def _rotate_keys(settings: Settings) -> None:
    from bot.rotation import rotate_keys as rotate  # noqa: PLC0415  its libraries are for this command alone

    print(await rotate(settings))  # noqa: T201  the answer to a command


def version() -> int:
    print(f"Easel {__version__}")  # noqa: T201  the answer to a command
    return OK


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201  to whoever started it, before or after there is a log


if __name__ == "__main__":
    sys.exit(main())
