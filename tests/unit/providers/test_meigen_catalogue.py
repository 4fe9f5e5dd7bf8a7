"""List Models read: the documented shapes of every month, and whatever else a model may look like."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Medium, Model, Prices, Timing
from bot.domain.pricing import estimate_credits
from bot.domain.requests import GenerationRequest
from bot.providers.meigen.catalogue import read_models
from bot.providers.shapes import Unreadable
from tests.unit.providers.samples import GPT_IMAGE, JSON, SEEDANCE


def read(*models: object) -> tuple[Model, ...]:
    return read_models(json.dumps({"success": True, "models": models}).encode())[0]


def extra(**fields: object) -> Model:
    """The one model whose extra_config is `fields`."""
    return read({"id": "m", "media_type": "video", "extra_config": fields})[0]


def test_the_documented_listing() -> None:
    gpt, seedance = read(GPT_IMAGE, SEEDANCE)
    assert gpt == Model(
        "meigen",
        "gpt-image-2",
        "GPT Image 2.0",
        "OpenAI",
        Medium.IMAGE,
        ratios=("1:1", "3:2", "2:3"),
        resolutions=("2K",),
        default_resolution="2K",
        max_references=5,
        prices=Prices(per_generation=10),
    )
    assert seedance == Model(
        "meigen",
        "seedance-2-0",
        "Seedance 2.0",
        "ByteDance",
        Medium.VIDEO,
        ratios=("adaptive", "16:9", "4:3", "1:1", "3:4", "9:16", "21:9"),
        resolutions=("480p", "720p"),
        durations=(4, 5, 6),
        max_references=5,
        takes_reference_video=True,
        prices=Prices(
            per_second={"": {"480p": 13, "720p": 20}},
            per_second_with_video={"": {"480p": 8, "720p": 14}},
            minimum_seconds={4: 7, 5: 9, 6: 10},
        ),
    )


@pytest.mark.parametrize(
    ("fields", "prices"),
    [
        ({}, Prices()),
        ({"pricing": {"1K": 15, "2K": 20}}, Prices(by_resolution={"1K": {"": 15}, "2K": {"": 20}})),
        (
            {"pricing": {"1K": {"low": 2, "high": 18}, "2K": 5}},
            Prices(by_resolution={"1K": {"low": 2, "high": 18}, "2K": {"": 5}}),
        ),
        ({"pricing": {"1K": {"low": None, "high": 18.0}}}, Prices(by_resolution={"1K": {"high": 18}})),
        ({"pricing": [1, 2]}, Prices()),
        ({"pricing": {"1K": "15", "2K": True, "4K": 0, "8K": -1, "9K": 1.5, "10K": 1e300}}, Prices()),
        (
            {"pricingPerSec": {"fast": {"480p": 13}, "pro": {"480p": 14, "1080p": 42}}},
            Prices(per_second={"fast": {"480p": 13}, "pro": {"480p": 14, "1080p": 42}}),
        ),
        (
            {"pricingPerSecWithVideo": {"fast": {"480p": 8}, "pro": None}},
            Prices(per_second_with_video={"fast": {"480p": 8}}),
        ),
        (
            {"pricingPerCall": {"fast": {"4": 80, "6s": 125, "long": 1}, "pro": {}}},
            Prices(per_call={"fast": {4: 80, 6: 125}}),
        ),
        ({"pricingPerCall": {"8": 20}}, Prices(per_call={"": {8: 20}})),
        ({"minBillableTable": {"4": 7, "x": 1}}, Prices(minimum_seconds={4: 7})),
        ({"minBillableTable": {"pro": {"4": 8}, "fast": {"4": 7}}}, Prices(minimum_seconds={4: 8})),
        ({"minBillableTable": [[4, 7]]}, Prices()),
    ],
)
def test_prices(fields: dict[str, object], prices: Prices) -> None:
    assert extra(**fields).prices == prices


@pytest.mark.parametrize(
    ("credits_told", "durations", "price"),
    [
        (10, [], 10),
        (20, [8], 20),
        (60, [4, 5], None),
        (0, [], None),
        (None, [], None),
        ("10", [], None),
        (-5, [], None),
    ],
)
def test_the_flat_price_counts_where_there_is_nothing_to_choose(
    credits_told: object, durations: list[int], price: int | None
) -> None:
    (model,) = read({"id": "m", "credits_per_generation": credits_told, "extra_config": {"durations": durations}})
    assert model.prices.per_generation == price


def test_prices_of_every_month_come_out_the_same() -> None:
    """Seedance: 480p, 5 s is 65 credits by April's table and by May's."""
    may = {
        "tiers": ["fast", "pro"],
        "pricingPerSec": {"fast": {"480p": 13}, "pro": {"480p": 14}},
        "resolutions": ["480p"],
    }
    request = GenerationRequest("a fox", Medium.VIDEO, resolution="480p", duration_seconds=5)
    assert estimate_credits(request, read(SEEDANCE)[0]) == 65
    assert estimate_credits(request, extra(**may)) == 65
    assert estimate_credits(replace(request, tier="pro"), extra(**may)) == 70


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"resolutions": ["1K", "2K"], "defaultResolution": "1K"}, {"default_resolution": "1K"}),
        ({"resolutions": ["1K", "2K"], "defaultResolution": "9K"}, {"default_resolution": None}),
        ({"resolutions": ["2K"]}, {"default_resolution": "2K"}),
        ({"resolutions": "2K"}, {"resolutions": ()}),
        ({"qualities": ["low", "high"], "defaultQuality": "low"}, {"default_quality": "low"}),
        ({"qualities": ["low", None, 3, "low"]}, {"qualities": ("low",)}),
        ({"tiers": ["fast", "pro"]}, {"default_tier": "fast"}),
        ({"tiers": ["fast", "pro"], "defaultTier": "pro"}, {"default_tier": "pro"}),
        ({"tiers": ["slow", "pro"]}, {"default_tier": None}),
        ({"tierResolutions": {"fast": ["480p"], "pro": None}}, {"tier_resolutions": {"fast": ("480p",), "pro": ()}}),
        ({"tierResolutions": ["480p"]}, {"tier_resolutions": {}}),
        ({"durations": [8, 4, "6", "5s", 4, -1, 0, 2.5, None, True]}, {"durations": (4, 5, 6, 8)}),
        ({"durations": {"min": 4}}, {"durations": ()}),
        ({"durations": [4, 5], "defaultDuration": 5}, {"default_duration": 5}),
        ({"durations": [8]}, {"default_duration": 8}),
        ({"supportsReferenceVideo": True}, {"takes_reference_video": True}),
        ({"supportsReferenceVideo": "no"}, {"takes_reference_video": False}),
        ({"estimatedTiming": {"p50": 45, "p90": 60.5}}, {"timing": Timing(45, 60.5)}),
        ({"estimatedTiming": {"p50": 45}}, {"timing": None}),
        ({"estimatedTiming": {"p50": 45000, "p90": 60000}}, {"timing": None}),
        ({"estimatedTiming": 45}, {"timing": None}),
        ({"is_default": True}, {"is_default": True}),
        ({"is_default": "yes"}, {"is_default": False}),
        ({"tags": ["New"], "somethingNew": {"a": 1}}, {"name": "m"}),
    ],
)
def test_choices(fields: dict[str, object], told: dict[str, object]) -> None:
    model = extra(**fields)
    assert {name: getattr(model, name) for name in told} == told


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"id": "m"}, {"name": "m", "maker": "", "medium": Medium.IMAGE, "ratios": (), "max_references": 5}),
        ({"id": "m", "name": None, "provider": None, "supported_ratios": None, "extra_config": None}, {"name": "m"}),
        ({"id": "m", "media_type": "VIDEO"}, {"medium": Medium.VIDEO}),
        ({"id": "m", "media_type": "audio"}, {"medium": None}),
        ({"id": "m", "max_reference_images": "5"}, {"max_references": 5}),
        ({"id": "m", "max_reference_images": -1}, {"max_references": 5}),
        ({"id": "m", "supports_4k": True}, {"resolutions": ("2K", "4K")}),
        ({"id": "m", "supports_4k": True, "extra_config": {"resolutions": ["1K"]}}, {"resolutions": ("1K",)}),
        ({"id": "m", "supports_4k": False}, {"resolutions": ()}),
        ({"id": "m", "extra_config": "none"}, {"resolutions": ()}),
        ({"id": "m", "is_default": True}, {"is_default": True}),
        ({"id": "m", "estimatedTiming": {"p50": 1, "p90": 2}}, {"timing": Timing(1, 2)}),
        ({"id": "midjourney-v8.1"}, {"is_midjourney": True, "former_ids": ("midjourney-v7",)}),
        ({"id": "midjourney-v9"}, {"is_midjourney": True, "former_ids": ()}),
        ({"id": "midjourney-v8.1"}, {"qualities": ("1", "4"), "default_quality": "4"}),
        ({"id": "midjourney-v9"}, {"qualities": ("1", "4"), "default_quality": "4"}),
        ({"id": "midjourney-niji7"}, {"is_midjourney": True, "qualities": (), "default_quality": None}),
        (
            {"id": "midjourney-v9", "extra_config": {"qualities": ["2", "4", "8"]}},
            {"qualities": ("2", "4", "8"), "default_quality": "4"},
        ),
        (
            {"id": "midjourney-v9", "extra_config": {"qualities": ["2", "8"], "defaultQuality": "8"}},
            {"qualities": ("2", "8"), "default_quality": "8"},
        ),
        ({"id": "midjourney-v9", "extra_config": {"qualities": ["2", "8"]}}, {"default_quality": None}),
        ({"id": "not-midjourney"}, {"is_midjourney": False, "qualities": ()}),
        ({"id": "seedream-4.5"}, {"prompt_min_characters": 5, "prompt_max_characters": 2000}),
        ({"id": "midjourney-v8.1"}, {"prompt_min_characters": 1, "prompt_max_characters": 8192}),
        ({"id": "gpt-image-2"}, {"prompt_min_characters": 1, "prompt_max_characters": None}),
        ({"id": "new-one"}, {"prompt_min_characters": 1, "prompt_max_characters": None}),
    ],
)
def test_entries(entry: dict[str, object], told: dict[str, object]) -> None:
    (model,) = read(entry)
    assert {name: getattr(model, name) for name in told} == told


def test_odd_models_are_left_out_and_named() -> None:
    body = json.dumps({"models": [{"name": "no id"}, GPT_IMAGE, None, {"id": ""}, {"id": {}}, "m"]}).encode()
    models, oddities = read_models(body)
    assert [model.id for model in models] == ["gpt-image-2"]
    assert oddities == (
        "models.0: id",
        "models.2: not an object",
        "models.3: id",
        "models.4: id",
        "models.5: not an object",
    )


def test_hidden_models_are_left_out_silently() -> None:
    body = json.dumps({"models": [GPT_IMAGE, {"id": "old", "extra_config": {"hidden": True}}]}).encode()
    models, oddities = read_models(body)
    assert ([model.id for model in models], oddities) == (["gpt-image-2"], ())


def test_of_two_models_with_one_id_the_first_stays() -> None:
    assert [model.name for model in read(GPT_IMAGE, {**GPT_IMAGE, "name": "again"})] == ["GPT Image 2.0"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "the answer"),
        (b"<html>", "the answer"),
        (b"[]", "the answer"),
        (b"{}", "models"),
        (b'{"success": false, "error": "x"}', "models"),
        (b'{"models": {}}', "models"),
        (b'{"models": []}', "models"),
        (b'{"models": [1, 2]}', "models"),
    ],
)
def test_a_listing_without_a_model_says_so(body: bytes, named: str) -> None:
    with pytest.raises(Unreadable, match=named):
        read_models(body)


FIELDS = [*SEEDANCE["extra_config"], "pricing", "pricingPerCall", "tiers", "tierResolutions", "estimatedTiming"]  # type: ignore[misc]  # a sample's values
ENTRIES = st.fixed_dictionaries(
    {"id": st.just("m"), "extra_config": st.dictionaries(st.sampled_from(FIELDS), JSON)},
    optional=dict.fromkeys([name for name in SEEDANCE if name not in ("id", "extra_config")], JSON),
)


@given(st.lists(JSON | ENTRIES, max_size=4))
def test_any_listing_is_read_or_refused(models: list[Any]) -> None:
    try:
        read(*models)
    except Unreadable:
        return


@given(ENTRIES)
def test_one_odd_field_never_costs_the_model(entry: dict[str, Any]) -> None:
    hidden = entry["extra_config"].get("hidden")
    assert hidden is True or [model.id for model in read(entry)] == ["m"]
