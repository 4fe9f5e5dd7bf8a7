"""The limit is used up and never broken: the bench of the real gate, shortened."""

from __future__ import annotations

import pytest

from tests.bench.gate import PROMISED, STRICTER, measure_gate


@pytest.mark.parametrize("server", list(PROMISED))
def test_a_full_line_uses_the_limit_up_and_is_never_refused(server: str) -> None:
    figures = measure_gate(server, seed=7, hours=0.5)
    assert figures.refused == 0
    assert 99.0 <= figures.use_percent <= 101.0


def test_the_bench_sees_refusals() -> None:
    assert measure_gate(next(iter(STRICTER)), seed=7, hours=0.1).refused > 0
