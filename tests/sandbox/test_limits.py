"""The four ways to count, each against what makes it different from the others."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.upstream.limits import Counter, Counting, counter

WINDOW = 60.0


def let_through(counts: Counter, times: list[float]) -> int:
    """Ask at each of `times`; tells how many got through."""
    passed = 0
    for now in times:
        if counts.room(now):
            counts.count(now)
            passed += 1
    return passed


@pytest.mark.parametrize("counting", list(Counting))
def test_the_limit_at_once_and_no_more(counting: Counting) -> None:
    counts = counter(counting, 12, WINDOW)
    assert let_through(counts, [600.0] * 20) == 12
    assert counts.room(600.0) == 0


@pytest.mark.parametrize(
    ("counting", "passed"),
    [(Counting.FIXED, 24), (Counting.ANCHORED, 12), (Counting.SLIDING, 12), (Counting.BUCKET, 12)],
)
def test_two_bursts_around_a_whole_minute(counting: Counting, passed: int) -> None:
    assert let_through(counter(counting, 12, WINDOW), [659.5] * 12 + [660.5] * 12) == passed


@pytest.mark.parametrize(
    ("counting", "passed"),
    [(Counting.FIXED, 24), (Counting.ANCHORED, 24), (Counting.SLIDING, 13), (Counting.BUCKET, 13)],
)
def test_one_request_and_two_bursts_about_a_minute_later(counting: Counting, passed: int) -> None:
    """The first request, 59 s on the rest of the limit, 2 s later as many as will go."""
    times = [600.0] + [659.0] * 11 + [661.0] * 12
    assert let_through(counter(counting, 12, WINDOW), times) == passed


@pytest.mark.parametrize("counting", list(Counting))
@given(gaps=st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_whoever_waits_as_told_is_let_through(counting: Counting, gaps: list[float]) -> None:
    counts, now = counter(counting, 5, WINDOW), 1_800_000_000.0
    for gap in gaps:
        now += gap
        if not counts.room(now):
            wait_seconds = counts.wait_seconds(now)
            assert 0 < wait_seconds <= WINDOW
            now += wait_seconds + 1e-4
            assert counts.room(now)
        assert counts.wait_seconds(now) == 0
        counts.count(now)


@given(gaps=st.lists(st.floats(0, 30), max_size=80))
def test_no_stretch_of_a_sliding_log_holds_more_than_the_limit(gaps: list[float]) -> None:
    counts, now, passed = counter(Counting.SLIDING, 5, WINDOW), 0.0, deque[float]()
    for gap in gaps:
        now += gap
        if counts.room(now):
            counts.count(now)
            passed.append(now)
    assert all(sum(start <= at < start + WINDOW for at in passed) <= 5 for start in passed)


def test_a_bucket_refills_evenly() -> None:
    counts = counter(Counting.BUCKET, 12, WINDOW)
    assert let_through(counts, [0.0] * 12) == 12
    assert [counts.room(now) for now in (4.9, 5.0, 9.9, 10.0, 1000.0)] == [0, 1, 1, 2, 12]


def test_refused_requests_that_count_prolong_a_sliding_logs_wait() -> None:
    counts = counter(Counting.SLIDING, 2, WINDOW)
    for now in (0.0, 1.0, 30.0):
        counts.count(now)
    assert counts.wait_seconds(30.0) == 31.0
