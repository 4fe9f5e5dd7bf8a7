"""What is behind, and what was shown where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.jobs import FailureCode, JobState
from bot.ports import Account, Card, CardState, CarriedReference, Rung, Showing, Shown
from bot.store.store import Store
from tests.support.builders import BEGAN_AT, CHANNEL, claimed, completed, offered, queued, read, running
from tests.support.fakes import HandClock

FILE = CarriedReference(1, "reference-1.png", "https://cdn.test/1")


async def card_of(store: Store, job_id: int) -> Card:
    found = await store.cards.read(job_id)
    assert found is not None
    return found[1]


async def test_every_move_asks_for_the_card(store: Store, mine: Account) -> None:
    job = await queued(store, mine)
    wanted = [(await card_of(store, job.id)).wanted]
    await store.submissions.claim(mine, 0.0)
    wanted.append((await card_of(store, job.id)).wanted)
    await store.door.ask_cancel(job.id)
    wanted.append((await card_of(store, job.id)).wanted)
    assert wanted == [1, 2, 3]


async def test_what_is_behind_is_told_with_its_state_oldest_first(store: Store, mine: Account) -> None:
    first, second = await claimed(store, mine), await claimed(store, mine)
    assert await store.cards.behind() == [(first.id, JobState.SUBMITTING), (second.id, JobState.SUBMITTING)]


async def test_an_offered_card_is_nobodys_business_yet(store: Store, mine: Account) -> None:
    job = await offered(store, mine)
    await store.cards.redraw(job.id)
    assert await store.cards.behind() == []


async def test_a_card_that_was_shown_is_behind_no_more(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    card = await card_of(store, job.id)
    await store.cards.shown(job.id, Showing(card.wanted, Shown(CHANNEL + 1, 77), (FILE,)))
    assert await store.cards.behind() == []
    shown = await card_of(store, job.id)
    assert (shown.channel_id, shown.message_id, shown.references) == (CHANNEL + 1, 77, (FILE,))


async def test_a_card_that_changed_meanwhile_is_still_behind(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    card = await card_of(store, job.id)
    await store.cards.redraw(job.id)
    await store.cards.shown(job.id, Showing(card.wanted, Shown(CHANNEL, 77), ()))
    assert await store.cards.behind() == [(job.id, JobState.SUBMITTING)]


async def test_an_older_revision_does_not_undo_a_newer(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    card = await card_of(store, job.id)
    await store.cards.shown(job.id, Showing(card.wanted, Shown(CHANNEL, 77), ()))
    await store.cards.shown(job.id, Showing(card.wanted - 1, Shown(CHANNEL, 77), ()))
    await store.cards.skip(job.id, card.wanted - 1)
    assert await store.cards.behind() == []


async def test_delivered_is_when_the_end_was_first_shown(store: Store, mine: Account, clock: HandClock) -> None:
    job = await running(store, mine)
    at_work = await card_of(store, job.id)
    await store.cards.shown(job.id, Showing(at_work.wanted, Shown(CHANNEL, 77), ()))
    assert (await card_of(store, job.id)).delivered_at is None
    await store.watching.finish(job.id, completed())
    await store.cards.shown(job.id, Showing(at_work.wanted, Shown(CHANNEL, 77), ()))
    assert (await card_of(store, job.id)).delivered_at is None, "what was shown was not the end"
    ended = await card_of(store, job.id)
    clock.at += 3
    await store.cards.shown(job.id, Showing(ended.wanted, Shown(CHANNEL, 77), ()))
    clock.at += 3
    await store.cards.shown(job.id, Showing(ended.wanted, Shown(CHANNEL, 77), ()))
    assert (await card_of(store, job.id)).delivered_at == BEGAN_AT + 3


async def test_an_intent_stands_until_it_is_shown_or_forgotten(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    for end in (store.cards.forget_post(job.id), store.cards.shown(job.id, Showing(1, Shown(CHANNEL, 77), ()))):
        await store.cards.intend_post(job.id, Rung.CHANNEL_POST, "nonce")
        begun = await card_of(store, job.id)
        assert (begun.posting_rung, begun.posting_nonce, begun.posting_since) == (
            Rung.CHANNEL_POST,
            "nonce",
            BEGAN_AT,
        )
        await end
        over = await card_of(store, job.id)
        assert (over.posting_rung, over.posting_nonce, over.posting_since) == (None, None, None)


async def test_a_card_that_was_given_up_is_left_alone(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    await store.cards.undeliverable(job.id)
    await store.cards.redraw(job.id)
    assert await store.cards.behind() == []
    assert (await card_of(store, job.id)).state is CardState.UNDELIVERABLE


async def test_a_deleted_card_calls_its_waiting_job_back(
    store: Store, mine: Account, queued_ids: Callable[[], list[int]]
) -> None:
    job = await queued(store, mine)
    cancelled = await store.cards.unwanted(job.id)
    assert cancelled is not None
    assert cancelled.failure is not None
    assert (cancelled.state, cancelled.failure.code) == (JobState.CANCELLED, FailureCode.CARD_DELETED)
    assert await store.cards.behind() == []
    assert queued_ids() == []


@pytest.mark.parametrize("make", [claimed, running])
async def test_a_deleted_card_leaves_what_is_under_way(store: Store, mine: Account, make: type) -> None:
    job = await make(store, mine)
    assert await store.cards.unwanted(job.id) == job
    assert await read(store, job.id) == job
    assert await store.cards.behind() == []


async def test_a_dead_token_is_not_handed_out(store: Store, mine: Account, clock: HandClock) -> None:
    job = await queued(store, mine, token="secret")
    clock.at += 899.9
    assert (await card_of(store, job.id)).token == "secret"
    clock.at += 0.1
    assert (await card_of(store, job.id)).token is None


async def test_a_token_that_discord_called_dead_is_dropped(store: Store, mine: Account) -> None:
    job = await queued(store, mine)
    await store.cards.drop_token(job.id, (await card_of(store, job.id)).token_expires_at)
    assert (await card_of(store, job.id)).token is None


async def test_what_is_not_there_is_told_as_none_and_breaks_nothing(store: Store) -> None:
    assert await store.cards.read(404) is None
    assert await store.cards.unwanted(404) is None
    await store.cards.shown(404, Showing(1, Shown(1, 2), ()))
    await store.cards.undeliverable(404)


async def test_only_what_is_queued_is_told_as_queued(
    store: Store, mine: Account, queued_ids: Callable[[], list[int]]
) -> None:
    await offered(store, mine)
    await running(store, mine)
    job = await queued(store, mine)
    assert queued_ids() == [job.id]
