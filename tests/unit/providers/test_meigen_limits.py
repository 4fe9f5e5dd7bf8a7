"""Headers of rate limits, the absurd ones included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports import RateHeaders
from bot.providers.headers import RETRY_AFTER_MAX_SECONDS, clock_ahead_seconds, rate_headers, retry_after_seconds

NOW = 1_780_000_000.0  # Thu, 28 May 2026 20:26:40 GMT


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60", 60),
        (" 60 ", 60),
        ("0", 0),
        ("1.5", 1.5),
        ("Thu, 28 May 2026 20:27:40 GMT", 60),
        ("Thu, 28 May 2026 20:27:40 -0000", 60),
        ("Thu, 28 May 2026 22:27:40 +0200", 60),
        ("Thursday, 28-May-26 20:27:40 GMT", 60),
        ("Thu, 28 May 2026 20:25:40 GMT", None),
        ("Fri, 01 Jan 9999 00:00:00 GMT", RETRY_AFTER_MAX_SECONDS),
        ("999999999999", RETRY_AFTER_MAX_SECONDS),
        ("9" * 5000, RETRY_AFTER_MAX_SECONDS),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("60, 120", None),
        ("٦٠", None),
        ("Thu, 99 May 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after_seconds({"retry-after": text}, NOW) == seconds


def test_a_missing_retry_after_is_none() -> None:
    assert retry_after_seconds({}, NOW) is None


@given(st.text())
def test_any_retry_after_is_a_sane_time_or_none(text: str) -> None:
    seconds = retry_after_seconds({"retry-after": text}, NOW)
    assert seconds is None or 0 <= seconds <= RETRY_AFTER_MAX_SECONDS


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, RateHeaders()),
        ({"x-ratelimit-limit": "12", "x-ratelimit-remaining": "0"}, RateHeaders(12, 0)),
        ({"x-ratelimit-limit": "12"}, RateHeaders(12, None)),
        ({"x-ratelimit-limit": "many", "x-ratelimit-remaining": "-1"}, RateHeaders()),
        ({"x-ratelimit-limit": "9" * 400, "x-ratelimit-remaining": "1.5"}, RateHeaders()),
    ],
)
def test_rate_headers(headers: dict[str, str], told: RateHeaders) -> None:
    assert rate_headers(headers) == told


@pytest.mark.parametrize(
    ("headers", "ahead"),
    [
        ({}, 0.0),
        ({"date": "soon"}, 0.0),
        ({"date": "Thu, 28 May 2026 20:26:40 GMT"}, 0.0),
        ({"date": "Thu, 28 May 2026 20:26:39 GMT"}, 0.0),
        # Whole seconds: half of one more is the best guess.
        ({"date": "Thu, 28 May 2026 20:26:50 GMT"}, 10.5),
        ({"date": "Thu, 28 May 2026 20:26:30 GMT"}, -9.5),
        ({"date": "Fri, 01 Jan 9999 00:00:00 GMT"}, 0.0),
    ],
)
def test_a_clock_that_is_ahead(headers: dict[str, str], ahead: float) -> None:
    assert clock_ahead_seconds(headers, NOW) == ahead
