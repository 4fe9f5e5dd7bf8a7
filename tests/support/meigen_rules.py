"""What MeiGen's documents ask of a request beyond what the service refuses (Generate V2, Models)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FIELDS = {
    *("prompt", "modelId", "aspectRatio", "resolution", "quality", "referenceImages", "niji7Options", "referenceType"),
    *("duration", "tier", "referenceVideo", "referenceVideoDuration"),
}
MIDJOURNEY_OPTIONS = {"stylize", "chaos", "raw", "iw", "sref", "sw", "quality", "weird", "sv"}
OF_MIDJOURNEY = {"niji7Options", "referenceType"}
OF_VIDEO = {"duration", "tier", "referenceVideo", "referenceVideoDuration"}
VIDEO_FAMILIES = ("seedance", "veo", "happyhorse")


def broken_promises(payload: Mapping[str, Any]) -> Iterator[str]:
    """What is odd about a body of `POST /generate/v2`, a line each; nothing where it is as documented."""
    model_id = str(payload.get("modelId", ""))
    sent = {name for name, value in payload.items() if value is not None}
    yield from (f"undocumented field {name!r}" for name in sorted(sent - FIELDS))
    options = payload.get("niji7Options") or {}
    yield from (f"undocumented Midjourney option {name!r}" for name in sorted(options.keys() - MIDJOURNEY_OPTIONS))
    if not model_id.startswith("midjourney"):
        yield from (f"{name} for {model_id}, which ignores it" for name in sorted(sent & OF_MIDJOURNEY))
    if model_id and not model_id.startswith(VIDEO_FAMILIES):
        yield from (f"{name} for {model_id}, which makes pictures" for name in sorted(sent & OF_VIDEO))
    if payload.get("aspectRatio") == "adaptive" and not sent & {"referenceImages", "referenceVideo"}:
        yield "adaptive without a reference"
    if ("referenceVideo" in sent) != ("referenceVideoDuration" in sent):
        yield "a reference video and its length do not come together"
    elif "referenceVideo" in sent and not payload["referenceVideoDuration"] > 0:
        yield "a reference video of no length"
