"""Days and months by the clocks of the world."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.days import (
    QUARTER_SECONDS,
    Span,
    day_of,
    days_back,
    days_of,
    hours_of,
    instant,
    local,
    month_of,
    quarter_of,
    time_zone_named,
    time_zones,
)

HOUR, DAY = 3600.0, 86_400.0


def utc(*at: int) -> float:
    return datetime(*at, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]  # as many as are given


def clock(*shows: int) -> datetime:
    """What a clock shows, wherever it hangs."""
    return datetime(*shows)  # type: ignore[arg-type]  # noqa: DTZ001  as above; it gets its zone later


def shown(at: float, zone: str) -> str:
    """What a clock of the zone shows."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def hours(span: Span) -> float:
    return (span.ends_at - span.began_at) / HOUR


# ---------------------------------------------------------------- days


def test_a_day_begins_at_midnight_and_ends_at_the_next() -> None:
    noon, end = utc(2026, 5, 6, 12), utc(2026, 5, 7)
    assert day_of(noon, "UTC") == Span(utc(2026, 5, 6), end)
    assert day_of(end - 0.001, "UTC").ends_at == end
    assert day_of(end, "UTC").began_at == end


@pytest.mark.parametrize(
    ("zone", "at", "began"),
    [
        ("Asia/Tokyo", utc(2026, 5, 6, 14, 59), utc(2026, 5, 5, 15)),
        ("Asia/Tokyo", utc(2026, 5, 6, 15), utc(2026, 5, 6, 15)),
        ("America/Los_Angeles", utc(2026, 5, 6, 6, 59), utc(2026, 5, 5, 7)),
        ("Asia/Kolkata", utc(2026, 5, 6, 18, 30), utc(2026, 5, 6, 18, 30)),
        ("Asia/Kathmandu", utc(2026, 5, 6, 18, 15), utc(2026, 5, 6, 18, 15)),
        ("Asia/Kathmandu", utc(2026, 5, 6, 18, 14), utc(2026, 5, 5, 18, 15)),
        ("Pacific/Chatham", utc(2026, 5, 6, 12), utc(2026, 5, 6, 11, 15)),
        ("Pacific/Kiritimati", utc(2026, 5, 6, 10), utc(2026, 5, 6, 10)),
    ],
)
def test_a_day_is_the_zones_own(zone: str, at: float, began: float) -> None:
    span = day_of(at, zone)
    assert span == Span(began, began + DAY)
    assert shown(began, zone).endswith(" 00:00")


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("Europe/Berlin", utc(2026, 3, 29, 12), 23),
        ("Europe/Berlin", utc(2026, 10, 25, 12), 25),
        ("Europe/Berlin", utc(2026, 10, 26, 12), 24),
        ("America/New_York", utc(2026, 3, 8, 12), 23),
        ("Australia/Lord_Howe", utc(2026, 10, 3, 20), 23.5),
        ("Australia/Lord_Howe", utc(2026, 4, 4, 20), 24.5),
        # Where the clock skips midnight, and where it strikes twice.
        ("Asia/Beirut", utc(2026, 3, 29, 12), 23),
        ("Asia/Beirut", utc(2026, 10, 24, 12), 25),
        ("America/Havana", utc(2026, 3, 8, 12), 23),
        ("America/Havana", utc(2026, 11, 1, 12), 25),
    ],
)
def test_where_the_clock_is_changed_a_day_is_shorter_or_longer(zone: str, at: float, expected: float) -> None:
    span = day_of(at, zone)
    assert hours(span) == expected
    assert day_of(span.began_at - 1, zone).ends_at == span.began_at
    assert day_of(span.ends_at, zone).began_at == span.ends_at
    first, after = span.quarters
    assert after - first == expected * 4


def test_where_a_midnight_is_skipped_the_day_begins_at_one() -> None:
    assert shown(day_of(utc(2026, 3, 29, 12), "Asia/Beirut").began_at, "Asia/Beirut") == "2026-03-29 01:00"


