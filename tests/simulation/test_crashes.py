"""At every effect the process dies; a new one goes on. No promise may break."""

from __future__ import annotations

import pytest

from tests.simulation.crashes import RequeueOnRestart, Scenario, record, recover, violations

SCENARIOS = [Scenario("plain", seed) for seed in (1, 2, 3)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.name}-{s.seed}")
def test_no_crash_breaks_no_promise(scenario: Scenario) -> None:
    points, outside = record(scenario)
    assert len(points) >= 200
    assert violations(outside, frozenset()) == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.name}-{s.seed}")
def test_a_crash_at_any_effect_breaks_no_promise(scenario: Scenario) -> None:
    points, _ = record(scenario)
    broken = {
        f"{number} {point.label}": found
        for number, point in enumerate(points)
        if (found := violations(recover(point, scenario, number), point.open_posts))
    }
    assert broken == {}


def test_sending_again_after_a_restart_is_caught() -> None:
    """The harness can fail: this naive recovery pays twice."""
    scenario = SCENARIOS[0]
    points, _ = record(scenario)
    caught = [
        found
        for number, point in enumerate(points)
        if point.open_posts
        and (found := violations(recover(point, scenario, number, RequeueOnRestart), point.open_posts))
    ]
    assert any("paid for 2 times" in line for found in caught for line in found)
