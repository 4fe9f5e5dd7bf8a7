"""The buttons below a card: by state, by medium, by model, and for one candidate alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.catalog import Medium, Model
from bot.domain.jobs import FINAL_STATES, Job, JobState, Result
from bot.domain.requests import GenerationRequest
from bot.ui.messages import Action, Button, Message
from bot.ui.rows import rows, which_one
from tests.support.builders import model
from tests.unit.ui.make import NOW, job, labels, view

GRID = model(id="midjourney-v8.1", is_midjourney=True)
CINEMA = model(id="cinema-1", medium=Medium.VIDEO, takes_reference_video=True)


def done(count: int, medium: Medium = Medium.IMAGE, **changes: Any) -> Job:
    urls = tuple(f"https://img.test/{number}" for number in range(count))
    return job(JobState.SUCCEEDED, request=GenerationRequest("a cat", medium), result=Result(urls), **changes)


def names(of: Job, by: Model | None = None, only: int | None = None) -> list[list[str]]:
    found = rows(view(of, by, only=only))
    return [[item.label for item in row if isinstance(item, Button)] for row in found]


BELOW = ["Again", "Remix", "Delete"]
ALONE = ["Vary", "Animate", "Use as reference"]


@pytest.mark.parametrize(
    ("by", "below"),
    [
        (GRID, ["Again", "Remix", "Style", "Animate", "Delete"]),
        (model(), ["Again", "Remix", "Animate", "Delete"]),
        (None, ["Again", "Remix", "Animate", "Delete"]),
    ],
)
def test_each_of_four_candidates_has_its_own(by: Model | None, below: list[str]) -> None:
    assert names(done(4), by) == [["U1", "U2", "U3", "U4"], ["V1", "V2", "V3", "V4"], below]


def test_of_more_candidates_the_first_four_have_some() -> None:
    assert names(done(6))[0] == ["U1", "U2", "U3", "U4"]


def test_the_index_tells_the_candidate() -> None:
    upscale, vary, whole = rows(view(done(4), GRID))
    for row, action in ((upscale, Action.UPSCALE), (vary, Action.VARY)):
        found = [(item.action, item.index) for item in row if isinstance(item, Button)]
        assert found == [(action, number) for number in range(1, 5)]
    assert [item.index for item in whole if isinstance(item, Button)] == [None] * 5, "which one is asked"


@pytest.mark.parametrize(
    ("by", "first"),
    [
        (GRID, ["Vary", "Style", "Animate", "Use as reference"]),
        (model(), ALONE),
        (None, ALONE),
        (model(max_references=0), ["Animate", "Use as reference"]),
    ],
)
def test_one_picture_has_all_that_can_be_done_with_it(by: Model | None, first: list[str]) -> None:
    assert names(done(1), by) == [first, BELOW]


def test_a_candidate_alone_has_the_same_and_keeps_its_number() -> None:
    assert names(done(4), model(), only=3) == [ALONE, BELOW]
    first, _ = rows(view(done(4), model(), only=3))
    assert [item.index for item in first if isinstance(item, Button)] == [3, 3, 3]


@pytest.mark.parametrize(
    ("by", "found"),
    [(CINEMA, [["Continue"], BELOW]), (replace(CINEMA, takes_reference_video=False), [BELOW]), (None, [BELOW])],
)
def test_a_video_goes_on_where_its_model_can(by: Model | None, found: list[list[str]]) -> None:
    assert names(done(1, Medium.VIDEO), by) == found


def test_a_success_with_nothing_in_it_can_be_made_again() -> None:
    assert names(done(0), GRID) == [BELOW]


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_what_is_over_can_be_asked_for_again_and_deleted(state: JobState) -> None:
    found = names(job(state))
    assert found == [["Ask again", *BELOW[1:]] if state is JobState.UNKNOWN else BELOW]


def test_what_came_after_cancelling_is_not_gone_on_from() -> None:
    assert names(done(4, cancel_asked_at=NOW), GRID) == [BELOW]


@pytest.mark.parametrize("of", [done(4), job(JobState.RUNNING), job(JobState.FAILED)])
def test_what_was_forgotten_can_only_be_deleted(of: Job) -> None:
    assert names(replace(of, forget_asked_at=NOW), GRID) == [["Delete"]]


@pytest.mark.parametrize(("count", "offered"), [(4, 4), (2, 2), (9, 5)])
def test_which_one_is_asked_with_a_button_each(count: int, offered: int) -> None:
    asked: Message = which_one(done(count), Action.STYLE, count, 42)
    assert labels(asked) == [str(number) for number in range(1, offered + 1)]
    (row,) = asked.rows
    assert {(item.action, item.note) for item in row if isinstance(item, Button)} == {(Action.STYLE, "42")}
