"""One dispatcher for each key that may be used, as keys come and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from bot.clock import Clock
from bot.pipeline.dispatcher import Dispatcher
from bot.pipeline.stage import run_stage
from bot.ports import Account
from bot.services.keys import Keyring
from bot.services.signals import Signals

log = logging.getLogger(__name__)

STRAYS_SECONDS = 5.0
"""A request that was looked at before a key came or went is stored soon after, if at all."""


class Dispatchers:
    """Sees to it that what waits, waits where it is paid for, and that each line has its dispatcher."""

    def __init__(
        self, keyring: Keyring, dispatcher_of: Callable[[Account], Dispatcher], signals: Signals, clock: Clock
    ) -> None:
        self._keyring = keyring
        self._dispatcher_of = dispatcher_of
        self._signals = signals
        self._clock = clock
        self._rung = signals.keys.listen()
        self._rings_heard = signals.keys.rings
        self._at_work: dict[int, Dispatcher] = {}

    async def run(self) -> None:
        """Until stopped, and until all dispatchers have ended; one that dies takes all down with it."""
        async with asyncio.TaskGroup() as tasks:
            await run_stage("dispatchers", lambda: self._step(tasks), self._rung, self._signals.stopping, self._clock)

    async def _step(self, tasks: asyncio.TaskGroup) -> float | None:
        rings = self._signals.keys.rings
        used = {account.id: account for account in self._keyring.used}
        self._retire_all_but(used)
        moved = await self._keyring.bring_home()
        if moved:
            log.info("%d waiting jobs go on with another key", moved)
        for account in used.values():
            self._put_to_work(account, tasks)
        is_news, self._rings_heard = rings != self._rings_heard, rings
        return self._clock.now() + STRAYS_SECONDS if is_news else None

    def _retire_all_but(self, used: Iterable[int]) -> None:
        for account_id in self._at_work.keys() - set(used):
            self._at_work.pop(account_id).retire()

    def _put_to_work(self, account: Account, tasks: asyncio.TaskGroup) -> None:
        at_work = self._at_work.get(account.id)
        if at_work is not None:
            at_work.account = account
            return
        self._at_work[account.id] = dispatcher = self._dispatcher_of(account)
        tasks.create_task(dispatcher.run(), name=f"dispatcher {account.id}")
