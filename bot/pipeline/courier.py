"""The courier: draws every card that is behind. Latest wins, one edit in flight for each message."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from bot.clock import Clock
from bot.domain.jobs import FINAL_STATES
from bot.errors import MediaDown, StoreDown, SurfaceDown
from bot.pipeline.delivery import Delivery
from bot.pipeline.patience import surface_patience_seconds
from bot.pipeline.stage import run_stage
from bot.ports import Cards
from bot.services.signals import Signals

log = logging.getLogger(__name__)

DELIVERIES_IN_FLIGHT = 8
TOKEN_SWEEP_SECONDS = 900.0
MEDIA_PATIENCE = 8
"""So many failed fetches of a result, then it is linked."""
STOP_SECONDS = 3.0


@dataclass(slots=True)
class Setback:
    """A delivery that failed for now."""

    failures: int = 0
    media_failures: int = 0
    """Those for want of a result alone."""
    retry_at: float = 0.0


class Courier:
    """Looks for cards that are behind whenever rung, ends first."""

    def __init__(
        self,
        cards: Cards,
        delivery: Delivery,
        signals: Signals,
        clock: Clock,
    ) -> None:
        self._cards = cards
        self._delivery = delivery
        self._signals = signals
        self._clock = clock
        self._rung = signals.cards.listen()
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._setbacks: dict[int, Setback] = {}
        self._redraw_at: float | None = None
        self._sweep_at = clock.now()

    async def run(self) -> None:
        """Until stopped; what is in flight gets a moment, then is left to the next start."""
        try:
            await run_stage("courier", self._step, self._rung, self._signals.stopping, self._clock)
        finally:
            await self._end()

    async def _step(self) -> float:
        await self._sweep()
        await self._ask_for_redraws()
        return await self._take_up()

    async def _sweep(self) -> None:
        if self._clock.now() >= self._sweep_at:
            await self._cards.drop_dead_secrets()
            self._sweep_at = self._clock.now() + TOKEN_SWEEP_SECONDS

    async def _take_up(self) -> float:
        """Start deliveries as far as there is room; when to look again, if not rung."""
        now = self._clock.now()
        wake_at = self._sweep_at if self._redraw_at is None else min(self._sweep_at, self._redraw_at)
        behind = [(state not in FINAL_STATES, job_id) for job_id, state in await self._cards.behind()]
        for _, job_id in sorted(behind):
            setback = self._setbacks.get(job_id)
            if job_id in self._busy:
                continue
            if setback is not None and setback.retry_at > now:
                wake_at = min(wake_at, setback.retry_at)
            elif len(self._busy) < DELIVERIES_IN_FLIGHT:
                task = asyncio.create_task(self._deliver(job_id), name=f"deliver {job_id}")
                self._busy[job_id] = task
        return wake_at

    async def _deliver(self, job_id: int) -> None:
        try:
            found = await self._cards.read(job_id)
            if found is not None:
                job, card = found
                stands = await self._delivery.deliver(job, card, as_links=self._is_out_of_patience(job_id))
                self._setbacks.pop(job_id, None)
                if job.is_final:
                    self._signals.shown.ring()
                elif not stands:
                    # What waits in the upstream's line is taken back.
                    self._signals.running.ring()
        except (SurfaceDown, MediaDown, StoreDown) as error:
            self._set_back(job_id, error)
            log.info("job %d: not shown yet: %s", job_id, error)
        except Exception as error:
            self._set_back(job_id, error)
            log.exception("job %d: its card could not be shown", job_id)
        finally:
            del self._busy[job_id]
            # Not for itself alone: a card that was deleted has ended its job, which others tell of.
            self._signals.cards.ring()

    def _is_out_of_patience(self, job_id: int) -> bool:
        setback = self._setbacks.get(job_id)
        return setback is not None and setback.media_failures >= MEDIA_PATIENCE

    def _set_back(self, job_id: int, error: Exception) -> None:
        setback = self._setbacks.setdefault(job_id, Setback())
        setback.failures += 1
        setback.media_failures += isinstance(error, MediaDown)
        setback.retry_at = self._clock.now() + surface_patience_seconds(error, setback.failures)

    async def _ask_for_redraws(self) -> None:
        """A few at a time, and only while there is room: ends must not wait behind places in the line."""
        self._redraw_at = None
        if len(self._busy) < DELIVERIES_IN_FLIGHT:
            self._redraw_at = await self._cards.ask_redraws(DELIVERIES_IN_FLIGHT)

    async def _end(self) -> None:
        if self._busy:
            _, late = await asyncio.wait(self._busy.values(), timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
