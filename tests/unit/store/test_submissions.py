"""The claim and the answer: gate, turn, money, slots."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from bot.domain.gate import MARGIN_SECONDS, PAUSE_MAX_SECONDS, Gate, GateLimit, PauseReason
from bot.domain.jobs import Failure, FailureCode, JobState
from bot.errors import (
    KeyRejected,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    RateLimited,
    Rejected,
    SubmissionError,
)
from bot.ports import Accepted, Account, Balance, Barred, Claim, Idle, RateHeaders, Stale, Wait
from bot.store.rows import GATE
from bot.store.store import Store
from tests.support.builders import BEGAN_AT, MEMBER, account, attachment, claimed, offered, queued, read, request
from tests.support.fakes import HandClock
from tests.unit.store.conftest import Look


@dataclass(frozen=True, slots=True)
class Ending:
    """An outcome, and what comes of it: the job's state, and why and how long the gate pauses."""

    outcome: Accepted | SubmissionError
    state: JobState
    reason: PauseReason | None = None
    pause_seconds: float | None = None


ENDINGS = [
    Ending(Accepted("gen-1", "swift-1-pro", 7), JobState.RUNNING),
    Ending(NotSent("refused"), JobState.QUEUED, PauseReason.UNREACHABLE, 1.0),
    Ending(RateLimited(30.0), JobState.QUEUED, PauseReason.RATE_LIMITED, 30.0),
    Ending(KeyRejected("no"), JobState.QUEUED, PauseReason.KEY_REJECTED, PAUSE_MAX_SECONDS),
    Ending(OutOfCredits(5, 2), JobState.FAILED, PauseReason.OUT_OF_CREDITS, PAUSE_MAX_SECONDS),
    Ending(Rejected("no such thing", 400, ("1:1",)), JobState.FAILED),
    Ending(OutcomeUnknown("reset"), JobState.UNKNOWN, PauseReason.UNREACHABLE, 5.0),
    Ending(OutcomeUnknown("HTTP 500", is_answered=True), JobState.UNKNOWN, PauseReason.FAILING, 5.0),
]
each_ending = pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: type(ending.outcome).__name__)


def gate_of(look: Look) -> Gate:
    (row,) = look("SELECT gate FROM accounts")
    return GATE.validate_json(row["gate"])


def sends(look: Look) -> list[dict[str, Any]]:
    return look("SELECT job_id, sent_at, answered_at FROM sends ORDER BY id")


def turns(look: Look) -> list[float]:
    return [
        row["virtual_time"]
        for row in look("SELECT virtual_time FROM guild_turns UNION ALL SELECT virtual_time FROM user_turns")
    ]


async def claim(store: Store, of: Account) -> Claim | Stale | Barred | Wait | Idle:
    return await store.submissions.claim(of, 0.0)


# ---- the claim


async def test_nobody_waits(store: Store, mine: Account) -> None:
    await offered(store, mine)
    assert await claim(store, mine) == Idle()


async def test_a_claim_is_the_last_thing_known_before_the_post(store: Store, mine: Account, look: Look) -> None:
    job = await queued(store, mine)
    found = await claim(store, mine)
    assert isinstance(found, Claim)
    assert found.job.id == job.id
    (row,) = look("SELECT state, owner, submitted_at FROM jobs")
    assert row == {"state": "submitting", "owner": "me", "submitted_at": BEGAN_AT}
    assert sends(look) == [{"job_id": job.id, "sent_at": BEGAN_AT, "answered_at": None}]
    assert look("SELECT from_state, to_state FROM events")[-1] == {"from_state": "queued", "to_state": "submitting"}
    assert await claim(store, mine) == Idle()


async def test_the_gate_opens_for_a_burst_and_then_at_its_pace(store: Store, mine: Account, clock: HandClock) -> None:
    for _ in range(6):
        await queued(store, mine)
    for _ in range(4):
        found = await claim(store, mine)
        assert isinstance(found, Claim)
        await store.submissions.record(mine, found.job.id, Accepted("g"))
    waits = await claim(store, mine)
    assert isinstance(waits, Wait)
    assert waits.until == pytest.approx(BEGAN_AT + 5.0)
    clock.at = BEGAN_AT + 4.99
    assert isinstance(await claim(store, mine), Wait)
    clock.at = BEGAN_AT + 5.0
    assert isinstance(await claim(store, mine), Claim)
    assert isinstance(await claim(store, mine), Wait)


