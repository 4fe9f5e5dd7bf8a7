"""What the upstream says of generations under way, stored."""

from __future__ import annotations

import pytest

from bot.domain.gate import PAUSE_MAX_SECONDS, PauseReason
from bot.domain.jobs import Failure, FailureCode, JobState, Result
from bot.ports import Accepted, Account, Claim, Generation, GenerationState, Late, Wait
from bot.store.store import Store
from tests.support.builders import BEGAN_AT, PROCESSING, claimed, completed, offered, queued, read, running
from tests.support.fakes import HandClock
from tests.unit.store.conftest import Look

REFUSED = Failure(FailureCode.GENERATION_FAILED, "not that")


async def test_what_runs_is_told_oldest_first(store: Store, mine: Account) -> None:
    jobs = [await running(store, mine) for _ in range(2)]
    await claimed(store, mine)
    assert await store.watching.running() == jobs


async def test_a_result_is_kept_and_settles_nothing_twice(store: Store, mine: Account, clock: HandClock) -> None:
    job = await running(store, mine)
    clock.at += 20
    told = Generation(GenerationState.COMPLETED, Result(("https://img.test/1.png", "https://img.test/2.png"), "16:9"))
    ended = await store.watching.finish(job.id, told)
    assert ended is not None
    assert (ended.state, ended.result, ended.finished_at) == (JobState.SUCCEEDED, told.result, BEGAN_AT + 20)
    assert ended.charged_credits == 5
    assert await store.watching.finish(job.id, Generation(GenerationState.FAILED, failure=REFUSED)) is None
    assert await read(store, job.id) == ended


async def test_a_failure_gives_the_credits_back(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    ended = await store.watching.finish(job.id, Generation(GenerationState.FAILED, failure=REFUSED))
    assert ended is not None
    assert (ended.state, ended.failure, ended.charged_credits) == (JobState.FAILED, REFUSED, 0)


async def test_what_is_still_made_is_no_end(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    assert await store.watching.finish(job.id, PROCESSING) is None
    assert await read(store, job.id) == job


@pytest.mark.parametrize("make", [offered, queued, claimed])
async def test_only_what_runs_can_end_by_a_look(store: Store, mine: Account, make: type) -> None:
    job = await make(store, mine)
    assert await store.watching.finish(job.id, completed()) is None
    assert await store.watching.time_out(job.id, BEGAN_AT, 3) is None
    assert await read(store, job.id) == job


async def test_what_is_not_there_cannot_end(store: Store) -> None:
    assert await store.watching.finish(404, completed()) is None
    assert await store.watching.time_out(404, BEGAN_AT, 3) is None


async def test_progress_asks_for_the_card(store: Store, mine: Account, look: Look) -> None:
    job = await running(store, mine)
    wanted = look("SELECT wanted FROM cards")[0]["wanted"]
    await store.watching.progress(job.id, 40)
    assert (await read(store, job.id)).progress_percent == 40
    assert look("SELECT wanted FROM cards")[0]["wanted"] == wanted + 1


async def test_progress_of_what_is_over_is_not_kept(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    await store.watching.finish(job.id, completed())
    await store.watching.progress(job.id, 40)
    assert (await read(store, job.id)).progress_percent is None


async def test_what_timed_out_is_looked_at_again_until_it_is_not(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    timed_out = await store.watching.time_out(job.id, BEGAN_AT + 120, 3)
    assert timed_out is not None
    assert timed_out.state is JobState.TIMED_OUT
    assert await store.watching.running() == []
    assert await store.watching.late() == [Late(timed_out, BEGAN_AT + 120, 3)]
    await store.watching.look_again(job.id, BEGAN_AT + 600, 2)
    assert await store.watching.late() == [Late(timed_out, BEGAN_AT + 600, 2)]
    await store.watching.look_again(job.id, None, 0)
    assert await store.watching.late() == []


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (completed(), JobState.SUCCEEDED),
        (Generation(GenerationState.FAILED, failure=REFUSED), JobState.FAILED),
    ],
)
async def test_what_timed_out_can_be_rescued(
    store: Store, mine: Account, told: Generation, state: JobState, look: Look
) -> None:
    job = await running(store, mine)
    await store.watching.time_out(job.id, BEGAN_AT + 120, 3)
    ended = await store.watching.finish(job.id, told)
    assert ended is not None
    assert ended.state is state
    assert await store.watching.late() == []
    assert look("SELECT from_state, to_state FROM events")[-1] == {"from_state": "timed_out", "to_state": state}


async def test_what_timed_out_does_not_time_out_again(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    await store.watching.time_out(job.id, BEGAN_AT + 120, 3)
    assert await store.watching.time_out(job.id, BEGAN_AT + 900, 3) is None
    assert [late.next_look_at for late in await store.watching.late()] == [BEGAN_AT + 120]


# ---- a key that is refused


async def test_a_look_refused_for_its_key_pauses_the_account(store: Store, mine: Account, clock: HandClock) -> None:
    await running(store, mine)
    await queued(store, mine)
    assert await store.watching.reject_key(mine.id)
    waits = await store.submissions.claim(mine, 0.0)
    assert waits == Wait(BEGAN_AT + PAUSE_MAX_SECONDS, PauseReason.KEY_REJECTED)
    clock.at += 300
    assert not await store.watching.reject_key(mine.id), "it is no news"
    assert await store.submissions.claim(mine, 0.0) == waits


async def test_the_line_goes_on_by_the_probe_whatever_looks_tell(store: Store, mine: Account, clock: HandClock) -> None:
    await running(store, mine)
    probe, other = await queued(store, mine), await queued(store, mine)
    await store.watching.reject_key(mine.id)
    clock.at += PAUSE_MAX_SECONDS
    assert isinstance(await store.submissions.claim(mine, 0.0), Claim)
    assert not await store.watching.reject_key(mine.id)
    await store.submissions.record(mine, probe.id, Accepted("g"))
    claim = await store.submissions.claim(mine, 0.0)
    assert isinstance(claim, Claim)
    assert claim.job.id == other.id
