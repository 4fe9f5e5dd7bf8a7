"""Forgetting: words and results go, states and sums stay. In one transaction, or in that of a job's end."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.history import Forgotten
from bot.ports import ToForget
from bot.store.door import ask_cancel
from bot.store.history import count_past
from bot.store.ledger import EMPTY_REQUEST, Ledger
from bot.store.units import Driver, Unit, do


class ForgettingStore:
    """Implements `bot.ports.Forgetting`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def forget(self, user_id: int) -> Forgotten:
        return await self._driver.run(lambda: forget(self._ledger, user_id))

    async def to_forget(self) -> Sequence[ToForget]:
        rows = await self._driver.run(lambda: do("to_forget"))
        return [ToForget(row["id"], bool(row["is_over"]), row["forget_asked_at"]) for row in rows]

    async def forgotten(self, job_ids: Sequence[int]) -> None:
        await self._driver.run(lambda: _forgotten(self._ledger, job_ids))


def forget(ledger: Ledger, user_id: int) -> Unit[Forgotten]:
    """All of a member's jobs, wherever they were asked for, and what is still being prepared."""
    count = yield from count_past(user_id)
    under_way = 0
    for row in (yield from do("under_way", user_id=user_id)):
        job = yield from ask_cancel(ledger, row["id"])
        under_way += job is not None and not job.is_final
    yield from do("mark_forgotten", user_id=user_id, now=ledger.now())
    yield from do("empty_jobs", user_id=user_id, request=EMPTY_REQUEST)
    yield from do("empty_cards", user_id=user_id)
    yield from do("want_entries_of_member", user_id=user_id)
    yield from do("delete_drafts_of_member", user_id=user_id)
    return Forgotten(count, under_way)


def _forgotten(ledger: Ledger, job_ids: Sequence[int]) -> Unit[None]:
    for job_id in job_ids:
        yield from do("end_forgetting", id=job_id, now=ledger.now())
        yield from do("delete_settled_entries", id=job_id)
