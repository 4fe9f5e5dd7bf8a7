"""How jobs come in: offered before the answer, queued after it, dropped where the answer never stood."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.domain.jobs import Failure, FailureCode, Job, JobState, flow_of
from bot.domain.limits import CALLED_BACK, QUEUE_CLEARED
from bot.domain.policy import Ask
from bot.domain.problems import Problem, ProblemCode
from bot.domain.views import Waiting
from bot.errors import Refused
from bot.ports import Account, NewJob, Press
from bot.store.cards import unwanted_card
from bot.store.drafts import take
from bot.store.judging import judged
from bot.store.ledger import TOKEN_PURPOSE, Ledger, end_job, note_move, read_card, read_job
from bot.store.limits import note_deed
from bot.store.links import expiry, sealed_references, stripped
from bot.store.rows import CIRCUMSTANCES, REQUEST, to_json
from bot.store.turns import place_in_line
from bot.store.units import Driver, Unit, do, one
from bot.store.usage import recount
from bot.store.waits import waiting_at

DOUBLE_PRESS_SECONDS = 2.0
"""So soon after a card came, a press of the same button was meant for the same job."""


class DoorStore:
    """Implements `bot.ports.Door`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def judge(self, account: Account, ask: Ask) -> tuple[Problem, ...]:
        return await self._driver.run(lambda: judged(self._ledger, account, ask))

    async def offer(self, new: NewJob) -> tuple[Job, Waiting]:
        return await self._driver.run(lambda: offer(self._ledger, new))

    async def confirm(self, job_id: int, message_id: int | None) -> Job | None:
        return await self._driver.run(lambda: confirm(self._ledger, job_id, message_id))

    async def drop(self, job_id: int, code: FailureCode) -> Job | None:
        return await self._driver.run(lambda: drop(self._ledger, job_id, code))

    async def ask_cancel(
        self, job_id: int, code: FailureCode = FailureCode.CANCELLED_BY_MEMBER, *, noted_by: int | None = None
    ) -> Job | None:
        return await self._driver.run(lambda: ask_cancel(self._ledger, job_id, code, noted_by))

    async def deleted(self, job_id: int, message_id: int | None) -> None:
        await self._driver.run(lambda: deleted(self._ledger, job_id, message_id))

    async def waiting_guilds(self) -> Collection[int]:
        rows = await self._driver.run(lambda: do("waiting_guilds"))
        return {row["guild_id"] for row in rows}

    async def clear_guild(self, guild_id: int, code: FailureCode, *, noted_by: int | None = None) -> int:
        return await self._driver.run(lambda: clear_guild(self._ledger, guild_id, code, noted_by))

    async def renew_token(self, job_id: int, token: str, expires_at: float) -> None:
        await self._driver.run(lambda: renew_token(self._ledger, job_id, token, expires_at))

    async def offered(self, before: float, count: int) -> Sequence[int]:
        rows = await self._driver.run(lambda: do("offered_jobs", before=before, count=count))
        return [row["id"] for row in rows]


def offer(ledger: Ledger, new: NewJob) -> Unit[tuple[Job, Waiting]]:
    """Store a job and its card; the job and the wait that it would have. Raises Refused."""
    if new.press is not None:
        yield from _refuse_second_press(ledger, new.press)
    if new.draft_id is not None and not (yield from take(ledger, new.draft_id)):
        raise Refused((Problem(ProblemCode.DRAFT_GONE),))
    problems = yield from judged(ledger, new.account, new.ask)
    if problems:
        raise Refused(problems)
    new = yield from _paid_by_its_guild(new)
    job = yield from _stored(ledger, new, flow_of(new.guild_id, new.user_id))
    place = yield from place_in_line(ledger.house, job)
    waiting = yield from waiting_at(ledger, job.account_id, new.account.limit, place.position, place.hold)
    yield from do("plan_redraw", job_id=job.id, redraw_at=waiting.redraw_at(ledger.now()))
    return job, waiting


def _paid_by_its_guild(new: NewJob) -> Unit[NewJob]:
    """By the key that the guild has at this moment: it may have brought one since the request was looked at."""
    own = yield from one("own_account", guild_id=new.guild_id, provider=new.account.provider)
    if own is None or own["account_id"] == new.account.id:
        return new
    return replace(new, account=replace(new.account, id=own["account_id"]))


