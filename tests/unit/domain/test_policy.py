"""Who may ask for what, where and when: every reason, and when each is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.catalog import Medium
from bot.domain.limits import Block, Limits, Unit
from bot.domain.policy import Ask, Load, Use, circumstances_of, verdict
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import Circumstances, Made, MidjourneyOptions
from tests.support.builders import BEGAN_AT, GUILD, MEMBER, model, request

NOW = BEGAN_AT
DAY_ENDS, MONTH_ENDS = NOW + 3600, NOW + 86_400
ARTISTS, GUESTS, ART, SHOP, ROOMS = 101, 102, 201, 202, 300
USE = Use(day_ends_at=DAY_ENDS, month_ends_at=MONTH_ENDS)
C = ProblemCode


ANY = Made()


def ask(
    prompt: str = "a cat", price: int | None = 5, *, made: Made = ANY, roles: tuple[int, ...] = (), **changes: Any
) -> Ask:
    circumstances = Circumstances((ART, ROOMS), roles, made=made)
    return Ask(GUILD, MEMBER, request(prompt, **changes), circumstances, price)


def video(price: int | None = 5, **changes: Any) -> Ask:
    return ask("a cat", price, medium=Medium.VIDEO, **changes)


def reasons(of: Ask, limits: Limits, use: Use = USE, load: Load | None = None) -> list[ProblemCode]:
    return [problem.code for problem in verdict(of, limits, use, load, NOW)]


def the_reason(of: Ask, limits: Limits, use: Use = USE, load: Load | None = None) -> Problem:
    (problem,) = verdict(of, limits, use, load, NOW)
    return problem


def test_where_nothing_is_set_everything_may_be_asked() -> None:
    assert reasons(ask(), Limits(), load=Load(0, 0)) == []
    assert reasons(video(None), Limits(), load=Load(0, 0)) == []


# ---------------------------------------------------------------- who and where


@pytest.mark.parametrize(
    ("limits", "roles", "expected"),
    [
        (Limits(roles_allowed=(ARTISTS,)), (ARTISTS,), []),
        (Limits(roles_allowed=(ARTISTS,)), (GUESTS,), [C.ROLE_MISSING]),
        (Limits(roles_allowed=(ARTISTS,)), (), [C.ROLE_MISSING]),
        (Limits(roles_excluded=(GUESTS,)), (), []),
        (Limits(roles_excluded=(GUESTS,)), (GUESTS, ARTISTS), [C.ROLE_EXCLUDED]),
        (Limits(roles_allowed=(ARTISTS,), roles_excluded=(GUESTS,)), (GUESTS, ARTISTS), [C.ROLE_EXCLUDED]),
        (Limits(video_roles=(ARTISTS,)), (), []),
    ],
)
def test_roles(limits: Limits, roles: tuple[int, ...], expected: list[ProblemCode]) -> None:
    assert reasons(ask(roles=roles), limits) == expected


def test_videos_may_be_for_some_roles_alone() -> None:
    limits = Limits(video_roles=(ARTISTS,))
    assert reasons(video(), limits) == [C.VIDEO_ROLE_MISSING]
    assert reasons(video(roles=(ARTISTS,)), limits) == []


def test_a_blocked_member_is_told_why_and_until_when() -> None:
    limits = Limits(blocked_members=(Block(MEMBER, NOW + 60, "floods"), Block(8)))
    assert the_reason(ask(), limits) == Problem(C.MEMBER_BLOCKED, "floods", again_at=NOW + 60)


@pytest.mark.parametrize(
    ("until", "expected"), [(NOW - 1, []), (NOW, []), (NOW + 1, [C.MEMBER_BLOCKED]), (None, [C.MEMBER_BLOCKED])]
)
def test_a_block_ends_by_itself_or_never(until: float | None, expected: list[ProblemCode]) -> None:
    assert reasons(ask(), Limits(blocked_members=(Block(MEMBER, until),))) == expected


@pytest.mark.parametrize("allowed", [(ART,), (ROOMS,), (SHOP, ROOMS)])
def test_a_channel_is_allowed_by_itself_or_by_its_category(allowed: tuple[int, ...]) -> None:
    assert reasons(ask(), Limits(channels=allowed)) == []


def test_not_in_this_channel() -> None:
    assert the_reason(ask(), Limits(channels=(SHOP,))) == Problem(C.CHANNEL_NOT_ALLOWED, allowed=(str(SHOP),))


def test_age_restricted_channels_only() -> None:
    limits = Limits(age_restricted_only=True)
    assert reasons(ask(), limits) == [C.CHANNEL_NOT_AGE_RESTRICTED]
    there = replace(ask(), circumstances=Circumstances((ART,), is_age_restricted=True))
    assert reasons(there, limits) == []
    assert reasons(replace(ask(), guild_id=None), limits) == []


# ---------------------------------------------------------------- what


def test_models() -> None:
    assert reasons(ask(), Limits(models=("swift-1", "other"))) == []
    assert reasons(ask(), Limits(models=("other",))) == [C.MODEL_NOT_ALLOWED]
    assert reasons(ask(model_id=None), Limits(models=("other",))) == [C.MODEL_NOT_ALLOWED]


@pytest.mark.parametrize(
    ("limits", "made", "expected"),
    [
        (Limits(picture_resolution="2K"), Made("2K"), []),
        (Limits(picture_resolution="2K"), Made("4K"), [C.RESOLUTION_TOO_HIGH]),
        (Limits(picture_resolution="2K"), Made(), []),
        (Limits(video_resolution="480p"), Made("4K"), []),
        (Limits(quality="medium"), Made(quality="high"), [C.QUALITY_TOO_HIGH]),
        (Limits(quality="medium"), Made(quality="low"), []),
        (Limits(quality="medium"), Made(quality="4"), []),
        (Limits(tier="fast"), Made(tier="pro"), [C.TIER_TOO_HIGH]),
        (Limits(tier="fast"), Made(tier="fast"), []),
    ],
)
def test_no_higher_than(limits: Limits, made: Made, expected: list[ProblemCode]) -> None:
    assert reasons(ask(made=made), limits) == expected


def test_videos_no_longer_and_no_larger_than() -> None:
    limits = Limits(video_resolution="720p", video_seconds=5)
    assert reasons(video(made=Made("720p", seconds=5)), limits) == []
    assert reasons(video(made=Made("1080p", seconds=6)), limits) == [C.RESOLUTION_TOO_HIGH, C.VIDEO_TOO_LONG]


def test_what_is_left_to_the_model_counts_as_the_model_makes_it() -> None:
    dear = model(default_resolution="4K", default_quality="high", default_tier="pro", default_duration=8)
    assert circumstances_of(request(), dear).made == Made("4K", "high", "pro", 8)
    assert circumstances_of(request(resolution="1K", quality="low"), dear).made == Made("1K", "low", "pro", 8)
    assert circumstances_of(request(), None).made == Made()


def test_blocked_words_in_the_prompt_and_in_its_flags() -> None:
    limits = Limits(blocked_words=("gore", "blood"))
    assert the_reason(ask("all Gore"), limits) == Problem(C.WORDS_BLOCKED, allowed=("gore",))
    assert reasons(ask("categories"), limits) == []
    assert reasons(ask(midjourney=MidjourneyOptions(sref="blood")), limits) == [C.WORDS_BLOCKED]


# ---------------------------------------------------------------- how much


def used(**day: int) -> Use:
    return replace(USE, member_day={Unit(unit): count for unit, count in day.items()})


@pytest.mark.parametrize(
    ("limits", "use", "expected"),
    [
        (
            Limits(guild_credits_per_day=14),
            replace(USE, guild_day_credits=10),
            Problem(C.GUILD_DAY_SPENT, "10", limit=14, again_at=DAY_ENDS, credits=5),
        ),
        (
            Limits(guild_credits_per_month=14),
            replace(USE, guild_month_credits=10),
            Problem(C.GUILD_MONTH_SPENT, "10", limit=14, again_at=MONTH_ENDS, credits=5),
        ),
        (
            Limits(member_credits_per_day=14),
            used(credits=10),
            Problem(C.MEMBER_CREDITS_SPENT, "10", limit=14, again_at=DAY_ENDS, credits=5),
        ),
        (
            Limits(member_pictures_per_day=3),
            used(pictures=3),
            Problem(C.MEMBER_PICTURES_SPENT, "3", limit=3, again_at=DAY_ENDS, credits=1),
        ),
        (Limits(guild_credits_per_day=4), USE, Problem(C.GUILD_DAY_SPENT, "0", limit=4, credits=5)),
    ],
)
def test_a_budget_that_it_does_not_fit_into(limits: Limits, use: Use, expected: Problem) -> None:
    assert the_reason(ask(), limits, use) == expected


def test_to_the_last_credit() -> None:
    limits = Limits(guild_credits_per_day=15, guild_credits_per_month=15, member_credits_per_day=15)
    use = replace(used(credits=10), guild_day_credits=10, guild_month_credits=10)
    assert reasons(ask(), limits, use) == []
    assert len(reasons(ask(price=6), limits, use)) == 3


def test_videos_and_pictures_have_their_own() -> None:
    limits = Limits(member_videos_per_day=0, member_pictures_per_day=1)
    assert reasons(video(), limits) == [C.MEMBER_VIDEOS_SPENT]
    assert reasons(ask(), limits) == []


def test_what_costs_nobody_knows_what_is_refused_where_there_is_a_budget_of_credits() -> None:
    assert reasons(ask(price=None), Limits(guild_credits_per_month=1000)) == [C.PRICE_UNKNOWN]
    assert reasons(ask(price=None), Limits(member_pictures_per_day=5)) == []


@pytest.mark.parametrize(
    ("roles", "videos", "credit_count"),
    [
        ((), 1, 10),
        ((ARTISTS,), 5, 10),
        ((GUESTS,), 0, 10),
        ((GUESTS, ARTISTS), 5, 10),
        ((ARTISTS, 103), None, 10),
        ((104,), 1, None),
    ],
)
def test_the_best_of_a_members_roles_counts(
    roles: tuple[int, ...], videos: int | None, credit_count: int | None
) -> None:
    limits = Limits(
        member_videos_per_day=1,
        member_credits_per_day=10,
        tiers={
            ARTISTS: {Unit.VIDEOS: 5},
            GUESTS: {Unit.VIDEOS: 0},
            103: {Unit.VIDEOS: None},
            104: {Unit.CREDITS: None},
        },
    )
    allowance = limits.allowance(roles)
    assert (allowance[Unit.VIDEOS], allowance[Unit.CREDITS]) == (videos, credit_count)


# ---------------------------------------------------------------- the line

LINE = Limits(queued_per_member=3, queued_per_guild=10)
MEMBER_FULL = Problem(C.QUEUE_FULL_MEMBER, "3", limit=3)
GUILD_FULL = Problem(C.QUEUE_FULL_GUILD, limit=10)


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (Load(0, 0), ()),
        (Load(2, 9), ()),
        (Load(3, 9), (MEMBER_FULL,)),
        (Load(2, 10), (GUILD_FULL,)),
        (Load(3, 10), (MEMBER_FULL, GUILD_FULL)),
        (Load(0, 11), (GUILD_FULL,)),
        (Load(4, 4), (Problem(C.QUEUE_FULL_MEMBER, "4", limit=3),)),
        (Load(0, 10, 80.4), (Problem(C.QUEUE_FULL_GUILD, "80", limit=10),)),
        (Load(0, 10, 0.2), (Problem(C.QUEUE_FULL_GUILD, "0", limit=10),)),
    ],
)
def test_every_reason_against_one_more(load: Load, expected: tuple[Problem, ...]) -> None:
    assert verdict(ask(), LINE, USE, load, NOW) == expected


def test_one_member_alone_cannot_fill_the_line_of_a_guild() -> None:
    assert Limits().queued_per_member < Limits().queued_per_guild


@pytest.mark.parametrize(("ago", "is_early"), [(0.0, True), (29.9, True), (30.0, False)])
def test_a_cool_down_ends(ago: float, *, is_early: bool) -> None:
    problems = verdict(ask(), Limits(cooldown_seconds=30), USE, Load(0, 0, last_asked_at=NOW - ago), NOW)
    assert problems == ((Problem(C.COOLING_DOWN, limit=30, again_at=NOW - ago + 30),) if is_early else ())


def test_all_reasons_are_told_at_once() -> None:
    limits = Limits(
        roles_allowed=(ARTISTS,), channels=(SHOP,), models=("other",), blocked_words=("cat",), guild_credits_per_day=1
    )
    assert reasons(ask(), limits, load=Load(20, 0)) == [
        C.ROLE_MISSING,
        C.CHANNEL_NOT_ALLOWED,
        C.MODEL_NOT_ALLOWED,
        C.WORDS_BLOCKED,
        C.GUILD_DAY_SPENT,
        C.QUEUE_FULL_MEMBER,
    ]
