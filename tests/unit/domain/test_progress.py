"""A bar that tells no more than is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.progress import LEAST_SECONDS, Pace, round_down

PACE = Pace(40, 80)
paces = st.builds(Pace, st.floats(1, 1e5), st.floats(1, 1e5))
seconds = st.floats(0, 1e6)


@pytest.mark.parametrize(
    ("after", "part"), [(-5, 0), (0, 0), (20, 0.25), (40, 0.5), (60, 0.7), (80, 0.9), (81, 0.9), (10**6, 0.9)]
)
def test_it_is_as_far_as_that_part_of_others_was_done(after: float, part: float) -> None:
    assert PACE.part_after(after) == pytest.approx(part)


@given(paces, seconds, st.floats(0, 1e5))
def test_it_never_goes_back_and_never_says_that_all_is_done(pace: Pace, at: float, more: float) -> None:
    assert 0 <= pace.part_after(at) <= pace.part_after(at + more) <= 0.9


@given(paces, seconds)
def test_the_next_step_looks_otherwise_and_is_no_sooner_than_some_seconds(pace: Pace, at: float) -> None:
    step = pace.next_step_after(at)
    if step is not None:
        assert step >= at + LEAST_SECONDS
        assert round_down(pace.part_after(step)) > round_down(pace.part_after(at))


def test_a_late_one_wakes_nobody() -> None:
    assert PACE.next_step_after(80) is None
    assert PACE.next_step_after(8) == pytest.approx(16)
