"""Questions that change nothing, and small things kept by name."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from bot.domain.gate import Gate, GateLimit
from bot.domain.jobs import Job, JobState
from bot.domain.links import unsigned
from bot.domain.progress import Pace
from bot.domain.views import AccountCredits, Ancestor, Usage, Waiting
from bot.ports import Account, Durations
from bot.store.history import in_order
from bot.store.ledger import Ledger, read_card, read_job
from bot.store.links import jump_link
from bot.store.rows import GATE
from bot.store.turns import place_in_line
from bot.store.units import Driver, Row, Unit, do, one
from bot.store.waits import waiting_at

DURATIONS_KEPT = 20


class AskingStore:
    """Implements `bot.ports.Asking` and `bot.ports.DocumentStore`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def job(self, job_id: int, *, or_forgotten: bool = False) -> Job | None:
        job = await self._driver.run(lambda: read_job(self._ledger, job_id))
        return job if job is None or or_forgotten or job.forget_asked_at is None else None

    async def waiting(self, job: Job, limit: GateLimit) -> Waiting | None:
        return await self._driver.run(lambda: _waiting(self._ledger, job.id, limit))

    async def under_way_in(self, guild_id: int) -> Sequence[Job]:
        return await self._driver.run(lambda: _under_way_in(self._ledger, guild_id))

    async def durations(self, provider: str, model_id: str) -> Durations | None:
        return await self._driver.run(lambda: _durations(provider, model_id))

    async def usage(self, *, since: float, guild_id: int | None = None, user_id: int | None = None) -> Usage:
        return await self._driver.run(lambda: _usage(since, guild_id, user_id))

    async def ancestors(self, job_id: int, count: int) -> Sequence[Ancestor]:
        return await self._driver.run(lambda: _ancestors(self._ledger, job_id, count))

    async def credits(self, accounts: Sequence[Account]) -> Sequence[AccountCredits]:
        known = {account.id for account in accounts}
        return await self._driver.run(lambda: _credits(known))

    async def load(self, key: str) -> tuple[str, float] | None:
        row = await self._driver.run(lambda: one("document", key=key))
        return None if row is None else (row["body"], row["stored_at"])

    async def save(self, key: str, text: str, at: float) -> None:
        await self._driver.run(lambda: do("save_document", key=key, body=text, now=at))


def _waiting(ledger: Ledger, job_id: int, limit: GateLimit) -> Unit[Waiting | None]:
    """Place and time to wait of a job that is offered or queued; None for any other."""
    job = yield from read_job(ledger, job_id)
    if job is None or job.state not in (JobState.OFFERED, JobState.QUEUED):
        return None
    place = yield from place_in_line(ledger.house, job)
    return (yield from waiting_at(ledger, job.account_id, limit, place.position, place.hold))


def _under_way_in(ledger: Ledger, guild_id: int) -> Unit[Sequence[Job]]:
    found: list[Job] = []
    for job_id in in_order((yield from do("under_way_in_guild", guild_id=guild_id))):
        job = yield from read_job(ledger, job_id)
        assert job is not None
        found.append(job)
    return found


def _durations(provider: str, model_id: str) -> Unit[Durations | None]:
    rows = yield from do("durations", provider=provider, model_id=model_id, count=DURATIONS_KEPT)
    seconds = sorted(row["seconds"] for row in rows)
    if not seconds:
        return None
    slow = statistics.quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return Durations(seconds[0], Pace(statistics.median(seconds), slow))


def _ancestors(ledger: Ledger, job_id: int, count: int) -> Unit[Sequence[Ancestor]]:
    found: list[Ancestor] = []
    job = yield from read_job(ledger, job_id)
    video = None if job is None else job.request.reference_video
    while job is not None and job.parent_id is not None and len(found) < count:
        card = yield from read_card(ledger, job.parent_id)
        job = yield from read_job(ledger, job.parent_id)
        if job is None or card is None:
            break
        is_source = video is not None and _has_made(job, video)
        video = job.request.reference_video if is_source else video
        found.insert(0, Ancestor(job.id, jump_link(job, card), is_source))
    return found


def _has_made(job: Job, video: str) -> bool:
    return job.result is not None and unsigned(video) in map(unsigned, job.result.media_urls)


def _usage(since: float, guild_id: int | None, user_id: int | None) -> Unit[Usage]:
    row = yield from one("usage", since=since, guild_id=guild_id, user_id=user_id)
    assert row is not None
    return Usage(row["spent_credits"], row["reserved_credits"], row["jobs"], row["unpriced"])


def _credits(account_ids: set[int]) -> Unit[Sequence[AccountCredits]]:
    rows = yield from do("accounts")
    return [_credits_of(row, GATE.validate_json(row["gate"])) for row in rows if row["id"] in account_ids]


def _credits_of(row: Row, gate: Gate) -> AccountCredits:
    return AccountCredits(
        row["provider"],
        row["purchased_credits"],
        bool(row["is_unlimited"]),
        row["balance_at"],
        gate.pause_reason,
        paused_until=gate.paused_until,
    )
