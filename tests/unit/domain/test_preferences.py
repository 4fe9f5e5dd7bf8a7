"""Usual choices: where they count, and where the request or the model goes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.catalog import AUTO_RATIO, Catalog, Medium
from bot.domain.preferences import Usual, applied
from bot.domain.requests import GenerationRequest
from tests.support.builders import model

SWIFT, SLOW = model(), model(id="slow-1", name="Slow", ratios=("4:5",), is_default=False)
CINEMA = model(id="cinema-1", name="Cinema", medium=Medium.VIDEO, ratios=("16:9",), is_default=False)
REEL = replace(CINEMA, id="reel-1", name="Reel")
ALL = Catalog((SWIFT, SLOW, CINEMA, REEL))
CHOSEN = Usual(image_model="slow-1", video_model="reel-1", aspect_ratio="16:9")


def made(usual: Usual = CHOSEN, catalog: Catalog = ALL, **asked: Any) -> tuple[str | None, str | None]:
    found = applied(usual, replace(GenerationRequest("a cat"), **asked), catalog)
    return found.model_id, found.aspect_ratio


def test_each_medium_has_its_usual_model() -> None:
    assert made()[0] == "slow-1"
    assert made(medium=Medium.VIDEO)[0] == "reel-1"


def test_what_is_said_goes_first() -> None:
    assert made(model_id="swift-1", aspect_ratio="1:1") == ("swift-1", "1:1")


def test_the_usual_ratio_counts_where_the_model_has_it() -> None:
    assert made(model_id="swift-1") == ("swift-1", "16:9")
    assert made() == ("slow-1", None)
    assert made(replace(CHOSEN, aspect_ratio=AUTO_RATIO)) == ("slow-1", AUTO_RATIO)
    assert made(Usual(aspect_ratio="16:9")) == (None, "16:9"), "by the upstream's default"


@pytest.mark.parametrize("gone", ["retired-1", "cinema-1"])
def test_a_usual_model_that_is_gone_or_makes_something_else_leaves_the_upstreams_own(gone: str) -> None:
    assert made(replace(CHOSEN, image_model=gone)) == (None, "16:9")


def test_a_model_that_was_asked_for_stays_though_it_is_not_known() -> None:
    """It is refused by name, later."""
    assert made(model_id="nonsense") == ("nonsense", None)


def test_before_the_catalogue_is_known_nothing_is_chosen() -> None:
    assert made(catalog=Catalog()) == (None, None)


def test_without_usual_choices_nothing_changes() -> None:
    asked = GenerationRequest("a cat", quality="high")
    assert applied(Usual(), asked, ALL) == asked


def test_a_usual_ratio_is_not_meant_for_several_views() -> None:
    usual = Usual(aspect_ratio="16:9")
    assert applied(usual, GenerationRequest("a knight"), ALL).aspect_ratio == "16:9"
    assert applied(usual, GenerationRequest("a knight", multi_view=True), ALL).aspect_ratio is None
    chosen = GenerationRequest("a knight", multi_view=True, aspect_ratio="1:1")
    assert applied(usual, chosen, ALL).aspect_ratio == "1:1"
