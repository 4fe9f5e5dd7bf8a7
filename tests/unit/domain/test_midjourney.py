"""Midjourney's options against the documents' tables: names, ranges, defaults."""

from __future__ import annotations

from dataclasses import fields

import pytest

from bot.domain.midjourney import Range, option_set
from bot.domain.requests import FLAG_NAMES, OPTION_NAMES, MidjourneyOptions, flag, written


def test_midjourney_v8() -> None:
    options = option_set("midjourney-v8.1")
    assert options is not None
    assert options.ranges == {
        "stylize": Range(0, 1000, default=100),
        "chaos": Range(0, 100, default=5),
        "iw": Range(0, 2, default=1, is_whole=False),
        "sw": Range(0, 1000, default=100),
    }
    assert (options.is_raw, options.qualities, options.default_quality) == (False, ("1", "4"), "4")


def test_midjourney_niji7() -> None:
    options = option_set("midjourney-niji7")
    assert options is not None
    assert options.ranges == {
        "stylize": Range(0, 1000, default=150),
        "chaos": Range(0, 100, default=0),
        "weird": Range(0, 3000, default=0),
        "iw": Range(0, 3, default=1.5, is_whole=False),
        "sw": Range(0, 1000, default=100),
        "sv": Range(1, 4, default=4),
    }
    assert (options.is_raw, options.qualities, options.default_quality) == (True, (), None)


@pytest.mark.parametrize("model_id", ["midjourney-v7", "midjourney-v9", "midjourney", "midjourney-niji8"])
def test_a_midjourney_yet_unheard_of_has_the_options_of_the_last_one(model_id: str) -> None:
    assert option_set(model_id) is option_set("midjourney-v8.1")


@pytest.mark.parametrize("model_id", ["", "gpt-image-2", "not-midjourney", "Midjourney"])
def test_other_models_have_none(model_id: str) -> None:
    assert option_set(model_id) is None


@pytest.mark.parametrize(("model_id", "lacks"), [("midjourney-v8.1", {"weird", "sv"}), ("midjourney-niji7", set())])
def test_which_model_takes_what(model_id: str, lacks: set[str]) -> None:
    options = option_set(model_id)
    assert options is not None
    names = {*(field.name for field in fields(MidjourneyOptions)), "reference_type"}
    assert {name for name in names if not options.takes(name)} == lacks
    assert not options.takes("aspect_ratio")


def test_every_option_has_its_flag() -> None:
    assert [flag(name) for name in OPTION_NAMES] == [f"--{name}" for name in OPTION_NAMES]
    assert set(FLAG_NAMES) == {"--ar", "--quality", "--ref", *(f"--{name}" for name in OPTION_NAMES)}


@pytest.mark.parametrize(
    ("value", "text"), [("16:9", "16:9"), (300.0, "300"), (1.5, "1.5"), (0, "0"), (True, "true"), (False, "false")]
)
def test_values_are_written_as_they_are_typed(value: str | float | bool, text: str) -> None:  # noqa: FBT001  a parameter
    assert written(value) == text
