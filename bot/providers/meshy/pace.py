"""Requests per second, of any kind: Meshy counts all that a key asks."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque

from bot.clock import Clock

WINDOW_SECONDS = 1.0
MARGIN_SECONDS = 0.1
"""What a request may take longer on its way than the one before."""


class Pace:
    """Lets at most `requests` of a key leave in any second; the rest waits its turn."""

    def __init__(self, requests: int, clock: Clock) -> None:
        self._clock = clock
        self._left_at: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=requests))

    async def turn(self, key: str) -> None:
        left_at = self._left_at[key]
        opens_at = left_at[0] + WINDOW_SECONDS + MARGIN_SECONDS if len(left_at) == left_at.maxlen else 0.0
        now = self._clock.now()
        # Taken at once, so that whoever comes meanwhile stands behind. A clock that was put back holds nobody up.
        wait_seconds = min(max(0.0, opens_at - now), 60.0)
        left_at.append(now + wait_seconds)
        if wait_seconds:
            await asyncio.sleep(wait_seconds)
