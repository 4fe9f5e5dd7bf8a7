"""What goes out: the body of Create, and the query of List."""

from __future__ import annotations

from urllib.parse import urlencode

from bot.domain.catalog import AUTO_RATIO, Model
from bot.domain.requests import GenerationRequest
from bot.providers.meshy.catalogue import ai_model

PAGE_MOST = 50


def task_body(request: GenerationRequest, model: Model | None) -> dict[str, str | bool]:
    """The JSON of Create a Text to Image Task, without what was not chosen. `auto` is the default, left out.

    What `model` has no use for is left out, too; of an unknown model (None) everything is sent.
    """
    body: dict[str, str | bool] = {"ai_model": ai_model(request.model_id), "prompt": request.prompt}
    if request.aspect_ratio not in (None, AUTO_RATIO):
        body["aspect_ratio"] = str(request.aspect_ratio)
    if request.pose_mode is not None and (model is None or model.poses):
        body["pose_mode"] = request.pose_mode
    if request.multi_view is not None and (model is None or model.has_multi_view):
        body["generate_multi_view"] = request.multi_view
    return body


def list_query(page_num: int, page_size: int = PAGE_MOST, *, newest_first: bool = True) -> str:
    """The query of List Text to Image Tasks. Pages are counted from 1; a page has at most 50."""
    sort_by = "-created_at" if newest_first else "+created_at"
    return urlencode({"page_num": page_num, "page_size": page_size, "sort_by": sort_by})
