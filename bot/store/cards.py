"""The cards: what is behind, and what was shown where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.jobs import FINAL_STATES, Failure, FailureCode, Job, JobState
from bot.domain.links import unsigned
from bot.domain.pings import wants_ping
from bot.domain.requests import Reference
from bot.ports import Card, CardState, CarriedReference, PingDue, Rung, Showing
from bot.store.drafts import prune
from bot.store.ledger import Ledger, end_job, read_card, read_job
from bot.store.links import expiry, sealed_references, stripped
from bot.store.members import usual_of
from bot.store.rows import CARRIED, REQUEST, to_json
from bot.store.units import Driver, Unit, do, one

OFFERED_AGAIN_SECONDS = 60.0

REDRAWN_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})
"""A place in the line and a bar change though nothing happens."""


class CardStore:
    """Implements `bot.ports.Cards`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def behind(self) -> Sequence[tuple[int, JobState]]:
        rows = await self._driver.run(lambda: do("cards_behind"))
        return [(row["job_id"], JobState(row["state"])) for row in rows]

    async def read(self, job_id: int) -> tuple[Job, Card] | None:
        return await self._driver.run(lambda: _read(self._ledger, job_id))

    async def shown(self, job_id: int, showing: Showing) -> None:
        await self._driver.run(lambda: _shown(self._ledger, job_id, showing))

    async def ask_redraws(self, count: int) -> float | None:
        return await self._driver.run(lambda: _ask_redraws(self._ledger.now(), count))

    async def pings_due(self) -> Sequence[PingDue]:
        rows = await self._driver.run(lambda: do("pings_due"))
        return [PingDue(row["job_id"], JobState(row["delivered_state"]), row["ping_since"]) for row in rows]

    async def end_ping(self, ping: PingDue) -> None:
        await self._driver.run(lambda: do("end_ping", job_id=ping.job_id, state=ping.state))

    async def skip(self, job_id: int, revision: int) -> None:
        await self._driver.run(lambda: do("skip_card", job_id=job_id, shown=revision))

    async def redraw(self, job_id: int) -> None:
        await self._driver.run(lambda: do("want_card", job_id=job_id))

    async def intend_post(self, job_id: int, rung: Rung, nonce: str) -> None:
        now = self._ledger.now()
        await self._driver.run(lambda: do("intend_post", job_id=job_id, rung=rung, nonce=nonce, now=now))

    async def forget_post(self, job_id: int) -> None:
        await self._driver.run(lambda: do("forget_post", job_id=job_id))

    async def drop_token(self, job_id: int, expires_at: float) -> None:
        await self._driver.run(lambda: do("drop_token", job_id=job_id, expires_at=expires_at))

    async def drop_dead_secrets(self) -> None:
        now = self._ledger.now()
        await self._driver.run(lambda: _drop_dead_secrets(now))

    async def unwanted(self, job_id: int) -> Job | None:
        return await self._driver.run(lambda: unwanted_card(self._ledger, job_id))

    async def undeliverable(self, job_id: int) -> None:
        await self._driver.run(lambda: do("end_card", job_id=job_id, state=CardState.UNDELIVERABLE))


def _read(ledger: Ledger, job_id: int) -> Unit[tuple[Job, Card] | None]:
    job = yield from read_job(ledger, job_id)
    card = yield from read_card(ledger, job_id)
    return None if job is None or card is None else (job, card)


def _shown(ledger: Ledger, job_id: int, showing: Showing) -> Unit[None]:
    job = yield from read_job(ledger, job_id)
    card = yield from read_card(ledger, job_id)
    if job is None or card is None:
        return
    now = ledger.now()
    is_final_drawn = job.state in FINAL_STATES and showing.revision >= card.wanted
    is_new_end = is_final_drawn and job.state is not card.delivered_state
    notify = (yield from usual_of(job.user_id)).notify
    is_ping_due = is_new_end and not showing.pinged and _is_news(job, card) and wants_ping(notify, job, now)
    kept = showing.carried if job.forget_asked_at is None else ()
    carried = tuple(replace(file, url=unsigned(file.url)) for file in kept)
    yield from _adopt_copies(ledger, job, kept)
    yield from do(
        "show_card",
        job_id=job_id,
        shown=showing.revision,
        channel_id=showing.shown.channel_id,
        message_id=showing.shown.message_id,
        carried=to_json(CARRIED, carried),
        redraw_at=showing.redraw_at if job.state in REDRAWN_STATES else None,
        delivered_at=now if is_final_drawn else None,
        delivered_state=job.state if is_final_drawn else None,
        is_new_end=int(is_new_end),
        ping_since=now if is_ping_due else None,
    )


def _adopt_copies(ledger: Ledger, job: Job, carried: Sequence[CarriedReference]) -> Unit[None]:
    """Results that it goes by are files of Discord's from now on: the upstream keeps them for a limited time only."""
    copies = {file.filename.partition(".")[0]: file for file in carried}
    references = tuple(_copied(r, copies.get(f"reference-{n}")) for n, r in enumerate(job.request.references, 1))
    if references == job.request.references:
        return
    request = replace(job.request, references=references)
    yield from do(
        "save_request",
        id=job.id,
        request=to_json(REQUEST, stripped(request)),
        sealed_references=sealed_references(ledger.sealer, request),
        references_expire_at=expiry(request),
    )


def _copied(reference: Reference, copy: CarriedReference | None) -> Reference:
    if copy is None or not reference.is_result:
        return reference
    return replace(reference, url=copy.url, is_result=False, is_attachment=True)


def _is_news(job: Job, card: Card) -> bool:
    """Whoever was told that it did not work out need not hear of another way in which it did not."""
    return card.delivered_state is None or job.state is JobState.SUCCEEDED


def _ask_redraws(now: float, count: int) -> Unit[float | None]:
    for row in (yield from do("redraws_due", now=now, count=count)):
        # One that is only offered may still join the line.
        again_at = now + OFFERED_AGAIN_SECONDS if row["state"] == JobState.OFFERED else None
        yield from do("plan_redraw", job_id=row["job_id"], redraw_at=again_at)
        if row["state"] in REDRAWN_STATES:
            yield from do("want_card", job_id=row["job_id"])
    following = yield from one("next_redraw")
    at: float | None = None if following is None else following["at"]
    return at


def unwanted_card(ledger: Ledger, job_id: int) -> Unit[Job | None]:
    """The message was deleted: nothing more is shown, and what waits, here or (as last seen) upstream, is not made."""
    yield from do("end_card", job_id=job_id, state=CardState.UNWANTED)
    job = yield from read_job(ledger, job_id)
    if job is not None and job.state is JobState.QUEUED:
        yield from end_job(ledger, job, JobState.CANCELLED, failure=Failure(FailureCode.CARD_DELETED))
        return (yield from read_job(ledger, job_id))
    if job is not None and job.state is JobState.RUNNING and job.preceding_tasks is not None:
        yield from do("ask_cancel", id=job_id, now=ledger.now(), code=FailureCode.CARD_DELETED)
    return job


def _drop_dead_secrets(now: float) -> Unit[None]:
    yield from do("drop_dead_tokens", now=now)
    yield from do("drop_dead_links", now=now)
    yield from prune(now)
