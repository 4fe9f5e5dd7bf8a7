"""The courier: draws every card that is behind. Latest wins, one edit in flight for each message."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from bot.clock import Clock, wait_until
from bot.domain.jobs import FINAL_STATES, Job, JobState
from bot.errors import MediaDown, StoreDown, SurfaceDown
from bot.pipeline.delivery import Delivery
from bot.pipeline.patience import backoff_seconds
from bot.ports import Account, Asking, Cards
from bot.services.signals import Signals

log = logging.getLogger(__name__)

DELIVERIES_IN_FLIGHT = 8
REDRAW_SECONDS = 60.0
REDRAW_PART = 0.25
"""Positions are drawn again once a quarter of the wait has passed, and at most once a minute."""
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

    def __init__(  # noqa: PLR0913  its neighbours
        self,
        cards: Cards,
        asking: Asking,
        delivery: Delivery,
        accounts: dict[int, Account],
        signals: Signals,
        clock: Clock,
    ) -> None:
        self._cards = cards
        self._asking = asking
        self._delivery = delivery
        self._accounts = accounts
        self._signals = signals
        self._clock = clock
        self._rung = signals.cards.listen()
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._setbacks: dict[int, Setback] = {}
        self._redraws: dict[int, float] = {}
        self._census_at = 0.0
        self._sweep_at = clock.now()

    async def run(self) -> None:
        """Until stopped; what is in flight gets a moment, then is left to the next start."""
        failures = 0
        try:
            while not self._signals.stopping.is_set():
                self._rung.clear()
                try:
                    await self._sweep()
                    await self._plan_redraws()
                    await self._ask_for_redraws()
                    next_at = await self._take_up()
                    failures = 0
                except StoreDown:
                    failures += 1
                    log.exception("what is behind could not be read")
                    next_at = self._clock.now() + backoff_seconds(failures)
                await wait_until(self._rung, next_at, self._clock)
        finally:
            await self._end()

    async def _sweep(self) -> None:
        if self._clock.now() >= self._sweep_at:
            await self._cards.drop_dead_secrets()
            self._sweep_at = self._clock.now() + TOKEN_SWEEP_SECONDS

    async def _take_up(self) -> float:
        """Start deliveries as far as there is room; when to look again, if not rung."""
        now = self._clock.now()
        wake_at = min(self._sweep_at, self._census_at, *self._redraws.values())
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
                await self._delivery.deliver(job, card, as_links=self._is_out_of_patience(job_id))
                self._setbacks.pop(job_id, None)
                if job.is_final:
                    self._signals.shown.ring()
                await self._plan_redraw(job, self._clock.now())
        except (SurfaceDown, MediaDown, StoreDown) as error:
            self._set_back(job_id, error)
            log.info("job %d: not shown yet: %s", job_id, error)
        except Exception as error:
            self._set_back(job_id, error)
            log.exception("job %d: its card could not be shown", job_id)
        finally:
            del self._busy[job_id]
            self._rung.set()

    def _is_out_of_patience(self, job_id: int) -> bool:
        setback = self._setbacks.get(job_id)
        return setback is not None and setback.media_failures >= MEDIA_PATIENCE

    def _set_back(self, job_id: int, error: Exception) -> None:
        setback = self._setbacks.setdefault(job_id, Setback())
        setback.failures += 1
        setback.media_failures += isinstance(error, MediaDown)
        asked_seconds = error.retry_after_seconds if isinstance(error, SurfaceDown) else None
        setback.retry_at = self._clock.now() + (asked_seconds or backoff_seconds(setback.failures))

    async def _plan_redraws(self) -> None:
        """Once a minute, for what joined the line since (or before the start): its answer was its first card."""
        now = self._clock.now()
        if now < self._census_at:
            return
        for job_id in set(await self._cards.queued()) - self._redraws.keys():
            job = await self._asking.job(job_id)
            if job is not None:
                await self._plan_redraw(job, job.queued_at or now)
        self._census_at = now + REDRAW_SECONDS

    async def _plan_redraw(self, job: Job, drawn_at: float) -> None:
        account = self._accounts.get(job.account_id)
        if job.state is not JobState.QUEUED or account is None:
            return
        waiting = await self._asking.waiting(job, account.limit)
        left_seconds = 0.0 if waiting is None or waiting.wait_seconds is None else waiting.wait_seconds
        wait_seconds = self._clock.now() + left_seconds - drawn_at
        self._redraws[job.id] = drawn_at + max(REDRAW_SECONDS, wait_seconds * REDRAW_PART)

    async def _ask_for_redraws(self) -> None:
        now = self._clock.now()
        for job_id in [job_id for job_id, at in self._redraws.items() if at <= now]:
            job = await self._asking.job(job_id)
            if job is not None and job.state is JobState.QUEUED:
                await self._cards.redraw(job_id)
                self._redraws[job_id] = now + REDRAW_SECONDS  # planned better once it is drawn
            else:
                del self._redraws[job_id]

    async def _end(self) -> None:
        if self._busy:
            _, late = await asyncio.wait(self._busy.values(), timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
