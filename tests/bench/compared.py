"""A figure of Easel beside that of the plain bot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of both. None: it has none."""

    what: str
    easel: float | None
    baseline: float | None
    ratio: float | None
    """Easel's to the baseline's."""
    promised: float | None
    """The most that Easel may have."""

    @property
    def keeps_promise(self) -> bool | None:
        return None if self.promised is None else self.easel is not None and self.easel <= self.promised


def compared(what: str, easel: float | None, baseline: float | None, promised: float | None = None) -> Compared:
    ratio = easel / baseline if easel is not None and baseline else None
    return Compared(what, easel, baseline, ratio, promised)
