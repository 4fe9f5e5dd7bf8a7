"""The watcher: looks until the end, judges deadlines fairly, never gives up for want of an answer alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

import pytest

from bot.domain.catalog import Medium
from bot.domain.gate import GateLimit, PauseReason
from bot.domain.jobs import DEADLINE_SECONDS, Failure, FailureCode, Job, JobState
from bot.errors import NotFound, Unavailable
from bot.pipeline.watcher import (
    LATE_LOOKS_AFTER_SECONDS,
    LATE_SILENCE_SECONDS,
    POLLS_IN_FLIGHT,
    SILENCE_SECONDS,
    Watcher,
)
from bot.ports import Generation, GenerationState
from bot.store.watching import WatchStore
from tests.support.builders import BEGAN_AT, GUILD, MODERATOR, PROCESSING, completed, request, running
from tests.support.fakes import virtually
from tests.support.keys import OTHER_KEY, OWN_KEY
from tests.unit.pipeline.rig import POLL_SECONDS, Rig, open_rig

FAILED = Generation(GenerationState.FAILED, failure=Failure(FailureCode.GENERATION_FAILED, "no"))
DOWN = Unavailable("503")
DEADLINE = DEADLINE_SECONDS[Medium.IMAGE]
MANY = GateLimit(1000, 1.0)


async def watched(rig: Rig, **changes: Any) -> Job:
    """A job that the upstream took at this moment; the watcher is at work."""
    job = await running(rig.store, rig.account, rig.clock.now(), **changes)
    if "watcher" not in rig.running:
        rig.start("watcher")
    rig.signals.running.ring()
    return job


def looks(rig: Rig, job: Job) -> list[float]:
    """When the job was looked at, in seconds since it was taken."""
    assert job.answered_at is not None
    return [round(at - job.answered_at, 1) for at in rig.provider.looked_at(f"gen-{job.id}")]


def tell(rig: Rig, job: Job, *stands: Generation | Exception) -> None:
    rig.provider.stands[f"gen-{job.id}"] = list(stands)


# ---- when


@virtually
async def test_the_first_look_comes_after_one_interval_and_then_one_each() -> None:
    async with open_rig() as rig:
        rig.provider.look_seconds = 0.0
        job = await watched(rig)
        await asyncio.sleep(10)
        assert looks(rig, job) == [3, 6, 9]


@virtually
async def test_an_interval_begins_with_the_answer() -> None:
    async with open_rig() as rig:
        rig.provider.look_seconds = 1.0
        job = await watched(rig)
        await asyncio.sleep(12)
        assert looks(rig, job) == [3, 7, 11]


@virtually
async def test_the_first_look_comes_shortly_before_the_shortest_time_lately_seen() -> None:
    async with open_rig() as rig:
        rig.provider.look_seconds = 0.0
        for seconds in (40, 20):
            earlier = await watched(rig)
            await asyncio.sleep(seconds - 1)
            tell(rig, earlier, completed())
            await asyncio.sleep(30)
        durations = await rig.store.asking.durations("meigen", "swift-1")
        job = await watched(rig)
        await asyncio.sleep(60)
        assert durations is not None
        assert looks(rig, job)[0] == round(durations.shortest_seconds - POLL_SECONDS, 1) > 10


@virtually
async def test_what_is_taken_while_others_run_is_looked_at_in_its_own_time() -> None:
    async with open_rig() as rig:
        first = await watched(rig)
        await asyncio.sleep(1.5)
        second = await watched(rig)
        await asyncio.sleep(4)
        assert looks(rig, first)[0] == looks(rig, second)[0] == 3


@virtually
async def test_only_so_many_looks_are_open_at_once_and_all_have_their_turn() -> None:
    async with open_rig(MANY) as rig:
        rig.provider.look_seconds = 2.0
        jobs = []
        for _ in range(POLLS_IN_FLIGHT * 2 + 5):
            job = await running(rig.store, rig.account)
            jobs.append(job)
            await asyncio.sleep(0.001)
        rig.start("watcher")
        await asyncio.sleep(30)
        assert rig.provider.most_looks_open == POLLS_IN_FLIGHT
        assert all(len(looks(rig, job)) >= 3 for job in jobs)


@virtually
async def test_one_generation_is_never_looked_at_twice_at_once() -> None:
    async with open_rig() as rig:
        rig.provider.look_seconds = 20.0
        job = await watched(rig)
        for _ in range(30):
            rig.signals.running.ring()
            await asyncio.sleep(1)
        assert looks(rig, job) == [3, 26]


# ---- ends


@virtually
async def test_a_result_is_stored_and_shown_and_looked_at_no_more() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        cards = rig.signals.cards.listen()
        tell(rig, job, PROCESSING, completed("https://img.test/a.png"))
        await asyncio.sleep(60)
        ended = await rig.job(job)
        assert ended.state is JobState.SUCCEEDED
        assert ended.result == completed("https://img.test/a.png").result
        assert looks(rig, job) == [3, 6.1]
        assert cards.is_set()


@virtually
async def test_a_failure_gives_the_credits_back() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        tell(rig, job, FAILED)
        await asyncio.sleep(5)
        ended = await rig.job(job)
        assert (ended.state, ended.failure, ended.charged_credits) == (JobState.FAILED, FAILED.failure, 0)


@virtually
async def test_progress_redraws_the_card_only_when_it_changed() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        before = (await rig.card(job)).wanted
        tell(rig, job, *(replace(PROCESSING, progress_percent=percent) for percent in (None, 20, 20, 20, 50)))
        await asyncio.sleep(20)
        assert (await rig.card(job)).wanted == before + 2
        assert (await rig.job(job)).progress_percent == 50


@virtually
async def test_the_key_that_paid_asks() -> None:
    async with open_rig() as rig:
        await watched(rig)
        await asyncio.sleep(5)
        assert {look.key for look in rig.provider.looked} == {"key-1"}


@virtually
async def test_where_the_key_that_paid_is_gone_another_of_the_upstream_asks() -> None:
    async with open_rig() as rig:
        gone = replace(rig.account, id=await rig.store.accounts.enter("meigen", "gone"))
        job = await running(rig.store, gone, rig.clock.now())
        tell(rig, job, completed())
        rig.start("watcher")
        await asyncio.sleep(5)
        assert (await rig.job(job)).state is JobState.SUCCEEDED
        assert {look.key for look in rig.provider.looked} == {"key-1"}


@virtually
async def test_what_a_removed_key_paid_for_is_still_looked_at_with_it() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher", "watcher")
        await send_with_own_key(rig)
        await rig.keyring.remove(GUILD, MODERATOR, "meigen")
        rig.provider.stands["gen-1"] = [completed()]
        await rig.until(lambda: rig.states() == [JobState.SUCCEEDED], within_seconds=30)
        assert {look.key for look in rig.provider.looked} == {OWN_KEY}


@virtually
async def test_where_that_is_revoked_the_guilds_new_key_asks(caplog: pytest.LogCaptureFixture) -> None:
    async with open_rig() as rig:
        rig.start("dispatcher", "watcher")
        await send_with_own_key(rig)
        await rig.keyring.enter(GUILD, MODERATOR, "meigen", OTHER_KEY)
        rig.provider.stands["gen-1"] = [Unavailable("401", key_rejected=True), completed()]
        await rig.until(lambda: rig.states() == [JobState.SUCCEEDED], within_seconds=30)
        assert [look.key for look in rig.provider.looked][-2:] == [OWN_KEY, OTHER_KEY]
        assert "does not take a key" not in caplog.text, "nobody uses it any more"


@virtually
async def test_a_key_that_asks_in_anothers_place_is_not_paused_for_the_answer() -> None:
    async with open_rig() as rig:
        gone = replace(rig.account, id=await rig.store.accounts.enter("meigen", "gone"))
        job = await running(rig.store, gone, rig.clock.now())
        tell(rig, job, Unavailable("401", key_rejected=True))
        rig.start("watcher", "dispatcher")
        await asyncio.sleep(30)
        own = await rig.ask()
        await asyncio.sleep(1)
        assert (await rig.job(own)).state is JobState.RUNNING


async def send_with_own_key(rig: Rig) -> None:
    """A job that the guild's own key has paid for."""
    await rig.keyring.enter(GUILD, MODERATOR, "meigen", OWN_KEY)
    own = rig.keyring.account_for(GUILD, "meigen")
    assert own is not None
    await rig.ask(account=own)
    await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=10)


