"""At every effect the process dies; a new one goes on. No promise may break, and mistakes must be noticed."""

from __future__ import annotations

import pytest

from tests.simulation.crashes import broken_promises, record
from tests.simulation.house import Mutant
from tests.simulation.mutants import (
    COUNT_ON_SEND,
    DELIVER_BEFORE_RECORDING,
    NO_REFUND,
    REQUEUE_ON_RESTART,
    SEND_BEFORE_COMMIT,
)
from tests.simulation.promises import violations
from tests.simulation.scenarios import DISCORD_FAULTS, SCENARIOS, Scenario

CRASH_POINTS = 2000
"""Over all scenarios together."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_crash_at_any_effect_breaks_no_promise(scenario: Scenario) -> None:
    points, outside = record(scenario)
    assert len(points) >= CRASH_POINTS / len(SCENARIOS)
    assert violations(outside, frozenset()) == []
    assert dict(broken_promises(points)) == {}


@pytest.mark.parametrize(
    ("mutant", "scenario", "noticed"),
    [
        pytest.param(REQUEUE_ON_RESTART, Scenario("plain", 1), "was paid for 2 times", id="requeue on restart"),
        pytest.param(SEND_BEFORE_COMMIT, Scenario("plain", 1), "was paid for 2 times", id="send before commit"),
        pytest.param(
            DELIVER_BEFORE_RECORDING,
            Scenario("discord faults", 5, discord=DISCORD_FAULTS),
            "ends 2 times",
            id="deliver before recording",
        ),
    ],
)
def test_a_mistake_that_shows_after_a_crash_is_noticed(mutant: Mutant, scenario: Scenario, noticed: str) -> None:
    points, _ = record(scenario, mutant)
    assert any(noticed in line for _, lines in broken_promises(points, mutant) for line in lines)


@pytest.mark.parametrize(
    ("mutant", "scenario", "noticed"),
    [
        pytest.param(COUNT_ON_SEND, Scenario("busy", 1, jobs=60), "refused with 429", id="count on send"),
        pytest.param(NO_REFUND, Scenario("plain", 1), "the books do not balance", id="no refund"),
    ],
)
def test_a_mistake_that_shows_without_a_crash_is_noticed(mutant: Mutant, scenario: Scenario, noticed: str) -> None:
    _, healthy = record(scenario)
    assert violations(healthy, frozenset()) == []
    _, outside = record(scenario, mutant)
    assert any(noticed in line for line in violations(outside, frozenset()))
