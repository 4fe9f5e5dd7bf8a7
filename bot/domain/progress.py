"""How far a generation is, by how long others of its model have taken: no upstream of pictures tells."""

from __future__ import annotations

from dataclasses import dataclass

STEPS = 10
LEAST_SECONDS = 5.0
"""Between two edits for the sake of a bar."""
_AT_HALF, _AT_SLOW = 0.5, 0.9


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that half of a model's generations took at most, and nine in ten."""

    half_seconds: float
    slow_seconds: float

    def part_after(self, seconds: float) -> float:
        """The part of its generations that are done by then, at most 0.9: whoever is later may be late for long."""
        half = max(self.half_seconds, 0.001)
        if seconds <= half:
            return _AT_HALF * max(seconds, 0.0) / half
        rest = max(self.slow_seconds - half, 0.001)
        return min(_AT_SLOW, _AT_HALF + (_AT_SLOW - _AT_HALF) * (seconds - half) / rest)

    def seconds_at(self, part: float) -> float:
        """When that part is done (up to 0.9)."""
        if part <= _AT_HALF:
            return self.half_seconds * part / _AT_HALF
        rest = max(self.slow_seconds - self.half_seconds, 0.0)
        return self.half_seconds + rest * (part - _AT_HALF) / (_AT_SLOW - _AT_HALF)

    def next_step_after(self, seconds: float) -> float | None:
        """When a bar of ten cells looks otherwise than now, at least some seconds away; None: never again."""
        steps = round_down(self.part_after(seconds))
        if steps >= round_down(_AT_SLOW):
            return None
        return max(self.seconds_at((steps + 1) / STEPS), seconds + LEAST_SECONDS)


def round_down(part: float) -> int:
    """Whole cells of a bar. A hair below a step counts as the step: it was woken for it."""
    return int(part * STEPS + 0.01)
