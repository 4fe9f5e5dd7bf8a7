"""Drafts as members work on them: menus, forms, prices, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from bot.domain.catalog import Medium
from bot.domain.drafts import Draft, DraftView, price_seen
from bot.domain.limits import House, Limits
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, MidjourneyOptions, Reference
from bot.errors import Refused
from bot.services.drafts import Typing
from bot.services.intake import Offer
from bot.store.units import Unit
from bot.ui.messages import Action
from tests.support.builders import BEGAN_AT, GUILD, MEMBER, MODERATOR, attachment, model, origin, request
from tests.support.fakes import AtOnce
from tests.support.keys import OWN_KEY
from tests.unit.services.studio import CINEMA, GRID, SHORT, Studio, open_studio, refusal

T = TypeVar("T")
P = ProblemCode
PICTURE = attachment(BEGAN_AT + 3600)
MOVING = GenerationRequest("a cat", Medium.VIDEO, "cinema-1", "adaptive", references=(PICTURE,))
LONG = "a cat --not-a-flag " + "x" * 5000


@pytest.fixture
async def studio() -> Studio:
    return await open_studio()


async def begun(studio: Studio, asked: GenerationRequest = MOVING, **changes: Any) -> DraftView:
    return await studio.drafting.begin(asked, origin(), **changes)


async def typed(studio: Studio, view: DraftView, prompt: str = "", options: str = "", **changes: Any) -> DraftView:
    return await studio.drafting.hand_in(view.draft.id, MEMBER, GUILD, Typing(prompt, options, **changes))


def codes(view: DraftView) -> list[ProblemCode]:
    return [problem.code for problem in view.problems]


# ---------------------------------------------------------------- what is shown


async def test_a_panel_tells_price_balance_and_what_could_make_it(studio: Studio) -> None:
    await studio.has_left(500)
    view = await begun(studio, parent_id=77)
    assert (view.model, view.models, view.problems) == (CINEMA, (CINEMA, SHORT), ())
    assert (view.price_credits, view.balance_credits) == (65, 500)
    assert (view.draft.options, view.draft.parent_id) == ("--ar adaptive", 77)


async def test_of_the_usual_model_the_price_is_known_as_well(studio: Studio) -> None:
    view = await begun(studio, request(model_id=None))
    assert (view.model, view.price_credits) == (model(), 5)


async def test_what_is_wrong_is_told_at_once(studio: Studio) -> None:
    view = await begun(studio, replace(MOVING, references=(), tier="mini"))
    assert codes(view) == [P.ADAPTIVE_NEEDS_REFERENCE, P.TIER_UNSUPPORTED]
    assert view.price_credits is None


async def test_of_a_model_that_is_gone_nothing_is_known_but_what_else_could(studio: Studio) -> None:
    view = await begun(studio, replace(MOVING, model_id="retired-1"))
    assert (view.model, view.models, view.price_credits) == (None, (CINEMA, SHORT), None)
    assert codes(view) == [P.MODEL_UNKNOWN]
    chosen = await studio.drafting.choose(view.draft.id, MEMBER, GUILD, Action.MODEL, "cinema-1")
    assert (chosen.model, chosen.problems) == (CINEMA, ())


@pytest.mark.parametrize(("left", "unlimited"), [(None, False), (0, True)])
async def test_a_balance_that_is_not_known_or_has_no_end_is_none(
    studio: Studio,
    left: int | None,
    unlimited: bool,  # noqa: FBT001  a parameter
) -> None:
    await studio.has_left(left, is_unlimited=unlimited)
    assert await studio.drafting.balance(GUILD, "meigen") is None


async def test_of_another_upstream_no_balance_is_told(studio: Studio) -> None:
    await studio.has_left(500)
    assert await studio.drafting.balance(GUILD, "meshy") is None
    assert await studio.drafting.balance(GUILD, None) == 500


async def test_a_guild_with_a_key_of_its_own_is_told_of_its_own_balance(studio: Studio) -> None:
    await studio.has_left(500)
    await studio.keyring.enter(GUILD, MODERATOR, "meigen", OWN_KEY)
    view = await begun(studio)
    assert view.balance_credits is None, "it was never told"
    elsewhere = await studio.drafting.begin(MOVING, origin(guild_id=6))
    assert elsewhere.balance_credits == 500
    assert (await studio.drafting.choose(view.draft.id, MEMBER, None, Action.TIER, "pro")).balance_credits == 500


async def test_while_the_store_fails_the_balance_is_not_known(studio: Studio) -> None:
    await studio.has_left(500)
    studio.driver.is_down = True
    assert await studio.drafting.balance(GUILD, "meigen") is None


# ---------------------------------------------------------------- menus


@pytest.mark.parametrize(
    ("what", "value", "price"),
    [
        (Action.DURATION, "10", 130),
        (Action.DURATION, "10 seconds", 65),
        (Action.TIER, "pro", 70),
        (Action.RESOLUTION, "720p", 100),
        (Action.RESOLUTION, "1080p", 65),
        (Action.MODEL, "short-1", None),
        (Action.MODEL, "retired-1", 65),
        (Action.MODEL, "", 65),
    ],
)
async def test_a_choice_changes_the_price_and_what_the_model_lacks_is_not_chosen(
    studio: Studio, what: Action, value: str, price: int | None
) -> None:
    view = await begun(studio)
    changed = await studio.drafting.choose(view.draft.id, MEMBER, GUILD, what, value)
    assert changed.price_credits == price
    assert await studio.draft(view) == changed.draft


async def test_the_form_follows_what_another_model_leaves_of_the_choices(studio: Studio) -> None:
    """Else it would bring back a ratio that the model does not have."""
    view = await begun(studio)
    changed = await studio.drafting.choose(view.draft.id, MEMBER, GUILD, Action.MODEL, "short-1")
    assert (changed.draft.request.aspect_ratio, changed.draft.options) == (None, "")


async def test_what_was_mistyped_stays_to_be_mended_whatever_is_chosen(studio: Studio) -> None:
    view = await typed(studio, await begun(studio), "a dog --x", "--ar 16:9")
    changed = await studio.drafting.choose(view.draft.id, MEMBER, GUILD, Action.DURATION, "10")
    assert (changed.draft.words, changed.draft.options) == ("a dog --x", "--ar 16:9")
    assert changed.draft.request.duration_seconds == 10
    assert codes(changed) == [P.FLAG_UNKNOWN]


class Yielding(AtOnce):
    """Each transaction lets others go first."""

    async def run(self, unit: Callable[[], Unit[T]]) -> T:
        await asyncio.sleep(0)
        return await super().run(unit)


async def test_of_choices_at_once_none_is_lost() -> None:
    """Each is read, changed and stored: between two of these another one may be stored."""
    studio = await open_studio(driver=Yielding())
    view = await begun(studio)
    await asyncio.gather(
        studio.drafting.choose(view.draft.id, MEMBER, GUILD, Action.DURATION, "10"),
        studio.drafting.choose(view.draft.id, MEMBER, GUILD, Action.TIER, "pro"),
        studio.drafting.choose(view.draft.id, MEMBER, GUILD, Action.RESOLUTION, "720p"),
    )
    found = await studio.draft(view)
    assert found is not None
    assert (found.request.duration_seconds, found.request.tier, found.request.resolution) == (10, "pro", "720p")


# ---------------------------------------------------------------- the form


async def test_what_was_typed_becomes_the_request(studio: Studio) -> None:
    asked = request(
        "a cat", model_id=GRID.id, aspect_ratio="16:9", resolution="2K", midjourney=MidjourneyOptions(raw=True)
    )
    view = await typed(studio, await begun(studio, asked), "a dog --chaos 7", "--ar 1:1")
    assert view.draft.request == replace(
        asked, prompt="a dog", aspect_ratio="1:1", midjourney=MidjourneyOptions(chaos=7)
    )
    assert (view.draft.options, view.draft.words) == ("--ar 1:1 --chaos 7", None)
    assert await studio.draft(view) == view.draft


async def test_a_videos_ratio_stays_when_its_words_change(studio: Studio) -> None:
    view = await begun(studio)
    changed = await typed(studio, view, "a dog", view.draft.options)
    assert changed.draft.request == replace(MOVING, prompt="a dog")


async def test_another_model_takes_over_what_it_has(studio: Studio) -> None:
    asked = request("a cat", model_id=GRID.id, aspect_ratio="16:9", midjourney=MidjourneyOptions(chaos=7))
    view = await typed(studio, await begun(studio, asked), "a cat", "--ar 16:9", model_id="swift-1")
    assert view.draft.request == request("a cat", aspect_ratio="16:9")


async def test_new_pictures_take_the_place_of_those_it_had(studio: Studio) -> None:
    other = attachment(BEGAN_AT + 3600, "dog.png", 2)
    view = await typed(studio, await begun(studio), "a dog", references=(other,))
    assert view.draft.request.references == (other,)
    kept = await typed(studio, view, "a dog")
    assert kept.draft.request.references == (other,)


async def test_a_mistake_is_kept_as_it_was_typed_and_nothing_can_start(studio: Studio) -> None:
    view = await typed(studio, await begun(studio), "a dog --nonsense", "--ar 16:9 what")
    assert codes(view) == [P.FLAG_UNKNOWN, P.FLAG_UNKNOWN]
    found = await studio.draft(view)
    assert found is not None
    assert (found.prompt, found.options) == ("a dog --nonsense", "--ar 16:9 what")
    assert (await refusal_codes(studio, view)) == [P.FLAG_UNKNOWN, P.FLAG_UNKNOWN]
    mended = await typed(studio, view, "a dog", "--ar 16:9")
    assert (mended.draft.words, mended.problems) == (None, ())


async def refusal_codes(studio: Studio, view: DraftView) -> list[ProblemCode]:
    with pytest.raises(Refused) as refused:
        await studio.intake.start(view.draft.id, origin(), seen_price=price_seen(view.price_credits))
    assert studio.jobs() == 0
    return [problem.code for problem in refused.value.problems if isinstance(problem, Problem)]


async def test_a_prompt_too_long_for_the_form_stays_as_it_is(studio: Studio) -> None:
    """Of a gallery's prompt, say: what looks like a flag in it is none."""
    view = await begun(studio, request(LONG, model_id=GRID.id))
    changed = await typed(studio, view, " ", "--chaos 7")
    assert changed.draft.request.prompt == LONG
    assert changed.draft.request.midjourney == MidjourneyOptions(chaos=7)
    wrong = await typed(studio, changed, "", "--chaos x")
    assert (wrong.draft.prompt, codes(wrong)[:1]) == (LONG, [P.FLAG_VALUE])


