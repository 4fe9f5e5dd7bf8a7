"""The claim and the answer: everything that decides whether a generation is paid for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.domain import gate as gates
from bot.domain.gate import Gate, PauseReason
from bot.domain.jobs import Failure, FailureCode, Job, JobState
from bot.domain.policy import ask_of
from bot.domain.requests import GenerationRequest
from bot.errors import (
    KeyRejected,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    QueueFull,
    RateLimited,
    Rejected,
    SubmissionError,
)
from bot.ports import Accepted, Account, Balance, Barred, CardState, Claim, Idle, Listed, PriceOf, Stale, Wait
from bot.store.accounts import save_balance
from bot.store.judging import judged_again
from bot.store.ledger import (
    Ledger,
    end_job,
    note_move,
    read_card,
    read_gate,
    read_job,
    read_jobs,
    read_slots,
    room_at,
    running_tasks,
    save_gate,
    window_began,
)
from bot.store.links import expiry, sealed_references, stripped
from bot.store.rows import REQUEST, to_json
from bot.store.turns import charge_turn, next_turn, tell_who_waits_behind
from bot.store.units import Driver, Row, Unit, do, one
from bot.store.usage import recount

ADOPTED_BEFORE_SECONDS = 0.25
"""So much the upstream's clock may seem behind ours. Better not found than somebody else's."""
ADOPTED_WITHIN_SECONDS = 620.0
"""No POST is on its way for longer."""


class SubmissionStore:
    """Implements `bot.ports.Submissions`. `owner` names this start of this process."""

    def __init__(self, driver: Driver, ledger: Ledger, owner: str) -> None:
        self._driver = driver
        self._ledger = ledger
        self._owner = owner

    async def recover(self, accounts: tuple[Account, ...]) -> int:
        return await self._driver.run(lambda: recover(self._ledger, self._owner, accounts))

    async def claim(
        self, account: Account, stale_before: float, price_of: PriceOf | None = None
    ) -> Claim | Stale | Barred | Wait | Idle:
        return await self._driver.run(lambda: claim(self._ledger, self._owner, account, stale_before, price_of))

    async def record(self, account: Account, job_id: int, outcome: Accepted | SubmissionError) -> Job | None:
        return await self._driver.run(lambda: record(self._ledger, self._owner, account, job_id, outcome))

    async def refresh_request(self, job_id: int, request: GenerationRequest) -> None:
        await self._driver.run(lambda: _save_request(self._ledger, job_id, request))

    async def unknown(self, since: float) -> Sequence[Job]:
        return await self._driver.run(lambda: read_jobs(self._ledger, "unknown_jobs", since=since))

    async def adopt(self, job_id: int, listed: Sequence[Listed], is_of: Callable[[Listed, Job], bool]) -> Job | None:
        return await self._driver.run(lambda: adopt(self._ledger, job_id, listed, is_of))

    async def fail_waiting(self, job_id: int, failure: Failure) -> Job | None:
        return await self._driver.run(lambda: fail_waiting(self._ledger, job_id, failure))


def recover(ledger: Ledger, owner: str, accounts: tuple[Account, ...]) -> Unit[int]:
    """At start, before anything else: what an earlier process had claimed and not answered is unknown. Tells how many.

    Its slots count from now, since nobody knows when the upstream counted them. Times that lie ahead, since the clock
    was put back meanwhile, become now; those of posts and pings that may have happened, long ago.
    """
    now = ledger.now()
    yield from do("close_interrupted_sends", now=now)
    yield from do("draw_times_back", now=now)
    yield from do("draw_card_times_back", now=now)
    for account in accounts:
        gate = yield from read_gate(account.id)
        yield from save_gate(account.id, gates.recovered(gate, account.limit, now))
    rows = yield from do("interrupted_jobs", owner=owner)
    for row in rows:
        job = yield from read_job(ledger, row["id"])
        assert job is not None
        yield from end_job(ledger, job, JobState.UNKNOWN)
    return len(rows)


def claim(
    ledger: Ledger, owner: str, account: Account, stale_before: float, price_of: PriceOf | None = None
) -> Unit[Claim | Stale | Barred | Wait | Idle]:
    """One transaction: gate, turn, `submitting`. After its commit the POST may leave, and not before.

    Limits are looked at once more, as they are now: what they stand against ends here, and is Barred.
    `stale_before`: a reference link that expires earlier (epoch seconds) makes the job Stale: refresh it, claim again.
    """
    now = ledger.now()
    turn = yield from next_turn(ledger.house, account.id)
    if turn is None:
        return Idle()
    gate = yield from read_gate(account.id)
    slots = yield from read_slots(account.id, window_began(account.limit, now))
    opens_at = gates.opens_at(gate, account.limit, slots, now)
    has_room_at = yield from room_at(account.id, gate, account.limit, now)
    opens_at = None if opens_at is None or has_room_at is None else max(opens_at, has_room_at)
    if opens_at is None or opens_at > now:
        return Wait(opens_at, gate.pause_reason)
    job = yield from read_job(ledger, turn.job_id)
    assert job is not None
    if price_of is not None:
        job = yield from _priced_anew(job, price_of(job.request))
    problems = yield from judged_again(ledger, ask_of(job), job.created_at)
    if problems:
        failure = Failure(FailureCode.NOT_ALLOWED, problems=problems)
        yield from end_job(ledger, job, JobState.FAILED, failure=failure)
        return Barred(job)
    if any(r.expires_at is not None and r.expires_at < stale_before for r in job.request.references):
        return Stale(job)
    claimed = yield from one("claim_job", id=job.id, owner=owner, now=now)
    if claimed is None:
        return Wait(now + 1.0)
    yield from note_move(ledger, job, JobState.SUBMITTING)
    yield from recount(job.id)
    yield from charge_turn(account.id, turn)
    yield from tell_who_waits_behind(account.id, turn)
    yield from do(
        "insert_send", id=ledger.ids.next(), account_id=account.id, job_id=job.id, sent_at=now, answered_at=None
    )
    yield from save_gate(account.id, gates.sent(gate, account.limit, now))
    yield from do("prune_sends", account_id=account.id, before=now - 2 * account.limit.window_seconds - 3600.0)
    return Claim(job)


def _priced_anew(job: Job, price_credits: int | None) -> Unit[Job]:
    """A price may have risen while it waited: a budget has to have room for what it costs now."""
    if price_credits is None or price_credits == job.reserved_credits:
        return job
    yield from do("reserve_credits", id=job.id, reserved_credits=price_credits)
    yield from recount(job.id)
    return replace(job, reserved_credits=price_credits)


def record(
    ledger: Ledger, owner: str, account: Account, job_id: int, outcome: Accepted | SubmissionError
) -> Unit[Job | None]:
    """Store how a submission ended, whatever that was. None where the job is not ours any more."""
    row = yield from one("job", id=job_id)
    job = yield from read_job(ledger, job_id)
    if row is None or job is None or row["owner"] != owner:
        return None
    if job.state not in (JobState.SUBMITTING, JobState.UNKNOWN):
        return None
    send = yield from one("last_send", job_id=job_id)
    gate = yield from read_gate(account.id)
    judge = _gate_after if job.state is JobState.SUBMITTING else _gate_after_late
    is_counted = account.limit.tasks is not None and isinstance(outcome, Accepted | QueueFull)
    running = (yield from running_tasks(account.id)) if is_counted else 0
    yield from save_gate(account.id, judge(gate, account, outcome, ledger.now(), running))
    if send is not None:
        yield from _close_send(ledger, account, gate, send, outcome)
    yield from _move_after(ledger, job, outcome)
    return (yield from read_job(ledger, job_id))


def _gate_after(  # noqa: PLR0911  one return for each outcome
    gate: Gate, account: Account, outcome: Accepted | SubmissionError, now: float, running: int
) -> Gate:
    """`running`: how many of the account's are being made."""
    match outcome:
        case Accepted(rate=rate):
            return gates.taken(gates.accepted(gate, now, rate.limit), account.limit, running)
        case NotSent():
            return gates.unsent(gate, account.limit, now)
        case RateLimited(retry_after_seconds=seconds):
            return gates.refused(gate, account.limit, now, seconds)
        case QueueFull():
            return gates.full(gate, account.limit, now, running)
        case KeyRejected():
            return gates.blocked(gate, now, PauseReason.KEY_REJECTED)
        case OutOfCredits():
            return gates.blocked(gate, now, PauseReason.OUT_OF_CREDITS)
        case Rejected():
            return gates.accepted(gate, now)
        case OutcomeUnknown():
            return gates.unanswered(gate, now, PauseReason.FAILING if outcome.is_answered else PauseReason.UNREACHABLE)
    raise TypeError(f"not an outcome: {outcome!r}")


