"""SQLite: one connection, one writer, every commit on the disk before it counts."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import math
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.errors import StoreDown, StoreTooNew
from bot.store.lock import hold_lock, release_lock
from bot.store.units import Row, Statement, Unit, drive, migrations, statements

T = TypeVar("T")

BATCH_UNITS = 256
BACKUPS_KEPT = 2
BUSY_SECONDS = 2.0
"""How long a unit may wait for somebody who holds the database: a member is owed an answer within three seconds."""
STILL_BUSY_SECONDS = 0.1
"""The same once a unit has waited in vain: an answer may need several of them."""
FAULTS_OF_A_UNIT = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)
"""A statement that the database refuses for what it says; all other errors are of the database itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A unit that waits for its commit; `give_up_at` is of the loop's time."""

    unit: Callable[[], Unit[Any]]
    answer: asyncio.Future[Any]
    give_up_at: float


class SqliteDriver:
    """Units that wait at the same time share one commit, each in a savepoint of its own: one disk sync for all."""

    def __init__(self, connection: aiosqlite.Connection, lock: int | None, busy_seconds: float = BUSY_SECONDS) -> None:
        self._connection = connection
        self._lock = lock
        self._busy_seconds = busy_seconds
        self._is_down = False
        self._waiting: list[Asked] = []
        self._arrived = asyncio.Event()
        self._closing = False
        self._worker = asyncio.create_task(self._work(), name="store")

    @classmethod
    async def open(
        cls, path: Path, lock_patience_seconds: float = 30.0, busy_seconds: float = BUSY_SECONDS
    ) -> SqliteDriver:
        """Take the lock file, open the database (made if absent) and bring its schema up to date.

        Raises StoreHeld, StoreTooNew, StoreDown.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = await hold_lock(path.with_name(path.name + ".lock"), lock_patience_seconds)
        except OSError as error:
            raise StoreDown(f"{path}: {error.strerror}") from error
        try:
            connection = await aiosqlite.connect(path, isolation_level=None)
            try:
                await _in_thread(connection, prepare, path)
            except BaseException:
                await connection.close()
                raise
        except sqlite3.Error as error:
            release_lock(lock)
            raise StoreDown(f"{path}: {error}") from error
        except BaseException:
            release_lock(lock)
            raise
        return cls(connection, lock, busy_seconds)

    async def run(self, unit: Callable[[], Unit[T]]) -> T:
        if self._closing:
            raise StoreDown("closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.append(Asked(unit, answer, loop.time() + self._busy_seconds))
        self._arrived.set()
        return await answer

    async def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._arrived.set()
        await self._worker
        await self._connection.close()
        if self._lock is not None:
            release_lock(self._lock)

    async def _work(self) -> None:
        while self._waiting or not self._closing:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH_UNITS], self._waiting[BATCH_UNITS:]
                outcomes = await self._outcomes(batch)
                self._is_down = all(isinstance(outcome, StoreDown) for outcome in outcomes)
                for asked, outcome in zip(batch, outcomes, strict=True):
                    _settle(asked.answer, outcome)

    async def _outcomes(self, batch: Sequence[Asked]) -> list[Any]:
        # One that waited while an earlier batch did has that much less left.
        left_seconds = batch[0].give_up_at - asyncio.get_running_loop().time()
        patience_seconds = min(left_seconds, STILL_BUSY_SECONDS) if self._is_down else left_seconds
        units = [asked.unit for asked in batch]
        try:
            return await _in_thread(self._connection, run_patiently, units, patience_seconds)
        except Exception as error:  # noqa: BLE001  whatever it is, nobody may wait for ever
            return [StoreDown(repr(error)) for _ in batch]


async def _in_thread(connection: aiosqlite.Connection, function: Callable[..., T], *arguments: object) -> T:
    # aiosqlite offers single statements only; a whole transaction in one hop needs its queue itself. The version is
    # pinned to the minor, and test_sqlite.py would tell.
    execute: Callable[..., Awaitable[T]] = connection._execute  # noqa: SLF001  see above
    return await execute(function, connection._conn, *arguments)  # noqa: SLF001  see above


def _settle(answer: asyncio.Future[Any], outcome: object) -> None:
    if answer.done():
        return
    if isinstance(outcome, BaseException):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


def run_patiently(
    raw: sqlite3.Connection, units: Sequence[Callable[[], Unit[Any]]], patience_seconds: float
) -> list[Any]:
    """`run_batch`, waiting that long for somebody else's transaction to end."""
    raw.execute(f"PRAGMA busy_timeout = {max(0, round(1000 * patience_seconds))}")
    return run_batch(raw, units)


