"""A program, seen from outside: its processor time, memory and wake-ups as Linux counts them."""

from __future__ import annotations

import asyncio
import math
import os
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

STOP_SECONDS = 10.0
LOOK_SECONDS = 0.05
APART_SECONDS = 0.5
"""What wakes it again sooner belongs to the same work: a request and its answer, say."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Wakes:
    """How often a program woke."""

    of_loop: int
    """So often its event loop's wait for something to happen came to an end."""
    began_at: Sequence[float]
    """When each piece of work began, in any thread; of `time.monotonic`."""

    @property
    def shortest_seconds(self) -> float | None:
        """Between two beginnings; None where there are less than two."""
        return min((after - before for before, after in pairwise(self.began_at)), default=None)


@dataclass(frozen=True, slots=True)
class Program:
    """A running child."""

    pid: int

    def resident_bytes(self) -> int:
        pages = Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * PAGE_BYTES

    def cpu_seconds(self) -> float:
        """Of the threads that live now, to the nanosecond."""
        return sum(int(_read(task, "schedstat").split()[0]) for task in self._tasks()) / 1e9

    async def wakes(self, seconds: float) -> Wakes:
        """What wakes it within that time."""
        deadline = time.monotonic() + seconds
        loop, sleeps = self._loop_sleeps(), self._sleeps()
        began_at, last_at = list[float](), -math.inf
        while time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            before, sleeps, now = sleeps, self._sleeps(), time.monotonic()
            if sleeps != before:
                if now - last_at > APART_SECONDS:
                    began_at.append(now)
                last_at = now
        return Wakes(self._loop_sleeps() - loop, tuple(began_at))

    def _sleeps(self) -> int:
        return sum(_voluntary_switches(_read(task, "status")) for task in self._tasks())

    def _loop_sleeps(self) -> int:
        """Of the first thread, in which the event loop turns: each is a selector that had to wait."""
        return _voluntary_switches(_read(Path(f"/proc/{self.pid}/task/{self.pid}"), "status"))

    def _tasks(self) -> list[Path]:
        return list(Path(f"/proc/{self.pid}/task").iterdir())


def _read(task: Path, name: str) -> str:
    return (task / name).read_text("ascii")


def _voluntary_switches(status: str) -> int:
    _, _, rest = status.partition("\nvoluntary_ctxt_switches:")
    return int(rest.split()[0])


@asynccontextmanager
async def program(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> AsyncIterator[Program]:
    """Run a child in `folder`; it is asked to stop at the end of the block, and killed after 10 s."""
    with log.open("ab") as out:
        child = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=folder, stdin=DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield Program(child.pid)
    finally:
        if child.returncode is None:
            child.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