async def test_a_full_window_waits_for_answers(store: Store, look: Look) -> None:
    tight = account(await store.accounts.enter("meigen", "f"), GateLimit(2, 60.0))
    for _ in range(3):
        await queued(store, tight)
    assert isinstance(await claim(store, tight), Claim)
    assert isinstance(await claim(store, tight), Claim)
    assert await claim(store, tight) == Wait(None)
    first = sends(look)[0]["job_id"]
    await store.submissions.record(tight, first, Accepted("g"))
    waits = await claim(store, tight)
    assert isinstance(waits, Wait)
    assert waits.until == pytest.approx(BEGAN_AT + 60.0 + MARGIN_SECONDS)


async def test_a_crowd_of_claims_hands_out_each_job_once_and_keeps_to_the_gate(
    store: Store, mine: Account, look: Look
) -> None:
    jobs = {(await queued(store, mine, user_id=n % 4, guild_id=1 + n % 3)).id for n in range(10)}
    found = await asyncio.gather(*(claim(store, mine) for _ in range(50)))
    taken = [answer.job.id for answer in found if isinstance(answer, Claim)]
    assert len(taken) == len(set(taken)) == 4, "the gate lets a burst of four out"
    assert set(taken) <= jobs
    assert sorted(row["job_id"] for row in sends(look)) == sorted(taken)


async def test_a_crowd_of_claims_behind_a_wide_gate_empties_the_line(store: Store, look: Look) -> None:
    wide = account(await store.accounts.enter("meigen", "f"), GateLimit(40, 0.001))
    for n in range(20):
        await queued(store, wide, user_id=n % 4)
    found = await asyncio.gather(*(claim(store, wide) for _ in range(50)))
    taken = [answer.job.id for answer in found if isinstance(answer, Claim)]
    assert len(taken) == len(set(taken))
    assert len(sends(look)) == len(taken)


async def test_a_crowd_of_claims_hands_out_the_jobs_of_one_member_one_by_one(store: Store, mine: Account) -> None:
    jobs = [(await queued(store, mine)).id for _ in range(10)]
    found = await asyncio.gather(*(claim(store, mine) for _ in range(50)))
    assert [answer.job.id for answer in found if isinstance(answer, Claim)] == jobs[:4], "a burst"


async def test_two_accounts_have_two_lines_and_two_gates(store: Store, mine: Account) -> None:
    other = account(await store.accounts.enter("meigen", "f"))
    assert other.id != mine.id
    job = await queued(store, other)
    assert await claim(store, mine) == Idle()
    found = await claim(store, other)
    assert isinstance(found, Claim)
    assert found.job.id == job.id


async def test_the_flow_that_is_furthest_behind_goes_next(store: Store) -> None:
    wide = account(await store.accounts.enter("meigen", "f"), GateLimit(100, 1.0))
    for _ in range(4):
        await queued(store, wide, guild_id=1, user_id=1)
    await queued(store, wide, guild_id=1, user_id=2)
    await queued(store, wide, guild_id=2, user_id=3)
    order = []
    for _ in range(4):
        found = await claim(store, wide)
        assert isinstance(found, Claim)
        order.append((found.job.guild_id, found.job.user_id))
    assert order == [(1, 1), (2, 3), (1, 2), (1, 1)]


async def test_a_reference_that_dies_soon_is_told_and_costs_no_turn(store: Store, mine: Account, look: Look) -> None:
    await queued(store, mine, request=request(references=(attachment(BEGAN_AT + 100),)))
    before = (turns(look), gate_of(look), sends(look))
    stale = await store.submissions.claim(mine, BEGAN_AT + 101)
    assert isinstance(stale, Stale)
    assert (turns(look), gate_of(look), sends(look)) == before
    fresh = request(references=(attachment(BEGAN_AT + 5000),))
    await store.submissions.refresh_request(stale.job.id, fresh)
    found = await store.submissions.claim(mine, BEGAN_AT + 101)
    assert isinstance(found, Claim)
    assert found.job.request == fresh


