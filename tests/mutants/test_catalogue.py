"""The catalogue fits the tree as it stands: nothing is run, so that it is told at once where a mutant went stale."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.mutants.__main__ import chosen_of
from tests.mutants.catalogue import FAULTS, ROOT, Mutant, Stale, read_catalogue, read_rows

MUTANTS = read_catalogue()
ROWS: Mapping[str, Sequence[str]] = read_rows(FAULTS.read_text("utf-8"))

MUTANT = Mutant("blind", "A fault", "bot/x.py", "if fault:", "if False:", ())


@functools.cache
def functions_of(path: str) -> set[str]:
    file = ROOT / path
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.fault}: {mutant.name}")
def test_a_mutant_fits_the_file_that_it_changes(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text("utf-8")
    changed = mutant.applied(text)
    assert changed != text
    if mutant.file.endswith(".py"):
        ast.parse(changed)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.fault}: {mutant.name}")
def test_a_mutant_names_tests_of_its_row(mutant: Mutant) -> None:
    assert mutant.tests
    assert {test.partition("[")[0] for test in mutant.tests} <= set(ROWS[mutant.fault])


def test_every_fault_has_a_mutant() -> None:
    assert set(ROWS) == {mutant.fault for mutant in MUTANTS}


def test_every_row_of_the_table_is_read() -> None:
    lines = [line for line in FAULTS.read_text("utf-8").partition("## Faults")[2].splitlines() if line.startswith("| ")]
    heads = sum(line.startswith(("| Fault |", "| --- |")) for line in lines)
    assert len(lines) - heads == len(ROWS) > 0


@pytest.mark.parametrize("fault", ROWS)
def test_the_tests_of_a_fault_are_there(fault: str) -> None:
    found = {path: functions_of(path) for path in {test.partition("::")[0] for test in ROWS[fault]}}
    assert [test for test in ROWS[fault] if test.partition("::")[2] not in found[test.partition("::")[0]]] == []


def test_no_mutant_is_there_twice() -> None:
    changes = [(mutant.fault, mutant.file, mutant.old, mutant.new) for mutant in MUTANTS]
    assert len(changes) == len(set(changes))


# ---------------------------------------------------------------- reading and choosing


@pytest.mark.parametrize("text", ["", "if other:", "if fault: pass\nif fault: pass"])
def test_a_text_that_does_not_stand_once_is_told(text: str) -> None:
    with pytest.raises(Stale, match=r"bot/x\.py"):
        MUTANT.applied(text)


def test_a_mutant_replaces_its_text() -> None:
    assert MUTANT.applied("if fault:\n    mend()") == "if False:\n    mend()"


def test_a_catalogue_is_read_by_row_and_name(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '["A fault".blind]\nfile = "bot/x.py"\nold = "if fault:"\nnew = "if False:"\ntests = []\n', "utf-8"
    )
    assert read_catalogue(tmp_path) == [MUTANT]


def test_rows_are_read_with_their_tests() -> None:
    head = "| Fault | What happens | Test |\n| --- | --- | --- |\n"
    row = "| One | An `end`. | `tests/a.py::test_a` <br> `b.py::b` |\n"
    assert read_rows(head + row) == {"One": ["tests/a.py::test_a", "b.py::b"]}


@pytest.mark.parametrize(
    ("names", "count"), [([], 2), (["blind"], 1), (["another"], 1), (["a fault"], 1), (["fault"], 2), (["x"], 0)]
)
def test_mutants_are_chosen_by_their_name_or_their_fault(names: Sequence[str], count: int) -> None:
    other = Mutant("deaf", "Another fault", "bot/x.py", "a", "b", ())
    assert len(chosen_of([MUTANT, other], names)) == count
