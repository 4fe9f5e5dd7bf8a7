"""Pings: wished for together with the end's showing, at most once."""

from __future__ import annotations

import pytest

from bot.domain.jobs import Job
from bot.domain.pings import Notify
from bot.ports import Account, Showing, Shown
from bot.store.store import Store
from tests.support.builders import CHANNEL, MEMBER, completed, running
from tests.support.fakes import HandClock


async def ended(store: Store, mine: Account, clock: HandClock, took_seconds: float) -> Job:
    job = await running(store, mine)
    clock.at += took_seconds
    done = await store.watching.finish(job.id, completed())
    assert done is not None
    return done


async def show(store: Store, job: Job, *, pinged: bool = False) -> None:
    found = await store.cards.read(job.id)
    assert found is not None
    await store.cards.shown(job.id, Showing(found[1].wanted, Shown(CHANNEL, 77), (), pinged=pinged))


@pytest.mark.parametrize(("took_seconds", "expected"), [(30.0, False), (90.0, True)])
async def test_by_default_a_long_one_pings(
    store: Store, mine: Account, clock: HandClock, took_seconds: float, *, expected: bool
) -> None:
    job = await ended(store, mine, clock, took_seconds)
    await show(store, job)
    due = await store.cards.pings_due()
    assert due == ([(job.id, clock.now())] if expected else [])


async def test_the_choice_of_the_member_counts(store: Store, mine: Account, clock: HandClock) -> None:
    await store.cards.choose_notify(MEMBER, Notify.NEVER)
    await show(store, await ended(store, mine, clock, 90.0))
    assert await store.cards.pings_due() == []
    await store.cards.choose_notify(MEMBER, Notify.ALWAYS)
    quick = await ended(store, mine, clock, 1.0)
    await show(store, quick)
    assert [job_id for job_id, _ in await store.cards.pings_due()] == [quick.id]


async def test_a_message_that_pinged_by_itself_is_enough(store: Store, mine: Account, clock: HandClock) -> None:
    await show(store, await ended(store, mine, clock, 90.0), pinged=True)
    assert await store.cards.pings_due() == []


async def test_showing_the_end_again_pings_nobody_again(store: Store, mine: Account, clock: HandClock) -> None:
    job = await ended(store, mine, clock, 90.0)
    await show(store, job)
    await store.cards.end_ping(job.id)
    await store.cards.redraw(job.id)
    await show(store, job)
    assert await store.cards.pings_due() == []


async def test_an_end_that_changed_meanwhile_does_not_ping_yet(store: Store, mine: Account, clock: HandClock) -> None:
    job = await ended(store, mine, clock, 90.0)
    found = await store.cards.read(job.id)
    assert found is not None
    await store.cards.redraw(job.id)
    await store.cards.shown(job.id, Showing(found[1].wanted, Shown(CHANNEL, 77), ()))
    assert await store.cards.pings_due() == []
    await show(store, job)
    assert len(await store.cards.pings_due()) == 1
