"""`python -m tests.torture prompts | kills | soak | clicks`: long runs of the whole bot over sockets, with counts."""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import shutil
import sys
import tempfile
from collections.abc import Coroutine, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.meigen import Counting
from tests.torture import clicks, kills, prompts, soak

MOST_SECONDS = 900


def main() -> int:
    """Returns 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("what", choices=("prompts", "kills", "soak", "clicks"))
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats the same dice")
    parser.add_argument(
        "--minutes", type=float, help="without what it takes to settle: of the soak (10), of the clicks (5)"
    )
    parser.add_argument("--kills", type=int, default=60, help="of the soak")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    # The server of the stand-ins tells of each connection that a killed bot leaves behind.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    if options.what in ("soak", "clicks"):
        minutes = options.minutes or {"soak": 10.0, "clicks": 5.0}[options.what]
        long = (
            _clicks(options.seed, minutes) if options.what == "clicks" else _soak(options.seed, minutes, options.kills)
        )
        return asyncio.run(_bounded(long, MOST_SECONDS + minutes * 60))
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
    folder = Path(tempfile.mkdtemp(prefix="easel-torture-"))
    return _clear(folder, _tell(f"soak of {minutes:g} minutes", await soak.run(folder, minutes, count, seed)))


async def _clicks(seed: int, minutes: float) -> int:
    folder = Path(tempfile.mkdtemp(prefix="easel-torture-"))
    tally = await clicks.run(folder, minutes * 60, restarts=max(1, round(minutes)), seed=seed)
    return _clear(folder, _tell(f"clicks for {minutes:g} minutes", tally))


def _clear(folder: Path, violations: int) -> int:
    """Leave the log and the database to whoever wants to know."""
    if violations:
        print(f"  what is left of it: {folder}")
    else:
        shutil.rmtree(folder)
    return violations


def _tell(title: str, tally: prompts.Tally | kills.Tally | soak.Tally | clicks.Tally) -> int:
    counts = {name: value for name, value in asdict(tally).items() if name != "violations"}
    tables = {name: value for name, value in counts.items() if isinstance(value, Mapping)}
    told = [
        f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}"
        for name, value in counts.items()
        if name not in tables
    ]
    print(f"{title}: {', '.join(told)}")
    for name, table in tables.items():
        print(f"  {name}: {', '.join(f'{key} {value}' for key, value in table.items())}")
    for violation in tally.violations:
        print(f"  VIOLATION {violation}")
    return len(tally.violations)


if __name__ == "__main__":
    sys.exit(main())
