"""As many tasks at once as an upstream takes; and what became of those that nobody answered for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.gate import FULL_KEPT_SECONDS, PauseReason
from bot.domain.jobs import Job, JobState
from bot.errors import OutcomeUnknown, QueueFull
from bot.ports import Accepted, Account, Claim, Generation, GenerationState, Listed, Wait
from bot.store.store import Store
from bot.store.submissions import ADOPTED_WITHIN_SECONDS
from tests.support.builders import WIDE, account, claimed, completed, queued, read, request, running
from tests.support.fakes import HandClock
from tests.unit.store.conftest import Look
from tests.unit.store.test_submissions import gate_of, sends


@pytest.fixture
async def one(store: Store) -> Account:
    return account(await store.accounts.enter("meigen", "f"), replace(WIDE, tasks=2))


# ---- tasks in flight


async def test_no_more_leave_than_may_be_made_at_once(store: Store, one: Account) -> None:
    first = await running(store, one)
    await claimed(store, one)
    third = await queued(store, one)
    assert await store.submissions.claim(one, 0.0) == Wait(None)
    waiting = await store.asking.waiting(third, one.limit)
    assert waiting is not None
    assert (waiting.position, waiting.wait_seconds) == (1, None)
    await store.watching.finish(first.id, completed())
    assert isinstance(await store.submissions.claim(one, 0.0), Claim)


async def test_another_account_is_not_held_up(store: Store, one: Account) -> None:
    other = account(await store.accounts.enter("meigen", "g"), one.limit)
    for _ in range(2):
        await running(store, one)
    await queued(store, other)
    assert isinstance(await store.submissions.claim(other, 0.0), Claim)


async def test_without_a_limit_all_may_leave(store: Store, one: Account) -> None:
    for _ in range(3):
        await claimed(store, replace(one, limit=WIDE))


async def test_a_full_queue_is_no_rate(store: Store, one: Account, clock: HandClock, look: Look) -> None:
    job = await claimed(store, one)
    before = gate_of(look)
    await store.submissions.record(one, job.id, QueueFull("NoMoreConcurrentTasks"))
    assert (await read(store, job.id)).state is JobState.QUEUED
    gate = gate_of(look)
    assert (gate.pause_reason, gate.paused_until) == (PauseReason.RATE_LIMITED, clock.at + 5.0)
    assert (gate.burst, gate.steps_down) == (before.burst, 0)
    for seconds in (10.0, 20.0, 40.0, 60.0, 60.0):
        clock.at = gate.paused_until
        assert isinstance(await store.submissions.claim(one, 0.0), Claim)
        await store.submissions.record(one, job.id, QueueFull())
        gate = gate_of(look)
        assert gate.paused_until == clock.at + seconds
    assert all(send["answered_at"] is not None for send in sends(look))


async def burst_of_four(store: Store, of: Account, clock: HandClock) -> list[Job]:
    """Let out a second apart, and not answered yet."""
    jobs: list[Job] = []
    for _ in range(4):
        jobs.append(await claimed(store, of))
        clock.at += 1.0
    return jobs


async def test_refusals_of_one_burst_count_once_and_tell_how_many_may_be_made(
    store: Store, one: Account, clock: HandClock, look: Look
) -> None:
    ten = replace(one, limit=replace(one.limit, tasks=10))
    jobs = await burst_of_four(store, ten, clock)
    await store.submissions.record(ten, jobs[0].id, Accepted("gen-1"))
    for job in jobs[1:]:
        await store.submissions.record(ten, job.id, QueueFull())
    assert gate_of(look).paused_until == clock.at + 5.0
    clock.at += 6.0
    # One more than there were then was too many: until one is done, nothing leaves, or else after a while.
    assert await store.submissions.claim(ten, 0.0) == Wait(gate_of(look).full_until, PauseReason.RATE_LIMITED)
    await store.watching.finish(jobs[0].id, completed())
    claim = await store.submissions.claim(ten, 0.0)
    assert isinstance(claim, Claim)
    await store.submissions.record(ten, claim.job.id, Accepted("gen-2"))
    assert isinstance(await store.submissions.claim(ten, 0.0), Wait)
    clock.at += FULL_KEPT_SECONDS
    assert isinstance(await store.submissions.claim(ten, 0.0), Claim), "after a while more are tried again"


async def test_what_is_accepted_after_a_refusal_shows_how_many_may_be_made(
    store: Store, one: Account, clock: HandClock, look: Look
) -> None:
    ten = replace(one, limit=replace(one.limit, tasks=10))
    jobs = await burst_of_four(store, ten, clock)
    await store.submissions.record(ten, jobs[3].id, QueueFull())
    for number, job in enumerate(jobs[:3]):
        await store.submissions.record(ten, job.id, Accepted(f"gen-{number}"))
    assert gate_of(look).full_tasks == 3
    clock.at += 6.0
    assert isinstance(await store.submissions.claim(ten, 0.0), Wait)
    await store.watching.finish(jobs[0].id, completed())
    assert isinstance(await store.submissions.claim(ten, 0.0), Claim)


# ---- taken back, and told of


async def test_what_was_taken_back_is_unspent(store: Store, one: Account) -> None:
    job = await running(store, one)
    ended = await store.watching.finish(job.id, Generation(GenerationState.CANCELLED))
    assert ended is not None
    assert (ended.state, ended.charged_credits) == (JobState.CANCELLED, 0)
    assert await store.watching.finish(job.id, Generation(GenerationState.CANCELLED)) is None


async def test_a_price_that_is_told_at_the_end_counts(store: Store, one: Account) -> None:
    job = await running(store, one)
    ended = await store.watching.finish(job.id, replace(completed(), charged_credits=9))
    assert ended is not None
    assert ended.charged_credits == 9


async def test_the_place_in_the_upstreams_line_is_kept(store: Store, one: Account) -> None:
    job = await running(store, one)
    await store.watching.progress(job.id, 0, 4)
    assert (await read(store, job.id)).preceding_tasks == 4
    await store.watching.progress(job.id, 10, None)
    assert (await read(store, job.id)).preceding_tasks is None


# ---- what nobody answered for


def is_of(listed: Listed, job: Job) -> bool:
    return (listed.prompt, listed.model) == (job.request.prompt, job.request.model_id)


def made(
    clock: HandClock, number: int = 1, prompt: str = "a cat", model: str = "swift-1", after: float = 0.5
) -> Listed:
    return Listed(f"task-{number}", prompt, model, clock.at + after)


async def lost(store: Store, one: Account, prompt: str = "a cat") -> Job:
    job = await claimed(store, one, request=request(prompt))
    await store.submissions.record(one, job.id, OutcomeUnknown("reset"))
    return await read(store, job.id)


@pytest.fixture
async def wide(store: Store) -> Account:
    return account(await store.accounts.enter("meigen", "f"), WIDE)


async def test_the_only_one_that_can_be_it_is_it(store: Store, wide: Account, clock: HandClock) -> None:
    job = await lost(store, wide)
    assert [each.id for each in await store.submissions.unknown(clock.at - 1)] == [job.id]
    listed = [made(clock), made(clock, 2, prompt="a dog"), made(clock, 3, model="slow-1")]
    found = await store.submissions.adopt(job.id, listed, is_of)
    assert found is not None
    assert (found.state, found.generation_id) == (JobState.RUNNING, "task-1")
    assert await store.submissions.unknown(0.0) == []
    assert await store.submissions.adopt(job.id, [made(clock, 4)], is_of) is None


async def test_of_two_nobody_knows_which(store: Store, wide: Account, clock: HandClock) -> None:
    job = await lost(store, wide)
    assert await store.submissions.adopt(job.id, [made(clock), made(clock, 2)], is_of) is None
    assert (await read(store, job.id)).state is JobState.UNKNOWN


async def test_none_is_none(store: Store, wide: Account) -> None:
    job = await lost(store, wide)
    assert await store.submissions.adopt(job.id, [], is_of) is None


@pytest.mark.parametrize("after", [-0.3, -3600.0, ADOPTED_WITHIN_SECONDS + 1])
async def test_what_was_made_before_or_long_after_is_somebody_elses(
    store: Store, wide: Account, clock: HandClock, after: float
) -> None:
    job = await lost(store, wide)
    assert await store.submissions.adopt(job.id, [made(clock, after=after)], is_of) is None


async def test_what_is_another_jobs_is_not_taken(store: Store, wide: Account, clock: HandClock) -> None:
    job = await lost(store, wide)
    clock.at += 600
    other = await claimed(store, wide)
    await store.submissions.record(wide, other.id, Accepted("task-2"))
    clock.at -= 600
    found = await store.submissions.adopt(job.id, [made(clock), made(clock, 2)], is_of)
    assert found is not None
    assert found.generation_id == "task-1"


async def test_another_without_an_answer_may_have_made_it(store: Store, wide: Account, clock: HandClock) -> None:
    jobs = [await lost(store, wide)]
    clock.at += 10
    jobs.append(await lost(store, wide))
    for job in jobs:
        assert await store.submissions.adopt(job.id, [made(clock, after=-5)], is_of) is None
        assert await store.submissions.adopt(job.id, [made(clock, after=1)], is_of) is None


async def test_one_on_its_way_may_have_made_it(store: Store, wide: Account, clock: HandClock) -> None:
    job = await lost(store, wide)
    clock.at += 10
    await claimed(store, wide)
    assert await store.submissions.adopt(job.id, [made(clock, after=-5)], is_of) is None


async def test_others_that_ask_for_something_else_are_no_rivals(store: Store, wide: Account, clock: HandClock) -> None:
    job = await lost(store, wide)
    clock.at += 10
    await lost(store, wide, "a dog")
    assert await store.submissions.adopt(job.id, [made(clock, after=-9)], is_of) is not None


async def test_what_is_no_riddle_is_left_alone(store: Store, wide: Account, clock: HandClock) -> None:
    job = await running(store, wide)
    assert await store.submissions.adopt(job.id, [made(clock)], is_of) is None
    assert await store.submissions.adopt(12345, [made(clock)], is_of) is None