# ---- deadlines


@virtually
async def test_a_deadline_is_passed_by_a_look_that_began_after_it() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        await asyncio.sleep(DEADLINE - 0.5)
        assert (await rig.job(job)).state is JobState.RUNNING
        await rig.until(lambda: rig.states() == [JobState.TIMED_OUT])
        assert looks(rig, job)[-2] < DEADLINE <= looks(rig, job)[-1] <= DEADLINE + 2 * POLL_SECONDS


@virtually
async def test_a_look_that_began_before_the_deadline_passes_none() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        await asyncio.sleep(DEADLINE - 10)
        rig.provider.look_seconds = 20.0
        await asyncio.sleep(26)
        assert DEADLINE - 10 < looks(rig, job)[-2] < DEADLINE < looks(rig, job)[-1], "one has ended, one is under way"
        assert (await rig.job(job)).state is JobState.RUNNING
        tell(rig, job, completed())
        await asyncio.sleep(40)
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@virtually
async def test_what_is_ready_at_the_look_after_the_deadline_is_no_time_out() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        await asyncio.sleep(DEADLINE)
        tell(rig, job, completed())
        await asyncio.sleep(10)
        assert (await rig.job(job)).state is JobState.SUCCEEDED
        assert not rig.driver.rows("SELECT 1 FROM events WHERE to_state = 'timed_out'")


