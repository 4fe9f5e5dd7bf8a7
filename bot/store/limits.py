"""What each guild's moderators have set: a row for each choice, and one for each time that it changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from bot.domain.limits import Change, Limits, undoes
from bot.domain.policy import Use
from bot.ports import Changed
from bot.store.entries import enter_change
from bot.store.ledger import Ledger
from bot.store.settings_rows import limits_of
from bot.store.units import Driver, Row, Unit, do, one
from bot.store.usage import read_use

_LIMITS = TypeAdapter(Limits)

LATELY_SECONDS = 900.0
"""A setting that somebody else has changed since is told of: two may be at it."""


class GuildStore:
    """Implements `bot.ports.Guilds`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def limits(self, guild_id: int | None) -> Limits:
        return await self._driver.run(lambda: read_limits(self._ledger, guild_id))

    async def change(self, guild_id: int, user_id: int, edit: Callable[[Limits], Limits]) -> Changed:
        return await self._driver.run(lambda: change(self._ledger, guild_id, user_id, edit))

    async def changes(self, guild_id: int, count: int, before: int | None = None) -> Sequence[Change]:
        rows = await self._driver.run(
            lambda: do("changes", guild_id=guild_id, count=count, before=before or 2**63 - 1),
        )
        return [change_of(row) for row in rows]

    async def use(self, flow_id: int, user_id: int, time_zone: str) -> Use:
        return await self._driver.run(lambda: read_use(flow_id, user_id, self._ledger.now(), time_zone))

    async def log_closed_since(self, guild_id: int) -> float | None:
        return await self._driver.run(lambda: _log_closed_since(guild_id))


def read_limits(ledger: Ledger, guild_id: int | None) -> Unit[Limits]:
    """As chosen, above the ceiling or not; what is not chosen, and all of direct messages (None), as the operator's."""
    if guild_id is None:
        return ledger.house.defaults
    return limits_of(ledger.house.defaults, (yield from do("guild_settings", guild_id=guild_id)))


def limits_in_force(ledger: Ledger, guild_id: int | None) -> Unit[Limits]:
    """The same below the operator's ceiling."""
    return ledger.house.capped((yield from read_limits(ledger, guild_id)))


def _dumped(limits: Limits) -> Mapping[str, Any]:
    """By their names, as they are kept."""
    dumped: Mapping[str, Any] = _LIMITS.dump_python(limits, mode="json")
    return dumped


def change(ledger: Ledger, guild_id: int, user_id: int, edit: Callable[[Limits], Limits]) -> Unit[Changed]:
    """Make of the limits what `edit` makes of them. What was changed is chosen, be it as the operator has it or not."""
    before = yield from read_limits(ledger, guild_id)
    after = edit(before)
    old, new = _dumped(before), _dumped(after)
    changed: list[Change] = []
    overridden: list[Change] = []
    for name in (name for name in new if new[name] != old[name]):
        noted = new_change(ledger, guild_id, user_id, name, old[name], new[name])
        overridden += yield from _undone_by(noted)
        yield from do("save_setting", guild_id=guild_id, name=name, value=noted.new)
        yield from note_change(noted)
        changed.append(noted)
    if before.is_paused != after.is_paused:
        for row in (yield from do("waiting_of_guild", guild_id=guild_id)):
            yield from do("want_card", job_id=row["id"])
    use = yield from read_use(guild_id, user_id, ledger.now(), after.time_zone)
    return Changed(after, use, tuple(changed), tuple(overridden), (yield from _log_closed_since(guild_id)))


def _log_closed_since(guild_id: int) -> Unit[float | None]:
    row = yield from one("closed_log", guild_id=guild_id)
    return None if row is None else row["since"]


def _undone_by(change: Change) -> Unit[Sequence[Change]]:
    """The last change of the setting, where somebody else made it lately and it stands no more."""
    since = change.at - LATELY_SECONDS
    rows = yield from do("last_change", guild_id=change.guild_id, name=change.name, since=since)
    last = [change_of(row) for row in rows if row["user_id"] != change.user_id]
    return [each for each in last if undoes(json.loads(change.new), json.loads(each.old), json.loads(each.new))]


def new_change(ledger: Ledger, guild_id: int, user_id: int, name: str, old: object, new: object) -> Change:  # noqa: PLR0913  its parts
    """Made at this moment, not yet noted; `old` and `new` as JSON has them."""
    return Change(ledger.ids.next(), guild_id, user_id, ledger.now(), name, json.dumps(old), json.dumps(new))


def note_change(change: Change) -> Unit[None]:
    """Into the audit trail, and into the log."""
    yield from do(
        "insert_change",
        id=change.id,
        guild_id=change.guild_id,
        user_id=change.user_id,
        at=change.at,
        name=change.name,
        old=change.old,
        new=change.new,
    )
    yield from enter_change(change)


def change_of(row: Row) -> Change:
    return Change(row["id"], row["guild_id"], row["user_id"], row["at"], row["name"], row["old"], row["new"])


def note_deed(ledger: Ledger, guild_id: int, user_id: int, name: str, what: int) -> Unit[None]:
    """What a moderator did besides, among the changes."""
    yield from note_change(new_change(ledger, guild_id, user_id, name, None, what))