def _gate_after_late(
    gate: Gate, account: Account, outcome: Accepted | SubmissionError, now: float, running: int
) -> Gate:
    """After an answer to what counts as unknown: only what the upstream objects to is news."""
    match outcome:
        case Accepted(rate=rate):
            return gates.taken(gates.answered_late(gate, rate.limit), account.limit, running)
        case RateLimited() | QueueFull() | KeyRejected() | OutOfCredits():
            return _gate_after(gate, account, outcome, now, running)
    return gate


def _close_send(
    ledger: Ledger, account: Account, gate: Gate, send: Row, outcome: Accepted | SubmissionError
) -> Unit[None]:
    if isinstance(outcome, NotSent):
        yield from do("delete_send", id=send["id"])
        return
    # Also of one that had been given up: the upstream may have counted it only now.
    now = ledger.now()
    yield from do("answer_send", id=send["id"], now=now)
    if not isinstance(outcome, Accepted):
        return
    # Held at any time since this one left: the upstream counted somewhere in between.
    held = yield from read_slots(account.id, window_began(account.limit, send["sent_at"]))
    known = replace(gate, told_limit=outcome.rate.limit or gate.told_limit)
    for _ in range(gates.foreign_slots(known, account.limit, len(held), outcome.rate.remaining)):
        yield from do(
            "insert_send", id=ledger.ids.next(), account_id=account.id, job_id=None, sent_at=now, answered_at=now
        )


