"""The audit trail as tables: every generation, and every change of a setting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from bot.clock import Clock
from bot.domain.audit import GenerationRecord
from bot.domain.days import days_back
from bot.domain.limits import Change
from bot.ports import Guilds, Seeing
from bot.ports.cards import REQUEST_LIMIT_BYTES
from bot.services.sheets import Sheet, packed
from bot.ui.export import CHANGES, GENERATIONS, Cells, change_cells, generation_cells, head_of, rows_of
from bot.ui.messages import Generated

log = logging.getLogger(__name__)

PAGE_ROWS = 200
EVERYTHING = 0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Export:
    """Files with the newest rows first."""

    files: tuple[Generated, ...]
    generations: int
    changes: int
    is_cut: bool
    """Older rows did not fit."""


class Exporting:
    """Reads a page at a time and keeps it squeezed, so that neither the store nor the memory notices a large guild."""

    def __init__(self, guilds: Guilds, seeing: Seeing, clock: Clock) -> None:
        self._guilds = guilds
        self._seeing = seeing
        self._clock = clock

    async def export(self, guild_id: int, days: int, limit_bytes: int) -> Export:
        """Of the last `days` days by the guild's own clock, or EVERYTHING, in files of that size. Raises StoreDown."""
        zone = (await self._guilds.limits(guild_id)).time_zone
        since = 0.0 if days == EVERYTHING else days_back(self._clock.now(), days, zone)
        limit_bytes = min(limit_bytes, REQUEST_LIMIT_BYTES)
        changes = Sheet(CHANGES, head_of(CHANGES))
        generations = Sheet(GENERATIONS, head_of(GENERATIONS))
        await _fill(
            changes, partial(self._changes, guild_id, since), partial(change_cells, time_zone=zone), limit_bytes
        )
        await _fill(
            generations,
            partial(self._generations, guild_id, since),
            partial(generation_cells, time_zone=zone),
            limit_bytes,
        )
        files = await asyncio.to_thread(packed, (generations, changes), limit_bytes)
        log.info("guild %d: %d generations and %d changes exported", guild_id, generations.rows, changes.rows)
        return Export(files, generations.rows, changes.rows, generations.is_cut or changes.is_cut)

    async def _generations(
        self, guild_id: int, since: float, last: GenerationRecord | None
    ) -> Sequence[GenerationRecord]:
        return await self._seeing.generations(guild_id, since, last, PAGE_ROWS)

    async def _changes(self, guild_id: int, since: float, last: Change | None) -> Sequence[Change]:
        page = await self._guilds.changes(guild_id, PAGE_ROWS, None if last is None else last.id)
        return [change for change in page if change.at >= since]


async def _fill(
    sheet: Sheet, read: Callable[[T | None], Awaitable[Sequence[T]]], cells_of: Callable[[T], Cells], limit_bytes: int
) -> None:
    """Page by page: `read` tells the one after a row (None: the first), with fewer than PAGE_ROWS at the end."""
    last: T | None = None
    while not sheet.is_cut:
        page = await read(last)
        if page:
            await asyncio.to_thread(_add, sheet, page, cells_of)
        if len(page) < PAGE_ROWS:
            return
        last = page[-1]
        # What does not fit even squeezed is not read any further.
        sheet.is_cut = sheet.squeezed_bytes > limit_bytes


def _add(sheet: Sheet, page: Sequence[T], cells_of: Callable[[T], Cells]) -> None:
    sheet.add(rows_of(map(cells_of, page)), len(page))
