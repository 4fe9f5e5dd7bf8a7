"""What discord.py logs while Discord is away."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import aiohttp
import discord
import pytest

import bot.chat.client  # noqa: F401  it calms the library

LIBRARY = logging.getLogger("discord.client")
COMPLETIONS = logging.getLogger("discord.app_commands.tree")
COMPLETION_FAILED = "Ignoring exception in autocomplete for %r (Guild: %s, User: %s)"


@dataclass
class Answer:
    """What discord.py reads of an HTTP response."""

    status: int
    reason: str = "refused"


def refused(status: int, code: int) -> discord.HTTPException:
    return discord.HTTPException(Answer(status), {"code": code, "message": "no"})


def test_a_gateway_that_is_away_is_a_warning_of_one_line(caplog: pytest.LogCaptureFixture) -> None:
    LIBRARY.error("Attempting a reconnect in %.2fs", 1.5, exc_info=ConnectionRefusedError("nobody there"))
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    told = "the connection to Discord failed (ConnectionRefusedError). Attempting a reconnect in 1.50s"
    assert record.getMessage() == told


def test_other_errors_stay_as_loud_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    LIBRARY.error("Ignoring exception in %s", "on_ready", exc_info=ValueError("of our own"))
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info is not None


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ServerDisconnectedError(),
        TimeoutError(),
        refused(503, 0),
        refused(404, 10062),
        refused(400, 40060),
    ],
)
def test_a_completion_that_discord_did_not_get_is_a_warning_of_one_line(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    COMPLETIONS.error(COMPLETION_FAILED, "imagine", 1, 2, exc_info=error)
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert record.getMessage().startswith("a completion did not reach Discord: ")


@pytest.mark.parametrize("error", [KeyError("of our own"), refused(400, 50035)])
def test_a_completion_that_failed_by_our_own_fault_stays_loud(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    COMPLETIONS.error(COMPLETION_FAILED, "imagine", 1, 2, exc_info=error)
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info is not None