@virtually
async def test_a_video_has_ten_minutes() -> None:
    async with open_rig() as rig:
        job = await watched(rig, request=request(medium=Medium.VIDEO))
        await asyncio.sleep(595)
        assert (await rig.job(job)).state is JobState.RUNNING
        await asyncio.sleep(15)
        assert (await rig.job(job)).state is JobState.TIMED_OUT


@virtually
async def test_what_the_upstream_does_not_know_is_asked_for_on_to_the_deadline() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        tell(rig, job, NotFound("404"))
        await asyncio.sleep(DEADLINE - 10)
        assert (await rig.job(job)).state is JobState.RUNNING
        assert len(looks(rig, job)) > 80
        await asyncio.sleep(20)
        assert (await rig.job(job)).state is JobState.TIMED_OUT


@virtually
async def test_what_the_upstream_comes_to_know_is_taken() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        tell(rig, job, NotFound("404"), NotFound("404"), completed())
        await asyncio.sleep(15)
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@virtually
async def test_an_upstream_that_does_not_answer_passes_no_deadline_for_half_an_hour() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        tell(rig, job, DOWN)
        await asyncio.sleep(DEADLINE + SILENCE_SECONDS - 10)
        assert (await rig.job(job)).state is JobState.RUNNING
        await asyncio.sleep(120)
        assert (await rig.job(job)).state is JobState.TIMED_OUT


@virtually
async def test_the_provider_whose_code_fails_passes_for_one_that_does_not_answer() -> None:
    async with open_rig() as rig:
        job, other = await watched(rig), await watched(rig)
        tell(rig, job, ZeroDivisionError("a bug"))
        tell(rig, other, PROCESSING, completed())
        await asyncio.sleep(20)
        assert (await rig.job(other)).state is JobState.SUCCEEDED
        await asyncio.sleep(DEADLINE + SILENCE_SECONDS + 100)
        assert (await rig.job(job)).state is JobState.TIMED_OUT
        assert len(looks(rig, job)) < 100, "it backs off"


@virtually
async def test_what_nobody_has_a_key_for_does_not_run_for_ever() -> None:
    async with open_rig(key=None) as rig:
        job = await watched(rig)
        await asyncio.sleep(DEADLINE + SILENCE_SECONDS + 100)
        assert rig.states([job.id]) == [JobState.TIMED_OUT]


# ---- late looks


async def timed_out(rig: Rig) -> Job:
    job = await watched(rig)
    await rig.until(lambda: rig.states() == [JobState.TIMED_OUT])
    return await rig.job(job)


def late_looks(rig: Rig, job: Job) -> list[float]:
    """In seconds since it timed out."""
    assert job.finished_at is not None
    after = [at - job.finished_at for at in rig.provider.looked_at(f"gen-{job.id}")]
    return [round(at, 1) for at in after if at > 0]


@virtually
async def test_what_timed_out_is_looked_at_three_more_times_and_then_given_up() -> None:
    async with open_rig() as rig:
        job = await timed_out(rig)
        await asyncio.sleep(4000)
        assert late_looks(rig, job) == list(accumulate(LATE_LOOKS_AFTER_SECONDS)) == [120, 600, 1800]
        assert (await rig.job(job)).state is JobState.TIMED_OUT
        assert await rig.store.watching.late() == []


@pytest.mark.parametrize("look_number", [1, 2, 3])
def test_a_late_look_rescues(look_number: int) -> None:
    @virtually
    async def rescue() -> None:
        async with open_rig() as rig:
            job = await timed_out(rig)
            tell(rig, job, *[PROCESSING] * (look_number - 1), completed())
            await rig.until(lambda: rig.states() == [JobState.SUCCEEDED])
            assert len(late_looks(rig, job)) == look_number
            await asyncio.sleep(4000)
            assert len(late_looks(rig, job)) == look_number

    rescue()


