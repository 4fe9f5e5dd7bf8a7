"""The reconciler: asks as long as something may come of it, and leaves the rest as it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.domain.jobs import Job, JobState
from bot.errors import OutcomeUnknown, Unavailable
from bot.pipeline.reconciler import LOOKED_FOR_SECONDS, UNTOLD_MAX_SECONDS, Reconciler
from bot.ports import Accepted, Listed
from tests.support.builders import claimed, request
from tests.support.fakes import FakeProvider, virtually
from tests.unit.pipeline.rig import Rig, open_rig
from tests.unit.pipeline.test_watcher import MANY


class Listing(FakeProvider):
    """Lists what it is told to, and from when on it was asked."""

    def begin(self) -> None:
        self.list: list[Listed] = []
        self.asked: list[float] = []
        self.down = 0

    async def made_since(self, since: float, key: str) -> Sequence[Listed]:
        self.asked.append(self._clock.now())
        if self.down:
            self.down -= 1
            raise Unavailable("503")
        return [each for each in self.list if each.created_at >= since]

    def is_of(self, listed: Listed, job: Job) -> bool:
        return listed.prompt == job.request.prompt


@asynccontextmanager
async def listing(*, lists: bool = True) -> AsyncIterator[tuple[Rig, Listing]]:
    async with open_rig(MANY) as rig:
        if lists:
            rig.provider.__class__ = Listing
        provider = rig.provider
        Listing.begin(provider)  # type: ignore[arg-type]  # what does not list is not asked
        reconciler = Reconciler(
            rig.store.submissions, {"meigen": provider}, rig.keyring.accounts, rig.signals, rig.clock
        )
        rig.stages["reconciler"] = reconciler.run()
        yield rig, provider  # type: ignore[misc]


async def lost(rig: Rig) -> Job:
    job = await claimed(rig.store, rig.account, rig.clock.now())
    await rig.store.submissions.record(rig.account, job.id, OutcomeUnknown("reset"))
    rig.signals.running.ring()
    return job


@virtually
async def test_it_is_found_and_runs() -> None:
    async with listing() as (rig, provider):
        rig.start("reconciler")
        job = await lost(rig)
        provider.list = [Listed("task-1", "a cat", "swift", rig.clock.now())]
        await asyncio.sleep(1)
        found = await rig.job(job)
        assert (found.state, found.generation_id) == (JobState.RUNNING, "task-1")
        await asyncio.sleep(4000)
        assert len(provider.asked) == 1


@virtually
async def test_what_an_earlier_process_left_is_found_at_the_start() -> None:
    async with listing() as (rig, provider):
        job = await lost(rig)
        provider.list = [Listed("task-1", "a cat", "swift", rig.clock.now())]
        rig.start("reconciler")
        await asyncio.sleep(1)
        assert (await rig.job(job)).state is JobState.RUNNING


@virtually
async def test_it_may_appear_later_and_the_list_may_fail() -> None:
    async with listing() as (rig, provider):
        rig.start("reconciler")
        provider.down = 2
        job = await lost(rig)
        born_at = rig.clock.now()
        await asyncio.sleep(20)
        provider.list = [Listed("task-1", "a cat", "swift", born_at + 1)]
        await asyncio.sleep(60)
        assert (await rig.job(job)).state is JobState.RUNNING


@virtually
async def test_it_asks_ever_less_often_and_after_a_day_no_more() -> None:
    async with listing() as (rig, provider):
        rig.start("reconciler")
        job = await lost(rig)
        await asyncio.sleep(3 * LOOKED_FOR_SECONDS)
        gaps = [b - a for a, b in zip(provider.asked, provider.asked[1:], strict=False)]
        assert [round(gap) for gap in gaps[:5]] == [2, 2, 4, 8, 16]
        assert len(provider.asked) < 20
        assert provider.asked[-1] - provider.asked[0] > LOOKED_FOR_SECONDS / 2
        assert (await rig.job(job)).state is JobState.UNKNOWN


@virtually
async def test_an_outage_does_not_end_the_search() -> None:
    async with listing() as (rig, provider):
        rig.start("reconciler")
        provider.down = 10_000
        job = await lost(rig)
        born_at = rig.clock.now()
        await asyncio.sleep(5 * 3600)
        gaps = [b - a for a, b in zip(provider.asked, provider.asked[1:], strict=False)]
        assert max(gaps) <= UNTOLD_MAX_SECONDS + 1
        provider.down = 0
        provider.list = [Listed("task-1", "a cat", "swift", born_at)]
        await asyncio.sleep(UNTOLD_MAX_SECONDS + 1)
        assert (await rig.job(job)).state is JobState.RUNNING


class Faulty(Listing):
    """Cannot judge cats."""

    def is_of(self, listed: Listed, job: Job) -> bool:
        if listed.prompt == job.request.prompt == "a cat":
            raise RuntimeError("our own")
        return super().is_of(listed, job)


@virtually
async def test_one_that_cannot_be_judged_holds_up_nobody() -> None:
    async with listing() as (rig, provider):
        await lost(rig)
        await asyncio.sleep(10)
        other = await claimed(rig.store, rig.account, rig.clock.now(), request=request("a dog"))
        await rig.store.submissions.record(rig.account, other.id, OutcomeUnknown("reset"))
        born_at = rig.clock.now()
        provider.list = [Listed("task-1", "a dog", "swift", born_at), Listed("task-2", "a cat", "swift", born_at - 9)]
        provider.__class__ = Faulty
        rig.start("reconciler")
        await asyncio.sleep(3600)
        assert (await rig.job(other)).state is JobState.RUNNING
        assert len(provider.asked) < 40


@virtually
async def test_after_a_restart_it_is_looked_for_once_and_then_by_its_age() -> None:
    async with listing() as (rig, provider):
        job = await lost(rig)
        await asyncio.sleep(3600)
        rig.start("reconciler")
        await asyncio.sleep(3500)
        assert len(provider.asked) == 1
        await asyncio.sleep(200)
        assert len(provider.asked) == 2
        assert (await rig.job(job)).state is JobState.UNKNOWN


@virtually
async def test_an_answer_that_comes_late_ends_the_search() -> None:
    async with listing() as (rig, provider):
        rig.start("reconciler")
        job = await lost(rig)
        await asyncio.sleep(1)
        await rig.store.submissions.record(rig.account, job.id, Accepted("gen-9"))
        provider.list = [Listed("task-1", "a cat", "swift", rig.clock.now())]
        await asyncio.sleep(100)
        assert (await rig.job(job)).generation_id == "gen-9"


@virtually
async def test_an_upstream_that_does_not_list_is_not_asked() -> None:
    async with listing(lists=False) as (rig, provider):
        rig.start("reconciler")
        job = await lost(rig)
        await asyncio.sleep(100)
        assert provider.asked == []
        assert (await rig.job(job)).state is JobState.UNKNOWN
