"""The engine over HTTP on loopback: reads requests, lets faults happen, serves the media, keeps the record."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

from aiohttp import web

from sandbox.meigen import gallery, wire
from sandbox.meigen.engine import Generation, MeigenEngine, MeigenOptions, reference_of
from sandbox.meigen.faults import Fault, FaultKind, Faults
from sandbox.meigen.files import MediaFile, gallery_file, result_file
from sandbox.meigen.sight import Sight
from sandbox.meigen.wire import Reply

log = logging.getLogger(__name__)

MOST_BODY_BYTES: Final = 4 * 2**20


@dataclass(slots=True)
class SeenRequest:
    """One request as it came in, and what became of it."""

    received_at: float
    method: str
    path: str
    """With the query string."""
    route: str
    """generate, status, models, image, search, media, or "" for any other address."""
    key: str | None
    headers: Mapping[str, str]
    """Names in lower case; without Authorization."""
    payload: object = None
    """The body read as JSON; None where there is none or it is not JSON."""
    status: int | None = None
    """As answered; None: no answer was given (yet)."""
    fault: Fault | None = None
    answered_at: float | None = None
    generation_id: str | None = None
    """The one made or asked about; made does not mean that the client was told."""


Answering: TypeAlias = Callable[[web.Request, SeenRequest], Awaitable[Reply]]


class SandboxMeigen:
    """`async with SandboxMeigen(port=0, **options) as meigen:` serves at `meigen.base_url` until the block ends.

    `options` are the fields of MeigenOptions. Real time: a generation takes its model's time times `time_scale`.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        key: str | None = None,
        latency_seconds: tuple[float, float] = (0.0, 0.0),
        picture_scale: float = 1.0,
        video_pixels: int = 360,
        **options: Any,
    ) -> None:
        """`latency_seconds`: least and most time a round trip takes, shared at random between way and way back.

        `picture_scale` shrinks pictures (0.25: a quarter of each side); `video_pixels` caps the short side of videos.
        """
        self.engine = MeigenEngine(MeigenOptions(**options))
        self.faults = Faults(self.engine.options.seed)
        self.requests: list[SeenRequest] = []
        """In the order in which they came in."""
        self.own_faults: list[BaseException] = []
        """What went wrong in the sandbox itself: must be empty at the end of a test."""
        self.key = self.engine.add_key(key=key)
        self._port = port
        self._latency_seconds, self._picture_scale, self._video_pixels = latency_seconds, picture_scale, video_pixels
        self._random = random.Random(self.engine.options.seed)  # noqa: S311 - reproducible, guards nothing
        self._offset_seconds = time.time() - time.monotonic()
        # More at a time would be no faster and would keep the event loop from its turn.
        self._painting = asyncio.Semaphore(2)
        self._sight = Sight() if self.engine.options.sees_references else None
        self._runner: web.AppRunner | None = None

    @property
    def host(self) -> str:
        """For MEDIA_TRUSTED_HOSTS."""
        return f"127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """For MEIGEN_BASE_URL."""
        return f"http://{self.host}/api"

    @property
    def generations(self) -> dict[str, Generation]:
        """All generations by id, oldest first, as they stand now."""
        self.engine.advance(self.now())
        return self.engine.generations

    @property
    def rate_limited(self) -> int:
        """How many requests were answered 429, whether by the limiter or by a fault."""
        return sum(seen.status == web.HTTPTooManyRequests.status_code for seen in self.requests)

    def add_key(self, credits: int | None = None) -> str:  # noqa: A002 - the service's word for what a key holds
        """A new key with `credits` purchased credits (None: the option's)."""
        return self.engine.add_key(credits)

    def purchased(self, key: str | None = None) -> int:
        """What a key (None: the first) still holds."""
        self.engine.advance(self.now())
        return self.engine.accounts[key or self.key].purchased

    def expire(self, generation_id: str, *numbers: int) -> None:
        """Serve the files of a generation no more (404), or, with numbers counted from 0, only those."""
        self.engine.expire(generation_id, *numbers)

    def now(self) -> float:
        """UTC epoch seconds; a step of the machine's clock does not move it."""
        return self._offset_seconds + time.monotonic()

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.engine.media_url = f"http://{self.host}/media"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=MOST_BODY_BYTES)
        app.router.add_post("/api/generate/v2", self._on("generate", self._generate))
        app.router.add_get("/api/generate/v2/status/{id}", self._on("status", self._status))
        app.router.add_get("/api/models", self._on("models", self._models))
        app.router.add_get("/api/images/{image_id}", self._on("image", self._image))
        app.router.add_get("/api/search", self._on("search", self._search))
        app.router.add_get(r"/media/gallery/{image_id}/{number:\d+}.jpg", self._on("media", self._gallery_file))
        app.router.add_get("/media/{id}/{name}", self._on("media", self._result_file))
        app.router.add_route("*", "/{path:.*}", self._on("", self._nothing_there))
        return app

    def _on(self, route: str, answer: Answering) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            seen = self._note(request, route)
            try:
                return await self._serve(request, seen, answer)
            except (web.HTTPException, ConnectionError, web.RequestPayloadError):
                raise  # a body beyond all bounds, or a client that went away: no fault of ours
            except Exception as error:
                self.own_faults.append(error)
                log.exception("sandbox fault: %s %s", request.method, request.path)
                seen.status = 500
                return web.json_response({"error": "sandbox fault"}, status=500)

        return handle

    def _note(self, request: web.Request, route: str) -> SeenRequest:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers.pop("authorization", None)
        seen = SeenRequest(
            received_at=self.now(),
            method=request.method,
            path=request.path_qs,
            route=route,
            key=key.strip() if scheme.lower() == "bearer" else None,
            headers=headers,
        )
        self.requests.append(seen)
        return seen

    async def _serve(self, request: web.Request, seen: SeenRequest, answer: Answering) -> web.StreamResponse:
        seen.payload = await _json_body(request)
        fault = seen.fault = self.faults.take(seen.route, self._prompt(request, seen))
        round_trip = self._random.uniform(*self._latency_seconds)
        way_seconds = self._random.uniform(0, round_trip)
        await asyncio.sleep(way_seconds + (wire.wait_before(fault) if fault else 0))
        reply = wire.instead(fault) if fault else None
        if reply is None:
            reply = await answer(request, seen)
            if fault:
                self._disturb(fault, seen.generation_id)
                reply = await asyncio.to_thread(wire.spoilt, fault, seen.route, reply)
        await asyncio.sleep(round_trip - way_seconds + (wire.wait_after(fault) if fault else 0))
        is_answered = fault is None or fault.kind not in wire.SILENT
        seen.status, seen.answered_at = (reply.status, self.now()) if is_answered else (None, None)
        return await wire.send(request, reply, fault)

    def _prompt(self, request: web.Request, seen: SeenRequest) -> str:
        """That of the body, or of the generation asked about; "" where there is none."""
        generation = self.engine.generations.get(request.match_info.get("id", ""))
        if generation:
            return generation.prompt
        prompt = seen.payload.get("prompt") if isinstance(seen.payload, dict) else None
        return prompt if isinstance(prompt, str) else ""

    def _disturb(self, fault: Fault, generation_id: str | None) -> None:
        if generation_id not in self.engine.generations:
            return
        if fault.kind is FaultKind.NEVER_FINISHES:
            self.engine.postpone(generation_id, math.inf)
        if fault.kind is FaultKind.FINISHES_LATE:
            self.engine.postpone(generation_id, fault.seconds)
        if fault.kind is FaultKind.FAILS:
            self.engine.condemn(generation_id, fault.error)

    async def _generate(self, request: web.Request, seen: SeenRequest) -> Reply:  # noqa: ARG002 - one shape for all
        answer = self.engine.create(self.now(), seen.key, seen.payload)
        generation_id = answer.body.get("generationId")
        seen.generation_id = generation_id if isinstance(generation_id, str) else None
        if self._sight and seen.generation_id:
            await self._look(self._sight, self.engine.generations[seen.generation_id])
        return wire.reply_of(answer)

    async def _look(self, sight: Sight, generation: Generation) -> None:
        picture = await sight.look(reference_of(generation.payload), self.engine.options.trusted_hosts)
        if picture is None:
            return
        self.engine.fit(generation.id, picture.width, picture.height)
        if picture.made is not None:
            self.engine.go_on(generation.id, *picture.made)

    async def _status(self, request: web.Request, seen: SeenRequest) -> Reply:
        seen.generation_id = request.match_info["id"]
        return wire.reply_of(self.engine.status(self.now(), seen.generation_id, seen.key))

    async def _models(self, request: web.Request, seen: SeenRequest) -> Reply:  # noqa: ARG002 - one shape for all
        active_only = request.query.get("active") != "false"
        return wire.reply_of(self.engine.models(request.query.get("media_type"), active_only=active_only))

    async def _image(self, request: web.Request, seen: SeenRequest) -> Reply:  # noqa: ARG002 - one shape for all
        return wire.reply_of(self.engine.image(request.match_info["image_id"]))

    async def _search(self, request: web.Request, seen: SeenRequest) -> Reply:  # noqa: ARG002 - one shape for all
        limit, offset = _number(request.query.get("limit"), 20), _number(request.query.get("offset"), 0)
        return wire.reply_of(self.engine.search(request.query.get("q", ""), limit, offset))

    async def _result_file(self, request: web.Request, seen: SeenRequest) -> Reply:
        seen.generation_id = request.match_info["id"]
        generation = self.generations.get(seen.generation_id)
        name = request.match_info["name"]
        if generation is None:
            return await self._file(None, seen)
        reply = await self._file(result_file(generation, name, self._picture_scale, self._video_pixels), seen)
        if self._sight and reply.status == web.HTTPOk.status_code:
            self._sight.remember(reply.body, generation.id, int(name.partition(".")[0]))
        return reply

    async def _gallery_file(self, request: web.Request, seen: SeenRequest) -> Reply:
        item = gallery.BY_ID.get(request.match_info["image_id"])
        number = int(request.match_info["number"])
        return await self._file(gallery_file(item, number) if item else None, seen)

    async def _file(self, file: MediaFile | None, seen: SeenRequest) -> Reply:
        if file is None:
            return Reply(404, b"Not found", {"Content-Type": "text/plain"})
        is_bulky = seen.fault is not None and seen.fault.kind is FaultKind.BULKY
        async with self._painting:
            content = await asyncio.to_thread(file.bulky_content if is_bulky else file.content)
        return Reply(200, content, {"Content-Type": file.content_type, "Cache-Control": "public, max-age=31536000"})

    async def _nothing_there(self, request: web.Request, seen: SeenRequest) -> Reply:  # noqa: ARG002 - one shape for all
        return wire.json_reply(404, {"error": "Not found"})


async def _json_body(request: web.Request) -> object:
    """None where there is no body, or none that is JSON and says so."""
    body = await request.read()
    if request.content_type != "application/json":
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default
