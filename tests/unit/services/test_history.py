"""Pages of own jobs, with pictures as far as they can be had quickly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from bot.domain.catalog import Medium, Model
from bot.domain.history import HistoryEntry, Wanted
from bot.domain.jobs import Job
from bot.errors import MediaDown, MediaGone, StoreDown
from bot.ports import Account, MediaFile
from bot.services.catalogue import Catalogue
from bot.services.history import ENTRIES_SHOWN, PICTURE_SECONDS, QUEUE_SHOWN, Past
from bot.services.viewing import CardViews
from bot.store.store import Store, assemble
from tests.simulation.virtual_loop import LoopClock
from tests.support.builders import (
    GUILD,
    MEMBER,
    WIDE,
    account,
    completed,
    model,
    offered,
    queued,
    request,
    running,
)
from tests.support.fakes import AtOnce, FakeMedia, FakeProvider, RotSealer, virtually

URL = "https://img.test/1.png"
ALL = Wanted()


class Upstream(FakeProvider):
    async def models(self) -> tuple[Model, ...]:
        retired = model(id="swift-2", name="Swift Two", former_ids=("swift-old",), is_default=False)
        return (model(), retired, model(id="cinema-1", name="Cinema One", medium=Medium.VIDEO, is_default=False))


class SlowMedia(FakeMedia):
    """Takes its time where it has to fetch."""

    fetch_seconds = 0.0

    async def fetch(self, job_id: int, index: int, url: str, medium: Medium) -> MediaFile:
        await asyncio.sleep(self.fetch_seconds)
        return await super().fetch(job_id, index, url, medium)


@dataclass(slots=True)
class Desk:
    past: Past
    store: Store
    driver: AtOnce
    media: SlowMedia
    mine: Account

    async def finished(self, url: str = URL, **changes: Any) -> Job:
        job = await running(self.store, self.mine, **changes)
        ended = await self.store.watching.finish(job.id, completed(url))
        assert ended is not None
        return ended

    async def entry(self) -> HistoryEntry:
        (entry,) = (await self.past.page(MEMBER, ALL, 0)).entries
        return entry


@asynccontextmanager
async def open_desk() -> AsyncIterator[Desk]:
    clock, driver, media = LoopClock(), AtOnce(), SlowMedia()
    store = await assemble(driver, clock, RotSealer(), "me")
    mine = account(await store.accounts.enter("meigen", "f"), WIDE)
    catalogue = Catalogue([Upstream(clock)], store.asking, clock)
    await catalogue.refresh()
    views = CardViews(store.asking, store.guilds, catalogue, {mine.id: mine}, clock)
    yield Desk(Past(store.history, media, views, catalogue), store, driver, media, mine)


def with_desk(test: Callable[[Desk], Awaitable[None]]) -> Callable[[], None]:
    async def run() -> None:
        async with open_desk() as desk:
            await test(desk)

    def test_in_virtual_time() -> None:
        virtually(run)()

    return test_in_virtual_time


@with_desk
async def test_a_page_holds_a_few_and_knows_whether_there_are_more(desk: Desk) -> None:
    for number in range(ENTRIES_SHOWN + 1):
        await offered(desk.store, desk.mine, guild_id=GUILD + number)
    first, second = await desk.past.page(MEMBER, ALL, 0), await desk.past.page(MEMBER, ALL, 1)
    assert [len(page.entries) for page in (first, second)] == [ENTRIES_SHOWN, 1]
    assert [page.has_next for page in (first, second)] == [True, False]
    assert not (await desk.past.page(MEMBER, ALL, 2)).entries


@with_desk
async def test_a_picture_that_is_kept_is_shown_without_asking_anybody(desk: Desk) -> None:
    job = await desk.finished()
    await desk.media.fetch(job.id, 0, URL, Medium.IMAGE)
    desk.media.fetched.clear()
    assert (await desk.entry()).picture is not None
    assert not desk.media.fetched


@with_desk
async def test_a_picture_that_is_not_here_is_fetched(desk: Desk) -> None:
    await desk.finished()
    entry = await desk.entry()
    assert (entry.picture is not None, entry.is_gone, entry.model_name) == (True, False, "Swift One")


@with_desk
async def test_nobody_waits_long_for_pictures(desk: Desk) -> None:
    for number in range(3):
        await desk.finished(f"https://img.test/{number}.png", guild_id=GUILD + number)
    desk.media.fetch_seconds = 60.0
    began_at = asyncio.get_running_loop().time()
    page = await desk.past.page(MEMBER, ALL, 0)
    assert [entry.picture for entry in page.entries] == [None] * 3
    assert asyncio.get_running_loop().time() - began_at == pytest.approx(PICTURE_SECONDS, abs=0.5)


@with_desk
async def test_a_result_that_the_upstream_has_no_more_is_gone(desk: Desk) -> None:
    await desk.finished()
    desk.media.troubles[URL] = MediaGone()
    entry = await desk.entry()
    assert (entry.picture, entry.is_gone) == (None, True)


@with_desk
async def test_an_upstream_that_is_down_says_nothing_about_the_result(desk: Desk) -> None:
    await desk.finished()
    desk.media.troubles[URL] = MediaDown("down")
    entry = await desk.entry()
    assert (entry.picture, entry.is_gone) == (None, False)


@with_desk
async def test_one_picture_that_fails_spoils_no_other(desk: Desk) -> None:
    await desk.finished("https://img.test/bad.png")
    await desk.finished(guild_id=GUILD + 1)
    desk.media.troubles["https://img.test/bad.png"] = MediaGone()
    page = await desk.past.page(MEMBER, ALL, 0)
    assert sorted(entry.picture is not None for entry in page.entries) == [False, True]


@with_desk
async def test_videos_are_not_fetched_for_a_list(desk: Desk) -> None:
    await desk.finished("https://img.test/1.mp4", request=request(medium=Medium.VIDEO, model_id="cinema-1"))
    assert (await desk.entry()).picture is None
    assert not desk.media.fetched


@with_desk
async def test_what_finished_after_it_was_cancelled_has_its_picture(desk: Desk) -> None:
    job = await running(desk.store, desk.mine)
    await desk.store.door.ask_cancel(job.id)
    await desk.store.watching.finish(job.id, completed(URL))
    assert (await desk.entry()).picture is not None


@with_desk
async def test_what_is_wanted_is_understood(desk: Desk) -> None:
    assert desk.past.wanted(None, None) == ALL
    assert desk.past.wanted("video", "Cinema One") == Wanted(Medium.VIDEO, "cinema-1")
    assert desk.past.wanted("", "Swift two") == Wanted(None, "swift-2")
    assert desk.past.wanted("", "swift-old") == Wanted(None, "swift-old"), "what it was called then"
    assert desk.past.wanted("hologram", "retired-9") == Wanted(None, "retired-9")
    assert desk.past.wanted(None, "x" * 90) == Wanted(None, "x" * 48)


@with_desk
async def test_a_filter_that_finds_nothing_is_an_empty_page(desk: Desk) -> None:
    await desk.finished()
    page = await desk.past.page(MEMBER, Wanted(None, "retired-9"), 0)
    assert (page.entries, page.has_next, page.wanted_name) == ((), False, "retired-9")


@with_desk
async def test_models_are_those_that_were_used(desk: Desk) -> None:
    for number, model_id in enumerate(("swift-1", "cinema-1", "retired-9", "swift-old")):
        await offered(desk.store, desk.mine, request=request(model_id=model_id), guild_id=GUILD + number)
    every = await desk.past.models(MEMBER, "")
    assert sorted(every) == [
        ("Cinema One", "cinema-1"),
        ("Swift One", "swift-1"),
        ("retired-9", "retired-9"),
        ("swift-old", "swift-old"),
    ]
    assert await desk.past.models(MEMBER, " CINE") == [("Cinema One", "cinema-1")]
    assert await desk.past.models(MEMBER + 1, "") == []


@with_desk
async def test_the_queue_tells_places_and_counts_all_of_them(desk: Desk) -> None:
    await running(desk.store, desk.mine)
    for _ in range(QUEUE_SHOWN + 2):
        await queued(desk.store, desk.mine)
    first, second = await desk.past.queue(MEMBER, 0), await desk.past.queue(MEMBER, 1)
    assert (first.working, first.waiting) == (second.working, second.waiting) == (1, QUEUE_SHOWN + 2)
    assert [len(page.entries) for page in (first, second)] == [QUEUE_SHOWN, 3]
    assert [page.has_next for page in (first, second)] == [True, False]
    assert first.entries[0].view.waiting is None
    places = [entry.view.waiting.position for entry in first.entries[1:] if entry.view.waiting is not None]
    assert len(places) == QUEUE_SHOWN - 1
    assert places == sorted(places)


@with_desk
async def test_a_store_that_fails_is_told(desk: Desk) -> None:
    desk.driver.is_down = True
    with pytest.raises(StoreDown):
        await desk.past.page(MEMBER, ALL, 0)
    with pytest.raises(StoreDown):
        await desk.past.queue(MEMBER, 0)
