"""How jobs come in and are called back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.domain.jobs import FailureCode, JobState
from bot.domain.problems import Problem, ProblemCode
from bot.errors import NotSent, Refused
from bot.ports import Accepted, Account, Card, CardKind, CardState, Press
from bot.store.store import Store
from tests.support.builders import (
    BEGAN_AT,
    CHANNEL,
    GUILD,
    MEMBER,
    attachment,
    claimed,
    completed,
    new_job,
    offered,
    queued,
    read,
    request,
    running,
    sets,
)
from tests.support.fakes import HandClock
from tests.unit.store.conftest import Look

PRESSED = Problem(ProblemCode.ALREADY_PRESSED)


async def card_of(store: Store, job_id: int) -> Card:
    found = await store.cards.read(job_id)
    assert found is not None
    return found[1]


async def behind(store: Store) -> list[int]:
    return [job_id for job_id, _ in await store.cards.behind()]


def codes(refused: Refused) -> list[ProblemCode]:
    return [problem.code for problem in refused.problems if isinstance(problem, Problem)]


async def test_what_was_offered_is_kept_as_it_was_asked(store: Store, mine: Account) -> None:
    asked = request("two cats", aspect_ratio="16:9", references=(attachment(BEGAN_AT + 9),))
    new = new_job(mine, request=asked, is_private=True, card_kind=CardKind.PRIVATE, parent_id=12, token="t")
    job, waiting = await store.door.offer(new)
    assert await read(store, job.id) == job
    assert (job.state, job.request, job.model_id) == (JobState.OFFERED, asked, "swift-1")
    assert (job.guild_id, job.channel_id, job.user_id, job.flow_id) == (GUILD, CHANNEL, MEMBER, GUILD)
    assert (job.is_private, job.parent_id, job.reserved_credits, job.created_at) == (True, 12, 5, BEGAN_AT)
    assert (waiting.position, waiting.wait_seconds) == (1, 0.0)
    card = await card_of(store, job.id)
    assert (card.kind, card.state, card.token, card.message_id) == (CardKind.PRIVATE, CardState.LIVE, "t", None)
    assert (card.wanted, card.shown, card.attachment_limit_bytes) == (0, 0, 10_000_000)


async def test_a_direct_message_is_a_flow_of_its_own(store: Store, mine: Account) -> None:
    job = await offered(store, mine, guild_id=None)
    assert (job.guild_id, job.flow_id) == (None, -MEMBER)


async def test_what_was_offered_is_not_yet_in_the_line(
    store: Store, mine: Account, queued_ids: Callable[[], list[int]]
) -> None:
    await offered(store, mine)
    assert queued_ids() == []


async def test_the_line_is_as_long_as_the_offer_says(store: Store, mine: Account) -> None:
    positions = [(await store.door.offer(new_job(mine)))[1].position]
    for _ in range(5):
        await queued(store, mine)
        positions.append((await store.door.offer(new_job(mine)))[1].position)
    assert positions == [1, 2, 3, 4, 5, 6]
    _, waiting = await store.door.offer(new_job(mine))
    assert waiting.wait_seconds == pytest.approx(10.0)  # four leave at once, then one every 5 s


async def test_a_member_may_have_so_many_waiting_and_no_more(store: Store, mine: Account) -> None:
    await sets(store, queued_per_member=2, queued_per_guild=100)
    await store.door.offer(new_job(mine))
    await queued(store, mine)
    with pytest.raises(Refused) as refused:
        await store.door.offer(new_job(mine))
    assert codes(refused.value) == [ProblemCode.QUEUE_FULL_MEMBER]
    await store.door.offer(new_job(mine, user_id=8))
    await store.door.offer(new_job(mine, guild_id=6))


async def test_a_guild_may_have_so_many_waiting_and_no_more(store: Store, mine: Account, look: Look) -> None:
    await sets(store, queued_per_member=100, queued_per_guild=2)
    await store.door.offer(new_job(mine, user_id=1))
    await store.door.offer(new_job(mine, user_id=2))
    with pytest.raises(Refused) as refused:
        await store.door.offer(new_job(mine, user_id=3))
    assert codes(refused.value) == [ProblemCode.QUEUE_FULL_GUILD]
    assert look("SELECT COUNT(*) AS jobs FROM jobs") == [{"jobs": 2}]


async def test_a_full_guild_is_told_when_there_is_room_again(store: Store, mine: Account) -> None:
    for _ in range(6):
        await queued(store, mine, guild_id=6)
        await queued(store, mine, guild_id=5)
    await sets(store, queued_per_member=100, queued_per_guild=6)
    with pytest.raises(Refused) as refused:
        await store.door.offer(new_job(mine, guild_id=5))
    (problem,) = refused.value.problems
    assert isinstance(problem, Problem)
    assert problem.given == "0", "the guild's next turn is the second, and four may leave at once"
    for _ in range(4):
        await store.submissions.claim(mine, 0.0)
    await queued(store, mine, guild_id=6)
    await queued(store, mine, guild_id=5)
    await queued(store, mine, guild_id=5)
    with pytest.raises(Refused) as refused:
        await store.door.offer(new_job(mine, guild_id=5))
    (problem,) = refused.value.problems
    assert isinstance(problem, Problem)
    assert float(problem.given) > 0


async def test_both_limits_are_told_at_once(store: Store, mine: Account) -> None:
    await sets(store, queued_per_member=1, queued_per_guild=1)
    await store.door.offer(new_job(mine))
    with pytest.raises(Refused) as refused:
        await store.door.offer(new_job(mine))
    assert codes(refused.value) == [ProblemCode.QUEUE_FULL_MEMBER, ProblemCode.QUEUE_FULL_GUILD]


async def test_what_left_or_ended_makes_room(store: Store, mine: Account) -> None:
    await sets(store, queued_per_member=1, queued_per_guild=1)
    await claimed(store, mine)
    job, _ = await store.door.offer(new_job(mine))
    await store.door.drop(job.id, FailureCode.CARD_NEVER_SHOWN)
    await store.door.offer(new_job(mine))


async def test_a_crowd_at_the_door_gets_no_place_too_many(store: Store, mine: Account) -> None:
    await sets(store, queued_per_member=20, queued_per_guild=7)
    asked = (store.door.offer(new_job(mine, user_id=n)) for n in range(30))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(not isinstance(answer, Refused) for answer in answers) == 7


async def test_a_double_press_makes_one_job(store: Store, mine: Account) -> None:
    press = Press("again:1:7", PRESSED)
    asked = (store.door.offer(new_job(mine, press=press)) for _ in range(5))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == 4
    assert refused[0].problems == (PRESSED,)


async def test_a_second_press_right_after_the_card_came_makes_no_second_job(
    store: Store, mine: Account, clock: HandClock
) -> None:
    press = Press("again:1:7", PRESSED)
    first = await offered(store, mine, press=press)
    clock.at += 60
    await store.door.confirm(first.id, 1)
    clock.at += 1.9
    with pytest.raises(Refused) as refused:
        await offered(store, mine, press=press)
    assert refused.value.problems == (PRESSED,)


async def test_a_button_works_again_once_its_card_has_stood_or_never_will(
    store: Store, mine: Account, clock: HandClock
) -> None:
    press = Press("again:1:7", PRESSED)
    first = await offered(store, mine, press=press)
    await store.door.confirm(first.id, 1)
    clock.at += 2.1
    second = await offered(store, mine, press=press)
    await store.door.drop(second.id, FailureCode.CARD_NEVER_SHOWN)
    await offered(store, mine, press=press)


async def test_a_confirmed_card_puts_the_job_in_the_line(
    store: Store, mine: Account, clock: HandClock, queued_ids: Callable[[], list[int]]
) -> None:
    job = await offered(store, mine)
    clock.at += 2
    confirmed = await store.door.confirm(job.id, 99)
    assert confirmed is not None
    assert (confirmed.state, confirmed.queued_at) == (JobState.QUEUED, BEGAN_AT + 2)
    assert (await card_of(store, job.id)).message_id == 99
    assert queued_ids() == [job.id]


async def test_the_answer_was_the_first_card(store: Store, mine: Account) -> None:
    await queued(store, mine)
    assert await behind(store) == []


async def test_a_card_with_references_is_drawn_again_to_carry_them(store: Store, mine: Account) -> None:
    job = await queued(store, mine, request=request(references=(attachment(BEGAN_AT + 9),)))
    assert await behind(store) == [job.id]


async def test_confirming_twice_queues_once(store: Store, mine: Account, look: Look) -> None:
    job = await queued(store, mine)
    again = await store.door.confirm(job.id, 99)
    assert again is not None
    assert again.state is JobState.QUEUED
    assert look("SELECT to_state FROM events") == [{"to_state": "queued"}]


async def test_a_click_proves_a_card_whose_place_is_not_known(store: Store, mine: Account) -> None:
    job = await offered(store, mine)
    confirmed = await store.door.confirm(job.id, None)
    assert confirmed is not None
    assert confirmed.state is JobState.QUEUED
    assert (await card_of(store, job.id)).message_id is None


async def test_a_click_does_not_forget_where_the_card_stands(store: Store, mine: Account) -> None:
    job = await offered(store, mine)
    await store.door.confirm(job.id, 99)
    await store.door.confirm(job.id, None)
    assert (await card_of(store, job.id)).message_id == 99


async def test_a_card_that_stands_after_its_job_was_dropped_must_say_so(store: Store, mine: Account) -> None:
    job = await offered(store, mine)
    await store.door.drop(job.id, FailureCode.CARD_NEVER_SHOWN)
    await store.cards.skip(job.id, 1)
    confirmed = await store.door.confirm(job.id, 99)
    assert confirmed is not None
    assert confirmed.state is JobState.CANCELLED
    assert await behind(store) == [job.id]


async def test_a_card_that_stands_after_it_was_given_up_must_say_so(store: Store, mine: Account) -> None:
    job = await offered(store, mine)
    await store.door.drop(job.id, FailureCode.CARD_NEVER_SHOWN)
    await store.cards.undeliverable(job.id)
    await store.door.confirm(job.id, 99)
    assert await behind(store) == [job.id]


async def test_what_is_not_there_cannot_be_confirmed_dropped_or_called_back(store: Store) -> None:
    assert await store.door.confirm(404, 1) is None
    assert await store.door.drop(404, FailureCode.CARD_NEVER_SHOWN) is None
    assert await store.door.ask_cancel(404) is None


async def test_a_drop_ends_what_waits(store: Store, mine: Account) -> None:
    for make in (offered, queued):
        job = await make(store, mine)
        dropped = await store.door.drop(job.id, FailureCode.CARD_NEVER_SHOWN)
        assert dropped is not None
        assert dropped.failure is not None
        assert (dropped.state, dropped.failure.code) == (JobState.CANCELLED, FailureCode.CARD_NEVER_SHOWN)
        assert dropped.finished_at == BEGAN_AT


async def test_a_drop_leaves_what_does_not_wait(store: Store, mine: Account) -> None:
    for make in (claimed, running):
        job = await make(store, mine)
        assert await store.door.drop(job.id, FailureCode.CARD_NEVER_SHOWN) is None
        assert await read(store, job.id) == job


async def test_what_waits_is_cancelled_at_once(
    store: Store, mine: Account, queued_ids: Callable[[], list[int]]
) -> None:
    for make in (offered, queued):
        job = await make(store, mine)
        cancelled = await store.door.ask_cancel(job.id)
        assert cancelled is not None
        assert cancelled.failure is not None
        assert (cancelled.state, cancelled.failure.code) == (JobState.CANCELLED, FailureCode.CANCELLED_BY_MEMBER)
        assert job.id in await behind(store)
    assert queued_ids() == []


async def test_what_is_under_way_is_marked_and_its_card_says_so(store: Store, mine: Account, clock: HandClock) -> None:
    for make in (claimed, running):
        job = await make(store, mine)
        wanted = (await card_of(store, job.id)).wanted
        clock.at += 1
        marked = await store.door.ask_cancel(job.id)
        assert marked is not None
        assert (marked.state, marked.cancel_asked_at) == (job.state, clock.at)
        assert (await card_of(store, job.id)).wanted == wanted + 1


async def test_asking_twice_keeps_the_first_time(store: Store, mine: Account, clock: HandClock) -> None:
    job = await running(store, mine)
    await store.door.ask_cancel(job.id)
    clock.at += 5
    twice = await store.door.ask_cancel(job.id)
    assert twice is not None
    assert twice.cancel_asked_at == BEGAN_AT


async def test_what_ended_stays_as_it_ended(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    await store.watching.finish(job.id, completed())
    ended = await read(store, job.id)
    assert await store.door.ask_cancel(job.id) == ended


async def test_a_job_called_back_while_its_post_was_out_does_not_queue_again(
    store: Store, mine: Account, queued_ids: Callable[[], list[int]]
) -> None:
    job = await claimed(store, mine)
    await store.door.ask_cancel(job.id)
    ended = await store.submissions.record(mine, job.id, NotSent("refused"))
    assert ended is not None
    assert ended.state is JobState.CANCELLED
    assert queued_ids() == []


async def test_a_job_called_back_too_late_is_made_and_paid_for(store: Store, mine: Account) -> None:
    job = await claimed(store, mine)
    await store.door.ask_cancel(job.id)
    taken = await store.submissions.record(mine, job.id, Accepted("gen-1", charged_credits=5))
    assert taken is not None
    assert (taken.state, taken.charged_credits) == (JobState.RUNNING, 5)
    assert taken.cancel_asked_at == BEGAN_AT


async def test_a_click_brings_a_fresh_token(store: Store, mine: Account, clock: HandClock) -> None:
    job = await queued(store, mine)
    clock.at += 1000
    assert (await card_of(store, job.id)).token is None
    await store.door.renew_token(job.id, "fresh", clock.at + 900)
    assert (await card_of(store, job.id)).token == "fresh"


async def test_a_click_on_a_card_that_was_given_up_brings_it_back(store: Store, mine: Account) -> None:
    """It stands, says something old, and can be edited again."""
    job = await running(store, mine)
    await store.watching.finish(job.id, completed())
    await store.cards.undeliverable(job.id)
    await store.door.renew_token(job.id, "fresh", BEGAN_AT + 900)
    await store.door.confirm(job.id, None)
    assert (await card_of(store, job.id)).state is CardState.LIVE
    assert await behind(store) == [job.id]


async def test_a_deleted_card_is_not_brought_back(store: Store, mine: Account) -> None:
    job = await queued(store, mine)
    await store.cards.unwanted(job.id)
    await store.door.renew_token(job.id, "fresh", BEGAN_AT + 900)
    await store.door.confirm(job.id, None)
    assert (await card_of(store, job.id)).state is CardState.UNWANTED


async def test_offers_are_told_oldest_first_and_only_so_many(store: Store, mine: Account, clock: HandClock) -> None:
    jobs = []
    for _ in range(4):
        jobs.append(await offered(store, mine))
        clock.at += 1
    await store.door.confirm(jobs[1].id, 1)
    assert await store.door.offered(clock.at, 10) == [jobs[0].id, jobs[2].id, jobs[3].id]
    assert await store.door.offered(BEGAN_AT + 2, 10) == [jobs[0].id, jobs[2].id]
    assert await store.door.offered(clock.at, 1) == [jobs[0].id]


async def test_leaving_a_guild_cancels_what_waits_there(store: Store, mine: Account) -> None:
    under_way = await running(store, mine)
    gone = [await queued(store, mine), await offered(store, mine)]
    stays = [await queued(store, mine, guild_id=6), await queued(store, mine, guild_id=None)]
    assert set(await store.door.waiting_guilds()) == {GUILD, 6}
    assert await store.door.clear_guild(GUILD, FailureCode.GUILD_LEFT) == 2
    for job in gone:
        left = await read(store, job.id)
        assert left.failure is not None
        assert (left.state, left.failure.code) == (JobState.CANCELLED, FailureCode.GUILD_LEFT)
    assert [await read(store, job.id) for job in (*stays, under_way)] == [*stays, under_way]
    assert set(await store.door.waiting_guilds()) == {6}
    assert await store.door.clear_guild(GUILD, FailureCode.GUILD_LEFT) == 0
