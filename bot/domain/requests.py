"""What a member may ask of a model, and what is wrong with what was asked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import parse_qs, urlsplit

from bot.domain.addresses import is_public_address, reads_as_address
from bot.domain.catalog import ADAPTIVE_RATIO, AUTO_RATIO, Medium, Model
from bot.domain.midjourney import REFERENCE_KINDS, option_set
from bot.domain.problems import Problem, ProblemCode

OptionValue: TypeAlias = str | float | bool

REFERENCE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
REFERENCE_MAX_BYTES = 25 * 1024 * 1024
# Where nobody says of what type a file is, these endings tell what it is not.
_NO_PICTURE = re.compile(
    r".*\.(avif|bmp|docx?|gz|hei[cf]|html?|mkv|mov|mp[34]|pdf|psd|svg|tiff?|txt|wav|webm|zip)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture to go by: a file given to Discord, or a link that the member typed.

    `filename`, `content_type` and `size_bytes` are Discord's words on the file; of a link nothing is known ("", None).
    """

    url: str
    is_attachment: bool = False
    is_result: bool = False
    """One of our own results, by the upstream's link: it needs no check."""
    filename: str = ""
    content_type: str | None = None
    size_bytes: int | None = None

    @property
    def is_signed(self) -> bool:
        """Whether the query of its link is a signature, and so a secret."""
        return self.is_attachment or self.is_result

    @property
    def expires_at(self) -> float | None:
        """When a signed link of Discord's dies (epoch seconds, from its `ex`); None for any other link."""
        if not self.is_attachment:
            return None
        try:
            stamp = parse_qs(urlsplit(self.url).query).get("ex")
            return float(int(stamp[0], 16)) if stamp else None
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class MidjourneyOptions:
    """The fields of `niji7Options` (MeiGen API, Generate v2); None leaves one to the upstream's default.

    Its `quality` is the `quality` of the request.
    """

    stylize: float | None = None
    chaos: float | None = None
    weird: float | None = None
    raw: bool | None = None
    iw: float | None = None
    sref: str | None = None
    sw: float | None = None
    sv: float | None = None


OPTION_NAMES = tuple(field.name for field in fields(MidjourneyOptions))
# By the field that they choose, of GenerationRequest or MidjourneyOptions.
_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "aspect_ratio": "--ar",
        "quality": "--quality",
        "reference_type": "--ref",
        **{name: f"--{name}" for name in OPTION_NAMES},
    }
)
FLAG_NAMES = tuple(_FLAGS.values())


def flag(field: str) -> str:
    """The flag that chooses a field: `--ar`."""
    return _FLAGS[field]


def written(value: OptionValue) -> str:
    """A value as it is typed behind a flag: `16:9`, `300`, `true`."""
    if isinstance(value, bool | str):
        return str(value).lower() if isinstance(value, bool) else value
    return str(int(value)) if value == int(value) else repr(value)


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What was asked for; None leaves a choice to the model's default."""

    prompt: str
    medium: Medium = Medium.IMAGE
    model_id: str | None = None
    """None: whatever the upstream's default is."""
    aspect_ratio: str | None = None
    resolution: str | None = None
    quality: str | None = None
    tier: str | None = None
    duration_seconds: int | None = None
    references: tuple[Reference, ...] = ()
    reference_type: str | None = None
    """`content` or `style`, for Midjourney."""
    midjourney: MidjourneyOptions | None = None
    reference_video: str | None = None
    reference_video_seconds: float | None = None
    pose_mode: str | None = None
    multi_view: bool | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What will be made, where the request leaves it to its model; None where there is no such choice."""

    resolution: str | None = None
    quality: str | None = None
    tier: str | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and as whom something was asked; kept with the job, since limits look at it again before it is sent."""

    channel_ids: tuple[int, ...] = ()
    """The channel, what it is a thread of, and its category."""
    role_ids: tuple[int, ...] = ()
    is_age_restricted: bool = False
    made: Made = Made()


ANYWHERE = Circumstances()
"""Where nothing of them is known."""


def made_of(request: GenerationRequest, model: Model | None) -> Made:
    """The request's choices, else its model's own."""
    if model is None:
        return Made(request.resolution, request.quality, request.tier, request.duration_seconds)
    return Made(
        request.resolution or model.default_resolution,
        request.quality or model.default_quality,
        request.tier or model.default_tier,
        request.duration_seconds or model.default_duration,
    )