async def test_references_that_do_not_die_are_never_stale(store: Store, mine: Account) -> None:
    await queued(store, mine, request=request(references=(attachment(None), attachment(BEGAN_AT + 101))))
    assert isinstance(await store.submissions.claim(mine, BEGAN_AT + 101), Claim)


async def test_old_slots_are_pruned_and_young_ones_kept(
    store: Store, mine: Account, clock: HandClock, look: Look
) -> None:
    for _ in range(3):
        job = await claimed(store, mine)
        await store.submissions.record(mine, job.id, Accepted("g"))
        clock.at += 2000
    await claimed(store, mine)
    assert [row["sent_at"] for row in sends(look)] == [BEGAN_AT + 4000, BEGAN_AT + 6000]


# ---- the answer


@each_ending
async def test_an_answer_moves_the_job(store: Store, mine: Account, look: Look, ending: Ending) -> None:
    job = await claimed(store, mine)
    wanted = look("SELECT wanted FROM cards")[0]["wanted"]
    recorded = await store.submissions.record(mine, job.id, ending.outcome)
    assert recorded == await read(store, job.id)
    assert recorded.state is ending.state
    assert look("SELECT from_state, to_state FROM events")[-1] == {"from_state": "submitting", "to_state": ending.state}
    assert look("SELECT wanted FROM cards")[0]["wanted"] == wanted + 1


@each_ending
async def test_an_answer_moves_the_gate(store: Store, mine: Account, look: Look, ending: Ending) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, ending.outcome)
    gate = gate_of(look)
    assert gate.pause_reason is ending.reason
    await queued(store, mine)
    found = await claim(store, mine)
    if ending.pause_seconds is None:
        assert isinstance(found, Claim)
    else:
        assert gate.paused_until == BEGAN_AT + ending.pause_seconds
        assert found == Wait(gate.paused_until, ending.reason)


@each_ending
async def test_an_answer_holds_or_frees_its_slot(
    store: Store, mine: Account, clock: HandClock, look: Look, ending: Ending
) -> None:
    job = await claimed(store, mine)
    clock.at += 3
    await store.submissions.record(mine, job.id, ending.outcome)
    answered = [{"job_id": job.id, "sent_at": BEGAN_AT, "answered_at": BEGAN_AT + 3}]
    assert sends(look) == ([] if isinstance(ending.outcome, NotSent) else answered)


@each_ending
async def test_only_what_comes_back_to_the_line_gets_its_turn_back(
    store: Store, mine: Account, look: Look, ending: Ending
) -> None:
    await queued(store, mine, guild_id=9)  # so that the flow's turn is not forgotten
    job = await queued(store, mine, guild_id=8, user_id=8)
    while not isinstance(found := await claim(store, mine), Claim) or found.job.id != job.id:
        assert isinstance(found, Claim)

    def guild_turn() -> float:
        (row,) = look("SELECT virtual_time FROM guild_turns WHERE flow_id = 8")
        return float(row["virtual_time"])

    charged = guild_turn()
    await store.submissions.record(mine, job.id, ending.outcome)
    assert guild_turn() == (charged - 1.0 if ending.state is JobState.QUEUED else charged)


async def test_what_came_back_is_the_first_of_its_flow_again(store: Store, mine: Account, clock: HandClock) -> None:
    first = await queued(store, mine)
    await queued(store, mine)
    await claim(store, mine)
    await store.submissions.record(mine, first.id, RateLimited(1.0))
    clock.at += 6
    found = await claim(store, mine)
    assert isinstance(found, Claim)
    assert found.job.id == first.id
    assert found.job.submitted_at is None, "told as it was in the line"


async def test_a_rate_limit_without_a_time_pauses_all_the_same(store: Store, mine: Account, look: Look) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, RateLimited(None))
    assert gate_of(look).paused_until > BEGAN_AT


