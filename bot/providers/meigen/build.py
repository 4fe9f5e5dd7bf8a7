"""The body of a submission."""

from __future__ import annotations

from bot.domain.catalog import Model
from bot.domain.midjourney import OptionSet, option_set
from bot.domain.requests import GenerationRequest, MidjourneyOptions

Json = str | int | float | bool | list[str] | dict[str, "Json"]


def generation_body(request: GenerationRequest, model: Model | None) -> dict[str, Json]:
    """The JSON of Generate v2, without what was not chosen and what `model` has no use for.

    Of an unknown model (None) everything is sent: MeiGen ignores what the model has no use for.
    """
    options = None if model is None else option_set(model.id)
    fields: dict[str, Json | None] = {
        "prompt": request.prompt,
        "modelId": request.model_id,
        "aspectRatio": request.aspect_ratio,
    }
    if model is None or model.resolutions:
        fields["resolution"] = request.resolution
    if model is None or model.max_references:
        fields["referenceImages"] = [reference.url for reference in request.references] or None
    if model is None or (model.qualities and options is None):
        fields["quality"] = request.quality
    if model is None or options is not None:
        fields["niji7Options"] = _midjourney_options(request, model, options)
        fields["referenceType"] = request.reference_type
    return _chosen({**fields, **_video_fields(request, model)})


def _video_fields(request: GenerationRequest, model: Model | None) -> dict[str, Json | None]:
    fields: dict[str, Json | None] = {}
    if model is None or model.tiers:
        fields["tier"] = request.tier
    if model is None or model.durations:
        fields["duration"] = request.duration_seconds
    if request.reference_video and (model is None or model.takes_reference_video):
        fields["referenceVideo"] = request.reference_video
        fields["referenceVideoDuration"] = _number(request.reference_video_seconds)
    return fields


def _midjourney_options(
    request: GenerationRequest, model: Model | None, known: OptionSet | None
) -> dict[str, Json] | None:
    """`niji7Options`, which carries the quality of Midjourney's models as well; None where nothing was chosen."""
    options = request.midjourney or MidjourneyOptions()
    fields: dict[str, Json | None] = {
        "stylize": _number(options.stylize),
        "chaos": _number(options.chaos),
        "weird": _number(options.weird),
        "raw": options.raw,
        "iw": _number(options.iw),
        "sref": options.sref,
        "sw": _number(options.sw),
        "sv": _number(options.sv),
    }
    chosen = {name: value for name, value in _chosen(fields).items() if known is None or known.takes(name)}
    if model is not None and model.qualities and request.quality is not None:
        chosen["quality"] = request.quality
    return chosen or None


def _number(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value


def _chosen(fields: dict[str, Json | None]) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if value is not None}