def test_where_a_whole_day_was_skipped_nothing_is_lost() -> None:
    """Samoa had no 30 December in 2011."""
    span = day_of(utc(2011, 12, 30, 1), "Pacific/Apia")
    assert hours(span) == 24
    assert shown(span.began_at, "Pacific/Apia") == "2011-12-29 00:00"
    assert shown(span.ends_at, "Pacific/Apia") == "2011-12-31 00:00"


MOMENTS = st.floats(utc(2015, 1, 1), utc(2037, 1, 1))


@given(st.sampled_from(time_zones()), MOMENTS)
def test_days_of_any_zone_lie_side_by_side_in_whole_quarters(zone: str, at: float) -> None:
    """So sums by quarters make up its days: none is in two of them, and none in neither."""
    span = day_of(at, zone)
    assert span.began_at <= at < span.ends_at
    assert 22 <= hours(span) <= 26
    assert (span.began_at % QUARTER_SECONDS, span.ends_at % QUARTER_SECONDS) == (0, 0)
    assert day_of(span.ends_at, zone).began_at == span.ends_at
    first, after = span.quarters
    assert first <= quarter_of(at) < after
    assert (first, after) == (quarter_of(span.began_at), quarter_of(span.ends_at))


# ---------------------------------------------------------------- months


@pytest.mark.parametrize(
    ("zone", "at", "began", "ends"),
    [
        ("UTC", utc(2026, 5, 31, 23, 59), utc(2026, 5, 1), utc(2026, 6, 1)),
        ("UTC", utc(2026, 12, 31, 23), utc(2026, 12, 1), utc(2027, 1, 1)),
        ("UTC", utc(2028, 2, 29), utc(2028, 2, 1), utc(2028, 3, 1)),
        ("Asia/Tokyo", utc(2026, 12, 31, 15), utc(2026, 12, 31, 15), utc(2027, 1, 31, 15)),
        ("Europe/Berlin", utc(2026, 3, 15), utc(2026, 2, 28, 23), utc(2026, 3, 31, 22)),
    ],
)
def test_a_month_is_the_calendars(zone: str, at: float, began: float, ends: float) -> None:
    assert month_of(at, zone) == Span(began, ends)


@given(st.sampled_from(time_zones()), MOMENTS)
def test_a_month_is_made_of_days(zone: str, at: float) -> None:
    month, day = month_of(at, zone), day_of(at, zone)
    assert month.began_at <= day.began_at < day.ends_at <= month.ends_at
    assert 27.9 < hours(month) / 24 < 31.1
    assert day_of(month.began_at, zone).began_at == month.began_at
    assert month_of(month.ends_at, zone).began_at == month.ends_at


# ---------------------------------------------------------------- days back


def test_the_last_days_are_counted_with_today() -> None:
    at = utc(2026, 3, 30, 12)
    assert days_back(at, 1, "UTC") == utc(2026, 3, 30)
    assert days_back(at, 30, "UTC") == utc(2026, 3, 1)


def test_days_back_go_by_the_calendar_and_not_by_hours() -> None:
    at = utc(2026, 3, 30, 12)
    assert days_back(at, 2, "Europe/Berlin") == utc(2026, 3, 28, 23)
    assert days_back(at, 3, "Europe/Berlin") == utc(2026, 3, 27, 23)


@given(st.sampled_from(time_zones()), MOMENTS)
def test_days_back_is_the_day_before_the_day_before(zone: str, at: float) -> None:
    began_at = day_of(at, zone).began_at
    assert days_back(at, 1, zone) == began_at
    assert days_back(at, 2, zone) == day_of(began_at - 1, zone).began_at


