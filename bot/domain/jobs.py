"""A job: one request of one member on its way, and the moves that it may make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bot.domain.catalog import Medium
from bot.domain.problems import Problem
from bot.domain.requests import ANYWHERE, Circumstances, GenerationRequest


class JobState(StrEnum):
    """Where a job stands. The last five are ends, though `timed_out` and `unknown` may still be rescued."""

    OFFERED = "offered"
    """Stored, and the answer to the member not known to have arrived."""
    QUEUED = "queued"
    """Accepted; waits for the gate and its turn."""
    SUBMITTING = "submitting"
    """Claimed: the POST may be on its way, and may cost."""
    RUNNING = "running"
    """The upstream has it."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    """Not finished at the deadline; looked at a few more times."""
    UNKNOWN = "unknown"
    """Submitted without a readable answer: it may have been charged."""


_J = JobState

LEGAL_MOVES: Mapping[JobState, frozenset[JobState]] = MappingProxyType(
    {
        _J.OFFERED: frozenset({_J.QUEUED, _J.CANCELLED}),
        _J.QUEUED: frozenset({_J.SUBMITTING, _J.CANCELLED, _J.FAILED}),
        _J.SUBMITTING: frozenset({_J.RUNNING, _J.QUEUED, _J.CANCELLED, _J.FAILED, _J.UNKNOWN}),
        _J.RUNNING: frozenset({_J.SUCCEEDED, _J.FAILED, _J.CANCELLED, _J.TIMED_OUT}),
        _J.SUCCEEDED: frozenset(),
        _J.FAILED: frozenset(),
        _J.CANCELLED: frozenset(),
        _J.TIMED_OUT: frozenset({_J.SUCCEEDED, _J.FAILED}),
        # A late answer, or a listing, tells what became of it.
        _J.UNKNOWN: frozenset({_J.RUNNING, _J.FAILED, _J.QUEUED, _J.CANCELLED}),
    }
)

FINAL_STATES = frozenset({_J.SUCCEEDED, _J.FAILED, _J.CANCELLED, _J.TIMED_OUT, _J.UNKNOWN})

DEADLINE_SECONDS: Mapping[Medium, float] = MappingProxyType({Medium.IMAGE: 300.0, Medium.VIDEO: 600.0})
"""From the upstream's answer on: what is not finished then counts as timed out."""


class FailureCode(StrEnum):
    """Why a job ended without a result."""

    REJECTED = "rejected"
    """By the upstream, before it began; its words are in the message."""
    OUT_OF_CREDITS = "out_of_credits"
    GENERATION_FAILED = "generation_failed"
    """By the upstream, while it worked; the credits come back."""
    REFERENCE_GONE = "reference_gone"
    CANCELLED_BY_MEMBER = "cancelled_by_member"
    CARD_NEVER_SHOWN = "card_never_shown"
    CARD_DELETED = "card_deleted"
    GUILD_LEFT = "guild_left"
    """Easel was removed from the server that it waited in."""
    ASKED_AGAIN = "asked_again"
    """The upstream refused it long after it was sent, and its member had asked for it again meanwhile."""
    NOT_ALLOWED = "not_allowed"
    """When its turn came, limits that hold since stood against it."""
    CANCELLED_BY_MODERATOR = "cancelled_by_moderator"
    CANCELLED_UPSTREAM = "cancelled_upstream"
    KEY_REMOVED = "key_removed"
    """There is no key for that upstream any more, neither the server's own nor the operator's."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`message` is the upstream's own reason, "" where it gave none. Credits are None where it did not say."""

    code: FailureCode
    message: str = ""
    required_credits: int | None = None
    available_credits: int | None = None
    supported_ratios: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What stood against it, of NOT_ALLOWED."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the upstream made: links to media, and the ratio that was really used (None: not told)."""

    media_urls: tuple[str, ...]
    aspect_ratio: str | None = None
    expires_at: float | None = None
    """When the links die (epoch seconds); None: not told."""


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the job table. Times are UTC epoch seconds, None while the thing has not happened."""

    id: int
    account_id: int
    flow_id: int
    """Whose turn it takes: the guild's id, or minus the user's id in direct messages."""
    guild_id: int | None
    channel_id: int
    user_id: int
    provider: str
    state: JobState
    request: GenerationRequest
    model_id: str | None
    """As the upstream told; until then as asked for (None: its default)."""
    is_private: bool
    parent_id: int | None
    """The job whose button made this one."""
    reserved_credits: int | None
    """Estimated at the door; None where the catalogue has no price."""
    charged_credits: int | None
    """What the upstream said that it took; 0 once it gave it back."""
    generation_id: str | None
    progress_percent: int | None
    result: Result | None
    failure: Failure | None
    cancel_asked_at: float | None
    created_at: float
    queued_at: float | None
    submitted_at: float | None
    answered_at: float | None
    finished_at: float | None
    preceding_tasks: int | None = None
    """How many the upstream makes before it; None once it has begun, or where that is not told."""
    begun_at: float | None = None
    """Not before this did the upstream begin, where it keeps a line of its own; None: not told."""
    cancel_code: FailureCode | None = None
    """Why it shall be cancelled, once that was asked for; None: its member wants it."""
    forget_asked_at: float | None = None
    """When its member asked to be forgotten. Once it has ended, nothing is left of its words and results."""
    circumstances: Circumstances = ANYWHERE

    @property
    def unwanted_code(self) -> FailureCode:
        """Why it is cancelled, where it is."""
        return self.cancel_code or FailureCode.CANCELLED_BY_MEMBER

    @property
    def medium(self) -> Medium:
        return self.request.medium

    @property
    def media_urls(self) -> tuple[str, ...]:
        """Links to what came of it; empty until it has succeeded."""
        return self.result.media_urls if self.state is JobState.SUCCEEDED and self.result is not None else ()

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES


def flow_of(guild_id: int | None, user_id: int) -> int:
    """A guild is one flow; so is each person in direct messages."""
    return guild_id if guild_id is not None else -user_id
