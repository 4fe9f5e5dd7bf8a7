"""Pings for jobs that took long: one short reply, never two."""

from __future__ import annotations

import asyncio
import logging

from bot.clock import Clock, wait_until
from bot.domain.jobs import Job
from bot.errors import StoreDown, SurfaceDown, SurfaceError
from bot.pipeline.ladder import NONCE_SECONDS
from bot.pipeline.patience import backoff_seconds
from bot.ports import Card, Cards, Surface
from bot.services.signals import Signals
from bot.ui.cards import ping_text

log = logging.getLogger(__name__)

PING_SECONDS = 15.0


class Pinger:
    """The wish stands in the store before the reply leaves, and its nonce is the job's.

    So a crash cannot make two of it. What could not be told within the nonce's life is not worth telling any more.
    """

    def __init__(self, cards: Cards, surface: Surface, signals: Signals, clock: Clock) -> None:
        self._cards = cards
        self._surface = surface
        self._signals = signals
        self._clock = clock
        self._rung = signals.shown.listen()

    async def run(self) -> None:
        """Until stopped."""
        failures = 0
        while not self._signals.stopping.is_set():
            self._rung.clear()
            try:
                is_done = await self._ping_all()
            except StoreDown:
                log.exception("pings could not be read or stored")
                is_done = False
            failures = 0 if is_done else failures + 1
            next_at = None if is_done else self._clock.now() + backoff_seconds(failures)
            await wait_until(self._rung, next_at, self._clock)

    async def _ping_all(self) -> bool:
        """Tells whether nothing is left."""
        outcomes = [await self._ping(job_id, since) for job_id, since in await self._cards.pings_due()]
        return all(outcomes)

    async def _ping(self, job_id: int, since: float) -> bool:
        found = await self._cards.read(job_id)
        is_over = self._clock.now() - since > NONCE_SECONDS
        if found is not None and not is_over:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self._reply(*found)
            except (SurfaceDown, TimeoutError) as error:
                log.info("job %d: its member could not be pinged yet: %s", job_id, error)
                return False
            except SurfaceError as error:
                log.info("job %d: its member cannot be pinged: %s", job_id, error)
        await self._cards.end_ping(job_id)
        return True

    async def _reply(self, job: Job, card: Card) -> None:
        if card.message_id is not None:
            await self._surface.ping(card.channel_id, card.message_id, job.user_id, ping_text(job), f"{job.id}-ping")
