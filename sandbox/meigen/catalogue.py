"""The models of the stand-in as MeiGen's documents list them, and the answer of `GET /api/models`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GEMINI_RATIOS = ("1:1", "3:4", "4:5", "2:3", "9:16", "4:3", "5:4", "3:2", "16:9", "21:9")
SEEDREAM_RATIOS = ("1:1", "3:4", "4:3", "16:9", "9:16", "3:2", "2:3", "21:9")
FLUX_RATIOS = ("1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3")
MIDJOURNEY_RATIOS = ("1:1", "4:3", "3:2", "16:9", "3:4", "2:3", "9:16")
SEEDANCE_FLOOR = dict(zip(range(4, 16), (7, 9, 10, 12, 14, 15, 17, 19, 20, 22, 24, 25), strict=True))


@dataclass(frozen=True, slots=True)
class Model:
    """One model. Empty tuples and mappings: it offers no choice there; None: the documents give no such figure."""

    id: str
    name: str
    provider: str
    ratios: tuple[str, ...]
    typical_seconds: tuple[float, float]
    """Half of all generations, and nine in ten, take no longer than this."""
    credits: int | None = None
    """`credits_per_generation`; what is charged only where no table below says otherwise."""
    media_type: str = "image"
    max_references: int = 0
    prompt_characters: tuple[int, int | None] = (1, None)
    outputs: int = 1
    resolutions: tuple[str, ...] = ()
    default_resolution: str | None = None
    qualities: tuple[str, ...] = ()
    default_quality: str | None = None
    tiers: tuple[str, ...] = ()
    default_tier: str | None = None
    tier_resolutions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    durations: tuple[int, ...] = ()
    default_duration: int | None = None
    by_quality: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    by_resolution: Mapping[str, int] = field(default_factory=dict)
    per_call: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    per_second: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    per_second_with_video: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    billable_floor: Mapping[int, int] = field(default_factory=dict)
    takes_reference_video: bool = False
    unlisted_per_second: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Rates that are charged and appear nowhere: the documents lack them, so they are the sandbox's own choice."""
    unlisted_per_second_with_video: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    options: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Numbers of `niji7Options`: least and most. With them come `raw`, `sref` and `referenceType`."""
    option_qualities: tuple[str, ...] = ()
    """What `niji7Options.quality` can be."""
    is_retired: bool = False

    def __deepcopy__(self, memo: object) -> Model:
        """Copies of a world share what never changes."""
        return self


MODELS = (
    Model(
        id="gpt-image-2",
        name="GPT Image 2.0",
        provider="OpenAI",
        ratios=("1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "5:4", "4:5", "21:9", "9:21"),
        typical_seconds=(45, 75),
        credits=2,
        max_references=5,
        resolutions=("1K", "2K", "4K"),
        default_resolution="1K",
        qualities=("low", "medium", "high"),
        default_quality="low",
        by_quality={
            "1K": {"low": 2, "medium": 10, "high": 18},
            "2K": {"low": 5, "medium": 20, "high": 40},
            "4K": {"low": 10, "medium": 32, "high": 80},
        },
    ),
    Model(
        id="nanobanana-2",
        name="Nanobanana 2",
        provider="Google",
        ratios=(
            *("1:1", "3:4", "4:5", "2:3", "9:16", "1:4", "1:8"),
            *("4:3", "5:4", "3:2", "16:9", "21:9", "4:1", "8:1"),
        ),
        typical_seconds=(38, 60),
        credits=5,
        max_references=5,
        prompt_characters=(5, 4000),
        resolutions=("2K", "4K"),
        default_resolution="2K",
    ),
    Model(
        id="gemini-3-pro-image-preview",
        name="Nanobanana Pro",
        provider="Google",
        ratios=GEMINI_RATIOS,
        typical_seconds=(45, 80),
        credits=10,
        max_references=5,
        prompt_characters=(5, 4000),
        resolutions=("2K", "4K"),
        default_resolution="2K",
    ),
    Model(
        id="seedream-5.0-lite",
        name="Seedream 5.0 Lite",
        provider="ByteDance",
        ratios=SEEDREAM_RATIOS,
        typical_seconds=(35, 55),
        credits=5,
        max_references=5,
        prompt_characters=(5, 2000),
        resolutions=("2K", "3K"),
        default_resolution="2K",
    ),
    Model(
        id="seedream-4.5",
        name="Seedream 4.5",
        provider="ByteDance",
        ratios=SEEDREAM_RATIOS,
        typical_seconds=(17, 30),
        credits=5,
        max_references=5,
        prompt_characters=(5, 2000),
        resolutions=("2K", "4K"),
        default_resolution="2K",
    ),
    Model(
        id="midjourney-v8.1",
        name="Midjourney V8.1",
        provider="Midjourney",
        ratios=MIDJOURNEY_RATIOS,
        typical_seconds=(45, 70),
        credits=15,
        max_references=1,
        prompt_characters=(1, 8192),
        outputs=4,
        options={"stylize": (0, 1000), "chaos": (0, 100), "iw": (0, 2), "sw": (0, 1000)},
        option_qualities=("1", "4"),
        resolutions=("1K", "2K"),
        default_resolution="1K",
        by_resolution={"1K": 15, "2K": 20},
    ),
    Model(
        id="flux2-klein",
        name="Flux 2 Klein",
        provider="Black Forest Labs",
        ratios=FLUX_RATIOS,
        typical_seconds=(18, 30),
        credits=2,
    ),
    Model(
        id="z-image-turbo",
        name="Z Image Turbo",
        provider="Alibaba",
        ratios=("1:1", "2:3", "3:2", "3:4", "4:3", "7:9", "9:7", "9:16", "9:21", "16:9", "21:9"),
        typical_seconds=(12, 20),
        credits=2,
        prompt_characters=(5, 4000),
    ),
    Model(
        id="seedance-2-0",
        name="Seedance 2.0",
        provider="ByteDance",
        ratios=("adaptive", "16:9", "4:3", "1:1", "3:4", "9:16", "21:9"),
        typical_seconds=(120, 240),
        credits=60,
        media_type="video",
        max_references=5,
        resolutions=("480p", "720p", "1080p"),
        default_resolution="480p",
        tiers=("fast", "pro"),
        default_tier="fast",
        tier_resolutions={"fast": ("480p", "720p"), "pro": ("480p", "720p", "1080p")},
        durations=tuple(range(4, 16)),
        default_duration=5,
        per_second={"fast": {"480p": 13, "720p": 20}, "pro": {"480p": 14, "720p": 22, "1080p": 42}},
        per_second_with_video={"fast": {"480p": 8, "720p": 14}, "pro": {"720p": 16, "1080p": 28}},
        unlisted_per_second_with_video={"pro": {"480p": 9}},
        billable_floor=SEEDANCE_FLOOR,
        takes_reference_video=True,
    ),
    Model(
        id="happyhorse-1.0",
        name="Happyhorse 1.0",
        provider="Alibaba",
        ratios=("16:9", "9:16", "1:1", "4:3", "3:4"),
        typical_seconds=(90, 120),
        media_type="video",
        max_references=1,
        resolutions=("720p", "1080p"),
        default_resolution="720p",
        durations=tuple(range(3, 16)),
        default_duration=5,
        unlisted_per_second={"": {"720p": 15, "1080p": 25}},
    ),
    Model(
        id="veo-3.1",
        name="Veo 3.1",
        provider="Google",
        ratios=("16:9", "9:16"),
        typical_seconds=(150, 420),
        credits=80,
        media_type="video",
        max_references=2,
        resolutions=("720p", "1080p"),
        default_resolution="720p",
        tiers=("fast", "pro"),
        default_tier="fast",
        durations=(4, 6, 8),
        default_duration=4,
        per_call={"fast": {4: 80, 6: 125, 8: 165}, "pro": {4: 220, 6: 330, 8: 435}},
    ),
    # Of March 2026 (Generate v2). Its ratios, resolutions, times and prompt length are told nowhere: the first are
    # those of its successor.
    Model(
        id="midjourney-niji7",
        name="Midjourney Niji 7",
        provider="Midjourney",
        ratios=MIDJOURNEY_RATIOS,
        typical_seconds=(45, 70),
        credits=15,
        max_references=1,
        outputs=4,
        options={
            "stylize": (0, 1000),
            "chaos": (0, 100),
            "weird": (0, 3000),
            "iw": (0, 3),
            "sw": (0, 1000),
            "sv": (1, 4),
        },
    ),
    # Retired in April 2026 and documented no more: ratios, price and times are the sandbox's own choice.
    Model(
        id="rhart-1.5",
        name="GPT Image 1.5",
        provider="OpenAI",
        ratios=("1:1", "2:3", "3:2"),
        typical_seconds=(40, 70),
        credits=5,
        max_references=5,
        is_retired=True,
    ),
)
BY_ID = {model.id: model for model in MODELS}
DEFAULT_MODEL_ID = "gpt-image-2"
RETIRED_BY_SUMMER = ("midjourney-niji7",)
OLD_NAMES = {"midjourney-v7": "midjourney-v8.1"}
"""Ids that are still taken, for the model that took their place."""


def listing(model: Model, time_scale: float) -> dict[str, object]:
    """One entry of List Models as of the summer; `estimatedTiming` in seconds of the sandbox's own, scaled time."""
    typical, slow = model.typical_seconds
    entry = march_listing(model)
    entry["is_default"] = model.id == DEFAULT_MODEL_ID
    entry["estimatedTiming"] = {"p50": round(typical * time_scale, 2), "p90": round(slow * time_scale, 2)}
    return entry


