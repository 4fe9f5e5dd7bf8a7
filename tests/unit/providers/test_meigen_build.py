"""What is sent: every documented field by its documented name, and nothing that the model has no use for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Medium, Model
from bot.domain.requests import GenerationRequest, MidjourneyOptions, Reference, check
from bot.providers.meigen.build import generation_body
from bot.providers.meigen.catalogue import read_models
from sandbox.meigen.catalogue import MODELS, march_listing

LISTED = [march_listing(model) for model in MODELS if not model.is_retired]
KNOWN = {model.id: model for model in read_models(json.dumps({"models": LISTED}).encode())[0]}
SEEDANCE, MIDJOURNEY = KNOWN["seedance-2-0"], KNOWN["midjourney-v8.1"]

# Everything that the domain can ask for, right or wrong; and all that the documents of either month name.
EVERYTHING = GenerationRequest(
    "a red fox",
    model_id="m",
    aspect_ratio="16:9",
    resolution="2K",
    quality="4",
    tier="pro",
    duration_seconds=5,
    references=(Reference("https://x.test/1"), Reference("https://x.test/2")),
    reference_type="style",
    midjourney=MidjourneyOptions(
        stylize=300, chaos=5, weird=1, raw=False, iw=1.5, sref="https://x.test/s", sw=500, sv=4
    ),
    reference_video="https://x.test/v",
    reference_video_seconds=3.0,
)
SENT = {
    "prompt": "a red fox",
    "modelId": "m",
    "aspectRatio": "16:9",
    "resolution": "2K",
    "quality": "4",
    "referenceImages": ["https://x.test/1", "https://x.test/2"],
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
    },
    "tier": "pro",
    "duration": 5,
    "referenceVideo": "https://x.test/v",
    "referenceVideoDuration": 3,
}
ALWAYS = {"prompt", "modelId", "aspectRatio"}
IMAGE = {*ALWAYS, "resolution", "referenceImages"}
FIELDS = {
    "gpt-image-2": {*IMAGE, "quality"},
    "nanobanana-2": IMAGE,
    "gemini-3-pro-image-preview": IMAGE,
    "seedream-5.0-lite": IMAGE,
    "seedream-4.5": IMAGE,
    "midjourney-v8.1": {*IMAGE, "referenceType", "niji7Options"},
    "midjourney-niji7": {*ALWAYS, "referenceImages", "referenceType", "niji7Options"},
    "flux2-klein": ALWAYS,
    "z-image-turbo": ALWAYS,
    "seedance-2-0": {*IMAGE, "duration", "tier", "referenceVideo", "referenceVideoDuration"},
    "happyhorse-1.0": {*IMAGE, "duration"},
    "veo-3.1": {*IMAGE, "duration", "tier"},
}
OPTIONS = {
    "midjourney-v8.1": {"stylize", "chaos", "raw", "iw", "sref", "sw", "quality"},
    "midjourney-niji7": {"stylize", "chaos", "weird", "raw", "iw", "sref", "sw", "sv"},
}


def test_all_models_are_tried() -> None:
    assert set(FIELDS) == set(KNOWN)


@pytest.mark.parametrize("model", KNOWN.values(), ids=KNOWN)
def test_each_model_is_sent_what_is_documented_for_it(model: Model) -> None:
    body = generation_body(EVERYTHING, model)
    assert set(body) == FIELDS[model.id]
    options = body.pop("niji7Options", None)
    assert body == {name: SENT[name] for name in body}
    if model.id in OPTIONS:
        assert isinstance(options, dict)
        named = {**SENT["niji7Options"], "quality": "4"}  # type: ignore[dict-item]  # a table's column
        assert options == {name: named[name] for name in OPTIONS[model.id]}


def test_a_model_yet_unknown_is_sent_everything() -> None:
    assert generation_body(EVERYTHING, None) == SENT


FULLEST = {
    "gpt-image-2": {"resolution": "4K", "quality": "high", "aspect_ratio": "21:9"},
    "midjourney-v8.1": {
        "resolution": "2K",
        "quality": "1",
        "reference_type": "content",
        "references": EVERYTHING.references[:1],
        "midjourney": replace(MidjourneyOptions(), stylize=0, chaos=100, raw=True, iw=0.25, sref="88120", sw=0),
    },
    "midjourney-niji7": {
        "reference_type": "style",
        "references": EVERYTHING.references[:1],
        "midjourney": EVERYTHING.midjourney,
    },
    "seedance-2-0": {
        "resolution": "1080p",
        "tier": "pro",
        "duration_seconds": 15,
        "aspect_ratio": "adaptive",
        "references": EVERYTHING.references,
        "reference_video": "https://x.test/v",
        "reference_video_seconds": 2.5,
    },
    "happyhorse-1.0": {"resolution": "1080p", "duration_seconds": 3, "references": EVERYTHING.references[:1]},
    "veo-3.1": {"resolution": "1080p", "tier": "pro", "duration_seconds": 8, "references": EVERYTHING.references},
}
NAMES = {
    "aspect_ratio": "aspectRatio",
    "resolution": "resolution",
    "quality": "quality",
    "reference_type": "referenceType",
    "duration_seconds": "duration",
    "tier": "tier",
    "reference_video": "referenceVideo",
    "reference_video_seconds": "referenceVideoDuration",
}


@pytest.mark.parametrize(("model_id", "fields"), FULLEST.items(), ids=FULLEST)
def test_nothing_that_was_rightly_chosen_is_left_behind(model_id: str, fields: dict[str, object]) -> None:
    model = KNOWN[model_id]
    request = replace(GenerationRequest("a red fox", model.medium or Medium.IMAGE, model_id), **fields)  # type: ignore[arg-type]  # a table's columns
    assert check(request, model) == ()
    body = generation_body(request, model)
    options = body.pop("niji7Options", {})
    assert isinstance(options, dict)
    body |= {"quality": options["quality"]} if "quality" in options else {}
    for name, value in fields.items():
        if name in NAMES:
            assert body[NAMES[name]] == value
    assert body.get("referenceImages", []) == [reference.url for reference in request.references]
    for name in MidjourneyOptions.__slots__:
        assert options.get(name) == getattr(request.midjourney, name, None)


def test_without_choices_all_is_left_to_the_upstream() -> None:
    """Its default ratio is `auto` by now; the documents of March know no such word."""
    for model in (None, *KNOWN.values()):
        assert generation_body(GenerationRequest("a red fox"), model) == {"prompt": "a red fox"}


def test_options_without_a_choice_are_left_out() -> None:
    body = generation_body(GenerationRequest("a fox", midjourney=MidjourneyOptions()), MIDJOURNEY)
    assert "niji7Options" not in body


def test_a_chosen_false_or_nought_is_a_choice() -> None:
    body = generation_body(GenerationRequest("a fox", midjourney=MidjourneyOptions(raw=False, sw=0)), MIDJOURNEY)
    assert body["niji7Options"] == {"raw": False, "sw": 0}


def test_the_quality_alone_is_an_option_of_midjourney() -> None:
    body = generation_body(GenerationRequest("a fox", quality="1"), MIDJOURNEY)
    assert body == {"prompt": "a fox", "niji7Options": {"quality": "1"}}


def test_a_midjourney_yet_unheard_of_takes_the_options_of_the_last_one() -> None:
    (model,) = read_models(b'{"models": [{"id": "midjourney-v9"}]}')[0]
    options = generation_body(EVERYTHING, model)["niji7Options"]
    assert isinstance(options, dict)
    assert set(options) == OPTIONS["midjourney-v8.1"]


def test_the_length_of_a_video_goes_with_the_video_alone() -> None:
    assert "referenceVideoDuration" not in generation_body(
        GenerationRequest("a fox", reference_video_seconds=3), SEEDANCE
    )


@given(st.text())
def test_any_prompt_arrives_as_it_was(prompt: str) -> None:
    assert json.loads(json.dumps(generation_body(GenerationRequest(prompt), None)))["prompt"] == prompt
