"""The SQL files: every statement is valid, has a use, and is given what it asks for."""

from __future__ import annotations

import ast
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import bot.store
from bot.ports import Account
from bot.store.sqlite import prepare
from bot.store.store import Store
from bot.store.units import migrations, statements
from tests.support.builders import queued, request
from tests.unit.store.conftest import Look

SOURCES = sorted(Path(bot.store.__path__[0]).glob("*.py"))


def trees() -> Iterator[ast.Module]:
    return (ast.parse(source.read_text("utf-8")) for source in SOURCES)


def calls() -> list[tuple[str, frozenset[str]]]:
    """(statement, names of its parameters) of every `do` and `one`; with a name "**" where more are handed on."""
    return [
        (node.args[0].value, frozenset(keyword.arg or "**" for keyword in node.keywords))
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("do", "one")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]


def parameters(sql: str) -> frozenset[str]:
    return frozenset(re.findall(r":(\w+)", re.sub(r"--.*", "", sql)))


@pytest.mark.parametrize("name", sorted(statements()))
def test_a_statement_is_valid(name: str) -> None:
    sql = statements()[name]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        prepare(raw, None)
        assert list(raw.execute(f"EXPLAIN {sql}", dict.fromkeys(parameters(sql))))


def test_no_statement_is_dead() -> None:
    named = {node.value for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert set(statements()) - named == set()


@pytest.mark.parametrize(("name", "given"), sorted(set(calls()), key=str))
def test_a_statement_is_given_what_it_asks_for(name: str, given: frozenset[str]) -> None:
    asked_for = parameters(statements()[name])
    assert given - {"**"} <= asked_for
    assert given == asked_for or "**" in given


def test_there_are_calls_to_look_at() -> None:
    assert len(calls()) > 50


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


async def test_what_members_write_is_stored_without_nul_which_postgresql_refuses(
    store: Store, mine: Account, look: Look
) -> None:
    job = await queued(store, mine, request=request("a\0cat"))
    (row,) = look("SELECT * FROM jobs")
    assert not [name for name, value in row.items() if isinstance(value, str) and "\0" in value]
    assert job.request.prompt == "a\0cat", "it is escaped, and so not lost"
