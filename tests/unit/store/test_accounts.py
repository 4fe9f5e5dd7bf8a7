"""Keys at upstreams: the same key is the same account; jobs outlive their key."""

from __future__ import annotations

from bot.domain.jobs import JobState
from bot.ports import Account, Claim, Idle
from bot.store.store import Store
from tests.support.builders import account, claimed, offered, queued, read, running


async def test_the_same_key_is_the_same_account(store: Store) -> None:
    first = await store.accounts.enter("meigen", "f")
    assert await store.accounts.enter("meigen", "f") == first
    assert await store.accounts.enter("meigen", "g") != first
    assert await store.accounts.enter("meshy", "f") != first


async def test_waiting_jobs_of_a_key_that_is_gone_go_on_with_the_present_one(store: Store, mine: Account) -> None:
    waiting, at_the_door = await queued(store, mine), await offered(store, mine)
    new = account(await store.accounts.enter("meigen", "new"))
    assert await store.accounts.adopt("meigen", [new.id], new.id) == 2
    assert (await read(store, waiting.id)).account_id == new.id
    assert (await read(store, at_the_door.id)).account_id == new.id
    assert await store.submissions.claim(mine, 0.0) == Idle()
    found = await store.submissions.claim(new, 0.0)
    assert isinstance(found, Claim)
    assert found.job.id == waiting.id
    await store.door.confirm(at_the_door.id, 1)
    assert isinstance(await store.submissions.claim(new, 0.0), Claim)


async def test_what_is_under_way_stays_with_the_key_that_paid(store: Store, mine: Account) -> None:
    jobs = [await claimed(store, mine), await running(store, mine)]
    new = account(await store.accounts.enter("meigen", "new"))
    assert await store.accounts.adopt("meigen", [new.id], new.id) == 0
    assert [await read(store, job.id) for job in jobs] == jobs


async def test_keys_at_hand_and_other_upstreams_keep_their_jobs(store: Store, mine: Account) -> None:
    job = await queued(store, mine)
    new = account(await store.accounts.enter("meigen", "new"))
    assert await store.accounts.adopt("meigen", [mine.id, new.id], new.id) == 0
    assert await store.accounts.adopt("meshy", [new.id], new.id) == 0
    assert (await read(store, job.id)) == job
    assert job.state is JobState.QUEUED


async def test_the_adopted_keep_their_order_and_are_fair_to_each_other(store: Store, mine: Account) -> None:
    flood = [await queued(store, mine, guild_id=1, user_id=1) for _ in range(3)]
    other = await queued(store, mine, guild_id=2, user_id=2)
    new = account(await store.accounts.enter("meigen", "new"))
    await store.accounts.adopt("meigen", [new.id], new.id)
    order = []
    for _ in range(4):
        found = await store.submissions.claim(new, 0.0)
        assert isinstance(found, Claim)
        order.append(found.job.id)
    assert order == [flood[0].id, other.id, flood[1].id, flood[2].id]
