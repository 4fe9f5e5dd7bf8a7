"""Forgetting a member: everything at once, or not at all."""

from __future__ import annotations

import logging

from bot.domain.history import Forgotten
from bot.ports import Forgetting as ForgettingPort
from bot.services.signals import Signals

log = logging.getLogger(__name__)


class Forgetting:
    """What stands in the store goes in one transaction; files, and what is under way, by those who are rung."""

    def __init__(self, forgetting: ForgettingPort, signals: Signals) -> None:
        self._forgetting = forgetting
        self._signals = signals

    async def forget(self, user_id: int) -> Forgotten:
        """Raises StoreDown: then nothing is forgotten."""
        forgotten = await self._forgetting.forget(user_id)
        log.info("a member asked to be forgotten: %d jobs, %d of them under way", forgotten.jobs, forgotten.under_way)
        for signal in (self._signals.forgotten, self._signals.cards, self._signals.queued, self._signals.running):
            signal.ring()
        return forgotten
