"""A store on a real file, its clock in the test's hand."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.ports import Account
from bot.store.store import Store, open_store
from tests.support.builders import ENDLESS, WIDE, account
from tests.support.fakes import HandClock, RotSealer

Look = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "easel.db"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def store(path: Path, clock: HandClock) -> AsyncIterator[Store]:
    async with open_store(path, clock, RotSealer(), "me", 0.0, ENDLESS) as opened:
        yield opened


@pytest.fixture
async def mine(store: Store) -> Account:
    """An account of 12 a minute, four at once."""
    return account(await store.accounts.enter("meigen", "fingerprint-1"))


@pytest.fixture
async def wide(store: Store) -> Account:
    """An account whose gate is never in the way."""
    return account(await store.accounts.enter("meigen", "fingerprint-2"), WIDE)


@pytest.fixture
def look(path: Path) -> Look:
    """Rows as they stand on the disk, by a connection of the test's own."""

    def rows(sql: str, *parameters: object) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(path)) as raw:
            raw.row_factory = sqlite3.Row
            return [dict(row) for row in raw.execute(sql, parameters)]

    return rows


@pytest.fixture
def queued_ids(look: Look) -> Callable[[], list[int]]:
    """Of the jobs in the line, as they stand on the disk."""
    return lambda: [row["id"] for row in look("SELECT id FROM jobs WHERE state = 'queued' ORDER BY id")]