async def test_what_the_upstream_told_is_kept(store: Store, mine: Account, clock: HandClock, look: Look) -> None:
    job = await claimed(store, mine)
    clock.at += 1
    told = Accepted("gen-9", "swift-1-pro", 7, Balance(93), RateHeaders(10, 9))
    taken = await store.submissions.record(mine, job.id, told)
    assert taken is not None
    assert (taken.generation_id, taken.model_id, taken.charged_credits) == ("gen-9", "swift-1-pro", 7)
    assert taken.answered_at == BEGAN_AT + 1
    (balance,) = look("SELECT purchased_credits, is_unlimited, balance_at FROM accounts")
    assert balance == {"purchased_credits": 93, "is_unlimited": 0, "balance_at": BEGAN_AT + 1}
    assert gate_of(look).told_limit == 10


async def test_what_the_upstream_did_not_tell_stays(store: Store, mine: Account, look: Look) -> None:
    for accepted in (Accepted("a", "x", 7, Balance(93, is_unlimited=True)), Accepted("b")):
        job = await claimed(store, mine)
        taken = await store.submissions.record(mine, job.id, accepted)
    assert taken is not None
    assert (taken.model_id, taken.charged_credits, taken.reserved_credits) == ("swift-1", None, 5)
    assert look("SELECT purchased_credits, is_unlimited FROM accounts")[0] == {
        "purchased_credits": 93,
        "is_unlimited": 1,
    }


async def test_requests_of_somebody_else_with_the_key_take_slots(store: Store, mine: Account, look: Look) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, Accepted("g", rate=RateHeaders(12, 8)))
    assert [row["job_id"] for row in sends(look)] == [job.id, None, None, None]
    again = await claimed(store, mine)
    await store.submissions.record(mine, again.id, Accepted("g", rate=RateHeaders(12, 7)))
    assert len(sends(look)) == 5, "they are counted once"


async def test_out_of_credits_tells_both_figures(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    failed = await store.submissions.record(mine, job.id, OutOfCredits(5, 2))
    assert failed is not None
    assert failed.failure is not None
    assert failed.failure.code is FailureCode.OUT_OF_CREDITS
    assert (failed.failure.required_credits, failed.failure.available_credits) == (5, 2)


async def test_a_rejection_tells_the_upstreams_reason(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    failed = await store.submissions.record(mine, job.id, Rejected("no cats", 400, ("1:1",)))
    assert failed is not None
    assert failed.failure is not None
    assert (failed.failure.code, failed.failure.message) == (FailureCode.REJECTED, "no cats")
    assert failed.failure.supported_ratios == ("1:1",)
    assert failed.finished_at == BEGAN_AT


async def test_something_else_than_an_outcome_changes_nothing(store: Store, mine: Account, look: Look) -> None:
    job = await claimed(store, mine)
    with pytest.raises(TypeError):
        await store.submissions.record(mine, job.id, SubmissionError())
    assert await read(store, job.id) == job
    assert sends(look)[0]["answered_at"] is None


async def test_an_answer_to_what_is_not_ours_is_no_answer(store: Store, mine: Account) -> None:
    waiting = await queued(store, mine)
    assert await store.submissions.record(mine, waiting.id, Accepted("g")) is None
    assert await store.submissions.record(mine, 404, Accepted("g")) is None
    assert await read(store, waiting.id) == waiting


async def test_a_second_answer_is_not_taken(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    first = await store.submissions.record(mine, job.id, Accepted("g-1"))
    assert await store.submissions.record(mine, job.id, Accepted("g-2")) is None
    assert await read(store, job.id) == first


async def test_a_late_answer_tells_what_became_of_an_unknown(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, OutcomeUnknown("timeout"))
    rescued = await store.submissions.record(mine, job.id, Accepted("g-late", charged_credits=5))
    assert rescued is not None
    assert (rescued.state, rescued.generation_id, rescued.finished_at) == (JobState.RUNNING, "g-late", None)


async def test_an_unknown_stays_unknown_on_another_unknown(store: Store, mine: Account, look: Look) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, OutcomeUnknown("timeout"))
    await store.submissions.record(mine, job.id, OutcomeUnknown("again"))
    assert (await read(store, job.id)).state is JobState.UNKNOWN
    assert [row["to_state"] for row in look("SELECT to_state FROM events")].count("unknown") == 1


async def test_a_late_answer_holds_its_slot_anew(store: Store, mine: Account, look: Look, clock: HandClock) -> None:
    """The upstream may have counted it only now."""
    job = await claimed(store, mine)
    clock.at += 60
    await store.submissions.record(mine, job.id, OutcomeUnknown("silence"))
    assert sends(look)[0]["answered_at"] == clock.at
    clock.at += 120
    await store.submissions.record(mine, job.id, Accepted("g-late"))
    assert sends(look) == [{"job_id": job.id, "sent_at": BEGAN_AT, "answered_at": clock.at}]


@pytest.mark.parametrize("late", [Accepted("g-late"), OutcomeUnknown("reset"), Rejected("no")], ids=type)
async def test_a_late_answer_neither_ends_nor_begins_a_pause(
    store: Store, mine: Account, look: Look, clock: HandClock, late: Accepted | SubmissionError
) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, OutcomeUnknown("silence"))
    before = gate_of(look)
    clock.at += 100
    await store.submissions.record(mine, job.id, late)
    assert gate_of(look) == before
    assert before.consecutive_pauses == 1


@pytest.mark.parametrize(
    "ending",
    [each for each in ENDINGS if isinstance(each.outcome, RateLimited | KeyRejected | OutOfCredits)],
    ids=lambda ending: type(ending.outcome).__name__,
)
async def test_a_late_refusal_pauses(store: Store, mine: Account, look: Look, clock: HandClock, ending: Ending) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, OutcomeUnknown("silence"))
    clock.at += 100
    late = await store.submissions.record(mine, job.id, ending.outcome)
    assert late is not None
    assert late.state is ending.state
    assert gate_of(look).pause_reason is ending.reason


