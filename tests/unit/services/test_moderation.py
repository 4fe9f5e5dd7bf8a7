"""What moderators change: what holds since, what is refused, what is noted down, and what becomes of the line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.highest import HIGHEST
from bot.domain.jobs import FailureCode, Job, JobState
from bot.domain.limits import FIGURES, Block, Change, House, Limits, RoleRule, Unit
from bot.domain.problems import Problem, ProblemCode
from bot.errors import NotSent, Refused, StoreDown
from bot.services import moderation as ways
from bot.services.moderation import Moderation, Outcome
from bot.store.limits import LATELY_SECONDS
from bot.ui.cards import draw
from tests.support.builders import BEGAN_AT, GUILD, MEMBER, MODERATOR, claimed, completed, queued, read, running
from tests.unit.services.studio import MODELS, Studio, open_studio, refusal

OTHER_GUILD, OTHER_MODERATOR = 6, 98
ARTISTS, GUESTS = 101, 102
C = ProblemCode
RETIRED = "retired-1"


@dataclass(slots=True)
class Office:
    """Moderation, and what it stands on."""

    studio: Studio
    moderation: Moderation

    async def chosen(self, guild_id: int = GUILD) -> Limits:
        return await self.studio.store.guilds.limits(guild_id)

    async def trail(self, guild_id: int = GUILD) -> list[Change]:
        return list(await self.moderation.changes(guild_id))

    async def fill(self, **values: Any) -> None:
        """What was set long ago."""
        await self.studio.store.guilds.change(GUILD, MODERATOR, lambda limits: replace(limits, **values))
        self.studio.clock.at += LATELY_SECONDS + 1

    def rings(self) -> tuple[int, int]:
        return self.studio.signals.cards.rings, self.studio.signals.queued.rings

    async def card(self, job: Job) -> str:
        view = await self.studio.views.of(await read(self.studio.store, job.id))
        return "\n".join(draw(view).texts)


async def open_office(house: House | None = None) -> Office:
    house = house or House()
    studio = await open_studio(house=house)
    store = studio.store
    moderation = Moderation(
        store.guilds, store.door, store.asking, studio.catalogue, studio.signals, house, studio.clock
    )
    return Office(studio, moderation)


@pytest.fixture
async def office() -> Office:
    return await open_office()


Act = Callable[[Moderation], Awaitable[Outcome]]


def act(name: str, *args: Any, by: int = MODERATOR, **options: Any) -> Act:
    """A setter, called by a moderator."""
    return lambda moderation: getattr(moderation, name)(GUILD, by, *args, **options)


async def problems(asked: Awaitable[object]) -> list[Problem]:
    with pytest.raises(Refused) as refused:
        await asked
    return [problem for problem in refused.value.problems if isinstance(problem, Problem)]


# ---------------------------------------------------------------- every setter

SETTERS: list[tuple[Act, Mapping[str, Any]]] = [
    (
        act("set_figures", {"guild_credits_per_day": "1,000", "cooldown_seconds": "30"}),
        {"guild_credits_per_day": 1000, "cooldown_seconds": 30},
    ),
    (
        act("set_tier", ARTISTS, {Unit.VIDEOS: "5", Unit.CREDITS: "none"}),
        {"tiers": {ARTISTS: {"videos": 5, "credits": None}}},
    ),
    (act("set_time_zone", "europe/berlin"), {"time_zone": "Europe/Berlin"}),
    (act("set_models", ["Cinema", "swift-1", "cinema-1"]), {"models": ("cinema-1", "swift-1")}),
    (act("set_model", "Grid", is_allowed=False), {"models": ("swift-1", "cinema-1", "short-1")}),
    (
        act("set_highest", {"picture_resolution": "1k", "video_resolution": "720P", "quality": " 4 ", "tier": "Fast"}),
        {"picture_resolution": "1K", "video_resolution": "720p", "quality": "4", "tier": "fast"},
    ),
    (act("set_list", "channels", [50, 51, 50]), {"channels": (50, 51)}),
    (act("set_listed", "video_roles", ARTISTS, is_listed=True), {"video_roles": (ARTISTS,)}),
    (act("set_role", GUESTS, RoleRule.EXCLUDED), {"roles_excluded": (GUESTS,)}),
    (act("block", MEMBER), {"blocked_members": (Block(MEMBER),)}),
    (act("add_words", "blood\nred wine"), {"blocked_words": ("blood", "red wine")}),
    (act("switch", {"spoilers": True, "age_restricted_only": True}), {"spoilers": True, "age_restricted_only": True}),
    (act("set_log_channel", 70), {"log_channel": 70}),
    (act("pause", is_paused=True), {"is_paused": True}),
]


@pytest.mark.parametrize(("setter", "values"), SETTERS)
async def test_what_is_set_holds_and_is_noted_down(office: Office, setter: Act, values: Mapping[str, Any]) -> None:
    outcome = await setter(office.moderation)
    expected = replace(Limits(), **values)
    assert await office.chosen() == expected
    assert (outcome.view.chosen, outcome.view.held, outcome.changed.limits) == (expected, expected, expected)
    assert await office.chosen(OTHER_GUILD) == Limits()
    trail = await office.trail()
    assert sorted(trail, key=lambda change: change.id) == list(outcome.changed.changes)
    assert {change.name for change in trail} == set(values)
    assert {(change.guild_id, change.user_id, change.at) for change in trail} == {(GUILD, MODERATOR, BEGAN_AT)}
    assert outcome.changed.overridden == ()
    assert office.rings() == (1, 1), "cards may say otherwise, and jobs may go"


@pytest.mark.parametrize(("setter", "values"), SETTERS)
async def test_what_is_set_once_more_changes_nothing(office: Office, setter: Act, values: Mapping[str, Any]) -> None:
    await setter(office.moderation)
    again = await setter(office.moderation)
    assert again.changed.changes == ()
    assert len(await office.trail()) == len(values)


@pytest.mark.parametrize(("setter", "values"), SETTERS)
async def test_while_the_store_fails_nothing_is_changed(office: Office, setter: Act, values: Mapping[str, Any]) -> None:
    office.studio.driver.is_down = True
    assert await refusal(setter(office.moderation)) == Problem(C.STORE_FAILING)
    office.studio.driver.is_down = False
    assert await office.chosen() == Limits(), values
    assert await office.trail() == []
    assert office.rings() == (0, 0)


@pytest.mark.parametrize(("setter", "values"), SETTERS)
async def test_what_others_had_set_lately_is_told(office: Office, setter: Act, values: Mapping[str, Any]) -> None:
    first = await setter(office.moderation)
    office.studio.clock.at += LATELY_SECONDS - 1
    undone = await office.studio.store.guilds.change(GUILD, OTHER_MODERATOR, lambda _: Limits())
    assert sorted(undone.overridden, key=lambda change: change.id) == list(first.changed.changes)
    again = await setter(office.moderation)
    assert {(change.name, change.user_id) for change in again.changed.overridden} == {
        (name, OTHER_MODERATOR) for name in values
    }


def test_every_limit_can_be_set() -> None:
    set_by_name = {name for _, values in SETTERS for name in values}
    listed = {*ways.LISTS, *HIGHEST, *ways.SWITCHES, *FIGURES}
    assert set_by_name | listed == {field.name for field in fields(Limits)}


@pytest.mark.parametrize("name", FIGURES)
async def test_every_figure_can_be_set(office: Office, name: str) -> None:
    outcome = await office.moderation.set_figures(GUILD, MODERATOR, {name: "7"})
    assert getattr(outcome.view.held, name) == 7
    assert getattr(await office.chosen(), name) == 7


# ---------------------------------------------------------------- what is refused

MANY = "\n".join(f"w{number}ord" for number in range(ways.WORDS_MAX + 1))
IDS = list(range(1, ways.LISTED_MAX + 2))
REFUSED: list[tuple[Act, list[Problem]]] = [
    (
        act("set_figures", {"guild_credits_per_day": "5", "kept_days": "0", "queued_per_guild": "many"}),
        [
            Problem(C.FIGURE_OUT_OF_RANGE, "0", ("kept_days", "1", "3650")),
            Problem(C.FIGURE_UNREADABLE, "many", ("queued_per_guild", "requests"), limit=0),
        ],
    ),
    (
        act("set_tier", ARTISTS, {Unit.VIDEOS: "5", Unit.CREDITS: "lots"}),
        [Problem(C.FIGURE_UNREADABLE, "lots", ("member_credits_per_day", "credits"), limit=1)],
    ),
    (act("set_time_zone", "Mars"), [Problem(C.TIME_ZONE_UNKNOWN, "Mars")]),
    (
        act("set_models", ["Grid", "Dali", RETIRED]),
        [Problem(C.MODEL_UNKNOWN, name, tuple(model.name for model in MODELS)) for name in ("Dali", RETIRED)],
    ),
    (
        act("set_model", "Dali", is_allowed=False),
        [Problem(C.MODEL_UNKNOWN, "Dali", tuple(model.name for model in MODELS))],
    ),
    (
        act("set_highest", {"tier": "fast", "video_resolution": "8K", "quality": "1080p"}),
        [
            Problem(C.HIGHEST_UNKNOWN, "8K", ("video_resolution", "480p", "720p", "1080p")),
            Problem(C.HIGHEST_UNKNOWN, "1080p", ("quality", "1", "4")),
        ],
    ),
    (act("set_list", "roles_allowed", IDS), [Problem(C.LIST_FULL, "101", limit=100)]),
    (act("block", MODERATOR), [Problem(C.BLOCKED_SELF)]),
    (act("block", MEMBER, "soon"), [Problem(C.MOMENT_UNREADABLE, "soon")]),
    (act("block", MEMBER, "2020-01-01"), [Problem(C.MOMENT_PAST, "2020-01-01")]),
    (act("block", MEMBER, "9999-01-01"), [Problem(C.MOMENT_FAR, "9999-01-01")]),
    (act("add_words", " \n , \u200b,--"), [Problem(C.WORD_EMPTY)]),
    (act("add_words", "fine\n" + "x" * 101), [Problem(C.WORD_TOO_LONG, "x" * 101, limit=100)]),
    (act("add_words", MANY), [Problem(C.LIST_FULL, "501", limit=500)]),
    (act("drop_words", ["gin", "rum"]), [Problem(C.WORD_NOT_LISTED, "gin, rum")]),
]


@pytest.mark.parametrize(("setter", "expected"), REFUSED)
async def test_what_is_refused_changes_nothing_and_tells_all_that_is_wrong(
    office: Office, setter: Act, expected: list[Problem]
) -> None:
    await office.moderation.add_words(GUILD, MODERATOR, "wine")
    before, trail, rings = await office.chosen(), await office.trail(), office.rings()
    assert await problems(setter(office.moderation)) == expected
    assert (await office.chosen(), await office.trail(), office.rings()) == (before, trail, rings)


async def test_a_list_can_be_filled_to_the_brim_and_no_further(office: Office) -> None:
    moderation, full = office.moderation, tuple(IDS[:-1])
    await moderation.set_list(GUILD, MODERATOR, "channels", full)
    await office.fill(
        roles_allowed=full,
        roles_excluded=tuple(each + 1000 for each in full),
        tiers={role: {Unit.VIDEOS: 1} for role in full},
        blocked_words=tuple(f"w{number}ord" for number in range(ways.WORDS_MAX)),
        blocked_members=tuple(Block(number) for number in range(1, ways.BLOCKS_MAX + 1)),
    )
    before = await office.chosen()
    for refused, most in (
        (moderation.set_listed(GUILD, MODERATOR, "channels", 5000, is_listed=True), 100),
        (moderation.set_role(GUILD, MODERATOR, 5000, RoleRule.ALLOWED), 100),
        (moderation.set_role(GUILD, MODERATOR, 5000, RoleRule.EXCLUDED), 100),
        (moderation.set_tier(GUILD, MODERATOR, 5000, {Unit.VIDEOS: "1"}), 100),
        (moderation.add_words(GUILD, MODERATOR, "wine"), 500),
        (moderation.block(GUILD, MODERATOR, 5000), 500),
    ):
        assert await refusal(refused) == Problem(C.LIST_FULL, str(most + 1), limit=most)
    assert await office.chosen() == before
    # What is there already can be changed.
    await moderation.set_listed(GUILD, MODERATOR, "channels", 5, is_listed=True)
    await moderation.set_tier(GUILD, MODERATOR, 5, {Unit.VIDEOS: "9"})
    await moderation.block(GUILD, MODERATOR, 5, reason="again")
    await moderation.add_words(GUILD, MODERATOR, "W5ORD")
    await moderation.set_role(GUILD, MODERATOR, 5, RoleRule.OPEN)
    assert len((await office.chosen()).roles_allowed) == 99


# ---------------------------------------------------------------- the audit trail


async def test_the_trail_tells_from_what_to_what_newest_first(office: Office) -> None:
    for credit_count in ("100", "200", "none"):
        office.studio.clock.at += 1
        await office.moderation.set_figures(GUILD, MODERATOR, {"guild_credits_per_day": credit_count})
    steps = [(json.loads(change.old), json.loads(change.new), change.at - BEGAN_AT) for change in await office.trail()]
    assert steps == [(200, None, 3), (100, 200, 2), (None, 100, 1)]


async def test_the_trail_comes_in_pages(office: Office) -> None:
    for number in range(1, 14):
        await office.moderation.set_figures(GUILD, MODERATOR, {"kept_days": str(number)})
    newest = await office.moderation.changes(GUILD)
    older = await office.moderation.changes(GUILD, newest[-1].id)
    assert [int(change.new) for change in newest] == list(range(13, 3, -1))
    assert [int(change.new) for change in older] == [3, 2, 1]
    assert await office.moderation.changes(GUILD, older[-1].id) == []
    assert await office.trail(OTHER_GUILD) == []


async def test_chosen_is_chosen_though_it_is_what_the_operator_has() -> None:
    office = await open_office(House(Limits(member_videos_per_day=3)))
    await office.moderation.set_figures(GUILD, MODERATOR, {"member_videos_per_day": "5"})
    await office.moderation.set_figures(GUILD, MODERATOR, {"member_videos_per_day": "3"})
    rows = office.studio.driver.rows("SELECT name, value FROM guild_settings")
    assert rows == [("member_videos_per_day", "3")]


# ---------------------------------------------------------------- two moderators


async def test_of_two_at_once_the_last_one_wins_and_is_told(office: Office) -> None:
    first, second = await asyncio.gather(
        office.moderation.set_figures(GUILD, MODERATOR, {"kept_days": "7"}),
        office.moderation.set_figures(GUILD, OTHER_MODERATOR, {"kept_days": "9", "cooldown_seconds": "5"}),
    )
    assert first.changed.overridden == ()
    assert second.changed.overridden == first.changed.changes
    assert (await office.chosen()).kept_days == 9


async def test_of_two_at_once_no_entry_of_a_list_is_lost(office: Office) -> None:
    moderation = office.moderation
    await asyncio.gather(
        moderation.add_words(GUILD, MODERATOR, "wine"),
        moderation.add_words(GUILD, OTHER_MODERATOR, "blood"),
        moderation.block(GUILD, MODERATOR, 7),
        moderation.block(GUILD, OTHER_MODERATOR, 8),
        moderation.set_tier(GUILD, MODERATOR, ARTISTS, {Unit.VIDEOS: "5"}),
        moderation.set_tier(GUILD, OTHER_MODERATOR, GUESTS, {Unit.VIDEOS: "1"}),
        moderation.set_model(GUILD, MODERATOR, "Grid", is_allowed=False),
        moderation.set_model(GUILD, OTHER_MODERATOR, "Cinema", is_allowed=False),
    )
    limits = await office.chosen()
    assert limits.blocked_words == ("wine", "blood")
    assert [block.user_id for block in limits.blocked_members] == [7, 8]
    assert limits.tiers == {ARTISTS: {Unit.VIDEOS: 5}, GUESTS: {Unit.VIDEOS: 1}}
    assert limits.models == ("swift-1", "short-1")


async def test_what_was_set_long_ago_or_by_oneself_is_not_overridden(office: Office) -> None:
    await office.moderation.set_figures(GUILD, OTHER_MODERATOR, {"kept_days": "7"})
    office.studio.clock.at += LATELY_SECONDS
    mine = await office.moderation.set_figures(GUILD, MODERATOR, {"kept_days": "8"})
    again = await office.moderation.set_figures(GUILD, MODERATOR, {"kept_days": "9"})
    assert mine.changed.overridden == again.changed.overridden == ()


# ---------------------------------------------------------------- figures and ceilings


async def test_no_moderator_lifts_the_ceiling() -> None:
    house = House(Limits(guild_credits_per_day=500), {"guild_credits_per_day": 300, "member_videos_per_day": 2})
    office = await open_office(house)
    for typed in ("301", "none"):
        problem = await refusal(
            office.moderation.set_figures(GUILD, MODERATOR, {"guild_credits_per_day": typed, "kept_days": "7"})
        )
        assert problem == Problem(C.FIGURE_ABOVE_CEILING, typed, ("guild_credits_per_day",), limit=300)
    for typed in ("3", "none"):
        problem = await refusal(office.moderation.set_tier(GUILD, MODERATOR, ARTISTS, {Unit.VIDEOS: typed}))
        assert problem == Problem(C.FIGURE_ABOVE_CEILING, typed, ("member_videos_per_day",), limit=2)
    assert await office.chosen() == house.defaults
    outcome = await office.moderation.set_tier(GUILD, MODERATOR, ARTISTS, {Unit.VIDEOS: "2", Unit.CREDITS: "none"})
    assert outcome.view.chosen.guild_credits_per_day == 500
    assert outcome.view.held.guild_credits_per_day == 300


async def test_a_budget_below_what_is_used_is_taken_and_shown_with_it(office: Office) -> None:
    await queued(office.studio.store, office.studio.mine, user_id=MODERATOR, reserved_credits=50)
    outcome = await office.moderation.set_figures(GUILD, MODERATOR, {"guild_credits_per_day": "10"})
    view = outcome.view
    assert view.held.guild_credits_per_day == 10
    assert (view.use.guild_day_credits, view.use.member_day[Unit.CREDITS]) == (50, 50)
    assert await office.moderation.view(GUILD, MODERATOR) == view
    assert (view.guild_id, view.models, view.now) == (GUILD, MODELS, BEGAN_AT)


async def test_what_is_used_is_counted_by_the_zone_that_was_just_chosen(office: Office) -> None:
    """BEGAN_AT is 08:00 in UTC, where the next day begins 16 hours later; in Tokyo after seven."""
    outcome = await office.moderation.set_time_zone(GUILD, MODERATOR, "Asia/Tokyo")
    assert outcome.view.use.day_ends_at == datetime(2027, 1, 15, 15, tzinfo=UTC).timestamp()


# ---------------------------------------------------------------- tiers


async def test_a_tier_is_replaced_completed_and_taken_away(office: Office) -> None:
    moderation = office.moderation

    async def tier(typed: dict[Unit, str], **options: Any) -> object:
        outcome = await moderation.set_tier(GUILD, MODERATOR, ARTISTS, typed, **options)
        return outcome.view.chosen.tiers.get(ARTISTS)

    await moderation.set_tier(GUILD, MODERATOR, GUESTS, {Unit.PICTURES: "0"})
    assert await tier({Unit.VIDEOS: "5", Unit.CREDITS: " "}) == {Unit.VIDEOS: 5}
    assert await tier({Unit.CREDITS: "100"}, is_whole=False) == {Unit.VIDEOS: 5, Unit.CREDITS: 100}
    assert await tier({Unit.VIDEOS: "none"}, is_whole=False) == {Unit.VIDEOS: None, Unit.CREDITS: 100}
    assert await tier({}, is_whole=False) == {Unit.VIDEOS: None, Unit.CREDITS: 100}
    assert await tier({Unit.PICTURES: "9"}) == {Unit.PICTURES: 9}
    assert await tier({Unit.PICTURES: "", Unit.CREDITS: "  "}) is None
    assert await tier({}) is None, "there was none"
    assert (await office.chosen()).tiers == {GUESTS: {Unit.PICTURES: 0}}


# ---------------------------------------------------------------- models


async def test_a_model_that_was_retired_stays_listed_until_it_is_taken_away(office: Office) -> None:
    await office.fill(models=(RETIRED, "swift-1"))
    kept = await office.moderation.set_models(GUILD, MODERATOR, [RETIRED, "Grid"])
    assert kept.view.chosen.models == (RETIRED, "midjourney-v8.1")
    more = await office.moderation.set_model(GUILD, MODERATOR, "Cinema", is_allowed=True)
    assert more.view.chosen.models == (RETIRED, "midjourney-v8.1", "cinema-1")
    fewer = await office.moderation.set_model(GUILD, MODERATOR, RETIRED, is_allowed=False)
    assert fewer.view.chosen.models == ("midjourney-v8.1", "cinema-1")
    assert (await refusal(office.moderation.set_models(GUILD, MODERATOR, [RETIRED]))).code is C.MODEL_UNKNOWN


async def test_where_all_are_allowed_one_more_changes_nothing(office: Office) -> None:
    outcome = await office.moderation.set_model(GUILD, MODERATOR, "Grid", is_allowed=True)
    assert outcome.changed.changes == ()
    assert outcome.view.chosen.models == (), "else all others would be forbidden by it"


async def test_the_last_model_cannot_be_taken_away(office: Office) -> None:
    await office.fill(models=("swift-1", "cinema-1"))
    await office.moderation.set_model(GUILD, MODERATOR, "Cinema", is_allowed=False)
    await office.moderation.set_model(GUILD, MODERATOR, "Grid", is_allowed=False)
    problem = await refusal(office.moderation.set_model(GUILD, MODERATOR, "Swift One", is_allowed=False))
    assert problem == Problem(C.NO_MODEL_LEFT, "swift-1")
    assert (await office.chosen()).models == ("swift-1",)
    assert (await office.moderation.set_models(GUILD, MODERATOR, [])).view.chosen.models == (), "all of them"


async def test_before_the_service_has_told_its_models_none_can_be_chosen(office: Office) -> None:
    await office.fill(models=(RETIRED,), quality="4")
    # As after a start while the service is down.
    office.studio.catalogue.current = replace(office.studio.catalogue.current, models=(), fetched_at=None)
    moderation = office.moderation
    for asked in (
        moderation.set_models(GUILD, MODERATOR, ["Grid"]),
        moderation.set_model(GUILD, MODERATOR, "Grid", is_allowed=True),
        moderation.set_highest(GUILD, MODERATOR, {"tier": "fast"}),
    ):
        assert await refusal(asked) == Problem(C.CATALOGUE_UNKNOWN)
    assert (await moderation.set_models(GUILD, MODERATOR, [RETIRED])).changed.changes == ()
    assert (await moderation.set_models(GUILD, MODERATOR, [])).view.chosen.models == ()


async def test_the_highest_can_be_lifted_and_what_no_model_offers_any_more_stays(office: Office) -> None:
    await office.fill(video_resolution="4K", quality="4")
    kept = await office.moderation.set_highest(GUILD, MODERATOR, {"video_resolution": "4k", "quality": "none"})
    assert (kept.view.chosen.video_resolution, kept.view.chosen.quality) == ("4K", None)
    await office.moderation.set_highest(GUILD, MODERATOR, {"video_resolution": ""})
    assert (await office.chosen()).video_resolution is None


# ---------------------------------------------------------------- channels and roles


@pytest.mark.parametrize("name", ways.LISTS)
async def test_lists_grow_and_shrink(office: Office, name: str) -> None:
    async def listed(each: int, *, is_listed: bool) -> object:
        outcome = await office.moderation.set_listed(GUILD, MODERATOR, name, each, is_listed=is_listed)
        return getattr(outcome.view.chosen, name)

    assert await listed(1, is_listed=True) == (1,)
    assert await listed(2, is_listed=True) == (1, 2)
    assert await listed(1, is_listed=True) == (1, 2)
    assert await listed(3, is_listed=False) == (1, 2)
    assert await listed(1, is_listed=False) == (2,)
    emptied = await office.moderation.set_list(GUILD, MODERATOR, name, [])
    assert getattr(emptied.view.chosen, name) == ()


async def test_another_order_is_no_change(office: Office) -> None:
    await office.fill(channels=(1, 2, 3), models=("swift-1", "cinema-1"))
    moderation = office.moderation
    assert (await moderation.set_list(GUILD, MODERATOR, "channels", [3, 1, 2])).changed.changes == ()
    assert (await moderation.set_models(GUILD, MODERATOR, ["Cinema", "Swift One"])).changed.changes == ()
    moved = await moderation.set_list(GUILD, MODERATOR, "channels", [4, 3, 1])
    assert moved.view.chosen.channels == (1, 3, 4)


async def test_a_role_moves_from_one_list_to_the_other(office: Office) -> None:
    await office.moderation.set_role(GUILD, MODERATOR, ARTISTS, RoleRule.ALLOWED)
    outcome = await office.moderation.set_role(GUILD, MODERATOR, ARTISTS, RoleRule.EXCLUDED)
    assert (outcome.view.chosen.roles_allowed, outcome.view.chosen.roles_excluded) == ((), (ARTISTS,))
    assert len(outcome.changed.changes) == 2


# ---------------------------------------------------------------- blocks


async def test_a_block_has_an_end_and_a_reason(office: Office) -> None:
    await office.fill(time_zone="Asia/Tokyo")
    moderation, now = office.moderation, office.studio.clock.at
    await moderation.block(GUILD, MODERATOR, 7, " 3 h ", "  floods\n the  line ")
    await moderation.block(GUILD, MODERATOR, 8, "2027-02-01", "x" * 400)
    assert (await office.chosen()).blocked_members == (
        Block(7, now + 10_800, "floods the line"),
        Block(8, datetime(2027, 1, 31, 15, tzinfo=UTC).timestamp(), "x" * 300),
    )


async def test_who_is_blocked_anew_is_blocked_once(office: Office) -> None:
    await office.moderation.block(GUILD, MODERATOR, 7, "3 h", "floods")
    await office.moderation.block(GUILD, OTHER_MODERATOR, 7)
    assert (await office.chosen()).blocked_members == (Block(7),)


async def test_a_block_is_lifted(office: Office) -> None:
    await office.fill(blocked_members=(Block(7), Block(8)))
    lifted = await office.moderation.unblock(GUILD, MODERATOR, 7)
    assert lifted.view.chosen.blocked_members == (Block(8),)
    assert (await office.moderation.unblock(GUILD, MODERATOR, 7)).changed.changes == ()


async def test_blocks_that_are_over_are_dropped_with_the_next_change(office: Office) -> None:
    now = office.studio.clock.at + LATELY_SECONDS + 1
    over, holding = Block(7, now), Block(8, now + 1)
    await office.fill(blocked_members=(over, holding, Block(9)))
    await office.moderation.set_figures(GUILD, MODERATOR, {"kept_days": "7"})
    assert (await office.chosen()).blocked_members == (over, holding, Block(9))
    await office.moderation.block(GUILD, MODERATOR, 10)
    assert (await office.chosen()).blocked_members == (holding, Block(9), Block(10))
    office.studio.clock.at += 1
    await office.moderation.unblock(GUILD, MODERATOR, 9)
    assert (await office.chosen()).blocked_members == (Block(10),)


async def test_a_moderator_may_block_another_one(office: Office) -> None:
    await office.moderation.block(GUILD, MODERATOR, OTHER_MODERATOR)
    assert (await refusal(office.moderation.block(GUILD, OTHER_MODERATOR, OTHER_MODERATOR))).code is C.BLOCKED_SELF


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("wine, red wine\nwine", ("wine", "red wine")),
        ("  Wine ,,\n\n, ", ("Wine",)),
        ("wine\nWINE\nw\u200bine\nwíne\n\uff57\uff49\uff4e\uff45", ("wine",)),
        ("red   wine", ("red wine",)),
        ("wines", ("wines",)),
    ],
)
async def test_words_are_added_once_however_they_are_spelled(
    office: Office, typed: str, expected: tuple[str, ...]
) -> None:
    outcome = await office.moderation.add_words(GUILD, MODERATOR, typed)
    assert outcome.view.chosen.blocked_words == expected
    again = await office.moderation.add_words(GUILD, MODERATOR, typed.upper())
    assert again.changed.changes == ()


async def test_a_word_that_another_one_finds_is_still_added_where_it_is_more(office: Office) -> None:
    await office.moderation.add_words(GUILD, MODERATOR, "red wine\nwine\nred wine glass")
    assert (await office.chosen()).blocked_words == ("red wine", "wine", "red wine glass")


async def test_words_are_taken_away_however_they_are_spelled(office: Office) -> None:
    await office.moderation.add_words(GUILD, MODERATOR, "wine\nblood\nred wine")
    outcome = await office.moderation.drop_words(GUILD, MODERATOR, ["WÍNE", "not there"])
    assert outcome.view.chosen.blocked_words == ("blood", "red wine")


async def test_a_text_is_tested_against_the_words(office: Office) -> None:
    await office.moderation.add_words(GUILD, MODERATOR, "wine\nblood\nrum")
    assert await office.moderation.test_words(GUILD, "BLOOD and w1ne") == ("wine", "blood")
    assert await office.moderation.test_words(GUILD, "winery, drum") == ()
    assert await office.moderation.test_words(OTHER_GUILD, "blood") == ()


async def test_five_hundred_words_are_compared_with_five_hundred_others(office: Office) -> None:
    """All in one transaction, for which everybody waits: in pairs that would take half a minute."""
    await office.fill(blocked_words=tuple(f"w{number}ord" for number in range(ways.WORDS_MAX)))
    outcome = await office.moderation.add_words(GUILD, MODERATOR, MANY.rpartition("\n")[0].upper())
    assert outcome.changed.changes == ()


# ---------------------------------------------------------------- how it is shown


async def test_switches_and_the_log_channel_are_put_back(office: Office) -> None:
    await office.fill(spoilers=True, age_restricted_only=True, log_channel=70)
    await office.moderation.switch(GUILD, MODERATOR, {"spoilers": False})
    outcome = await office.moderation.set_log_channel(GUILD, MODERATOR, None)
    assert outcome.view.chosen == Limits(age_restricted_only=True)


# ---------------------------------------------------------------- stop and go


async def test_the_queue_is_the_guilds_own(office: Office) -> None:
    store, mine = office.studio.store, office.studio.mine
    office.studio.clock.at += 1
    working = await running(store, mine)
    waiting = [await queued(store, mine, user_id=user_id) for user_id in (7, 8)]
    await queued(store, mine, guild_id=OTHER_GUILD)
    assert [job.id for job in await office.moderation.queue(GUILD)] == [working.id, *(job.id for job in waiting)]
    assert await office.moderation.queue(99) == []


async def test_the_cards_of_a_paused_guild_say_so_and_keep_their_place(office: Office) -> None:
    store, mine = office.studio.store, office.studio.mine
    job = await queued(store, mine)
    await office.moderation.pause(GUILD, MODERATOR, is_paused=True)
    assert [job_id for job_id, _ in await store.cards.behind()] == [job.id]
    assert "You are next" in await office.card(job)
    assert "The moderators have paused this server" in await office.card(job)
    await office.moderation.pause(GUILD, MODERATOR, is_paused=False)
    assert "paused" not in await office.card(job)
    assert (await read(store, job.id)).state is JobState.QUEUED


async def test_what_waits_is_called_back_unspent(office: Office) -> None:
    job = await queued(office.studio.store, office.studio.mine)
    cancelled = await office.moderation.cancel(GUILD, MODERATOR, job.id)
    assert cancelled.state is JobState.CANCELLED
    assert cancelled.failure is not None
    assert cancelled.failure.code is FailureCode.CANCELLED_BY_MODERATOR
    text = await office.card(job)
    assert "A moderator has called it back." in text
    assert "Nothing was charged." in text
    assert office.rings() == (1, 1)
    assert (await office.moderation.view(GUILD, MEMBER)).use.guild_day_credits == 0


async def test_what_is_being_made_is_marked_and_its_card_does_not_blame_the_member(office: Office) -> None:
    store, mine = office.studio.store, office.studio.mine
    office.studio.clock.at += 1
    job = await running(store, mine)
    cancelled = await office.moderation.cancel(GUILD, MODERATOR, job.id)
    assert (cancelled.state, cancelled.cancel_asked_at) == (JobState.RUNNING, office.studio.clock.at)
    assert "It had begun before it was cancelled, so it is being paid for." in await office.card(job)
    await store.watching.finish(job.id, completed())
    assert "Finished after it was cancelled" in await office.card(job)


async def test_what_comes_back_to_the_line_after_a_cancel_does_not_wait_again(office: Office) -> None:
    store, mine = office.studio.store, office.studio.mine
    job = await claimed(store, mine)
    await office.moderation.cancel(GUILD, MODERATOR, job.id)
    await store.submissions.record(mine, job.id, NotSent())
    assert (await read(store, job.id)).state is JobState.CANCELLED
    assert "A moderator has called it back." in await office.card(job)


async def test_what_has_ended_stays_as_it_ended(office: Office) -> None:
    job = await office.studio.finished()
    assert (await office.moderation.cancel(GUILD, MODERATOR, job.id)).state is JobState.SUCCEEDED
    await office.moderation.cancel(GUILD, MODERATOR, (await queued(office.studio.store, office.studio.mine)).id)
    assert "is ready" in await office.card(job)


async def test_who_called_what_back_is_noted_among_the_changes(office: Office) -> None:
    store, mine = office.studio.store, office.studio.mine
    jobs = [await queued(store, mine, user_id=user_id) for user_id in (7, 8, 8)]
    for _ in range(2):
        await office.moderation.cancel(GUILD, MODERATOR, jobs[0].id)
    for _ in range(2):
        await office.moderation.clear(GUILD, 98)
    changes = [(each.user_id, each.name, each.new) for each in await office.moderation.changes(GUILD)]
    assert changes == [(98, "queue_cleared", "2"), (MODERATOR, "called_back", "7")]


async def test_a_job_of_another_guild_is_not_known(office: Office) -> None:
    store, mine = office.studio.store, office.studio.mine
    theirs, alone = await queued(store, mine, guild_id=OTHER_GUILD), await queued(store, mine, guild_id=None)
    for job_id in (theirs.id, alone.id, 12345):
        assert await refusal(office.moderation.cancel(GUILD, MODERATOR, job_id)) == Problem(C.JOB_UNKNOWN)
    assert {(await read(store, job.id)).state for job in (theirs, alone)} == {JobState.QUEUED}
    assert office.rings() == (0, 0)


async def test_the_line_is_cleared_of_the_guild_alone(office: Office) -> None:
    store, mine = office.studio.store, office.studio.mine
    office.studio.clock.at += 1
    working = await running(store, mine)
    waiting = [await queued(store, mine, user_id=user_id) for user_id in (7, 8, 7)]
    theirs = await queued(store, mine, guild_id=OTHER_GUILD)
    assert await office.moderation.clear(GUILD, MODERATOR) == 3
    for job in waiting:
        assert (await read(store, job.id)).state is JobState.CANCELLED
        assert "A moderator has called it back." in await office.card(job)
    assert (await read(store, working.id)).state is JobState.RUNNING
    assert (await read(store, theirs.id)).state is JobState.QUEUED
    assert [job.id for job in await office.moderation.queue(GUILD)] == [working.id]
    assert await office.moderation.clear(GUILD, MODERATOR) == 0
    assert office.rings() == (2, 2)


async def test_while_the_store_fails_nothing_is_called_back(office: Office) -> None:
    job = await queued(office.studio.store, office.studio.mine)
    office.studio.driver.is_down = True
    moderation = office.moderation
    for asked in (
        moderation.cancel(GUILD, MODERATOR, job.id),
        moderation.clear(GUILD, MODERATOR),
        moderation.unblock(GUILD, MODERATOR, 7),
    ):
        assert await refusal(asked) == Problem(C.STORE_FAILING)
    questions = (
        moderation.view(GUILD, MODERATOR),
        moderation.changes(GUILD),
        moderation.queue(GUILD),
        moderation.test_words(GUILD, "blood"),
    )
    for question in questions:
        with pytest.raises(StoreDown):
            await question
    office.studio.driver.is_down = False
    assert (await read(office.studio.store, job.id)).state is JobState.QUEUED
    assert office.rings() == (0, 0)