def _stored(ledger: Ledger, new: NewJob, flow_id: int) -> Unit[Job]:
    job_id = ledger.ids.next()
    yield from do(
        "insert_job",
        id=job_id,
        account_id=new.account.id,
        flow_id=flow_id,
        guild_id=new.guild_id,
        channel_id=new.channel_id,
        user_id=new.user_id,
        provider=new.account.provider,
        medium=new.request.medium,
        request=to_json(REQUEST, stripped(new.request)),
        sealed_references=sealed_references(ledger.sealer, new.request),
        references_expire_at=expiry(new.request),
        model_id=new.request.model_id,
        is_private=int(new.is_private),
        parent_id=new.parent_id,
        press=None if new.press is None else new.press.key,
        reserved_credits=new.reserved_credits,
        circumstances=to_json(CIRCUMSTANCES, new.circumstances),
        now=ledger.now(),
    )
    yield from recount(job_id)
    yield from do(
        "insert_card",
        job_id=job_id,
        kind=new.card_kind,
        channel_id=new.channel_id,
        sealed_token=ledger.sealer.seal(new.token, TOKEN_PURPOSE),
        token_expires_at=new.token_expires_at,
        attachment_limit_bytes=new.attachment_limit_bytes,
    )
    job = yield from read_job(ledger, job_id)
    assert job is not None
    return job


def _refuse_second_press(ledger: Ledger, press: Press) -> Unit[None]:
    """A button can be pressed anew shortly after the card of the last press stood."""
    twin = yield from one("job_by_press", press=press.key)
    if twin is None:
        return
    if twin["queued_at"] is None or ledger.now() - twin["queued_at"] < DOUBLE_PRESS_SECONDS:
        raise Refused((press.problem,))
    yield from do("free_press", id=twin["id"])


def confirm(ledger: Ledger, job_id: int, message_id: int | None) -> Unit[Job | None]:
    """The card stands: into the line. None where there is no such job; else the job as it is now.

    `message_id` None: known to stand, but not where (a click proves it).
    """
    job = yield from read_job(ledger, job_id)
    if job is None:
        return None
    if message_id is not None:
        yield from do("place_card", job_id=job_id, message_id=message_id)
    if job.state is not JobState.OFFERED:
        # Dropped meanwhile, say: the card that stands after all must say so.
        yield from do("want_card", job_id=job_id)
        return job
    yield from note_move(ledger, job, JobState.QUEUED)
    yield from do("enqueue_job", id=job_id, now=ledger.now())
    # The answer itself showed the card of a queued job: nothing is behind yet.
    if not job.request.references:
        yield from do("skip_card", job_id=job_id, shown=1)
    return (yield from read_job(ledger, job_id))


def drop(ledger: Ledger, job_id: int, code: FailureCode) -> Unit[Job | None]:
    """Cancel a job that still waits; None where it does not."""
    job = yield from read_job(ledger, job_id)
    if job is None or job.state not in (JobState.OFFERED, JobState.QUEUED):
        return None
    yield from end_job(ledger, job, JobState.CANCELLED, failure=Failure(code))
    return (yield from read_job(ledger, job_id))


def clear_guild(ledger: Ledger, guild_id: int, code: FailureCode, noted_by: int | None = None) -> Unit[int]:
    """Cancel all that waits in a guild; tells how many."""
    rows = yield from do("waiting_of_guild", guild_id=guild_id)
    for row in rows:
        yield from drop(ledger, row["id"], code)
    if rows and noted_by is not None:
        yield from note_deed(ledger, guild_id, noted_by, QUEUE_CLEARED, len(rows))
    return len(rows)


def ask_cancel(
    ledger: Ledger, job_id: int, code: FailureCode = FailureCode.CANCELLED_BY_MEMBER, noted_by: int | None = None
) -> Unit[Job | None]:
    """Cancel what waits; mark what is under way. The job as it is now; None where there is none."""
    job = yield from read_job(ledger, job_id)
    if job is None or job.is_final:
        return job
    if noted_by is not None and job.guild_id is not None and job.cancel_asked_at is None:
        yield from note_deed(ledger, job.guild_id, noted_by, CALLED_BACK, job.user_id)
    yield from do("ask_cancel", id=job_id, now=ledger.now(), code=code)
    if job.state in (JobState.OFFERED, JobState.QUEUED):
        yield from end_job(ledger, job, JobState.CANCELLED, failure=Failure(code))
    else:
        yield from do("want_card", job_id=job_id)
    return (yield from read_job(ledger, job_id))


def deleted(ledger: Ledger, job_id: int, message_id: int | None) -> Unit[None]:
    """A message was deleted; where it was the job's card, nothing more is shown."""
    card = yield from read_card(ledger, job_id)
    if card is not None and card.message_id == message_id:
        yield from unwanted_card(ledger, job_id)


def renew_token(ledger: Ledger, job_id: int, token: str, expires_at: float) -> Unit[None]:
    yield from do(
        "renew_token",
        job_id=job_id,
        sealed_token=ledger.sealer.seal(token, TOKEN_PURPOSE),
        token_expires_at=expires_at,
    )
