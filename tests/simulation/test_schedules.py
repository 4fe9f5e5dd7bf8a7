"""Any mixture of faults, any number of crashes at any times: the promises hold. Hypothesis looks for a schedule that
breaks one, and shrinks it."""

from __future__ import annotations

import asyncio
import copy
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from tests.simulation.crashes import BEGAN_AT, until_quiet
from tests.simulation.discord import DiscordFaults
from tests.simulation.house import HEALTHY, Mutant, Outside, open_house
from tests.simulation.mutants import REQUEUE_ON_RESTART
from tests.simulation.promises import open_submissions, violations
from tests.simulation.scenarios import LIMIT, Scenario, act, new_world
from tests.simulation.upstream import Latency, MeigenFaults
from tests.simulation.virtual_loop import LoopClock, run_virtually

SLOW = Latency(0.5, 4.0)
"""So that whatever a crash meets is mostly under way."""
SHARE = st.sampled_from([0.0, 0.0, 0.1, 0.3])
CRASHES = st.lists(st.tuples(st.floats(0.5, 45.0), st.sampled_from([0.5, 30.0, 200.0, 1000.0])), max_size=4)
"""(how long a process lives, how long none does), in seconds."""


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    upstream = MeigenFaults(*(draw(SHARE) for _ in range(6)))
    discord = DiscordFaults(
        token_seconds=draw(st.sampled_from([10.0, 60.0, 900.0])),
        down=draw(SHARE),
        answer_lost=draw(SHARE),
        uneditable=draw(SHARE),
        closed_channels=draw(st.sampled_from([frozenset(), frozenset({1000}), frozenset({1000, 1010, 1020})])),
    )
    return Scenario(
        "drawn",
        draw(st.integers(0, 1000)),
        jobs=draw(st.integers(1, 12)),
        failing=draw(st.integers(0, 2)),
        cancels=draw(st.integers(0, 2)),
        deletions=draw(st.integers(0, 2)),
        accounts=draw(st.integers(1, 2)),
        upstream=upstream,
        discord=discord,
    )


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=scenarios(), crashes=CRASHES)
def test_no_schedule_of_faults_and_crashes_breaks_a_promise(
    scenario: Scenario, crashes: Sequence[tuple[float, float]]
) -> None:
    assert broken(scenario, crashes) == []


def test_a_schedule_that_makes_a_mistake_show_is_found() -> None:
    """The search can fail: with a naive recovery it finds somebody who pays twice."""
    found = find(
        st.tuples(scenarios(), CRASHES),
        lambda drawn: any("was paid for" in line for line in broken(drawn[0], drawn[1], REQUEUE_ON_RESTART)),
        settings=settings(max_examples=400, deadline=None, derandomize=True, database=None),
    )
    assert found[1], "it takes a crash"


def broken(scenario: Scenario, crashes: Sequence[tuple[float, float]], mutant: Mutant = HEALTHY) -> Sequence[str]:
    """What the promises forbid, at the end of it all."""
    outside = new_world(scenario)
    interrupted: set[str] = set()
    asked: set[int] = set()
    began_at = BEGAN_AT
    for number, (lived_seconds, down_seconds) in enumerate(crashes):
        outside = live(outside, scenario, asked, mutant, began_at, number, lived_seconds)
        interrupted |= still_open(outside)
        began_at += lived_seconds + down_seconds
    outside = live(outside, scenario, asked, mutant, began_at, len(crashes), None)
    return violations(outside, frozenset(interrupted))


def live(  # noqa: PLR0913  a process in its world
    outside: Outside,
    scenario: Scenario,
    asked: set[int],
    mutant: Mutant,
    began_at: float,
    number: int,
    lived_seconds: float | None,
) -> Outside:
    """The world as one process leaves it: cut off after so long, or (None) with nothing left to do."""

    async def main() -> Outside:
        dice = random.Random(f"{scenario.seed} {number}")
        house = await open_house(outside, LoopClock(), dice, lambda _: None, LIMIT, f"process {number}", mutant, SLOW)
        members = [
            asyncio.create_task(act(member, scenario, house.intakes, outside.discord, lambda _: None, begun=asked.add))
            for member in range(scenario.jobs)
            if member not in asked
        ]
        if lived_seconds is None:
            await asyncio.gather(*members)
            await until_quiet(house)
        else:
            await asyncio.sleep(lived_seconds)
        house.check_stages()
        return replace(
            outside,
            database=house.raw.serialize(),
            engine=copy.deepcopy(outside.engine),
            discord=copy.deepcopy(outside.discord),
            unanswered=set(outside.unanswered),
        )

    return run_virtually(began_at, main())


def still_open(outside: Outside) -> frozenset[str]:
    with closing(sqlite3.connect(":memory:")) as raw:
        raw.deserialize(outside.database)
        return open_submissions(raw)
