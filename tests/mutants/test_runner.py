"""The runner itself, on a tree of one function: what is noticed, what is not, and what does not run at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.catalogue import Mutant
from tests.mutants.runner import Verdict, failing_unmutated, try_mutant

CODE = "def half(number):\n    return number / 2\n"
TESTS = """
import pytest
from bot.code import half

def test_strict():
    assert half(4) == 2

@pytest.mark.parametrize("number", [0, 6])
def test_cases(number):
    assert half(number) * 2 == number

def test_weak():
    assert half(0) == 0
"""
STRICT, CASES, WEAK = (f"tests/test_code.py::test_{name}" for name in ("strict", "cases", "weak"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in (("bot/code.py", CODE), ("tests/test_code.py", TESTS)):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    (tmp_path / "root" / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n', "utf-8")
    return tmp_path / "root"


def mutant(new: str, *tests: str) -> Mutant:
    return Mutant("wrong", "A fault", "bot/code.py", "number / 2", new, tests)


def test_a_mutant_is_caught_when_each_of_its_tests_fails(root: Path) -> None:
    outcome = try_mutant(mutant("number / 3", STRICT, CASES), root)
    assert (outcome.verdict, outcome.unmoved, outcome.detail) == (Verdict.CAUGHT, [], "")
    assert (root / "bot" / "code.py").read_text("utf-8") == CODE, "it was changed in a copy"


def test_one_test_that_does_not_notice_is_enough_to_survive(root: Path) -> None:
    outcome = try_mutant(mutant("number / 3", STRICT, WEAK, f"{CASES}[0]"), root)
    assert (outcome.verdict, outcome.unmoved) == (Verdict.SURVIVED, [WEAK, f"{CASES}[0]"])


@pytest.mark.parametrize(("new", "test"), [("number /", STRICT), ("number / 3", "tests/test_code.py::test_of_old")])
def test_what_does_not_run_is_not_caught(root: Path, new: str, test: str) -> None:
    outcome = try_mutant(mutant(new, test), root)
    assert outcome.verdict is Verdict.BROKEN
    assert "pytest ended with" in outcome.detail


@pytest.mark.parametrize(("file", "told"), [("bot/code.py", "stands 0 times"), ("bot/gone.py", "No such file")])
def test_a_stale_mutant_is_not_tried(root: Path, file: str, told: str) -> None:
    outcome = try_mutant(Mutant("old", "A fault", file, "number / 4", "1", (STRICT,)), root)
    assert outcome.verdict is Verdict.BROKEN
    assert told in outcome.detail


def test_what_fails_anyway_is_told(root: Path) -> None:
    (root / "bot" / "code.py").write_text(CODE.replace("2", "3"), "utf-8")
    assert failing_unmutated([STRICT, WEAK], root) == ([STRICT], "")
