"""The driver: what is committed, together and apart; full disks; callers that go away."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreDown, StoreError
from bot.store.sqlite import BATCH_UNITS, BUSY_SECONDS, STILL_BUSY_SECONDS, SqliteDriver, size_bytes
from bot.store.units import Row, Unit, do, one
from tests.unit.store.conftest import Look


@pytest.fixture
async def driver(path: Path) -> AsyncIterator[SqliteDriver]:
    opened = await SqliteDriver.open(path, 0.0)
    yield opened
    await opened.close()


def kept(key: str, body: str = "x") -> Unit[str]:
    yield from do("save_document", key=key, body=body, now=1.0)
    return key


def broken(key: str) -> Unit[None]:
    """Fails after it has written."""
    yield from kept(key)
    raise LookupError(key)


def unlawful() -> Unit[None]:
    """The database itself refuses it: there is no such job."""
    yield from kept("unlawful")
    yield from do("insert_event", id=1, job_id=404, at=1.0, from_state=None, to_state="queued", detail="")


async def save(driver: SqliteDriver, key: str, body: str = "x") -> str:
    return await driver.run(lambda: kept(key, body))


async def pragma(driver: SqliteDriver, name: str) -> Any:
    async with driver._connection.execute(f"PRAGMA {name}") as cursor:
        row = await cursor.fetchone()
    assert row is not None
    return row[0]


def keys(look: Look) -> set[str]:
    return {row["key"] for row in look("SELECT key FROM documents")}


async def test_every_commit_is_on_the_disk_before_it_counts(driver: SqliteDriver) -> None:
    assert await pragma(driver, "journal_mode") == "wal"
    assert await pragma(driver, "synchronous") == 2  # FULL
    assert await pragma(driver, "foreign_keys") == 1


async def test_a_unit_gives_its_result_and_stays(driver: SqliteDriver, look: Look) -> None:
    assert await save(driver, "a", "body") == "a"
    assert look("SELECT key, body, stored_at FROM documents") == [{"key": "a", "body": "body", "stored_at": 1.0}]


async def test_rows_come_as_mappings(driver: SqliteDriver) -> None:
    await save(driver, "a", "body")
    row: Row | None = await driver.run(lambda: one("document", key="a"))
    assert row == {"body": "body", "stored_at": 1.0}
    assert await driver.run(lambda: one("document", key="b")) is None


async def test_what_waits_together_shares_commits(driver: SqliteDriver, look: Look) -> None:
    seen: list[str] = []
    await driver._connection.set_trace_callback(seen.append)
    results = await asyncio.gather(*(save(driver, f"k{n}") for n in range(100)))
    assert results == [f"k{n}" for n in range(100)]
    assert len(keys(look)) == 100
    assert seen.count("COMMIT") == 1


async def test_a_commit_holds_no_more_than_so_many_units(driver: SqliteDriver) -> None:
    seen: list[str] = []
    await driver._connection.set_trace_callback(seen.append)
    await asyncio.gather(*(save(driver, f"k{n}") for n in range(BATCH_UNITS + 1)))
    assert seen.count("COMMIT") == 2


async def test_units_run_in_the_order_in_which_they_came(driver: SqliteDriver, look: Look) -> None:
    await asyncio.gather(*(save(driver, "same", str(n)) for n in range(50)))
    assert look("SELECT body FROM documents") == [{"body": "49"}]


async def test_a_unit_that_fails_is_undone_and_hurts_nobody(driver: SqliteDriver, look: Look) -> None:
    results = await asyncio.gather(
        save(driver, "before"), driver.run(lambda: broken("lost")), save(driver, "after"), return_exceptions=True
    )
    assert results[0] == "before"
    assert isinstance(results[1], LookupError)
    assert results[2] == "after"
    assert keys(look) == {"before", "after"}


async def test_a_unit_that_the_database_refuses_hurts_nobody(driver: SqliteDriver, look: Look) -> None:
    results = await asyncio.gather(
        save(driver, "before"), driver.run(unlawful), save(driver, "after"), return_exceptions=True
    )
    assert (results[0], results[2]) == ("before", "after")
    assert isinstance(results[1], Exception)
    assert not isinstance(results[1], StoreError), "trying again would not help"
    assert keys(look) == {"before", "after"}


async def test_a_unit_with_a_statement_that_is_not_there_hurts_nobody(driver: SqliteDriver, look: Look) -> None:
    results = await asyncio.gather(
        driver.run(lambda: do("no such statement")), save(driver, "after"), return_exceptions=True
    )
    assert isinstance(results[0], KeyError)
    assert keys(look) == {"after"}


async def test_a_full_disk_keeps_nothing_and_works_again_once_there_is_room(driver: SqliteDriver, look: Look) -> None:
    await save(driver, "before")
    pages = await pragma(driver, "page_count")
    await pragma(driver, f"max_page_count = {pages}")
    together = await asyncio.gather(
        save(driver, "small"), save(driver, "large", "x" * 500_000), save(driver, "late"), return_exceptions=True
    )
    assert [type(result) for result in together] == [StoreDown] * 3
    assert keys(look) == {"before"}
    await pragma(driver, f"max_page_count = {pages + 1000}")
    assert await save(driver, "large", "x" * 500_000) == "large"
    assert keys(look) == {"before", "large"}


@asynccontextmanager
async def locked(path: Path, busy_seconds: float) -> AsyncIterator[SqliteDriver]:
    """A driver whose database somebody else holds."""
    driver = await SqliteDriver.open(path, 0.0, busy_seconds)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield driver
    await driver.close()


async def test_a_database_that_is_locked_by_somebody_is_down_for_now(path: Path) -> None:
    async with locked(path, 0.01) as driver:
        with pytest.raises(StoreDown, match="locked"):
            await save(driver, "a")
    reopened = await SqliteDriver.open(path, 0.0)
    assert await save(reopened, "a") == "a"
    await reopened.close()


async def test_who_waits_behind_others_for_a_locked_database_waits_no_longer_than_they(path: Path) -> None:
    seen: list[str] = []
    async with locked(path, 0.2) as driver:
        await driver._connection.set_trace_callback(seen.append)
        first = asyncio.create_task(save(driver, "first"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second = asyncio.create_task(save(driver, "second"))
        results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [StoreDown] * 2
    patience = [int(text.rpartition(" ")[2]) for text in seen if text.startswith("PRAGMA busy_timeout")]
    assert len(patience) == 2, "one after the other"
    assert patience[1] < 100 < patience[0] <= 200, "milliseconds that are left"


async def test_once_somebody_waited_in_vain_the_next_wait_a_moment_only_until_it_works_again(path: Path) -> None:
    """Else two in a row, as an answer needs them, would take twice as long."""
    seen: list[str] = []
    async with locked(path, 0.3) as driver:
        await driver._connection.set_trace_callback(seen.append)
        for key in ("first", "second"):
            with pytest.raises(StoreDown, match="locked"):
                await save(driver, key)
    patience = [int(text.rpartition(" ")[2]) for text in seen if text.startswith("PRAGMA busy_timeout")]
    assert patience[0] > 200
    assert patience[1] <= 1000 * STILL_BUSY_SECONDS


async def test_after_a_success_the_patience_is_whole_again(path: Path) -> None:
    seen: list[str] = []
    driver = await SqliteDriver.open(path, 0.0, 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreDown, match="locked"):
            await save(driver, "lost")
        other.execute("ROLLBACK")
    driver._busy_seconds = 60.0
    await save(driver, "first")
    await driver._connection.set_trace_callback(seen.append)
    await save(driver, "second")
    await driver.close()
    (patience,) = [int(text.rpartition(" ")[2]) for text in seen if text.startswith("PRAGMA busy_timeout")]
    assert patience > 50_000


def test_nobody_waits_so_long_for_a_locked_database_that_discord_gives_up() -> None:
    assert BUSY_SECONDS <= 2.0


async def test_a_statement_that_fails_leaves_no_transaction_open(driver: SqliteDriver, look: Look) -> None:
    """After a full disk SQLite rolls back by itself; after other failures of its own it may not."""
    await driver._connection.execute("ALTER TABLE documents RENAME TO away")
    with pytest.raises(StoreDown, match="no such table"):
        await save(driver, "lost")
    await driver._connection.execute("ALTER TABLE away RENAME TO documents")
    assert await save(driver, "kept") == "kept"
    assert keys(look) == {"kept"}


async def test_a_database_that_is_locked_for_a_moment_is_waited_for(
    driver: SqliteDriver, path: Path, look: Look
) -> None:
    """As by a backup."""
    begun: list[str] = []
    await driver._connection.set_trace_callback(begun.append)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        saving = asyncio.create_task(save(driver, "a"))
        async with asyncio.timeout(5):
            while "BEGIN IMMEDIATE" not in begun:  # noqa: ASYNC110  SQLite's thread: there is no event
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert not saving.done()
        other.execute("ROLLBACK")
    assert await saving == "a"
    assert keys(look) == {"a"}


async def test_a_caller_that_goes_away_breaks_neither_worker_nor_transaction(driver: SqliteDriver, look: Look) -> None:
    gone = asyncio.create_task(save(driver, "gone"))
    stays = asyncio.create_task(save(driver, "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == "stays"
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert keys(look) == {"gone", "stays"}, "what was asked for is done, whole"
    assert await save(driver, "next") == "next"


async def test_a_caller_that_goes_away_from_a_failing_unit_breaks_nothing(driver: SqliteDriver) -> None:
    gone = asyncio.create_task(driver.run(lambda: broken("lost")))
    await asyncio.sleep(0)
    gone.cancel()
    assert await save(driver, "next") == "next"


async def test_closing_finishes_what_was_asked_for(path: Path, look: Look) -> None:
    driver = await SqliteDriver.open(path, 0.0)
    asked = [asyncio.create_task(save(driver, f"k{n}")) for n in range(5)]
    await asyncio.sleep(0)
    await driver.close()
    assert [await task for task in asked] == [f"k{n}" for n in range(5)]
    assert len(keys(look)) == 5


async def test_a_closed_driver_says_so(path: Path) -> None:
    driver = await SqliteDriver.open(path, 0.0)
    await driver.close()
    await driver.close()
    with pytest.raises(StoreDown, match="closed"):
        await save(driver, "late")


# ---------------------------------------------------------------- its room


async def test_the_room_of_a_database_is_that_of_all_its_files(path: Path, driver: SqliteDriver) -> None:
    await save(driver, "large", "x" * 100_000)
    path.with_name(f"{path.name}.before-0002.bak").write_bytes(b"x" * 50_000)
    path.with_name("key").write_bytes(b"x" * 1000)
    files = [file for file in path.parent.iterdir() if file.name != "key"]
    assert size_bytes(path) == sum(file.stat().st_size for file in files) > 150_000


def test_a_database_that_is_not_there_takes_no_room(tmp_path: Path) -> None:
    assert size_bytes(tmp_path / "nowhere" / "easel.db") == 0


def test_a_name_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "easel[1].db").write_bytes(b"xyz")
    (tmp_path / "easel1.db").write_bytes(b"x" * 1000)
    assert size_bytes(tmp_path / "easel[1].db") == 3
