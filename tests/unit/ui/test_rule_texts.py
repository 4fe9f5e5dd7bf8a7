"""What members and moderators read about limits: real figures, real times, and what to do."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from bot.domain.limits import FIGURES, Limits, Unit, read_figure
from bot.domain.problems import Problem, ProblemCode
from bot.ui.markdown import one_line
from bot.ui.texts import EN
from bot.ui.texts.en.rules import NAMED_MAX, RULES, SETTINGS, counted

C = ProblemCode
WRONG = "If you think that is wrong, talk to the moderators."
LABEL_MAX_CHARACTERS = 45
"""Of a field in a form (Discord, Text Input)."""


def said(code: ProblemCode, given: str = "", allowed: tuple[str, ...] = (), **facts: Any) -> str:
    return EN.problem(Problem(code, given, allowed, **facts))


# ---------------------------------------------------------------- what settings are called


def test_every_limit_has_a_name_of_its_own() -> None:
    assert set(SETTINGS) == {field.name for field in fields(Limits)}
    assert len(set(SETTINGS.values())) == len(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS.values())
def test_names_fit_a_form(name: str) -> None:
    assert 1 <= len(name) <= LABEL_MAX_CHARACTERS


@pytest.mark.parametrize(
    ("count", "unit", "expected"),
    [(0, Unit.VIDEOS, "0 videos"), (1, Unit.PICTURES, "1 picture"), (1234, Unit.CREDITS, "1,234 credits")],
)
def test_counted(count: int, unit: Unit, expected: str) -> None:
    assert counted(count, unit) == expected


# ---------------------------------------------------------------- what members read


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            said(C.MEMBER_VIDEOS_SPENT, "3", limit=3, again_at=1800.4, credits=1),
            "3 of 3 videos of yours are used today. Again <t:1800:R>.",
        ),
        (
            said(C.MEMBER_PICTURES_SPENT, "1", limit=1, again_at=5, credits=1),
            "1 of 1 picture of yours is used today. Again <t:5:R>.",
        ),
        (
            said(C.MEMBER_CREDITS_SPENT, "1095", limit=1100, again_at=5, credits=20),
            "1,095 of 1,100 credits of yours are used today, and this takes 20 credits. Again <t:5:R>.",
        ),
        (
            said(C.GUILD_DAY_SPENT, "5", limit=5, again_at=5, credits=1),
            "5 of 5 credits of this server are used today, and this takes 1 credit. Again <t:5:R>.",
        ),
        (
            said(C.GUILD_MONTH_SPENT, "499", limit=500, again_at=5, credits=2),
            "499 of 500 credits of this server are used this month, and this takes 2 credits. Again <t:5:R>.",
        ),
        (
            said(C.MEMBER_CREDITS_SPENT, "0", limit=500, credits=1200),
            "This takes 1,200 credits, and you may have 500 a day. Choose something cheaper.",
        ),
        (
            said(C.GUILD_DAY_SPENT, "0", limit=500, credits=600),
            "This takes 600 credits, and this server may have 500 a day. Choose something cheaper.",
        ),
        (
            said(C.GUILD_MONTH_SPENT, "0", limit=500, credits=600),
            "This takes 600 credits, and this server may have 500 a month. Choose something cheaper.",
        ),
        (said(C.MEMBER_VIDEOS_SPENT, "0", limit=0, credits=1), f"You may have no videos. {WRONG}"),
        (said(C.MEMBER_PICTURES_SPENT, "4", limit=0, credits=1), f"You may have no pictures. {WRONG}"),
        (said(C.GUILD_DAY_SPENT, "0", limit=0, credits=5), f"This server may have no credits. {WRONG}"),
        (
            said(C.COOLING_DOWN, limit=30, again_at=5),
            "Here you wait 30 s between two requests. Ask again <t:5:R>.",
        ),
        (
            said(C.COOLING_DOWN, limit=86_400, again_at=5),
            "Here you wait 24 h between two requests. Ask again <t:5:R>.",
        ),
        (said(C.MEMBER_BLOCKED), f"A moderator has blocked you from asking here. {WRONG}"),
        (
            said(C.MEMBER_BLOCKED, "floods the line.", again_at=5),
            "A moderator has blocked you from asking here until <t:5:f>. The reason: “floods the line”. " + WRONG,
        ),
        (said(C.ROLE_MISSING, allowed=("1",)), "To ask here you need the role <@&1>. A moderator can give it to you."),
        (
            said(C.ROLE_MISSING, allowed=("1", "2", "3")),
            "To ask here you need the role <@&1>, <@&2> or <@&3>. A moderator can give it to you.",
        ),
        (said(C.ROLE_EXCLUDED, allowed=("1", "2")), f"With the role <@&1> or <@&2> nobody can ask here. {WRONG}"),
        (
            said(C.VIDEO_ROLE_MISSING, allowed=("1",)),
            "To ask for videos here you need the role <@&1>. Pictures work without.",
        ),
        (
            said(C.CHANNEL_NOT_ALLOWED, allowed=("1", "2")),
            "I take no requests in this channel. Ask me in <#1> or <#2>.",
        ),
        (
            said(C.MODEL_NOT_ALLOWED, "Grid", ("Swift One", "Cinema")),
            "The model “Grid” is not allowed on this server. Choose Swift One, Cinema.",
        ),
        (
            said(C.RESOLUTION_TOO_HIGH, "4K", ("2K",)),
            "The resolution “4K” is too high for this server. Choose one up to 2K.",
        ),
        (said(C.VIDEO_TOO_LONG, "10", limit=5), "A video of 10 s is too long here. Choose up to 5 s."),
        (
            said(C.WORDS_BLOCKED, allowed=("blood", "red wine")),
            "This server does not want requests with: blood, red wine. Say it in other words. Nothing was spent.",
        ),
    ],
)
def test_members_read_what_stands_against_it_until_when_and_what_to_do(sentence: str, expected: str) -> None:
    assert sentence == expected


def test_of_very_many_roles_and_channels_some_are_named() -> None:
    ids = tuple(map(str, range(10**18, 10**18 + 100)))
    for code in (C.ROLE_MISSING, C.ROLE_EXCLUDED, C.VIDEO_ROLE_MISSING, C.CHANNEL_NOT_ALLOWED):
        sentence = said(code, allowed=ids)
        assert sentence.count(str(10**16)) == NAMED_MAX
        assert len(sentence) < 700


# ---------------------------------------------------------------- what moderators read


def of_figure(name: str, typed: str, **ceiling: int) -> str:
    problem = read_figure(name, typed, ceiling)
    assert isinstance(problem, Problem)
    return EN.problem(problem)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            of_figure("member_videos_per_day", "a few"),
            (
                "**Videos a day, for each member**: “a few” is no whole number. "
                "Type one like 50, or `none` for no limit. Nothing was changed."
            ),
        ),
        (
            of_figure("kept_days", ""),
            ("**Days that prompts and results are kept**: there is no number. Type one like 50. Nothing was changed."),
        ),
        (
            of_figure("kept_days", "4,000"),
            (
                "**Days that prompts and results are kept**: “4,000” does not work. "
                "It goes from 1 to 3,650. Nothing was changed."
            ),
        ),
        (
            of_figure("guild_credits_per_day", "none", guild_credits_per_day=1500),
            ("**Credits a day, for the whole server**: whoever runs Easel allows 1,500 at most. Nothing was changed."),
        ),
        (
            said(C.HIGHEST_UNKNOWN, "8K", ("video_resolution", "480p", "720p")),
            (
                "**Highest resolution of videos**: no model that works now has “8K”. "
                "Choose 480p, 720p, or `none` for as high as they like. Nothing was changed."
            ),
        ),
        (
            said(C.HIGHEST_UNKNOWN, "8K", ("tier",)),
            (
                "**Highest tier of videos**: no model that works now has “8K”. "
                "Type `none` for as high as they like. Nothing was changed."
            ),
        ),
        (
            said(C.TIME_ZONE_UNKNOWN, "Berlin"),
            (
                "I do not know the time zone “Berlin”. Write it like `Europe/Berlin` or `America/New_York`. "
                "Nothing was changed."
            ),
        ),
        (
            said(C.MOMENT_FAR, "9999-01-01"),
            "“9999-01-01” is more than ten years away. Leave it empty: then it holds until you lift it.",
        ),
        (
            said(C.WORD_TOO_LONG, "x" * 200, limit=100),
            f"“{'x' * 59}…” is too long to look for. A word or phrase can have up to 100 characters.",
        ),
        (
            said(C.LIST_FULL, "1001", limit=1000),
            ("That is too much for one list, which can have 1,000 entries. Take some away first. Nothing was changed."),
        ),
    ],
)
def test_moderators_read_what_is_wrong_and_what_would_be_right(sentence: str, expected: str) -> None:
    assert sentence == expected


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_that_does_not_work_is_named(name: str) -> None:
    for typed in ("many", "-1", "9" * 30):
        assert of_figure(name, typed).startswith(f"**{SETTINGS[name]}**: “")
    assert ("`none`" in of_figure(name, "many")) is FIGURES[name].may_be_open


# ---------------------------------------------------------------- hostile words

HOSTILE = "@here\n<@7> **"
ECHOING = (
    *(C.MEMBER_BLOCKED, C.MODEL_NOT_ALLOWED, C.RESOLUTION_TOO_HIGH, C.QUALITY_TOO_HIGH, C.TIER_TOO_HIGH),
    *(C.VIDEO_TOO_LONG, C.WORDS_BLOCKED, C.FIGURE_UNREADABLE, C.FIGURE_OUT_OF_RANGE, C.HIGHEST_UNKNOWN),
    *(C.TIME_ZONE_UNKNOWN, C.NO_MODEL_LEFT, C.MOMENT_UNREADABLE, C.MOMENT_PAST, C.MOMENT_FAR),
    *(C.WORD_TOO_LONG, C.WORD_NOT_LISTED),
)
"""They tell what was typed."""
OF_SETTINGS = (C.FIGURE_UNREADABLE, C.FIGURE_OUT_OF_RANGE, C.FIGURE_ABOVE_CEILING, C.HIGHEST_UNKNOWN)
OF_CHOICES = (C.MODEL_NOT_ALLOWED, C.RESOLUTION_TOO_HIGH, C.QUALITY_TOO_HIGH, C.TIER_TOO_HIGH, C.WORDS_BLOCKED)


def hostile(code: ProblemCode, text: str) -> str:
    """With that text wherever somebody else's words can stand."""
    allowed = (text,) if code in OF_CHOICES else ("kept_days", text) if code in OF_SETTINGS else ("1",)
    return said(code, text, allowed, limit=5, again_at=5, credits=1)


@pytest.mark.parametrize("code", ECHOING)
def test_what_was_typed_is_shown_as_it_was_typed(code: ProblemCode) -> None:
    assert one_line(HOSTILE, 100) in hostile(code, HOSTILE)
    assert len(hostile(code, "_" * 6000)) < 1000


@pytest.mark.parametrize("code", RULES)
def test_nothing_that_was_typed_comes_to_life(code: ProblemCode) -> None:
    sentence = hostile(code, HOSTILE)
    for live in ("@here", "<@7", " **", "\n"):
        assert live not in sentence
