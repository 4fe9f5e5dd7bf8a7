"""What discord.py logs while Discord is away."""

from __future__ import annotations

import logging

import pytest

import bot.chat.client  # noqa: F401  it calms the library

LIBRARY = logging.getLogger("discord.client")


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
