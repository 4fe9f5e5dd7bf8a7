"""A guild's limits at the door: the same for every way in, told with every reason, and before anything is prepared."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.catalog import Medium
from bot.domain.drafts import DraftView
from bot.domain.jobs import Job
from bot.domain.limits import Block, House, Limits
from bot.domain.preferences import applied
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import Made
from bot.errors import Refused, StoreDown
from bot.services.intake import Offer
from tests.support.builders import GUILD, MEMBER, model, origin, request, sets
from tests.support.fakes import AtOnce
from tests.unit.services.studio import CINEMA, GRID, MODELS, Studio, open_studio, refusal

C = ProblemCode


async def asked(studio: Studio, **changes: Any) -> Job:
    outcome = await studio.intake.ask(request(**changes), origin(studio.clock.at))
    assert isinstance(outcome, Offer)
    return outcome.job


async def codes(asking: Any) -> list[ProblemCode]:
    with pytest.raises(Refused) as refused:
        await asking
    return [problem.code for problem in refused.value.problems if isinstance(problem, Problem)]


async def test_every_way_in_meets_the_same_words() -> None:
    studio = await open_studio()
    job = await studio.finished(request=request("a cat with blood"))
    draft = await studio.drafting.begin(request("blood everywhere"), origin())
    await sets(studio.store, blocked_words=("blood",))
    here = origin(studio.clock.at)
    ways = (
        studio.intake.ask(request("Blood"), here),
        studio.intake.offer(request("blood!"), here),
        studio.intake.again(job.id, here),
        studio.intake.again(job.id, here, is_confirmed=True),
        studio.intake.start(draft.draft.id, here),
        studio.going_on.vary(job, 1, None, here),
    )
    for way in ways:
        assert (await refusal(way)).code is C.WORDS_BLOCKED
    assert studio.jobs() == 1
    assert await studio.draft(draft) is not None, "what is being prepared is kept"


async def test_all_reasons_are_told_at_once_those_of_the_model_too() -> None:
    studio = await open_studio()
    await sets(studio.store, blocked_members=(Block(MEMBER),), member_pictures_per_day=0)
    found = await codes(studio.intake.ask(request(aspect_ratio="7:1"), origin()))
    assert found == [C.RATIO_UNSUPPORTED, C.MEMBER_BLOCKED, C.MEMBER_PICTURES_SPENT]


async def test_what_may_not_be_asked_is_not_to_be_confirmed_first() -> None:
    studio = await open_studio(house=House(Limits(confirm_above_credits=0)))
    await sets(studio.store, guild_credits_per_day=1)
    assert await codes(studio.intake.ask(request(), origin())) == [C.GUILD_DAY_SPENT]
    await sets(studio.store, guild_credits_per_day=None)
    assert isinstance(await studio.intake.ask(request(), origin()), DraftView)


async def test_each_guild_says_from_which_price_on_it_asks_first() -> None:
    studio = await open_studio()
    await asked(studio)
    await sets(studio.store, confirm_above_credits=4)
    assert isinstance(await studio.intake.ask(request(), origin()), DraftView)
    assert isinstance(await studio.intake.ask(request(), origin(guild_id=6)), Offer)


async def test_left_to_the_upstream_it_is_a_model_that_is_allowed() -> None:
    studio = await open_studio()
    assert (await asked(studio, model_id=None)).request.model_id == "swift-1"
    await sets(studio.store, models=(GRID.id,))
    assert (await asked(studio, model_id=None)).request.model_id == GRID.id
    problem = await refusal(studio.intake.ask(request(), origin()))
    assert (problem.code, problem.given, problem.allowed) == (C.MODEL_NOT_ALLOWED, "Swift One", ("Grid",))


async def test_a_model_that_was_retired_is_not_offered_in_its_place() -> None:
    studio = await open_studio()
    await sets(studio.store, models=("retired-1",))
    problem = await refusal(studio.intake.ask(request(), origin()))
    assert (problem.code, problem.allowed) == (C.MODEL_NOT_ALLOWED, ())


async def test_what_members_choose_from_is_what_is_allowed() -> None:
    studio = await open_studio()
    await sets(studio.store, models=("swift-1", "short-1"))
    here = await studio.intake.choices_for(GUILD)
    assert [each.id for each in studio.catalogue.models_matching("", Medium.IMAGE, within=here)] == ["swift-1"]
    assert await studio.intake.choices_for(6) == studio.catalogue.current
    job = await studio.finished()
    panel = await studio.going_on.animate(job, 1, None, origin(studio.clock.at))
    assert panel.model is not None
    assert [panel.model.id, *(each.id for each in panel.models)] == ["short-1", "short-1"]
    await sets(studio.store, models=("swift-1",))
    assert (await refusal(studio.going_on.animate(job, 1, None, origin(studio.clock.at)))).code is C.NO_MODEL


async def test_a_usual_model_that_is_not_allowed_is_left_out() -> None:
    studio = await open_studio()
    usual = await studio.preferences.of(MEMBER)
    chosen = applied(usual, request(model_id=None), studio.catalogue.current.only((GRID.id,)))
    assert chosen.model_id is None


async def test_the_job_keeps_where_and_as_whom_it_was_asked() -> None:
    studio = await open_studio(model(default_resolution="1K"), CINEMA)
    here = origin(channel_ids=(50, 51), role_ids=(101,), is_age_restricted=True)
    offer = await studio.intake.offer(request(), here)
    kept = offer.job.circumstances
    assert (kept.channel_ids, kept.role_ids, kept.is_age_restricted) == ((50, 51), (101,), True)
    assert kept.made == Made("1K")


async def test_guilds_that_are_not_served_and_direct_messages() -> None:
    studio = await open_studio(house=House(guild_ids=frozenset({6})))
    assert await codes(studio.intake.ask(request(), origin())) == [C.GUILD_NOT_SERVED]
    assert isinstance(await studio.intake.ask(request(), origin(guild_id=6)), Offer)
    assert await codes(studio.intake.ask(request(), origin(guild_id=None))) == [C.DIRECT_MESSAGES_OFF]


async def test_a_store_that_fails_lets_nobody_in() -> None:
    studio = await open_studio(driver=AtOnce())
    studio.driver.is_down = True
    assert await codes(studio.intake.ask(request(), origin())) == [C.STORE_FAILING]
    assert await studio.intake.choices_for(GUILD) == studio.catalogue.current, "as members type, all may be shown"
    with pytest.raises(StoreDown):
        await studio.store.guilds.limits(GUILD)


async def test_results_are_covered_where_a_guild_wants_it_and_while_nobody_can_tell() -> None:
    studio = await open_studio(*MODELS)
    job = await studio.finished()
    assert not (await studio.views.of(job)).is_spoiler
    await sets(studio.store, spoilers=True)
    assert (await studio.views.of(job)).is_spoiler
    studio.driver.is_down = True
    assert (await studio.views.of(job)).is_spoiler
