"""Opening: one process at a time, schemas old and new, backups before anything changes."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreDown, StoreHeld, StoreTooNew
from bot.store.sqlite import BACKUPS_KEPT, SqliteDriver, prepare, prune_backups
from bot.store.units import migrations
from tests.support.builders import BEGAN_AT
from tests.unit.store.conftest import Look

KNOWN = migrations()[-1][0]
STEPS = [(n, f"CREATE TABLE step_{n} (x BIGINT)") for n in range(1, 6)]

HOLDER = """
import asyncio, sys
from pathlib import Path
from bot.store.sqlite import SqliteDriver

async def hold():
    await SqliteDriver.open(Path(sys.argv[1]), 0.0)
    print("open", flush=True)
    await asyncio.sleep(60)

asyncio.run(hold())
"""


@pytest.fixture
def rubbish(path: Path) -> Path:
    path.write_bytes(b"not a database at all" * 100)
    return path


async def open_and_close(path: Path, patience_seconds: float = 0.0) -> None:
    await (await SqliteDriver.open(path, patience_seconds)).close()


def upgrade(path: Path, known: int) -> None:
    """What an Easel that knows so many steps does at its start."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        prepare(raw, path, STEPS[:known])


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as raw:
        names = raw.execute("SELECT name FROM sqlite_master WHERE name LIKE 'step_%'")
        return {name for (name,) in names}


async def test_a_new_file_gets_the_whole_schema_and_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "easel.db"
    await open_and_close(path)
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT version FROM schema_version").fetchall() == [(n,) for n, _ in migrations()]


async def test_opening_again_changes_nothing(path: Path, look: Look) -> None:
    await open_and_close(path)
    before = look("SELECT name, sql FROM sqlite_master")
    await open_and_close(path)
    assert look("SELECT name, sql FROM sqlite_master") == before
    assert not list(path.parent.glob("*.bak"))


async def test_a_second_opener_is_told_who_holds_it(path: Path) -> None:
    first = await SqliteDriver.open(path, 0.0)
    with pytest.raises(StoreHeld) as held:
        await SqliteDriver.open(path, 0.05)
    assert str(os.getpid()) in held.value.holder
    assert held.value.path.startswith(str(path))
    await first.close()


async def test_a_second_opener_waits_for_the_first_to_end(path: Path) -> None:
    first = await SqliteDriver.open(path, 0.0)
    second = asyncio.create_task(SqliteDriver.open(path, 10.0))
    await asyncio.sleep(0)
    await first.close()
    await (await second).close()


async def test_an_opener_that_gives_up_waiting_holds_nothing(path: Path) -> None:
    first = await SqliteDriver.open(path, 0.0)
    second = asyncio.create_task(SqliteDriver.open(path, 10.0))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    await first.close()
    await open_and_close(path)


async def test_a_process_that_dies_frees_the_database(path: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"open\n"
    with pytest.raises(StoreHeld, match=str(holder.pid)):
        await SqliteDriver.open(path, 0.0)
    holder.send_signal(signal.SIGKILL)
    await holder.wait()
    await open_and_close(path, 5.0)


async def test_a_database_of_a_newer_easel_is_left_alone(path: Path) -> None:
    await open_and_close(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("INSERT INTO schema_version VALUES (?)", (KNOWN + 1,))
    with pytest.raises(StoreTooNew) as too_new:
        await SqliteDriver.open(path, 0.0)
    assert (too_new.value.found, too_new.value.known) == (KNOWN + 1, KNOWN)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DELETE FROM schema_version WHERE version > ?", (KNOWN,))
    await open_and_close(path)  # and the lock was let go


async def test_a_file_that_is_no_database_is_told_and_let_go(rubbish: Path) -> None:
    for _ in range(2):
        with pytest.raises(StoreDown, match="not a database"):
            await SqliteDriver.open(rubbish, 0.0)


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreDown):
        await SqliteDriver.open(tmp_path / "file" / "easel.db", 0.0)


def test_steps_are_taken_one_after_another(path: Path) -> None:
    upgrade(path, 1)
    upgrade(path, 3)
    assert tables(path) == {"step_1", "step_2", "step_3"}


def test_before_a_step_the_database_is_copied(path: Path) -> None:
    upgrade(path, 1)
    upgrade(path, 2)
    (backup,) = path.parent.glob("*.bak")
    assert tables(backup) == {"step_1"}


def test_two_backups_are_kept(path: Path) -> None:
    for known in (1, 2, 3, 4, 5):
        upgrade(path, known)
    backups = sorted(path.parent.glob("*.bak"))
    assert len(backups) == BACKUPS_KEPT == 2
    assert tables(backups[-1]) == {"step_1", "step_2", "step_3", "step_4"}


def test_a_backup_that_was_interrupted_is_made_anew(path: Path) -> None:
    upgrade(path, 1)
    path.with_name(f"{path.name}.before-0002.bak").write_bytes(b"half")
    upgrade(path, 2)
    (backup,) = path.parent.glob("*.bak")
    assert tables(backup) == {"step_1"}


def test_a_step_that_fails_leaves_the_schema_as_it_was(path: Path) -> None:
    upgrade(path, 1)
    bad = [*STEPS[:1], (2, "CREATE TABLE step_2 (x BIGINT); INSERT INTO nowhere VALUES (1);")]
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        with pytest.raises(sqlite3.Error, match="nowhere"):
            prepare(raw, path, bad)
        assert not raw.in_transaction
        assert raw.execute("SELECT MAX(version) FROM schema_version").fetchone() == (1,)
    assert tables(path) == {"step_1"}
    upgrade(path, 2)
    assert tables(path) == {"step_1", "step_2"}


async def test_a_backup_is_kept_no_longer_than_the_words_in_it(path: Path) -> None:
    backups = [path.with_name(f"{path.name}.before-{number:04d}.bak") for number in (2, 3)]
    for backup, made_at in zip(backups, (BEGAN_AT - 100, BEGAN_AT), strict=True):
        backup.write_bytes(b"old words")
        os.utime(backup, (made_at, made_at))
    assert prune_backups(path, BEGAN_AT - 50) == 1
    assert [backup.exists() for backup in backups] == [False, True]
    assert prune_backups(path, BEGAN_AT - 50) == 0
