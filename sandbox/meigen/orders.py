"""From the body of `POST /api/generate/v2` to an order and its price, or to a refusal.

One rule where the documents are silent: what a model has no notion of is ignored (as they say of `quality` and
`niji7Options`), a value outside a notion that it has is refused.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from sandbox.meigen.catalogue import BY_ID, DEFAULT_MODEL_ID, OLD_NAMES, Model

Fields: TypeAlias = Mapping[str, object]
Rates: TypeAlias = Mapping[str, Mapping[str, int]]


class Refusal(Exception):
    """A request that is answered with `status` and `body` and charges nothing."""

    def __init__(self, error: str, status: int = 400, **extra: object) -> None:
        super().__init__(error)
        self.status = status
        self.body: dict[str, object] = {"success": False, "error": error, **extra}


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, with the model's defaults filled in; None where the model has no such notion."""

    prompt: str
    model: Model
    ratio: str
    """As asked for: may be "auto" or "adaptive"."""
    resolution: str | None = None
    quality: str | None = None
    duration_seconds: int | None = None
    tier: str | None = None
    reference_video_seconds: float | None = None
    """None: no reference video."""

    @property
    def model_id(self) -> str:
        return self.model.id


def read_order(
    payload: object,
    retired: Collection[str] = (),
    trusted_hosts: Collection[str] = (),
    models: Mapping[str, Model] = BY_ID,
) -> Order:
    """Read a body; raises Refusal. `trusted_hosts` (`host[:port]`) may give references over plain http."""
    if not isinstance(payload, dict):
        raise Refusal("Request body must be a JSON object")
    fields: Fields = {name: value for name, value in payload.items() if value is not None}
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refusal("Prompt is required")
    model = _model(fields, retired, models)
    _check_prompt(prompt, model)
    _check_references(fields, model, trusted_hosts)
    _check_midjourney(fields, model)
    tier = _choice(fields, "tier", model.tiers, model.default_tier)
    return Order(
        prompt=prompt,
        model=model,
        ratio=_ratio(fields, model),
        resolution=_resolution(fields, model, tier),
        quality=_choice(fields, "quality", model.qualities, model.default_quality),
        duration_seconds=_duration(fields, model),
        tier=tier,
        reference_video_seconds=_reference_video(fields, model, trusted_hosts),
    )


def credits_of(order: Order) -> int:
    """What `order` costs (Models page, and the tables of `extra_config`)."""
    model, resolution, tier = order.model, order.resolution or "", order.tier or ""
    if order.reference_video_seconds is not None:
        rate = _rate(model.per_second_with_video, model.unlisted_per_second_with_video, tier, resolution)
        return math.ceil(rate * _billable_seconds(order))
    if model.per_second or model.unlisted_per_second:
        return _rate(model.per_second, model.unlisted_per_second, tier, resolution) * (order.duration_seconds or 0)
    if model.per_call:
        return model.per_call[tier][order.duration_seconds or 0]
    if model.by_quality:
        return model.by_quality[resolution][order.quality or ""]
    return model.by_resolution.get(resolution, model.credits or 0)


def _billable_seconds(order: Order) -> float:
    asked = order.duration_seconds or 0
    return max((order.reference_video_seconds or 0.0) + asked, order.model.billable_floor[asked])


def _rate(listed: Rates, unlisted: Rates, tier: str, resolution: str) -> int:
    return {**unlisted.get(tier, {}), **listed.get(tier, {})}[resolution]


def _model(fields: Fields, retired: Collection[str], models: Mapping[str, Model]) -> Model:
    asked = fields.get("modelId", DEFAULT_MODEL_ID)
    model = models.get(OLD_NAMES.get(asked, asked)) if isinstance(asked, str) else None
    if model is None:
        raise Refusal(f"Unknown model: {asked}")
    if model.is_retired or model.id in retired:
        raise Refusal(f"Model {model.id} is no longer available")
    return model


def _check_prompt(prompt: str, model: Model) -> None:
    least, most = model.prompt_characters
    if len(prompt) < least:
        raise Refusal(f"Prompt must be at least {least} characters")
    if most is not None and len(prompt) > most:
        raise Refusal(f"Prompt must be at most {most} characters")


def _check_references(fields: Fields, model: Model, trusted_hosts: Collection[str]) -> None:
    urls = fields.get("referenceImages", [])
    if not isinstance(urls, list):
        raise Refusal("referenceImages must be an array of URLs")
    if len(urls) > model.max_references:
        raise Refusal(f"Too many reference images: this model accepts at most {model.max_references}")
    for url in urls:
        _check_public(url, "Reference image", trusted_hosts)


def _check_public(url: object, what: str, trusted_hosts: Collection[str]) -> None:
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme in ("http", "https") and (parts.netloc in trusted_hosts or parts.hostname in trusted_hosts):
        return
    if parts.scheme != "https" or not _is_public(parts.hostname):
        raise Refusal(f"{what} must be a publicly accessible HTTPS URL")


def _is_public(hostname: str | None) -> bool:
    try:
        return ipaddress.ip_address(hostname or "").is_global
    except ValueError:
        return bool(hostname) and hostname != "localhost"


def _check_midjourney(fields: Fields, model: Model) -> None:
    if not model.options:
        return
    _choice(fields, "referenceType", ("content", "style"), "content")
    options = fields.get("niji7Options", {})
    if not isinstance(options, dict):
        raise Refusal("niji7Options must be an object")
    for name, (least, most) in model.options.items():
        value = options.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise Refusal(f"niji7Options.{name} must be between {least} and {most}")
    if not isinstance(options.get("raw", False), bool) or not isinstance(options.get("sref", ""), str):
        raise Refusal("niji7Options.raw must be a boolean and niji7Options.sref a string")
    if model.option_qualities and options.get("quality", "4") not in model.option_qualities:
        raise Refusal('niji7Options.quality must be "1" or "4"')


def _ratio(fields: Fields, model: Model) -> str:
    ratio = fields.get("aspectRatio", "auto")
    if isinstance(ratio, str) and (ratio == "auto" or ratio in model.ratios):
        return ratio
    raise Refusal(f"Aspect ratio {ratio} not supported by this model", supportedRatios=list(model.ratios))


def _resolution(fields: Fields, model: Model, tier: str | None) -> str | None:
    resolution = _choice(fields, "resolution", model.resolutions, model.default_resolution)
    if model.tier_resolutions and resolution not in model.tier_resolutions[tier or ""]:
        raise Refusal(f"Resolution {resolution} not supported by tier {tier}")
    return resolution


def _choice(fields: Fields, name: str, offered: tuple[str, ...], default: str | None) -> str | None:
    value = fields.get(name, default)
    if not offered:
        return None
    if isinstance(value, str) and value in offered:
        return value
    raise Refusal(f"{name} {value} not supported by this model; supported: {', '.join(offered)}")


def _duration(fields: Fields, model: Model) -> int | None:
    value = fields.get("duration", model.default_duration)
    if not model.durations:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value in model.durations:
        return value
    offered = ", ".join(map(str, model.durations))
    raise Refusal(f"duration {value} not supported by this model; supported: {offered}")


def _reference_video(fields: Fields, model: Model, trusted_hosts: Collection[str]) -> float | None:
    """Its length in seconds, 0 where none was told (as documented); None without a reference video."""
    url = fields.get("referenceVideo")
    if url is None:
        return None
    if not model.takes_reference_video:
        raise Refusal("This model does not accept a reference video")
    _check_public(url, "Reference video", trusted_hosts)
    seconds = fields.get("referenceVideoDuration", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise Refusal("referenceVideoDuration must be a number of seconds")
    return float(seconds)
