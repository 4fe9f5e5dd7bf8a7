"""The bot as a process of its own under load, beside a plain bot in the same run; Linux only, about five minutes.

Delays count from before the first interaction of a burst is written to when its answer is read, so they hold whatever
the lean Discord needs itself; its own share, at most, stands beside them.
"""

from __future__ import annotations

import asyncio
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.demo import BOT_COMMAND, SETTINGS_PREFIXES
from tests.bench.compared import Compared, compared
from tests.bench.process import Program, program
from tests.bench.remote import Remote, remote
from tests.bench.stock import DATABASE, stock

ROOT = Path(__file__).resolve().parents[2]
KEY = "meigen_sk_" + "b" * 32
EASEL = tuple(BOT_COMMAND)
BASELINE = (sys.executable, "-m", "tests.bench.baseline")

GUILDS = 50
START_SECONDS = 30.0
SETTLE_SECONDS = 3.0
"""After the gateway's READY discord.py waits two more for guilds."""
ANSWER_SECONDS = 20.0
IDLE_SECONDS = 90.0
"""Places are shown anew after a minute at the soonest."""
BASELINE_IDLE_SECONDS = 10.0
POLL_SECONDS = 3.0
WIDE = {"rate_limit": 10_000, "rate_window_seconds": 100.0}
TIME_SCALE = 0.2
"""The default model takes 45 s, so here 9."""
SINGLES, GENERATIONS, RUNNING = 10, 40, 200
BURSTS: Mapping[int, int] = {1: 20, 50: 3, 500: 2}
"""So many at once, so many times."""

MIB = 1024 * 1024
Figures = dict[str, float]
"""By what was measured; its unit is the last word."""

PROMISED: Mapping[str, float] = {
    "never answered, of 500 at once": 0,
    "answered p99 at 500 at once, s": 2.0,
    "answered max at 500 at once, s": 3.0,
    "upstream done to edited p50 less half a poll, s": 0.4,
    "idle CPU with 1000 queued and paused, %": 0.5,
    "times of waking per minute, idle": 12,
    "start to first answer with 10000 queued, s": 5.0,
    "resident with 10000 queued, MiB": 150.0,
}
"""At most, and of Easel."""


def measure_load() -> Iterator[Compared]:
    """Phase by phase, each of Easel and of the baseline."""
    for of_easel, of_baseline in PHASES:
        easel, baseline = asyncio.run(of_easel()), asyncio.run(of_baseline())
        for what in easel | baseline:
            yield compared(what, easel.get(what), baseline.get(what), PROMISED.get(what))


# -------------------------------------------------------------------- a bot between its stand-ins


@dataclass(slots=True)
class Stage:
    """A bot that is running, and what it talks to."""

    discord: Remote
    upstream: Remote
    bot: Program
    asked: int = 0
    own: list[float] = field(default_factory=list)

    async def burst(self, count: int) -> list[float]:
        """So many `/imagine` at once: the seconds until each answer that came."""
        told = await self.discord.call("burst", count=count, first=self.asked, seconds=ANSWER_SECONDS)
        self.asked += count
        self.own += told["own"]
        delays: list[float] = told["delays"]
        return delays


@asynccontextmanager
async def staged(
    command: Sequence[str], *, queued: int = 0, guilds: int = GUILDS, upstream: Mapping[str, Any] | None = None
) -> AsyncIterator[tuple[Stage, float]]:
    """A bot that has just identified, and the seconds that it took. `queued`: jobs that Easel finds in its store."""
    options = {"rate_limit": 12, "rate_window_seconds": 60.0, "time_scale": TIME_SCALE} | dict(upstream or {})
    with tempfile.TemporaryDirectory(prefix="easel-bench-") as name:
        folder = Path(name)
        if queued:
            await stock(folder, KEY, queued, guilds)
        async with (
            remote("tests.bench.lean_discord", guilds=guilds) as discord,
            remote("tests.bench.upstream", key=KEY, picture_scale=0.25, credits=10**6, **options) as meigen,
        ):
            environment = await _environment(discord, meigen, folder, options)
            began_at = time.monotonic()
            async with program(command, environment, folder, folder / "bot.log") as bot:
                try:
                    identified_at = await discord.call("identified", seconds=START_SECONDS)
                    yield Stage(discord, meigen, bot), identified_at - began_at
                except BaseException:
                    print((folder / "bot.log").read_text("utf-8")[-4000:], file=sys.stderr)
                    raise


