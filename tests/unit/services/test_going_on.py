"""Going on from results: what each button asks for, of whose copy, and what it says where that cannot be had."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.catalog import Medium
from bot.domain.drafts import DraftView
from bot.domain.jobs import Job
from bot.domain.limits import House, Limits
from bot.domain.preferences import Usual
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, Reference
from bot.errors import MediaDown, MediaGone, Refused
from bot.services.going_on import picture_of
from bot.services.intake import Offer
from tests.support.builders import BEGAN_AT, MEMBER, attachment, model, origin, queued, request
from tests.unit.services.studio import CINEMA, GRID, SHORT, Studio, open_studio, refusal

P = ProblemCode
PICTURES = tuple(f"https://img.test/{n}.webp?sig={n}" for n in range(1, 5))
VIDEO = "https://img.test/1.mp4?sig=1"
COPY = attachment(BEGAN_AT + 3600, "easel-7-2.png")
ASKED = request("a heron", model_id=GRID.id, aspect_ratio="16:9")
FLOWN = GenerationRequest("a heron flies", Medium.VIDEO, CINEMA.id, "16:9", duration_seconds=4, references=(COPY,))

Press = Callable[[Studio, Job], Awaitable[object]]


@pytest.fixture
async def studio() -> Studio:
    return await open_studio()


async def grid(studio: Studio, **changes: Any) -> Job:
    return await studio.finished(*PICTURES, request=ASKED, **changes)


async def flown(studio: Studio, **changes: Any) -> Job:
    job = await studio.finished(VIDEO, request=FLOWN, **changes)
    studio.media.duration_seconds = 3.97
    return job


def vary(studio: Studio, job: Job) -> Awaitable[object]:
    return studio.going_on.vary(job, 2, None, origin())


def style(studio: Studio, job: Job) -> Awaitable[object]:
    return studio.going_on.style(job, 2, None, origin())


def use(studio: Studio, job: Job) -> Awaitable[object]:
    return studio.going_on.use(job, 2, None, origin())


def animate(studio: Studio, job: Job) -> Awaitable[object]:
    return studio.going_on.animate(job, 2, None, origin())


def go_on(studio: Studio, job: Job) -> Awaitable[object]:
    return studio.going_on.go_on(job, None, origin())


def offered(outcome: object) -> Offer:
    assert isinstance(outcome, Offer)
    return outcome


def panel(outcome: object) -> GenerationRequest:
    assert isinstance(outcome, DraftView)
    return outcome.draft.request


# ---------------------------------------------------------------- whose picture


async def test_discords_copy_goes_first_since_it_outlives_the_upstreams_link(studio: Studio) -> None:
    job = await grid(studio)
    assert picture_of(job, 2, COPY) is COPY
    assert picture_of(job, 2, None) == Reference(PICTURES[1], is_result=True, filename=f"easel-{job.id}-2.webp")


async def test_two_results_have_two_names(studio: Studio) -> None:
    """By these a card that carries one is told from a card that carries the other."""
    job = await grid(studio)
    assert len({picture_of(job, index, None).filename for index in range(1, 5)}) == 4


@pytest.mark.parametrize("index", [0, 5])
async def test_a_result_that_never_was_is_gone(studio: Studio, index: int) -> None:
    job = await grid(studio)
    with pytest.raises(Refused) as refused:
        picture_of(job, index, None)
    assert refused.value.problems == (Problem(P.RESULT_GONE),)


async def test_of_what_has_not_ended_there_is_no_result(studio: Studio) -> None:
    job = await queued(studio.store, studio.mine)
    for press in (vary, style, use, animate):
        assert (await refusal(press(studio, job))).code is P.RESULT_GONE
    assert (await refusal(go_on(studio, job))).code is P.VIDEO_NOT_MEASURED


# ---------------------------------------------------------------- more like it, its look


@pytest.mark.parametrize(("press", "kind"), [(vary, "content"), (style, "style")])
async def test_it_is_asked_for_at_once_by_the_picture(studio: Studio, press: Press, kind: str) -> None:
    job = await grid(studio)
    made = offered(await press(studio, job)).job
    assert made.request == replace(ASKED, references=(picture_of(job, 2, None),), reference_type=kind)
    assert (made.parent_id, made.reserved_credits) == (job.id, 15)


@pytest.mark.parametrize("press", [vary, style])
async def test_pressed_twice_by_one_member_it_is_one_job(studio: Studio, press: Press) -> None:
    job = await grid(studio)
    outcomes = await asyncio.gather(press(studio, job), press(studio, job), return_exceptions=True)
    assert sorted(isinstance(each, Offer) for each in outcomes) == [False, True]
    assert isinstance(await studio.going_on.vary(job, 2, None, origin(user_id=8)), Offer), "another member"
    assert isinstance(await studio.going_on.vary(job, 3, None, origin()), Offer), "another candidate"


async def test_what_is_dear_is_confirmed_first() -> None:
    studio = await open_studio(house=House(Limits(confirm_above_credits=14)))
    view = await vary(studio, await grid(studio))
    assert panel(view).reference_type == "content"
    assert studio.jobs() == 1


async def test_of_a_model_retired_since_the_others_are_named(studio: Studio) -> None:
    job = await grid(studio)
    await studio.lists(model(), CINEMA)
    problem = await refusal(vary(studio, job))
    assert (problem.code, problem.allowed) == (P.MODEL_UNKNOWN, ("Swift One",))
    view = await studio.going_on.remix(job, origin())
    assert [each.id for each in view.models] == ["swift-1"], "the form offers another one"


async def test_where_a_member_may_not_ask_nothing_is_stored(studio: Studio) -> None:
    job = await grid(studio)
    where = origin(missing_permissions=("send_messages",))
    assert (await refusal(studio.going_on.vary(job, 1, None, where))).code is P.CHANNEL_NOT_WRITABLE
    assert studio.jobs() == 1


# ---------------------------------------------------------------- as a reference


async def test_used_as_a_reference_its_own_model_is_the_first_choice(studio: Studio) -> None:
    job = await grid(studio)
    view = await studio.going_on.use(job, 2, COPY, origin())
    assert view.draft.request == GenerationRequest("", model_id=GRID.id, references=(COPY,))
    assert view.draft.parent_id == job.id


async def test_of_anybodys_picture_it_is_the_usual_one_where_that_takes_pictures(studio: Studio) -> None:
    await studio.store.members.choose(MEMBER, Usual(image_model=GRID.id))
    assert (await studio.going_on.imagine_from(COPY, origin())).draft.request.model_id == GRID.id
    await studio.store.members.choose(MEMBER, Usual(image_model=CINEMA.id))
    assert (await studio.going_on.imagine_from(COPY, origin())).draft.request.model_id == "swift-1"


async def test_with_no_model_that_takes_pictures_that_is_said(studio: Studio) -> None:
    job = await grid(studio)
    await studio.lists(model(max_references=0))
    for press in (use, animate):
        assert (await refusal(press(studio, job))).code is P.NO_MODEL


# ---------------------------------------------------------------- a video of it


async def test_a_video_begins_with_it_and_is_looked_at_first(studio: Studio) -> None:
    job = await grid(studio)
    view = await studio.going_on.animate(job, 2, COPY, origin())
    assert view.draft.request == GenerationRequest("a heron", Medium.VIDEO, CINEMA.id, "adaptive", references=(COPY,))
    assert (view.price_credits, view.draft.parent_id, view.problems) == (65, job.id, ())


async def test_the_usual_video_model_goes_first_and_takes_the_ratio_that_was_made(studio: Studio) -> None:
    await studio.store.members.choose(MEMBER, Usual(video_model=SHORT.id))
    job = await studio.finished(*PICTURES, ratio="16:9", request=replace(ASKED, aspect_ratio="auto"))
    assert panel(await animate(studio, job)).aspect_ratio == "16:9"
    assert panel(await animate(studio, job)).model_id == SHORT.id


async def test_anybodys_picture_moves_too(studio: Studio) -> None:
    view = await studio.going_on.animate_any(COPY, origin())
    assert (view.draft.request.references, view.draft.parent_id) == ((COPY,), None)
    assert [problem.code for problem in view.problems] == [P.PROMPT_EMPTY], "it may be left to the form"


# ---------------------------------------------------------------- what comes after a video


async def test_a_continuation_is_paid_by_the_measured_length(studio: Studio) -> None:
    job = await flown(studio)
    view = await studio.going_on.go_on(job, None, origin())
    assert view.draft.request == replace(FLOWN, references=(), reference_video=VIDEO, reference_video_seconds=3.97)
    assert (view.price_credits, view.draft.parent_id) == (64, job.id)


async def test_another_model_takes_it_on_where_the_first_is_gone(studio: Studio) -> None:
    job = await flown(studio)
    await studio.lists(replace(CINEMA, id="cinema-2", name="Cinema 2", durations=(6,), default_duration=6))
    assert (panel(await go_on(studio, job)).model_id, panel(await go_on(studio, job)).duration_seconds) == (
        "cinema-2",
        None,
    )
    await studio.lists(SHORT)
    assert (await refusal(go_on(studio, job))).code is P.NO_MODEL


@pytest.mark.parametrize(
    ("trouble", "code"), [(MediaGone("404"), P.RESULT_GONE), (MediaDown("down"), P.VIDEO_NOT_MEASURED)]
)
async def test_a_video_that_cannot_be_had_is_not_continued(
    studio: Studio, trouble: Exception, code: ProblemCode
) -> None:
    job = await flown(studio)
    studio.media.troubles[VIDEO] = trouble
    assert (await refusal(go_on(studio, job))).code is code
    assert studio.driver.rows("SELECT * FROM drafts") == []


async def test_a_length_that_no_header_tells_is_never_guessed(studio: Studio) -> None:
    job = await studio.finished(VIDEO, request=FLOWN)
    assert (await refusal(go_on(studio, job))).code is P.VIDEO_NOT_MEASURED


# ---------------------------------------------------------------- the same, changed first


@pytest.mark.parametrize("asked", [ASKED, FLOWN])
async def test_remix_begins_with_all_that_was_asked(studio: Studio, asked: GenerationRequest) -> None:
    job = await studio.finished(VIDEO, request=asked)
    view = await studio.going_on.remix(job, origin(user_id=8))
    assert (view.draft.request, view.draft.parent_id, view.draft.user_id) == (asked, job.id, 8)


async def test_all_candidates_are_held_until_one_is_chosen_by_whoever_was_asked(studio: Studio) -> None:
    job = await grid(studio)
    held = await studio.going_on.hold(job, [None, COPY, None, None], origin())
    second, third = [await studio.going_on.held(held, number, origin()) for number in (2, 3)]
    assert second == COPY
    assert third is not None
    assert third.url == PICTURES[2]
    assert await studio.going_on.held(held, 5, origin()) is None
    assert await studio.going_on.held(held, 2, origin(user_id=MEMBER + 1)) is None
    studio.clock.at += 25 * 3600
    assert await studio.going_on.held(held, 2, origin()) is None


# ---------------------------------------------------------------- what is gone


@pytest.mark.parametrize("going_on", [vary, style, use, animate])
async def test_what_nobody_has_any_more_is_not_paid_for(
    studio: Studio, going_on: Callable[[Studio, Job], Awaitable[object]]
) -> None:
    job = await grid(studio)
    assert job.result is not None
    studio.media.troubles = dict.fromkeys(job.result.media_urls, MediaGone("404"))
    with pytest.raises(Refused) as refused:
        await going_on(studio, job)
    assert [problem.code for problem in refused.value.problems if isinstance(problem, Problem)] == [P.RESULT_GONE]


async def test_a_video_goes_on_from_discords_copy_where_the_upstream_has_none(studio: Studio) -> None:
    job = await flown(studio)
    studio.media.troubles = {VIDEO: MediaGone("404")}
    view = await studio.going_on.go_on(job, COPY, origin())
    assert view.draft.request.reference_video == COPY.url
