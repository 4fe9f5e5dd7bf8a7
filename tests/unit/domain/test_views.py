"""When a place in the line is worth showing anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.gate import PauseReason
from bot.domain.views import REDRAW_GRID_SECONDS, REDRAW_SECONDS, Waiting

NOW = 1_800_000_000.0
SECONDS = st.floats(0.0, 10_000.0)


def paused(seconds: float, wait_seconds: float | None) -> Waiting:
    return Waiting(7, wait_seconds, PauseReason.RATE_LIMITED, NOW + seconds)


@pytest.mark.parametrize(
    ("waiting", "after_seconds"),
    [
        (Waiting(1, 0.0), 60),
        (Waiting(1, None), 60),
        (Waiting(40, 240.0), 60),
        (Waiting(100, 1000.0), 250),
        (Waiting(100, 1001.0), 260),
        (paused(600.0, 600.0), 600),
        (paused(600.0, 1000.0), 700),
        (paused(600.0, None), 600),
        (paused(3.0, 1003.0), 260),
        (paused(3.0, 10.0), 60),
        (paused(-5.0, 1000.0), 250),
    ],
)
def test_a_place_is_shown_anew_after_a_quarter_of_the_time_that_it_moves(
    waiting: Waiting, after_seconds: float
) -> None:
    assert waiting.redraw_at(NOW) == NOW + after_seconds


@given(pause=SECONDS, wait=st.none() | SECONDS, past=st.floats(0.0, 60.0))
def test_it_is_never_shown_in_a_pause_nor_too_often_and_always_on_the_grid(
    pause: float, wait: float | None, past: float
) -> None:
    at = paused(pause + past, wait).redraw_at(NOW + past)
    assert at >= NOW + past + max(REDRAW_SECONDS, pause)
    assert at % REDRAW_GRID_SECONDS == 0
