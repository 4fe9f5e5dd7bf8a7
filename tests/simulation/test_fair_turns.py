"""Who floods delays nobody else; and a place in the line is the true one, whatever happened before."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.gate import BURST, GateLimit
from bot.domain.jobs import Job
from bot.domain.requests import GenerationRequest
from bot.errors import NotSent, SubmissionError
from bot.ports import Accepted, Account, Barred, CardKind, Claim, Idle, NewJob, Stale, Wait
from bot.store.store import Store, assemble
from tests.bench.fair import LIGHT_GUILDS, TURN_SECONDS, measure_evenness, measure_flood
from tests.bench.line import POST_MAX_SECONDS, UNLIMITED, in_virtual_time
from tests.simulation.house import DirectDriver, PlainSealer, fresh_database
from tests.simulation.virtual_loop import LoopClock

# ------------------------------------------------------------ the benches, shortened


@pytest.mark.parametrize("seed", [1, 2])
def test_a_flood_delays_neither_other_guilds_nor_its_own(seed: int) -> None:
    figures = measure_flood(seed, jobs=150)
    assert figures.light_headroom_seconds >= 0.0
    # In a guild of two members one's turn comes with every second turn of the guild.
    bound_seconds = (2 * (1 + len(LIGHT_GUILDS)) + BURST) * TURN_SECONDS + POST_MAX_SECONDS
    assert figures.innocent_worst_seconds <= bound_seconds


def test_guilds_with_unequal_lines_get_equal_shares() -> None:
    figures = measure_evenness(seed=3, least_jobs=40)
    assert figures.windows >= 2
    assert figures.worst >= 0.99


# ------------------------------------------------------------ the line, step by step

OPEN = GateLimit(1000, 1.0)
STEP_SECONDS = 60.0
"""Longer than any pause after a request that did not leave."""


@dataclass(frozen=True)
class Join:
    guild_id: int
    user_id: int


@dataclass(frozen=True)
class Serve:
    is_sent: bool = True
    """False: the request never left, and the turn is given back."""


@dataclass(frozen=True)
class CallBack:
    which: int


JOINS = st.builds(Join, st.integers(1, 4), st.integers(1, 3))
STEPS = st.lists(JOINS | JOINS | st.builds(Serve, st.booleans()) | st.builds(CallBack, st.integers(0, 99)), max_size=25)


@dataclass
class Desk:
    """The store's line under a gate that is always open. `served` are job ids, in order."""

    store: Store
    account: Account
    clock: LoopClock
    waiting: list[Job] = field(default_factory=list)
    served: list[int] = field(default_factory=list)

    async def take(self, step: Join | Serve | CallBack) -> None:
        match step:
            case Join(guild_id, user_id):
                await self.join(guild_id, user_id)
            case Serve(is_sent):
                await self.serve(Accepted("generation") if is_sent else NotSent())
            case CallBack(which) if self.waiting:
                job = self.waiting.pop(which % len(self.waiting))
                await self.store.door.ask_cancel(job.id)

    async def join(self, guild_id: int, user_id: int) -> Job:
        """The place that is told with the offer is the one that it gets."""
        new = NewJob(
            account=self.account,
            guild_id=guild_id,
            channel_id=guild_id,
            user_id=user_id,
            request=GenerationRequest("a lighthouse at dusk"),
            reserved_credits=None,
            is_private=False,
            card_kind=CardKind.CHANNEL,
            token="token",
            token_expires_at=0.0,
            attachment_limit_bytes=0,
        )
        offered, told = await self.store.door.offer(new)
        job = await self.store.door.confirm(offered.id, offered.id)
        assert job is not None
        assert await self.position(job) == told.position
        self.waiting.append(job)
        return job

    async def serve(self, outcome: Accepted | SubmissionError) -> int | None:
        """Whose turn it was, by job id; None where nobody waits."""
        turn = await self.claim()
        if not isinstance(turn, Claim):
            assert not self.waiting
            return None
        await self.store.submissions.record(self.account, turn.job.id, outcome)
        if isinstance(outcome, Accepted):
            self.waiting = [job for job in self.waiting if job.id != turn.job.id]
            self.served.append(turn.job.id)
        return turn.job.id

    async def claim(self) -> Claim | Stale | Barred | Wait | Idle:
        await asyncio.sleep(STEP_SECONDS)
        return await self.store.submissions.claim(self.account, self.clock.now())

    async def position(self, job: Job) -> int:
        told = await self.store.asking.waiting(job, self.account.limit)
        assert told is not None
        return told.position

    async def serve_all(self) -> list[int]:
        """Ids in the order in which they leave."""
        order: list[int] = []
        while (job_id := await self.serve(Accepted("generation"))) is not None:
            order.append(job_id)
        return order


