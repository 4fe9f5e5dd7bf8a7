"""The courier: draws every card that is behind. Latest wins, one edit in flight for each message."""

from __future__ import annotations

import asyncio
import heapq
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
        self._redraws: list[tuple[float, int]] = []
        self._sweep_at = clock.now()

    async def run(self) -> None:
        """Until stopped; what is in flight gets a moment, then is left to the next start."""
        failures = 0
        is_planned = False
        try:
            while not self._signals.stopping.is_set():
                self._rung.clear()
                try:
                    if not is_planned:
                        await self._plan_all_redraws()
                        is_planned = True
                    await self._sweep()
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
        wake_at = min([self._sweep_at, *(at for at, _ in self._redraws[:1])])
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
                await self._delivery.deliver(job, card, as_links=self._failures_of(job_id) >= MEDIA_PATIENCE)
                self._setbacks.pop(job_id, None)
                await self._plan_redraw(job)
        except (SurfaceDown, MediaDown, StoreDown) as error:
            self._set_back(job_id, error.retry_after_seconds if isinstance(error, SurfaceDown) else None)
            log.info("job %d: not shown yet: %s", job_id, error)
        except Exception:
            self._set_back(job_id, None)
            log.exception("job %d: its card could not be shown", job_id)
        finally:
            del self._busy[job_id]
            self._rung.set()

    def _failures_of(self, job_id: int) -> int:
        return self._setbacks.get(job_id, Setback()).failures

    def _set_back(self, job_id: int, retry_after_seconds: float | None) -> None:
        setback = self._setbacks.setdefault(job_id, Setback())
        setback.failures += 1
        setback.retry_at = self._clock.now() + (retry_after_seconds or backoff_seconds(setback.failures))

    async def _plan_all_redraws(self) -> None:
        """After a restart: what waits was drawn by an earlier process, at some time."""
        now = self._clock.now()
        self._redraws = [(now + REDRAW_SECONDS, job_id) for job_id in await self._cards.queued()]
        heapq.heapify(self._redraws)

    async def _plan_redraw(self, job: Job) -> None:
        account = self._accounts.get(job.account_id)
        if job.state is not JobState.QUEUED or account is None:
            return
        waiting = await self._asking.waiting(job, account.limit)
        wait_seconds = 0.0 if waiting is None or waiting.wait_seconds is None else waiting.wait_seconds
        heapq.heappush(self._redraws, (self._clock.now() + max(REDRAW_SECONDS, wait_seconds * REDRAW_PART), job.id))

    async def _ask_for_redraws(self) -> None:
        now = self._clock.now()
        while self._redraws and self._redraws[0][0] <= now:
            _, job_id = heapq.heappop(self._redraws)
            job = await self._asking.job(job_id)
            if job is not None and job.state is JobState.QUEUED:
                await self._cards.redraw(job_id)

    async def _end(self) -> None:
        if self._busy:
            _, late = await asyncio.wait(self._busy.values(), timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
