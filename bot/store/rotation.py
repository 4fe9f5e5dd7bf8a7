"""Everything that is sealed, sealed anew: batch by batch, so that it can be broken off and begun again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import VaultError
from bot.store.units import Driver, Row, Unit, do

BATCH_ROWS = 500

Rotate = Callable[[str], str]
"""The same value, sealed with the newest key. Raises VaultError."""

TOKENS = (("sealed_tokens", "reseal_token"),)
LINKS = (
    ("sealed_references", "reseal_references"),
    ("sealed_media", "reseal_media"),
    ("sealed_drafts", "reseal_draft"),
)
"""Statements that read and that write a column."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many values were sealed anew, and how many no key at hand opens: these are left as they are."""

    keys: int
    tokens: int
    links: int
    locked: int


class RotationStore:
    """For the operator's command; nothing else may be at work."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def reseal(self, rotate: Rotate) -> Resealed:
        """Raises StoreDown; what was done until then stays done."""
        keys, locked_keys = await self._driver.run(lambda: _reseal_keys(rotate))
        tokens, locked_tokens = await self._reseal_columns(TOKENS, rotate)
        links, locked_links = await self._reseal_columns(LINKS, rotate)
        return Resealed(keys, tokens, links, locked_keys + locked_tokens + locked_links)

    async def _reseal_columns(self, columns: Sequence[tuple[str, str]], rotate: Rotate) -> tuple[int, int]:
        done = locked = 0
        for read, write in columns:
            after: int | None = 0
            while after is not None:
                batch = await self._driver.run(lambda: _reseal_batch(read, write, after, rotate))  # noqa: B023  run now
                done, locked, after = done + batch.done, locked + batch.locked, batch.last_id
        return done, locked


@dataclass(frozen=True, slots=True)
class _Batch:
    """`last_id` is None after the last one."""

    done: int
    locked: int
    last_id: int | None


def _reseal_batch(read: str, write: str, after: int | None, rotate: Rotate) -> Unit[_Batch]:
    rows = yield from do(read, after=after, count=BATCH_ROWS)
    done = 0
    for row in rows:
        sealed = _rotated(row["sealed"], rotate)
        if sealed is not None:
            done += 1
            yield from do(write, id=row["id"], sealed=sealed)
    return _Batch(done, len(rows) - done, rows[-1]["id"] if len(rows) == BATCH_ROWS else None)


def _reseal_keys(rotate: Rotate) -> Unit[tuple[int, int]]:
    """All of them at once: there is one for a guild and an upstream."""
    rows: Sequence[Row] = yield from do("guild_keys")
    done = 0
    for row in rows:
        sealed = _rotated(row["sealed_key"], rotate)
        if sealed is not None:
            done += 1
            yield from do("reseal_guild_key", guild_id=row["guild_id"], provider=row["provider"], sealed=sealed)
    return done, len(rows) - done


def _rotated(sealed: str, rotate: Rotate) -> str | None:
    try:
        return rotate(sealed)
    except VaultError:
        return None
