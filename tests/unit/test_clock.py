"""A machine whose clock is set, an hour forth or back: while the process lives, and between two of them."""

from __future__ import annotations

import asyncio

import pytest

from bot.clock import SystemClock
from bot.domain.jobs import JobState
from tests.simulation.virtual_loop import VirtualLoop
from tests.support.builders import completed
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig

HOUR_SECONDS = 3600.0
WHILE_SECONDS = 120.0
"""One window of the gate, and a look at what runs."""
STAGES = ("dispatcher", "watcher", "courier", "doorkeeper", "pinger")


@pytest.mark.parametrize("step_seconds", [HOUR_SECONDS, -HOUR_SECONDS])
def test_a_step_of_the_machines_clock_does_not_reach_a_process(step_seconds: float) -> None:
    wall, monotonic = 1000.0, 5.0
    clock = SystemClock(lambda: wall, lambda: monotonic)
    before = clock.now()
    wall, monotonic = wall + step_seconds, monotonic + 1.0
    assert clock.now() == before + 1.0


@pytest.mark.parametrize("step_seconds", [HOUR_SECONDS, -HOUR_SECONDS], ids=["forth", "back"])
def test_a_clock_set_between_two_processes_holds_nobody_up(step_seconds: float) -> None:
    """A full line, one in the making, one at the door: all of it is over soon, and nothing was sent twice."""

    @virtually
    async def live() -> None:
        async with open_rig() as first:
            first.start("dispatcher")
            for _ in range(8):
                await first.ask()
            await first.until(lambda: JobState.RUNNING in first.states())
            await first.ask(is_answered=False)
            await first.kill()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.began_at += step_seconds
        async with open_rig(before=first, owner="second") as second:
            for number in range(1, 10):
                second.provider.stands[f"gen-{number}"] = [completed()]
            began = loop.time()
            second.start(*STAGES)
            await second.until(lambda: is_over(second), within_seconds=300.0)
            assert loop.time() - began < WHILE_SECONDS
            assert len(second.provider.submitted) == 8
            assert second.states().count(JobState.SUCCEEDED) >= 6

    live()


def is_over(rig: Rig) -> bool:
    ends = (JobState.SUCCEEDED, JobState.CANCELLED, JobState.UNKNOWN)
    return all(state in ends for state in rig.states()) and rig.is_up_to_date()