def march_listing(model: Model) -> dict[str, object]:
    """One entry of List Models, without what came later than spring."""
    return {
        "id": model.id,
        "name": model.name,
        "provider": model.provider,
        "credits_per_generation": model.credits,
        "supported_ratios": list(model.ratios),
        "max_reference_images": model.max_references,
        "media_type": model.media_type,
        "extra_config": _extra_config(model),
    }


def _extra_config(model: Model) -> dict[str, object]:
    extra: dict[str, object] = {
        "resolutions": list(model.resolutions),
        "defaultResolution": model.default_resolution,
        "qualities": list(model.qualities),
        "defaultQuality": model.default_quality,
        "pricing": {**model.by_quality, **model.by_resolution},
        "tiers": list(model.tiers),
        "defaultTier": model.default_tier,
        "tierResolutions": {tier: list(resolutions) for tier, resolutions in model.tier_resolutions.items()},
        "durations": list(model.durations),
        "defaultDuration": model.default_duration,
        "pricingPerSec": model.per_second,
        "pricingPerSecWithVideo": model.per_second_with_video,
        "minBillableTable": {str(seconds): floor for seconds, floor in model.billable_floor.items()},
        "pricingPerCall": {tier: {str(s): cost for s, cost in row.items()} for tier, row in model.per_call.items()},
        "supportsReferenceVideo": model.takes_reference_video or None,
    }
    return {key: value for key, value in extra.items() if value}
