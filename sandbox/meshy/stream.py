"""Events as bytes, and what faults do to a stream of them. Text to Image API, "Stream a Text to Image Task"."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final, TypeAlias

from aiohttp import web

from sandbox.meshy.tasks import Event
from sandbox.upstream.faults import Fault, FaultKind

HEADERS: Final = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
GARBAGE_EVENT: Final = b"event: message\ndata: <<upstream request timeout>>\n\n"
LOST_LOOK_SECONDS: Final = 0.02
"""How often a silent stream looks whether anybody still listens."""

Events: TypeAlias = AsyncGenerator[Event]
Chunks: TypeAlias = AsyncGenerator[bytes]


def is_lost(request: web.Request) -> bool:
    """Whether nobody listens any longer."""
    return request.transport is None or request.transport.is_closing()


def encoded(event: Event) -> bytes:
    """One object, one line. The document's examples spread it over several, which a reader of events takes for one."""
    return f"event: {event.name}\ndata: {json.dumps(event.data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


def chunks(request: web.Request, events: Events, fault: Fault | None) -> Chunks:
    """What goes out; a fault that is none of a stream changes nothing here."""
    spoil = SPOILERS.get(fault.kind) if fault else None
    return spoil(request, events, fault) if spoil and fault else _rest(events)


async def _rest(events: Events) -> Chunks:
    async for event in events:
        yield encoded(event)


async def _first(events: Events, count: int) -> Chunks:
    for _ in range(count):
        event = await anext(events, None)
        if event is None:
            return
        yield encoded(event)


async def _ends(_: web.Request, events: Events, fault: Fault) -> Chunks:
    async for chunk in _first(events, fault.after_events):
        yield chunk


async def _cut(request: web.Request, events: Events, fault: Fault) -> Chunks:
    async for chunk in _first(events, fault.after_events):
        yield chunk
    async for chunk in _first(events, 1):
        yield chunk[: len(chunk) // 2]
    if request.transport is not None:
        request.transport.close()


async def _silent(request: web.Request, events: Events, fault: Fault) -> Chunks:
    async for chunk in _first(events, fault.after_events):
        yield chunk
    while not is_lost(request):  # noqa: ASYNC110 - a socket rings no bell
        await asyncio.sleep(LOST_LOOK_SECONDS)


async def _garbage(_: web.Request, events: Events, fault: Fault) -> Chunks:
    async for chunk in _first(events, fault.after_events):
        yield chunk
    yield GARBAGE_EVENT
    async for chunk in _rest(events):
        yield chunk


async def _disorder(_: web.Request, events: Events, __: Fault) -> Chunks:
    before = b""
    async for chunk in _rest(events):
        yield chunk + before
        before = chunk


async def _late_end(_: web.Request, events: Events, fault: Fault) -> Chunks:
    async for event in events:
        await asyncio.sleep(fault.seconds if event.is_last else 0)
        yield encoded(event)


SPOILERS: Final[Mapping[FaultKind, Callable[[web.Request, Events, Fault], Chunks]]] = {
    FaultKind.STREAM_ENDS: _ends,
    FaultKind.STREAM_CUT: _cut,
    FaultKind.STREAM_SILENT: _silent,
    FaultKind.STREAM_GARBAGE: _garbage,
    FaultKind.STREAM_DISORDER: _disorder,
    FaultKind.STREAM_LATE_END: _late_end,
}
