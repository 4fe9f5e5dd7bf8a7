"""Why a request is not taken: a code and its data; the sentence is in `bot.ui.texts`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProblemCode(StrEnum):
    """One reason each."""

    PROMPT_EMPTY = "prompt_empty"
    PROMPT_TOO_SHORT = "prompt_too_short"
    PROMPT_TOO_LONG = "prompt_too_long"
    MODEL_UNKNOWN = "model_unknown"
    CATALOGUE_UNKNOWN = "catalogue_unknown"
    """The upstream has not told yet what it can make."""
    MODEL_WRONG_MEDIUM = "model_wrong_medium"
    RATIO_UNSUPPORTED = "ratio_unsupported"
    ADAPTIVE_NEEDS_REFERENCE = "adaptive_needs_reference"
    RESOLUTION_UNSUPPORTED = "resolution_unsupported"
    QUALITY_UNSUPPORTED = "quality_unsupported"
    TIER_UNSUPPORTED = "tier_unsupported"
    DURATION_UNSUPPORTED = "duration_unsupported"
    TOO_MANY_REFERENCES = "too_many_references"
    REFERENCE_NOT_IMAGE = "reference_not_image"
    REFERENCE_NOT_PUBLIC = "reference_not_public"
    REFERENCE_TOO_LARGE = "reference_too_large"
    REFERENCE_GONE = "reference_gone"
    REFERENCE_VIDEO_UNSUPPORTED = "reference_video_unsupported"
    CHANNEL_NOT_WRITABLE = "channel_not_writable"
    DIRECT_MESSAGES_OFF = "direct_messages_off"
    QUEUE_FULL_MEMBER = "queue_full_member"
    QUEUE_FULL_GUILD = "queue_full_guild"
    NO_ACCOUNT = "no_account"
    ALREADY_PRESSED = "already_pressed"
    NOT_YOURS = "not_yours"
    JOB_UNKNOWN = "job_unknown"
    STORE_FAILING = "store_failing"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Problem:
    """`given` was asked for, `allowed` can be asked for instead, `limit` is a number that the sentence names."""

    code: ProblemCode
    given: str = ""
    allowed: tuple[str, ...] = ()
    limit: float | None = None
    model_name: str = ""