@virtually
async def test_a_late_look_can_find_a_failure_and_gives_the_credits_back() -> None:
    async with open_rig() as rig:
        job = await timed_out(rig)
        tell(rig, job, FAILED)
        await rig.until(lambda: rig.states() == [JobState.FAILED])
        assert (await rig.job(job)).charged_credits == 0


@virtually
async def test_a_late_look_without_an_answer_is_made_again_and_not_one_of_the_three() -> None:
    async with open_rig() as rig:
        rig.provider.look_seconds = 0.0
        job = await timed_out(rig)
        tell(rig, job, DOWN, DOWN, PROCESSING, DOWN, PROCESSING, PROCESSING)
        await asyncio.sleep(4000)
        assert late_looks(rig, job) == [120, 123, 129, 609, 612, 1812]
        assert await rig.store.watching.late() == []


@virtually
async def test_late_looks_without_an_answer_are_made_ever_more_patiently_for_a_day() -> None:
    async with open_rig() as rig:
        job = await timed_out(rig)
        tell(rig, job, DOWN)
        await asyncio.sleep(LATE_SILENCE_SECONDS - 1000)
        assert len(late_looks(rig, job)) < 160
        assert len(await rig.store.watching.late()) == 1
        await asyncio.sleep(2000)
        assert await rig.store.watching.late() == []
        assert (await rig.job(job)).state is JobState.TIMED_OUT


# ---- trouble


@virtually
async def test_an_upstream_that_fails_is_asked_ever_more_patiently() -> None:
    async with open_rig() as rig:
        rig.provider.look_seconds = 0.0
        job = await watched(rig)
        tell(rig, job, *[DOWN] * 7, completed())
        await asyncio.sleep(300)
        assert looks(rig, job) == [3, 6, 12, 24, 48, 96, 156, 216]
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@virtually
async def test_one_answer_ends_the_patience() -> None:
    async with open_rig() as rig:
        rig.provider.look_seconds = 0.0
        job = await watched(rig)
        tell(rig, job, DOWN, DOWN, DOWN, PROCESSING, DOWN, PROCESSING)
        await asyncio.sleep(35)
        assert looks(rig, job) == [3, 6, 12, 24, 27, 30, 33]


@virtually
async def test_the_upstream_is_asked_again_when_it_said_so() -> None:
    async with open_rig() as rig:
        rig.provider.look_seconds = 0.0
        job = await watched(rig)
        tell(rig, job, Unavailable("429", retry_after_seconds=50.0), PROCESSING)
        await asyncio.sleep(57)
        assert looks(rig, job) == [3, 53, 56]


@virtually
async def test_a_rejected_key_ends_nothing() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        tell(rig, job, Unavailable("401", key_rejected=True), completed())
        await asyncio.sleep(20)
        assert (await rig.job(job)).state is JobState.SUCCEEDED


@virtually
async def test_a_look_refused_for_its_key_pauses_the_line_until_the_probe(caplog: pytest.LogCaptureFixture) -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        tell(rig, job, Unavailable("401", key_rejected=True))
        await asyncio.sleep(100)
        waiting = [await rig.ask(), await rig.ask()]
        rig.start("dispatcher")
        await asyncio.sleep(400)
        assert rig.provider.submitted == []
        told = await rig.store.asking.waiting(waiting[0], rig.account.limit)
        assert told is not None
        assert told.pause_reason is PauseReason.KEY_REJECTED
        assert looks(rig, job)[:4] == [3, 6.1, 12.2, 24.3], "looks go on, ever more patiently"
        tell(rig, job, PROCESSING)
        await asyncio.sleep(200)
        assert [round(sent.at - BEGAN_AT) for sent in rig.provider.submitted] == [603, 603]
    assert caplog.text.count("check MEIGEN_API_KEY") == 1


@virtually
async def test_one_that_fails_does_not_hold_up_the_others() -> None:
    async with open_rig() as rig:
        bad, good = await watched(rig), await watched(rig)
        tell(rig, bad, DOWN)
        tell(rig, good, *[PROCESSING] * 5, completed())
        await asyncio.sleep(30)
        assert (await rig.job(good)).state is JobState.SUCCEEDED