async def test_a_file_with_a_mistake_is_not_taken_as_it_is_by_leaving_the_field_empty(studio: Studio) -> None:
    view = await typed(studio, await begun(studio, request("a cat")), LONG)
    assert codes(view)[0] is P.FLAG_UNKNOWN
    again = await typed(studio, view, "")
    assert (codes(again)[0], again.draft.prompt) == (P.FLAG_UNKNOWN, LONG)


async def test_a_prompt_that_was_emptied_is_empty(studio: Studio) -> None:
    assert codes(await typed(studio, await begun(studio, request("a cat")), " \n")) == [P.PROMPT_EMPTY]


# ---------------------------------------------------------------- starting


async def start(studio: Studio, view: DraftView, seen: str = "") -> Offer | DraftView:
    return await studio.intake.start(view.draft.id, origin(), seen_price=seen)


async def test_a_confirmed_draft_becomes_a_job_of_its_parent(studio: Studio) -> None:
    view = await begun(studio, parent_id=77)
    offer = await start(studio, view, "65")
    assert isinstance(offer, Offer)
    assert (offer.job.request, offer.job.parent_id, offer.job.reserved_credits) == (MOVING, 77, 65)
    assert (await refusal(start(studio, view, "65"))).code is P.DRAFT_GONE


async def test_confirmed_twice_at_once_it_starts_once(studio: Studio) -> None:
    view = await begun(studio)
    outcomes = await asyncio.gather(start(studio, view, "65"), start(studio, view, "65"), return_exceptions=True)
    assert sorted(isinstance(each, Offer) for each in outcomes) == [False, True]
    assert studio.jobs() == 1


