"""Every option of every model, alone and in pairs, against the stand-in's catalogue: what `check` lets through is taken
by MeiGen, and what MeiGen would refuse is named before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from bot.domain.catalog import ADAPTIVE_RATIO, AUTO_RATIO, Medium, Model
from bot.domain.midjourney import option_set
from bot.domain.problems import ProblemCode
from bot.domain.requests import OPTION_NAMES, GenerationRequest, MidjourneyOptions, Reference, check
from bot.providers.meigen.build import generation_body
from bot.providers.meigen.catalogue import read_models
from sandbox.meigen.catalogue import MODELS, march_listing
from sandbox.meigen.orders import Refusal, read_order

C = ProblemCode
LISTED = [march_listing(model) for model in MODELS if not model.is_retired]
KNOWN = {model.id: model for model in read_models(json.dumps({"models": LISTED}).encode())[0]}
RESOLUTIONS = ("1K", "2K", "3K", "4K", "480p", "720p", "1080p", "8K")
RATIOS = sorted({ratio for model in KNOWN.values() for ratio in model.ratios} | {AUTO_RATIO, "32:9"})
PICTURES = tuple(Reference(f"https://images.example/{n}.png") for n in range(6))
VIDEO = "https://images.example/before.mp4"

NUMBERS = {
    "stylize": (0, 1000, 1001),
    "chaos": (0, 100, 101),
    "weird": (0, 3000, 3001),
    "iw": (0, 2, 2.5, 3, 3.5),
    "sw": (0, 1000, 1001),
    "sv": (0, 1, 4, 5),
}
VALUES: list[tuple[str, Any]] = [
    *((name, value) for name, values in NUMBERS.items() for value in values),
    *(("raw", True), ("raw", False), ("sref", "123")),
]

# name → label → fields; every value that some model takes, and one that none does.
Fields = Mapping[str, object]
OPTIONS: dict[str, dict[str, Fields]] = {
    "ratio": {ratio: {"aspect_ratio": ratio} for ratio in RATIOS},
    "resolution": {resolution: {"resolution": resolution} for resolution in RESOLUTIONS},
    "quality": {quality: {"quality": quality} for quality in ("low", "medium", "high", "1", "4", "best")},
    "tier": {tier: {"tier": tier} for tier in ("fast", "pro", "mini")},
    "duration": {str(seconds): {"duration_seconds": seconds} for seconds in (0, 2, 3, 4, 5, 6, 8, 15, 16)},
    "references": {str(n): {"references": PICTURES[:n]} for n in (1, 2, 5, 6)},
    "video": {
        str(seconds): {"reference_video": VIDEO, "reference_video_seconds": seconds} for seconds in (3.5, 0.0, None)
    },
    "kind": {kind: {"reference_type": kind} for kind in ("content", "style", "mood")},
    "midjourney": {
        f"{name} {value}": {"midjourney": replace(MidjourneyOptions(), **{name: value})} for name, value in VALUES
    },
}
# What belongs together is wrong or right only together.
JOINED = {
    frozenset(pair)
    for pair in (("tier", "resolution"), ("ratio", "references"), ("ratio", "video"), ("kind", "references"))
}


def plain(model: Model) -> GenerationRequest:
    return GenerationRequest("a lighthouse at dusk", model.medium or Medium.IMAGE, model.id)


def codes(request: GenerationRequest, model: Model) -> set[ProblemCode]:
    return {problem.code for problem in check(request, model)}


def refusal(request: GenerationRequest, model: Model | None) -> str | None:
    try:
        read_order(generation_body(request, model))
    except Refusal as error:
        return str(error)
    return None


def unless(is_right: bool, code: ProblemCode) -> set[ProblemCode]:  # noqa: FBT001  a condition
    return set() if is_right else {code}


def expected(model: Model, name: str, fields: Fields) -> set[ProblemCode]:
    """What is wrong with one option alone, by the documents' tables."""
    value = next(iter(fields.values()))
    offered: dict[str, tuple[tuple[object, ...], ProblemCode]] = {
        "ratio": ((AUTO_RATIO, *model.ratios), C.RATIO_UNSUPPORTED),
        "resolution": (model.tier_resolutions.get("fast", model.resolutions), C.RESOLUTION_UNSUPPORTED),
        "quality": (model.qualities, C.QUALITY_UNSUPPORTED),
        "tier": (model.tiers, C.TIER_UNSUPPORTED),
        "duration": (model.durations, C.DURATION_UNSUPPORTED),
    }
    if isinstance(value, tuple):
        return unless(len(value) <= model.max_references, C.TOO_MANY_REFERENCES)
    if isinstance(value, MidjourneyOptions):
        return of_midjourney(model, value)
    if name in offered and value in offered[name][0]:
        return unless(value != ADAPTIVE_RATIO, C.ADAPTIVE_NEEDS_REFERENCE)
    if name == "resolution" and value in model.resolutions:
        return {C.RESOLUTION_OF_OTHER_TIER}
    return {offered[name][1]} if name in offered else of_references(model, fields)


def of_references(model: Model, fields: Fields) -> set[ProblemCode]:
    if "reference_type" in fields:
        wrong = C.FLAG_VALUE if fields["reference_type"] == "mood" else C.REFERENCE_TYPE_NEEDS_REFERENCE
        return {wrong} | unless(option_set(model.id) is not None, C.OPTION_UNSUPPORTED)
    if not model.takes_reference_video:
        return {C.REFERENCE_VIDEO_UNSUPPORTED}
    return unless(bool(fields["reference_video_seconds"]), C.REFERENCE_VIDEO_LENGTH_UNKNOWN)


