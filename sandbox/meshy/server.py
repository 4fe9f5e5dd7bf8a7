"""The engine over HTTP on loopback: the routes of Meshy, its streams and its signed links."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from typing import Any, Final

from aiohttp import web

from sandbox.media import MediaFile, picture_size
from sandbox.meshy import stream
from sandbox.meshy.engine import RATE_ERROR, MeshyEngine, MeshyOptions, QueueError
from sandbox.meshy.tasks import Event, Task
from sandbox.scenes import Scene
from sandbox.upstream import wire
from sandbox.upstream.engine import Answer
from sandbox.upstream.faults import Fault, FaultKind
from sandbox.upstream.server import SandboxUpstream, SeenRequest
from sandbox.upstream.wire import Manners, Reply

TASKS: Final = "/openapi/v1/text-to-image"
LOOKS_PER_SECOND: Final = 4
"""How often a stream looks for news, in a world that is not scaled."""
SHORTEST_LOOK_SECONDS: Final = 0.01

MANNERS: Final = Manners(
    error=lambda text: {"message": text},
    required={
        "generate": ("result",),
        "status": ("status",),
        "list": ("id",),
        "balance": ("balance",),
    },
    instead={
        FaultKind.RATE_LIMITED: lambda fault: wire.json_reply(429, {"message": RATE_ERROR}, wire.retry_headers(fault)),
        FaultKind.QUEUE_FULL: lambda _: wire.json_reply(429, {"message": QueueError.CONCURRENT.message}),
    },
)


class SandboxMeshy(SandboxUpstream[MeshyEngine]):
    """`async with SandboxMeshy(port=0, **options) as meshy:` serves at `meshy.base_url` until the block ends.

    `options` are the fields of MeshyOptions. Real time: a task takes its model's time times `time_scale`.
    Its routes: generate (POST), status (GET of a task), list, delete, stream, balance, probe, media.
    """

    MANNERS = MANNERS

    def __init__(
        self,
        port: int = 0,
        *,
        key: str | None = None,
        latency_seconds: tuple[float, float] = (0.0, 0.0),
        picture_scale: float = 1.0,
        **options: Any,
    ) -> None:
        """`latency_seconds`: least and most time a round trip takes, shared at random between way and way back.

        `picture_scale` shrinks pictures (0.25: a quarter of each side).
        """
        super().__init__(MeshyEngine(MeshyOptions(**options)), port, key, latency_seconds)
        self._picture_scale = picture_scale
        self.open_streams: Counter[str] = Counter()
        """How many are open now, by task."""
        self._look_seconds = max(SHORTEST_LOOK_SECONDS, self.engine.options.time_scale / LOOKS_PER_SECOND)

    @property
    def base_url(self) -> str:
        """For MESHY_BASE_URL: an origin."""
        return f"http://{self.host}"

    @property
    def tasks(self) -> dict[str, Task]:
        """All tasks by id, oldest first, as they stand now; deleted ones too."""
        self.engine.advance(self.now())
        return self.engine.tasks

    def polled_at(self, task_id: str) -> list[float]:
        """When a task was asked about (streams aside), oldest first."""
        return [seen.received_at for seen in self.requests if (seen.route, seen.generation_id) == ("status", task_id)]

    def expire(self, task_id: str) -> None:
        """Serve the pictures of a finished task no more (403)."""
        self.engine.expire(self.now(), task_id)

    def _routes(self) -> Iterable[web.RouteDef]:
        yield web.post(TASKS, self._on("generate", self._create))
        yield web.get(TASKS, self._on("list", self._list))
        yield web.get(f"{TASKS}/{{id}}", self._on("status", self._retrieve))
        yield web.delete(f"{TASKS}/{{id}}", self._on("delete", self._delete))
        yield web.get(f"{TASKS}/{{id}}/stream", self._on("stream", self._stream))
        yield web.get("/openapi/v1/balance", self._on("balance", self._balance))
        yield web.get("/openapi/v2/text-to-3d", self._on("probe", self._probe))
        yield web.get("/media/tasks/{id}/output/{name}", self._on("media", self._picture))

    def _disturb(self, fault: Fault, generation_id: str | None) -> None:
        super()._disturb(fault, generation_id)
        if fault.kind is FaultKind.CANCELS and generation_id in self.engine.tasks:
            self.engine.cancel(generation_id)

    async def _create(self, request: web.Request, seen: SeenRequest) -> Reply:  # noqa: ARG002 - one shape for all
        answer = self.engine.create(self.now(), seen.key, seen.payload)
        seen.generation_id = answer.body.get("result")
        return wire.reply_of(answer)

    async def _list(self, request: web.Request, seen: SeenRequest) -> Reply:
        return wire.reply_of(self.engine.page(self.now(), seen.key, request.query))

    async def _retrieve(self, request: web.Request, seen: SeenRequest) -> Reply:
        return self._about(request, seen, self.engine.retrieve(self.now(), seen.key, request.match_info["id"]))

    async def _delete(self, request: web.Request, seen: SeenRequest) -> Reply:
        return self._about(request, seen, self.engine.delete(self.now(), seen.key, request.match_info["id"]))

    def _about(self, request: web.Request, seen: SeenRequest, answer: Answer) -> Reply:
        seen.generation_id = request.match_info["id"]
        return wire.reply_of(answer)

    async def _balance(self, request: web.Request, seen: SeenRequest) -> Reply:  # noqa: ARG002 - one shape for all
        return wire.reply_of(self.engine.balance(self.now(), seen.key))

    async def _probe(self, request: web.Request, seen: SeenRequest) -> Reply:  # noqa: ARG002 - one shape for all
        return wire.reply_of(self.engine.probe(self.now(), seen.key))

    async def _stream(self, request: web.Request, seen: SeenRequest) -> Reply:
        seen.generation_id = request.match_info["id"]
        answer = self.engine.open_stream(self.now(), seen.key)
        if answer.status != web.HTTPOk.status_code:
            return wire.reply_of(answer)
        return Reply(200, b"", stream.HEADERS, self._counted(request, seen, seen.generation_id))

    async def _counted(self, request: web.Request, seen: SeenRequest, task_id: str) -> AsyncGenerator[bytes]:
        self.open_streams[task_id] += 1
        try:
            async for chunk in stream.chunks(request, self._events(request, seen, task_id), seen.fault):
                yield chunk
        finally:
            self.open_streams[task_id] -= 1

    async def _events(self, request: web.Request, seen: SeenRequest, task_id: str) -> AsyncGenerator[Event]:
        """The last that has been told, and all that follows."""
        told = len(self.engine.history(self.now(), seen.key, task_id)) - 1
        while not stream.is_lost(request):
            history = self.engine.history(self.now(), seen.key, task_id)
            # Of a task that was deleted meanwhile there is but an error, whatever was told before.
            for event in history[told:] or [event for event in history if event.is_last]:
                seen.events += 1
                yield event
                if event.is_last:
                    return
            told = max(told, len(history))
            await asyncio.sleep(self._look_seconds)

    async def _picture(self, request: web.Request, seen: SeenRequest) -> Reply:
        seen.generation_id, name = request.match_info["id"], request.match_info["name"]
        status = self.engine.link_status(self.now(), seen.generation_id, name, request.query.get("Expires"))
        if status == web.HTTPForbidden.status_code:
            return wire.EXPIRED
        is_there = status == web.HTTPOk.status_code
        return await self._file(self._painted(seen.generation_id, name) if is_there else None, seen)

    def _painted(self, task_id: str, name: str) -> MediaFile:
        task = self.engine.tasks[task_id]
        size = picture_size(task.order.ratio, None, self._picture_scale)
        return MediaFile(Scene(task.prompt, task_id, task.picture_names().index(name)), size, "png")
