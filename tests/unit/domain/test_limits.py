"""What can be set, what the operator lets nobody lift, and figures as people type them."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.limits import (
    ALLOWANCES,
    FIGURES,
    OPEN_HOUSE,
    Allowance,
    Block,
    House,
    Limits,
    RoleRule,
    Unit,
    is_open,
    read_figure,
    with_role,
)
from bot.domain.problems import Problem, ProblemCode

C = ProblemCode
ARTISTS, PATRONS, GUESTS = 101, 102, 103
OPEN = [name for name, figure in FIGURES.items() if figure.may_be_open]
CLOSED = [name for name, figure in FIGURES.items() if not figure.may_be_open]


def wrong(name: str, typed: str, **ceiling: int) -> Problem:
    problem = read_figure(name, typed, ceiling)
    assert isinstance(problem, Problem)
    assert problem.given == typed
    assert problem.allowed[0] == name
    return problem


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("0", 0),
        ("50", 50),
        ("  50 ", 50),
        ("007", 7),
        ("0" * 30 + "5", 5),
        ("1,000", 1000),
        ("1 000", 1000),
        ("1\u00a0000", 1000),
        ("1_000", 1000),
        ("12,345,678", 12_345_678),
        ("\uff15\uff10", 50),
        ("100000000", 100_000_000),
    ],
)
def test_a_number_as_people_write_it(typed: str, expected: int) -> None:
    assert read_figure("guild_credits_per_day", typed) == expected


@pytest.mark.parametrize("typed", ["", "  ", "-", "none", "None", " NO LIMIT ", "unlimited", "off", "no", "∞"])
def test_what_people_write_for_no_limit(typed: str) -> None:
    assert is_open(typed)
    for name in OPEN:
        assert read_figure(name, typed) is None
    for name in CLOSED:
        assert wrong(name, typed).code is C.FIGURE_UNREADABLE


@pytest.mark.parametrize(
    "typed",
    [
        *("many", "5 credits", "<@7>", "5\n6", "5e3", "0x10", "²", "½", "--5", "+5", "9" * 5000),
        *("1.5", "2,5", "2,50", "1,0000", ",100", "100,", "1,,000", "1.000"),
    ],
)
def test_what_is_no_whole_number(typed: str) -> None:
    assert wrong("guild_credits_per_day", typed) == Problem(
        C.FIGURE_UNREADABLE, typed, ("guild_credits_per_day", "credits"), limit=1
    )


def test_whether_no_limit_is_possible_is_told() -> None:
    assert wrong("queued_per_member", "many") == Problem(
        C.FIGURE_UNREADABLE, "many", ("queued_per_member", "requests"), limit=0
    )


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_a_least_and_a_most(name: str) -> None:
    figure = FIGURES[name]
    assert read_figure(name, str(figure.least)) == figure.least
    assert read_figure(name, str(figure.most)) == figure.most
    for typed in (str(figure.least - 1), str(figure.most + 1), "9" * 4000, "-" + "9" * 4000):
        problem = wrong(name, typed)
        assert (problem.code, problem.allowed) == (
            C.FIGURE_OUT_OF_RANGE,
            (name, str(figure.least), str(figure.most)),
        )


def test_nobody_sets_more_than_the_operator_allows() -> None:
    assert read_figure("member_videos_per_day", "3", {"member_videos_per_day": 3}) == 3
    for typed in ("4", "none", ""):
        assert wrong("member_videos_per_day", typed, member_videos_per_day=3) == Problem(
            C.FIGURE_ABOVE_CEILING, typed, ("member_videos_per_day",), limit=3
        )
    assert read_figure("member_videos_per_day", "none", {"member_pictures_per_day": 3}) is None, "of another figure"
    assert wrong("video_seconds", "0", video_seconds=3).code is C.FIGURE_OUT_OF_RANGE


def test_every_figure_is_a_number_of_the_limits() -> None:
    kinds = {each.name: each.type for each in fields(Limits)}
    numbers = {name for name, kind in kinds.items() if kind in ("int", "int | None")} - {"log_channel"}
    assert set(FIGURES) == numbers
    assert {name for name in FIGURES if kinds[name] == "int | None"} == set(OPEN)
    assert set(ALLOWANCES.values()) <= set(FIGURES)


def test_what_nobody_has_set_is_within_its_bounds() -> None:
    for name, figure in FIGURES.items():
        value = getattr(Limits(), name)
        assert value is None if figure.may_be_open else figure.least <= value <= figure.most


@given(st.sampled_from(list(FIGURES)), st.text(max_size=60))
def test_any_text_is_a_figure_or_a_problem(name: str, typed: str) -> None:
    value = read_figure(name, typed)
    if value is None:
        assert FIGURES[name].may_be_open
    elif isinstance(value, int):
        assert FIGURES[name].least <= value <= FIGURES[name].most


# ---------------------------------------------------------------- blocks, roles


def test_a_block_holds_until_its_time() -> None:
    assert Block(7).holds_at(1e12)
    block = Block(7, 100.0)
    assert block.holds_at(99.9)
    assert not block.holds_at(100.0)


@pytest.mark.parametrize(
    ("before", "rule", "allowed", "excluded"),
    [
        (Limits(), RoleRule.ALLOWED, (ARTISTS,), ()),
        (Limits(), RoleRule.EXCLUDED, (), (ARTISTS,)),
        (Limits(), RoleRule.OPEN, (), ()),
        (Limits(roles_excluded=(ARTISTS, GUESTS)), RoleRule.ALLOWED, (ARTISTS,), (GUESTS,)),
        (Limits(roles_allowed=(ARTISTS, GUESTS)), RoleRule.EXCLUDED, (GUESTS,), (ARTISTS,)),
        (Limits(roles_allowed=(ARTISTS, GUESTS)), RoleRule.OPEN, (GUESTS,), ()),
        (Limits(roles_allowed=(ARTISTS, GUESTS)), RoleRule.ALLOWED, (ARTISTS, GUESTS), ()),
        (Limits(roles_excluded=(ARTISTS, GUESTS)), RoleRule.EXCLUDED, (), (ARTISTS, GUESTS)),
    ],
)
def test_a_role_has_one_rule(
    before: Limits, rule: RoleRule, allowed: tuple[int, ...], excluded: tuple[int, ...]
) -> None:
    after = with_role(before, ARTISTS, rule)
    assert (after.roles_allowed, after.roles_excluded) == (allowed, excluded)


# ---------------------------------------------------------------- allowances

EVERYBODY = Limits(member_credits_per_day=100, member_pictures_per_day=10, member_videos_per_day=1)


def allowed(tiers: dict[int, Allowance], *role_ids: int, of: Limits = EVERYBODY) -> tuple[int | None, ...]:
    """Credits, pictures and videos."""
    allowance = replace(of, tiers=tiers).allowance(role_ids)
    assert set(allowance) == set(ALLOWANCES)
    return tuple(allowance[unit] for unit in ALLOWANCES)


def test_without_a_tier_all_may_the_same() -> None:
    assert allowed({}) == (100, 10, 1)
    assert allowed({PATRONS: {Unit.CREDITS: 500}}, ARTISTS, GUESTS) == (100, 10, 1)
    assert allowed({}, ARTISTS, of=Limits()) == (None, None, None)


def test_what_a_tier_does_not_name_is_as_for_everybody() -> None:
    assert allowed({ARTISTS: {Unit.VIDEOS: 5}}, ARTISTS) == (100, 10, 5)


def test_a_tier_can_also_be_lower_than_everybody() -> None:
    assert allowed({GUESTS: {Unit.CREDITS: 0}}, GUESTS) == (0, 10, 1)


def test_the_best_of_several_roles_counts_for_each_figure() -> None:
    tiers: dict[int, Allowance] = {
        ARTISTS: {Unit.CREDITS: 500, Unit.VIDEOS: 2},
        PATRONS: {Unit.CREDITS: 300, Unit.VIDEOS: 9},
        GUESTS: {Unit.CREDITS: 5},
    }
    for roles in ((ARTISTS, PATRONS, GUESTS), (GUESTS, PATRONS, ARTISTS)):
        assert allowed(tiers, *roles) == (500, 10, 9)


def test_no_limit_is_better_than_any() -> None:
    assert allowed({ARTISTS: {Unit.CREDITS: 500}, PATRONS: {Unit.CREDITS: None}}, ARTISTS, PATRONS) == (None, 10, 1)


# ---------------------------------------------------------------- the operator


def test_the_ceiling_is_above_everything() -> None:
    house = House(ceiling={"guild_credits_per_day": 50, "queued_per_member": 5, "member_videos_per_day": 2})
    tiers: dict[int, Allowance] = {
        ARTISTS: {Unit.VIDEOS: None, Unit.CREDITS: None},
        GUESTS: {Unit.VIDEOS: 1},
        PATRONS: {Unit.VIDEOS: 3},
    }
    limits = Limits(guild_credits_per_day=49, member_pictures_per_day=1000, tiers=tiers)
    held = house.capped(limits)
    assert held == replace(
        limits,
        queued_per_member=5,
        member_videos_per_day=2,
        tiers={ARTISTS: {Unit.VIDEOS: 2, Unit.CREDITS: None}, GUESTS: {Unit.VIDEOS: 1}, PATRONS: {Unit.VIDEOS: 2}},
    )
    assert house.capped(replace(limits, guild_credits_per_day=51)).guild_credits_per_day == 50
    assert house.capped(replace(limits, guild_credits_per_day=None)).guild_credits_per_day == 50
    assert house.capped(held) == held


def test_a_ceiling_of_nothing_lets_nobody() -> None:
    assert House(ceiling={"member_videos_per_day": 0}).capped(Limits()).member_videos_per_day == 0


def test_without_a_ceiling_all_is_as_chosen() -> None:
    limits = Limits(guild_credits_per_day=10**8, tiers={ARTISTS: {Unit.VIDEOS: None}})
    assert OPEN_HOUSE.capped(limits) == limits


def test_without_a_list_every_guild_is_served() -> None:
    assert OPEN_HOUSE.serves(5)
    house = House(guild_ids=frozenset({5, 6}))
    assert [house.serves(guild_id) for guild_id in (5, 6, 7)] == [True, True, False]


def test_direct_messages_are_a_switch_of_their_own() -> None:
    assert not House(guild_ids=frozenset({5})).serves(None)
    assert House(guild_ids=frozenset({5}), allow_direct_messages=True).serves(None)
