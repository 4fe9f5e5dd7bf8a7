"""What waits costs nothing: who has nothing to do sleeps, and what wakes many wakes them together."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from bot.domain.gate import BURST
from bot.errors import NotSent, RateLimited
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig

STAGES = ("dispatcher", "watcher", "courier", "doorkeeper", "pinger")
WAITING = 150
PAUSE_SECONDS = 600.0
APART_SECONDS = 2.0
"""What follows sooner is the same work: a few cards at a time are drawn, each in two calls."""


def watch_the_store(rig: Rig) -> list[float]:
    """Filled with the times at which anybody looks into it."""
    looks: list[float] = []
    rig.driver.raw.set_trace_callback(lambda _: looks.append(rig.clock.now()))
    return looks


def beginnings(looks: list[float]) -> list[float]:
    return looks[:1] + [later for earlier, later in pairwise(looks) if later - earlier > APART_SECONDS]


@virtually
async def test_with_many_in_a_line_that_stands_still_nobody_wakes_more_often_than_every_five_seconds() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [RateLimited(PAUSE_SECONDS)] * BURST
        for member in range(WAITING):
            await rig.ask(user_id=member)
        rig.start(*STAGES)
        await asyncio.sleep(2)
        looks, calls = watch_the_store(rig), len(rig.surface.calls)
        await asyncio.sleep(PAUSE_SECONDS - 10)
        begun = beginnings(looks)
        assert len(rig.surface.calls) - calls == WAITING - BURST, "the other cards told of the pause, once"
        assert min(later - earlier for earlier, later in pairwise(begun)) >= 4.9
        rig.driver.raw.set_trace_callback(None)


@virtually
async def test_who_was_told_of_a_pause_is_left_alone_until_its_end() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [RateLimited(PAUSE_SECONDS)]
        await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(1)
        for member in range(WAITING):
            await rig.ask(user_id=member)
        rig.start(*STAGES[1:])
        await asyncio.sleep(70)
        looks = watch_the_store(rig)
        await asyncio.sleep(PAUSE_SECONDS - 80)
        assert not looks
        rig.driver.raw.set_trace_callback(None)


@virtually
async def test_while_a_probe_is_out_nobody_asks_again_and_again_whether_it_is_back() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [NotSent("refused")]
        await rig.ask()
        rig.start("dispatcher")
        await asyncio.sleep(1)
        rig.provider.answer_seconds = 50.0
        await rig.ask()
        await asyncio.sleep(2)
        assert len(rig.provider.submitted) == 2, "the probe is out"
        looks = watch_the_store(rig)
        await asyncio.sleep(40)
        assert not looks
        rig.driver.raw.set_trace_callback(None)
