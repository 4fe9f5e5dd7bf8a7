"""An engine over HTTP on loopback: reads requests, lets faults happen, serves the media, keeps the record."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeAlias, TypeVar

from aiohttp import web

from sandbox.media import MediaFile
from sandbox.upstream import wire
from sandbox.upstream.engine import UpstreamEngine
from sandbox.upstream.faults import Fault, FaultKind, Faults
from sandbox.upstream.wire import Manners, Reply

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
    """generate, status, media, what the service alone has, or "" for any other address."""
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
    events: int = 0
    """Of a stream: how many went out whole."""


Answering: TypeAlias = Callable[[web.Request, SeenRequest], Awaitable[Reply]]
EngineT = TypeVar("EngineT", bound=UpstreamEngine[Any])


class SandboxUpstream(ABC, Generic[EngineT]):
    """Serves until its `async with` ends. Real time: what is made takes its model's time times `time_scale`."""

    MANNERS: Manners

    def __init__(self, engine: EngineT, port: int, key: str | None, latency_seconds: tuple[float, float]) -> None:
        """`latency_seconds`: least and most time a round trip takes, shared at random between way and way back."""
        self.engine = engine
        self.faults = Faults(engine.options.seed)
        self.requests: list[SeenRequest] = []
        """In the order in which they came in."""
        self.own_faults: list[BaseException] = []
        """What went wrong in the sandbox itself: must be empty at the end of a test."""
        self.key = engine.add_key(key=key)
        self._port = port
        self._latency_seconds = latency_seconds
        self._random = random.Random(engine.options.seed)  # noqa: S311 - reproducible, guards nothing
        self._offset_seconds = time.time() - time.monotonic()
        # More at a time would be no faster and would keep the event loop from its turn.
        self._painting = asyncio.Semaphore(2)
        self._runner: web.AppRunner | None = None

    @property
    def host(self) -> str:
        """For MEDIA_TRUSTED_HOSTS."""
        return f"127.0.0.1:{self._port}"

    @property
    @abstractmethod
    def base_url(self) -> str:
        """For the setting that names the service's address."""

    @property
    def rate_limited(self) -> int:
        """How many requests were answered 429, whether by the service itself or by a fault."""
        return sum(seen.status == web.HTTPTooManyRequests.status_code for seen in self.requests)

    def add_key(self, credits: int | None = None) -> str:  # noqa: A002 - the services' word for what a key holds
        """A new key with `credits` purchased credits (None: the option's)."""
        return self.engine.add_key(credits)

    def purchased(self, key: str | None = None) -> int:
        """What a key (None: the first) still holds."""
        self.engine.advance(self.now())
        return self.engine.accounts[key or self.key].purchased

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

    @abstractmethod
    def _routes(self) -> Iterable[web.RouteDef]:
        """Those that the service has; `{id}` is the generation's that they are about."""

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=MOST_BODY_BYTES)
        app.add_routes(self._routes())
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
                return web.json_response(self.MANNERS.error("sandbox fault"), status=500)

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
        reply = wire.instead(fault, self.MANNERS) if fault else None
        if reply is None:
            reply = await answer(request, seen)
            if fault:
                self._disturb(fault, seen.generation_id)
                reply = await asyncio.to_thread(wire.spoilt, fault, seen.route, reply, self.MANNERS)
        await asyncio.sleep(round_trip - way_seconds + (wire.wait_after(fault) if fault else 0))
        is_answered = fault is None or fault.kind not in wire.SILENT
        seen.status, seen.answered_at = (reply.status, self.now()) if is_answered else (None, None)
        return await wire.send(request, reply, fault)

    def _prompt(self, request: web.Request, seen: SeenRequest) -> str:
        """That of the body, or of the generation asked about; "" where there is none."""
        known = self.engine.prompt_of(request.match_info.get("id", ""))
        prompt = seen.payload.get("prompt") if isinstance(seen.payload, dict) else None
        return known or (prompt if isinstance(prompt, str) else "")

    def _disturb(self, fault: Fault, generation_id: str | None) -> None:
        """Let a fault change what becomes of the generation that was made or asked about."""
        if generation_id is None or self.engine.prompt_of(generation_id) is None:
            return
        if fault.kind is FaultKind.NEVER_FINISHES:
            self.engine.postpone(generation_id, math.inf)
        if fault.kind is FaultKind.FINISHES_LATE:
            self.engine.postpone(generation_id, fault.seconds)
        if fault.kind is FaultKind.FAILS:
            self.engine.condemn(generation_id, fault.error)

    async def _file(self, file: MediaFile | None, seen: SeenRequest) -> Reply:
        if file is None:
            return wire.NOT_FOUND
        is_bulky = seen.fault is not None and seen.fault.kind is FaultKind.BULKY
        async with self._painting:
            content = await asyncio.to_thread(file.bulky_content if is_bulky else file.content)
        return Reply(200, content, {"Content-Type": file.content_type, "Cache-Control": "public, max-age=31536000"})

    async def _nothing_there(self, request: web.Request, seen: SeenRequest) -> Reply:  # noqa: ARG002 - one shape for all
        return wire.json_reply(404, self.MANNERS.error("Not found"))


async def _json_body(request: web.Request) -> object:
    """None where there is no body, or none that is JSON and says so."""
    body = await request.read()
    if request.content_type != "application/json":
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None
