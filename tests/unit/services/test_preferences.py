"""Usual choices: what may be chosen, taken back, and what is refused with what is allowed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.domain.catalog import Medium, Model
from bot.domain.pings import Notify
from bot.domain.preferences import Usual
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused, Unavailable
from bot.services.catalogue import Catalogue
from bot.services.preferences import RESET, Preferences, Wishes
from bot.store.store import assemble
from tests.support.builders import MEMBER, model
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer

P = ProblemCode
CHOSEN = Usual(Notify.ALWAYS, "swift-1", "cinema-1", "16:9", is_private=True)


class Upstream(FakeProvider):
    is_up = True

    async def models(self) -> tuple[Model, ...]:
        if not self.is_up:
            raise Unavailable("down")
        cinema = model(
            id="cinema-1", name="Cinema One", medium=Medium.VIDEO, ratios=("adaptive", "21:9"), is_default=False
        )
        return (model(), cinema)


@dataclass(slots=True)
class Desk:
    preferences: Preferences
    driver: AtOnce

    async def refusal(self, wishes: Wishes) -> list[Problem]:
        """Nothing of it is stored."""
        before = self.driver.rows("SELECT * FROM members")
        with pytest.raises(Refused) as refused:
            await self.preferences.change(MEMBER, wishes)
        assert self.driver.rows("SELECT * FROM members") == before
        return [problem for problem in refused.value.problems if isinstance(problem, Problem)]


async def open_desk(*, is_up: bool = True) -> Desk:
    clock, driver = HandClock(), AtOnce()
    store = await assemble(driver, clock, RotSealer(), "me")
    upstream = Upstream(clock)
    upstream.is_up = is_up
    catalogue = Catalogue([upstream], store.asking, clock)
    await catalogue.refresh()
    return Desk(Preferences(store.members, catalogue), driver)


@pytest.fixture
async def desk() -> Desk:
    return await open_desk()


async def test_without_a_wish_nothing_changes(desk: Desk) -> None:
    assert await desk.preferences.change(MEMBER, Wishes()) == Usual()
    assert not desk.driver.rows("SELECT * FROM members")


async def test_all_of_it_can_be_chosen_by_id_or_by_name(desk: Desk) -> None:
    wishes = Wishes("always", "Swift One", "cinema-1", "16:9", is_private=True)
    assert await desk.preferences.change(MEMBER, wishes) == CHOSEN
    assert await desk.preferences.of(MEMBER) == CHOSEN
    assert desk.preferences.names(CHOSEN) == ("Swift One", "Cinema One")


async def test_one_change_leaves_the_rest(desk: Desk) -> None:
    await desk.preferences.choose(MEMBER, CHOSEN)
    assert await desk.preferences.change(MEMBER, Wishes(notify="never")) == Usual(
        Notify.NEVER, "swift-1", "cinema-1", "16:9", is_private=True
    )
    assert not (await desk.preferences.change(MEMBER, Wishes(is_private=False))).is_private


async def test_choices_can_be_taken_back(desk: Desk) -> None:
    await desk.preferences.choose(MEMBER, CHOSEN)
    back = Wishes(image_model=RESET, video_model=RESET.upper(), aspect_ratio=RESET)
    assert await desk.preferences.change(MEMBER, back) == Usual(Notify.ALWAYS, is_private=True)
    assert desk.preferences.names(Usual()) == (None, None)


@pytest.mark.parametrize(
    ("wishes", "problem"),
    [
        (Wishes(notify="sometimes"), Problem(P.FLAG_VALUE, "notify sometimes", ("never", "long", "always"))),
        (Wishes(image_model="dall-e-9"), Problem(P.MODEL_UNKNOWN, "dall-e-9", ("Swift One",))),
        (Wishes(image_model="cinema-1"), Problem(P.MODEL_WRONG_MEDIUM, Medium.IMAGE, model_name="Cinema One")),
        (Wishes(video_model="swift-1"), Problem(P.MODEL_WRONG_MEDIUM, Medium.VIDEO, model_name="Swift One")),
        (Wishes(aspect_ratio="7:9"), Problem(P.RATIO_UNKNOWN, "7:9", ("auto", "1:1", "16:9", "21:9"))),
        (Wishes(aspect_ratio="adaptive"), Problem(P.RATIO_UNKNOWN, "adaptive", ("auto", "1:1", "16:9", "21:9"))),
    ],
)
async def test_what_cannot_be_chosen_is_refused_with_what_can(desk: Desk, wishes: Wishes, problem: Problem) -> None:
    assert await desk.refusal(wishes) == [problem]


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_kept(desk: Desk) -> None:
    await desk.preferences.choose(MEMBER, CHOSEN)
    wishes = Wishes("never", "dall-e-9", "sora-9", "7:9", is_private=False)
    codes = [problem.code for problem in await desk.refusal(wishes)]
    assert codes == [P.MODEL_UNKNOWN, P.MODEL_UNKNOWN, P.RATIO_UNKNOWN]
    assert await desk.preferences.of(MEMBER) == CHOSEN


async def test_while_no_model_is_known_only_what_needs_none_can_be_chosen() -> None:
    desk = await open_desk(is_up=False)
    for wishes in (Wishes(image_model="swift-1"), Wishes(aspect_ratio="16:9")):
        assert [problem.code for problem in await desk.refusal(wishes)] == [P.CATALOGUE_UNKNOWN]
    assert (await desk.preferences.change(MEMBER, Wishes(is_private=True))).is_private


async def test_a_retired_model_is_called_by_its_id_and_does_not_stand_in_the_way(desk: Desk) -> None:
    await desk.preferences.choose(MEMBER, Usual(image_model="retired-9"))
    changed = await desk.preferences.change(MEMBER, Wishes(notify="never"))
    assert desk.preferences.names(changed) == ("retired-9", None)


async def test_a_store_that_fails_loses_no_choice(desk: Desk) -> None:
    await desk.preferences.choose(MEMBER, CHOSEN)
    desk.driver.is_down = True
    assert [problem.code for problem in await _refused(desk, Wishes(notify="never"))] == [P.STORE_FAILING]
    desk.driver.is_down = False
    assert await desk.preferences.of(MEMBER) == CHOSEN


async def _refused(desk: Desk, wishes: Wishes) -> list[Problem]:
    with pytest.raises(Refused) as refused:
        await desk.preferences.change(MEMBER, wishes)
    return [problem for problem in refused.value.problems if isinstance(problem, Problem)]


async def test_ratios_are_found_by_a_part_of_them(desk: Desk) -> None:
    assert desk.preferences.ratios("1:") == ("1:1", "21:9")
    assert desk.preferences.ratios("", 2) == ("auto", "1:1")
