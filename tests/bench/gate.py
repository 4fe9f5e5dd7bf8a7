"""How much of the limit the gate uses at full backlog, and how often a server refuses it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from sandbox.meigen import MeigenEngine, MeigenOptions
from sandbox.upstream.limits import Counter, Counting, counter
from tests.bench.compared import Compared, compared
from tests.bench.line import BEGAN_AT, LIMIT, OpenQueue, Queue, in_virtual_time, open_line
from tests.bench.plain_line import open_plain_line
from tests.bench.strict import SpacedCounter, WeightedCounter

FIRST_MINUTE_SECONDS = 60.0
HOURS = 2.0
BACKLOG = 48
FLOWS = ((1, 11), (1, 12), (2, 21), (3, 31))
"""(guild, member) of those who ask."""

PROMISED: Mapping[str, Callable[[int, float], Counter]] = {kind.value: partial(counter, kind) for kind in Counting}
"""Servers that must never refuse the gate."""
STRICTER: Mapping[str, Callable[[int, float], Counter]] = {"weighted": WeightedCounter, "spaced": SpacedCounter}
"""Servers that let nobody have the whole limit: what the gate does about them is a figure, and no promise."""


@dataclass(frozen=True, slots=True)
class GateUse:
    """One run, from the second minute on: the share of the limit that was used, and how many 429s came."""

    server: str
    seed: int
    use_percent: float
    refused: int

    @property
    def keeps_promise(self) -> bool | None:
        """None where nothing is promised."""
        return None if self.server in STRICTER else self.use_percent >= 99.0 and self.refused == 0


def compare_gate(seed: int) -> Iterator[Compared]:
    """Against the plain bot, which loses what is refused."""
    for server in {**PROMISED, **STRICTER}:
        easel, plain = measure_gate(server, seed), measure_gate(server, seed, opened=open_plain_line)
        yield compared(f"use of the limit, {server} server, %", easel.use_percent, plain.use_percent)
        yield compared(f"refused an hour, {server} server", easel.refused / HOURS, plain.refused / HOURS)


def measure_gate(server: str, seed: int, hours: float = HOURS, opened: OpenQueue = open_line) -> GateUse:
    """Run with a line that is never empty."""
    seconds = hours * 3600.0
    engine = MeigenEngine(MeigenOptions(credits=10**9, seed=seed))
    key = engine.add_key()
    engine.accounts[key].counter = {**PROMISED, **STRICTER}[server](LIMIT.requests, LIMIT.window_seconds)

    async def main() -> GateUse:
        async with opened(engine, key, seed) as line:
            await _keep_full(line, seconds)
            began_at = BEGAN_AT + FIRST_MINUTE_SECONDS
            counted = sum(turn.sent_at >= began_at for turn in line.turns())
            most = (seconds - FIRST_MINUTE_SECONDS) * LIMIT.requests / LIMIT.window_seconds
            refused = sum(at >= began_at for at in line.refused_at)
            return GateUse(server, seed, 100.0 * counted / most, refused)

    return in_virtual_time(main())


async def _keep_full(line: Queue, seconds: float) -> None:
    for _ in range(round(seconds / 60.0)):
        missing = max(0, BACKLOG - line.waiting())
        for number in range(missing):
            await line.ask(*FLOWS[number % len(FLOWS)])
        await asyncio.sleep(60.0)