def check(request: GenerationRequest, model: Model | None, known: Sequence[Model] = ()) -> tuple[Problem, ...]:
    """All that `model` cannot do of `request`; without a model (None) only what no model could.

    `known`: models to name where another one could do it.
    """
    found = [*_prompt_problems(request.prompt, model), *_reference_problems(request, model)]
    if model is not None:
        found += _choice_problems(request, model)
        found += _reference_video_problems(request, model)
    return (*found, *_option_problems(request, model, known))


def _prompt_problems(prompt: str, model: Model | None) -> Iterator[Problem]:
    length = len(prompt)
    if not any(character.isprintable() and not character.isspace() for character in prompt):
        yield Problem(ProblemCode.PROMPT_EMPTY)
    elif model is not None and length < model.prompt_min_characters:
        yield Problem(
            ProblemCode.PROMPT_TOO_SHORT, str(length), limit=model.prompt_min_characters, model_name=model.name
        )
    elif model is not None and model.prompt_max_characters is not None and length > model.prompt_max_characters:
        yield Problem(
            ProblemCode.PROMPT_TOO_LONG, str(length), limit=model.prompt_max_characters, model_name=model.name
        )


def _choice_problems(request: GenerationRequest, model: Model) -> Iterator[Problem]:
    def problem(code: ProblemCode, given: object, allowed: tuple[str, ...]) -> Problem:
        return Problem(code, str(given), allowed, model_name=model.name)

    if model.medium is not request.medium:
        yield problem(ProblemCode.MODEL_WRONG_MEDIUM, request.medium, ())
    yield from _ratio_problems(request, model)
    if request.tier and request.tier not in model.tiers:
        yield problem(ProblemCode.TIER_UNSUPPORTED, request.tier, model.tiers)
    # A tier may not have the resolution that the model has where none is chosen.
    resolution = request.resolution or (model.default_resolution if request.tier else None)
    resolutions = model.resolutions_in(request.tier)
    if resolution and resolution not in resolutions:
        tiers = tuple(tier for tier in model.tiers if resolution in model.resolutions_in(tier))
        if request.resolution and tiers:
            yield problem(ProblemCode.RESOLUTION_OF_OTHER_TIER, resolution, tiers)
        else:
            yield problem(ProblemCode.RESOLUTION_UNSUPPORTED, resolution, resolutions)
    if request.quality and request.quality not in model.qualities:
        yield problem(ProblemCode.QUALITY_UNSUPPORTED, request.quality, model.qualities)
    if request.duration_seconds is not None and request.duration_seconds not in model.durations:
        yield problem(ProblemCode.DURATION_UNSUPPORTED, request.duration_seconds, tuple(map(str, model.durations)))
    if request.pose_mode and request.pose_mode not in model.poses:
        yield problem(ProblemCode.POSE_UNSUPPORTED, request.pose_mode, model.poses)
    if request.multi_view and not model.has_multi_view:
        yield problem(ProblemCode.MULTI_VIEW_UNSUPPORTED, "", ())


def _ratio_problems(request: GenerationRequest, model: Model) -> Iterator[Problem]:
    ratio = request.aspect_ratio
    if ratio is None or ratio == AUTO_RATIO:
        return
    if ratio not in model.ratios:
        yield Problem(ProblemCode.RATIO_UNSUPPORTED, ratio, (AUTO_RATIO, *model.ratios), model_name=model.name)
    elif ratio == ADAPTIVE_RATIO and not (request.references or request.reference_video):
        yield Problem(ProblemCode.ADAPTIVE_NEEDS_REFERENCE, ratio, model_name=model.name)