async def _environment(discord: Remote, meigen: Remote, folder: Path, options: Mapping[str, Any]) -> dict[str, str]:
    there, upstream = await discord.call("address"), await meigen.call("address")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_PREFIXES)}
    return inherited | {
        "PYTHONPATH": str(ROOT),
        "DISCORD_TOKEN": there["token"],
        "DISCORD_API_URL": there["api_url"],
        "DISCORD_GATEWAY_URL": there["gateway_url"],
        "MEIGEN_API_KEY": upstream["key"],
        "MEIGEN_BASE_URL": upstream["base_url"],
        "MEIGEN_RATE_LIMIT": str(options["rate_limit"]),
        "MEIGEN_RATE_WINDOW_SECONDS": str(options["rate_window_seconds"]),
        "MEIGEN_POLL_SECONDS": str(POLL_SECONDS),
        "MEDIA_TRUSTED_HOSTS": upstream["host"],
        "DATABASE_URL": f"sqlite:///{folder / DATABASE}",
        "LOG_LEVEL": "WARNING",
    }


# -------------------------------------------------------------------- phases


async def answers(command: Sequence[str]) -> Figures:
    """Interaction to acknowledgement, at the upstream's usual limit, and memory with nothing to do."""
    async with staged(command) as (stage, started_seconds):
        await asyncio.sleep(SETTLE_SECONDS)
        figures = {"start to identified, empty, s": started_seconds, "resident with 0 queued, MiB": _resident(stage)}
        for count, times in BURSTS.items():
            stage.own.clear()
            delays = [delay for _ in range(times) for delay in await stage.burst(count)]
            figures |= _answered(f"at {count} at once", delays, stage.own)
            if count == max(BURSTS):
                figures[f"never answered, of {count} at once"] = count * times - len(delays)
        return figures


def _answered(when: str, delays: Sequence[float], own: Sequence[float]) -> Figures:
    return {
        f"answered p50 {when}, s": _quantile(delays, 0.5),
        f"answered p99 {when}, s": _quantile(delays, 0.99),
        f"answered max {when}, s": max(delays, default=math.inf),
        f"of which the lean Discord's own p99 {when}, s": _quantile(own, 0.99),
    }


async def way(command: Sequence[str]) -> Figures:
    """The rest of a request's way where the limit does not hold it up, and what it costs."""
    async with staged(command, upstream=WIDE) as (stage, _):
        await asyncio.sleep(SETTLE_SECONDS)
        for _ in range(SINGLES):
            await stage.burst(1)
            await stage.upstream.call("accepted", count=stage.asked, seconds=ANSWER_SECONDS)
            await asyncio.sleep(0.2)
        single = await _generations(stage, SINGLES)
        cpu_seconds = stage.bot.cpu_seconds()
        await stage.burst(GENERATIONS)
        several = (await _generations(stage, SINGLES + GENERATIONS))[SINGLES:]
        cpu_seconds = stage.bot.cpu_seconds() - cpu_seconds
        waits = [each["shown_at"] - each["ready_at"] for each in several]
        return {
            "answered to POST p50, idle, s": statistics.median(e["posted_at"] - e["answered_at"] for e in single),
            "upstream done to edited p50, s": statistics.median(waits),
            "upstream done to edited p50 less half a poll, s": statistics.median(waits) - POLL_SECONDS / 2,
            "told by a poll to edited p50, s": statistics.median(e["shown_at"] - e["told_at"] for e in several),
            "polls per generation": statistics.mean(each["polls"] for each in several),
            "edits per generation": statistics.mean(each["edits"] for each in several),
            "CPU per generation, ms": 1000 * cpu_seconds / GENERATIONS,
            "resident per running job, KiB": await _per_running_job(stage),
        }


