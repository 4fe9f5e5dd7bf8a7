"""Replies as bytes, and what faults do to them on their way out."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from aiohttp import web

from sandbox.upstream.engine import Answer
from sandbox.upstream.faults import Fault, FaultKind

JSON_TYPE: Final = "application/json; charset=utf-8"
WEB_PAGE: Final = b"<!doctype html><title>Just a moment...</title><p>Checking your browser before you go on."
CHUNK_BYTES: Final = 64 * 1024
SILENT: Final = {FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.RESET_AFTER}
"""Faults that answer nothing at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, ready to be sent."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    events: AsyncGenerator[bytes] | None = None
    """What is sent after the body, as it comes; None: the body is all."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How one service words what faults make it say."""

    error: Callable[[str], object]
    """The body that tells of an error."""
    required: Mapping[str, tuple[str, ...]]
    """By route: what WRONG_SHAPE takes away where it is not told."""
    instead: Mapping[FaultKind, Callable[[Fault], Reply]]
    """Replies of faults that are worded in no other service like this."""


NOT_FOUND: Final = Reply(404, b"Not found", {"Content-Type": "text/plain"})
"""Of media."""
EXPIRED: Final = Reply(
    403,
    b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
    {"Content-Type": "application/xml"},
)
"""Of media behind signed links."""


