"""One account's line: the real store, gate, turn and dispatcher, between members who ask and a simulated upstream."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bot.domain.gate import GateLimit
from bot.domain.limits import House, Limits
from bot.domain.requests import GenerationRequest
from bot.pipeline.dispatcher import Dispatcher
from bot.pipeline.references import References
from bot.ports import Account, CardKind, NewJob
from bot.services.catalogue import Catalogue
from bot.services.signals import Signals
from bot.store.store import Store, assemble
from sandbox.meigen import MeigenEngine
from tests.simulation.discord import DiscordState, SimulatedDiscord
from tests.simulation.house import DirectDriver, PlainSealer, fresh_database
from tests.simulation.upstream import Latency, SimulatedMeigen
from tests.simulation.virtual_loop import LoopClock, VirtualLoop

T = TypeVar("T")

BEGAN_AT = 1_800_000_007.0
"""Not at a whole minute, where fixed windows begin."""
LIMIT = GateLimit(12, 60.0)
LATENCY = Latency(0.025, 0.25)
"""Of one way: round trips take 50 to 500 ms."""
POST_MAX_SECONDS = 2 * LATENCY.most_seconds
MODEL = "z-image-turbo"
UNLIMITED = House(Limits(queued_per_member=10**6, queued_per_guild=10**6))


@dataclass(frozen=True, slots=True)
class Turn:
    """A job of the line: whose it was, and when it joined, left and was answered. Epoch seconds."""

    guild_id: int
    user_id: int
    queued_at: float
    sent_at: float
    answered_at: float


class Queue(Protocol):
    """What members and measurements see of a line."""

    refused_at: list[float]
    """When the upstream answered with 429."""

    async def ask(self, guild_id: int, user_id: int, count: int = 1) -> None:
        """`count` jobs into the line, now."""
        ...

    def waiting(self) -> int:
        """How many are in the line."""
        ...

    def turns(self) -> list[Turn]:
        """Everything that was accepted, in the order in which it left."""
        ...


OpenQueue = Callable[[MeigenEngine, str, int], AbstractAsyncContextManager[Queue]]
"""Of an upstream, a key of it, and a seed."""


@dataclass(slots=True)
class Line:
    """Easel's. Implements `Queue`."""

    store: Store
    account: Account
    signals: Signals
    raw: sqlite3.Connection
    refused_at: list[float]

    async def ask(self, guild_id: int, user_id: int, count: int = 1) -> None:
        for _ in range(count):
            job, _ = await self.store.door.offer(self._new(guild_id, user_id))
            await self.store.door.confirm(job.id, job.id)
        self.signals.queued.ring()

    def waiting(self) -> int:
        (count,) = self.raw.execute("SELECT COUNT(*) FROM jobs WHERE state = 'queued'").fetchone()
        return int(count)

    def turns(self) -> list[Turn]:
        rows = self.raw.execute(
            "SELECT guild_id, user_id, queued_at, submitted_at, answered_at FROM jobs WHERE state = 'running' "
            "ORDER BY submitted_at, id"
        )
        return [Turn(*row) for row in rows]

    def _new(self, guild_id: int, user_id: int) -> NewJob:
        return NewJob(
            account=self.account,
            guild_id=guild_id,
            channel_id=guild_id,
            user_id=user_id,
            request=GenerationRequest("a lighthouse at dusk", model_id=MODEL),
            reserved_credits=2,
            is_private=False,
            card_kind=CardKind.CHANNEL,
            token="token",
            token_expires_at=0.0,
            attachment_limit_bytes=0,
        )


@asynccontextmanager
async def open_line(engine: MeigenEngine, key: str, seed: int) -> AsyncIterator[Line]:
    """The dispatcher runs while the context is open. Only in a virtual loop."""
    clock, dice, signals, refused_at = LoopClock(), random.Random(seed), Signals(), list[float]()

    def note(_: str) -> None:
        while len(refused_at) < engine.rate_limited:
            refused_at.append(clock.now())

    raw = sqlite3.connect(":memory:", isolation_level=None)
    raw.deserialize(fresh_database())
    store = await assemble(DirectDriver(raw, lambda _: None), clock, PlainSealer(), "bench", UNLIMITED)
    upstream = SimulatedMeigen(engine, clock, dice, note, LATENCY)
    account = Account(await store.accounts.enter("meigen", "bench"), "meigen", LIMIT, key)
    catalogue = Catalogue([upstream], store.asking, clock)
    await catalogue.refresh()
    references = References(store.cards, SimulatedDiscord(DiscordState(), clock, dice, note))
    dispatcher = Dispatcher(account, store.submissions, upstream, catalogue, references, signals, clock)
    running = asyncio.create_task(dispatcher.run())
    try:
        yield Line(store, account, signals, raw, refused_at)
    finally:
        signals.stop()
        await running
        raw.close()


def in_virtual_time(main: Coroutine[Any, Any, T]) -> T:
    """Run `main`, which leaves nothing behind, from `BEGAN_AT` on."""
    loop = VirtualLoop(BEGAN_AT)
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()
