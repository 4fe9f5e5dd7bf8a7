"""What comes after a result: which part of the first request goes on, and by what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.catalog import Medium
from bot.domain.follow_ups import animated, continued, styled, used, varied
from bot.domain.requests import GenerationRequest, MidjourneyOptions, Reference
from tests.support.builders import model

BEFORE, PICTURE = Reference("https://a.test/before.png"), Reference("https://a.test/2.png", is_result=True)
GRID = model(id="midjourney-v8.1", is_midjourney=True)
FIRST = GenerationRequest(
    "a cat",
    model_id="midjourney-v8.1",
    aspect_ratio="16:9",
    references=(BEFORE,),
    reference_type="style",
    midjourney=MidjourneyOptions(sref="123", chaos=7),
)
CINEMA = model(id="cinema-1", medium=Medium.VIDEO, ratios=("16:9",), durations=(4, 5), tiers=("fast", "pro"))
SHAPING = replace(CINEMA, ratios=("adaptive", "16:9"))


def test_more_like_it_is_the_same_request_by_its_content() -> None:
    assert varied(FIRST, PICTURE, GRID) == replace(FIRST, references=(PICTURE,), reference_type="content")


def test_its_look_is_the_same_request_by_its_style_and_the_style_code_stays() -> None:
    made = styled(FIRST, PICTURE, GRID)
    assert made == replace(FIRST, references=(PICTURE,), reference_type="style")
    assert made.midjourney is not None
    assert made.midjourney.sref == "123"


@pytest.mark.parametrize("of", [model(), None])
def test_only_midjourney_is_told_how_to_read_it(of: object) -> None:
    plain = replace(FIRST, midjourney=None)
    assert varied(plain, PICTURE, of if of is None else model()).reference_type is None
    assert styled(plain, PICTURE, of if of is None else model()).reference_type is None


def test_used_as_a_reference_it_is_all_that_there_is() -> None:
    assert used(PICTURE, GRID) == GenerationRequest("", model_id=GRID.id, references=(PICTURE,))
    assert used(PICTURE, None, "a dog") == GenerationRequest("a dog", references=(PICTURE,))


def test_a_video_follows_the_picture_where_its_model_can() -> None:
    made = animated("a cat", "16:9", PICTURE, SHAPING)
    assert made == GenerationRequest(
        "a cat", Medium.VIDEO, model_id="cinema-1", aspect_ratio="adaptive", references=(PICTURE,)
    )


@pytest.mark.parametrize(("ratio", "kept"), [("16:9", "16:9"), ("4:5", None), (None, None)])
def test_else_it_has_the_pictures_ratio_if_its_model_has_it(ratio: str | None, kept: str | None) -> None:
    assert animated("a cat", ratio, PICTURE, CINEMA).aspect_ratio == kept


def test_without_a_model_nothing_is_chosen() -> None:
    assert animated("a cat", "16:9", PICTURE, None) == GenerationRequest("a cat", Medium.VIDEO, references=(PICTURE,))


def test_a_continuation_goes_by_the_video_alone_with_the_same_choices() -> None:
    first = GenerationRequest(
        "a cat", Medium.VIDEO, "cinema-1", "16:9", tier="pro", duration_seconds=5, references=(BEFORE,)
    )
    made = continued(first, "https://a.test/1.mp4", 4.97)
    assert made == replace(first, references=(), reference_video="https://a.test/1.mp4", reference_video_seconds=4.97)
    again = continued(made, "https://a.test/2.mp4", 5.0)
    assert (again.reference_video, again.reference_video_seconds) == ("https://a.test/2.mp4", 5.0)
