"""What a job goes on from: how far back, where it stands, and which of it is a part of the same video."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.jobs import Job
from bot.domain.views import Ancestor
from bot.ports import Account, CardKind, Showing, Shown
from bot.store.store import Store
from tests.support.builders import CHANNEL, GUILD, completed, offered, queued, request, running
from tests.support.fakes import HandClock

LINK = f"https://discord.com/channels/{GUILD}/{CHANNEL}"


async def job(store: Store, mine: Account, parent: Job | None = None, **changes: Any) -> Job:
    return await queued(store, mine, parent_id=None if parent is None else parent.id, **changes)


async def made(store: Store, mine: Account, url: str, parent: Job | None = None, video: str | None = None) -> Job:
    """A finished video, which continues `video`."""
    asked = request(reference_video=video, reference_video_seconds=4.0 if video else None)
    begun = await running(store, mine, request=asked, parent_id=None if parent is None else parent.id)
    ended = await store.watching.finish(begun.id, completed(url))
    assert ended is not None
    return ended


async def message_of(store: Store, of: Job) -> int | None:
    found = await store.cards.read(of.id)
    assert found is not None
    return found[1].message_id


async def test_the_nearest_comes_last_and_no_more_than_asked_for(store: Store, mine: Account) -> None:
    first = await job(store, mine)
    second = await job(store, mine, first)
    third = await job(store, mine, second)
    assert [each.job_id for each in await store.asking.ancestors(third.id, 9)] == [first.id, second.id]
    assert [each.job_id for each in await store.asking.ancestors(third.id, 1)] == [second.id]
    assert await store.asking.ancestors(first.id, 9) == []
    assert await store.asking.ancestors(404, 9) == []


async def test_a_parent_that_is_not_there_ends_the_chain(store: Store, mine: Account) -> None:
    orphan = await queued(store, mine, parent_id=404)
    assert await store.asking.ancestors(orphan.id, 9) == []


async def test_it_is_linked_where_others_see_it(store: Store, mine: Account) -> None:
    first = await job(store, mine)
    child = await job(store, mine, first)
    message = await message_of(store, first)
    assert await store.asking.ancestors(child.id, 9) == [Ancestor(first.id, f"{LINK}/{message}")]


@pytest.mark.parametrize("why", ["private", "deleted", "in the direct messages", "never stood"])
async def test_what_others_do_not_see_is_not_linked(store: Store, mine: Account, why: str) -> None:
    first = await job(store, mine, card_kind=CardKind.PRIVATE if why == "private" else CardKind.CHANNEL)
    if why == "deleted":
        await store.cards.unwanted(first.id)
    elif why == "in the direct messages":
        await store.cards.shown(first.id, Showing(1, Shown(999, 1)))
    elif why == "never stood":
        first = await offered(store, mine)
    child = await job(store, mine, first)
    assert await store.asking.ancestors(child.id, 9) == [Ancestor(first.id, None)]


async def test_the_parts_of_a_video_are_those_that_it_really_continues(
    store: Store, mine: Account, clock: HandClock
) -> None:
    """A picture that was animated, and a first try that was made again, are no parts."""
    made_of: list[Job] = []
    for url, video in (
        ("https://img.test/0.png", None),
        ("https://img.test/1.mp4?sig=1", None),
        ("https://img.test/2a.mp4", "https://img.test/1.mp4?sig=2"),
        ("https://img.test/2b.mp4", "https://img.test/1.mp4"),
        ("https://img.test/3.mp4", "https://img.test/2b.mp4"),
    ):
        clock.at += 60
        made_of.append(await made(store, mine, url, made_of[-1] if made_of else None, video))
    picture, first, tried, second, third = made_of
    found = await store.asking.ancestors(third.id, 9)
    assert [(each.job_id, each.is_source) for each in found] == [
        (picture.id, False),
        (first.id, True),
        (tried.id, False),
        (second.id, True),
    ]
