"""Discord's refusals and failures as `bot.errors`, by what the caller does next (Discord, Opcodes and Status Codes)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

import discord

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

ALREADY_ANSWERED = 40060
UNKNOWN_WEBHOOK = 10015
"""Of an interaction's token: over, or not answered yet."""

_KINDS: Mapping[int, type[SurfaceError]] = {
    10003: ChannelClosed,  # unknown channel
    10004: ChannelClosed,  # unknown guild
    10008: MessageGone,
    10013: ChannelClosed,  # unknown user
    UNKNOWN_WEBHOOK: TokenDead,
    10062: InteractionLost,
    20016: SurfaceDown,  # slow mode
    20022: SurfaceDown,  # announcements are edited too often
    20028: SurfaceDown,  # the channel is written to too often
    20029: SurfaceDown,  # the server is written to too often
    30046: SurfaceDown,  # messages older than an hour are edited too often
    40004: SurfaceDown,  # sending is switched off for now
    40005: PayloadTooLarge,
    40062: SurfaceDown,  # the service behind it is rate limited
    50001: ChannelClosed,  # no access
    50007: ChannelClosed,  # the member takes no direct messages
    50008: ChannelClosed,  # not a text channel
    50013: ChannelClosed,  # no permission
    50024: ChannelClosed,  # not possible in this kind of channel
    50027: TokenDead,
    50033: ChannelClosed,  # nobody to write to
    50083: ChannelClosed,  # the thread is archived
    50278: ChannelClosed,  # no server in common with the member
    130000: SurfaceDown,  # overloaded
}
# With no code of Discord's own these come from something on the way, or from a bot token that was changed just now.
_PASSING = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


def kind_of(status: int, code: int) -> type[SurfaceError]:
    """What an answer of Discord's means. `code` is its JSON error code, 0 where there is none."""
    if code in _KINDS:
        return _KINDS[code]
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return PayloadTooLarge
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return SurfaceDown
    return SurfaceDown if not code and status in _PASSING else ShowRefused


@contextmanager
def surface_errors() -> Iterator[None]:
    """Raises whatever discord.py raises for a request as a kind of SurfaceError."""
    try:
        yield
    except discord.HTTPException as error:
        raise _of_answer(error) from error
    except discord.RateLimited as error:
        raise SurfaceDown(0, "rate limited", error.retry_after) from error
    except SurfaceError:
        raise
    except Exception as error:
        # The network, and whatever discord.py makes of an answer that is none: both may pass.
        raise SurfaceDown(0, repr(error)) from error


def _of_answer(error: discord.HTTPException) -> SurfaceError:
    kind = kind_of(error.status, error.code)
    if kind is SurfaceDown:
        return SurfaceDown(error.code, str(error), _retry_after(error))
    return kind(error.code, str(error))


def _retry_after(error: discord.HTTPException) -> float | None:
    try:
        return float(error.response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