async def test_a_price_that_has_changed_since_is_shown_first(studio: Studio) -> None:
    view = await begun(studio)
    dearer = {"fast": {"480p": 1300}}
    await studio.lists(replace(CINEMA, prices=replace(CINEMA.prices, per_second=dearer)))
    shown = await start(studio, view, "65")
    assert isinstance(shown, DraftView)
    assert (shown.price_credits, studio.jobs()) == (6500, 0)
    assert isinstance(await start(studio, view, "6500"), Offer)


@pytest.mark.parametrize(("what", "value"), [(Action.DURATION, "10"), (Action.TIER, "pro"), (Action.MODEL, "short-1")])
async def test_a_panel_that_shows_an_older_choice_confirms_nothing_else(
    studio: Studio, what: Action, value: str
) -> None:
    view = await begun(studio)
    await studio.drafting.choose(view.draft.id, MEMBER, GUILD, what, value)
    assert isinstance(await start(studio, view, "65"), DraftView)
    assert studio.jobs() == 0


async def test_a_price_that_is_not_known_can_be_confirmed(studio: Studio) -> None:
    view = await begun(studio, replace(MOVING, model_id="short-1", aspect_ratio=None))
    assert isinstance(await start(studio, view, "unknown"), Offer)


@pytest.mark.parametrize(("above", "asks"), [(64, True), (65, False), (0, True)])
async def test_from_the_form_what_is_dear_is_confirmed_first(above: int, asks: bool) -> None:  # noqa: FBT001  a parameter
    studio = await open_studio(house=House(Limits(confirm_above_credits=above)))
    assert isinstance(await start(studio, await begun(studio)), DraftView if asks else Offer)


