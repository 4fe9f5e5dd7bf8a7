"""What services tell: facts for a card or an answer, ready to be put into words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.domain.catalog import Model
from bot.domain.gate import PauseReason
from bot.domain.jobs import Job

REDRAW_SECONDS = 60.0
REDRAW_PART = 0.25


@dataclass(frozen=True, slots=True)
class ShownMedia:
    """One result on a card: a file to attach, or a link where there is no file (`path` None)."""

    url: str
    path: Path | None = None
    content_type: str = ""
    size_bytes: int = 0
    is_too_large: bool = False
    """There is no file because it is over what Discord takes."""
    is_gone: bool = False
    """There is no file because the upstream does not have it any more."""


@dataclass(frozen=True, slots=True)
class ShownReference:
    """A reference on a card: a file to attach now, or one that the message carries already (`attachment_id`)."""

    filename: str
    url: str
    path: Path | None = None
    attachment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued job's real figures. Seconds from now; None where not known."""

    position: int
    wait_seconds: float | None
    pause_reason: PauseReason | None = None
    paused_until: float | None = None

    @property
    def redraw_after_seconds(self) -> float:
        """When the place is worth showing anew: once a quarter of the wait has passed, at most once a minute."""
        return max(REDRAW_SECONDS, REDRAW_PART * (self.wait_seconds or 0.0))


@dataclass(frozen=True, slots=True)
class CardView:
    """All that a card shows of a job."""

    job: Job
    model: Model | None
    """None: not chosen (the upstream's default) or not in the catalogue any more."""
    now: float
    waiting: Waiting | None = None
    """While queued."""
    usual_seconds: float | None = None
    """How long this model usually takes; None: not known."""
    media: tuple[ShownMedia, ...] = ()
    references: tuple[ShownReference, ...] = ()
    mentions_member: bool = False


@dataclass(frozen=True, slots=True)
class AccountCredits:
    """An upstream's balance as last told; None: never told."""

    provider: str
    purchased_credits: int | None
    is_unlimited: bool
    told_at: float | None
    pause_reason: PauseReason | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Credits of a guild or a member: spent since the day began, and reserved by what is under way."""

    spent_credits: int
    reserved_credits: int
    jobs: int


@dataclass(frozen=True, slots=True)
class CreditsView:
    """What `/credits` tells. `guild` is None in direct messages."""

    accounts: tuple[AccountCredits, ...]
    guild: Usage | None
    member: Usage
    day_began_at: float
