"""What a guild has used lately, for its moderators."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence

from bot.clock import Clock
from bot.domain.charts import Chart
from bot.domain.days import day_of, days_of, hours_of
from bot.domain.usage import TOP, Bar, Grouping, Slice, Tally, UsageReport, ranked, summed
from bot.ports import Charts, Guilds, Seeing
from bot.services.catalogue import Catalogue

log = logging.getLogger(__name__)

PERIODS = (1, 7, 30)
"""Days that can be looked at, today being the last."""


class Overview:
    """Figures out of the jobs themselves, an hour or a day at a time: no look into the store takes long."""

    def __init__(self, guilds: Guilds, seeing: Seeing, charts: Charts, catalogue: Catalogue, clock: Clock) -> None:
        self._guilds = guilds
        self._seeing = seeing
        self._charts = charts
        self._catalogue = catalogue
        self._clock = clock

    async def report(self, guild_id: int, user_id: int, days: int, grouping: Grouping) -> UsageReport:
        """`days` is one of PERIODS; they begin by the guild's own clock. Raises StoreDown."""
        zone, now = (await self._guilds.limits(guild_id)).time_zone, self._clock.now()
        spans = hours_of(day_of(now, zone)) if days == 1 else days_of(now, days, zone)
        parts = [await self._seeing.tallies(guild_id, grouping, span) for span in spans]
        # Of hundreds of members over a month that takes a while.
        slices, totals = await asyncio.to_thread(_added_up, parts)
        return UsageReport(
            user_id=user_id,
            days=days,
            grouping=grouping,
            time_zone=zone,
            bars=tuple(Bar(span.began_at, total.used_credits) for span, total in zip(spans, totals, strict=True)),
            total=_total(totals),
            top=slices[:TOP],
            rest=_total(each.tally for each in slices[TOP:]),
            rest_count=len(slices[TOP:]),
            names=self._names(slices[:TOP]) if grouping is Grouping.MODEL else {},
        )

    async def picture(self, chart: Chart) -> bytes | None:
        """The chart as PNG; None where it cannot be drawn, which is no reason to tell no figures."""
        try:
            return await self._charts.draw(chart)
        except Exception:
            log.exception("a chart could not be drawn")
            return None

    def _names(self, slices: Iterable[Slice]) -> Mapping[str, str]:
        found = {each.key: self._catalogue.current.find(each.key) for each in slices}
        return {key: model.name for key, model in found.items() if model is not None}


def _added_up(parts: Sequence[Mapping[str, Tally]]) -> tuple[tuple[Slice, ...], tuple[Tally, ...]]:
    """By what they are told of, and by stretches of time."""
    return ranked(summed(parts)), tuple(_total(part.values()) for part in parts)


def _total(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, start=Tally())
