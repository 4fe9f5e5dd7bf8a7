"""The doorkeeper: finds out whether the cards of offered jobs stand, when nobody told."""

from __future__ import annotations

import contextlib
import logging

from bot.clock import Clock, wait_until
from bot.domain.jobs import FailureCode, Job
from bot.errors import StoreDown, SurfaceDown, SurfaceError, TokenDead
from bot.ports import Card, CardKind, Cards, Door, Shown, Surface
from bot.services.signals import Signals

log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
"""An answer takes three seconds at most; discord.py may still be trying."""
RETRY_SECONDS = 5.0
AT_ONCE = 50


class Doorkeeper:
    """Looks at offered jobs whose answer is overdue: those of an earlier process, and those in doubt."""

    def __init__(self, door: Door, cards: Cards, surface: Surface, signals: Signals, clock: Clock) -> None:
        self._door = door
        self._cards = cards
        self._surface = surface
        self._signals = signals
        self._clock = clock
        self._rung = signals.doubts.listen()
        self._started_at = clock.now()

    async def run(self) -> None:
        """Until stopped."""
        while not self._signals.stopping.is_set():
            self._rung.clear()
            pending = await self._settle_all()
            await wait_until(self._rung, self._clock.now() + RETRY_SECONDS if pending else None, self._clock)

    async def _settle_all(self) -> bool:
        """Tells whether some are still open, or were not looked at yet."""
        try:
            now = self._clock.now()
            offered = await self._door.offered(now, AT_ONCE)
            settled = [await self._settle(job_id) for job_id in offered]
        except StoreDown:
            log.exception("offered jobs could not be settled")
            return True
        return len(offered) == AT_ONCE or not all(settled)

    async def _settle(self, job_id: int) -> bool:
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
        """By the token while it lives; later among the channel's messages: the card is known by its buttons."""
        if card.token is not None:
            with contextlib.suppress(TokenDead):
                return await self._surface.find_answer(card.token)
        if card.kind is CardKind.CHANNEL:
            return await self._surface.find_post(card.channel_id, job.id, job.created_at)
        return None
