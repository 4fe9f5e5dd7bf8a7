"""Time as a thing that is passed in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Where all of Easel gets the time from."""

    def now(self) -> float:
        """UTC epoch seconds; never goes back within a process."""
        ...


class SystemClock:
    """Start + monotonic: a step of the machine's clock neither stalls nor opens the gate."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._offset_seconds = wall() - monotonic()

    def now(self) -> float:
        return self._offset_seconds + self._monotonic()


async def wait_until(event: asyncio.Event, at: float | None, clock: Clock) -> bool:
    """Sleep until `event` is set or the clock reaches `at` (None: event alone). Tells whether it was the event."""
    timeout_seconds = None if at is None else max(0.0, at - clock.now())
    try:
        async with asyncio.timeout(timeout_seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
