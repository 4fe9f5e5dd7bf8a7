"""Drafts: which models could make one, what is left of it for another model, what was typed, when to ask first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.catalog import ADAPTIVE_RATIO, AUTO_RATIO, Catalog, Medium, Model
from bot.domain.drafts import Draft, candidates, first_choice, fitted, is_dear, price_seen, typed
from bot.domain.problems import ProblemCode
from bot.domain.requests import GenerationRequest, MidjourneyOptions, Reference
from tests.support.builders import BEGAN_AT, MEMBER, model

PICTURE = Reference("https://a.test/cat.png")
SWIFT = model()
PLAIN = model(id="plain-1", name="Plain", max_references=0, is_default=False)
GRID = model(id="midjourney-v8.1", name="Grid", is_midjourney=True, is_default=False, qualities=("1", "4"))
CINEMA = model(
    id="cinema-1",
    name="Cinema",
    medium=Medium.VIDEO,
    is_default=False,
    ratios=("adaptive", "16:9"),
    resolutions=("480p", "720p", "1080p"),
    default_resolution="480p",
    tiers=("fast", "pro"),
    default_tier="fast",
    tier_resolutions={"fast": ("480p", "720p")},
    durations=(4, 5),
    takes_reference_video=True,
)
SHORT = model(id="short-1", name="Short", medium=Medium.VIDEO, is_default=False, max_references=1, durations=(8,))
ODD = model(id="odd-1", name="Odd", medium=None)
ALL = Catalog((SWIFT, PLAIN, GRID, CINEMA, SHORT, ODD))


def request(medium: Medium = Medium.IMAGE, **changes: Any) -> GenerationRequest:
    return replace(GenerationRequest("a cat", medium), **changes)


def video(**changes: Any) -> GenerationRequest:
    return request(Medium.VIDEO, **changes)


# ---------------------------------------------------------------- models


@pytest.mark.parametrize(
    ("asked", "able"),
    [
        (request(), (SWIFT, PLAIN, GRID)),
        (request(references=(PICTURE,)), (SWIFT, GRID)),
        (video(), (CINEMA, SHORT)),
        (video(references=(PICTURE,) * 2), (CINEMA,)),
        (video(references=(PICTURE,) * 3), ()),
        (video(reference_video="https://a.test/1.mp4"), (CINEMA,)),
    ],
)
def test_models_of_its_medium_that_can_use_all_that_it_goes_by(
    asked: GenerationRequest, able: tuple[Model, ...]
) -> None:
    assert candidates(ALL, asked) == able


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (request(model_id="plain-1"), PLAIN),
        (request(model_id="plain-1", references=(PICTURE,)), SWIFT),
        (request(model_id="retired"), SWIFT),
        (request(model_id="cinema-1"), SWIFT),
        (video(), CINEMA),
        (video(model_id="short-1"), SHORT),
        (video(model_id="short-1", reference_video="https://a.test/1.mp4"), CINEMA),
        (video(references=(PICTURE,) * 3), None),
    ],
)
def test_the_first_choice_is_the_one_asked_for_where_it_can(asked: GenerationRequest, found: Model | None) -> None:
    assert first_choice(ALL, asked) is found


def test_without_a_default_that_can_the_first_that_can_is_chosen() -> None:
    assert first_choice(Catalog((PLAIN, GRID)), request(references=(PICTURE,))) is GRID
    assert first_choice(Catalog(), request()) is None


# ---------------------------------------------------------------- another model


def test_what_the_model_has_stays() -> None:
    asked = video(
        aspect_ratio="16:9", tier="pro", resolution="1080p", duration_seconds=5, references=(PICTURE,), model_id="x"
    )
    assert fitted(asked, CINEMA) == replace(asked, model_id="cinema-1")


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ({"aspect_ratio": "1:8"}, None),
        ({"aspect_ratio": AUTO_RATIO}, AUTO_RATIO),
        ({"aspect_ratio": ADAPTIVE_RATIO}, None),
        ({"aspect_ratio": ADAPTIVE_RATIO, "references": (PICTURE,)}, ADAPTIVE_RATIO),
        ({"aspect_ratio": ADAPTIVE_RATIO, "reference_video": "https://a.test/1.mp4"}, ADAPTIVE_RATIO),
        ({"tier": "mini"}, None),
        ({"resolution": "4K"}, None),
        ({"resolution": "1080p"}, None),
        ({"resolution": "720p"}, "720p"),
        ({"quality": "high"}, None),
        ({"duration_seconds": 15}, None),
        ({"midjourney": MidjourneyOptions(chaos=5)}, None),
        ({"reference_type": "style"}, None),
    ],
)
def test_what_it_does_not_have_is_left_to_it(choice: dict[str, Any], left: object) -> None:
    name = next(iter(choice))
    assert getattr(fitted(video(**choice), CINEMA), name) == left


def test_a_resolution_is_judged_by_its_tier() -> None:
    asked = video(tier="pro", resolution="1080p")
    assert fitted(asked, CINEMA).resolution == "1080p"
    assert fitted(replace(asked, tier="fast"), CINEMA).resolution is None


def test_midjourneys_own_keep_their_options() -> None:
    asked = request(midjourney=MidjourneyOptions(chaos=5), reference_type="style", quality="4", references=(PICTURE,))
    assert fitted(asked, GRID) == replace(asked, model_id=GRID.id)


# ---------------------------------------------------------------- prices


@pytest.mark.parametrize(
    ("price", "above", "dear"),
    [(100, 100, False), (101, 100, True), (None, 100, False), (1, 0, True), (None, 0, True)],
)
def test_above_the_threshold_is_dear_and_with_none_everything(
    price: int | None,
    above: int,
    dear: bool,  # noqa: FBT001  a parameter
) -> None:
    assert is_dear(price, above) is dear


def test_a_price_is_never_said_with_nothing() -> None:
    assert (price_seen(65), price_seen(0), price_seen(None)) == ("65", "0", "unknown")


# ---------------------------------------------------------------- what was typed


def draft(words: str | None, options: str = "", **changes: Any) -> Draft:
    return Draft(1, MEMBER, request(**changes), options, None, is_private=False, created_at=BEGAN_AT, words=words)


def test_what_is_right_is_taken_as_it_stands() -> None:
    """Also a prompt that has something like a flag in it, and was used as it is."""
    asked = typed(draft(None, "--nonsense", prompt="a --cat"))
    assert (asked.request.prompt, asked.problems) == ("a --cat", ())


def test_words_and_options_make_the_request_and_nothing_else_of_the_flags_stays() -> None:
    stood = draft("a dog --ar 1:1", "--chaos 7", aspect_ratio="16:9", resolution="2K", references=(PICTURE,))
    asked = typed(stood)
    assert asked.problems == ()
    assert asked.request == request(
        prompt="a dog",
        aspect_ratio="1:1",
        resolution="2K",
        references=(PICTURE,),
        midjourney=MidjourneyOptions(chaos=7),
    )


def test_without_words_the_prompt_stays_as_it_was() -> None:
    asked = typed(draft("", "--chaos x", prompt="a --cat"))
    assert asked.request.prompt == "a --cat"
    assert [problem.code for problem in asked.problems] == [ProblemCode.FLAG_VALUE]


@pytest.mark.parametrize(
    ("words", "options", "code", "given"),
    [
        ("a cat --nonsense", "", ProblemCode.FLAG_UNKNOWN, "--nonsense"),
        ("a cat", "--nonsense 1", ProblemCode.FLAG_UNKNOWN, "--nonsense"),
        ("a cat", "16:9", ProblemCode.FLAG_UNKNOWN, "16:9"),
        ("a cat --ar 1:1", "--ar 16:9", ProblemCode.OPTION_TWICE, "--ar"),
    ],
)
def test_what_is_wrong_in_either_is_named(words: str, options: str, code: ProblemCode, given: str) -> None:
    problems = typed(draft(words, options)).problems
    assert problems[0].code is code
    assert problems[0].given.startswith(given)


def test_links_at_the_start_go_to_the_references_once() -> None:
    asked = typed(draft("https://a.test/dog.png a dog", references=(PICTURE,)))
    assert asked.request.references == (PICTURE, Reference("https://a.test/dog.png"))


def test_the_form_shows_what_was_typed_else_the_prompt() -> None:
    assert draft(None, prompt="a cat").prompt == draft("", prompt="a cat").prompt == "a cat"
    assert draft("a dog --x", prompt="a cat").prompt == "a dog --x"
