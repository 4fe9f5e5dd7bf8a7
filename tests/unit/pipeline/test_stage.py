"""The loop of every stage: it steps when rung or when it is time, and outlives what goes wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from bot.errors import StoreDown
from bot.pipeline.stage import SETBACK_MAX_SECONDS, run_stage
from tests.simulation.virtual_loop import LoopClock
from tests.support.builders import BEGAN_AT
from tests.support.fakes import virtually


@dataclass
class Stage:
    """Notes when it steps. `troubles` are raised in turn; after `every_seconds` it wants to step again."""

    troubles: list[Exception] = field(default_factory=list)
    every_seconds: float | None = None
    stepped_at: list[float] = field(default_factory=list)
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    clock: LoopClock = field(default_factory=LoopClock)

    async def step(self) -> float | None:
        self.stepped_at.append(round(self.clock.now() - BEGAN_AT, 1))
        if self.troubles:
            raise self.troubles.pop(0)
        return None if self.every_seconds is None else self.clock.now() + self.every_seconds

    def start(self) -> asyncio.Task[None]:
        return asyncio.create_task(run_stage("a stage", self.step, self.rung, self.stopping, self.clock))

    async def stop(self, task: asyncio.Task[None]) -> None:
        self.stopping.set()
        self.rung.set()
        await asyncio.wait_for(task, 0.1)


@virtually
async def test_it_steps_at_the_start_and_when_rung() -> None:
    stage = Stage()
    task = stage.start()
    await asyncio.sleep(100)
    stage.rung.set()
    await asyncio.sleep(100)
    assert stage.stepped_at == [0, 100]
    await stage.stop(task)


@virtually
async def test_it_steps_when_it_is_time() -> None:
    stage = Stage(every_seconds=40)
    task = stage.start()
    await asyncio.sleep(100)
    assert stage.stepped_at == [0, 40, 80]
    await stage.stop(task)


@pytest.mark.parametrize("trouble", [StoreDown("disk full"), ZeroDivisionError("a bug")], ids=repr)
def test_it_outlives_trouble_and_gets_ever_more_patient(trouble: Exception, caplog: pytest.LogCaptureFixture) -> None:
    @virtually
    async def live() -> None:
        stage = Stage(troubles=[trouble] * 8)
        task = stage.start()
        await asyncio.sleep(200)
        assert stage.stepped_at == [0, 1, 3, 7, 15, 31, 61, 91, 121]
        assert stage.stepped_at[-1] - stage.stepped_at[-2] == SETBACK_MAX_SECONDS
        assert caplog.text.count("Traceback") == 8
        stage.troubles = [trouble]
        stage.rung.set()
        await asyncio.sleep(10)
        assert stage.stepped_at[-2:] == [200, 201], "one step that went well ends the patience"
        await stage.stop(task)

    live()


@virtually
async def test_rings_do_not_hurry_what_fails() -> None:
    stage = Stage(troubles=[StoreDown("disk full")] * 4)
    task = stage.start()
    for _ in range(100):
        await asyncio.sleep(0.1)
        stage.rung.set()
    assert stage.stepped_at[:4] == [0, 1, 3, 7]
    await stage.stop(task)


@virtually
async def test_a_stop_ends_the_patience() -> None:
    stage = Stage(troubles=[StoreDown("disk full")] * 10)
    task = stage.start()
    await asyncio.sleep(40)
    await stage.stop(task)
    assert task.done()
