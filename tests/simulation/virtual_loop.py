"""An event loop whose time passes only when everybody sleeps."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Deadlock(RuntimeError):
    """Everybody waits for something that nobody will bring."""


class _Selector(selectors.SelectSelector):
    """Never waits for sockets: it moves the time on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock
        self.passed_seconds += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its own time begins at 0, since asyncio's timers need a finer one than epoch seconds are in a float."""

    def __init__(self, began_at: float) -> None:
        self.began_at = began_at
        self._clockwork = _Selector()
        super().__init__(self._clockwork)

    def time(self) -> float:
        return self._clockwork.passed_seconds


class LoopClock:
    """`bot.clock.Clock` over the running virtual loop."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self._loop = loop

    def now(self) -> float:
        return self._loop.began_at + self._loop.time()


def run_virtually(began_at: float, main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end. What it leaves behind is cancelled: keep what a crash would leave before that."""
    loop = VirtualLoop(began_at)
    try:
        result = loop.run_until_complete(main)
        left_behind = asyncio.all_tasks(loop)
        for task in left_behind:
            task.cancel()
        if left_behind:
            loop.run_until_complete(asyncio.wait(left_behind))
        return result
    finally:
        loop.close()
