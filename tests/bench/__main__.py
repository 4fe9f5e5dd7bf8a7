"""`python -m tests.bench [gate] [fair] [load] [verdict] [--seeds N] [--json FILE]`: tables, then the same as JSON.

Exit code 1 where a promise is not kept.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench.compared import Compared
from tests.bench.fair import Evenness, Flood, compare_fair, measure_evenness, measure_flood
from tests.bench.gate import PROMISED, STRICTER, GateUse, compare_gate, measure_gate
from tests.bench.load import measure_load
from tests.bench.verdict import VerdictTime, measure_verdict

Figures = GateUse | Flood | Evenness | Compared | VerdictTime

WIDTH = 16
WIDE = 70
"""Of a column that says what was measured."""


def bench_gate(seeds: Sequence[int]) -> Iterator[Figures]:
    for server in PROMISED:
        for seed in seeds:
            yield measure_gate(server, seed)
    for server in STRICTER:
        yield measure_gate(server, seeds[0])
    yield from compare_gate(seeds[0])


def bench_fair(seeds: Sequence[int]) -> Iterator[Figures]:
    yield from map(measure_flood, seeds)
    yield from map(measure_evenness, seeds)
    yield from compare_fair(seeds[0])


def bench_load(_: Sequence[int]) -> Iterator[Figures]:
    """In real time, so once: there are no dice."""
    yield from measure_load()


def bench_verdict(_: Sequence[int]) -> Iterator[Figures]:
    yield from measure_verdict()


BENCHES: Mapping[str, Callable[[Sequence[int]], Iterator[Figures]]] = {
    "gate": bench_gate,
    "fair": bench_fair,
    "load": bench_load,
    "verdict": bench_verdict,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="bench", help=f"of {', '.join(BENCHES)}; all where none is named")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each, with different dice")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there instead of below the tables")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - set(BENCHES)
    if unknown or chosen.seeds < 1:
        parser.error(f"there is no {', '.join(sorted(unknown))}" if unknown else "at least one seed")
    # What the pipeline says of each job and each 429 would drown the tables.
    logging.disable(logging.CRITICAL)
    found = {name: _run(BENCHES[name](range(1, chosen.seeds + 1))) for name in chosen.names or BENCHES}
    told = json.dumps({name: list(map(_record, rows)) for name, rows in found.items()}, indent=2)
    if chosen.json is None:
        print(f"\n{told}")
    else:
        chosen.json.write_text(told)
    return int(any(row.keeps_promise is False for rows in found.values() for row in rows))


def _run(figures: Iterable[Figures]) -> list[Figures]:
    """Print each row as it comes, under a head of its own kind."""
    rows: list[Figures] = []
    for row in figures:
        record = _record(row)
        if not rows or type(rows[-1]) is not type(row):
            print("\n" + " ".join(f"{name.removesuffix('_seconds'):>{_width(name)}}" for name in record))
        print(" ".join(f"{_cell(value):>{_width(name)}}" for name, value in record.items()), flush=True)
        rows.append(row)
    return rows


def _record(row: Figures) -> dict[str, object]:
    return {"bench": type(row).__name__, **asdict(row), "keeps_promise": row.keeps_promise}


def _width(name: str) -> int:
    return WIDE if name == "what" else WIDTH


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "-" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
