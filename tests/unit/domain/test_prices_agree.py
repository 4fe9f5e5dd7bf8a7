"""What members are told is what the stand-in of MeiGen charges, for everything that its catalogue offers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

import pytest

from bot.domain.catalog import Medium, Model
from bot.domain.pricing import estimate_credits
from bot.domain.requests import GenerationRequest, check
from bot.providers.meigen.build import generation_body
from bot.providers.meigen.catalogue import read_models
from sandbox.meigen import MeigenEngine
from sandbox.meigen.engine import Dialect, MeigenOptions
from tests.bench.line import BEGAN_AT

VIDEO_SECONDS = (None, 0.0, 2.5, 3.0, 6.3, 20.0)


def world(dialect: Dialect) -> tuple[MeigenEngine, str, tuple[Model, ...]]:
    options = MeigenOptions(credits=10**9, rate_limit=10**9, dialect=dialect)
    engine = MeigenEngine(options)
    models, oddities = read_models(json.dumps(engine.models().body).encode())
    assert oddities == ()
    return engine, engine.add_key(), models


def combinations(model: Model) -> Iterator[GenerationRequest]:
    """Everything that can be asked of it, each choice also left open."""
    references = ((None, None), *((f"https://cdn.example/{model.id}.mp4", length) for length in VIDEO_SECONDS))
    for resolution, quality, tier, seconds, (video, video_seconds) in product(
        (None, *model.resolutions),
        (None, *model.qualities),
        (None, *model.tiers),
        (None, *model.durations),
        references if model.takes_reference_video else references[:1],
    ):
        request = GenerationRequest(
            "a lighthouse at dusk",
            model.medium or Medium.IMAGE,
            model.id,
            resolution=resolution,
            quality=quality,
            tier=tier,
            duration_seconds=seconds,
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


@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_price_told_is_the_price_charged(dialect: Dialect) -> None:
    engine, key, models = world(dialect)
    compared = 0
    for model in models:
        for request in combinations(model):
            told = estimate_credits(request, model)
            assert told == (None if is_told_nowhere(request, model) else charged(engine, key, model, request)), request
            compared += told is not None
    assert compared > 500


@pytest.mark.parametrize("dialect", list(Dialect))
def test_all_models_of_the_documents_are_compared(dialect: Dialect) -> None:
    _, _, models = world(dialect)
    assert {model.id for model in models} == {
        *("gpt-image-2", "nanobanana-2", "gemini-3-pro-image-preview", "seedream-5.0-lite", "seedream-4.5"),
        *("midjourney-v8.1", "flux2-klein", "z-image-turbo", "seedance-2-0", "happyhorse-1.0", "veo-3.1"),
    }
    assert all(any(True for _ in combinations(model)) for model in models)


def test_what_a_request_without_a_model_costs_is_told_by_the_default() -> None:
    engine, key, models = world(Dialect.SUMMER)
    (default,) = (model for model in models if model.is_default)
    answer = engine.create(BEGAN_AT, key, generation_body(GenerationRequest("a lighthouse at dusk"), None))
    assert answer.body["modelId"] == default.id
    assert answer.body["creditsUsed"] == estimate_credits(GenerationRequest("a lighthouse at dusk"), default)
