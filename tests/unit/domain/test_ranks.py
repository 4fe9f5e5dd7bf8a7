"""Which choice is more than which."""

from __future__ import annotations

from itertools import permutations

import pytest

from bot.domain.catalog import Medium
from bot.domain.highest import HIGHEST, highest_choices
from bot.domain.limits import Limits
from bot.domain.ranks import ascending, is_above, lines_of
from tests.support.builders import model

SCALES = [
    ("480p", "720p", "768p", "1K", "1080p", "2K", "2160p", "4K"),
    ("low", "medium", "high"),
    ("mini", "fast", "pro"),
    ("0.5", "1", "2", "4", "10"),
]


@pytest.mark.parametrize("scale", SCALES)
def test_each_is_above_those_before_it(scale: tuple[str, ...]) -> None:
    for place, highest in enumerate(scale):
        assert [is_above(chosen, highest) for chosen in scale] == [at > place for at in range(len(scale))]


def test_case_and_spaces_make_no_difference() -> None:
    assert is_above(" High ", "LOW")
    assert is_above("2 k", "1080P")
    assert not is_above("2K", " 2k")


@pytest.mark.parametrize(
    ("chosen", "highest"),
    [
        *(("4", "low"), ("high", "1"), ("4K", "high"), ("pro", "low"), ("high", "mini"), ("4", "480p"), ("480p", "4")),
        *(("high", "standard"), ("4K", "1024x1024"), ("high", ""), ("standard", " Standard")),
    ],
)
def test_what_is_on_another_scale_is_not_above(chosen: str, highest: str) -> None:
    assert not is_above(chosen, highest)


@pytest.mark.parametrize(
    ("chosen", "highest"),
    [("ultra", "low"), ("ultra", "max"), ("1024x1024", "720p"), ("", "low"), ("-1", "0"), ("²", "1")],
)
def test_what_nobody_can_rank_may_be_above(chosen: str, highest: str) -> None:
    assert is_above(chosen, highest)


@pytest.mark.parametrize("scale", SCALES)
def test_in_order(scale: tuple[str, ...]) -> None:
    assert ascending(scale[::-1] + scale) == scale


def test_scales_are_not_mixed_and_what_is_on_none_is_last() -> None:
    choices = ("1024x1024", "4", "high", "1", "ultra", "low", "medium")
    assert ascending(choices) == ("low", "medium", "high", "1", "4", "1024x1024", "ultra")
    assert ascending(()) == ()


@pytest.mark.parametrize(
    ("resolution", "expected"), [("480p", 480), ("1K", 1000), (" 2k ", 2000), ("2.5K", 2500), ("0p", 0)]
)
def test_lines(resolution: str, expected: float) -> None:
    assert lines_of(resolution) == expected


@pytest.mark.parametrize("resolution", ["", "large", "1024x1024", "p", "1024", "4K HDR"])
def test_lines_of_what_has_none(resolution: str) -> None:
    assert lines_of(resolution) == float("inf")


# ---------------------------------------------------------------- what a guild can choose from

MODELS = (
    model(resolutions=("2K", "1K"), qualities=("high", "low")),
    model(id="grid", resolutions=(), qualities=("4", "1"), tiers=()),
    model(
        id="cinema",
        medium=Medium.VIDEO,
        resolutions=("480p",),
        tiers=("pro", "fast"),
        tier_resolutions={"pro": ("1080p", "480p"), "fast": ("480p", "720p")},
    ),
    model(id="odd", medium=None, resolutions=("8K",)),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("picture_resolution", ("1K", "2K")),
        ("video_resolution", ("480p", "720p", "1080p")),
        ("quality", ("low", "high", "1", "4")),
        ("tier", ("fast", "pro")),
    ],
)
def test_what_can_be_the_highest(name: str, expected: tuple[str, ...]) -> None:
    for models in permutations(MODELS):
        assert highest_choices(name, models) == expected
    assert highest_choices(name, ()) == ()


def test_each_of_them_is_a_limit() -> None:
    assert {name: getattr(Limits(), name) for name in HIGHEST} == dict.fromkeys(HIGHEST)