async def test_what_is_wrong_by_now_is_refused_and_kept(studio: Studio) -> None:
    view = await begun(studio)
    await studio.lists(model())
    assert (await refusal(start(studio, view, "65"))).code is P.MODEL_UNKNOWN
    assert await studio.draft(view) == view.draft


# ---------------------------------------------------------------- whose it is


@pytest.mark.parametrize("what", ["read", "choose", "hand_in", "discard", "start"])
async def test_a_draft_is_its_members_own(studio: Studio, what: str) -> None:
    view = await begun(studio)
    assert (await refusal(do(studio, what, view.draft, 8))).code is P.NOT_YOURS
    assert await studio.draft(view) == view.draft


@pytest.mark.parametrize("what", ["read", "choose", "hand_in", "discard", "start"])
async def test_one_that_is_not_there_any_more_is_said_to_be_gone(studio: Studio, what: str) -> None:
    view = await begun(studio)
    await studio.drafting.discard(view.draft.id, MEMBER)
    assert (await refusal(do(studio, what, view.draft, MEMBER))).code is P.DRAFT_GONE


@pytest.mark.parametrize("what", ["begin", "read", "choose", "hand_in", "discard", "start"])
async def test_a_store_that_fails_is_told(studio: Studio, what: str) -> None:
    view = await begun(studio)
    studio.driver.is_down = True
    assert (await refusal(do(studio, what, view.draft, MEMBER))).code is P.STORE_FAILING


async def do(studio: Studio, what: str, draft: Draft, user_id: int) -> object:
    match what:
        case "begin":
            return await studio.drafting.begin(MOVING, origin(user_id=user_id))
        case "read":
            return await studio.drafting.read(draft.id, user_id)
        case "choose":
            return await studio.drafting.choose(draft.id, user_id, GUILD, Action.TIER, "pro")
        case "hand_in":
            return await studio.drafting.hand_in(draft.id, user_id, GUILD, Typing("a dog", ""))
        case "discard":
            await studio.drafting.discard(draft.id, user_id)
            return None
    return await studio.intake.start(draft.id, origin(user_id=user_id))


async def test_references_that_are_typed_count_as_well(studio: Studio) -> None:
    view = await typed(studio, await begun(studio), "https://a.test/dog.png a dog")
    assert view.draft.request.references == (PICTURE, Reference("https://a.test/dog.png"))