def of_midjourney(model: Model, options: MidjourneyOptions) -> set[ProblemCode]:
    known = option_set(model.id)
    ((name, value),) = ((n, v) for n in OPTION_NAMES if (v := getattr(options, n)) is not None)
    if known is None or not known.takes(name):
        return {C.OPTION_UNSUPPORTED}
    span = known.ranges.get(name)
    return unless(span is None or span.least <= value <= span.most, C.OPTION_OUT_OF_RANGE)


@pytest.mark.parametrize("model", KNOWN.values(), ids=KNOWN)
def test_each_option_alone(model: Model) -> None:
    for name, values in OPTIONS.items():
        for label, fields in values.items():
            request = replace(plain(model), **fields)  # type: ignore[arg-type]  # a table's columns
            assert codes(request, model) == expected(model, name, fields), (name, label)
            if not codes(request, model):
                assert refusal(request, model) is None, (name, label)


@pytest.mark.parametrize("model", KNOWN.values(), ids=KNOWN)
def test_options_in_pairs(model: Model) -> None:
    for one, other in combinations(OPTIONS, 2):
        for first in OPTIONS[one].values():
            for second in OPTIONS[other].values():
                request = replace(plain(model), **first, **second)  # type: ignore[arg-type]  # a table's columns
                found = codes(request, model)
                if frozenset((one, other)) not in JOINED:
                    assert found == expected(model, one, first) | expected(model, other, second), request
                assert found or refusal(request, model) is None, request


@pytest.mark.parametrize("model", KNOWN.values(), ids=KNOWN)
def test_whatever_meigen_refuses_is_named_before(model: Model) -> None:
    """Also where everything is sent, with nothing left out by what is known of the model."""
    refused = 0
    for one, other in combinations(OPTIONS, 2):
        for first in OPTIONS[one].values():
            for second in OPTIONS[other].values():
                request = replace(plain(model), **first, **second)  # type: ignore[arg-type]  # a table's columns
                if refusal(request, None) is not None:
                    refused += 1
                    assert codes(request, model), request
    assert refused > 20


def test_tiers_have_their_resolutions() -> None:
    model = KNOWN["seedance-2-0"]
    can = {
        (tier, resolution)
        for tier in (None, "fast", "pro")
        for resolution in RESOLUTIONS
        if not check(replace(plain(model), tier=tier, resolution=resolution), model)
    }
    assert can == {
        *((None, "480p"), (None, "720p"), ("fast", "480p"), ("fast", "720p")),
        *(("pro", "480p"), ("pro", "720p"), ("pro", "1080p")),
    }


@pytest.mark.parametrize(
    ("fields", "is_right"),
    [
        ({}, False),
        ({"references": PICTURES[:1]}, True),
        ({"references": PICTURES[:5]}, True),
        ({"reference_video": VIDEO, "reference_video_seconds": 3.0}, True),
    ],
)
def test_adaptive_goes_by_a_reference(fields: Fields, is_right: bool) -> None:  # noqa: FBT001  a parameter
    model = KNOWN["seedance-2-0"]
    request = replace(plain(model), aspect_ratio=ADAPTIVE_RATIO, **fields)  # type: ignore[arg-type]  # a table's columns
    assert codes(request, model) == (set() if is_right else {C.ADAPTIVE_NEEDS_REFERENCE})


def test_veo_takes_a_first_and_a_last_frame() -> None:
    model = KNOWN["veo-3.1"]
    request = replace(plain(model), references=PICTURES[:2], duration_seconds=8, tier="pro", resolution="1080p")
    assert check(request, model) == ()
    assert generation_body(request, model)["referenceImages"] == [PICTURES[0].url, PICTURES[1].url]
    assert codes(replace(request, references=PICTURES[:3]), model) == {C.TOO_MANY_REFERENCES}


@pytest.mark.parametrize("kind", ["content", "style"])
@pytest.mark.parametrize("model_id", ["midjourney-v8.1", "midjourney-niji7"])
def test_how_a_reference_is_read(kind: str, model_id: str) -> None:
    model = KNOWN[model_id]
    assert check(replace(plain(model), reference_type=kind, references=PICTURES[:1]), model) == ()


@pytest.mark.parametrize("medium", list(Medium))
def test_a_model_of_an_unknown_medium_is_for_nobody(medium: Medium) -> None:
    entry = {"id": "sound-1", "media_type": "audio", "extra_config": {"durations": [5], "pricingPerSec": {"": 1}}}
    (model,) = read_models(json.dumps({"models": [entry]}).encode())[0]
    request = GenerationRequest("a bell", medium, "sound-1", duration_seconds=5)
    assert codes(request, model) == {C.MODEL_WRONG_MEDIUM}


def test_a_model_of_which_nothing_is_told_takes_a_prompt() -> None:
    (model,) = read_models(b'{"models": [{"id": "bare"}]}')[0]
    for values in OPTIONS.values():
        for fields in values.values():
            check(replace(plain(model), **fields), model)  # type: ignore[arg-type]  # a table's columns
    assert check(replace(plain(model), aspect_ratio=AUTO_RATIO), model) == ()
