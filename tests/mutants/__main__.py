"""`python -m tests.mutants [name …] [--list] [--json FILE]`: exit code 1 where a mutant was not caught."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.mutants.catalogue import Mutant, read_catalogue
from tests.mutants.runner import Outcome, Verdict, failing_unmutated, try_mutant

NAME_WIDTH, VERDICT_WIDTH = 44, 11


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help="a mutant, or part of the name of a fault; all if none"
    )
    parser.add_argument("--list", action="store_true", help="tell the mutants of each fault and try none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcomes there, too")
    parser.add_argument("--no-control", action="store_true", help="do not run the tests without a mutant first")
    chosen = parser.parse_args(arguments)
    mutants = chosen_of(read_catalogue(), chosen.names)
    if not mutants:
        parser.error("there is no such mutant")
    if chosen.list:
        for mutant in mutants:
            print(f"{mutant.name:<{NAME_WIDTH}} {mutant.fault}")
        return 0
    if not chosen.no_control and not _is_healthy(mutants):
        return 1
    outcomes = [_told(try_mutant(mutant)) for mutant in mutants]
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(list(map(asdict, outcomes)), indent=2))
    return _summed_up(outcomes)


def chosen_of(mutants: Sequence[Mutant], names: Sequence[str]) -> Sequence[Mutant]:
    """Those named, or whose fault's name holds what was named; all where nothing is."""
    return [
        mutant
        for mutant in mutants
        if not names or any(name == mutant.name or name.lower() in mutant.fault.lower() for name in names)
    ]


def _is_healthy(mutants: Sequence[Mutant]) -> bool:
    """A test that fails anyway proves nothing."""
    began_at = time.monotonic()
    failing, detail = failing_unmutated(list(dict.fromkeys(test for mutant in mutants for test in mutant.tests)))
    for line in (*failing, *filter(None, [detail])):
        print(f"without a mutant: {line}")
    if not failing and not detail:
        print(f"without a mutant all tests pass ({time.monotonic() - began_at:.0f} s)\n", flush=True)
    return not failing and not detail


def _told(outcome: Outcome) -> Outcome:
    row = f"{outcome.name:<{NAME_WIDTH}} {outcome.verdict:<{VERDICT_WIDTH}} {outcome.seconds:6.1f} s  {outcome.fault}"
    details = (*(f"    did not fail: {test}" for test in outcome.unmoved), *outcome.detail.splitlines())
    print("\n".join((row, *details)), flush=True)
    return outcome


def _summed_up(outcomes: Sequence[Outcome]) -> int:
    caught = sum(outcome.verdict is Verdict.CAUGHT for outcome in outcomes)
    faults = len({outcome.fault for outcome in outcomes})
    seconds = sum(outcome.seconds for outcome in outcomes)
    print(f"\n{caught} of {len(outcomes)} mutants of {faults} faults caught, {seconds:.0f} s")
    return int(caught < len(outcomes))


if __name__ == "__main__":
    sys.exit(main())
