"""The ways in which a server may count requests. Pure: time is passed in, as epoch seconds that never go back."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Protocol


class Counting(StrEnum):
    """How requests are counted."""

    FIXED = "fixed"
    """Windows that begin at whole multiples of their length."""
    ANCHORED = "anchored"
    """Windows that begin with the first request counted in them."""
    SLIDING = "sliding"
    """A log: any stretch of one window's length holds at most the limit."""
    BUCKET = "bucket"
    """A token bucket, full at first, that holds the limit and refills evenly."""


class Counter(Protocol):
    """Counts what one key asks."""

    def room(self, now: float) -> int:
        """How many requests would be let through at `now`."""
        ...

    def wait_seconds(self, now: float) -> float:
        """How long until there is room; 0 while there is."""
        ...

    def count(self, now: float) -> None:
        """Write one request down."""
        ...


class FixedWindow:
    """At most `limit` in each window, however close together two windows' requests are."""

    def __init__(self, limit: int, window_seconds: float, *, anchored: bool = False) -> None:
        self._limit, self._window_seconds, self._anchored = limit, window_seconds, anchored
        self._ends_at, self._counted = 0.0, 0

    def room(self, now: float) -> int:
        return self._limit if now >= self._ends_at else max(0, self._limit - self._counted)

    def wait_seconds(self, now: float) -> float:
        return 0.0 if self.room(now) else self._ends_at - now

    def count(self, now: float) -> None:
        if now >= self._ends_at:
            begins_at = now if self._anchored else now - now % self._window_seconds
            self._ends_at, self._counted = begins_at + self._window_seconds, 0
        self._counted += 1


class SlidingLog:
    """At most `limit` in any stretch of `window_seconds`."""

    def __init__(self, limit: int, window_seconds: float) -> None:
        self._limit, self._window_seconds = limit, window_seconds
        self._counted_at: deque[float] = deque(maxlen=limit)

    def room(self, now: float) -> int:
        since = now - self._window_seconds
        return self._limit - sum(at > since for at in self._counted_at)

    def wait_seconds(self, now: float) -> float:
        return 0.0 if self.room(now) else self._counted_at[0] + self._window_seconds - now

    def count(self, now: float) -> None:
        self._counted_at.append(now)


class TokenBucket:
    """`limit` tokens at first, `limit / window_seconds` more each second, never above `limit`."""

    def __init__(self, limit: int, window_seconds: float) -> None:
        self._limit, self._per_second = limit, limit / window_seconds
        self._tokens, self._seen_at = float(limit), 0.0

    def room(self, now: float) -> int:
        # Sums of tenths fall short of whole numbers: without the grain of tolerance a client that waits
        # exactly as told would be refused.
        return int(self._tokens_at(now) + 1e-6)

    def wait_seconds(self, now: float) -> float:
        return 0.0 if self.room(now) else (1 - self._tokens_at(now)) / self._per_second

    def count(self, now: float) -> None:
        self._tokens, self._seen_at = max(0.0, self._tokens_at(now) - 1), now

    def _tokens_at(self, now: float) -> float:
        return min(float(self._limit), self._tokens + (now - self._seen_at) * self._per_second)


def counter(counting: Counting, limit: int, window_seconds: float) -> Counter:
    """A fresh counter of that kind."""
    match counting:
        case Counting.FIXED:
            return FixedWindow(limit, window_seconds)
        case Counting.ANCHORED:
            return FixedWindow(limit, window_seconds, anchored=True)
        case Counting.SLIDING:
            return SlidingLog(limit, window_seconds)
        case Counting.BUCKET:
            return TokenBucket(limit, window_seconds)
