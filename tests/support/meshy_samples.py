"""The examples of Meshy's document (Text to Image API), word for word."""

from __future__ import annotations

from typing import Any

CREATE: dict[str, Any] = {
    "ai_model": "nano-banana",
    "prompt": "A majestic dragon soaring through clouds at sunset",
    "aspect_ratio": "16:9",
}
CREATED: dict[str, Any] = {"result": "018a210d-8ba4-705c-b111-1f1776f7f578"}
STREAM_ERROR: dict[str, Any] = {"status_code": 404, "message": "Task not found"}
STREAM_PENDING: dict[str, Any] = {
    "id": "018a210d-8ba4-705c-b111-1f1776f7f578",
    "progress": 0,
    "status": "PENDING",
}
TASK: dict[str, Any] = {
    "id": "018a210d-8ba4-705c-b111-1f1776f7f578",
    "type": "text-to-image",
    "ai_model": "nano-banana",
    "prompt": "A majestic dragon soaring through clouds at sunset",
    "status": "SUCCEEDED",
    "progress": 100,
    "created_at": 1692771650657,
    "started_at": 1692771667037,
    "finished_at": 1692771669037,
    "expires_at": 1692771679037,
    "preceding_tasks": 0,
    "image_urls": [
        "https://assets.meshy.ai/***/tasks/018a210d-8ba4-705c-b111-1f1776f7f578/output/image.png?Expires=***"
    ],
    "task_error": {"message": ""},
}
