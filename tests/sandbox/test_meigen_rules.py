"""The check of what goes upstream: what is documented passes, what is odd is named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.meigen_rules import broken_promises

VIDEO = "https://images.example/1/0.mp4"


@pytest.mark.parametrize(
    "payload",
    [
        {"prompt": "a fox"},
        {"prompt": "a fox", "modelId": "gpt-image-2", "aspectRatio": "auto", "resolution": "2K", "quality": "low"},
        {"prompt": "a fox", "modelId": "midjourney-v8.1", "niji7Options": {"stylize": 1}, "referenceType": "style"},
        {"prompt": "a fox", "modelId": "veo-3.1", "duration": 4, "tier": "pro", "referenceImages": [VIDEO]},
        {"prompt": "a fox", "modelId": "seedance-2-0", "aspectRatio": "adaptive", "referenceImages": [VIDEO]},
        {"prompt": "a fox", "modelId": "seedance-2-0", "referenceVideo": VIDEO, "referenceVideoDuration": 4.0},
    ],
)
def test_what_is_documented_is_no_problem(payload: dict[str, Any]) -> None:
    assert list(broken_promises(payload)) == []


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"aspect_ratio": "1:1"}, "undocumented field 'aspect_ratio'"),
        ({"modelId": "midjourney-v8.1", "niji7Options": {"seed": 1}}, "undocumented Midjourney option 'seed'"),
        ({"modelId": "gpt-image-2", "niji7Options": {}}, "niji7Options for gpt-image-2, which ignores it"),
        ({"modelId": "gpt-image-2", "duration": 4}, "duration for gpt-image-2, which makes pictures"),
        ({"modelId": "seedance-2-0", "aspectRatio": "adaptive"}, "adaptive without a reference"),
        (
            {"modelId": "seedance-2-0", "referenceVideo": VIDEO},
            "a reference video and its length do not come together",
        ),
        (
            {"modelId": "seedance-2-0", "referenceVideo": VIDEO, "referenceVideoDuration": 0},
            "a reference video of no length",
        ),
    ],
)
def test_what_is_odd_is_named(payload: dict[str, Any], problem: str) -> None:
    assert list(broken_promises({"prompt": "a fox", **payload})) == [problem]
