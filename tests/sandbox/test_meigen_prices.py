"""What the stand-in charges, against the documents' tables and worked examples."""

from dataclasses import replace

import pytest

from sandbox.meigen.catalogue import BY_ID, MODELS
from sandbox.meigen.orders import credits_of, read_order

PROMPT = "a small house"
VIDEO = "https://images.example/earlier.mp4"


def price(model: str | None = None, **fields: object) -> int:
    chosen = {} if model is None else {"modelId": model}
    return credits_of(read_order({"prompt": PROMPT, **chosen, **fields}))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (None, 2),
        ("gpt-image-2", 2),
        ("nanobanana-2", 5),
        ("gemini-3-pro-image-preview", 10),
        ("seedream-5.0-lite", 5),
        ("seedream-4.5", 5),
        ("midjourney-v8.1", 15),
        ("midjourney-v7", 15),
        ("midjourney-niji7", 15),
        ("flux2-klein", 2),
        ("z-image-turbo", 2),
        ("seedance-2-0", 65),
        ("veo-3.1", 80),
    ],
)
def test_price_with_every_default(model: str | None, expected: int) -> None:
    assert price(model) == expected


@pytest.mark.parametrize(
    ("resolution", "by_quality"),
    [("1K", (2, 10, 18)), ("2K", (5, 20, 40)), ("4K", (10, 32, 80))],
)
def test_gpt_image_by_resolution_and_quality(resolution: str, by_quality: tuple[int, ...]) -> None:
    for quality, expected in zip(("low", "medium", "high"), by_quality, strict=True):
        assert price("gpt-image-2", resolution=resolution, quality=quality) == expected


def test_midjourney_by_resolution() -> None:
    assert price("midjourney-v8.1", resolution="1K") == 15
    assert price("midjourney-v8.1", resolution="2K") == 20


@pytest.mark.parametrize("resolution", ["2K", "4K"])
def test_a_flat_price_does_not_depend_on_resolution(resolution: str) -> None:
    assert price("nanobanana-2", resolution=resolution) == 5


@pytest.mark.parametrize(("tier", "expected"), [("fast", (80, 125, 165)), ("pro", (220, 330, 435))])
def test_veo_by_tier_and_duration(tier: str, expected: tuple[int, ...]) -> None:
    assert tuple(price("veo-3.1", tier=tier, duration=seconds) for seconds in (4, 6, 8)) == expected


@pytest.mark.parametrize(
    ("tier", "resolution", "per_second"),
    [("fast", "480p", 13), ("fast", "720p", 20), ("pro", "480p", 14), ("pro", "720p", 22), ("pro", "1080p", 42)],
)
@pytest.mark.parametrize("seconds", [4, 5, 15])
def test_seedance_by_the_second(tier: str, resolution: str, per_second: int, seconds: int) -> None:
    asked = {"tier": tier, "resolution": resolution, "duration": seconds}
    assert price("seedance-2-0", **asked) == per_second * seconds


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"resolution": "480p", "duration": 5}, 65),
        ({"resolution": "480p", "duration": 5, "referenceVideo": VIDEO, "referenceVideoDuration": 3}, 72),
        ({"resolution": "720p", "duration": 10, "referenceVideo": VIDEO, "referenceVideoDuration": 5}, 238),
    ],
)
def test_the_documents_worked_examples(fields: dict[str, object], expected: int) -> None:
    assert price("seedance-2-0", **fields) == expected


@pytest.mark.parametrize(
    ("tier", "resolution", "per_second"),
    [("fast", "480p", 8), ("fast", "720p", 14), ("pro", "720p", 16), ("pro", "1080p", 28)],
)
def test_seedance_rates_with_a_reference_video(tier: str, resolution: str, per_second: int) -> None:
    asked = {"tier": tier, "resolution": resolution, "duration": 4, "referenceVideo": VIDEO}
    assert price("seedance-2-0", **asked, referenceVideoDuration=20) == per_second * 24


@pytest.mark.parametrize(
    ("seconds", "floor"),
    [(4, 7), (5, 9), (6, 10), (7, 12), (8, 14), (9, 15), (10, 17), (11, 19), (12, 20), (13, 22), (14, 24), (15, 25)],
)
def test_billable_seconds_have_a_floor(seconds: int, floor: int) -> None:
    assert price("seedance-2-0", duration=seconds, referenceVideo=VIDEO) == 8 * floor


def test_part_seconds_of_a_reference_video_are_rounded_up_in_credits() -> None:
    asked = {"duration": 4, "referenceVideo": VIDEO, "referenceVideoDuration": 6.3}
    assert price("seedance-2-0", **asked) == 83  # 8 credits for each of 10.3 s


@pytest.mark.parametrize("seconds", [3, 15])
def test_happyhorse_charges_what_no_catalogue_shows(seconds: int) -> None:
    model = next(model for model in MODELS if model.id == "happyhorse-1.0")
    assert model.credits is None
    assert not model.per_second
    assert price(model.id, duration=seconds) == 15 * seconds


def test_every_model_on_sale_has_a_price_for_everything_it_offers() -> None:
    for model in MODELS:
        if model.is_retired:
            continue
        for resolution in model.resolutions or (None,):
            for tier in model.tiers or (None,):
                if tier and resolution not in model.tier_resolutions.get(tier, model.resolutions):
                    continue
                assert price(model.id, resolution=resolution, tier=tier) > 0


def test_the_price_is_that_of_the_catalogue_at_hand() -> None:
    seedance = BY_ID["seedance-2-0"]
    dearer = replace(seedance, per_second={"fast": {"480p": 100}}, billable_floor=dict.fromkeys(range(4, 16), 50))
    asked = {"prompt": PROMPT, "modelId": "seedance-2-0", "duration": 5}
    assert credits_of(read_order(asked, models={dearer.id: dearer})) == 500
    assert credits_of(read_order({**asked, "referenceVideo": VIDEO}, models={dearer.id: dearer})) == 8 * 50
    assert credits_of(read_order(asked)) == 65
