"""The export: two tables, of as many days as were asked for, and no more of them in memory than Discord takes."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import pytest

from bot.domain.audit import GenerationRecord
from bot.domain.days import Span
from bot.domain.usage import Grouping, Tally
from bot.errors import StoreDown
from bot.ports import Account
from bot.services.exporting import EVERYTHING, PAGE_ROWS, Exporting
from bot.store.store import Store, assemble
from bot.ui.export import CHANGES, GENERATIONS
from bot.ui.messages import Generated
from tests.support.builders import BEGAN_AT, ENDLESS, GUILD, MODERATOR, WIDE, account, queued, request, sets
from tests.support.fakes import AtOnce, HandClock, RotSealer
from tests.unit.ui.test_export import RECORD

PLENTY_BYTES = 10 * 1024**2
DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Office:
    clock: HandClock
    driver: AtOnce
    store: Store
    mine: Account
    exporting: Exporting


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    clock, driver = HandClock(), AtOnce()
    store = await assemble(driver, clock, RotSealer(), "me", ENDLESS)
    mine = account(await store.accounts.enter("meigen", "fingerprint-1"), WIDE)
    yield Office(clock, driver, store, mine, Exporting(store.guilds, store.seeing, clock))
    await driver.close()


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def tables(files: Sequence[Generated]) -> dict[str, list[dict[str, str]]]:
    if len(files) > 1:
        return {file.filename: table(file.content) for file in files}
    with zipfile.ZipFile(io.BytesIO(files[0].content)) as archive:
        return {name: table(archive.read(name)) for name in archive.namelist()}


async def test_all_of_a_guild_newest_first(office: Office) -> None:
    for number in range(PAGE_ROWS + 3):
        office.clock.at += 1
        await queued(office.store, office.mine, request=request(f"cat {number}"))
    await queued(office.store, office.mine, guild_id=GUILD + 1)
    await sets(office.store, cooldown_seconds=5)
    await sets(office.store, guild_id=GUILD + 1, cooldown_seconds=5)
    export = await office.exporting.export(GUILD, EVERYTHING, PLENTY_BYTES)
    assert [file.filename for file in export.files] == [GENERATIONS, CHANGES]
    found = tables(export.files)
    assert [row["prompt"] for row in found[GENERATIONS]] == [
        f"cat {number}" for number in reversed(range(PAGE_ROWS + 3))
    ]
    assert [(row["member"], row["from"], row["to"]) for row in found[CHANGES]] == [(f"<@{MODERATOR}>", "0", "5")]
    assert (export.generations, export.changes, export.is_cut) == (PAGE_ROWS + 3, 1, False)


async def test_days_begin_by_the_guilds_clock(office: Office) -> None:
    """It began at 08:00 in UTC; on the other side of the world it is nine in the evening of the day before."""
    await sets(office.store, time_zone="Pacific/Pago_Pago")
    for hours in (-33, -22, -21, 0):
        office.clock.at = BEGAN_AT + hours * 3600
        await queued(office.store, office.mine, request=request(f"{hours}"))
        await sets(office.store, cooldown_seconds=100 + hours)
    office.clock.at = BEGAN_AT
    found = tables((await office.exporting.export(GUILD, 1, PLENTY_BYTES)).files)
    assert [row["prompt"] for row in found[GENERATIONS]] == ["0", "'-21"]
    assert [row["to"] for row in found[CHANGES]][:2] == ["100", "79"]
    found = tables((await office.exporting.export(GUILD, 2, PLENTY_BYTES)).files)
    assert [row["prompt"] for row in found[GENERATIONS]] == ["0", "'-21", "'-22", "'-33"]
    assert found[GENERATIONS][0]["asked at"].endswith("-11:00")


@pytest.mark.parametrize(("days", "rows"), [(7, 1), (30, 2), (90, 3), (EVERYTHING, 4)])
async def test_only_so_many_days(days: int, rows: int, office: Office) -> None:
    for age_days in (200, 60, 20, 3):
        office.clock.at = BEGAN_AT - age_days * DAY_SECONDS
        await queued(office.store, office.mine)
        await sets(office.store, cooldown_seconds=age_days)
    office.clock.at = BEGAN_AT
    export = await office.exporting.export(GUILD, days, PLENTY_BYTES)
    assert (export.generations, export.changes) == (rows, rows)


async def test_a_guild_without_anything_gets_empty_tables(office: Office) -> None:
    export = await office.exporting.export(GUILD, 7, PLENTY_BYTES)
    assert tables(export.files) == {GENERATIONS: [], CHANGES: []}
    assert not export.is_cut


async def test_a_store_that_fails_is_told(office: Office) -> None:
    office.driver.is_down = True
    with pytest.raises(StoreDown):
        await office.exporting.export(GUILD, 7, PLENTY_BYTES)


# ---------------------------------------------------------------- much


class Endless:
    """A guild that has asked for very much, as unlike as noise; each page is made when it is asked for."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.told = 0

    async def tallies(self, guild_id: int, grouping: Grouping, span: Span) -> dict[str, Tally]:
        raise NotImplementedError

    async def generations(
        self, guild_id: int, since: float, before: GenerationRecord | None, count: int
    ) -> Sequence[GenerationRecord]:
        first = self._rows if before is None else before.id - 1
        page = [self._record(number) for number in range(first, max(0, first - count), -1)]
        self.told += len(page)
        return page

    def _record(self, number: int) -> GenerationRecord:
        prompt = " ".join(f"{number * salt % 1_000_003:x}" for salt in range(7, 57))
        return replace(RECORD, id=number, asked_at=BEGAN_AT + number, prompt=prompt)


async def test_what_is_too_large_is_the_newest_that_fits_and_is_never_all_in_memory(office: Office) -> None:
    endless = Endless(100_000)
    limit_bytes = 300_000
    tracemalloc.start()
    try:
        export = await Exporting(office.store.guilds, endless, office.clock).export(GUILD, EVERYTHING, limit_bytes)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (file,) = export.files
    assert limit_bytes * 0.7 < len(file.content) <= limit_bytes
    rows = tables(export.files)[GENERATIONS]
    assert [row["request"] for row in rows] == [f"#{100_000 - number}" for number in range(export.generations)]
    assert export.is_cut
    assert endless.told < 5 * export.generations, "what cannot fit is not read"
    assert peak_bytes < 8_000_000


async def test_what_just_fits_once_packed_is_not_cut(office: Office) -> None:
    export = await Exporting(office.store.guilds, Endless(500), office.clock).export(GUILD, EVERYTHING, 150_000)
    assert [file.filename for file in export.files] == ["easel-export.zip"]
    assert (export.generations, export.is_cut) == (500, False)
