"""Where a picture comes from. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.catalog import Model
from bot.domain.jobs import Job


@dataclass(frozen=True, slots=True)
class Forebear:
    """What a job went on from: `job` is None where whoever asks may not know of it, `url` where it stands nowhere."""

    job: Job | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """A job, and what it came from, the nearest last."""

    job: Job
    model: Model | None
    """None: not chosen, or not in the catalogue any more."""
    forebears: tuple[Forebear, ...] = ()
    has_earlier: bool = False
    """There is more before the first of them."""
