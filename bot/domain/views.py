"""What services tell: facts for a card or an answer, ready to be put into words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.domain.catalog import Model, Skill
from bot.domain.gate import PauseReason
from bot.domain.jobs import Job, JobState
from bot.domain.limits import House, Limits
from bot.domain.policy import Use
from bot.domain.progress import Pace

REDRAW_SECONDS = 60.0
REDRAW_PART = 0.25
REDRAW_GRID_SECONDS = 10.0


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


class Hold(StrEnum):
    """Why a job waits although it might be its turn."""

    PAUSED = "paused"
    """By the guild's moderators."""
    GUILD_BUSY = "guild_busy"
    """As many of the guild's are being made as its moderators let."""
    MEMBER_BUSY = "member_busy"
    """The same of the member's."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued job's real figures. Seconds from now; None where not known."""

    position: int
    wait_seconds: float | None
    pause_reason: PauseReason | None = None
    paused_until: float | None = None
    hold: Hold | None = None

    def redraw_at(self, now: float) -> float:
        """When the place is worth showing anew, in epoch seconds like `now`.

        Once a quarter of the wait has passed, at most once a minute, and not in a pause: nothing moves in it. On a
        grid, so that a thousand cards wake the process together.
        """
        moves_at = max(now, self.paused_until or now)
        wait_seconds = max(0.0, (self.wait_seconds or 0.0) - (moves_at - now))
        at = max(now + REDRAW_SECONDS, moves_at + REDRAW_PART * wait_seconds)
        return math.ceil(at / REDRAW_GRID_SECONDS) * REDRAW_GRID_SECONDS


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A job that another went on from, and where its card stands (None: nowhere that others see)."""

    job_id: int
    url: str | None
    is_source: bool = False
    """A video that this one continues, by way of the parts between them."""


@dataclass(frozen=True, slots=True)
class CardView:
    """All that a card shows of a job."""

    job: Job
    model: Model | None
    """None: not chosen (the upstream's default) or not in the catalogue any more."""
    now: float
    waiting: Waiting | None = None
    """While queued."""
    pace: Pace | None = None
    """How long this model usually takes; None: not known."""
    media: tuple[ShownMedia, ...] = ()
    references: tuple[ShownReference, ...] = ()
    mentions_member: bool = False
    only: int | None = None
    """The one candidate (from 1) that is shown, away from its card; None: all."""
    ancestors: tuple[Ancestor, ...] = ()
    """What it goes on from, the nearest last."""
    balance_credits: int | None = None
    """While it waits: what is left, as last told; None: not known, or without limit."""
    is_own_key: bool = False
    """The guild's own key pays for it."""
    is_spoiler: bool = False
    """What it shows is covered until somebody wants to see it."""
    skills: frozenset[Skill] = frozenset(Skill)
    """Of all upstreams that there are keys for where it was asked: what can be gone on to."""

    @property
    def running_seconds(self) -> float:
        """Since the upstream makes it, as far as that is known."""
        job = self.job
        return max(0.0, self.now - (job.begun_at or job.answered_at or job.submitted_at or self.now))

    @property
    def redraw_at(self) -> float | None:
        """When it will look otherwise though nothing happens (epoch seconds); None: never."""
        if self.waiting is not None:
            return None if self.waiting.pause_reason is PauseReason.KEY_LOCKED else self.waiting.redraw_at(self.now)
        is_guessed = self.job.state is JobState.RUNNING and self.job.progress_percent is None
        if not is_guessed or self.pace is None:
            return None
        step = self.pace.next_step_after(self.running_seconds)
        return None if step is None else self.now + step - self.running_seconds


@dataclass(frozen=True, slots=True)
class AccountCredits:
    """An upstream's balance as last told; None: never told."""

    provider: str
    purchased_credits: int | None
    is_unlimited: bool
    told_at: float | None
    pause_reason: PauseReason | None
    is_own: bool = False
    """The guild brought the key itself."""
    paused_until: float = 0.0
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Credits of a guild or a member: spent since the day began, and reserved by what is under way."""

    spent_credits: int
    reserved_credits: int
    jobs: int
    unpriced: int = 0
    """Of these, those whose cost is not known."""


@dataclass(frozen=True, slots=True)
class CreditsView:
    """What `/credits` tells. `guild` is None in direct messages."""

    accounts: tuple[AccountCredits, ...]
    guild: Usage | None
    member: Usage
    day_began_at: float


@dataclass(frozen=True, slots=True)
class LimitsView:
    """All that a moderator sees of what is set."""

    guild_id: int
    chosen: Limits
    """As the guild has it, above the ceiling or not."""
    house: House
    use: Use
    """Today and this month, of the guild; what it tells of a member is the moderator's own."""
    models: tuple[Model, ...]
    now: float
    log_closed_since: float | None = None
    """When an entry could not be written in the log channel, and none could since (epoch seconds)."""

    @property
    def held(self) -> Limits:
        """As it holds."""
        return self.house.capped(self.chosen)
