"""What comes after a result: requests that go on from a picture or a video. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.catalog import ADAPTIVE_RATIO, Medium, Model
from bot.domain.drafts import fitted
from bot.domain.requests import GenerationRequest, Reference

CONTENT, STYLE = "content", "style"
"""How Midjourney reads a reference (MeiGen API, Generate v2, `referenceType`)."""


def varied(request: GenerationRequest, picture: Reference, model: Model | None) -> GenerationRequest:
    """More like `picture`."""
    return _going_by(request, picture, CONTENT, model)


def styled(request: GenerationRequest, picture: Reference, model: Model | None) -> GenerationRequest:
    """The same words in the look of `picture`; a style code (`sref`) stays what it was."""
    return _going_by(request, picture, STYLE, model)


def _going_by(request: GenerationRequest, picture: Reference, how: str, model: Model | None) -> GenerationRequest:
    is_midjourney = model is not None and model.is_midjourney
    return replace(request, references=(picture,), reference_type=how if is_midjourney else None)


def used(picture: Reference, model: Model | None, prompt: str = "") -> GenerationRequest:
    """A new picture by way of `picture`, its words still to be found."""
    return GenerationRequest(prompt, model_id=None if model is None else model.id, references=(picture,))


def animated(prompt: str, ratio: str | None, picture: Reference, model: Model | None) -> GenerationRequest:
    """A video that begins with `picture`; it keeps the picture's shape where the model can (`ratio` as told of it)."""
    request = GenerationRequest(prompt, Medium.VIDEO, aspect_ratio=ratio, references=(picture,))
    if model is None:
        return replace(request, aspect_ratio=None)
    return fitted(replace(request, aspect_ratio=ADAPTIVE_RATIO if ADAPTIVE_RATIO in model.ratios else ratio), model)


def continued(request: GenerationRequest, url: str, seconds: float) -> GenerationRequest:
    """The video goes on where it ends. `seconds` is the length of the file behind `url`, as measured."""
    return replace(request, references=(), reference_video=url, reference_video_seconds=seconds)
