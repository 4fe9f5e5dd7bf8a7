"""What members ask about their own jobs."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.history import MODEL_LIMIT, PastJob, Wanted
from bot.domain.jobs import Job, JobState
from bot.ports import Card, CardKind, CardState
from bot.store.ledger import Ledger, read_card, read_job
from bot.store.units import Driver, Rows, Unit, do, one

_ORDER = (JobState.RUNNING, JobState.SUBMITTING, JobState.QUEUED, JobState.OFFERED)


class HistoryStore:
    """Implements `bot.ports.History`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def page(self, user_id: int, wanted: Wanted, skipped: int, count: int) -> Sequence[PastJob]:
        return await self._driver.run(lambda: _page(self._ledger, user_id, wanted, skipped, count))

    async def models(self, user_id: int, count: int) -> Sequence[str]:
        rows = await self._driver.run(lambda: do("past_models", user_id=user_id, count=count))
        return [row["model_id"] for row in rows]

    async def under_way(self, user_id: int) -> Sequence[PastJob]:
        return await self._driver.run(lambda: _under_way(self._ledger, user_id))

    async def count(self, user_id: int) -> int:
        return await self._driver.run(lambda: count_past(user_id))


def _page(ledger: Ledger, user_id: int, wanted: Wanted, skipped: int, count: int) -> Unit[Sequence[PastJob]]:
    rows = yield from do(
        "past_jobs",
        user_id=user_id,
        medium=wanted.medium or "",
        model_id=(wanted.model_id or "")[:MODEL_LIMIT],
        model_limit=MODEL_LIMIT,
        skipped=skipped,
        count=count,
    )
    return (yield from _past(ledger, [row["id"] for row in rows]))


def _under_way(ledger: Ledger, user_id: int) -> Unit[Sequence[PastJob]]:
    rows = yield from do("under_way", user_id=user_id)
    return (yield from _past(ledger, in_order(rows)))


def in_order(rows: Rows) -> list[int]:
    """The ids of jobs under way: first what is being made, then what waits, oldest first."""
    return [row["id"] for row in sorted(rows, key=lambda row: (_ORDER.index(JobState(row["state"])), row["id"]))]


def count_past(user_id: int) -> Unit[int]:
    row = yield from one("count_past_jobs", user_id=user_id)
    assert row is not None
    count: int = row["jobs"]
    return count


def _past(ledger: Ledger, job_ids: Sequence[int]) -> Unit[Sequence[PastJob]]:
    found: list[PastJob] = []
    for job_id in job_ids:
        job = yield from read_job(ledger, job_id)
        card = yield from read_card(ledger, job_id)
        if job is not None and card is not None:
            found.append(PastJob(job, _link(job, card), card.state is CardState.UNDELIVERABLE))
    return found


def _link(job: Job, card: Card) -> str | None:
    """A card that only its member sees cannot be linked; one in another channel went to the direct messages."""
    has_moved = card.channel_id != job.channel_id
    is_hidden = card.kind is CardKind.PRIVATE and not has_moved
    if card.message_id is None or card.state is CardState.UNWANTED or is_hidden:
        return None
    place = "@me" if has_moved or job.guild_id is None else job.guild_id
    return f"https://discord.com/channels/{place}/{card.channel_id}/{card.message_id}"
