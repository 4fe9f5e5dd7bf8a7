"""Upstreams that tell by themselves, that keep a line of their own, and that take back what waits in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.domain.catalog import Medium
from bot.domain.jobs import DEADLINE_SECONDS, Failure, FailureCode, Job, JobState
from bot.errors import LookupFailed, NotFound, Unavailable
from bot.pipeline.watcher import POLLS_IN_FLIGHT, Watcher
from bot.ports import Generation, GenerationState
from tests.support.builders import BEGAN_AT, PROCESSING, account, completed, running
from tests.support.fakes import FakeProvider, virtually
from tests.unit.pipeline.rig import POLL_SECONDS, Rig, open_rig
from tests.unit.pipeline.test_watcher import MANY, looks, tell, watched

WAITING = Generation(GenerationState.PROCESSING, is_begun=False, preceding_tasks=3)
DEADLINE = DEADLINE_SECONDS[Medium.IMAGE]


def at(percent: int) -> Generation:
    return Generation(GenerationState.PROCESSING, progress_percent=percent)


class Telling(FakeProvider):
    """Follows and recalls. `news`: what each stream in turn tells, a second apart; then it goes on as `last`."""

    poll_seconds = POLL_SECONDS
    news: list[list[Generation | Exception | float]]

    def begin(self) -> None:
        self.news = []
        self.followed: list[float] = []
        self.open = self.most_open = 0
        self.recalled: list[str] = []
        self.recalls: list[bool | Exception] = []

    async def follow(self, generation_id: str, key: str) -> AsyncGenerator[Generation, None]:
        self.followed.append(self._clock.now())
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            for told in self.news.pop(0) if self.news else []:
                await asyncio.sleep(told if isinstance(told, float) else 1.0)
                if isinstance(told, Exception):
                    raise told
                if isinstance(told, Generation):
                    yield told
        finally:
            self.open -= 1

    async def recall(self, generation_id: str, key: str) -> bool:
        self.recalled.append(generation_id)
        answer = self.recalls.pop(0) if self.recalls else True
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def telling() -> AsyncIterator[tuple[Rig, Telling]]:
    async with open_rig(MANY) as rig:
        rig.provider.__class__ = Telling
        provider = rig.provider
        assert isinstance(provider, Telling)
        provider.begin()
        provider.look_seconds = 0.0
        yield rig, provider


async def recalled(rig: Rig, job: Job) -> None:
    """Its member does not want it any more."""
    await rig.store.door.ask_cancel(job.id)
    rig.signals.running.ring()


# ---- following


@virtually
async def test_what_is_told_is_not_asked_for() -> None:
    async with telling() as (rig, provider):
        provider.news = [[at(10), at(50), completed("https://img.test/a.png")]]
        job = await watched(rig)
        await asyncio.sleep(20)
        ended = await rig.job(job)
        assert ended.state is JobState.SUCCEEDED
        assert ended.progress_percent == 50
        assert looks(rig, job) == [0]
        assert provider.open == 0


@virtually
async def test_an_end_that_a_look_finds_first_needs_no_news() -> None:
    async with telling() as (rig, provider):
        job = await running(rig.store, rig.account, rig.clock.now())
        tell(rig, job, completed())
        rig.start("watcher")
        await asyncio.sleep(1)
        assert (await rig.job(job)).state is JobState.SUCCEEDED
        assert provider.followed == []


@pytest.mark.parametrize("fault", [Unavailable("cut"), NotFound("404"), None, RuntimeError("our own")])
@pytest.mark.parametrize("after", range(4))
@virtually
async def test_a_stream_that_fails_is_no_more_than_a_look_each_interval(after: int, fault: Exception | None) -> None:
    async with telling() as (rig, provider):
        steps: list[Generation | Exception | float] = [at(10 * n) for n in range(after)]
        broken = [*steps, *([fault] if fault else [])]
        provider.news = [list(broken) for _ in range(6)] + [[at(90), completed()]]
        job = await watched(rig)
        await asyncio.sleep(60)
        assert (await rig.job(job)).state is JobState.SUCCEEDED
        times = looks(rig, job)
        assert all(later - earlier >= POLL_SECONDS for earlier, later in pairwise(times)), times
        assert len(provider.followed) >= 7 or fault.__class__ is RuntimeError


@virtually
async def test_while_no_stream_opens_looks_find_the_end() -> None:
    async with telling() as (rig, provider):
        provider.news = [[Unavailable("503")] for _ in range(50)]
        job = await watched(rig)
        tell(rig, job, at(0), at(30), at(60), completed())
        await asyncio.sleep(30)
        assert (await rig.job(job)).state is JobState.SUCCEEDED
        assert looks(rig, job) == [0, 3, 6, 9]


@virtually
async def test_a_stream_without_end_does_not_outlast_the_deadline() -> None:
    async with telling() as (rig, provider):
        provider.news = [[10_000.0] for _ in range(100)]
        job = await watched(rig)
        await asyncio.sleep(DEADLINE + 5)
        assert (await rig.job(job)).state is JobState.TIMED_OUT
        assert provider.open == 0


@virtually
async def test_listeners_take_nobodys_place() -> None:
    async with telling() as (rig, provider):
        count = 3 * POLLS_IN_FLIGHT
        provider.look_seconds = 0.5
        provider.news = [[10.0, at(10), 10.0, at(50), 6.0, completed()] for _ in range(count)]
        jobs = []
        for _ in range(count):
            jobs.append(await running(rig.store, rig.account, rig.clock.now()))
            await asyncio.sleep(0.001)
        rig.start("watcher")
        await asyncio.sleep(20)
        assert provider.open == count
        assert provider.most_looks_open <= POLLS_IN_FLIGHT
        await asyncio.sleep(20)
        assert [(await rig.job(job)).state for job in jobs] == [JobState.SUCCEEDED] * count


@virtually
async def test_a_stop_closes_all_streams() -> None:
    async with telling() as (rig, provider):
        provider.news = [[at(10), 10_000.0]]
        await watched(rig)
        await asyncio.sleep(5)
        assert provider.open == 1
        await rig.stop()
        assert provider.open == 0


@virtually
async def test_a_stream_that_is_alive_and_tells_nothing_is_no_news() -> None:
    """Keep-alives, and never an event."""
    async with telling() as (rig, provider):
        provider.news = [[at(10), 10_000.0] for _ in range(10)]
        job = await watched(rig)
        tell(rig, job, at(0), at(40), completed())
        await asyncio.sleep(40)
        assert (await rig.job(job)).state is JobState.SUCCEEDED
        assert looks(rig, job) == [0, 16, 32]
        assert provider.open == 0


# ---- the upstream's own line


@virtually
async def test_the_place_in_the_upstreams_line_is_told_until_it_begins() -> None:
    async with telling() as (rig, provider):
        provider.news = [
            [Generation(GenerationState.PROCESSING, progress_percent=0, is_begun=False), 3.0, at(10), 90.0]
        ]
        job = await watched(rig)
        tell(rig, job, WAITING)
        await asyncio.sleep(2)
        # News of one that waits leave its place out.
        assert (await rig.job(job)).preceding_tasks == 3
        await asyncio.sleep(8)
        assert (await rig.job(job)).preceding_tasks is None
        assert (await rig.job(job)).progress_percent == 10


@virtually
async def test_what_waits_upstream_is_not_late() -> None:
    async with telling() as (rig, _):
        job = await watched(rig)
        tell(rig, job, *[WAITING] * 200, *[PROCESSING] * 20, completed())
        await asyncio.sleep(2 * DEADLINE)
        assert (await rig.job(job)).state is JobState.RUNNING
        await asyncio.sleep(DEADLINE)
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@pytest.mark.parametrize(
    "first",
    [WAITING, Generation(GenerationState.PROCESSING, progress_percent=5, begun_at=BEGAN_AT + 2 * DEADLINE - 20)],
)
@virtually
async def test_nor_does_it_seem_so_to_who_has_not_looked_for_long(first: Generation) -> None:
    """After a restart, or an outage: what still waits, or has just begun, has its time before it."""
    async with telling() as (rig, _):
        job = await running(rig.store, rig.account, rig.clock.now())
        tell(rig, job, first, at(50), completed())
        await asyncio.sleep(2 * DEADLINE)
        rig.start("watcher")
        await asyncio.sleep(20)
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@pytest.mark.parametrize("skew", [-360.0, 360.0])
@virtually
async def test_the_upstreams_clock_makes_nothing_late_and_nothing_last(skew: float) -> None:
    async with telling() as (rig, _):
        job = await watched(rig)
        begun = Generation(GenerationState.PROCESSING, begun_at=BEGAN_AT + 480 + skew)
        tell(rig, job, *[WAITING] * 161, begun)
        await asyncio.sleep(600)
        assert (await rig.job(job)).state is JobState.RUNNING
        began_at = (await rig.job(job)).begun_at
        assert began_at == pytest.approx(BEGAN_AT + 480, abs=10)
        await asyncio.sleep(250)
        assert (await rig.job(job)).state is JobState.TIMED_OUT


@virtually
async def test_after_a_restart_one_look_without_an_answer_makes_nothing_late() -> None:
    async with telling() as (rig, _):
        job = await running(rig.store, rig.account, rig.clock.now())
        await rig.store.watching.progress(job.id, 0, 3)
        tell(rig, job, Unavailable("502"), WAITING, completed())
        await asyncio.sleep(2400)
        rig.start("watcher")
        await asyncio.sleep(60)
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@virtually
async def test_when_it_began_outlives_the_process() -> None:
    async with telling() as (rig, provider):
        provider.news = [[60.0, at(10), 10_000.0]]
        job = await watched(rig)
        tell(rig, job, *[WAITING] * 30, PROCESSING)
        await asyncio.sleep(400)
        await rig.stop()
        began_at = (await rig.job(job)).begun_at
        assert began_at is not None
        assert job.answered_at is not None
        assert began_at > job.answered_at + 60


@virtually
async def test_a_place_in_line_is_looked_at_every_quarter_of_a_minute() -> None:
    async with telling() as (rig, provider):
        told: list[Generation | Exception | float] = [step for n in range(9) for step in (10.0, at(10 * n))]
        provider.news = [[10_000.0], [10_000.0], [10_000.0], told]
        job = await watched(rig)
        places = [Generation(GenerationState.PROCESSING, is_begun=False, preceding_tasks=n) for n in (3, 2, 1)]
        tell(rig, job, *places, at(10))
        await asyncio.sleep(40)
        assert looks(rig, job) == [0, 15, 30]
        assert (await rig.job(job)).preceding_tasks == 1
        await asyncio.sleep(80)
        assert looks(rig, job) == [0, 15, 30, 45], "once it has begun, the stream tells"


@virtually
async def test_the_time_in_line_is_not_the_time_it_takes() -> None:
    async with telling() as (rig, _):
        job = await watched(rig)
        tell(rig, job, *[WAITING] * 40, at(10), at(60), completed())
        await asyncio.sleep(200)
        assert (await rig.job(job)).state is JobState.SUCCEEDED
        (took_seconds,) = rig.driver.rows("SELECT took_seconds FROM jobs")[0]
        assert took_seconds < 20


@virtually
async def test_but_nobody_waits_for_ever() -> None:
    async with telling() as (rig, _):
        job = await watched(rig)
        tell(rig, job, WAITING)
        await asyncio.sleep(3600 + DEADLINE + 10)
        assert (await rig.job(job)).state is JobState.TIMED_OUT


# ---- one upstream hangs


@virtually
async def test_looks_at_an_upstream_that_hangs_hold_up_no_other() -> None:
    async with telling() as (rig, provider):
        other = replace(account(await rig.store.accounts.enter("meshy", "other"), MANY), provider="meshy")
        hanging = FakeProvider(rig.clock)
        hanging.look_seconds = 10_000.0
        rig.stages["watcher"].close()
        rig.stages["watcher"] = Watcher(
            rig.store.watching,
            rig.store.asking,
            {"meigen": provider, "meshy": hanging},
            {rig.account.id: rig.account, other.id: other},
            rig.signals,
            rig.clock,
            POLL_SECONDS,
        ).run()
        for _ in range(2 * POLLS_IN_FLIGHT):
            await running(rig.store, other, rig.clock.now())
            await asyncio.sleep(0.001)
        rig.start("watcher")
        await asyncio.sleep(60)
        assert hanging.looks_open == POLLS_IN_FLIGHT
        job = await running(rig.store, rig.account, rig.clock.now())
        tell(rig, job, completed())
        rig.signals.running.ring()
        await asyncio.sleep(2)
        assert (await rig.job(job)).state is JobState.SUCCEEDED


# ---- taking back


@virtually
async def test_what_waits_upstream_is_taken_back_at_once_though_it_is_listened_to() -> None:
    async with telling() as (rig, provider):
        provider.news = [[10_000.0]]
        job = await watched(rig)
        tell(rig, job, WAITING)
        await asyncio.sleep(10)
        await recalled(rig, job)
        await asyncio.sleep(1)
        ended = await rig.job(job)
        assert (ended.state, ended.charged_credits) == (JobState.CANCELLED, 0)
        assert provider.recalled == [f"gen-{job.id}"]
        assert provider.open == 0


@virtually
async def test_what_has_begun_goes_on_though_its_member_does_not_want_it() -> None:
    async with telling() as (rig, provider):
        provider.news = [[10_000.0], [at(50), completed()]]
        job = await watched(rig)
        tell(rig, job, at(10))
        await asyncio.sleep(10)
        await recalled(rig, job)
        await asyncio.sleep(30)
        assert provider.recalled == []
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@virtually
async def test_a_refusal_to_take_it_back_is_taken() -> None:
    async with telling() as (rig, provider):
        provider.recalls = [False]
        job = await watched(rig)
        tell(rig, job, WAITING, at(10), completed())
        await recalled(rig, job)
        await asyncio.sleep(20)
        assert (await rig.job(job)).state is JobState.SUCCEEDED
        assert len(provider.recalled) == 1


@pytest.mark.parametrize("then", [NotFound("404"), WAITING])
@virtually
async def test_what_may_have_been_taken_back_is_looked_at(then: Generation | LookupFailed) -> None:
    async with telling() as (rig, provider):
        provider.recalls = [Unavailable("no answer")]
        job = await watched(rig)
        tell(rig, job, WAITING, then)
        await recalled(rig, job)
        await asyncio.sleep(20)
        assert (await rig.job(job)).state is JobState.CANCELLED
        assert len(provider.recalled) == (1 if isinstance(then, NotFound) else 2)


@virtually
async def test_one_that_is_not_known_yet_was_not_taken_back() -> None:
    async with telling() as (rig, _):
        job = await watched(rig)
        tell(rig, job, NotFound("404"), completed())
        await recalled(rig, job)
        await asyncio.sleep(20)
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@virtually
async def test_what_timed_out_is_not_taken_back_but_looked_at() -> None:
    async with telling() as (rig, provider):
        job = await watched(rig)
        tell(rig, job, WAITING)
        await asyncio.sleep(3600 + DEADLINE - 10)
        provider.recalls = [Unavailable("no answer")] * 100
        await recalled(rig, job)
        await asyncio.sleep(20)
        assert (await rig.job(job)).state is JobState.TIMED_OUT
        provider.recalls = []
        tell(rig, job, completed())
        await asyncio.sleep(200)
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@virtually
async def test_who_had_it_taken_back_is_told() -> None:
    async with telling() as (rig, _):
        job = await watched(rig)
        tell(rig, job, WAITING)
        await rig.store.door.ask_cancel(job.id, FailureCode.CANCELLED_BY_MODERATOR)
        await recalled(rig, job)
        await asyncio.sleep(5)
        assert (await rig.job(job)).failure == Failure(FailureCode.CANCELLED_BY_MODERATOR)


@pytest.mark.parametrize(("seen", "state"), [(WAITING, JobState.CANCELLED), (at(10), JobState.RUNNING)])
@virtually
async def test_whose_card_is_deleted_is_taken_back_while_it_waits(seen: Generation, state: JobState) -> None:
    async with telling() as (rig, provider):
        provider.news = [[10_000.0] for _ in range(10)]
        job = await watched(rig)
        tell(rig, job, seen)
        await asyncio.sleep(5)
        # Its message was never posted, which is as good as deleted.
        rig.start("courier")
        rig.signals.cards.ring()
        await asyncio.sleep(60)
        ended = await rig.job(job)
        assert ended.state is state
        assert (ended.cancel_asked_at is None) is (state is JobState.RUNNING)
        assert ended.failure == (Failure(FailureCode.CARD_DELETED) if state is JobState.CANCELLED else None)
