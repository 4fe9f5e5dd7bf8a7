"""The check of what goes upstream: what is documented passes, what is odd is named."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.meshy import SeenRequest
from tests.support.meshy_rules import broken_promises
from tests.support.meshy_samples import CREATE

TASKS = "/openapi/v1/text-to-image"


def seen(route: str, path: str = TASKS, at: float = 0.0, **details: Any) -> SeenRequest:
    return SeenRequest(at, "GET", path, route, details.pop("key", "msy_mine"), details.pop("headers", {}), **details)


@pytest.mark.parametrize(
    "request_",
    [
        seen("generate", payload=CREATE),
        seen("generate", payload={**CREATE, "pose_mode": "a-pose", "generate_multi_view": False}),
        seen("generate", payload={"ai_model": "nano-banana", "prompt": "a fox", "generate_multi_view": True}),
        seen("list", f"{TASKS}?page_num=1&page_size=50&sort_by=-created_at"),
        seen("list", f"{TASKS}?sort_by=%2Bcreated_at"),
        seen("stream", headers={"accept": "text/event-stream"}),
        seen("media", key=None),
        seen("balance"),
    ],
)
def test_what_is_documented_is_no_problem(request_: SeenRequest) -> None:
    assert list(broken_promises([request_])) == []


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (seen("generate", payload={"ratio": "1:1"}), "undocumented field 'ratio'"),
        (seen("generate", payload={"pose_mode": None}), "pose_mode is null"),
        (
            seen("generate", payload={"generate_multi_view": True, "aspect_ratio": "1:1"}),
            "aspect_ratio with generate_multi_view, which later documents refuse",
        ),
        (seen("list", f"{TASKS}?limit=5"), f"GET {TASKS}?limit=5: undocumented parameter 'limit'"),
        (seen("list", f"{TASKS}?sort_by=+created_at"), f"GET {TASKS}?sort_by=+created_at: a bare plus is a space"),
        (seen("stream", headers={"accept": "*/*"}), f"GET {TASKS}: a stream that is not asked for as one"),
        (seen("media", "/media/1"), "GET /media/1: the key goes where pictures lie"),
        (seen("", "/nowhere"), "GET /nowhere: no such address"),
    ],
)
def test_what_is_odd_is_named(request_: SeenRequest, problem: str) -> None:
    assert list(broken_promises([request_])) == [problem]


def test_polls_are_three_seconds_apart_for_each_task() -> None:
    def polls(*times: float, task_id: str = "one") -> list[SeenRequest]:
        return [seen("status", at=at, generation_id=task_id) for at in times]

    patient = [*polls(0, 3, 6.5), *polls(1, 4.01, task_id="other")]
    assert list(broken_promises(patient)) == []
    assert list(broken_promises([*patient, *polls(8)])) == ["task one was asked about twice within 1.50 s"]
    assert list(broken_promises(polls(0, 1), poll_seconds=1)) == []
