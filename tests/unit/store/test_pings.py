"""Pings: wished for together with the end's showing, at most once."""

from __future__ import annotations

import pytest

from bot.domain.jobs import Job, JobState
from bot.domain.pings import Notify
from bot.domain.preferences import Usual
from bot.ports import Account, CardState, Generation, GenerationState, PingDue, Showing, Shown
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


async def pinged(store: Store) -> JobState:
    """The one ping that is due is made."""
    (due,) = await store.cards.pings_due()
    await store.cards.end_ping(due)
    return due.state


@pytest.mark.parametrize(("took_seconds", "expected"), [(30.0, False), (90.0, True)])
async def test_by_default_a_long_one_pings(
    store: Store, mine: Account, clock: HandClock, took_seconds: float, *, expected: bool
) -> None:
    job = await ended(store, mine, clock, took_seconds)
    await show(store, job)
    due = await store.cards.pings_due()
    assert due == ([PingDue(job.id, JobState.SUCCEEDED, clock.now())] if expected else [])


async def test_the_choice_of_the_member_counts(store: Store, mine: Account, clock: HandClock) -> None:
    await store.members.choose(MEMBER, Usual(Notify.NEVER))
    await show(store, await ended(store, mine, clock, 90.0))
    assert await store.cards.pings_due() == []
    await store.members.choose(MEMBER, Usual(Notify.ALWAYS))
    quick = await ended(store, mine, clock, 1.0)
    await show(store, quick)
    assert [due.job_id for due in await store.cards.pings_due()] == [quick.id]


async def test_a_message_that_pinged_by_itself_is_enough(store: Store, mine: Account, clock: HandClock) -> None:
    await show(store, await ended(store, mine, clock, 90.0), pinged=True)
    assert await store.cards.pings_due() == []


async def test_showing_the_end_again_pings_nobody_again(store: Store, mine: Account, clock: HandClock) -> None:
    job = await ended(store, mine, clock, 90.0)
    await show(store, job)
    await pinged(store)
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


# ---- rescues


async def timed_out(store: Store, mine: Account, clock: HandClock) -> Job:
    job = await running(store, mine)
    clock.at += 300
    late = await store.watching.time_out(job.id, clock.at + 120, 3)
    assert late is not None
    return late


async def test_a_rescue_pings_once_more(store: Store, mine: Account, clock: HandClock) -> None:
    job = await timed_out(store, mine, clock)
    await show(store, job)
    assert await pinged(store) is JobState.TIMED_OUT
    clock.at += 120
    await store.watching.finish(job.id, completed())
    assert await store.cards.pings_due() == []
    await show(store, job)
    assert await pinged(store) is JobState.SUCCEEDED
    await store.cards.redraw(job.id)
    await show(store, job)
    assert await store.cards.pings_due() == []


async def test_a_late_failure_tells_nothing_new(store: Store, mine: Account, clock: HandClock) -> None:
    job = await timed_out(store, mine, clock)
    await show(store, job)
    await pinged(store)
    await store.watching.finish(job.id, Generation(GenerationState.FAILED))
    await show(store, job)
    assert await store.cards.pings_due() == []


async def test_a_ping_that_a_rescue_overtook_is_made_for_the_rescue_alone(
    store: Store, mine: Account, clock: HandClock
) -> None:
    job = await timed_out(store, mine, clock)
    await show(store, job)
    (overtaken,) = await store.cards.pings_due()
    await store.watching.finish(job.id, completed())
    assert await store.cards.pings_due() == [], "its word is not true any more"
    await show(store, job)
    await store.cards.end_ping(overtaken)
    assert await pinged(store) is JobState.SUCCEEDED


async def test_a_card_that_is_over_pings_nobody(store: Store, mine: Account, clock: HandClock) -> None:
    job = await ended(store, mine, clock, 90.0)
    await show(store, job)
    await store.cards.unwanted(job.id)
    assert await store.cards.pings_due() == []
    found = await store.cards.read(job.id)
    assert found is not None
    assert found[1].state is CardState.UNWANTED
