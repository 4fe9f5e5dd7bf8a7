"""A transaction as a plain generator: it yields statements and is sent rows.

Nothing in it knows a driver. SQLite runs one to its end in a single hop to its thread, the simulation in place; so it
can neither interleave with another nor be half cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

Row = Mapping[str, Any]
Rows = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Statement:
    """A named statement of `sql/*.sql` and its parameters."""

    name: str
    parameters: Mapping[str, object]


Unit = Generator[Statement, Rows, T]


class Driver(Protocol):
    """Runs units, each as one transaction, strictly one after another."""

    async def run(self, unit: Callable[[], Unit[T]]) -> T:
        """The unit's result, once committed. Its exceptions undo it. Raises StoreDown where the database fails."""
        ...

    async def close(self) -> None:
        """Finish what was asked for, then let go."""
        ...


def drive(unit: Unit[T], execute: Callable[[Statement], Rows]) -> T:
    """Run a unit to its end."""
    try:
        statement = next(unit)
        while True:
            statement = unit.send(execute(statement))
    except StopIteration as stop:
        result: T = stop.value
        return result


def do(name: str, /, **parameters: object) -> Unit[Rows]:
    """One statement; its rows."""
    return (yield Statement(name, parameters))


def one(name: str, /, **parameters: object) -> Unit[Row | None]:
    """One statement; its first row, or None."""
    rows = yield Statement(name, parameters)
    return rows[0] if rows else None


@cache
def statements() -> Mapping[str, str]:
    """Every named statement of the SQL files: a block begins with `-- name: …`."""
    found: dict[str, str] = {}
    for file in files("bot.store.sql").iterdir():
        if file.name.endswith(".sql") and not file.name[0].isdigit():
            for block in file.read_text("utf-8").split("-- name: ")[1:]:
                name, _, text = block.partition("\n")
                if name.strip() in found:
                    raise ValueError(f"two statements are named {name.strip()}")
                found[name.strip()] = text.strip().rstrip(";")
    return found


@cache
def migrations() -> Sequence[tuple[int, str]]:
    """(version, script) of every numbered SQL file, in order."""
    scripts = [file for file in files("bot.store.sql").iterdir() if file.name[0].isdigit()]
    return sorted((int(file.name.partition("_")[0]), file.read_text("utf-8")) for file in scripts)
