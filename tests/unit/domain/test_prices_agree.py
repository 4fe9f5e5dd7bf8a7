"""What members are told is what the stand-in of MeiGen charges, for everything that its catalogue offers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Medium, Model
from bot.domain.pricing import estimate_credits
from bot.domain.requests import GenerationRequest, Reference, check
from bot.providers.meigen.build import generation_body
from bot.providers.meigen.catalogue import read_models
from sandbox.meigen import MeigenEngine, catalogue
from sandbox.meigen.engine import Dialect, MeigenOptions
from tests.support.builders import BEGAN_AT

VIDEO_SECONDS = (0.04, 2.5, 3.0, 6.3, 20.0)
REFERENCES = ((), (Reference("https://images.example/one.png"),))


def world(dialect: Dialect, *, is_swapped: bool = False) -> tuple[MeigenEngine, str, tuple[Model, ...]]:
    options = MeigenOptions(credits=10**9, rate_limit=10**9, dialect=dialect)
    engine = MeigenEngine(options)
    if is_swapped:
        engine.catalogue = {name: swapped(model) for name, model in engine.catalogue.items()}
    models, oddities = read_models(json.dumps(engine.models().body).encode())
    assert oddities == ()
    return engine, engine.add_key(), models


def dearer(table: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Other prices in every cell, and no longer in the same order."""
    return {row: {name: 7 * price % 97 + 3 for name, price in cells.items()} for row, cells in table.items()}


def swapped(model: catalogue.Model) -> catalogue.Model:
    """The model as it might be sold tomorrow."""
    return replace(
        model,
        credits=model.credits and 3 * model.credits + 1,
        by_quality=dearer(model.by_quality),
        by_resolution={name: 7 * price + 3 for name, price in model.by_resolution.items()},
        per_call={tier: {s: 7 * price % 97 + 3 for s, price in row.items()} for tier, row in model.per_call.items()},
        per_second=dearer(model.per_second),
        per_second_with_video=dearer(model.per_second_with_video),
        billable_floor={seconds: floor + 2 for seconds, floor in model.billable_floor.items()},
    )


def combinations(model: Model) -> Iterator[GenerationRequest]:
    """Everything that can be asked of it, each choice also left open."""
    videos = ((None, None), *((f"https://cdn.example/{model.id}.mp4", length) for length in VIDEO_SECONDS))
    for resolution, quality, tier, seconds, (video, video_seconds), references in product(
        (None, *model.resolutions),
        (None, *model.qualities),
        (None, *model.tiers),
        (None, *model.durations),
        videos if model.takes_reference_video else videos[:1],
        REFERENCES,
    ):
        request = GenerationRequest(
            "a lighthouse at dusk",
            model.medium or Medium.IMAGE,
            model.id,
            resolution=resolution,
            quality=quality,
            tier=tier,
            duration_seconds=seconds,
            references=references,
            reference_video=video,
            reference_video_seconds=video_seconds,
        )
        if not check(request, model):
            yield request


def charged(engine: MeigenEngine, key: str, model: Model, request: GenerationRequest) -> object:
    answer = engine.create(BEGAN_AT, key, generation_body(request, model))
    assert answer.status == 200, answer.body
    return answer.body["creditsUsed"]


def is_told_nowhere(request: GenerationRequest, model: Model) -> bool:
    """Rates that the documents lack: happyhorse-1.0's, and Seedance's for pro at 480p with a reference video."""
    if model.id == "happyhorse-1.0":
        return True
    is_smallest = (request.resolution or model.default_resolution) == "480p"
    return request.reference_video is not None and request.tier == "pro" and is_smallest


@pytest.mark.parametrize("is_swapped", [False, True])
@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_price_told_is_the_price_charged(dialect: Dialect, is_swapped: bool) -> None:  # noqa: FBT001  a parameter
    engine, key, models = world(dialect, is_swapped=is_swapped)
    compared = 0
    for model in models:
        for request in combinations(model):
            told = estimate_credits(request, model)
            assert told == (None if is_told_nowhere(request, model) else charged(engine, key, model, request)), request
            compared += told is not None
    assert compared > 500


def test_other_prices_are_other_prices() -> None:
    _, _, models = world(Dialect.SUMMER)
    _, _, others = world(Dialect.SUMMER, is_swapped=True)
    pairs = [
        (estimate_credits(request, model), estimate_credits(request, other))
        for model, other in zip(models, others, strict=True)
        for request in combinations(model)
    ]
    assert sum(one != other for one, other in pairs if one) > len(pairs) / 2


@pytest.mark.parametrize("dialect", list(Dialect))
def test_all_models_of_the_documents_are_compared(dialect: Dialect) -> None:
    _, _, models = world(dialect)
    assert {model.id for model in models} == {
        *("gpt-image-2", "nanobanana-2", "gemini-3-pro-image-preview", "seedream-5.0-lite", "seedream-4.5"),
        *("midjourney-v8.1", "flux2-klein", "z-image-turbo", "seedance-2-0", "happyhorse-1.0", "veo-3.1"),
        *(("midjourney-niji7",) if dialect is Dialect.MARCH else ()),
    }
    assert all(any(True for _ in combinations(model)) for model in models)


SEEDANCE = "seedance-2-0"
WORKED_EXAMPLES = [
    ({"resolution": "480p", "duration_seconds": 5}, 65),
    ({"resolution": "480p", "duration_seconds": 5, "reference_video_seconds": 3.0}, 72),
    ({"resolution": "720p", "duration_seconds": 10, "reference_video_seconds": 5.0}, 238),
]


@pytest.mark.parametrize(("fields", "expected"), WORKED_EXAMPLES)
def test_the_documents_worked_examples(fields: dict[str, object], expected: int) -> None:
    engine, key, models = world(Dialect.SUMMER)
    model = next(model for model in models if model.id == SEEDANCE)
    video = "https://cdn.example/before.mp4" if "reference_video_seconds" in fields else None
    request = GenerationRequest("a lighthouse at dusk", Medium.VIDEO, SEEDANCE, reference_video=video)
    request = replace(request, **fields)  # type: ignore[arg-type]  # a table's columns
    assert check(request, model) == ()
    assert estimate_credits(request, model) == expected
    assert charged(engine, key, model, request) == expected


ENGINE, KEY, MODELS = world(Dialect.SUMMER)


@given(
    st.floats(0.01, 60),
    st.integers(4, 15),
    st.sampled_from((("fast", "480p"), ("fast", "720p"), ("pro", "720p"), ("pro", "1080p"))),
)
def test_a_video_of_any_length_is_charged_as_told(length: float, seconds: int, choice: tuple[str, str]) -> None:
    model = next(model for model in MODELS if model.id == SEEDANCE)
    tier, resolution = choice
    request = GenerationRequest(
        "a lighthouse at dusk",
        Medium.VIDEO,
        SEEDANCE,
        tier=tier,
        resolution=resolution,
        duration_seconds=seconds,
        reference_video="https://cdn.example/before.mp4",
        reference_video_seconds=length,
    )
    assert estimate_credits(request, model) == charged(ENGINE, KEY, model, request)


def test_what_a_request_without_a_model_costs_is_told_by_the_default() -> None:
    engine, key, models = world(Dialect.SUMMER)
    (default,) = (model for model in models if model.is_default)
    answer = engine.create(BEGAN_AT, key, generation_body(GenerationRequest("a lighthouse at dusk"), None))
    assert answer.body["modelId"] == default.id
    assert answer.body["creditsUsed"] == estimate_credits(GenerationRequest("a lighthouse at dusk"), default)
