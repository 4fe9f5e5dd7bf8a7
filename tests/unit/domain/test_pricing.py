"""Credits: the worked examples of the documents, and each kind of price on its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.catalog import Medium, Model, Prices
from bot.domain.pricing import estimate_credits
from bot.domain.requests import GenerationRequest

VIDEO = "https://cdn.example/before.mp4"
BARE = Model("meigen", "m", "M", "Maker", Medium.IMAGE)
FLOOR = dict(zip(range(4, 16), (7, 9, 10, 12, 14, 15, 17, 19, 20, 22, 24, 25), strict=True))
# Seedance 2.0 of April, before there were tiers.
SEEDANCE = replace(
    BARE,
    medium=Medium.VIDEO,
    resolutions=("480p", "720p", "1080p"),
    default_resolution="480p",
    durations=tuple(FLOOR),
    default_duration=5,
    takes_reference_video=True,
    prices=Prices(
        per_generation=60,
        per_second={"": {"480p": 13, "720p": 20, "1080p": 22}},
        per_second_with_video={"": {"480p": 8, "720p": 14, "1080p": 14}},
        minimum_seconds=FLOOR,
    ),
)
TIERED = replace(
    SEEDANCE,
    tiers=("fast", "pro"),
    default_tier="fast",
    prices=replace(
        SEEDANCE.prices,
        per_second={"fast": {"480p": 13}, "pro": {"480p": 14, "1080p": 42}},
        per_second_with_video={"fast": {"480p": 8}, "pro": {"1080p": 28}},
    ),
)
GPT = replace(
    BARE,
    resolutions=("1K", "2K"),
    default_resolution="1K",
    qualities=("low", "high"),
    default_quality="low",
    prices=Prices(per_generation=2, by_resolution={"1K": {"low": 2, "high": 18}, "2K": {"low": 5}}),
)
MIDJOURNEY = replace(
    BARE,
    resolutions=("1K", "2K"),
    default_resolution="1K",
    prices=Prices(per_generation=15, by_resolution={"1K": {"": 15}, "2K": {"": 20}}),
)
VEO = replace(
    BARE,
    medium=Medium.VIDEO,
    tiers=("fast", "pro"),
    default_tier="fast",
    durations=(4, 6),
    default_duration=4,
    prices=Prices(per_call={"fast": {4: 80, 6: 125}, "pro": {4: 220}}),
)


def cost(model: Model | None, **fields: object) -> int | None:
    return estimate_credits(replace(GenerationRequest("a garden"), **fields), model)  # type: ignore[arg-type]  # a table


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"resolution": "480p", "duration_seconds": 5}, 65),
        (
            {
                "resolution": "480p",
                "duration_seconds": 5,
                "reference_video": VIDEO,
                "reference_video_seconds": 3.0,
            },
            72,
        ),
        (
            {
                "resolution": "720p",
                "duration_seconds": 10,
                "reference_video": VIDEO,
                "reference_video_seconds": 5.0,
            },
            238,
        ),
    ],
)
def test_the_documents_worked_examples(fields: dict[str, object], expected: int) -> None:
    assert cost(SEEDANCE, **fields) == expected


@pytest.mark.parametrize(
    ("model", "fields", "expected"),
    [
        (replace(BARE, prices=Prices(per_generation=5)), {}, 5),
        (replace(BARE, prices=Prices(per_generation=5)), {"resolution": "4K", "quality": "high"}, 5),
        (BARE, {}, None),
        (None, {}, None),
        (GPT, {}, 2),
        (GPT, {"quality": "high"}, 18),
        (GPT, {"resolution": "2K"}, 5),
        # The flat figure stands beside a table that does not have this cell: what it costs is not known.
        (GPT, {"resolution": "2K", "quality": "high"}, None),
        (replace(GPT, default_resolution=None), {}, None),
        (replace(GPT, default_quality=None), {}, None),
        (MIDJOURNEY, {}, 15),
        (MIDJOURNEY, {"resolution": "2K", "quality": "4"}, 20),
        (VEO, {}, 80),
        (VEO, {"duration_seconds": 6}, 125),
        (VEO, {"tier": "pro"}, 220),
        (VEO, {"tier": "pro", "duration_seconds": 6}, None),
        (replace(VEO, default_tier=None), {}, None),
        (replace(VEO, default_duration=None), {}, None),
        (SEEDANCE, {}, 65),
        (SEEDANCE, {"resolution": "4K"}, None),
        (replace(SEEDANCE, default_duration=None), {}, None),
        (replace(SEEDANCE, default_resolution=None), {}, None),
        (TIERED, {}, 65),
        (TIERED, {"tier": "pro"}, 70),
        (TIERED, {"tier": "pro", "resolution": "1080p"}, 210),
        (TIERED, {"tier": "fast", "resolution": "1080p"}, None),
        (replace(TIERED, default_tier=None), {}, None),
    ],
)
def test_each_kind_of_price(model: Model | None, fields: dict[str, object], expected: int | None) -> None:
    assert cost(model, **fields) == expected


@pytest.mark.parametrize(
    ("model", "fields", "expected"),
    [
        (SEEDANCE, {}, 72),
        (SEEDANCE, {"reference_video_seconds": 0.0}, 72),
        (SEEDANCE, {"reference_video_seconds": 4.0}, 72),
        (SEEDANCE, {"reference_video_seconds": 4.1}, 73),
        (SEEDANCE, {"reference_video_seconds": 6.3, "duration_seconds": 4}, 83),
        (SEEDANCE, {"reference_video_seconds": 20.0, "duration_seconds": 15}, 280),
        (replace(SEEDANCE, prices=replace(SEEDANCE.prices, minimum_seconds={})), {}, 40),
        (TIERED, {"tier": "pro", "resolution": "1080p"}, 252),
        # No rate is told for this pair, though there is one without a reference video.
        (TIERED, {"tier": "pro", "resolution": "480p"}, None),
        (replace(SEEDANCE, prices=replace(SEEDANCE.prices, per_second_with_video={})), {}, None),
        (replace(SEEDANCE, default_duration=None), {}, None),
    ],
)
def test_with_a_reference_video(model: Model, fields: dict[str, object], expected: int | None) -> None:
    assert cost(model, reference_video=VIDEO, **fields) == expected
