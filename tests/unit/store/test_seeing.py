"""Figures of a guild: they agree with its budgets and with `/credits`, whatever has happened; and the audit trail."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain.audit import GenerationRecord
from bot.domain.catalog import Medium
from bot.domain.days import Span, day_of
from bot.domain.jobs import Failure, FailureCode, JobState
from bot.domain.limits import Unit
from bot.domain.usage import Grouping, Tally, summed
from bot.errors import NotSent, OutcomeUnknown, Rejected, SubmissionError
from bot.ports import Accepted, Account, Claim, Generation, GenerationState
from bot.store.store import Store
from tests.support.builders import (
    BEGAN_AT,
    GUILD,
    MEMBER,
    claimed,
    completed,
    offered,
    queued,
    request,
    running,
)
from tests.support.fakes import HandClock
from tests.unit.store.conftest import Look

LINK = "https://img.test/1.png"
DAY = day_of(BEGAN_AT, "UTC")
FAILED = Generation(GenerationState.FAILED, failure=Failure(FailureCode.GENERATION_FAILED, "no luck"))
VIDEO = request("waves", medium=Medium.VIDEO, model_id="motion-1")


def total(tallies: Mapping[str, Tally]) -> Tally:
    return sum(tallies.values(), start=Tally())


async def tallies(store: Store, grouping: Grouping = Grouping.OUTCOME, guild_id: int = GUILD) -> Mapping[str, Tally]:
    return await store.seeing.tallies(guild_id, grouping, DAY)


# ---------------------------------------------------------------- one of each


async def test_what_waits_is_held(store: Store, wide: Account) -> None:
    await offered(store, wide)
    await queued(store, wide, request=VIDEO, reserved_credits=40)
    assert await tallies(store) == {
        "queued": Tally(requests=2, pictures=1, videos=1, held_credits=45),
    }


async def test_what_is_on_its_way_is_being_made(store: Store, wide: Account) -> None:
    await claimed(store, wide)
    await running(store, wide)
    assert await tallies(store) == {"running": Tally(requests=2, pictures=2, spent_credits=5, held_credits=5)}


async def test_what_was_charged_is_spent_at_that(store: Store, wide: Account) -> None:
    job = await claimed(store, wide, reserved_credits=5)
    await store.submissions.record(wide, job.id, Accepted("gen-1", charged_credits=7))
    await store.watching.finish(job.id, completed(LINK))
    assert await tallies(store) == {"succeeded": Tally(requests=1, pictures=1, spent_credits=7)}


async def test_what_failed_gives_back(store: Store, wide: Account) -> None:
    job = await running(store, wide)
    await store.watching.finish(job.id, FAILED)
    assert await tallies(store) == {"failed": Tally(in_vain=1, returned_credits=5)}


async def test_what_was_cancelled_gives_back(store: Store, wide: Account) -> None:
    await store.door.ask_cancel((await queued(store, wide)).id)
    assert await tallies(store) == {"cancelled": Tally(in_vain=1, returned_credits=5)}


async def test_what_timed_out_is_held_until_nobody_looks_any_more(store: Store, wide: Account) -> None:
    job = await claimed(store, wide)
    await store.submissions.record(wide, job.id, Accepted("gen-1"))
    await store.watching.time_out(job.id, BEGAN_AT + 500, 3)
    assert await tallies(store) == {"timed_out": Tally(requests=1, pictures=1, held_credits=5)}
    await store.watching.look_again(job.id, None, 0)
    assert await tallies(store) == {"timed_out": Tally(requests=1, pictures=1, spent_credits=5)}


async def test_what_nobody_knows_the_price_of_is_counted_so(store: Store, wide: Account) -> None:
    await queued(store, wide, reserved_credits=None)
    assert await tallies(store) == {"queued": Tally(requests=1, pictures=1, unpriced=1)}


# ---------------------------------------------------------------- by what


async def test_by_member_and_model(store: Store, wide: Account) -> None:
    await queued(store, wide)
    await queued(store, wide, user_id=MEMBER + 1, request=VIDEO, reserved_credits=40)
    await queued(store, wide, user_id=MEMBER + 1, request=request(model_id=None), reserved_credits=1)
    members = await tallies(store, Grouping.MEMBER)
    assert {key: tally.held_credits for key, tally in members.items()} == {str(MEMBER): 5, str(MEMBER + 1): 41}
    models = await tallies(store, Grouping.MODEL)
    assert {key: tally.held_credits for key, tally in models.items()} == {"swift-1": 5, "motion-1": 40, "": 1}


async def test_other_guilds_direct_messages_and_other_days_do_not_count(
    store: Store, wide: Account, clock: HandClock
) -> None:
    await queued(store, wide, guild_id=GUILD + 1)
    await queued(store, wide, guild_id=None)
    clock.at = DAY.ends_at
    await queued(store, wide)
    assert await tallies(store) == {}
    clock.at = DAY.ends_at - 0.001
    await queued(store, wide)
    assert len(await tallies(store)) == 1


# ---------------------------------------------------------------- agreement


async def happens(store: Store, wide: Account, dice: random.Random) -> None:
    """One more request, that goes on as chance has it."""
    changes: dict[str, Any] = {
        "user_id": MEMBER + dice.randrange(3),
        "request": dice.choice([request(), VIDEO]),
        "reserved_credits": dice.choice([None, 3, 5, 40]),
    }
    fate = dice.randrange(9)
    if fate == 0:
        await offered(store, wide, **changes)
        return
    job = await queued(store, wide, **changes)
    if fate == 1:
        return
    if fate == 2:
        await store.door.ask_cancel(job.id)
        return
    while isinstance(claim := await store.submissions.claim(wide, 0.0), Claim):
        errors: dict[int, SubmissionError] = {3: OutcomeUnknown(), 4: Rejected("no"), 5: NotSent()}
        outcome = errors.get(fate)
        charged = dice.choice([None, 2, 5])
        accepted = Accepted(f"gen-{claim.job.id}", charged_credits=charged)
        await store.submissions.record(wide, claim.job.id, outcome or accepted)
        if outcome is None and fate in (6, 7):
            await store.watching.finish(claim.job.id, completed(LINK) if fate == 6 else FAILED)
        elif outcome is None and dice.random() < 0.5:
            await store.watching.time_out(claim.job.id, BEGAN_AT + 100, dice.randrange(2))
        if fate == 5:
            break


@pytest.mark.parametrize("seed", range(8))
async def test_figures_agree_with_the_budgets_and_with_credits(
    seed: int, store: Store, wide: Account, clock: HandClock
) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        await happens(store, wide, dice)
        clock.at += 150  # longer than any pause
    every = [await tallies(store, grouping) for grouping in Grouping]
    totals = [total(each) for each in every]
    assert totals[0] == totals[1] == totals[2]
    use = await store.guilds.use(GUILD, MEMBER, "UTC")
    assert totals[0].used_credits == use.guild_day_credits == use.guild_month_credits
    mine = every[list(Grouping).index(Grouping.MEMBER)].get(str(MEMBER), Tally())
    assert (mine.used_credits, mine.pictures, mine.videos) == tuple(
        use.member_day[unit] for unit in (Unit.CREDITS, Unit.PICTURES, Unit.VIDEOS)
    )
    told = await store.asking.usage(since=DAY.began_at, guild_id=GUILD)
    assert (totals[0].spent_credits, totals[0].held_credits) == (told.spent_credits, told.reserved_credits)
    assert (totals[0].requests, totals[0].unpriced) == (told.jobs, told.unpriced)


async def test_stretches_of_time_add_up(store: Store, wide: Account, clock: HandClock) -> None:
    for hour in range(24):
        clock.at = DAY.began_at + hour * 3600 + 1
        await queued(store, wide)
    hours = [Span(DAY.began_at + hour * 3600, DAY.began_at + (hour + 1) * 3600) for hour in range(24)]
    parts = [await store.seeing.tallies(GUILD, Grouping.MEMBER, hour) for hour in hours]
    assert all(total(part).requests == 1 for part in parts)
    assert summed(parts) == await tallies(store, Grouping.MEMBER)


# ---------------------------------------------------------------- the audit trail


async def pages(store: Store, count: int, since: float = 0.0) -> list[GenerationRecord]:
    found: list[GenerationRecord] = []
    page = await store.seeing.generations(GUILD, since, None, count)
    while page:
        found += page
        page = await store.seeing.generations(GUILD, since, page[-1], count)
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 100])
async def test_all_generations_are_told_newest_first_and_none_twice(
    count: int, store: Store, wide: Account, clock: HandClock
) -> None:
    jobs = []
    for number in range(6):
        clock.at = BEGAN_AT + number // 2  # two of the same moment
        jobs.append((await queued(store, wide)).id)
    assert [record.id for record in await pages(store, count)] == jobs[::-1]
    assert [record.id for record in await pages(store, count, BEGAN_AT + 1)] == jobs[:1:-1]


async def test_a_record_tells_all_of_it(store: Store, wide: Account, clock: HandClock) -> None:
    job = await running(store, wide, request=VIDEO, reserved_credits=40)
    clock.at += 30
    await store.watching.finish(job.id, completed(f"{LINK}?X-Signature=secret"))
    (record,) = await pages(store, 10)
    assert record == GenerationRecord(
        id=job.id,
        user_id=MEMBER,
        channel_id=job.channel_id,
        is_private=False,
        medium=Medium.VIDEO,
        model_id="motion-1",
        prompt="waves",
        state=JobState.SUCCEEDED,
        failure=None,
        charged_credits=5,
        reserved_credits=40,
        asked_at=BEGAN_AT,
        ended_at=BEGAN_AT + 30,
        result_urls=(LINK,),
        card_url=record.card_url,
    )
    assert record.card_url is not None


async def test_what_is_forgotten_is_told_without_words(store: Store, wide: Account) -> None:
    job = await running(store, wide)
    await store.watching.finish(job.id, FAILED)
    under_way = await running(store, wide)
    await store.forgetting.forget(MEMBER)
    for record in await pages(store, 10):
        assert (record.prompt, record.failure, record.result_urls) == (None, None, ())
    assert {record.id for record in await pages(store, 10)} == {job.id, under_way.id}


async def test_the_audit_trail_of_others_is_not_told(store: Store, wide: Account) -> None:
    await queued(store, wide, guild_id=GUILD + 1)
    await queued(store, wide, guild_id=None)
    assert await pages(store, 10) == []


async def test_the_database_holds_no_signature_that_could_be_told(store: Store, wide: Account, look: Look) -> None:
    job = await running(store, wide)
    await store.watching.finish(job.id, completed(f"{LINK}?X-Signature=secret"))
    (row,) = look("SELECT result FROM jobs")
    assert "secret" not in row["result"]
