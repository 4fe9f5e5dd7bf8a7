"""Credits of a request, by the catalogue's own prices."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bot.domain.catalog import Model, Prices
from bot.domain.requests import GenerationRequest


def estimate_credits(request: GenerationRequest, model: Model | None) -> int | None:
    """What `request` will cost; None where the catalogue does not tell.

    The most specific price that the catalogue gives wins: by the second, by the call, by resolution and quality, flat.
    """
    if model is None:
        return None
    prices = model.prices
    tier = request.tier or model.default_tier or ""
    resolution = request.resolution or model.default_resolution or ""
    seconds = request.duration_seconds or model.default_duration
    if prices.per_second or prices.per_second_with_video:
        return _by_the_second(request, prices, tier, resolution, seconds)
    if prices.per_call:
        return None if seconds is None else prices.per_call.get(tier, {}).get(seconds)
    if prices.by_resolution:
        by_quality = prices.by_resolution.get(resolution, {})
        return by_quality.get(request.quality or model.default_quality or "", by_quality.get(""))
    return prices.per_generation


def _by_the_second(
    request: GenerationRequest, prices: Prices, tier: str, resolution: str, seconds: int | None
) -> int | None:
    if seconds is None:
        return None
    if request.reference_video is None:
        rate, billable = _rate(prices.per_second, tier, resolution), float(seconds)
    else:
        rate = _rate(prices.per_second_with_video, tier, resolution)
        whole = (request.reference_video_seconds or 0.0) + seconds
        billable = max(whole, float(prices.minimum_seconds.get(seconds, 0)))
    return None if rate is None else math.ceil(rate * billable)


def _rate(rates: Mapping[str, Mapping[str, int]], tier: str, resolution: str) -> int | None:
    by_resolution = rates.get(tier) or rates.get("") or {}
    return by_resolution.get(resolution)
