"""One generation, as the audit trail tells of it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.catalog import Medium
from bot.domain.jobs import Failure, JobState


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """Links are unsigned; times are epoch seconds."""

    id: int
    user_id: int
    channel_id: int
    is_private: bool
    medium: Medium
    model_id: str | None
    """None: the upstream's default."""
    prompt: str | None
    """None: forgotten, or not kept any more."""
    state: JobState
    failure: Failure | None
    charged_credits: int | None
    reserved_credits: int | None
    asked_at: float
    ended_at: float | None
    result_urls: tuple[str, ...]
    card_url: str | None
    """Where others can see it."""
