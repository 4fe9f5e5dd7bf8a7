"""Crash at every effect: run a scenario once, keep the world at each effect, and let a new process go on from each."""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tests.simulation.house import HEALTHY, House, Mutant, Outside, open_house
from tests.simulation.promises import is_quiet, open_submissions, violations
from tests.simulation.scenarios import LIMIT, Scenario, act, new_world
from tests.simulation.virtual_loop import LoopClock, run_virtually

BEGAN_AT = 1_800_000_000.0
QUIET_WITHIN_SECONDS = 3 * 3600.0
DOWN_SECONDS = (0.5, 5.0, 70.0, 1000.0)
"""How long the process stays away, in turn: the last outlives every token."""


@dataclass(slots=True)
class CrashPoint:
    """The world at one effect."""

    label: str
    at: float
    outside: Outside
    interrupted: frozenset[str]


@dataclass(slots=True)
class Recorder:
    """Keeps the world at each effect."""

    outside: Outside
    points: list[CrashPoint] = field(default_factory=list)
    house: House | None = None

    def __call__(self, label: str) -> None:
        if self.house is None:
            return
        raw = self.house.raw
        copied = replace(
            self.outside,
            database=raw.serialize(),
            engine=copy.deepcopy(self.outside.engine),
            discord=copy.deepcopy(self.outside.discord),
            unanswered=set(self.outside.unanswered),
        )
        self.points.append(CrashPoint(label, LoopClock().now(), copied, open_submissions(raw)))


def record(scenario: Scenario, mutant: Mutant = HEALTHY) -> tuple[Sequence[CrashPoint], Outside]:
    """Run without a crash; every point at which one can be tried, and the world at the end."""
    outside = new_world(scenario)
    recorder = Recorder(outside)

    async def main() -> None:
        house = await open_house(outside, LoopClock(), random.Random(scenario.seed), recorder, LIMIT, "first", mutant)
        recorder.house = house
        await asyncio.gather(
            *(act(n, scenario, house.intakes, outside.discord, recorder) for n in range(scenario.jobs))
        )
        await until_quiet(house)
        outside.database = house.raw.serialize()

    run_virtually(BEGAN_AT, main())
    return recorder.points, outside


def recover(point: CrashPoint, number: int, mutant: Mutant = HEALTHY) -> Outside:
    """A new process, some time after the crash, until nothing is left to do. Changes `point.outside`."""
    outside = point.outside

    async def main() -> None:
        dice = random.Random(number)
        house = await open_house(outside, LoopClock(), dice, lambda _: None, LIMIT, "second", mutant)
        await until_quiet(house)
        outside.database = house.raw.serialize()
        house.raw.close()

    run_virtually(point.at + DOWN_SECONDS[number % len(DOWN_SECONDS)], main())
    return outside


def broken_promises(points: Sequence[CrashPoint], mutant: Mutant = HEALTHY) -> Iterator[tuple[str, list[str]]]:
    """(crash point, what it broke), for each that broke something."""
    for number, point in enumerate(points):
        found = violations(recover(point, number, mutant), point.interrupted)
        if found:
            yield f"{number} {point.label}", found


async def until_quiet(house: House) -> None:
    """Until nothing is left to do, or three hours have passed."""
    until = LoopClock().now() + QUIET_WITHIN_SECONDS
    while LoopClock().now() < until:
        await asyncio.sleep(10)
        house.check_stages()
        if is_quiet(house.raw):
            return
