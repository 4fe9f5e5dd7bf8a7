"""The doorkeeper: finds out whether the cards of offered jobs stand, when nobody told."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from bot.clock import Clock
from bot.domain.jobs import FailureCode, Job
from bot.errors import SurfaceDown, SurfaceError, TokenDead
from bot.pipeline.stage import run_stage
from bot.ports import Card, CardKind, Cards, Door, Shown, Surface
from bot.services.signals import Signals

log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
"""An answer takes three seconds at most; discord.py may still be trying."""
RETRY_SECONDS = 5.0
AT_ONCE = 50
LOOKS_IN_FLIGHT = 8


class Doorkeeper:
    """Looks at offered jobs whose answer is overdue: those of an earlier process, and those in doubt."""

    def __init__(self, door: Door, cards: Cards, surface: Surface, signals: Signals, clock: Clock) -> None:
        self._door = door
        self._cards = cards
        self._surface = surface
        self._signals = signals
        self._clock = clock
        self._rung = signals.doubts.listen()
        self._looking = asyncio.Semaphore(LOOKS_IN_FLIGHT)
        self._started_at = clock.now()

    async def run(self) -> None:
        """Until stopped."""
        await run_stage("doorkeeper", self._settle_all, self._rung, self._signals.stopping, self._clock)

    async def _settle_all(self) -> float | None:
        """When to look again at those that are still open, or were not looked at yet (None: none)."""
        offered = await self._door.offered(self._clock.now(), AT_ONCE)
        settled = await asyncio.gather(*map(self._settle_in_turn, offered), return_exceptions=True)
        for outcome in settled:
            if isinstance(outcome, BaseException):
                raise outcome
        is_done = len(offered) < AT_ONCE and all(settled)
        return None if is_done else self._clock.now() + RETRY_SECONDS

    async def _settle_in_turn(self, job_id: int) -> bool:
        async with self._looking:
            return await self._settle(job_id)

    async def _settle(self, job_id: int) -> bool:
        """Tells whether it is known now."""
        found = await self._cards.read(job_id)
        if found is None:
            return True
        job, card = found
        now = self._clock.now()
        if job.created_at > max(self._started_at, now - GRACE_SECONDS):
            return False
        try:
            shown = await self._find(job, card)
        except SurfaceDown as error:
            log.info("job %d: Discord does not tell whether its card stands: %s", job_id, error)
            return False
        except SurfaceError:
            shown = None
        if shown is None:
            await self._door.drop(job_id, FailureCode.CARD_NEVER_SHOWN)
        else:
            await self._door.confirm(job_id, shown.message_id)
        self._signals.queued.ring()
        self._signals.cards.ring()
        return True

    async def _find(self, job: Job, card: Card) -> Shown | None:
        """By the token while it lives; later among the channel's messages: the card is known by its buttons.

        The answer need not be the card: after a fault it may be an apology.
        """
        if card.token is not None:
            with contextlib.suppress(TokenDead):
                answer = await self._surface.find_answer(card.token)
                return answer if answer is not None and answer.job_id == job.id else None
        if card.kind is CardKind.CHANNEL:
            return await self._surface.find_post(card.channel_id, job.id, job.created_at)
        return None
