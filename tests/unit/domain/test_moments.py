"""Moments as moderators type them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moments import FAR_SECONDS, read_moment
from bot.domain.problems import Problem, ProblemCode

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
C = ProblemCode


def in_utc(typed: str) -> float | Problem:
    return read_moment(typed, NOW, "UTC")


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("30 m", 30 * MINUTE),
        ("30min", 30 * MINUTE),
        ("5 mins", 5 * MINUTE),
        ("1 minute", MINUTE),
        ("3 h", 3 * HOUR),
        ("3H", 3 * HOUR),
        ("2 hrs", 2 * HOUR),
        ("1 hour", HOUR),
        ("  2   days ", 2 * DAY),
        ("1d", DAY),
        ("1 week", 7 * DAY),
        ("2 wks", 14 * DAY),
        ("500 w", 3500 * DAY),
    ],
)
def test_a_time_from_now(typed: str, seconds: float) -> None:
    assert in_utc(typed) == NOW + seconds


@pytest.mark.parametrize(
    ("typed", "zone", "at"),
    [
        ("2026-12-24", "UTC", (2026, 12, 24)),
        ("2026-12-24 18:30", "UTC", (2026, 12, 24, 18, 30)),
        ("2026-12-24T18:30", "UTC", (2026, 12, 24, 18, 30)),
        ("2027-1-2 8:05", "UTC", (2027, 1, 2, 8, 5)),
        ("2026-12-24", "Europe/Berlin", (2026, 12, 23, 23)),
        ("2027-07-01 00:30", "Asia/Kathmandu", (2027, 6, 30, 18, 45)),
        ("2028-02-29", "UTC", (2028, 2, 29)),
        ("2026-12-01 12:01", "UTC", (2026, 12, 1, 12, 1)),
        ("2026-12-24", "Mars/Olympus", (2026, 12, 24)),
    ],
)
def test_a_date_is_the_zones_and_begins_at_its_midnight(typed: str, zone: str, at: tuple[int, ...]) -> None:
    assert read_moment(typed, NOW, zone) == datetime(*at, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]  # as many as are given


@pytest.mark.parametrize(
    "typed",
    [
        *("", "soon", "tomorrow", "3", "h", "3 x", "3 months", "1.5 h", "-3 h", "3 h 30 m", "3 s", "1000000 h"),
        *("24.12.2026", "12/24/2026", "2026-12", "26-12-24", "2026-12-24 18", "2026-12-24 18:30:00", "18:30"),
        *("2027-02-29", "2027-02-30", "2027-13-01", "2027-00-10", "2027-01-00", "0000-01-01"),
        *("2026-12-24 24:00", "2026-12-24 18:60", "2026-12-24  18:30", "2026-12-24 18:30\x00"),
    ],
)
def test_what_is_no_moment(typed: str) -> None:
    assert in_utc(typed) == Problem(C.MOMENT_UNREADABLE, typed)


@pytest.mark.parametrize("typed", ["0 h", "2026-12-01", "2026-12-01 12:00", "2026-11-30", "1970-01-01", "0001-01-01"])
def test_what_is_over(typed: str) -> None:
    assert in_utc(typed) == Problem(C.MOMENT_PAST, typed)


@pytest.mark.parametrize("typed", ["9999-12-31", "2036-12-09", "999999 h", "3661 d", "999999 weeks"])
def test_what_is_too_far_off(typed: str) -> None:
    assert in_utc(typed) == Problem(C.MOMENT_FAR, typed)


def test_a_moment_that_is_over_here_may_be_to_come_elsewhere() -> None:
    assert read_moment("2026-12-01 11:30", NOW, "America/New_York") == NOW + 4.5 * HOUR
    assert read_moment("2026-12-01 13:30", NOW, "Asia/Tokyo") == Problem(C.MOMENT_PAST, "2026-12-01 13:30")


def test_ten_years_are_not_too_far() -> None:
    assert in_utc("3660 d") == NOW + FAR_SECONDS


@given(st.from_regex(r"\d{1,6} ?(m|h|days|weeks|x)|\d{1,4}-\d{1,2}-\d{1,2}( \d{1,2}:\d{2})?", fullmatch=True))
def test_whatever_is_typed_is_to_come_or_a_problem(typed: str) -> None:
    for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        at = read_moment(typed, NOW, zone)
        assert isinstance(at, Problem) or NOW < at <= NOW + FAR_SECONDS
