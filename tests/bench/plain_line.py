"""The plain bot's line (`baseline`) in virtual time: every task waits for aiolimiter, and what is refused is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiolimiter import AsyncLimiter

from bot.clock import Clock
from bot.domain.requests import GenerationRequest
from bot.errors import RateLimited
from sandbox.meigen import MeigenEngine
from tests.bench.line import LATENCY, LIMIT, MODEL, Turn
from tests.simulation.upstream import SimulatedMeigen
from tests.simulation.virtual_loop import LoopClock


class PlainLine:
    """Implements `tests.bench.line.Queue`."""

    def __init__(self, upstream: SimulatedMeigen, key: str, clock: Clock) -> None:
        self.refused_at: list[float] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self._upstream, self._key, self._clock = upstream, key, clock
        self._limiter = AsyncLimiter(LIMIT.requests, LIMIT.window_seconds)
        self._turns: list[Turn] = []
        self._waiting = 0

    async def ask(self, guild_id: int, user_id: int, count: int = 1) -> None:
        for _ in range(count):
            self._waiting += 1
            task = asyncio.create_task(self._generate(guild_id, user_id))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def waiting(self) -> int:
        return self._waiting

    def turns(self) -> list[Turn]:
        return sorted(self._turns, key=lambda turn: turn.sent_at)

    async def _generate(self, guild_id: int, user_id: int) -> None:
        queued_at = self._clock.now()
        await self._limiter.acquire()
        self._waiting -= 1
        sent_at = self._clock.now()
        try:
            request = GenerationRequest("a lighthouse at dusk", model_id=MODEL)
            await self._upstream.submit(request, None, self._key)
        except RateLimited:
            self.refused_at.append(self._clock.now())
        else:
            self._turns.append(Turn(guild_id, user_id, queued_at, sent_at, self._clock.now()))


@asynccontextmanager
async def open_plain_line(engine: MeigenEngine, key: str, seed: int) -> AsyncIterator[PlainLine]:
    """Only in a virtual loop."""
    clock = LoopClock()
    upstream = SimulatedMeigen(engine, clock, random.Random(seed), lambda _: None, LATENCY)
    line = PlainLine(upstream, key, clock)
    try:
        yield line
    finally:
        left = list(line.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