def run_batch(raw: sqlite3.Connection, units: Sequence[Callable[[], Unit[Any]]]) -> list[Any]:
    """Run units in one commit; each one's result or exception, in order."""
    try:
        raw.execute("BEGIN IMMEDIATE")
        outcomes = [_run_in_savepoint(raw, unit) for unit in units]
        raw.execute("COMMIT")
    except sqlite3.Error as error:
        with contextlib.suppress(sqlite3.Error):
            raw.execute("ROLLBACK")
        return [StoreDown(str(error)) for _ in units]
    return outcomes


def _run_in_savepoint(raw: sqlite3.Connection, unit: Callable[[], Unit[Any]]) -> object:
    raw.execute("SAVEPOINT unit")
    try:
        outcome: object = drive(unit(), lambda statement: _execute(raw, statement))
    except Exception as error:
        if isinstance(error, sqlite3.Error) and not isinstance(error, FAULTS_OF_A_UNIT):
            raise
        # It belongs to the one who asked, not to the batch.
        raw.execute("ROLLBACK TO unit")
        outcome = error
    raw.execute("RELEASE unit")
    return outcome


def _execute(raw: sqlite3.Connection, statement: Statement) -> list[Row]:
    cursor = raw.execute(statements()[statement.name], dict(statement.parameters))
    if cursor.description is None:
        return []
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, values, strict=True)) for values in cursor]


def prepare(raw: sqlite3.Connection, path: Path | None, steps: Sequence[tuple[int, str]] | None = None) -> None:
    """Set the connection up and migrate. Raises StoreTooNew.

    `path` None: in memory, nothing to back up. `steps` are (version, script) in order; None: all that there are.
    """
    steps = migrations() if steps is None else steps
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute("PRAGMA foreign_keys = ON")
    # What members want forgotten is overwritten, as far as that costs no write of its own.
    raw.execute("PRAGMA secure_delete = FAST")
    raw.execute("PRAGMA busy_timeout = 5000")
    raw.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
    found = raw.execute("SELECT COALESCE(MAX(version), 0) FROM schema_version").fetchone()[0]
    known = steps[-1][0]
    if found > known:
        raise StoreTooNew(found, known)
    if path is not None and 0 < found < known:
        _back_up(raw, path, found)
    for version, script in steps:
        if version > found:
            _migrate(raw, version, script)


def _migrate(raw: sqlite3.Connection, version: int, script: str) -> None:
    try:
        noted = f"INSERT INTO schema_version VALUES ({version:d})"  # noqa: S608  a number from our own file name
        raw.executescript(f"BEGIN IMMEDIATE; {script}; {noted}; COMMIT;")
    except sqlite3.Error:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


def size_bytes(path: Path) -> int:
    """Of all files that belong to a database: its own, its log, its backups."""
    return sum(_size_bytes(file) for file in path.parent.glob(f"{glob.escape(path.name)}*"))


def _size_bytes(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        # A backup that has just made way for another.
        return 0


def prune_backups(path: Path, before: float) -> int:
    """Remove the backups that were made earlier (epoch seconds), and with them words that nobody keeps any more."""
    old = [file for file in path.parent.glob(f"{glob.escape(path.name)}.before-*.bak") if _made_at(file) < before]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


def _made_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return math.inf


def _back_up(raw: sqlite3.Connection, path: Path, version: int) -> None:
    backup = path.with_name(f"{path.name}.before-{version + 1:04d}.bak")
    backup.unlink(missing_ok=True)
    raw.execute("VACUUM INTO ?", (str(backup),))
    for old in sorted(path.parent.glob(f"{path.name}.before-*.bak"))[:-BACKUPS_KEPT]:
        old.unlink()
