"""What every unit needs at hand, and the one way in which a job moves from state to state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.clock import Clock
from bot.domain.gate import Gate, GateLimit, Slot, allowed_tasks
from bot.domain.jobs import LEGAL_MOVES, Failure, Job, JobState, Result
from bot.domain.limits import OPEN_HOUSE, House
from bot.domain.links import unsigned_words
from bot.domain.requests import GenerationRequest
from bot.errors import VaultError
from bot.ports import Card, Sealer
from bot.store.entries import enter_end
from bot.store.links import sealed, unsigned_result
from bot.store.rows import FAILURE, GATE, REQUEST, RESULT, card_of, job_of, to_json
from bot.store.turns import join_line, leave_line
from bot.store.units import Row, Unit, do, one
from bot.store.usage import recount

TOKEN_PURPOSE = "interaction token"  # noqa: S105  the name of a purpose

EMPTY_REQUEST = to_json(REQUEST, GenerationRequest(""))
"""What is left of the words of a job that was forgotten."""


class Ids:
    """Ids that grow with time: milliseconds of the epoch in the upper bits, never one twice, also after a restart."""

    def __init__(self, clock: Clock, last: int = 0) -> None:
        self._clock = clock
        self._last = last

    def next(self) -> int:
        self._last = max(self._last + 1, int(self._clock.now() * 1000) << 12)
        return self._last


@dataclass(frozen=True, slots=True)
class Ledger:
    """The clock, the ids, the sealing of secrets and the operator's rules, for units."""

    clock: Clock
    ids: Ids
    sealer: Sealer
    house: House = OPEN_HOUSE
    """What the operator lets in."""

    def now(self) -> float:
        return self.clock.now()

    def open_token(self, row: Row) -> str | None:
        """The card's token; None where it is dead, or was sealed with a key that is lost."""
        if row["sealed_token"] is None or row["token_expires_at"] <= self.now():
            return None
        try:
            return self.sealer.open(row["sealed_token"], TOKEN_PURPOSE)
        except VaultError:
            return None


def read_job(ledger: Ledger, job_id: int) -> Unit[Job | None]:
    row = yield from one("job", id=job_id)
    return None if row is None else job_of(row, ledger.sealer)


def read_jobs(ledger: Ledger, query: str, **values: object) -> Unit[Sequence[Job]]:
    """The jobs whose ids a query tells, in its order."""
    jobs: list[Job] = []
    for row in (yield from do(query, **values)):
        job = yield from read_job(ledger, row["id"])
        assert job is not None
        jobs.append(job)
    return jobs


def read_card(ledger: Ledger, job_id: int) -> Unit[Card | None]:
    row = yield from one("card", job_id=job_id)
    return None if row is None else card_of(row, ledger.open_token(row))


def read_gate(account_id: int) -> Unit[Gate]:
    row = yield from one("account", id=account_id)
    if row is None:
        raise LookupError(f"account {account_id}")
    return GATE.validate_json(row["gate"])


def save_gate(account_id: int, gate: Gate) -> Unit[None]:
    yield from do("save_gate", id=account_id, gate=to_json(GATE, gate))


def read_slots(account_id: int, since: float) -> Unit[Sequence[Slot]]:
    """Slots open, or answered after `since`."""
    rows = yield from do("slots", account_id=account_id, since=since)
    return [Slot(row["sent_at"], row["answered_at"]) for row in rows]


def room_at(account_id: int, gate: Gate, limit: GateLimit, now: float) -> Unit[float | None]:
    """When one more may be made beside those under way (`now`: at once); None: not before one of them is done."""
    allowed = allowed_tasks(gate, limit, now)
    if allowed is None or limit.tasks is None:
        return now
    row = yield from one("tasks_open", account_id=account_id)
    assert row is not None
    if row["tasks"] < allowed:
        return now
    return gate.full_until if row["tasks"] < limit.tasks else None


def running_tasks(account_id: int) -> Unit[int]:
    """How many the upstream has taken and not ended."""
    row = yield from one("tasks_open", account_id=account_id)
    assert row is not None
    return int(row["running"])


def window_began(limit: GateLimit, now: float) -> float:
    """Answers at or before this hold no slot any more."""
    return now - limit.window_seconds - 1.0


def note_move(ledger: Ledger, job: Job, to: JobState, detail: str = "") -> Unit[None]:
    """Record a move, in the line too, and ask for the card to be drawn again; the caller changes the row."""
    if to not in LEGAL_MOVES[job.state]:
        raise ValueError(f"job {job.id} cannot move from {job.state} to {to}")
    yield from do(
        "insert_event",
        id=ledger.ids.next(),
        job_id=job.id,
        at=ledger.now(),
        from_state=job.state,
        to_state=to,
        detail=detail,
    )
    yield from do("want_card", job_id=job.id)
    if to is JobState.QUEUED:
        yield from join_line(job.account_id, job.flow_id, job.user_id, job.id, refund=job.state is not JobState.OFFERED)
    elif job.state is JobState.QUEUED:
        yield from leave_line(job.account_id, job.flow_id, job.user_id)


def end_job(  # noqa: PLR0913  the facts of an end
    ledger: Ledger,
    job: Job,
    to: JobState,
    *,
    failure: Failure | None = None,
    result: Result | None = None,
    charged_credits: int | None = None,
    next_look_at: float | None = None,
    looks_left: int = 0,
) -> Unit[None]:
    """Move a job to an end. `charged_credits` None leaves what is known.

    Of one that its member wants to be forgotten nothing else is kept.
    """
    yield from note_move(ledger, job, to, "" if failure is None else failure.code)
    yield from do(
        "end_job",
        id=job.id,
        state=to,
        failure=None if failure is None else to_json(FAILURE, _unsigned(failure)),
        result=None if result is None else to_json(RESULT, unsigned_result(result)),
        sealed_media=None if result is None else sealed(ledger.sealer, result.media_urls),
        now=ledger.now(),
        charged_credits=charged_credits,
        next_look_at=next_look_at,
        looks_left=looks_left,
    )
    yield from recount(job.id)
    if job.forget_asked_at is not None:
        yield from do("empty_job", id=job.id, request=EMPTY_REQUEST)
    yield from enter_end(job)


def _unsigned(failure: Failure) -> Failure:
    return replace(failure, message=unsigned_words(failure.message))
