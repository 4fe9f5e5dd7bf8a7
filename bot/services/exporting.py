"""The audit trail as tables: every generation, and every change of a setting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.clock import Clock
from bot.domain.audit import GenerationRecord
from bot.domain.days import days_back
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
        await self._add_changes(changes, guild_id, since, zone, limit_bytes)
        await self._add_generations(generations, guild_id, since, zone, limit_bytes)
        files = await asyncio.to_thread(packed, (generations, changes), limit_bytes)
        log.info("guild %d: %d generations and %d changes exported", guild_id, generations.rows, changes.rows)
        return Export(files, generations.rows, changes.rows, generations.is_cut or changes.is_cut)

    async def _add_generations(self, sheet: Sheet, guild_id: int, since: float, zone: str, limit_bytes: int) -> None:
        last: GenerationRecord | None = None
        while not sheet.is_cut:
            page = await self._seeing.generations(guild_id, since, last, PAGE_ROWS)
            await _add(sheet, page, lambda each: generation_cells(each, zone))
            if len(page) < PAGE_ROWS:
                return
            last = page[-1]
            sheet.is_cut = sheet.squeezed_bytes > limit_bytes

    async def _add_changes(self, sheet: Sheet, guild_id: int, since: float, zone: str, limit_bytes: int) -> None:
        before: int | None = None
        while not sheet.is_cut:
            page = await self._guilds.changes(guild_id, PAGE_ROWS, before)
            wanted = [change for change in page if change.at >= since]
            await _add(sheet, wanted, lambda each: change_cells(each, zone))
            if len(wanted) < PAGE_ROWS:
                return
            before = page[-1].id
            # What does not fit even squeezed is not read any further.
            sheet.is_cut = sheet.squeezed_bytes > limit_bytes


async def _add(sheet: Sheet, page: Sequence[T], cells_of: Callable[[T], Cells]) -> None:
    """In a thread of its own."""
    if page:
        await asyncio.to_thread(lambda: sheet.add(rows_of(map(cells_of, page)), len(page)))
