"""What a member's own requests look like afterwards: pages of what is over, and of what is under way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.domain.catalog import Medium
from bot.domain.jobs import Job
from bot.domain.views import CardView

MODEL_LIMIT = 48
"""So much of a model's id chooses it: more does not fit a button's custom_id."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is chosen out of a history; None: everything. `model_id` counts up to MODEL_LIMIT characters."""

    medium: Medium | None = None
    model_id: str | None = None


@dataclass(frozen=True, slots=True)
class PastJob:
    """A member's job, and where its card stands."""

    job: Job
    url: str | None
    """The link to its card; None: there is none to go to (private, deleted, never shown)."""
    is_undelivered: bool = False
    """There was no way to show its end."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One job of a history."""

    past: PastJob
    model_name: str | None
    """None: the upstream's own choice, not known yet."""
    picture: Path | None = None
    """A small JPEG of its first result; None: there is none at hand."""
    is_gone: bool = False
    """Its first result is neither here nor upstream."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some jobs of a member, newest first."""

    user_id: int
    wanted: Wanted
    wanted_name: str | None
    """How the model that is wanted is called."""
    entries: tuple[HistoryEntry, ...]
    number: int
    """From 0."""
    has_next: bool


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A job under way."""

    view: CardView
    url: str | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """What is under way of a member, everywhere: first what is being made, then what waits, oldest first."""

    user_id: int
    entries: tuple[QueueEntry, ...]
    number: int
    """From 0."""
    has_next: bool
    waiting: int
    """How many wait, on all pages."""
    working: int
    """How many are being made."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many jobs of a member were forgotten, and how many of them will be once they have ended."""

    jobs: int
    under_way: int
