from __future__ import annotations

import asyncio
from pathlib import Path

from bot.heartbeat import BEAT_SECONDS, beat

TURNS_MAX = 1000


class LeapingClock:
    """Two beats pass whenever it is looked at, so that nothing waits."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        self._now += 2 * BEAT_SECONDS
        return self._now


async def appears(path: Path) -> bool:
    for _ in range(TURNS_MAX):
        if path.exists():  # noqa: ASYNC240  a look at a temporary folder
            return True
        await asyncio.sleep(0)
    return False


async def test_it_beats_until_it_is_stopped(tmp_path: Path) -> None:
    path, stop = tmp_path / "data" / "heartbeat", asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(beat(path, stop, LeapingClock()))
        assert await appears(path)
        path.unlink()
        assert await appears(path)
        stop.set()
    path.unlink()
    assert not await appears(path)


async def test_a_disk_that_refuses_does_not_end_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    path, stop = tmp_path / "file" / "heartbeat", asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(beat(path, stop, LeapingClock()))
        await asyncio.sleep(0)
        (tmp_path / "file").unlink()
        assert await appears(path)
        stop.set()
