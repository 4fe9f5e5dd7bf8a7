"""Guilds that Easel was removed from."""

from __future__ import annotations

from bot.domain.jobs import FailureCode, JobState
from bot.ports import Account
from bot.store.store import Store
from tests.support.builders import claimed, offered, queued, read


async def test_what_waits_in_a_guild_that_is_left_is_cancelled_unspent(store: Store, mine: Account) -> None:
    under_way = await claimed(store, mine, guild_id=5)
    waiting = [await queued(store, mine, guild_id=5), await offered(store, mine, guild_id=5)]
    elsewhere = await queued(store, mine, guild_id=6)
    assert set(await store.door.waiting_guilds()) == {5, 6}
    assert await store.door.clear_guild(5, FailureCode.GUILD_LEFT) == 2
    for job in waiting:
        left = await read(store, job.id)
        assert left.state is JobState.CANCELLED
        assert left.failure is not None
        assert left.failure.code is FailureCode.GUILD_LEFT
    usage = await store.asking.usage(since=0.0, guild_id=5)
    assert (usage.spent_credits, usage.reserved_credits) == (0, 5), "what is under way is reserved, and nothing else"
    assert (await read(store, under_way.id)).state is JobState.SUBMITTING
    assert (await read(store, elsewhere.id)).state is JobState.QUEUED
    assert set(await store.door.waiting_guilds()) == {6}


async def test_direct_messages_are_of_no_guild(store: Store, mine: Account) -> None:
    await queued(store, mine, guild_id=None)
    assert set(await store.door.waiting_guilds()) == set()
    assert await store.door.clear_guild(5, FailureCode.GUILD_LEFT) == 0
