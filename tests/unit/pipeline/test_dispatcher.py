"""The dispatcher: claims as the gate allows, sends once, and loses no answer."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from bot.domain.gate import GateLimit
from bot.domain.jobs import FailureCode, Job, JobState
from bot.errors import (
    KeyRejected,
    NotSent,
    OutOfCredits,
    RateLimited,
    StoreDown,
    SubmissionError,
    SurfaceDown,
)
from bot.pipeline.dispatcher import DRAIN_SECONDS, FRESH_SECONDS, LATE_AT_ONCE, PATIENCE_SECONDS
from bot.ports import Accepted, Account, PriceOf, Submissions
from tests.support.builders import BEGAN_AT, attachment, request
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig

STALE, FRESH = BEGAN_AT + FRESH_SECONDS - 60, BEGAN_AT + 80_000


class Unstorable:
    """Submissions whose answers cannot be stored while `is_full`; claims can."""

    def __init__(self, inner: Submissions) -> None:
        self._inner = inner
        self.is_full = False
        self.tries = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def record(self, account: Account, job_id: int, outcome: Accepted | SubmissionError) -> Job | None:
        self.tries += 1
        if self.is_full:
            raise StoreDown("database or disk is full")
        return await self._inner.record(account, job_id, outcome)


def sent_at(rig: Rig) -> list[float]:
    return [round(sent.at - BEGAN_AT, 1) for sent in rig.provider.submitted]


@virtually
async def test_what_is_asked_is_sent_once_with_model_and_key() -> None:
    async with open_rig() as rig:
        job = await rig.running_job(request=request("two cats", aspect_ratio="16:9"))
        (sent,) = rig.provider.submitted
        assert (sent.request, sent.key) == (job.request, "key-1")
        assert sent.model is not None
        assert sent.model.id == "swift-1"
        assert (job.generation_id, job.charged_credits) == ("gen-1", 5)


@virtually
async def test_a_request_without_a_model_is_sent_without_one() -> None:
    async with open_rig() as rig:
        await rig.running_job(request=request(model_id=None))
        assert rig.provider.submitted[0].model is None


@virtually
async def test_a_burst_leaves_at_once_and_the_rest_at_the_pace() -> None:
    async with open_rig() as rig:
        for _ in range(7):
            await rig.ask()
        rig.start("dispatcher")
        await rig.until(lambda: rig.states() == [JobState.RUNNING] * 7)
        assert sent_at(rig) == [0, 0, 0, 0, 5, 10, 15]


@virtually
async def test_who_comes_while_nobody_waits_leaves_at_once() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await asyncio.sleep(500)
        await rig.ask()
        await asyncio.sleep(1)
        assert sent_at(rig) == [500.0]


@virtually
async def test_a_full_window_opens_with_an_answer() -> None:
    """The gate cannot tell when: it waits to be rung."""
    async with open_rig(GateLimit(1, 10.0)) as rig:
        rig.provider.answer_seconds = 30.0
        for _ in range(2):
            await rig.ask()
        rig.start("dispatcher")
        await rig.until(lambda: rig.states() == [JobState.RUNNING] * 2)
        assert sent_at(rig) == [0, 40.1]


@virtually
async def test_each_answer_rings_cards_and_watcher() -> None:
    async with open_rig() as rig:
        cards, running = rig.signals.cards.listen(), rig.signals.running.listen()
        await rig.running_job()
        await asyncio.sleep(0)
        assert cards.is_set()
        assert running.is_set()


@virtually
async def test_a_rate_limited_job_leaves_again_when_told_and_only_then() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [RateLimited(30.0)]
        await rig.running_job()
        assert sent_at(rig) == [0, 30.1]


@virtually
async def test_what_was_not_sent_leaves_again_ever_more_patiently() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [NotSent("refused"), NotSent("refused"), NotSent("refused")]
        await rig.running_job()
        gaps = [later - earlier for earlier, later in pairwise(sent_at(rig))]
        assert gaps == pytest.approx([1.1, 2.1, 4.1])


@virtually
async def test_a_rejected_key_is_probed_every_ten_minutes_by_one_job() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [KeyRejected("no"), KeyRejected("no")]
        first = await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(1)
        for _ in range(3):
            await rig.ask()
        await rig.until(lambda: rig.states() == [JobState.RUNNING] * 4)
        assert sent_at(rig)[:3] == [0, 600.1, 1200.2]
        assert (await rig.job(first)).state is JobState.RUNNING


@virtually
async def test_out_of_credits_fails_one_job_and_the_others_wait() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [OutOfCredits(5, 2)]
        await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(1)
        await rig.ask()
        await asyncio.sleep(500)
        assert rig.states() == [JobState.FAILED, JobState.QUEUED]
        await rig.until(lambda: rig.states() == [JobState.FAILED, JobState.RUNNING])
        assert sent_at(rig) == [0, 600.1]


@virtually
async def test_a_fault_of_the_providers_code_leaves_the_outcome_unknown_and_the_rest_at_work() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [ZeroDivisionError("a bug")]
        await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(10)
        assert rig.states() == [JobState.UNKNOWN]
        await rig.ask()
        await rig.until(lambda: rig.states() == [JobState.UNKNOWN, JobState.RUNNING])
        assert len(rig.provider.submitted) == 2


@virtually
async def test_a_job_called_back_in_time_is_never_sent() -> None:
    async with open_rig() as rig:
        job = await rig.ask()
        await rig.store.door.ask_cancel(job.id)
        rig.start("dispatcher")
        await asyncio.sleep(60)
        assert rig.provider.submitted == []


@virtually
async def test_a_job_called_back_while_its_post_was_refused_is_not_sent_again() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [NotSent("refused")]
        rig.provider.answer_seconds = 5.0
        job = await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(1)
        await rig.store.door.ask_cancel(job.id)
        await asyncio.sleep(60)
        assert rig.states() == [JobState.CANCELLED]
        assert len(rig.provider.submitted) == 1


# ---- late answers


@virtually
async def test_without_an_answer_for_a_minute_it_is_unknown_and_the_others_go_on() -> None:
    async with open_rig() as rig:
        rig.provider.answer_seconds = 500.0
        first = await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(PATIENCE_SECONDS - 1)
        assert rig.states() == [JobState.SUBMITTING]
        rig.provider.answer_seconds = 0.1
        others = [await rig.ask() for _ in range(3)]
        await rig.until(lambda: rig.states([first.id]) == [JobState.UNKNOWN], within_seconds=2)
        await rig.until(lambda: rig.states([job.id for job in others]) == [JobState.RUNNING] * 3)
        assert rig.clock.now() - BEGAN_AT < PATIENCE_SECONDS + 30


@virtually
async def test_after_a_silence_one_goes_ahead_though_the_first_is_still_listened_to() -> None:
    async with open_rig() as rig:
        rig.provider.answer_seconds = 500.0
        for _ in range(4):
            await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(PATIENCE_SECONDS + 1)
        for _ in range(3):
            await rig.ask()
        await asyncio.sleep(PATIENCE_SECONDS)
        assert len(rig.provider.submitted) == 5


@virtually
async def test_a_late_answer_tells_what_became_of_it() -> None:
    async with open_rig() as rig:
        rig.provider.answer_seconds = 400.0
        rig.provider.answers = [Accepted("gen-late", charged_credits=5)]
        job = await rig.ask()
        rig.start("dispatcher")
        await rig.until(lambda: rig.states() == [JobState.UNKNOWN])
        running = rig.signals.running.listen()
        running.clear()
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=400)
        assert (await rig.job(job)).generation_id == "gen-late"
        assert running.is_set()
        assert len(rig.provider.submitted) == 1


@virtually
async def test_so_many_late_answers_are_waited_for_and_no_more() -> None:
    async with open_rig(GateLimit(LATE_AT_ONCE + 8, 0.1)) as rig:
        rig.provider.answer_seconds = 500.0
        for _ in range(LATE_AT_ONCE + 8):
            await rig.ask()
        rig.start("dispatcher")
        await rig.until(lambda: len(rig.provider.submitted) == LATE_AT_ONCE + 8, within_seconds=30)
        await rig.until(lambda: set(rig.states()) == {JobState.UNKNOWN}, within_seconds=90)
        await asyncio.sleep(500)
        assert rig.states().count(JobState.RUNNING) == LATE_AT_ONCE


@virtually
async def test_a_stop_does_not_wait_for_late_answers() -> None:
    async with open_rig() as rig:
        rig.provider.answer_seconds = 500.0
        await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(PATIENCE_SECONDS + 10)
        await rig.stop()
        assert rig.clock.now() - BEGAN_AT == pytest.approx(PATIENCE_SECONDS + 10, abs=0.1)
        assert rig.states() == [JobState.UNKNOWN]


@virtually
async def test_a_stop_cuts_off_what_was_listened_to() -> None:
    async with open_rig() as rig:
        rig.provider.answer_seconds = 80.0
        await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(PATIENCE_SECONDS + 10)
        await rig.stop()
        await asyncio.sleep(100)
        assert rig.states() == [JobState.UNKNOWN]


@virtually
async def test_a_surprise_is_outlived(caplog: pytest.LogCaptureFixture) -> None:
    class Surprising(Unstorable):
        left = 3

        async def claim(self, account: Account, stale_before: float, price_of: PriceOf | None = None) -> Any:
            if self.left:
                self.left -= 1
                raise ZeroDivisionError("a bug")
            return await self._inner.claim(account, stale_before, price_of)

    async with open_rig(wrap=Surprising) as rig:
        await rig.ask()
        rig.start("dispatcher")
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=10)
        assert sent_at(rig) == [7]
        assert "ZeroDivisionError" in caplog.text


@virtually
async def test_the_log_names_the_setting_of_a_refused_key(caplog: pytest.LogCaptureFixture) -> None:
    async with open_rig() as rig:
        rig.provider.answers = [KeyRejected("no")]
        await rig.running_job()
    assert "check MEIGEN_API_KEY" in caplog.text


# ---- the store fails


@virtually
async def test_while_an_answer_cannot_be_stored_nothing_new_is_claimed() -> None:
    wrapped: list[Unstorable] = []

    def wrap(inner: Submissions) -> Submissions:
        wrapped.append(Unstorable(inner))
        return wrapped[0]

    async with open_rig(wrap=wrap) as rig:
        rig.start("dispatcher")
        wrapped[0].is_full = True
        await rig.ask()
        await asyncio.sleep(1)
        for _ in range(2):
            await rig.ask()
        await asyncio.sleep(60)
        assert len(rig.provider.submitted) == 1
        assert rig.states() == [JobState.SUBMITTING, JobState.QUEUED, JobState.QUEUED]
        assert wrapped[0].tries <= 12, "it is patient"
        wrapped[0].is_full = False
        await rig.until(lambda: rig.states() == [JobState.RUNNING] * 3)
        assert (await rig.store.watching.running())[0].generation_id == "gen-1"


@virtually
async def test_a_full_disk_puts_claims_off_and_nothing_is_lost() -> None:
    async with open_rig() as rig:
        await rig.ask()
        rig.driver.is_down = True
        rig.start("dispatcher")
        await asyncio.sleep(120)
        assert 5 <= rig.driver.refused <= 10, "it backs off"
        rig.driver.is_down = False
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=31)
        assert len(rig.provider.submitted) == 1


@virtually
async def test_the_disk_fills_up_while_a_post_is_out() -> None:
    async with open_rig() as rig:
        rig.provider.answer_seconds = 2.0
        await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(1)
        rig.driver.is_down = True
        await asyncio.sleep(300)
        rig.driver.is_down = False
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=11)
        assert len(rig.provider.submitted) == 1


# ---- references


async def asked_with_reference(rig: Rig, expires_at: float, *, is_carried: bool = True) -> Job:
    """A job whose card carries its reference, once drawn."""
    job = await rig.ask(request=request(references=(attachment(expires_at),)))
    if is_carried:
        rig.start("courier")
        await rig.settled()
    return job


@virtually
async def test_a_link_that_lives_long_enough_goes_as_it_was_given() -> None:
    async with open_rig() as rig:
        job = await asked_with_reference(rig, FRESH)
        rig.start("dispatcher")
        await rig.until(lambda: rig.states() == [JobState.RUNNING])
        assert rig.provider.submitted[0].request == job.request
        assert rig.surface.named("find_answer", "find_message") == []


@virtually
async def test_a_link_that_dies_soon_is_read_off_the_card_first() -> None:
    async with open_rig() as rig:
        await asked_with_reference(rig, STALE)
        rig.start("dispatcher")
        await rig.until(lambda: rig.states() == [JobState.RUNNING])
        (sent,) = rig.provider.submitted
        (reference,) = sent.request.references
        assert reference.url.startswith("https://cdn.test/kept/reference-1.png")
        assert (reference.expires_at or 0) > BEGAN_AT + FRESH_SECONDS
        assert len(rig.surface.named("find_answer")) == 1


@virtually
async def test_a_reference_that_is_gone_ends_the_job_unspent() -> None:
    async with open_rig() as rig:
        await asked_with_reference(rig, STALE, is_carried=False)
        cards = rig.signals.cards.listen()
        cards.clear()
        rig.start("dispatcher")
        await rig.until(lambda: rig.states() == [JobState.FAILED])
        assert rig.provider.submitted == []
        (failure,) = rig.driver.rows("SELECT failure FROM jobs")[0]
        assert FailureCode.REFERENCE_GONE in failure
        assert cards.is_set()


@virtually
async def test_discord_is_asked_again_for_a_reference_ever_more_patiently() -> None:
    async with open_rig() as rig:
        await asked_with_reference(rig, STALE)
        rig.surface.once["find_answer"] = [SurfaceDown(), SurfaceDown(), SurfaceDown()]
        rig.start("dispatcher")
        for _ in range(20):
            await asyncio.sleep(0.1)
            rig.signals.queued.ring()  # as others join the line
        await rig.until(lambda: rig.states() == [JobState.RUNNING])
        times = [call.at for call in rig.surface.named("find_answer")]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert gaps == [pytest.approx(seconds, abs=0.3) for seconds in (1, 2, 4)]


@virtually
async def test_a_reference_that_discord_does_not_tell_holds_the_line_up_for_seconds_only() -> None:
    async with open_rig() as rig:
        await asked_with_reference(rig, STALE)
        behind = await rig.ask()
        rig.surface.failing["find_answer"] = SurfaceDown(0, "", 3600.0)
        rig.start("dispatcher")
        await rig.until(lambda: rig.states([behind.id]) == [JobState.RUNNING], within_seconds=60)
        assert rig.states() == [JobState.FAILED, JobState.RUNNING]
        assert len(rig.provider.submitted) == 1


# ---- stopping


@virtually
async def test_answers_in_flight_land_after_the_stop_and_nothing_new_leaves() -> None:
    async with open_rig() as rig:
        rig.provider.answer_seconds = 3.0
        for _ in range(6):
            await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(1)
        await rig.stop()
        assert rig.states() == [JobState.RUNNING] * 4 + [JobState.QUEUED] * 2
        assert rig.clock.now() - BEGAN_AT == pytest.approx(3.0, abs=0.1)


@virtually
async def test_an_answer_that_takes_too_long_is_left_open_for_the_next_start() -> None:
    async with open_rig() as rig:
        rig.provider.answer_seconds = 60.0
        await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(1)
        await rig.stop()
        assert rig.clock.now() - BEGAN_AT == pytest.approx(1 + DRAIN_SECONDS, abs=0.1)
        async with open_rig(before=rig, owner="second") as after:
            assert after.states() == [JobState.UNKNOWN]
            after.start("dispatcher")
            await asyncio.sleep(700)
            assert len(after.provider.submitted) == 1


@virtually
async def test_a_process_that_dies_with_a_post_out_never_sends_it_again() -> None:
    async with open_rig() as rig:
        rig.provider.answer_seconds = 3.0
        for _ in range(5):
            await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(1)
        await rig.kill()
        async with open_rig(before=rig, owner="second") as after:
            after.start("dispatcher")
            await after.until(lambda: after.states() == [JobState.UNKNOWN] * 4 + [JobState.RUNNING])
            assert len(after.provider.submitted) == 5
