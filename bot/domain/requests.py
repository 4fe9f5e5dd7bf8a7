"""What a member may ask of a model, and what is wrong with what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from bot.domain.addresses import is_public_address, reads_as_address
from bot.domain.catalog import ADAPTIVE_RATIO, AUTO_RATIO, Medium, Model
from bot.domain.problems import Problem, ProblemCode

REFERENCE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
REFERENCE_MAX_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture to go by: a file given to Discord, or a link that the member typed.

    `filename`, `content_type` and `size_bytes` are Discord's words on the file; of a link nothing is known ("", None).
    """

    url: str
    is_attachment: bool = False
    filename: str = ""
    content_type: str | None = None
    size_bytes: int | None = None

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
    """The fields of `niji7Options` (MeiGen API, Generate v2); None leaves one to the upstream's default."""

    stylize: float | None = None
    chaos: float | None = None
    weird: float | None = None
    raw: bool | None = None
    iw: float | None = None
    sref: str | None = None
    sw: float | None = None
    sv: float | None = None
    quality: str | None = None


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


def check(request: GenerationRequest, model: Model | None) -> tuple[Problem, ...]:
    """All that `model` cannot do of `request`; without a model (None) only what no model could."""
    found = [*_prompt_problems(request.prompt, model), *_reference_problems(request, model)]
    if model is not None:
        found += _choice_problems(request, model)
    return tuple(found)


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
    tier = request.tier or model.default_tier
    if request.tier and request.tier not in model.tiers:
        yield problem(ProblemCode.TIER_UNSUPPORTED, request.tier, model.tiers)
    resolutions = model.tier_resolutions.get(tier or "", model.resolutions)
    if request.resolution and request.resolution not in resolutions:
        yield problem(ProblemCode.RESOLUTION_UNSUPPORTED, request.resolution, resolutions)
    if request.quality and request.quality not in model.qualities:
        yield problem(ProblemCode.QUALITY_UNSUPPORTED, request.quality, model.qualities)
    if request.duration_seconds is not None and request.duration_seconds not in model.durations:
        yield problem(
            ProblemCode.DURATION_UNSUPPORTED, request.duration_seconds, tuple(str(d) for d in model.durations)
        )
    if request.reference_video and not model.takes_reference_video:
        yield problem(ProblemCode.REFERENCE_VIDEO_UNSUPPORTED, request.reference_video, ())


def _ratio_problems(request: GenerationRequest, model: Model) -> Iterator[Problem]:
    ratio = request.aspect_ratio
    if ratio is None or ratio == AUTO_RATIO:
        return
    if ratio not in model.ratios:
        yield Problem(ProblemCode.RATIO_UNSUPPORTED, ratio, (AUTO_RATIO, *model.ratios), model_name=model.name)
    elif ratio == ADAPTIVE_RATIO and not (request.references or request.reference_video):
        yield Problem(ProblemCode.ADAPTIVE_NEEDS_REFERENCE, ratio, model_name=model.name)


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
        if not reference.is_attachment and not is_public_https(reference.url):
            yield Problem(ProblemCode.REFERENCE_NOT_PUBLIC, name)
        if reference.content_type is not None and _bare_type(reference.content_type) not in REFERENCE_TYPES:
            yield Problem(ProblemCode.REFERENCE_NOT_IMAGE, name, REFERENCE_TYPES)
        if reference.size_bytes is not None and reference.size_bytes > REFERENCE_MAX_BYTES:
            yield Problem(ProblemCode.REFERENCE_TOO_LARGE, name, limit=REFERENCE_MAX_BYTES)
        if reference.size_bytes == 0:
            yield Problem(ProblemCode.REFERENCE_NOT_IMAGE, name, REFERENCE_TYPES)


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