async def _generations(stage: Stage, count: int) -> list[dict[str, Any]]:
    """Everything known of what was asked so far, in that order, once `count` messages have their pictures."""
    asked = await stage.discord.call("shown", count=count, seconds=ANSWER_SECONDS + START_SECONDS)
    made = {each["prompt"]: each for each in await stage.upstream.call("generations")}
    return [each | made[each["prompt"]] for each in asked]


async def _per_running_job(stage: Stage) -> float:
    await stage.upstream.call("finish_no_more")
    before = stage.bot.resident_bytes()
    await stage.burst(RUNNING)
    await stage.upstream.call("accepted", count=stage.asked, seconds=ANSWER_SECONDS)
    await asyncio.sleep(POLL_SECONDS + 1)
    return (stage.bot.resident_bytes() - before) / RUNNING / 1024


async def waiting_in_store(queued: int, guilds: int, idle_seconds: float) -> Figures:
    """Easel with jobs from an earlier life, its account paused."""
    async with staged(EASEL, queued=queued, guilds=guilds) as (stage, started_seconds):
        began_at = time.monotonic() - started_seconds
        figures = {f"start to identified with {queued} queued, s": started_seconds}
        await stage.burst(1)
        figures[f"start to first answer with {queued} queued, s"] = time.monotonic() - began_at
        await asyncio.sleep(SETTLE_SECONDS)
        figures[f"resident with {queued} queued, MiB"] = _resident(stage)
        return figures | await _more_at_once(stage, queued, idle_seconds)


async def waiting_in_memory(queued: int, guilds: int, idle_seconds: float) -> Figures:
    """The baseline, asked as often: it has no store to start from."""
    async with staged(BASELINE, guilds=guilds) as (stage, _):
        await asyncio.sleep(SETTLE_SECONDS)
        while stage.asked < queued:
            await stage.burst(min(500, queued - stage.asked))
        figures = {f"resident with {queued} queued, MiB": _resident(stage)}
        return figures | await _more_at_once(stage, queued, idle_seconds)


async def _more_at_once(stage: Stage, queued: int, idle_seconds: float) -> Figures:
    """Either what it does with nothing to do, or how it answers on top of what waits."""
    if idle_seconds:
        return await _idle(stage, queued, idle_seconds)
    stage.own.clear()
    return _answered(f"at 500 at once with {queued} queued", await stage.burst(500), stage.own)


async def _idle(stage: Stage, queued: int, seconds: float) -> Figures:
    cpu_seconds = stage.bot.cpu_seconds()
    wakes = await stage.bot.wakes(seconds)
    cpu_seconds = stage.bot.cpu_seconds() - cpu_seconds
    return {
        f"idle CPU with {queued} queued and paused, %": 100 * cpu_seconds / seconds,
        "times of waking per minute, idle": len(wakes.began_at) * 60 / seconds,
        "shortest time between two, idle, s": seconds if wakes.shortest_seconds is None else wakes.shortest_seconds,
        "turns of the event loop per minute, idle": wakes.of_loop * 60 / seconds,
    }


def _resident(stage: Stage) -> float:
    return stage.bot.resident_bytes() / MIB


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.inf


Phase = Callable[[], Awaitable[Figures]]
PHASES: Sequence[tuple[Callable[[], Any], Callable[[], Any]]] = (
    (lambda: answers(EASEL), lambda: answers(BASELINE)),
    (lambda: way(EASEL), lambda: way(BASELINE)),
    (
        lambda: waiting_in_store(1000, GUILDS, IDLE_SECONDS),
        lambda: waiting_in_memory(1000, GUILDS, BASELINE_IDLE_SECONDS),
    ),
    (lambda: waiting_in_store(10_000, 2 * GUILDS, 0), lambda: waiting_in_memory(10_000, 2 * GUILDS, 0)),
)
