"""From a body to an order or a refusal."""

from typing import Any

import pytest

from sandbox.meshy.orders import BY_ID, Refusal, read_order
from tests.support.meshy_samples import CREATE

ALL_RATIOS = {"1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"}
ORDER = {"ai_model": "nano-banana", "prompt": "a small house"}


def test_the_documents_example() -> None:
    order = read_order(CREATE)
    assert (order.model.id, order.prompt, order.ratio) == (CREATE["ai_model"], CREATE["prompt"], "16:9")
    assert (order.pose_mode, order.is_multi_view, order.outputs) == (None, False, 1)


def test_the_defaults() -> None:
    assert read_order(ORDER) == read_order(
        {**ORDER, "generate_multi_view": None, "pose_mode": None, "aspect_ratio": "1:1", "later_field": 1}
    )


@pytest.mark.parametrize("pose_mode", ["a-pose", "t-pose"])
def test_poses(pose_mode: str) -> None:
    assert read_order({**ORDER, "pose_mode": pose_mode}).pose_mode == pose_mode


def test_multi_view_makes_three() -> None:
    order = read_order({**ORDER, "generate_multi_view": True, "aspect_ratio": "9:16"})
    assert (order.is_multi_view, order.outputs, order.ratio) == (True, 3, "9:16")


@pytest.mark.parametrize(
    ("model_id", "credits", "ratios"),
    [
        ("nano-banana", 3, {"1:1", "16:9", "9:16", "4:3", "3:4"}),
        ("nano-banana-2", 6, {"1:1", "16:9", "9:16", "4:3", "3:4"}),
        ("nano-banana-pro", 9, {"1:1", "16:9", "9:16", "4:3", "3:4"}),
        ("gpt-image-2", 9, {"1:1", "3:2", "2:3"}),
    ],
)
def test_models(model_id: str, credits: int, ratios: set[str]) -> None:  # noqa: A002 - the service's word
    assert BY_ID[model_id].credits == credits
    for ratio in ALL_RATIOS:
        body = {"ai_model": model_id, "prompt": "a cat", "aspect_ratio": ratio}
        if ratio in ratios:
            assert read_order(body).ratio == ratio
        else:
            with pytest.raises(Refusal, match="aspect_ratio must be one of: 1:1, "):
                read_order(body)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ai_model": None}, "ai_model is required"),
        ({"ai_model": "nano-banana-3"}, "ai_model must be one of: nano-banana, nano-banana-2,"),
        ({"ai_model": ["nano-banana"]}, "ai_model must be one of"),
        ({"prompt": None}, "prompt is required"),
        ({"prompt": ""}, "prompt is required"),
        ({"prompt": " \n"}, "prompt is required"),
        ({"prompt": 7}, "prompt is required"),
        ({"generate_multi_view": "true"}, "generate_multi_view must be a boolean"),
        ({"generate_multi_view": 1}, "generate_multi_view must be a boolean"),
        ({"pose_mode": "b-pose"}, "pose_mode must be one of: a-pose, t-pose"),
        ({"pose_mode": ""}, "pose_mode must be one of: a-pose, t-pose"),
        ({"pose_mode": True}, "pose_mode must be one of: a-pose, t-pose"),
        ({"aspect_ratio": "21:9"}, "aspect_ratio must be one of: 1:1, 16:9, 9:16, 4:3, 3:4"),
        ({"aspect_ratio": {}}, "aspect_ratio must be one of"),
    ],
)
def test_refusals(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal, match=message) as refused:
        read_order(ORDER | changes)
    assert refused.value.answer.status == 400
    assert list(refused.value.answer.body) == ["message"]


@pytest.mark.parametrize("payload", [None, [], "text", 5])
def test_a_body_must_be_an_object(payload: object) -> None:
    with pytest.raises(Refusal, match="Request body must be a JSON object"):
        read_order(payload)


def test_a_limit_of_prompts_can_be_set() -> None:
    assert read_order({**ORDER, "prompt": "x" * 9000}).prompt == "x" * 9000
    assert read_order({**ORDER, "prompt": "x" * 600}, most_prompt_characters=600).prompt == "x" * 600
    with pytest.raises(Refusal, match="prompt must be at most 600 characters"):
        read_order({**ORDER, "prompt": "x" * 601}, most_prompt_characters=600)


@pytest.mark.parametrize("aspect_ratio", ["1:1", "16:9"])
def test_views_with_a_ratio_can_be_refused(aspect_ratio: str) -> None:
    asked = {**ORDER, "generate_multi_view": True}
    assert read_order(asked, refuses_ratio_of_views=True).outputs == 3
    plain = {**ORDER, "generate_multi_view": False, "aspect_ratio": aspect_ratio}
    assert read_order(plain, refuses_ratio_of_views=True).ratio == aspect_ratio
    with pytest.raises(Refusal, match="aspect_ratio cannot be set"):
        read_order({**asked, "aspect_ratio": aspect_ratio}, refuses_ratio_of_views=True)
