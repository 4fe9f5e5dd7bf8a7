"""Retention: once an hour what is too old loses its words, and its files with them."""

from __future__ import annotations

import logging

from bot.clock import Clock
from bot.pipeline.stage import run_stage
from bot.ports import Retention as RetentionPort
from bot.services.signals import Signals

log = logging.getLogger(__name__)

SWEEP_SECONDS = 3600.0
BATCH_JOBS = 100
"""In one transaction: a few milliseconds."""
SWEEP_JOBS = 2000
"""At once; more than that go on after a break, so that whoever removes files and edits messages keeps up."""
BREAK_SECONDS = 60.0


class Retention:
    """Everything in small steps, between which others get their turn. Where it stops, the next sweep goes on."""

    def __init__(self, retention: RetentionPort, signals: Signals, clock: Clock) -> None:
        self._retention = retention
        self._signals = signals
        self._clock = clock
        self._stop_asked = signals.stop_asked.listen()

    async def run(self) -> None:
        """Until stopped."""
        await run_stage("retention", self._sweep, self._stop_asked, self._signals.stopping, self._clock)

    async def _sweep(self) -> float:
        """When to sweep again."""
        expired = await self._expire()
        if expired:
            log.info("%d requests were kept long enough: their words and files go", expired)
            self._signals.forgotten.ring()
            self._signals.cards.ring()
        if expired >= SWEEP_JOBS:
            return self._clock.now() + BREAK_SECONDS
        await self._prune()
        return self._clock.now() + SWEEP_SECONDS

    async def _expire(self) -> int:
        """Flow by flow; how many jobs that were."""
        after: int | None = None
        count = 0
        while count < SWEEP_JOBS and not self._signals.stopping.is_set():
            expired = await self._retention.expire(after, BATCH_JOBS)
            if expired.flow_id is None:
                break
            count += expired.jobs
            after = expired.flow_id if expired.is_done else after
        return count

    async def _prune(self) -> None:
        guild_id = await self._retention.prune_changes(None)
        while guild_id is not None and not self._signals.stopping.is_set():
            guild_id = await self._retention.prune_changes(guild_id)
        while not self._signals.stopping.is_set() and await self._retention.prune_sums():
            pass
