from __future__ import annotations

import json
from types import SimpleNamespace
from typing import cast

import aiohttp
import discord
import pytest

from bot import errors
from bot.chat.errors import kind_of, surface_errors
from bot.errors import (
    ChannelClosed,
    InteractionLost,
    MessageGone,
    PayloadTooLarge,
    ShowRefused,
    SurfaceDown,
    SurfaceError,
    TokenDead,
)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, 10008, MessageGone),
        (404, 10015, TokenDead),
        (401, 50027, TokenDead),
        (404, 10003, ChannelClosed),
        (404, 10004, ChannelClosed),
        (403, 50001, ChannelClosed),
        (403, 50007, ChannelClosed),
        (403, 50013, ChannelClosed),
        (404, 10062, InteractionLost),
        (413, 40005, PayloadTooLarge),
        (413, 0, PayloadTooLarge),
        (400, 40060, ShowRefused),
        (400, 50035, ShowRefused),
        (400, 0, ShowRefused),
        (404, 0, ShowRefused),
        (403, 999_999, ShowRefused),
        (429, 30046, SurfaceDown),
        (429, 0, SurfaceDown),
        (401, 0, SurfaceDown),
        (403, 0, SurfaceDown),
        (500, 0, SurfaceDown),
        (503, 130000, SurfaceDown),
    ],
)
def test_each_answer_is_of_one_kind(status: int, code: int, kind: type[SurfaceError]) -> None:
    assert kind_of(status, code) is kind


@pytest.mark.parametrize("status", [400, 413])
def test_a_file_too_large_is_told_by_its_code_whatever_the_status(status: int) -> None:
    assert kind_of(status, 40005) is PayloadTooLarge


def answer(status: int, headers: dict[str, str] | None = None) -> aiohttp.ClientResponse:
    """What discord.py's errors read of a response."""
    return cast("aiohttp.ClientResponse", SimpleNamespace(status=status, reason="", headers=headers or {}))


def raised_by(error: Exception) -> SurfaceError:
    with pytest.raises(SurfaceError) as caught, surface_errors():
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        discord.RateLimited(9.0),
        discord.DiscordServerError(answer(502), "bad gateway"),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError(),
        ConnectionResetError(),
        TimeoutError(),
        json.JSONDecodeError("no", "", 0),
    ],
)
def test_whatever_fails_on_the_way_is_worth_another_try(error: Exception) -> None:
    assert isinstance(raised_by(error), SurfaceDown)


def test_discords_own_words_and_times_are_kept() -> None:
    refused = raised_by(discord.HTTPException(answer(400), {"code": 50035, "message": "Invalid Form Body"}))
    assert isinstance(refused, ShowRefused)
    assert refused.code == 50035
    assert "Invalid Form Body" in refused.detail
    limited = raised_by(discord.HTTPException(answer(429, {"Retry-After": "7"}), "slow down"))
    assert isinstance(limited, SurfaceDown)
    assert limited.retry_after_seconds == 7.0
    odd = raised_by(discord.HTTPException(answer(429, {"Retry-After": "soon"}), "slow down"))
    assert isinstance(odd, SurfaceDown)
    assert odd.retry_after_seconds is None


def test_what_discord_py_makes_of_no_answer_may_pass() -> None:
    """A page of HTML with status 200, say, ends in a KeyError somewhere."""
    with pytest.raises(SurfaceDown), surface_errors():
        raise KeyError


def test_kinds_of_ours_come_through() -> None:
    with pytest.raises(TokenDead), surface_errors():
        raise TokenDead


def test_every_kind_can_come_about() -> None:
    """By an answer of Discord's: what cannot be searched is the surface's own finding."""
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SurfaceError)}
    codes = (0, 10008, 50027, 10003, 10062, 40005, 50035)
    told = {kind_of(status, code) for status in (400, 500) for code in codes}
    assert told == kinds - {SurfaceError, errors.Unsearchable}
