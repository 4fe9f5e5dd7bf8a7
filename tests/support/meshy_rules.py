"""What Meshy's document (Text to Image API) asks of requests beyond what the service refuses, and what we promise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.meshy import SeenRequest

FIELDS = {"ai_model", "prompt", "generate_multi_view", "pose_mode", "aspect_ratio"}
QUERY_FIELDS = {"page_num", "page_size", "sort_by"}
POLL_SECONDS = 3.0
TOLERANCE_SECONDS = 0.05
"""For what a request takes longer on its way than the one before it."""


def broken_promises(requests: Iterable[SeenRequest], poll_seconds: float = POLL_SECONDS) -> Iterator[str]:
    """What is odd about what was asked of a Meshy, a line each; nothing where all is as documented and promised."""
    seen = list(requests)
    for request in seen:
        yield from _odd_request(request)
    yield from _impatient(seen, poll_seconds)


def odd_order(payload: Mapping[str, Any]) -> Iterator[str]:
    """What is odd about a body of `POST /openapi/v1/text-to-image`."""
    sent = {name for name, value in payload.items() if value is not None}
    yield from (f"undocumented field {name!r}" for name in sorted(sent - FIELDS))
    yield from (f"{name} is null" for name in sorted(payload.keys() - sent))
    if payload.get("generate_multi_view") and "aspect_ratio" in sent:
        yield "aspect_ratio with generate_multi_view, which later documents refuse"


def _odd_request(request: SeenRequest) -> Iterator[str]:
    where = f"{request.method} {request.path}"
    if not request.route:
        yield f"{where}: no such address"
    if request.route == "media" and request.key is not None:
        yield f"{where}: the key goes where pictures lie"
    if request.route == "stream" and request.headers.get("accept") != "text/event-stream":
        yield f"{where}: a stream that is not asked for as one"
    if request.route == "generate" and isinstance(request.payload, dict):
        yield from odd_order(request.payload)
    if request.route == "list":
        query = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
        yield from (f"{where}: undocumented parameter {name!r}" for name in sorted(query.keys() - QUERY_FIELDS))
        if "sort_by=+" in request.path:
            yield f"{where}: a bare plus is a space"


def _impatient(requests: list[SeenRequest], poll_seconds: float) -> Iterator[str]:
    polls = sorted(
        (request.generation_id or "", request.received_at) for request in requests if request.route == "status"
    )
    for task_id, times in groupby(polls, key=lambda poll: poll[0]):
        for (_, before), (_, after) in pairwise(times):
            if after - before < poll_seconds - TOLERANCE_SECONDS:
                yield f"task {task_id} was asked about twice within {after - before:.2f} s"