REFUSALS = (NotSent("refused"), RateLimited(30.0), KeyRejected("no"))


@pytest.mark.parametrize("refusal", REFUSALS, ids=type)
async def test_what_its_member_has_asked_for_again_is_not_made_after_all(
    store: Store, mine: Account, refusal: SubmissionError
) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, OutcomeUnknown("silence"))
    await offered(store, mine, parent_id=job.id)
    ended = await store.submissions.record(mine, job.id, refusal)
    assert ended is not None
    assert (ended.state, ended.failure) == (JobState.CANCELLED, Failure(FailureCode.ASKED_AGAIN))
    assert await claim(store, mine) == Idle()


@pytest.mark.parametrize("refusal", REFUSALS, ids=type)
async def test_what_was_refused_does_not_wait_again_where_its_card_was_deleted(
    store: Store, mine: Account, refusal: SubmissionError
) -> None:
    job = await claimed(store, mine)
    await store.cards.unwanted(job.id)
    ended = await store.submissions.record(mine, job.id, refusal)
    assert ended is not None
    assert (ended.state, ended.failure) == (JobState.CANCELLED, Failure(FailureCode.CARD_DELETED))


@pytest.mark.parametrize("refusal", REFUSALS, ids=type)
async def test_what_only_others_asked_for_again_its_member_still_waits_for(
    store: Store, mine: Account, refusal: SubmissionError
) -> None:
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, OutcomeUnknown("silence"))
    await offered(store, mine, parent_id=job.id, user_id=MEMBER + 1)
    dropped = await offered(store, mine, parent_id=job.id)
    await store.door.drop(dropped.id, FailureCode.CARD_NEVER_SHOWN)
    await offered(store, mine)
    late = await store.submissions.record(mine, job.id, refusal)
    assert late is not None
    assert late.state is JobState.QUEUED


# ---- before it was sent


async def test_what_waits_can_fail_unspent(store: Store, mine: Account) -> None:
    job = await queued(store, mine)
    failed = await store.submissions.fail_waiting(job.id, Failure(FailureCode.REFERENCE_GONE))
    assert failed is not None
    assert (failed.state, failed.charged_credits) == (JobState.FAILED, None)
    assert await claim(store, mine) == Idle()


async def test_what_was_claimed_does_not_fail_as_if_it_waited(store: Store, mine: Account) -> None:
    for job in (await offered(store, mine), await claimed(store, mine)):
        assert await store.submissions.fail_waiting(job.id, Failure(FailureCode.REFERENCE_GONE)) is None
        assert await read(store, job.id) == job
    assert await store.submissions.fail_waiting(404, Failure(FailureCode.REFERENCE_GONE)) is None
