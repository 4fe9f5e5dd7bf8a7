"""A program, seen from outside: its processor time, memory and wake-ups as Linux counts them."""

from __future__ import annotations

import asyncio
import os
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 10.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


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

    async def waking_moments(self, seconds: float) -> int:
        """In how many twentieths of a second within that time some thread of it woke, and slept again."""
        deadline = time.monotonic() + seconds
        sleeps, moments = self._sleeps(), 0
        while time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            before, sleeps = sleeps, self._sleeps()
            moments += sleeps != before
        return moments

    def _sleeps(self) -> int:
        return sum(_voluntary_switches(_read(task, "status")) for task in self._tasks())

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
