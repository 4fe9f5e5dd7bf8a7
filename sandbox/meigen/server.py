"""The engine over HTTP on loopback: the routes of MeiGen, its gallery, and a look at references."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from aiohttp import web

from sandbox.meigen import gallery
from sandbox.meigen.engine import Generation, MeigenEngine, MeigenOptions, reference_of
from sandbox.meigen.files import gallery_file, result_file
from sandbox.meigen.sight import Sight
from sandbox.upstream import wire
from sandbox.upstream.faults import Fault, FaultKind
from sandbox.upstream.server import SandboxUpstream, SeenRequest
from sandbox.upstream.wire import Manners, Reply


def _rate_limited(fault: Fault) -> Reply:
    headers = {"X-RateLimit-Limit": "12", "X-RateLimit-Remaining": "0", **wire.retry_headers(fault)}
    return wire.json_reply(429, {"error": "Too many requests. Please wait and try again."}, headers)


MANNERS: Final = Manners(
    error=lambda text: {"error": text},
    required={
        "generate": ("generationId",),
        "status": ("status",),
        "models": ("models",),
        "image": ("data",),
        "search": ("data",),
    },
    instead={
        FaultKind.RATE_LIMITED: _rate_limited,
        FaultKind.REFUSED: lambda fault: wire.json_reply(200, {"success": False, "error": fault.error}),
    },
)


class SandboxMeigen(SandboxUpstream[MeigenEngine]):
    """`async with SandboxMeigen(port=0, **options) as meigen:` serves at `meigen.base_url` until the block ends.

    `options` are the fields of MeigenOptions. Real time: a generation takes its model's time times `time_scale`.
    """

    MANNERS = MANNERS

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
        super().__init__(MeigenEngine(MeigenOptions(**options)), port, key, latency_seconds)
        self._picture_scale, self._video_pixels = picture_scale, video_pixels
        self._sight = Sight() if self.engine.options.sees_references else None

    @property
    def base_url(self) -> str:
        """For MEIGEN_BASE_URL."""
        return f"http://{self.host}/api"

    @property
    def generations(self) -> dict[str, Generation]:
        """All generations by id, oldest first, as they stand now."""
        self.engine.advance(self.now())
        return self.engine.generations

    def expire(self, generation_id: str, *numbers: int) -> None:
        """Serve the files of a generation no more (404), or, with numbers counted from 0, only those."""
        self.engine.expire(generation_id, *numbers)

    def _routes(self) -> Iterable[web.RouteDef]:
        yield web.post("/api/generate/v2", self._on("generate", self._generate))
        yield web.get("/api/generate/v2/status/{id}", self._on("status", self._status))
        yield web.get("/api/models", self._on("models", self._models))
        yield web.get("/api/images/{image_id}", self._on("image", self._image))
        yield web.get("/api/search", self._on("search", self._search))
        yield web.get(r"/media/gallery/{image_id}/{number:\d+}.jpg", self._on("media", self._gallery_file))
        yield web.get("/media/{id}/{name}", self._on("media", self._result_file))

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
            return wire.NOT_FOUND
        reply = await self._file(result_file(generation, name, self._picture_scale, self._video_pixels), seen)
        if self._sight and reply.status == web.HTTPOk.status_code:
            self._sight.remember(reply.body, generation.id, int(name.partition(".")[0]))
        return reply

    async def _gallery_file(self, request: web.Request, seen: SeenRequest) -> Reply:
        item = gallery.BY_ID.get(request.match_info["image_id"])
        number = int(request.match_info["number"])
        return await self._file(gallery_file(item, number) if item else None, seen)


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default
