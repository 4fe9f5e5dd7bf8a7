"""Two ways to count that are stricter than their limit says."""

from __future__ import annotations


class WeightedCounter:
    """The present window's count and the last one's, the latter by how much of it is still in view."""

    def __init__(self, limit: int, window_seconds: float) -> None:
        self._limit, self._window_seconds = limit, window_seconds
        self._window, self._counted, self._counted_before = 0, 0, 0

    def room(self, now: float) -> int:
        self._turn_to(now)
        in_view = 1.0 - now % self._window_seconds / self._window_seconds
        return max(0, int(self._limit - self._counted - self._counted_before * in_view))

    def wait_seconds(self, now: float) -> float:
        return 0.0 if self.room(now) else self._window_seconds - now % self._window_seconds

    def count(self, now: float) -> None:
        self._turn_to(now)
        self._counted += 1

    def _turn_to(self, now: float) -> None:
        window = int(now // self._window_seconds)
        if window != self._window:
            self._counted_before = self._counted if window == self._window + 1 else 0
            self._window, self._counted = window, 0


class SpacedCounter:
    """One request in each equal share of the window, never two closer together."""

    def __init__(self, limit: int, window_seconds: float) -> None:
        self._apart_seconds, self._next_at = window_seconds / limit, 0.0

    def room(self, now: float) -> int:
        return int(now >= self._next_at)

    def wait_seconds(self, now: float) -> float:
        return max(0.0, self._next_at - now)

    def count(self, now: float) -> None:
        self._next_at = now + self._apart_seconds
