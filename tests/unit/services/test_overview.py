"""The report: days and hours by the guild's clock, the ten who used most and the others, and no chart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bot.domain.catalog import Medium
from bot.domain.charts import Chart, Column
from bot.domain.days import day_of
from bot.domain.usage import TOP, Grouping, Tally
from bot.errors import StoreDown
from bot.ports import Account
from bot.services.catalogue import Catalogue
from bot.services.overview import PERIODS, Overview
from bot.store.store import Store, assemble
from tests.support.builders import BEGAN_AT, ENDLESS, GUILD, MEMBER, WIDE, account, queued, request, sets
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer

DAY_SECONDS, HOUR_SECONDS = 86_400.0, 3600.0
ASKER = 99


@dataclass
class FakeCharts:
    drawn: list[Chart] = field(default_factory=list)
    error: Exception | None = None

    async def draw(self, chart: Chart) -> bytes:
        if self.error is not None:
            raise self.error
        self.drawn.append(chart)
        return b"png"


@dataclass(frozen=True)
class Office:
    clock: HandClock
    driver: AtOnce
    store: Store
    mine: Account
    charts: FakeCharts
    overview: Overview


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    clock, driver, charts = HandClock(), AtOnce(), FakeCharts()
    store = await assemble(driver, clock, RotSealer(), "me", ENDLESS)
    mine = account(await store.accounts.enter("meigen", "fingerprint-1"), WIDE)
    catalogue = Catalogue([FakeProvider(clock)], store.asking, clock)
    await catalogue.refresh()
    overview = Overview(store.guilds, store.seeing, charts, catalogue, clock)
    yield Office(clock, driver, store, mine, charts, overview)
    await driver.close()


async def test_today_is_told_by_the_hour(office: Office) -> None:
    began_at = day_of(BEGAN_AT, "UTC").began_at
    for hour in (0, 5, 5, 8):
        office.clock.at = began_at + hour * HOUR_SECONDS
        await queued(office.store, office.mine)
    office.clock.at = began_at - 1
    await queued(office.store, office.mine)
    office.clock.at = BEGAN_AT
    report = await office.overview.report(GUILD, ASKER, 1, Grouping.MEMBER)
    assert len(report.bars) == 24
    assert {(bar.began_at - began_at) / HOUR_SECONDS: bar.credits for bar in report.bars if bar.credits} == {
        0: 5,
        5: 10,
        8: 5,
    }
    assert report.total == Tally(requests=4, pictures=4, held_credits=20)
    assert (report.user_id, report.days, report.time_zone) == (ASKER, 1, "UTC")


@pytest.mark.parametrize("days", PERIODS[1:])
async def test_days_are_told_one_by_one_and_add_up(days: int, office: Office) -> None:
    for age in (0, 1, days - 1, days):
        office.clock.at = BEGAN_AT - age * DAY_SECONDS
        await queued(office.store, office.mine)
    office.clock.at = BEGAN_AT
    report = await office.overview.report(GUILD, ASKER, days, Grouping.OUTCOME)
    assert len(report.bars) == days
    assert [number for number, bar in enumerate(report.bars) if bar.credits] == [0, days - 2, days - 1]
    assert report.total.used_credits == sum(bar.credits for bar in report.bars) == 15


async def test_days_are_the_guilds_own(office: Office) -> None:
    await queued(office.store, office.mine)
    await sets(office.store, time_zone="Asia/Tokyo")
    office.clock.at = BEGAN_AT + 8 * HOUR_SECONDS  # in Tokyo it is past midnight
    today = await office.overview.report(GUILD, ASKER, 1, Grouping.MEMBER)
    assert (today.total.requests, today.time_zone) == (0, "Asia/Tokyo")
    week = await office.overview.report(GUILD, ASKER, 7, Grouping.MEMBER)
    assert [bar.credits for bar in week.bars] == [0, 0, 0, 0, 0, 5, 0]


async def test_the_day_on_which_the_clock_is_put_back_has_25_hours(office: Office) -> None:
    await sets(office.store, time_zone="Europe/Berlin")
    office.clock.at = datetime(2026, 10, 25, 12, tzinfo=UTC).timestamp()
    report = await office.overview.report(GUILD, ASKER, 1, Grouping.MEMBER)
    assert len(report.bars) == 25
    assert len({bar.began_at for bar in report.bars}) == 25


async def test_the_ten_who_used_most_are_named_and_the_rest_is_summed_up(office: Office) -> None:
    for number in range(TOP + 3):
        await queued(office.store, office.mine, user_id=MEMBER + number, reserved_credits=10 + number)
    report = await office.overview.report(GUILD, ASKER, 7, Grouping.MEMBER)
    assert [each.key for each in report.top] == [str(MEMBER + number) for number in reversed(range(3, TOP + 3))]
    assert (report.rest_count, report.rest) == (3, Tally(requests=3, pictures=3, held_credits=10 + 11 + 12))
    assert report.total.held_credits == sum(each.tally.held_credits for each in report.top) + report.rest.held_credits


async def test_models_have_their_names_and_retired_ones_none(office: Office) -> None:
    await queued(office.store, office.mine)
    await queued(office.store, office.mine, request=request(model_id="old-1", medium=Medium.VIDEO), reserved_credits=9)
    report = await office.overview.report(GUILD, ASKER, 7, Grouping.MODEL)
    assert [each.key for each in report.top] == ["old-1", "swift-1"]
    assert report.names == {"swift-1": "Swift One"}


async def test_another_guild_has_used_nothing(office: Office) -> None:
    await queued(office.store, office.mine)
    report = await office.overview.report(GUILD + 1, ASKER, 30, Grouping.MEMBER)
    assert (report.total, report.top, report.rest_count) == (Tally(), (), 0)


async def test_a_store_that_fails_is_told(office: Office) -> None:
    office.driver.is_down = True
    with pytest.raises(StoreDown):
        await office.overview.report(GUILD, ASKER, 1, Grouping.MEMBER)


async def test_without_a_chart_there_are_figures_all_the_same(office: Office) -> None:
    chart = Chart("a", (Column("b", 1),))
    assert await office.overview.picture(chart) == b"png"
    office.charts.error = OSError("no font")
    assert await office.overview.picture(chart) is None
