"""One mutant: a copy of the tree, the handling taken out there, and the tests that must notice."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.mutants.catalogue import ROOT, Mutant, Stale

NEEDED = ("bot", "cogs", "sandbox", "tests", "docs", "pyproject.toml")
MOST_SECONDS = 300.0
END_SECONDS = 20.0
"""For pytest to stop what its tests have started."""
PYTEST = """
import os, sys, pytest
code = 1
try:
    code = pytest.main(sys.argv[1:])
finally:
    sys.stdout.flush()
    os._exit(code)
"""
"""A test that fails may leave a thread behind, which pytest complains of and for which the interpreter would wait."""


class Verdict(StrEnum):
    """What became of a mutant, in capitals where that is bad."""

    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    BROKEN = "DID NOT RUN"
    """No test failed in its own right: the tree does not import, say, or the tests took too long."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one mutant. `unmoved`: its tests that did not fail."""

    name: str
    fault: str
    verdict: Verdict
    seconds: float
    unmoved: Sequence[str] = ()
    detail: str = ""


def try_mutant(mutant: Mutant, root: Path = ROOT) -> Outcome:
    """Apply a mutant to a copy of `root` and run its tests there."""
    began_at = time.monotonic()
    try:
        with copied(root) as tree:
            path = tree / mutant.file
            path.write_text(mutant.applied(path.read_text("utf-8")), "utf-8")
            results, detail = run_tests(tree, mutant.tests)
    except (Stale, OSError) as error:
        results, detail = {}, str(error)
    unmoved = [] if detail else [test for test in mutant.tests if not _has_failed(test, results)]
    verdict = Verdict.BROKEN if detail else Verdict.SURVIVED if unmoved else Verdict.CAUGHT
    return Outcome(mutant.name, mutant.fault, verdict, time.monotonic() - began_at, unmoved, detail)


def failing_unmutated(tests: Sequence[str], root: Path = ROOT) -> tuple[Sequence[str], str]:
    """What fails before anything is taken out (nothing should), and why the tests did not run at all, if so."""
    with copied(root) as tree:
        results, detail = run_tests(tree, tests)
    return [name for name, has_failed in results.items() if has_failed], detail


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """A copy of what the tests need, byte code and all: only what is changed is compiled again."""
    with tempfile.TemporaryDirectory(prefix="easel-mutant-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for name in NEEDED:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, tree / name, ignore=_vanished)
            elif source.exists():
                shutil.copy2(source, tree / name)
        yield tree


def _vanished(folder: str, names: list[str]) -> list[str]:
    """Byte code that somebody is writing at this moment, under a name of its own until it is whole."""
    return [name for name in names if ".pyc." in name]


def run_tests(tree: Path, tests: Sequence[str]) -> tuple[Mapping[str, bool], str]:
    """(whether each test has failed, by its id; why they did not run, or "")."""
    report = tree.parent / "report.xml"
    options = ["-q", "--tb=short", "-n", "0", "-p", "no:cacheprovider", f"--junitxml={report}"]
    process = subprocess.Popen(  # noqa: S603  our own tests
        [sys.executable, "-c", PYTEST, *options, *tests],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        told, _ = process.communicate(timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        _end(process)
        return {}, f"not over in {MOST_SECONDS:g} s"
    if process.returncode not in (0, 1) or not report.exists():
        return {}, f"pytest ended with {process.returncode}:\n{told[-2000:]}"
    return _read_report(report), ""


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _read_report(path: Path) -> Mapping[str, bool]:
    """An error is a fixture's, which is a failure just as well."""
    results: dict[str, bool] = {}
    for case in ET.parse(path).iter("testcase"):  # noqa: S314  written by our own pytest
        file = case.attrib["classname"].replace(".", "/") + ".py"
        has_failed = case.find("failure") is not None or case.find("error") is not None
        results[f"{file}::{case.attrib['name']}"] = has_failed
    return results


def _has_failed(test: str, results: Mapping[str, bool]) -> bool:
    """Of a test with several cases one is enough."""
    return any(has_failed for name, has_failed in results.items() if name == test or name.startswith(f"{test}["))