@cache
def empty_database() -> bytes:
    return fresh_database()


async def open_desk() -> Desk:
    raw = sqlite3.connect(":memory:", isolation_level=None)
    raw.deserialize(empty_database())
    clock = LoopClock()
    store = await assemble(DirectDriver(raw, lambda _: None), clock, PlainSealer(), "desk", UNLIMITED)
    return Desk(store, Account(await store.accounts.enter("meigen", "desk"), "meigen", OPEN, None), clock)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
def test_every_place_in_the_line_is_the_true_one(steps: Sequence[Join | Serve | CallBack]) -> None:
    async def main() -> None:
        desk = await open_desk()
        for step in steps:
            await desk.take(step)
        told = {job.id: await desk.position(job) for job in desk.waiting}
        order = await desk.serve_all()
        assert {job_id: place for place, job_id in enumerate(order, start=1)} == told

    in_virtual_time(main())


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(JOINS | st.just(Serve()), max_size=25), later=st.lists(JOINS | st.just(Serve()), max_size=20))
def test_a_newcomer_waits_for_one_turn_of_each_guild_whoever_comes_later(
    steps: Sequence[Join | Serve], later: Sequence[Join | Serve]
) -> None:
    async def main() -> None:
        desk = await open_desk()
        for step in steps:
            await desk.take(step)
        others = {job.flow_id for job in desk.waiting}
        newcomer = await desk.join(guild_id=99, user_id=1)
        served = len(desk.served)
        for step in later:
            await desk.take(step)
        await desk.serve_all()
        assert desk.served.index(newcomer.id) - served <= len(others)

    in_virtual_time(main())


def test_idleness_earns_nothing() -> None:
    async def main() -> None:
        desk = await open_desk()
        for _ in range(20):
            await desk.join(1, 11)
        for _ in range(10):
            await desk.serve(Accepted("generation"))
        idle = [await desk.join(2, 21) for _ in range(5)]
        order = await desk.serve_all()
        assert [order.index(job.id) for job in idle] == [0, 2, 4, 6, 8]

    in_virtual_time(main())


@pytest.mark.parametrize("guild_ids", [(1, 2), (1, 2, 1, 2)])
def test_a_turn_whose_request_never_left_is_given_back(guild_ids: Sequence[int]) -> None:
    async def main() -> None:
        desk = await open_desk()
        for guild_id in guild_ids:
            await desk.join(guild_id, guild_id * 10)
        expected = [job.id for job in desk.waiting]
        assert [await desk.serve(NotSent()) for _ in range(3)] == [expected[0]] * 3
        assert await desk.serve_all() == expected

    in_virtual_time(main())


def test_a_turn_that_is_given_back_is_as_old_as_its_job() -> None:
    async def main() -> None:
        desk = await open_desk()
        first = await desk.join(1, 11)
        await desk.claim()
        second = await desk.join(2, 21)
        third = await desk.join(1, 11)
        await desk.store.submissions.record(desk.account, first.id, NotSent())
        assert await desk.serve_all() == [first.id, second.id, third.id]

    in_virtual_time(main())


def test_a_turn_is_given_back_also_when_others_went_on_meanwhile() -> None:
    async def main() -> None:
        desk = await open_desk()
        first = await desk.join(1, 11)
        for _ in range(6):
            await desk.join(2, 21)
        claimed = await desk.claim()
        assert isinstance(claimed, Claim)
        assert claimed.job.id == first.id
        for _ in range(3):
            await desk.serve(Accepted("generation"))
        await desk.store.submissions.record(desk.account, first.id, NotSent())
        order = await desk.serve_all()
        assert order[0] == first.id

    in_virtual_time(main())
