"""How long a verdict takes on a store with a long past, against one that sums up the jobs themselves."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from bot.domain.limits import Block, Unit
from bot.domain.policy import Ask
from bot.domain.requests import Circumstances
from bot.ports import Account
from bot.store.store import Store, open_store
from bot.store.units import migrations
from tests.support.builders import GUILD, MEMBER, WIDE, account, request, sets
from tests.support.fakes import RotSealer

JOBS = 100_000
VERDICTS = 300
PROMISED_SECONDS = 0.002
MEMBERS = 500
PAST_SECONDS = 40 * 86_400.0
PROMPT = "a lighthouse in the storm, dramatic light, oil on canvas " * 6


@dataclass(frozen=True, slots=True)
class VerdictTime:
    """All jobs in one guild, all budgets and lists set; seconds of one verdict, on its own."""

    way: str
    jobs: int
    median_seconds: float
    p99_seconds: float
    times_slower: float
    """Than the sums, in the same run."""

    @property
    def keeps_promise(self) -> bool | None:
        return self.p99_seconds <= PROMISED_SECONDS if self.way == "sums" else None


def measure_verdict() -> Iterator[VerdictTime]:
    with tempfile.TemporaryDirectory(prefix="easel-bench-") as folder:
        yield from asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[VerdictTime]:
    path = folder / "easel.db"
    clock = SystemClock()
    async with open_store(path, clock, RotSealer(), "bench", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", "f"), WIDE)
        _fill(path, mine, clock.now())
        await sets(store, **_everything())
        ask = Ask(GUILD, MEMBER, request(PROMPT), Circumstances((50,), (101,)), 5)
        sums = await _times(lambda: store.door.judge(mine, ask))
        assert await store.door.judge(mine, ask) == (), "it is looked at to its end"
        walked = await _times(lambda: _walked(store, clock.now()))
    return [_figures("sums", sums, sums), _figures("walking the jobs", walked, sums)]


def _everything() -> dict[str, Any]:
    return {
        "guild_credits_per_day": 10_000_000,
        "guild_credits_per_month": 10_000_000,
        "member_credits_per_day": 1_000_000,
        "member_pictures_per_day": 100_000,
        "tiers": {role: {Unit.CREDITS: 2_000_000} for role in range(101, 126)},
        "cooldown_seconds": 1,
        "models": ("swift-1", *(f"model-{number}" for number in range(24))),
        "channels": tuple(range(50, 75)),
        "roles_allowed": tuple(range(101, 126)),
        "blocked_members": tuple(Block(10_000 + number, None, "reason") for number in range(100)),
        "blocked_words": tuple(f"unwanted{number}" for number in range(200)),
        "time_zone": "Europe/Berlin",
    }


def _fill(path: Path, mine: Account, now: float) -> None:
    """A busy past, written as the migration reads it; the sums by the migration's own statements."""
    dice = random.Random(7)
    with sqlite3.connect(path) as raw:
        raw.executemany(
            "INSERT INTO jobs (id, account_id, flow_id, guild_id, channel_id, user_id, provider, medium, state, "
            "request, is_private, reserved_credits, charged_credits, looks_left, created_at, counted_as, "
            "counted_credits) "
            "VALUES (?, ?, ?, ?, 50, ?, 'meigen', 'image', 'succeeded', '{}', 0, 5, 5, 0, ?, 'spent', 5)",
            (
                (number, mine.id, GUILD, GUILD, dice.randrange(MEMBERS), now - PAST_SECONDS * dice.random())
                for number in range(1, JOBS + 1)
            ),
        )
        raw.executescript(_summing())


def _summing() -> str:
    script = dict(migrations())[2]
    return script[script.index("INSERT INTO guild_usage") :]


async def _walked(store: Store, now: float) -> None:
    """What `/credits` sums up of the jobs of a month: a verdict by it would need that, and more."""
    await store.asking.usage(since=now - 30 * 86_400.0, guild_id=GUILD)


async def _times(judge: Callable[[], Awaitable[object]]) -> list[float]:
    found: list[float] = []
    for _ in range(VERDICTS):
        began_at = time.perf_counter()
        await judge()
        found.append(time.perf_counter() - began_at)
    return found


def _figures(way: str, seconds: list[float], compared: list[float]) -> VerdictTime:
    median = statistics.median(seconds)
    p99 = statistics.quantiles(seconds, n=100)[-1]
    return VerdictTime(way, JOBS, median, p99, median / statistics.median(compared))
