"""The entries of log channels: what is behind, and what stands where."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.limits import Change
from bot.ports import EntryKind, LogEntry, LoggedJob
from bot.store.ledger import Ledger, read_card, read_job
from bot.store.limits import change_of
from bot.store.links import jump_link
from bot.store.units import Driver, Row, Unit, do, one

POSTED_REVISION = 1


class LogStore:
    """Implements `bot.ports.LogBook`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def behind(self) -> Sequence[LogEntry]:
        return await self._driver.run(_behind)

    async def subject(self, entry: LogEntry) -> LoggedJob | Change | None:
        return await self._driver.run(lambda: _subject(self._ledger, entry))

    async def shown(self, entry: LogEntry, message_id: int) -> None:
        await self._driver.run(lambda: _shown(entry, message_id))

    async def drop(self, entry: LogEntry) -> None:
        await self._driver.run(lambda: do("delete_entry", id=entry.id, channel_id=entry.channel_id))

    async def close(self, channel_id: int, *, with_edits: bool) -> int:
        return await self._driver.run(lambda: _close(channel_id, self._ledger.now(), with_edits=with_edits))


def _behind() -> Unit[Sequence[LogEntry]]:
    edits = yield from do("entries_to_edit")
    posts = yield from do("entries_to_post")
    return tuple(_entry_of(row) for row in (*posts, *edits))


def _entry_of(row: Row) -> LogEntry:
    return LogEntry(
        row["id"], EntryKind(row["kind"]), row["guild_id"], row["channel_id"], row["message_id"], row["wanted"]
    )


def _subject(ledger: Ledger, entry: LogEntry) -> Unit[LoggedJob | Change | None]:
    if entry.kind is EntryKind.CHANGE:
        row = yield from one("change", id=entry.id)
        return None if row is None else change_of(row)
    job = yield from read_job(ledger, entry.id)
    card = yield from read_card(ledger, entry.id)
    return None if job is None else LoggedJob(job, None if card is None else jump_link(job, card))


def _shown(entry: LogEntry, message_id: int) -> Unit[None]:
    yield from do("open_log", channel_id=entry.channel_id)
    if entry.kind is EntryKind.CHANGE:
        # It will never look otherwise.
        yield from do("delete_entry", id=entry.id, channel_id=entry.channel_id)
        return
    # A message that was posted may be that of an earlier attempt, with what was to be told then: what came since is
    # brought to it by an edit.
    revision = POSTED_REVISION if entry.message_id is None else entry.wanted
    yield from do("show_entry", id=entry.id, channel_id=entry.channel_id, message_id=message_id, shown=revision)
    yield from do("delete_settled_entries", id=entry.id)


def _close(channel_id: int, now: float, *, with_edits: bool) -> Unit[int]:
    yield from do("close_log", channel_id=channel_id, now=now)
    posts = yield from do("delete_entries_behind", channel_id=channel_id)
    edits = (yield from do("delete_edits_behind", channel_id=channel_id)) if with_edits else ()
    return len(posts) + len(edits)