def _move_after(ledger: Ledger, job: Job, outcome: Accepted | SubmissionError) -> Unit[None]:
    match outcome:
        case Accepted():
            yield from _run(ledger, job, outcome)
        case NotSent() | RateLimited() | QueueFull() | KeyRejected():
            yield from _requeue(ledger, job, type(outcome).__name__)
        case OutOfCredits(required=required, available=available):
            failure = Failure(FailureCode.OUT_OF_CREDITS, required_credits=required, available_credits=available)
            yield from end_job(ledger, job, JobState.FAILED, failure=failure)
            if available is not None:
                yield from save_balance(ledger, job.account_id, Balance(available))
        case Rejected(message=message, supported_ratios=ratios):
            failure = Failure(FailureCode.REJECTED, message, supported_ratios=ratios)
            yield from end_job(ledger, job, JobState.FAILED, failure=failure)
        case _ if job.state is JobState.SUBMITTING:
            yield from end_job(ledger, job, JobState.UNKNOWN)


def _run(ledger: Ledger, job: Job, accepted: Accepted) -> Unit[None]:
    now = ledger.now()
    yield from note_move(ledger, job, JobState.RUNNING)
    yield from do(
        "run_job",
        id=job.id,
        generation_id=accepted.generation_id,
        model_id=accepted.model_id,
        charged_credits=accepted.charged_credits,
        now=now,
    )
    yield from recount(job.id)
    if accepted.balance is not None:
        yield from save_balance(ledger, job.account_id, accepted.balance)


def _requeue(ledger: Ledger, job: Job, why: str) -> Unit[None]:
    """Into the line again, unless nobody waits for it any more."""
    code = yield from _unwanted_because(ledger, job)
    if code is None:
        yield from note_move(ledger, job, JobState.QUEUED, why)
        yield from do("requeue_job", id=job.id)
        yield from recount(job.id)
    else:
        yield from end_job(ledger, job, JobState.CANCELLED, failure=Failure(code))


def _unwanted_because(ledger: Ledger, job: Job) -> Unit[FailureCode | None]:
    """What became of the wish meanwhile; None where it stands."""
    if job.cancel_asked_at is not None:
        return job.unwanted_code
    card = yield from read_card(ledger, job.id)
    if card is not None and card.state is CardState.UNWANTED:
        return FailureCode.CARD_DELETED
    if job.state is JobState.UNKNOWN:
        # Its member has another one in its place: made both, it would be paid for twice.
        again = yield from one("asked_again", id=job.id, user_id=job.user_id, since=job.created_at)
        return None if again is None else FailureCode.ASKED_AGAIN
    return None


def _save_request(ledger: Ledger, job_id: int, request: GenerationRequest) -> Unit[None]:
    yield from do(
        "save_request",
        id=job_id,
        request=to_json(REQUEST, stripped(request)),
        sealed_references=sealed_references(ledger.sealer, request),
        references_expire_at=expiry(request),
    )


def fail_waiting(ledger: Ledger, job_id: int, failure: Failure) -> Unit[Job | None]:
    """End a queued job before it was sent; None where it is not queued any more."""
    job = yield from read_job(ledger, job_id)
    if job is None or job.state is not JobState.QUEUED:
        return None
    yield from end_job(ledger, job, JobState.FAILED, failure=failure)
    return (yield from read_job(ledger, job_id))


# ---------------------------------------------------------------- what nobody answered for


def adopt(
    ledger: Ledger, job_id: int, listed: Sequence[Listed], is_of: Callable[[Listed, Job], bool]
) -> Unit[Job | None]:
    """Let an unknown job run as the one of the list that nothing but it can have made; else leave it as it is.

    One that asks for the same and has no answer either could have made it as well.
    """
    job = yield from read_job(ledger, job_id)
    if job is None or job.state is not JobState.UNKNOWN or job.submitted_at is None:
        return None
    since = job.submitted_at - ADOPTED_BEFORE_SECONDS
    found = [each for each in listed if since <= each.created_at <= since + ADOPTED_WITHIN_SECONDS and is_of(each, job)]
    if not found:
        return None
    before = since - ADOPTED_WITHIN_SECONDS
    rivals = yield from read_jobs(ledger, "jobs_in_doubt", account_id=job.account_id, since=before, id=job.id)
    if any(is_of(each, rival) for each in found for rival in rivals):
        return None
    strangers: list[Listed] = []
    for each in found:
        row = yield from one("job_of_generation", provider=job.provider, generation_id=each.generation_id)
        strangers += [each] if row is None else []
    if len(strangers) != 1:
        return None
    yield from _run(ledger, job, Accepted(strangers[0].generation_id))
    return (yield from read_job(ledger, job_id))
