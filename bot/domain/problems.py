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
    RATIO_UNKNOWN = "ratio_unknown"
    """No model at hand has it, or none has it always."""
    ADAPTIVE_NEEDS_REFERENCE = "adaptive_needs_reference"
    RESOLUTION_UNSUPPORTED = "resolution_unsupported"
    QUALITY_UNSUPPORTED = "quality_unsupported"
    TIER_UNSUPPORTED = "tier_unsupported"
    DURATION_UNSUPPORTED = "duration_unsupported"
    FLAG_UNKNOWN = "flag_unknown"
    """`allowed`: the flags that there are."""
    FLAG_VALUE = "flag_value"
    """`given`: flag and value; nothing `allowed`: a number, or any text."""
    OPTION_TWICE = "option_twice"
    """`given`: the flag; `allowed`: the two values."""
    OPTION_UNSUPPORTED = "option_unsupported"
    """`given`: flags; `allowed`: names of the models that take them."""
    OPTION_OUT_OF_RANGE = "option_out_of_range"
    """`given`: flag and value; `allowed`: least and most."""
    OPTION_NOT_WHOLE = "option_not_whole"
    """As OPTION_OUT_OF_RANGE."""
    REFERENCE_TYPE_NEEDS_REFERENCE = "reference_type_needs_reference"
    TOO_MANY_REFERENCES = "too_many_references"
    REFERENCE_EMPTY = "reference_empty"
    """A file of no bytes."""
    REFERENCE_NOT_IMAGE = "reference_not_image"
    REFERENCE_NOT_PUBLIC = "reference_not_public"
    REFERENCE_TOO_LARGE = "reference_too_large"
    REFERENCE_GONE = "reference_gone"
    REFERENCE_VIDEO_UNSUPPORTED = "reference_video_unsupported"
    REFERENCE_VIDEO_LENGTH_UNKNOWN = "reference_video_length_unknown"
    CHANNEL_NOT_WRITABLE = "channel_not_writable"
    DIRECT_MESSAGES_OFF = "direct_messages_off"
    QUEUE_FULL_MEMBER = "queue_full_member"
    QUEUE_FULL_GUILD = "queue_full_guild"
    NO_ACCOUNT = "no_account"
    ALREADY_PRESSED = "already_pressed"
    NOT_YOURS = "not_yours"
    JOB_UNKNOWN = "job_unknown"
    DRAFT_GONE = "draft_gone"
    """Started, discarded, or older than a day."""
    RESULT_GONE = "result_gone"
    """Neither the upstream nor Discord has it any more."""
    NO_PICTURE = "no_picture"
    """The message that was pointed at has none."""
    NO_MODEL = "no_model"
    """No model at hand can do this."""
    VIDEO_NOT_MEASURED = "video_not_measured"
    """Its length, which a continuation is paid by, cannot be told now."""
    FILE_NOT_TEXT = "file_not_text"
    FILE_TOO_LARGE = "file_too_large"
    FILE_UNREADABLE = "file_unreadable"
    GALLERY_WORDS_MISSING = "gallery_words_missing"
    GALLERY_LINK_STRANGE = "gallery_link_strange"
    """A link without the id of a gallery picture."""
    GALLERY_UNKNOWN = "gallery_unknown"
    """`given`: the id that the gallery does not know."""
    GALLERY_DOWN = "gallery_down"
    SEARCH_DOWN = "search_down"
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
