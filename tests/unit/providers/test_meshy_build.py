"""What goes out to Meshy, against the examples of its document."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.catalog import Model
from bot.domain.requests import GenerationRequest
from bot.providers.meshy.build import list_query, task_body
from bot.providers.meshy.catalogue import MODELS
from tests.support.meshy_samples import CREATE

DRAGON = GenerationRequest(CREATE["prompt"], model_id="meshy/nano-banana", aspect_ratio="16:9")


def known(name: str) -> Model:
    return next(model for model in MODELS if model.id == f"meshy/{name}")


def test_the_documents_example() -> None:
    assert task_body(DRAGON, known("nano-banana")) == CREATE


def test_every_parameter_under_its_name() -> None:
    request = replace(DRAGON, model_id="meshy/nano-banana-pro", pose_mode="t-pose", multi_view=True)
    assert task_body(request, known("nano-banana-pro")) == {
        "ai_model": "nano-banana-pro",
        "prompt": CREATE["prompt"],
        "aspect_ratio": "16:9",
        "pose_mode": "t-pose",
        "generate_multi_view": True,
    }


def test_what_was_not_chosen_is_left_to_the_service() -> None:
    assert task_body(GenerationRequest("a fox"), None) == {"ai_model": "nano-banana", "prompt": "a fox"}
    assert "aspect_ratio" not in task_body(replace(DRAGON, aspect_ratio="auto"), None)


def test_what_a_model_has_no_use_for_is_left_out() -> None:
    plain = replace(known("gpt-image-2"), poses=(), has_multi_view=False)
    request = replace(DRAGON, pose_mode="a-pose", multi_view=True)
    assert task_body(request, plain).keys() == {"ai_model", "prompt", "aspect_ratio"}
    assert task_body(request, None).keys() == {
        "ai_model",
        "prompt",
        "aspect_ratio",
        "pose_mode",
        "generate_multi_view",
    }


@pytest.mark.parametrize(("newest_first", "sort_by"), [(True, "sort_by=-created_at"), (False, "sort_by=%2Bcreated_at")])
def test_pages(*, newest_first: bool, sort_by: str) -> None:
    assert list_query(2, 50, newest_first=newest_first) == f"page_num=2&page_size=50&{sort_by}"


def test_the_catalogue_is_that_of_the_documents() -> None:
    prices = {model.id: model.prices.per_generation for model in MODELS}
    assert prices == {
        "meshy/nano-banana": 3,
        "meshy/nano-banana-2": 6,
        "meshy/nano-banana-pro": 9,
        "meshy/gpt-image-2": 9,
    }
    assert known("nano-banana").ratios == ("1:1", "16:9", "9:16", "4:3", "3:4")
    assert known("gpt-image-2").ratios == ("1:1", "3:2", "2:3")
    assert [model.id for model in MODELS if model.is_default] == ["meshy/nano-banana"]
    assert all(model.poses == ("a-pose", "t-pose") and model.has_multi_view for model in MODELS)