def _option_problems(request: GenerationRequest, model: Model | None, known: Sequence[Model]) -> Iterator[Problem]:
    """Midjourney's options. Where no model is named nobody takes them: no upstream's default is a Midjourney."""
    kind = request.reference_type
    if kind is not None and kind not in REFERENCE_KINDS:
        yield Problem(ProblemCode.FLAG_VALUE, f"{flag('reference_type')} {kind}", REFERENCE_KINDS)
    elif kind is not None and not request.references:
        yield Problem(ProblemCode.REFERENCE_TYPE_NEEDS_REFERENCE, kind)
    options = request.midjourney or MidjourneyOptions()
    chosen = {"reference_type": kind, **{name: getattr(options, name) for name in OPTION_NAMES}}
    names = [name for name, value in chosen.items() if value is not None]
    if model is not None or request.model_id is None:
        yield from _foreign_options(names, request.medium, model, known)
    if model is not None:
        yield from _range_problems(chosen, model)
    for link in (options.sref or "").split():
        if "://" in link and not is_public_https(link):
            yield Problem(ProblemCode.REFERENCE_NOT_PUBLIC, link)


def _foreign_options(
    names: Sequence[str], medium: Medium, model: Model | None, known: Sequence[Model]
) -> Iterator[Problem]:
    """The options that the model does not take, by the models of that medium that would."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        if not (model and _takes(model, name)):
            takers = tuple(other.name for other in known if other.medium is medium and _takes(other, name))
            found.setdefault(takers, []).append(flag(name))
    for takers, flags in found.items():
        yield Problem(ProblemCode.OPTION_UNSUPPORTED, ", ".join(flags), takers, model_name=model.name if model else "")


def _takes(model: Model, name: str) -> bool:
    options = option_set(model.id)
    return options is not None and options.takes(name)


def _range_problems(chosen: Mapping[str, OptionValue | None], model: Model) -> Iterator[Problem]:
    options = option_set(model.id)
    for name, span in options.ranges.items() if options else ():
        value = chosen[name]
        if not isinstance(value, int | float):
            continue
        code = None
        if not span.least <= value <= span.most:
            code = ProblemCode.OPTION_OUT_OF_RANGE
        elif span.is_whole and value % 1:
            code = ProblemCode.OPTION_NOT_WHOLE
        if code is not None:
            ends = (written(span.least), written(span.most))
            yield Problem(code, f"{flag(name)} {written(value)}", ends, model_name=model.name)


def _reference_video_problems(request: GenerationRequest, model: Model) -> Iterator[Problem]:
    if not request.reference_video:
        return
    seconds = request.reference_video_seconds
    if not model.takes_reference_video:
        yield Problem(ProblemCode.REFERENCE_VIDEO_UNSUPPORTED, request.reference_video, model_name=model.name)
    elif seconds is None or not 0 < seconds < math.inf:
        # Without it the upstream takes it for 0 and charges too little (Generate v2, `referenceVideoDuration`).
        yield Problem(ProblemCode.REFERENCE_VIDEO_LENGTH_UNKNOWN)


def _reference_problems(request: GenerationRequest, model: Model | None) -> Iterator[Problem]:
    if model is not None and len(request.references) > model.max_references:
        yield Problem(
            ProblemCode.TOO_MANY_REFERENCES,
            str(len(request.references)),
            limit=model.max_references,
            model_name=model.name,
        )
    for reference in request.references:
        name = reference.filename or reference.url
        if not reference.is_signed and not is_public_https(reference.url):
            yield Problem(ProblemCode.REFERENCE_NOT_PUBLIC, name)
        if reference.size_bytes == 0:
            yield Problem(ProblemCode.REFERENCE_EMPTY, name)
        elif not _may_be_picture(reference):
            yield Problem(ProblemCode.REFERENCE_NOT_IMAGE, name, REFERENCE_TYPES)
        if reference.size_bytes is not None and reference.size_bytes > REFERENCE_MAX_BYTES:
            yield Problem(ProblemCode.REFERENCE_TOO_LARGE, name, limit=REFERENCE_MAX_BYTES)


def _may_be_picture(reference: Reference) -> bool:
    """By what is said of it, or by its ending where nothing is said."""
    if reference.content_type is not None:
        return _bare_type(reference.content_type) in REFERENCE_TYPES
    return not _NO_PICTURE.fullmatch(reference.filename or reference.url.partition("?")[0].partition("#")[0])


def _bare_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def is_public_https(url: str) -> bool:
    """Whether a link can be handed to an upstream: https, a host name or public address, no user information.

    References go upstream unfetched, so names are not resolved here: the upstream does that from its own network.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or not host or parts.username is not None or port not in (None, 443):
        return False
    if ":" in host or reads_as_address(host):
        return is_public_address(host)
    return "." in host and not host.endswith((".local", ".internal", ".localhost"))
