"""Ids grow, whatever the clock does."""

from __future__ import annotations

from pathlib import Path

from bot.store.ledger import Ids
from bot.store.store import open_store
from tests.support.builders import BEGAN_AT, account, offered, running
from tests.support.fakes import HandClock, RotSealer


def test_ids_grow_within_one_moment_and_over_time() -> None:
    clock = HandClock()
    ids = Ids(clock)
    made = [ids.next() for _ in range(10_000)]
    clock.at += 0.001
    made.append(ids.next())
    assert made == sorted(set(made))


def test_an_id_tells_roughly_when_it_was_made() -> None:
    assert Ids(HandClock()).next() >> 12 == int(BEGAN_AT * 1000)


def test_ids_grow_while_the_clock_goes_back() -> None:
    clock = HandClock()
    ids = Ids(clock)
    before = ids.next()
    clock.at -= 3600
    assert ids.next() == before + 1


async def test_ids_grow_over_a_restart_with_the_clock_put_back(path: Path) -> None:
    async with open_store(path, HandClock(), RotSealer(), "first", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", "f"))
        await running(store, mine)  # its events have the latest ids
        last = (await offered(store, mine)).id
    async with open_store(path, HandClock(BEGAN_AT - 3600), RotSealer(), "second", 0.0) as store:
        assert (await offered(store, mine)).id > last


async def test_an_event_alone_is_enough_to_go_on_from(path: Path) -> None:
    """A job's last move may be younger than every job."""
    async with open_store(path, HandClock(), RotSealer(), "first", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", "f"))
        job = await running(store, mine)
    async with open_store(path, HandClock(BEGAN_AT - 3600), RotSealer(), "second", 0.0) as store:
        await store.watching.time_out(job.id, BEGAN_AT, 1)  # another event: its id must not be taken
