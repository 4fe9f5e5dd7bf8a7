"""Pings for jobs that took long: one short reply for an end, never two."""

from __future__ import annotations

import asyncio
import logging

from bot.clock import Clock
from bot.domain.jobs import Job
from bot.errors import SurfaceDown, SurfaceError
from bot.pipeline.ladder import NONCE_SECONDS
from bot.pipeline.patience import backoff_seconds
from bot.pipeline.stage import run_stage
from bot.ports import Card, Cards, PingDue, Surface
from bot.services.signals import Signals
from bot.ui.cards import ping_text

log = logging.getLogger(__name__)

PING_SECONDS = 15.0


class Pinger:
    """The wish stands in the store before the reply leaves, and its nonce is that of the job's end.

    So a crash cannot make two of it. What could not be told within the nonce's life is not worth telling any more.
    """

    def __init__(self, cards: Cards, surface: Surface, signals: Signals, clock: Clock) -> None:
        self._cards = cards
        self._surface = surface
        self._signals = signals
        self._clock = clock
        self._rung = signals.shown.listen()
        self._failures = 0

    async def run(self) -> None:
        """Until stopped."""
        await run_stage("pinger", self._ping_all, self._rung, self._signals.stopping, self._clock)

    async def _ping_all(self) -> float | None:
        """When to try again those that are left (None: none)."""
        outcomes = [await self._ping(due) for due in await self._cards.pings_due()]
        self._failures = 0 if all(outcomes) else self._failures + 1
        return self._clock.now() + backoff_seconds(self._failures) if self._failures else None

    async def _ping(self, due: PingDue) -> bool:
        """Tells whether that is settled."""
        found = await self._cards.read(due.job_id)
        is_over = self._clock.now() - due.since > NONCE_SECONDS
        if found is not None and found[0].state is due.state and not is_over:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self._reply(*found)
            except (SurfaceDown, TimeoutError) as error:
                log.info("job %d: its member could not be pinged yet: %s", due.job_id, error)
                return False
            except SurfaceError as error:
                log.info("job %d: its member cannot be pinged: %s", due.job_id, error)
        await self._cards.end_ping(due)
        return True

    async def _reply(self, job: Job, card: Card) -> None:
        if card.message_id is not None:
            nonce = f"{job.id}-ping-{job.state[0]}"
            await self._surface.ping(card.channel_id, card.message_id, job.user_id, ping_text(job), nonce)
