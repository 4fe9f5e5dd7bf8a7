"""Questions: usage, waits, durations, balances, and things kept by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.catalog import Medium
from bot.domain.gate import PauseReason
from bot.domain.jobs import Failure, FailureCode
from bot.domain.progress import Pace
from bot.domain.views import AccountCredits, Usage
from bot.errors import KeyRejected, OutcomeUnknown, OutOfCredits, RateLimited
from bot.ports import Accepted, Account, Balance, Durations, Generation, GenerationState
from bot.store.store import Store
from tests.support.builders import (
    BEGAN_AT,
    GUILD,
    LIMIT,
    MEMBER,
    account,
    claimed,
    completed,
    offered,
    queued,
    request,
    running,
)
from tests.support.fakes import HandClock

FAILED = Generation(GenerationState.FAILED, failure=Failure(FailureCode.GENERATION_FAILED))
DAY = 86_400.0


async def used(store: Store, since: float = BEGAN_AT) -> Usage:
    guild = await store.asking.usage(since=since, guild_id=GUILD)
    assert await store.asking.usage(since=since, user_id=MEMBER) == guild
    return guild


# ---- usage


async def test_nothing_was_used(store: Store) -> None:
    assert await used(store) == Usage(0, 0, 0)


async def test_from_the_door_on_credits_are_reserved(
    store: Store, mine: Account, queued_ids: Callable[[], list[int]]
) -> None:
    for number, make in enumerate((offered, queued, claimed), 1):
        await make(store, mine, user_id=MEMBER, guild_id=GUILD)
        assert await used(store) == Usage(0, 5 * number, number)
        for job_id in queued_ids():
            await store.submissions.claim(mine, 0.0)  # the line is empty for the next
            assert job_id not in queued_ids()


async def test_what_the_upstream_took_is_spent(store: Store, mine: Account) -> None:
    job = await claimed(store, mine, reserved_credits=4)
    await store.submissions.record(mine, job.id, Accepted("g", charged_credits=7))
    assert await used(store) == Usage(7, 0, 1)
    await store.watching.finish(job.id, completed())
    assert await used(store) == Usage(7, 0, 1)


async def test_what_failed_upstream_comes_back(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    await store.watching.finish(job.id, FAILED)
    assert await used(store) == Usage(0, 0, 0)


async def test_what_was_called_back_or_refused_comes_back(store: Store, mine: Account) -> None:
    for make in (offered, queued):
        job = await make(store, mine)
        await store.door.ask_cancel(job.id)
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, OutOfCredits(5, 0))
    assert await used(store) == Usage(0, 0, 0)


async def test_an_unknown_counts_as_spent(store: Store, mine: Account) -> None:
    """Nobody will look: it would be held for ever."""
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, OutcomeUnknown("timeout"))
    assert await used(store) == Usage(5, 0, 1)


async def test_what_timed_out_keeps_its_reservation_and_counts_as_spent_after_the_last_look(
    store: Store, mine: Account
) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, Accepted("g"))
    await store.watching.time_out(job.id, BEGAN_AT + 120, 3)
    assert await used(store) == Usage(0, 5, 1)
    await store.watching.look_again(job.id, None, 0)
    assert await used(store) == Usage(5, 0, 1)


async def test_a_success_whose_charge_was_not_told_counts_as_estimated(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, Accepted("g"))
    assert await used(store) == Usage(0, 5, 1)
    await store.watching.finish(job.id, completed())
    assert await used(store) == Usage(5, 0, 1)


async def test_a_failure_whose_charge_was_not_told_comes_back_all_the_same(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, Accepted("g"))
    await store.watching.finish(job.id, FAILED)
    assert await used(store) == Usage(0, 0, 0)


async def test_a_job_without_a_price_counts_as_one_job(store: Store, mine: Account) -> None:
    await queued(store, mine, reserved_credits=None)
    assert await used(store) == Usage(0, 0, 1, unpriced=1)


async def test_yesterdays_jobs_are_not_todays(store: Store, mine: Account, clock: HandClock) -> None:
    await running(store, mine)
    clock.at += DAY
    await running(store, mine)
    assert await used(store, BEGAN_AT + DAY) == Usage(5, 0, 1)


async def test_what_is_still_reserved_counts_whenever_it_was_asked_for(
    store: Store, mine: Account, clock: HandClock
) -> None:
    await queued(store, mine)
    clock.at += 60
    assert await used(store, clock.at) == Usage(0, 5, 0)


async def test_a_guild_and_a_member_are_told_apart(store: Store, mine: Account) -> None:
    await queued(store, mine, guild_id=1, user_id=1)
    await queued(store, mine, guild_id=1, user_id=2)
    await queued(store, mine, guild_id=2, user_id=1)
    await queued(store, mine, guild_id=None, user_id=1)
    assert await store.asking.usage(since=0, guild_id=1) == Usage(0, 10, 2)
    assert await store.asking.usage(since=0, user_id=1) == Usage(0, 15, 3)


# ---- waits


async def test_a_wait_is_a_place_and_a_time(store: Store, mine: Account) -> None:
    jobs = [await queued(store, mine) for _ in range(6)]
    waits = [await store.asking.waiting(job, LIMIT) for job in jobs]
    assert [wait.position for wait in waits if wait] == [1, 2, 3, 4, 5, 6]
    assert [round(wait.wait_seconds or 0) for wait in waits if wait] == [0, 0, 0, 0, 5, 10]


async def test_a_pause_is_told_with_its_reason_and_end(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, RateLimited(90.0))
    waiting = await store.asking.waiting(job, LIMIT)
    assert waiting is not None
    assert waiting.wait_seconds == pytest.approx(90.0)
    assert (waiting.pause_reason, waiting.paused_until) == (PauseReason.RATE_LIMITED, BEGAN_AT + 90)


async def test_a_pause_that_is_over_is_not_told(store: Store, mine: Account, clock: HandClock) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, RateLimited(90.0))
    clock.at += 91
    waiting = await store.asking.waiting(job, LIMIT)
    assert waiting is not None
    assert (waiting.pause_reason, waiting.paused_until) == (None, None)


async def test_what_does_not_wait_has_no_wait(store: Store, mine: Account) -> None:
    job = await queued(store, mine)
    await store.submissions.claim(mine, 0.0)
    assert await store.asking.waiting(job, LIMIT) is None
    assert await store.asking.waiting(await running(store, mine), LIMIT) is None


async def test_places_are_kept_to(
    store: Store, mine: Account, clock: HandClock, queued_ids: Callable[[], list[int]]
) -> None:
    """Whoever was told to be third is the third to leave."""
    jobs = [await queued(store, mine, guild_id=1 + n % 3, user_id=n % 4) for n in range(12)]
    told: dict[int, int] = {}
    for job in jobs:
        waiting = await store.asking.waiting(job, LIMIT)
        assert waiting is not None
        told[waiting.position] = job.id
    left: list[int] = []
    while len(left) < len(jobs):
        waiting_ids = set(queued_ids())
        await store.submissions.claim(mine, 0.0)
        for gone in waiting_ids - set(queued_ids()):
            left.append(gone)
            await store.submissions.record(mine, gone, Accepted("g"))
        clock.at += 5
    assert left == [told[place] for place in range(1, 13)]


# ---- durations


async def finished(store: Store, mine: Account, clock: HandClock, seconds: float, model_id: str = "swift-1") -> None:
    job = await running(store, mine, request=request(model_id=model_id))
    clock.at += seconds
    await store.watching.finish(job.id, completed())
    clock.at += 60


async def test_durations_are_learnt_from_successes_of_the_model(store: Store, mine: Account, clock: HandClock) -> None:
    assert await store.asking.durations("meigen", "swift-1") is None
    for seconds in (30, 10, 20):
        await finished(store, mine, clock, seconds)
    await finished(store, mine, clock, 1, "other")
    job = await running(store, mine)
    await store.watching.finish(job.id, FAILED)
    assert await store.asking.durations("meigen", "swift-1") == Durations(10.0, Pace(20.0, 28.0))
    assert await store.asking.durations("another", "swift-1") is None


async def test_what_timed_out_tells_no_duration(store: Store, mine: Account, clock: HandClock) -> None:
    job = await running(store, mine)
    clock.at += 310
    await store.watching.time_out(job.id, clock.at + 120, 3)
    clock.at += 120
    await store.watching.finish(job.id, completed())
    assert await store.asking.durations("meigen", "swift-1") is None


@pytest.mark.parametrize(("medium", "is_told"), [(Medium.IMAGE, False), (Medium.VIDEO, True)])
async def test_what_ended_while_nobody_could_look_tells_no_duration(
    store: Store, mine: Account, clock: HandClock, medium: Medium, *, is_told: bool
) -> None:
    job = await running(store, mine, request=request(medium=medium))
    clock.at += 400
    await store.watching.finish(job.id, completed())
    assert (await store.asking.durations("meigen", "swift-1") is not None) == is_told


async def test_what_was_taken_late_tells_no_duration(store: Store, mine: Account, clock: HandClock) -> None:
    job = await claimed(store, mine)
    clock.at += 60
    await store.submissions.record(mine, job.id, OutcomeUnknown("silence"))
    clock.at += 100
    await store.submissions.record(mine, job.id, Accepted("g", "swift-1"))
    clock.at += 3
    await store.watching.finish(job.id, completed())
    assert await store.asking.durations("meigen", "swift-1") is None


async def test_only_the_latest_durations_count(store: Store, mine: Account, clock: HandClock) -> None:
    await finished(store, mine, clock, 1)
    for _ in range(20):
        await finished(store, mine, clock, 30)
    assert await store.asking.durations("meigen", "swift-1") == Durations(30.0, Pace(30.0, 30.0))


# ---- balances, documents


def told(purchased: int | None, at: float | None) -> AccountCredits:
    return AccountCredits("meigen", purchased, is_unlimited=False, told_at=at, pause_reason=None)


async def test_balances_of_the_accounts_at_hand(store: Store, mine: Account) -> None:
    other = account(await store.accounts.enter("meigen", "f-2"))
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, Accepted("g", balance=Balance(95)))
    assert await store.asking.credits([mine]) == [told(95, BEGAN_AT)]
    assert await store.asking.credits([other]) == [told(None, None)]
    assert len(await store.asking.credits([mine, other])) == 2
    assert await store.asking.credits([]) == []


async def test_a_paused_account_says_why(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, KeyRejected("no"))
    assert (await store.asking.credits([mine]))[0].pause_reason is PauseReason.KEY_REJECTED


async def test_a_document_is_kept_and_replaced(store: Store) -> None:
    assert await store.asking.load("k") is None
    await store.asking.save("k", "one", 1.0)
    await store.asking.save("k", "two", 2.0)
    await store.asking.save("other", "x", 3.0)
    assert await store.asking.load("k") == ("two", 2.0)


async def test_what_is_not_there_is_none(store: Store) -> None:
    assert await store.asking.job(404) is None