@virtually
async def test_a_result_that_cannot_be_stored_is_asked_for_again() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        tell(rig, job, completed())
        rig.driver.is_down = True
        await asyncio.sleep(60)
        assert rig.states() == [JobState.RUNNING]
        rig.driver.is_down = False
        await rig.until(lambda: rig.states() == [JobState.SUCCEEDED], within_seconds=70)


@virtually
async def test_a_store_that_fails_at_the_start_is_asked_again_ever_more_patiently() -> None:
    async with open_rig() as rig:
        job = await running(rig.store, rig.account)
        tell(rig, job, completed())
        rig.driver.is_down = True
        rig.start("watcher")
        await asyncio.sleep(200)
        assert rig.driver.refused < 15
        rig.driver.is_down = False
        await rig.until(lambda: rig.states() == [JobState.SUCCEEDED], within_seconds=70)


@virtually
async def test_a_deadline_that_cannot_be_stored_is_passed_later() -> None:
    async with open_rig() as rig:
        await watched(rig)
        await asyncio.sleep(DEADLINE - 1)
        rig.driver.is_down = True
        await asyncio.sleep(60)
        rig.driver.is_down = False
        await rig.until(lambda: rig.states() == [JobState.TIMED_OUT], within_seconds=70)


# ---- stopping and starting


@virtually
async def test_stopping_lets_go_of_what_is_looked_at() -> None:
    async with open_rig() as rig:
        rig.provider.look_seconds = 60.0
        job = await watched(rig)
        await asyncio.sleep(5)
        await rig.stop()
        assert rig.clock.now() - BEGAN_AT < 6
        assert (await rig.job(job)).state is JobState.RUNNING


@virtually
async def test_the_next_process_goes_on() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        await asyncio.sleep(100)
        await rig.kill()
        await asyncio.sleep(1000)
        tell(rig, job, completed())
        async with open_rig(before=rig, owner="second") as after:
            after.start("watcher")
            await after.until(lambda: after.states() == [JobState.SUCCEEDED], within_seconds=5)


@virtually
async def test_the_deadline_of_what_outlived_its_process_is_passed_by_a_look_too() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        await rig.kill()
        await asyncio.sleep(5000)
        looked = len(looks(rig, job))
        async with open_rig(before=rig, owner="second") as after:
            after.start("watcher")
            await after.until(lambda: after.states() == [JobState.TIMED_OUT], within_seconds=5)
            assert len(looks(after, job)) == looked + 1


@virtually
async def test_late_looks_go_on_in_the_next_process() -> None:
    async with open_rig() as rig:
        job = await timed_out(rig)
        await asyncio.sleep(200)
        await rig.kill()
        async with open_rig(before=rig, owner="second") as after:
            after.start("watcher")
            await asyncio.sleep(4000)
            assert late_looks(after, job) == [120, 600, 1800]


@virtually
async def test_late_looks_that_were_missed_are_made_up_for() -> None:
    async with open_rig() as rig:
        job = await timed_out(rig)
        await rig.kill()
        await asyncio.sleep(5000)
        async with open_rig(before=rig, owner="second") as after:
            after.start("watcher")
            await asyncio.sleep(4000)
            assert late_looks(after, job) == [5000, 5480, 6680]
            assert await after.store.watching.late() == []


# ---- what it reads


@virtually
async def test_what_runs_is_read_when_something_began_and_not_after_each_look() -> None:
    async with open_rig() as rig:
        job = await watched(rig)
        await asyncio.sleep(1)
        reads = CountingWatching(rig.store.watching)
        watcher = Watcher(
            reads, rig.store.asking, {"meigen": rig.provider}, {1: rig.account}, rig.signals, rig.clock, POLL_SECONDS
        )
        watching = asyncio.create_task(watcher.run())
        await asyncio.sleep(60)
        assert reads.count == 1
        assert len(looks(rig, job)) > 20
        rig.signals.running.ring()
        await asyncio.sleep(1)
        assert reads.count == 2
        await rig.stop()
        await watching


@virtually
async def test_what_times_out_is_looked_at_again_without_anything_being_read() -> None:
    async with open_rig() as rig:
        job = await timed_out(rig)
        tell(rig, job, PROCESSING, completed())
        await asyncio.sleep(700)
        assert rig.signals.running.rings == 1
        assert (await rig.job(job)).state is JobState.SUCCEEDED


class CountingWatching(WatchStore):
    """Counts how often it is asked what runs."""

    def __init__(self, inner: WatchStore) -> None:
        super().__init__(inner._driver, inner._ledger)
        self.count = 0

    async def running(self) -> Sequence[Job]:
        self.count += 1
        return await super().running()
