"""How long anything is kept: words as long as the guild wants, sums and changes for more than a year."""

from __future__ import annotations

from bot.domain.days import DAY_SECONDS, quarter_of
from bot.ports import Expired
from bot.store.ledger import EMPTY_REQUEST, Ledger
from bot.store.limits import limits_in_force
from bot.store.units import Driver, Unit, do, one

SUMS_KEPT_SECONDS = 400 * DAY_SECONDS
"""Of sums by which budgets are judged, and of changes; these are kept no shorter than a guild's words."""
QUARTERS_AT_ONCE = 96
_BEFORE_ALL = -(2**63)


class RetentionStore:
    """Implements `bot.ports.Retention`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def expire(self, after: int | None, count: int) -> Expired:
        return await self._driver.run(lambda: expire(self._ledger, after, count))

    async def prune_sums(self) -> bool:
        return await self._driver.run(lambda: _prune_sums(self._ledger.now()))

    async def prune_changes(self, after: int | None) -> int | None:
        return await self._driver.run(lambda: _prune_changes(self._ledger, after))


def expire(ledger: Ledger, after: int | None, count: int) -> Unit[Expired]:
    """What ended longer ago than its guild keeps words, or the operator those of direct messages."""
    flow = yield from one("next_flow_to_expire", after=_BEFORE_ALL if after is None else after)
    if flow is None:
        return Expired(0, None, is_done=True)
    limits = yield from limits_in_force(ledger, flow["guild_id"])
    before = ledger.now() - limits.kept_days * DAY_SECONDS
    if flow["finished_at"] > before:
        return Expired(0, flow["flow_id"], is_done=True)
    rows = yield from do("jobs_to_expire", flow_id=flow["flow_id"], before=before, count=count)
    for row in rows:
        yield from _expire_job(ledger, row["id"])
    return Expired(len(rows), flow["flow_id"], is_done=len(rows) < count)


def _expire_job(ledger: Ledger, job_id: int) -> Unit[None]:
    """As if its member had asked for it to be forgotten, but that its moves are not kept either."""
    yield from do("expire_job", id=job_id, request=EMPTY_REQUEST, now=ledger.now())
    yield from do("empty_card", job_id=job_id)
    yield from do("delete_events", job_id=job_id)
    yield from do("want_entry", id=job_id)


def _prune_sums(now: float) -> Unit[bool]:
    """At most a day's worth of each, the oldest first."""
    before = quarter_of(now - SUMS_KEPT_SECONDS)
    is_more = False
    for oldest, prune in (("oldest_guild_usage", "prune_guild_usage"), ("oldest_member_usage", "prune_member_usage")):
        row = yield from one(oldest)
        quarter = None if row is None else row["quarter"]
        if quarter is not None and quarter < before:
            yield from do(prune, before=min(before, quarter + QUARTERS_AT_ONCE))
            is_more = quarter + QUARTERS_AT_ONCE < before or is_more
    return is_more


def _prune_changes(ledger: Ledger, after: int | None) -> Unit[int | None]:
    row = yield from one("next_guild_with_changes", after=_BEFORE_ALL if after is None else after)
    if row is None:
        return None
    guild_id: int = row["guild_id"]
    limits = yield from limits_in_force(ledger, guild_id)
    kept_seconds = max(SUMS_KEPT_SECONDS, limits.kept_days * DAY_SECONDS)
    yield from do("prune_changes", guild_id=guild_id, before=ledger.now() - kept_seconds)
    return guild_id