@given(st.sampled_from(time_zones()), MOMENTS, st.integers(1, 40))
def test_the_last_days_lie_side_by_side_up_to_tonight(zone: str, at: float, count: int) -> None:
    days = days_of(at, count, zone)
    assert len(days) == count
    assert days[-1] == day_of(at, zone)
    assert days[0].began_at == days_back(at, count, zone)
    assert all(earlier.ends_at == later.began_at for earlier, later in pairwise(days))


# ---------------------------------------------------------------- hours


@given(st.sampled_from(time_zones()), MOMENTS)
def test_the_hours_of_a_day_make_it_up(zone: str, at: float) -> None:
    day = day_of(at, zone)
    spans = hours_of(day)
    assert (spans[0].began_at, spans[-1].ends_at) == (day.began_at, day.ends_at)
    assert all(earlier.ends_at == later.began_at for earlier, later in pairwise(spans))
    assert all(span.ends_at - span.began_at == HOUR for span in spans[:-1])
    assert 0 < spans[-1].ends_at - spans[-1].began_at <= HOUR


@pytest.mark.parametrize(
    ("zone", "at", "count"),
    [
        ("UTC", utc(2026, 5, 1), 24),
        ("Europe/Berlin", utc(2026, 3, 29, 12), 23),
        ("Europe/Berlin", utc(2026, 10, 25, 12), 25),
        # There the clock is changed by half an hour.
        ("Australia/Lord_Howe", utc(2026, 4, 5), 25),
    ],
)
def test_so_many_hours_has_a_day(zone: str, at: float, count: int) -> None:
    assert len(hours_of(day_of(at, zone))) == count


def test_a_moment_as_the_zone_shows_it() -> None:
    assert local(utc(2026, 1, 1), "Asia/Kathmandu").isoformat() == "2026-01-01T05:45:00+05:45"
    assert local(utc(2026, 1, 1), "No/Where").isoformat() == "2026-01-01T00:00:00+00:00"


# ---------------------------------------------------------------- a time of a clock


@pytest.mark.parametrize(
    ("zone", "shows", "expected"),
    [
        ("UTC", (2026, 12, 24, 18, 30), utc(2026, 12, 24, 18, 30)),
        ("Europe/Berlin", (2026, 12, 24, 18, 30), utc(2026, 12, 24, 17, 30)),
        ("Europe/Berlin", (2026, 7, 24, 18, 30), utc(2026, 7, 24, 16, 30)),
        ("Asia/Kathmandu", (2026, 7, 24), utc(2026, 7, 23, 18, 15)),
        # A time that the clock skips is as long after midnight as ever; of one that comes twice, it is the first.
        ("Europe/Berlin", (2026, 3, 29, 2, 30), utc(2026, 3, 29, 1, 30)),
        ("Europe/Berlin", (2026, 10, 25, 2, 30), utc(2026, 10, 25, 0, 30)),
    ],
)
def test_a_time_as_a_clock_shows_it(zone: str, shows: tuple[int, ...], expected: float) -> None:
    assert instant(clock(*shows), zone) == expected


# ---------------------------------------------------------------- zones by name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("america / new_york", None),
        ("utc", "UTC"),
        ("Berlin", None),
        ("Europe", None),
        ("", None),
        ("../../etc/passwd", None),
        ("Europe/Berlin\x00", None),
        ("UTC+2", None),
    ],
)
def test_zones_as_people_write_them(name: str, expected: str | None) -> None:
    assert time_zone_named(name) == expected


@given(st.text(max_size=40))
def test_any_text_is_a_zone_or_none(name: str) -> None:
    assert time_zone_named(name) in {None, *time_zones()}


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "Europe", "../../etc/passwd", "a\x00", "\ud800", "x" * 5000])
def test_a_zone_that_is_not_known_is_utc(name: str) -> None:
    at = utc(2026, 5, 6, 12)
    assert day_of(at, name) == day_of(at, "UTC")
    assert month_of(at, name) == month_of(at, "UTC")
    assert days_back(at, 7, name) == days_back(at, 7, "UTC")
    assert instant(clock(2026, 5, 6, 12), name) == at
