"""`python -m tests.torture prompts | kills | soak`: long runs of the whole bot over sockets, with their counts."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.meigen import Counting
from tests.torture import kills, prompts, soak

MOST_SECONDS = 900


def main() -> int:
    """Returns 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("what", choices=("prompts", "kills", "soak"))
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats the same dice")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the soak, without what it takes to settle")
    parser.add_argument("--kills", type=int, default=60, help="of the soak")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    if options.what == "soak":
        most_seconds = MOST_SECONDS + options.minutes * 60
        return asyncio.run(_bounded(_soak(options.seed, options.minutes, options.kills), most_seconds))
    run = {"prompts": _prompts, "kills": _kills}[options.what]
    return asyncio.run(_bounded(run(options.seed)))


async def _bounded(run: Coroutine[Any, Any, int], most_seconds: float = MOST_SECONDS) -> int:
    async with asyncio.timeout(most_seconds):
        return int(bool(await run))


async def _prompts(seed: int) -> int:
    return sum([await _prompts_against(counting, seed) for counting in Counting])


async def _prompts_against(counting: Counting, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="easel-torture-") as folder:
        tally = await prompts.run(Path(folder), prompts.sample(200, 50, seed), counting)
    return _tell(f"prompts, counted by {counting}", tally)


async def _kills(seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="easel-torture-") as folder:
        tally = await kills.run(Path(folder), jobs=100, kills=20, seed=seed)
    return _tell("kills", tally)


async def _soak(seed: int, minutes: float, count: int) -> int:
    with tempfile.TemporaryDirectory(prefix="easel-torture-") as folder:
        tally = await soak.run(Path(folder), minutes, count, seed)
    return _tell(f"soak of {minutes:g} minutes", tally)


def _tell(title: str, tally: prompts.Tally | kills.Tally | soak.Tally) -> int:
    counts = {name: value for name, value in asdict(tally).items() if name != "violations"}
    told = (f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}" for name, value in counts.items())
    print(f"{title}: {', '.join(told)}")
    for violation in tally.violations:
        print(f"  VIOLATION {violation}")
    return len(tally.violations)


if __name__ == "__main__":
    sys.exit(main())