def json_reply(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    """Without a body where `body` is None. POST and status answers are not cached; what may be says so in `headers`."""
    encoded = b"" if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Reply(status, encoded, {"Content-Type": JSON_TYPE, "Cache-Control": "no-store", **(headers or {})})


def reply_of(answer: Answer) -> Reply:
    return json_reply(answer.status, answer.body, answer.headers)


def wait_before(fault: Fault) -> float:
    """Seconds to wait before anything is done."""
    is_wait = fault.kind in (FaultKind.DELAY, FaultKind.DROP_BEFORE, FaultKind.ERROR_BEFORE)
    return fault.seconds if is_wait else 0.0


def wait_after(fault: Fault) -> float:
    """Seconds to wait between what was done and the answer."""
    is_wait = fault.kind in (
        *(FaultKind.DELAY_AFTER, FaultKind.DROP_AFTER, FaultKind.RESET_AFTER, FaultKind.ERROR_AFTER),
    )
    return fault.seconds if is_wait else 0.0


def instead(fault: Fault, manners: Manners) -> Reply | None:
    """The reply of a fault that strikes before the request is handled; None where it is to be handled."""
    if fault.kind is FaultKind.ERROR_BEFORE:
        return _error(fault, manners)
    make = _INSTEAD.get(fault.kind) or manners.instead.get(fault.kind)
    return make(fault) if make else None


def spoilt(fault: Fault, route: str, reply: Reply, manners: Manners) -> Reply:
    """What a fault makes of the reply to a request that was handled."""
    if fault.kind is FaultKind.WRONG_SHAPE:
        remove = fault.remove or manners.required.get(route, ())
        return replace(reply, body=_reshaped(reply.body, remove, fault.replace))
    if fault.kind is FaultKind.GZIP_BOMB:
        return Reply(reply.status, _bomb(fault.body_bytes), {**reply.headers, "Content-Encoding": "gzip"})
    if fault.kind is FaultKind.ERROR_AFTER:
        return _error(fault, manners)
    spoil = _SPOILT_BODIES.get(fault.kind)
    return replace(reply, body=spoil(fault, reply.body)) if spoil else reply


def _error(fault: Fault, manners: Manners) -> Reply:
    return json_reply(fault.status, manners.error(fault.error))


def retry_headers(fault: Fault) -> dict[str, str]:
    """Of a fault that answers 429."""
    return {} if fault.retry_after is None else {"Retry-After": fault.retry_after}


_INSTEAD: Final[Mapping[FaultKind, Callable[[Fault], Reply]]] = {
    FaultKind.REDIRECT: lambda fault: Reply(307, b"", {"Location": fault.location}),
    FaultKind.GONE: lambda _: NOT_FOUND,
    FaultKind.EXPIRED: lambda _: EXPIRED,
    FaultKind.DROP_BEFORE: lambda _: Reply(0, b"", {}),
}
_SPOILT_BODIES: Final[Mapping[FaultKind, Callable[[Fault, bytes], bytes]]] = {
    FaultKind.GARBAGE: lambda _, __: b"\x00\xff<<upstream request timeout>>\xfe" * 3,
    FaultKind.TRUNCATED: lambda _, body: body[: len(body) // 2],
    FaultKind.HTML: lambda _, __: WEB_PAGE,
    FaultKind.EMPTY: lambda _, __: b"",
    FaultKind.ONE_BYTE: lambda _, body: body[:1],
}


def _reshaped(body: bytes, remove: tuple[str, ...], changes: Mapping[str, object]) -> bytes:
    """Of a list, each of its objects is reshaped."""

    def reshape(fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if name not in remove} | {**changes}

    whole = json.loads(body)
    return json.dumps([reshape(fields) for fields in whole] if isinstance(whole, list) else reshape(whole)).encode()


@lru_cache(maxsize=2)
def _bomb(unpacked_bytes: int) -> bytes:
    return gzip.compress(bytes(unpacked_bytes), compresslevel=6)


async def send(  # noqa: PLR0911 - a way for each kind
    request: web.Request, reply: Reply, fault: Fault | None
) -> web.StreamResponse:
    """Send `reply` in the manner of `fault`."""
    match fault.kind if fault else None:
        case FaultKind.DROP_BEFORE | FaultKind.DROP_AFTER:
            return _hang_up(request)
        case FaultKind.RESET_AFTER:
            return _hang_up(request, reset=True)
        case FaultKind.CUT:
            return await _send_half(request, reply)
        case FaultKind.SLOW_DRIP if fault:
            return await _drip(request, reply, fault.seconds)
        case FaultKind.HUGE if fault:
            return await _flood(request, reply, fault.body_bytes)
        case _ if reply.events is None:
            return web.Response(status=reply.status, body=reply.body, headers=reply.headers)
        case _:
            return await _stream(request, reply, reply.events)


def _hang_up(request: web.Request, *, reset: bool = False) -> web.StreamResponse:
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if reset and connection is not None:
            # Lingering for 0 s makes the kernel send RST instead of FIN.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def _begin(request: web.Request, reply: Reply, length_bytes: int | None) -> web.StreamResponse:
    """Start an answer whose length is announced, or, with None, comes in chunks until it ends."""
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    response.content_length = length_bytes
    await response.prepare(request)
    return response


async def _send_half(request: web.Request, reply: Reply) -> web.StreamResponse:
    response = await _begin(request, reply, len(reply.body))
    await response.write(reply.body[: len(reply.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _flood(request: web.Request, reply: Reply, padding_bytes: int) -> web.StreamResponse:
    response = await _begin(request, reply, None)
    for sent in range(0, padding_bytes, CHUNK_BYTES):
        await response.write(b" " * min(CHUNK_BYTES, padding_bytes - sent))
    await response.write(reply.body)
    return response


async def _drip(request: web.Request, reply: Reply, seconds: float) -> web.StreamResponse:
    response = await _begin(request, reply, len(reply.body))
    # At most 20 drops a second; a long body comes in larger ones.
    drops = max(1, min(len(reply.body), round(seconds * 20)))
    size = -(-len(reply.body) // drops)
    for start in range(0, len(reply.body), size):
        await response.write(reply.body[start : start + size])
        await asyncio.sleep(seconds / drops)
    return response


async def _stream(request: web.Request, reply: Reply, events: AsyncGenerator[bytes]) -> web.StreamResponse:
    response = await _begin(request, reply, None)
    async with aclosing(events):
        await response.write(reply.body)
        async for event in events:
            await response.write(event)
    return response
