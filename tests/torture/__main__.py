"""`python -m tests.torture prompts | kills`: long runs of the whole bot over sockets, with their counts."""

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
from tests.torture import kills, prompts

MOST_SECONDS = 900


def main() -> int:
    """Returns 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("what", choices=("prompts", "kills"))
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats the same dice")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    run = {"prompts": _prompts, "kills": _kills}[options.what]
    return asyncio.run(_bounded(run(options.seed)))


async def _bounded(run: Coroutine[Any, Any, int]) -> int:
    async with asyncio.timeout(MOST_SECONDS):
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


def _tell(title: str, tally: prompts.Tally | kills.Tally) -> int:
    counts = {name: value for name, value in asdict(tally).items() if name != "violations"}
    told = (f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}" for name, value in counts.items())
    print(f"{title}: {', '.join(told)}")
    for violation in tally.violations:
        print(f"  VIOLATION {violation}")
    return len(tally.violations)


if __name__ == "__main__":
    sys.exit(main())
