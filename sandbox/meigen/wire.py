"""Replies as bytes, and what faults do to them on their way out."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from aiohttp import web

from sandbox.meigen.engine import Answer
from sandbox.meigen.faults import Fault, FaultKind

JSON_TYPE: Final = "application/json; charset=utf-8"
REQUIRED: Final = {
    "generate": ("generationId",),
    "status": ("status",),
    "models": ("models",),
    "image": ("data",),
    "search": ("data",),
}
"""What WRONG_SHAPE takes away where it is not told."""
EXPIRED_BODY: Final = (
    b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
)
WEB_PAGE: Final = b"<!doctype html><title>Just a moment...</title><p>Checking your browser before you go on."
CHUNK_BYTES: Final = 64 * 1024
SILENT: Final = {FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.RESET_AFTER}
"""Faults that answer nothing at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, ready to be sent."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def json_reply(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    """POST and status answers are not cached; what may be says so in `headers`."""
    encoded = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
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


def instead(fault: Fault) -> Reply | None:
    """The reply of a fault that strikes before the request is handled; None where it is to be handled."""
    make = _INSTEAD.get(fault.kind)
    return make(fault) if make else None


def spoilt(fault: Fault, route: str, reply: Reply) -> Reply:
    """What a fault makes of the reply to a request that was handled."""
    if fault.kind is FaultKind.WRONG_SHAPE:
        return replace(reply, body=_reshaped(reply.body, fault.remove or REQUIRED.get(route, ()), fault.replace))
    if fault.kind is FaultKind.GZIP_BOMB:
        return Reply(reply.status, _bomb(fault.body_bytes), {**reply.headers, "Content-Encoding": "gzip"})
    if fault.kind is FaultKind.ERROR_AFTER:
        return _error(fault)
    spoil = _SPOILT_BODIES.get(fault.kind)
    return replace(reply, body=spoil(fault, reply.body)) if spoil else reply


def _error(fault: Fault) -> Reply:
    return json_reply(fault.status, {"error": fault.error})


def _rate_limited(fault: Fault) -> Reply:
    headers = {"X-RateLimit-Limit": "12", "X-RateLimit-Remaining": "0"}
    if fault.retry_after is not None:
        headers["Retry-After"] = fault.retry_after
    return json_reply(429, {"error": "Too many requests. Please wait and try again."}, headers)


_INSTEAD: Final[Mapping[FaultKind, Callable[[Fault], Reply]]] = {
    FaultKind.ERROR_BEFORE: _error,
    FaultKind.RATE_LIMITED: _rate_limited,
    FaultKind.REFUSED: lambda fault: json_reply(200, {"success": False, "error": fault.error}),
    FaultKind.REDIRECT: lambda fault: Reply(307, b"", {"Location": fault.location}),
    FaultKind.GONE: lambda _: Reply(404, b"Not found", {"Content-Type": "text/plain"}),
    FaultKind.EXPIRED: lambda _: Reply(403, EXPIRED_BODY, {"Content-Type": "application/xml"}),
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
    fields = {name: value for name, value in json.loads(body).items() if name not in remove}
    return json.dumps({**fields, **changes}).encode()


@lru_cache(maxsize=2)
def _bomb(unpacked_bytes: int) -> bytes:
    return gzip.compress(bytes(unpacked_bytes), compresslevel=6)


async def send(request: web.Request, reply: Reply, fault: Fault | None) -> web.StreamResponse:
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
        case _:
            return web.Response(status=reply.status, body=reply.body, headers=reply.headers)


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
