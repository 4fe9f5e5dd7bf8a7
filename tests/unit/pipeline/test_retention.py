"""Retention as a stage: everything in its time, in small steps, and files and log entries follow."""

from __future__ import annotations

import asyncio

from bot.domain.days import DAY_SECONDS
from bot.pipeline.forgetter import LOOK_SECONDS, SETTLED_SECONDS, Forgetter
from bot.pipeline.retention import BREAK_SECONDS, SWEEP_JOBS, SWEEP_SECONDS, Retention
from bot.ports import Expired, Showing, Shown
from bot.services.signals import Signals
from bot.store.retention import SUMS_KEPT_SECONDS
from tests.simulation.virtual_loop import LoopClock
from tests.support.builders import GUILD, completed, sets
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig

KEPT_SECONDS = 30 * DAY_SECONDS
LOG = 70


def words_left(rig: Rig) -> int:
    return len(rig.driver.rows("SELECT 1 FROM jobs WHERE request LIKE '%a cat%'"))


@virtually
async def test_words_go_within_an_hour_of_their_time_and_files_and_entries_with_them() -> None:
    async with open_rig() as rig:
        await sets(rig.store, log_channel=LOG)
        forgetter = Forgetter(rig.store.forgetting, rig.media, rig.signals, rig.clock)
        rig.running["forgetter"] = asyncio.create_task(forgetter.run())
        rig.start("chronicler", "retention")
        job = await rig.running_job()
        await rig.store.watching.finish(job.id, completed())
        await rig.store.cards.shown(job.id, Showing(100, Shown(50, 99)))
        rig.signals.cards.ring()
        await asyncio.sleep(KEPT_SECONDS - 60)
        assert words_left(rig) == 1
        await asyncio.sleep(SWEEP_SECONDS + 61)
        assert words_left(rig) == 0
        await asyncio.sleep(SETTLED_SECONDS + LOOK_SECONDS)
        assert rig.media.dropped == [job.id, job.id]
        told = [posted.message for posted in rig.surface.messages.values() if posted.channel_id == LOG]
        texts = ["\n".join(message.texts) for message in told if message is not None]
        assert [text for text in texts if "The words are forgotten." in text]
        assert not [text for text in texts if "a cat" in text]


@virtually
async def test_what_is_too_old_at_the_start_goes_at_once() -> None:
    async with open_rig() as rig:
        await rig.store.door.ask_cancel((await rig.ask()).id)
        await asyncio.sleep(KEPT_SECONDS)
    async with open_rig(before=rig, owner="second") as next_rig:
        next_rig.start("retention")
        await asyncio.sleep(1)
        assert words_left(next_rig) == 0


@virtually
async def test_sums_and_changes_of_long_ago_go_too() -> None:
    async with open_rig() as rig:
        await sets(rig.store, GUILD, cooldown_seconds=5)
        await rig.ask()
        for table in ("guild_usage", "member_usage"):
            rig.driver.raw.execute(f"UPDATE {table} SET quarter = quarter - ?", (SUMS_KEPT_SECONDS // 900 + 1,))  # noqa: S608  our own
        rig.driver.raw.execute("UPDATE changes SET at = at - ?", (SUMS_KEPT_SECONDS + 1,))
        rig.start("retention")
        await asyncio.sleep(1)
        for table in ("guild_usage", "member_usage", "changes"):
            assert not rig.driver.rows(f"SELECT 1 FROM {table}"), table  # noqa: S608  our own


@virtually
async def test_a_store_that_fails_is_asked_again() -> None:
    async with open_rig() as rig:
        await rig.store.door.ask_cancel((await rig.ask()).id)
        await asyncio.sleep(KEPT_SECONDS)
        rig.driver.is_down = True
        rig.start("retention")
        await asyncio.sleep(5)
        rig.driver.is_down = False
        await asyncio.sleep(60)
        assert words_left(rig) == 0


class Backlog:
    """So many jobs of each flow are too old."""

    def __init__(self, *jobs: int) -> None:
        self.left = dict(enumerate(jobs, 1))
        self.asked: list[tuple[float, int | None]] = []
        self.pruned = 0
        self.clock = LoopClock()

    async def expire(self, after: int | None, count: int) -> Expired:
        self.asked.append((self.clock.now(), after))
        flow = next((flow for flow, jobs in self.left.items() if flow > (after or 0) and jobs), None)
        if flow is None:
            return Expired(0, None, is_done=True)
        gone = min(count, self.left[flow])
        self.left[flow] -= gone
        return Expired(gone, flow, is_done=gone < count)

    async def prune_sums(self) -> bool:
        self.pruned += 1
        return self.pruned % 3 != 0

    async def prune_changes(self, after: int | None) -> int | None:
        return None if after == 2 else (after or 0) + 1


@virtually
async def test_a_large_backlog_is_worked_off_with_breaks_and_then_it_rests() -> None:
    backlog, signals = Backlog(2 * SWEEP_JOBS, 50, 0, SWEEP_JOBS // 2), Signals()
    task = asyncio.create_task(Retention(backlog, signals, backlog.clock).run())
    began_at = backlog.clock.now()
    await asyncio.sleep(1)
    assert sum(backlog.left.values()) == SWEEP_JOBS + 50 + SWEEP_JOBS // 2
    assert backlog.pruned == 0, "that can wait"
    await asyncio.sleep(2 * BREAK_SECONDS + 1)
    assert sum(backlog.left.values()) == 0
    assert backlog.pruned == 3
    assert signals.forgotten.rings == signals.cards.rings == 3
    asked = len(backlog.asked)
    await asyncio.sleep(SWEEP_SECONDS - 10)
    assert len(backlog.asked) == asked
    await asyncio.sleep(20)
    assert len(backlog.asked) == asked + 1
    assert signals.forgotten.rings == 3, "there was nothing to tell"
    assert backlog.clock.now() - began_at < 2 * SWEEP_SECONDS
    signals.stop()
    await task


@virtually
async def test_it_stops_in_the_middle_of_much() -> None:
    class Slow(Backlog):
        async def expire(self, after: int | None, count: int) -> Expired:
            await asyncio.sleep(1)
            return await super().expire(after, count)

    backlog, signals = Slow(SWEEP_JOBS), Signals()
    task = asyncio.create_task(Retention(backlog, signals, backlog.clock).run())
    await asyncio.sleep(3.5)
    signals.stop()
    await asyncio.sleep(1)
    assert task.done()
    assert sum(backlog.left.values()) > SWEEP_JOBS // 2
