"""The moderators' pages: within Discord's limits, with buttons that lead somewhere, and figures that are all told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from bot.chat.render import layout
from bot.domain.charts import Chart
from bot.domain.jobs import JobState
from bot.domain.usage import TOP, Bar, Grouping, Slice, Tally, UsageReport
from bot.services.overview import PERIODS
from bot.ui.buttons import CUSTOM_ID, custom_id
from bot.ui.messages import Button, ButtonStyle, Generated, Message
from bot.ui.texts import EN
from bot.ui.usage import CHART_FILE, chart_of, draw_usage, export_question, exported, grouping_of
from tests.unit.ui.make import NOW, labels, text_of

USER = 1_234_567_890_123_456_789
MIDNIGHT = NOW - NOW % 86_400
SOME = Tally(
    requests=12, pictures=9, videos=3, in_vain=2, unpriced=1, spent_credits=1234, held_credits=56, returned_credits=7
)
HUGE = Tally(*(10**9,) * 8)
PNG = b"png"


def report(days: int = 7, **changes: Any) -> UsageReport:
    step = 3600 if days == 1 else 86_400
    count = 24 if days == 1 else days
    made = UsageReport(
        user_id=USER,
        days=days,
        grouping=Grouping.MEMBER,
        time_zone="UTC",
        bars=tuple(Bar(MIDNIGHT + number * step, number * 10) for number in range(count)),
        total=SOME,
        top=(Slice("7", SOME), Slice("8", Tally(in_vain=1, returned_credits=5))),
        rest=Tally(),
        rest_count=0,
        names={},
    )
    return replace(made, **changes)


def ids(message: Message) -> list[str]:
    return [custom_id(button) for row in message.rows for button in row if isinstance(button, Button)]


# ---------------------------------------------------------------- what is told


def test_all_figures_are_told() -> None:
    text = text_of(draw_usage(report(), PNG))
    assert "### Used in the last 7 days" in text
    assert "**1,234 credits** spent, 56 held for what is under way, 7 given back." in text
    assert "12 requests: 9 pictures, 3 videos. 2 more came to nothing: failed, or cancelled." in text
    assert "What 1 request cost is not known." in text
    assert (
        "1. <@7> · 1,234 credits spent · 56 held · 7 given back · 12 requests · 2 in vain · 1 of unknown cost" in text
    )
    assert "2. <@8> · 0 credits spent · 5 given back · 1 in vain" in text
    assert "Days begin at midnight in UTC." in text


def test_today_is_called_so() -> None:
    assert "### Used today" in text_of(draw_usage(report(1), PNG))


def test_the_rest_is_summed_up() -> None:
    message = draw_usage(report(rest=SOME, rest_count=31), PNG)
    assert "and 31 more · 1,234 credits spent" in text_of(message)
    assert "more ·" not in text_of(draw_usage(report(), PNG))


def test_models_are_told_by_name_and_made_harmless() -> None:
    slices = (Slice("swift-1", SOME), Slice("old*one", SOME), Slice("", SOME))
    text = text_of(draw_usage(report(grouping=Grouping.MODEL, top=slices, names={"swift-1": "Swift @everyone"}), PNG))
    assert "1. Swift @\u200beveryone ·" in text
    assert "2. old\\*one ·" in text
    assert f"3. {EN.default_model} ·" in text


@pytest.mark.parametrize("state", JobState)
def test_every_outcome_has_a_word(state: JobState) -> None:
    text = text_of(draw_usage(report(grouping=Grouping.OUTCOME, top=(Slice(state, SOME),)), PNG))
    assert re.search(r"1\. [A-Z][\w ,]+ ·", text)


def test_where_nothing_was_asked_for_it_says_so_and_draws_nothing() -> None:
    message = draw_usage(report(total=Tally(), top=()), PNG)
    assert "Nothing was asked for." in text_of(message)
    assert (message.gallery, message.attachments) == ((), ())
    assert labels(message)[-1] == "Export", "of other days there may be something"


def test_nobody_is_pinged() -> None:
    assert draw_usage(report(), PNG).mention_user_id is None


# ---------------------------------------------------------------- the chart


def test_the_picture_comes_with_the_same_in_words() -> None:
    message = draw_usage(report(), PNG)
    (file,), (picture,) = message.attachments, message.gallery
    assert isinstance(file, Generated)
    assert (file.filename, file.content, picture.url) == (CHART_FILE, PNG, f"attachment://{CHART_FILE}")
    assert file.description == picture.description
    assert picture.description == (
        "Credits per day, last 7 days (UTC). 29 May: 10, 30 May: 20, 31 May: 30, 1 Jun: 40, 2 Jun: 50, 3 Jun: 60."
    )


def test_without_a_picture_there_are_figures_alone() -> None:
    message = draw_usage(report(), None)
    assert (message.gallery, message.attachments) == ((), ())
    assert "1,234 credits" in text_of(message)


@pytest.mark.parametrize(
    ("days", "title", "first", "last", "labelled"),
    [
        (1, "Credits per hour, today (UTC)", "00", "", ["00", "03", "06", "09", "12", "15", "18", "21"]),
        (7, "Credits per day, last 7 days (UTC)", "28 May", "3 Jun", None),
        (
            30,
            "Credits per day, last 30 days (UTC)",
            "",
            "26 Jun",
            ["1 Jun", "6 Jun", "11 Jun", "16 Jun", "21 Jun", "26 Jun"],
        ),
    ],
)
def test_columns_have_labels_that_leave_each_other_room(
    days: int, title: str, first: str, last: str, labelled: list[str] | None
) -> None:
    chart = chart_of(report(days))
    assert isinstance(chart, Chart)
    assert chart.title == title
    assert [column.value for column in chart.columns] == [number * 10 for number in range(len(chart.columns))]
    found = [column.label for column in chart.columns]
    assert (found[0], found[-1]) == (first, last)
    assert labelled is None or [label for label in found if label] == labelled


def test_labels_are_by_the_guilds_clock() -> None:
    chart = chart_of(report(1, time_zone="Asia/Tokyo"))
    assert chart.columns[0].label == "09"


def test_a_chart_of_nothing_says_so_in_words() -> None:
    message = draw_usage(report(bars=(Bar(MIDNIGHT, 0),) * 7), PNG)
    assert message.gallery[0].description.endswith("None were used.")


# ---------------------------------------------------------------- buttons


def test_every_period_and_grouping_has_a_button_and_what_is_shown_is_marked() -> None:
    message = draw_usage(report(30, grouping=Grouping.MODEL), PNG)
    assert labels(message) == ["Today", "7 days", "30 days", "By member", "By model", "By outcome", "Export"]
    marked = [b.label for row in message.rows for b in row if isinstance(b, Button) and b.style is ButtonStyle.PRIMARY]
    assert marked == ["30 days", "By model"]
    assert set(EN.usage_periods) == set(PERIODS)
    assert set(EN.usage_groupings) == set(Grouping)


@pytest.mark.parametrize("days", PERIODS)
@pytest.mark.parametrize("grouping", Grouping)
def test_buttons_lead_to_what_they_say(days: int, grouping: Grouping) -> None:
    message = draw_usage(report(days, grouping=grouping, top=(Slice(JobState.QUEUED, SOME),)), PNG)
    found = ids(message)
    assert len(set(found)) == len(found), "Discord takes no two alike"
    turns = [re.fullmatch(CUSTOM_ID, each) for each in found[:-1]]
    where = [
        (turn["action"], int(turn["job_id"]), int(turn["index"]), grouping_of(turn["note"])) for turn in turns if turn
    ]
    assert where == [
        *(("usage", USER, each, grouping) for each in PERIODS),
        *(("usage", USER, days, each) for each in Grouping),
    ]
    assert found[-1] == f"easel:export:{USER}"


@pytest.mark.parametrize("note", ["", "member", "by/", "by/nonsense", "for/member/x"])
def test_a_note_of_another_version_is_taken_for_the_first_grouping(note: str) -> None:
    assert grouping_of(note) is Grouping.MEMBER


def test_the_export_asks_how_far_back() -> None:
    message = export_question(USER)
    assert labels(message) == ["7 days", "30 days", "90 days", "Everything"]
    assert ids(message) == [f"easel:export:{USER}:{days}" for days in (7, 30, 90, 0)]


def test_files_are_shown_to_be_downloaded() -> None:
    files = (Generated("a.csv", b"1"), Generated("b.csv", b"2"))
    message = exported(files, EN.exported(1, 2, is_cut=False))
    assert (message.files, message.attachments) == (("a.csv", "b.csv"), files)
    assert text_of(message) == "1 request and 2 changes of settings."


def test_what_is_missing_is_said() -> None:
    assert "newest ones" in EN.exported(1000, 0, is_cut=True)


# ---------------------------------------------------------------- limits of Discord


@pytest.mark.parametrize("days", PERIODS)
@pytest.mark.parametrize("grouping", Grouping)
def test_the_largest_page_fits(days: int, grouping: Grouping) -> None:
    key = JobState.UNKNOWN if grouping is Grouping.OUTCOME else str(USER)
    bars = tuple(Bar(bar.began_at, 10**9) for bar in report(days).bars)
    names = {str(USER): "*_~`|>@everyone\n# " * 30}
    largest = report(
        days,
        grouping=grouping,
        bars=bars,
        total=HUGE,
        top=(Slice(key, HUGE),) * TOP,
        rest=HUGE,
        rest_count=10**6,
        names=names,
        time_zone="America/Argentina/ComodRivadavia",
    )
    message = draw_usage(largest, PNG)
    assert len(text_of(message)) <= 4000
    assert len(message.gallery[0].description) <= 1024
    assert len(layout(message).children) == 1


@pytest.mark.parametrize("message", [export_question(USER), exported((Generated("a", b""),), "b")])
async def test_answers_can_be_rendered(message: Message) -> None:
    assert layout(message).children
