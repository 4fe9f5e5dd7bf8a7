"""What is sent: every documented field by its documented name, and nothing that the model has no use for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Medium, Model
from bot.domain.requests import GenerationRequest, MidjourneyOptions, Reference
from bot.providers.meigen.build import generation_body

PLAIN = Model("meigen", "z-image-turbo", "Z", "Alibaba", Medium.IMAGE)
GPT = Model("meigen", "gpt-image-2", "GPT", "OpenAI", Medium.IMAGE, qualities=("low", "high"))
MIDJOURNEY = Model("meigen", "midjourney-v8.1", "MJ", "Midjourney", Medium.IMAGE, is_midjourney=True)
SEEDANCE = Model(
    "meigen", "seedance-2-0", "S", "ByteDance", Medium.VIDEO, tiers=("fast", "pro"), takes_reference_video=True
)
VEO = Model("meigen", "veo-3.1", "V", "Google", Medium.VIDEO, tiers=("fast", "pro"))

OPTIONS = MidjourneyOptions(
    stylize=300, chaos=5, weird=1, raw=False, iw=1.5, sref="https://x.test/s", sw=500, sv=4, quality="4"
)
EVERYTHING = GenerationRequest(
    "a fox",
    model_id="m",
    aspect_ratio="16:9",
    resolution="2K",
    quality="high",
    tier="pro",
    duration_seconds=5,
    references=(Reference("https://x.test/1"), Reference("https://x.test/2")),
    reference_type="style",
    midjourney=OPTIONS,
    reference_video="https://x.test/v",
    reference_video_seconds=3.0,
)
ALWAYS = {
    "prompt": "a fox",
    "modelId": "m",
    "aspectRatio": "16:9",
    "resolution": "2K",
    "referenceImages": ["https://x.test/1", "https://x.test/2"],
    "duration": 5,
}
MIDJOURNEY_FIELDS = {
    "referenceType": "style",
    "niji7Options": {
        "stylize": 300,
        "chaos": 5,
        "weird": 1,
        "raw": False,
        "iw": 1.5,
        "sref": "https://x.test/s",
        "sw": 500,
        "sv": 4,
        "quality": "4",
    },
}
CONTINUATION = {"referenceVideo": "https://x.test/v", "referenceVideoDuration": 3}


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (PLAIN, {}),
        (GPT, {"quality": "high"}),
        (MIDJOURNEY, MIDJOURNEY_FIELDS),
        (SEEDANCE, {"tier": "pro", **CONTINUATION}),
        (VEO, {"tier": "pro"}),
        (None, {"quality": "high", "tier": "pro", **MIDJOURNEY_FIELDS, **CONTINUATION}),
    ],
    ids=["plain", "gpt", "midjourney", "seedance", "veo", "unknown"],
)
def test_sends_what_the_model_knows(model: Model | None, more: dict[str, object]) -> None:
    assert generation_body(EVERYTHING, model) == {**ALWAYS, **more}


def test_without_choices_all_is_left_to_the_upstream() -> None:
    """Its default ratio is `auto` by now; the documents of March know no such word."""
    assert generation_body(GenerationRequest("a fox"), None) == {"prompt": "a fox"}


def test_options_without_a_choice_are_left_out() -> None:
    body = generation_body(GenerationRequest("a fox", midjourney=MidjourneyOptions()), MIDJOURNEY)
    assert "niji7Options" not in body


def test_a_chosen_false_is_a_choice() -> None:
    body = generation_body(GenerationRequest("a fox", midjourney=MidjourneyOptions(raw=False)), MIDJOURNEY)
    assert body["niji7Options"] == {"raw": False}


def test_the_length_of_a_video_goes_with_the_video_alone() -> None:
    assert "referenceVideoDuration" not in generation_body(
        GenerationRequest("a fox", reference_video_seconds=3), SEEDANCE
    )


@given(st.text())
def test_any_prompt_arrives_as_it_was(prompt: str) -> None:
    assert json.loads(json.dumps(generation_body(GenerationRequest(prompt), None)))["prompt"] == prompt
