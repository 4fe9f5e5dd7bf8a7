"""What moderators set: kept, noted, and in force at the door and before anything is sent."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.catalog import Medium
from bot.domain.jobs import FailureCode, Job, JobState
from bot.domain.limits import Block, House, Limits, Unit
from bot.domain.policy import Ask
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import Circumstances
from bot.domain.views import Hold
from bot.errors import NotSent, Refused
from bot.ports import Accepted, Account, Barred, Claim, Generation, GenerationState, Idle, NewJob
from bot.store.store import Store, open_store
from bot.store.units import migrations
from tests.support.builders import (
    GUILD,
    MEMBER,
    MODERATOR,
    WIDE,
    account,
    completed,
    new_job,
    queued,
    read,
    request,
    running,
    sets,
)
from tests.support.fakes import HandClock, RotSealer
from tests.unit.store.conftest import Look

VIDEO = request(medium=Medium.VIDEO)
OTHER = 98


async def limits_of(store: Store, guild_id: int = GUILD) -> Limits:
    return await store.guilds.limits(guild_id)


def codes(refused: BaseException) -> list[ProblemCode]:
    assert isinstance(refused, Refused)
    return [problem.code for problem in refused.problems if isinstance(problem, Problem)]


# ---------------------------------------------------------------- what is kept


async def test_what_is_set_outlives_the_process_and_is_of_one_guild(path: Path, clock: HandClock) -> None:
    chosen: dict[str, Any] = {
        "guild_credits_per_day": 50,
        "tiers": {101: {Unit.VIDEOS: 3, Unit.CREDITS: None}},
        "blocked_members": (Block(8, 1_900_000_000.0, "floods"),),
        "blocked_words": ("Blut", "血"),
        "channels": (201, 202),
        "video_seconds": 5,
        "is_paused": True,
    }
    async with open_store(path, clock, RotSealer(), "one", 0.0) as store:
        await sets(store, **chosen)
    async with open_store(path, clock, RotSealer(), "two", 0.0) as store:
        assert await limits_of(store) == replace(Limits(), **chosen)
        assert await limits_of(store, 6) == Limits()


async def test_what_is_not_chosen_follows_the_operator(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, RotSealer(), "one", 0.0) as store:
        await sets(store, member_videos_per_day=3)
    house = House(Limits(member_videos_per_day=1, guild_credits_per_day=9, time_zone="Asia/Tokyo"))
    async with open_store(path, clock, RotSealer(), "two", 0.0, house) as store:
        limits = await limits_of(store)
        assert (limits.member_videos_per_day, limits.guild_credits_per_day) == (3, 9)
        assert await store.guilds.limits(None) == house.defaults
        await sets(store, member_videos_per_day=1)
    async with open_store(path, clock, RotSealer(), "three", 0.0) as store:
        assert (await limits_of(store)).member_videos_per_day == 1, (
            "chosen is chosen, though it was the operator's, too"
        )


async def test_no_limit_can_be_chosen_where_the_operator_begins_with_one(path: Path, clock: HandClock) -> None:
    house = House(Limits(member_videos_per_day=1))
    async with open_store(path, clock, RotSealer(), "me", 0.0, house) as store:
        await sets(store, member_videos_per_day=None)
        assert (await limits_of(store)).member_videos_per_day is None


async def test_a_setting_that_cannot_be_read_holds_nothing_up_and_stays(
    store: Store, wide: Account, look: Look, path: Path
) -> None:
    await sets(store, guild_credits_per_day=50)
    with store_by_hand(path) as raw:
        raw.execute("INSERT INTO guild_settings VALUES (?, 'of_another_version', '[1]')", (GUILD,))
        raw.execute("INSERT INTO guild_settings VALUES (?, 'channels', '\"all\"')", (GUILD,))
    assert await limits_of(store) == Limits(guild_credits_per_day=50, queued_per_member=10_000, queued_per_guild=10_000)
    await queued(store, wide)
    assert {"value": '"all"'} in look("SELECT value FROM guild_settings")


def store_by_hand(path: Path) -> Any:
    """As an older or newer version would write."""
    return sqlite3.connect(path)


# ---------------------------------------------------------------- who changed what


async def test_every_change_is_noted_with_who_and_when_from_and_to(store: Store, clock: HandClock) -> None:
    await sets(store, guild_credits_per_day=50)
    clock.at += 10
    await sets(store, guild_credits_per_day=None, spoilers=True)
    await sets(store, guild_id=6, spoilers=True)
    changes = await store.guilds.changes(GUILD, 10)
    assert [(each.name, json.loads(each.old), json.loads(each.new), each.at - clock.at) for each in changes] == [
        ("spoilers", False, True, 0),
        ("guild_credits_per_day", 50, None, 0),
        ("guild_credits_per_day", None, 50, -10),
    ]
    assert {each.user_id for each in changes} == {MODERATOR}
    assert await store.guilds.changes(GUILD, 1, changes[0].id) == [changes[1]]


async def test_what_is_set_to_what_it_is_is_no_change(store: Store, look: Look) -> None:
    await sets(store, guild_credits_per_day=50)
    await sets(store, guild_credits_per_day=50)
    assert len(look("SELECT * FROM changes")) == 1


async def test_a_change_that_is_refused_changes_nothing(store: Store, look: Look) -> None:
    def refuse(_: Limits) -> Limits:
        raise Refused((Problem(ProblemCode.LIST_FULL),))

    with pytest.raises(Refused):
        await store.guilds.change(GUILD, MODERATOR, refuse)
    assert look("SELECT * FROM changes") == look("SELECT * FROM guild_settings") == []


async def test_two_moderators_at_once_lose_no_entry_and_the_last_one_is_told(store: Store, clock: HandClock) -> None:
    def with_word(word: str) -> Callable[[Limits], Limits]:
        return lambda limits: replace(limits, blocked_words=(*limits.blocked_words, word), guild_credits_per_day=1)

    first, second = await asyncio.gather(
        store.guilds.change(GUILD, MODERATOR, with_word("a")),
        store.guilds.change(GUILD, OTHER, with_word("b")),
    )
    assert (await limits_of(store)).blocked_words == ("a", "b")
    assert not first.overridden
    assert not second.overridden, "both words stand"

    def costs(most: int) -> Callable[[Limits], Limits]:
        return lambda limits: replace(limits, guild_credits_per_day=most, blocked_words=())

    third = await store.guilds.change(GUILD, MODERATOR, costs(5))
    assert {each.name for each in third.overridden} == {"blocked_words"}
    fourth = await store.guilds.change(GUILD, OTHER, costs(6))
    assert [(each.name, each.user_id, each.new) for each in fourth.overridden] == [
        ("guild_credits_per_day", MODERATOR, "5")
    ]
    own = await store.guilds.change(GUILD, OTHER, costs(7))
    assert not own.overridden
    clock.at += 1000
    late = await store.guilds.change(GUILD, MODERATOR, costs(8))
    assert not late.overridden


# ---------------------------------------------------------------- at the door


async def at_once(store: Store, of: Account, count: int, **changes: Any) -> list[Job]:
    """So many ask at the same moment: those that were taken."""
    asked = (store.door.offer(new_job(of, **changes)) for _ in range(count))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(answer, tuple | Refused) for answer in answers)
    return [answer[0] for answer in answers if isinstance(answer, tuple)]


@pytest.mark.parametrize(
    ("limits", "changes", "code"),
    [
        ({"guild_credits_per_day": 29}, {}, ProblemCode.GUILD_DAY_SPENT),
        ({"guild_credits_per_month": 25}, {}, ProblemCode.GUILD_MONTH_SPENT),
        ({"member_credits_per_day": 25}, {}, ProblemCode.MEMBER_CREDITS_SPENT),
        ({"member_pictures_per_day": 5}, {}, ProblemCode.MEMBER_PICTURES_SPENT),
        ({"member_videos_per_day": 5}, {"request": VIDEO}, ProblemCode.MEMBER_VIDEOS_SPENT),
        ({"tiers": {101: {Unit.CREDITS: 25}}}, {"roles": (101,)}, ProblemCode.MEMBER_CREDITS_SPENT),
        ({"queued_per_member": 5}, {}, ProblemCode.QUEUE_FULL_MEMBER),
        ({"queued_per_guild": 5}, {}, ProblemCode.QUEUE_FULL_GUILD),
    ],
)
async def test_of_fifty_at_once_no_more_than_the_budget_are_taken(
    store: Store, wide: Account, limits: dict[str, Any], changes: dict[str, Any], code: ProblemCode
) -> None:
    await sets(store, **limits)
    changes = dict(changes)
    circumstances = Circumstances(role_ids=changes.pop("roles", ()))
    taken = await at_once(store, wide, 50, circumstances=circumstances, **changes)
    assert len(taken) == 5
    with pytest.raises(Refused) as refused:
        await store.door.offer(new_job(wide, circumstances=circumstances, **changes))
    assert codes(refused.value) == [code]
    lifted: dict[str, Any] = {"tiers": {}} if "tiers" in limits else dict.fromkeys(limits, 10_000)
    await sets(store, **lifted)
    await store.door.offer(new_job(wide, circumstances=circumstances, **changes))


async def test_a_cool_down_lets_one_of_fifty_in(store: Store, wide: Account, clock: HandClock) -> None:
    await sets(store, cooldown_seconds=30)
    (job,) = await at_once(store, wide, 50)
    assert len(await at_once(store, wide, 2, user_id=8)) == 1, "of each member"
    clock.at += 30
    assert len(await at_once(store, wide, 50)) == 1
    await store.door.drop(job.id, FailureCode.CARD_NEVER_SHOWN)


async def test_what_came_to_nothing_does_not_cool_down(store: Store, wide: Account) -> None:
    await sets(store, cooldown_seconds=30)
    (job,) = await at_once(store, wide, 2)
    await store.door.drop(job.id, FailureCode.CARD_NEVER_SHOWN)
    assert len(await at_once(store, wide, 2)) == 1


async def test_guilds_and_direct_messages_have_budgets_of_their_own(path: Path, clock: HandClock) -> None:
    house = House(Limits(member_pictures_per_day=1, guild_credits_per_day=5))
    async with open_store(path, clock, RotSealer(), "me", 0.0, house) as store:
        mine = account(await store.accounts.enter("meigen", "f"), WIDE)
        for guild_id in (5, 6, None):
            assert len(await at_once(store, mine, 3, guild_id=guild_id)) == 1
        assert len(await at_once(store, mine, 3, guild_id=None, user_id=8)) == 1


async def test_no_guild_lifts_the_ceiling(path: Path, clock: HandClock) -> None:
    house = House(ceiling={"guild_credits_per_day": 10, "member_videos_per_day": 1})
    async with open_store(path, clock, RotSealer(), "me", 0.0, house) as store:
        mine = account(await store.accounts.enter("meigen", "f"), WIDE)
        assert len(await at_once(store, mine, 5)) == 2, "without a choice of its own"
        await sets(store, guild_credits_per_day=100, tiers={101: {Unit.VIDEOS: None}})
        assert len(await at_once(store, mine, 5)) == 0
        with_role = Circumstances(role_ids=(101,))
        taken = await at_once(store, mine, 5, request=VIDEO, reserved_credits=0, circumstances=with_role)
        assert len(taken) == 1


async def test_only_guilds_on_the_operators_list(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, RotSealer(), "me", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", "f"), WIDE)
        waiting = await queued(store, mine, guild_id=6)
    async with open_store(path, clock, RotSealer(), "me", 0.0, House(guild_ids=frozenset({GUILD}))) as store:
        with pytest.raises(Refused) as refused:
            await store.door.offer(new_job(mine, guild_id=6))
        assert codes(refused.value) == [ProblemCode.GUILD_NOT_SERVED]
        assert isinstance(await store.submissions.claim(mine, 0.0), Barred)
        assert (await read(store, waiting.id)).state is JobState.FAILED
        await store.door.offer(new_job(mine))


async def test_a_day_is_the_guilds_own(store: Store, wide: Account, clock: HandClock) -> None:
    """BEGAN_AT is 08:00 in UTC: 17:00 in Tokyo, where the day ends nine hours earlier."""
    await sets(store, member_pictures_per_day=1, time_zone="Asia/Tokyo")
    assert len(await at_once(store, wide, 2)) == 1
    clock.at += 6.9 * 3600
    assert len(await at_once(store, wide, 2)) == 0
    clock.at += 0.2 * 3600
    assert len(await at_once(store, wide, 2)) == 1
    await sets(store, time_zone="UTC")
    assert len(await at_once(store, wide, 2)) == 0, "both were asked for on one day there"


async def test_judging_stores_nothing(store: Store, wide: Account, look: Look) -> None:
    await sets(store, blocked_words=("cat",))
    problems = await store.door.judge(wide, Ask(GUILD, MEMBER, request(), Circumstances(), 5))
    assert [problem.code for problem in problems] == [ProblemCode.WORDS_BLOCKED]
    assert look("SELECT * FROM jobs") == []


# ---------------------------------------------------------------- before it is sent


async def next_of(store: Store, of: Account) -> Job | None:
    """The job that may leave now; None: nobody's."""
    clock = store.door._ledger.clock
    assert isinstance(clock, HandClock)
    clock.at += 0.01  # even a wide gate lets no more than a few out in one moment
    turn = await store.submissions.claim(of, 0.0)
    assert isinstance(turn, Claim | Idle), turn
    return turn.job if isinstance(turn, Claim) else None


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"blocked_members": (Block(MEMBER, None, "floods"),)}, ProblemCode.MEMBER_BLOCKED),
        ({"blocked_words": ("cat",)}, ProblemCode.WORDS_BLOCKED),
        ({"channels": (1,)}, ProblemCode.CHANNEL_NOT_ALLOWED),
        ({"roles_excluded": (101,)}, ProblemCode.ROLE_EXCLUDED),
        ({"models": ("other",)}, ProblemCode.MODEL_NOT_ALLOWED),
        ({"guild_credits_per_day": 4}, ProblemCode.GUILD_DAY_SPENT),
        ({"age_restricted_only": True}, ProblemCode.CHANNEL_NOT_AGE_RESTRICTED),
    ],
)
async def test_a_limit_that_came_meanwhile_holds(
    store: Store, wide: Account, limits: dict[str, Any], code: ProblemCode
) -> None:
    job = await queued(store, wide, circumstances=Circumstances((50,), (101,)))
    await sets(store, **limits)
    assert isinstance(await store.submissions.claim(wide, 0.0), Barred)
    ended = await read(store, job.id)
    assert ended.state is JobState.FAILED
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.NOT_ALLOWED
    assert [problem.code for problem in ended.failure.problems] == [code]
    assert await next_of(store, wide) is None
    assert not (await store.guilds.use(GUILD, MEMBER, "UTC")).guild_day_credits


async def test_limits_of_the_line_are_for_the_door_alone(store: Store, wide: Account) -> None:
    job = await queued(store, wide)
    await sets(store, queued_per_member=1, queued_per_guild=1, cooldown_seconds=3600)
    claimed = await next_of(store, wide)
    assert claimed is not None
    assert claimed.id == job.id


async def test_when_a_budget_is_lowered_those_who_waited_longest_go(store: Store, wide: Account) -> None:
    jobs = [await queued(store, wide) for _ in range(4)]
    await sets(store, guild_credits_per_day=10)
    assert await next_of(store, wide) is not None
    assert await next_of(store, wide) is not None
    for _ in range(2):
        assert isinstance(await store.submissions.claim(wide, 0.0), Barred)
    states = [(await read(store, job.id)).state for job in jobs]
    assert states == [JobState.SUBMITTING] * 2 + [JobState.FAILED] * 2


async def test_a_price_that_has_risen_while_it_waited_has_to_fit_as_well(
    store: Store, wide: Account, clock: HandClock
) -> None:
    await sets(store, guild_credits_per_day=10)
    jobs = [await queued(store, wide) for _ in range(2)]
    assert isinstance(await store.submissions.claim(wide, 0.0, lambda _: 8), Claim)
    clock.at += 1
    assert isinstance(await store.submissions.claim(wide, 0.0, lambda _: 8), Barred)
    first, second = [await read(store, job.id) for job in jobs]
    assert (first.state, first.reserved_credits) == (JobState.SUBMITTING, 8)
    assert second.state is JobState.FAILED
    assert await spent(store) == (8, 8)


async def test_what_waited_over_midnight_counts_for_its_own_day(store: Store, wide: Account, clock: HandClock) -> None:
    await sets(store, guild_credits_per_day=5)
    await queued(store, wide)
    clock.at += 86_400
    new = await queued(store, wide)
    assert await next_of(store, wide) is not None
    assert await next_of(store, wide) is not None
    assert (await read(store, new.id)).state is JobState.SUBMITTING


# ---------------------------------------------------------------- stop and go


async def test_a_paused_guild_keeps_its_place_and_loses_no_turn_to_it(store: Store, wide: Account) -> None:
    mine = [await queued(store, wide) for _ in range(4)]
    await sets(store, is_paused=True)
    others = [await queued(store, wide, guild_id=6) for _ in range(6)]
    waiting = await store.asking.waiting(mine[0], WIDE)
    assert waiting is not None
    assert (waiting.hold, waiting.wait_seconds) == (Hold.PAUSED, None)
    theirs = await store.asking.waiting(others[0], WIDE)
    assert theirs is not None
    assert theirs.position == 1
    gone = [await next_of(store, wide) for _ in range(4)]
    assert [job and job.guild_id for job in gone] == [6] * 4
    await sets(store, is_paused=False)
    later = [await next_of(store, wide) for _ in range(6)]
    assert [job and job.guild_id for job in later] == [GUILD, GUILD, 6, GUILD, 6, GUILD], "no flood after the pause"


async def test_who_comes_while_it_is_paused_is_told(store: Store, wide: Account) -> None:
    await sets(store, is_paused=True)
    _, waiting = await store.door.offer(new_job(wide))
    assert (waiting.hold, waiting.wait_seconds) == (Hold.PAUSED, None)


async def behind(store: Store) -> list[int]:
    return [job_id for job_id, _ in await store.cards.behind()]


@pytest.mark.parametrize(
    ("limits", "told"), [({}, []), ({"running_per_member": 1}, [1]), ({"running_per_guild": 1}, [1, 2])]
)
async def test_who_has_to_wait_for_another_one_is_told(
    store: Store, wide: Account, limits: dict[str, Any], told: list[int]
) -> None:
    await sets(store, **limits)
    jobs = [await queued(store, wide, user_id=user_id) for user_id in (MEMBER, MEMBER, 8)]
    assert await behind(store) == []
    assert await next_of(store, wide) is not None
    assert await behind(store) == [jobs[0].id, *(jobs[number].id for number in told)]


async def test_while_all_are_paused_nobody_goes(store: Store, wide: Account) -> None:
    await queued(store, wide)
    await sets(store, is_paused=True)
    assert await next_of(store, wide) is None


@pytest.mark.parametrize(
    ("limits", "hold", "expected", "then"),
    [
        ({"running_per_member": 1}, Hold.MEMBER_BUSY, [MEMBER, 8, None], 1),
        ({"running_per_guild": 1}, Hold.GUILD_BUSY, [MEMBER, None], 2),
        ({"running_per_guild": 2, "running_per_member": 1}, Hold.GUILD_BUSY, [MEMBER, 8, None], 1),
    ],
)
async def test_only_so_many_at_once_and_the_rest_wait(  # noqa: PLR0913  the case
    store: Store, wide: Account, limits: dict[str, Any], hold: Hold, expected: list[int | None], then: int
) -> None:
    await sets(store, **limits)
    jobs = [await queued(store, wide, user_id=user_id) for user_id in (MEMBER, MEMBER, 8, 8)]
    gone = [await next_of(store, wide) for _ in expected]
    assert [job and job.user_id for job in gone] == expected
    waiting = await store.asking.waiting(jobs[1], WIDE)
    assert waiting is not None
    assert waiting.hold is hold
    first = gone[0]
    assert first is not None
    await store.submissions.record(wide, first.id, Accepted("g", charged_credits=5))
    assert await next_of(store, wide) is None, "it is still being made"
    await store.watching.finish(first.id, completed())
    following = await next_of(store, wide)
    assert following is not None
    assert following.id == jobs[then].id


async def test_who_is_full_does_not_hold_up_the_others(store: Store, wide: Account) -> None:
    await sets(store, running_per_guild=1)
    for _ in range(5):
        await queued(store, wide)
    for _ in range(2):
        await queued(store, wide, guild_id=6)
    gone = [await next_of(store, wide) for _ in range(4)]
    assert [job and job.guild_id for job in gone] == [GUILD, 6, 6, None]


async def test_the_operator_can_cap_what_is_made_at_once(path: Path, clock: HandClock) -> None:
    house = House(ceiling={"running_per_member": 1})
    async with open_store(path, clock, RotSealer(), "me", 0.0, house) as store:
        mine = account(await store.accounts.enter("meigen", "f"), WIDE)
        await sets(store, running_per_member=5)
        for guild_id in (GUILD, GUILD, 6, 6):
            await queued(store, mine, guild_id=guild_id)
        gone = [await next_of(store, mine) for _ in range(3)]
        assert [job and job.guild_id for job in gone] == [GUILD, 6, None]


async def test_clearing_the_line_says_who_did(store: Store, wide: Account) -> None:
    job = await queued(store, wide)
    await queued(store, wide, guild_id=6)
    assert await store.door.clear_guild(GUILD, FailureCode.CANCELLED_BY_MODERATOR) == 1
    ended = await read(store, job.id)
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.CANCELLED_BY_MODERATOR
    assert (await store.guilds.use(GUILD, MEMBER, "UTC")).guild_day_credits == 0


async def test_what_is_under_way_in_a_guild(store: Store, wide: Account) -> None:
    first = await running(store, wide)
    second = await queued(store, wide)
    await queued(store, wide, guild_id=6)
    assert [job.id for job in await store.asking.under_way_in(GUILD)] == [first.id, second.id]


# ---------------------------------------------------------------- what comes back


async def spent(store: Store) -> tuple[int, int]:
    """Credits of the guild's day, and of the member's."""
    use = await store.guilds.use(GUILD, MEMBER, "UTC")
    return use.guild_day_credits, use.member_day[Unit.CREDITS]


async def test_what_failed_gives_back_at_once(store: Store, wide: Account) -> None:
    job = await running(store, wide)
    assert await spent(store) == (5, 5)
    await store.watching.finish(job.id, Generation(GenerationState.FAILED))
    assert await spent(store) == (0, 0)


async def test_what_is_charged_otherwise_counts_as_charged(store: Store, wide: Account) -> None:
    await queued(store, wide)
    job = await next_of(store, wide)
    assert job is not None
    await store.submissions.record(wide, job.id, Accepted("g", charged_credits=7))
    assert await spent(store) == (7, 7)


async def test_what_was_not_sent_is_still_held(store: Store, wide: Account, clock: HandClock) -> None:
    await queued(store, wide)
    job = await next_of(store, wide)
    assert job is not None
    await sets(store, guild_credits_per_day=5)
    await store.submissions.record(wide, job.id, NotSent())
    assert await spent(store) == (5, 5)
    clock.at += 5
    again = await next_of(store, wide)
    assert again is not None, "what it holds is not against itself"
    assert again.id == job.id


async def test_what_timed_out_counts_until_the_upstream_says_that_it_failed(
    store: Store, wide: Account, clock: HandClock
) -> None:
    job = await running(store, wide)
    await store.watching.time_out(job.id, clock.at + 120, 3)
    assert await spent(store) == (5, 5)
    await store.watching.look_again(job.id, None, 0)
    assert await spent(store) == (5, 5)
    await store.watching.finish(job.id, Generation(GenerationState.FAILED))
    assert await spent(store) == (0, 0)


async def test_a_clock_put_back_over_midnight_leaves_no_debt(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, RotSealer(), "one", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", "f"), WIDE)
        job = await queued(store, mine)
    clock.at -= 86_400
    async with open_store(path, clock, RotSealer(), "two", 0.0) as store:
        await store.submissions.recover((mine,))
        await store.door.drop(job.id, FailureCode.CARD_NEVER_SHOWN)
        assert await spent(store) == (0, 0)
        clock.at += 86_400
        assert await spent(store) == (0, 0)


async def test_what_is_unknown_counts(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, RotSealer(), "one", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", "f"), WIDE)
        await queued(store, mine)
        assert isinstance(await store.submissions.claim(mine, 0.0), Claim)
    async with open_store(path, clock, RotSealer(), "two", 0.0) as store:
        assert await store.submissions.recover((mine,)) == 1
        assert await spent(store) == (5, 5)


async def test_sums_of_an_older_database_are_made_up_when_it_is_opened(store: Store, wide: Account, path: Path) -> None:
    """The migration sums up what it finds: the same as was counted step by step."""
    await running(store, wide)
    await queued(store, wide, request=VIDEO)
    job: NewJob = new_job(wide)
    offered, _ = await store.door.offer(job)
    await store.door.drop(offered.id, FailureCode.CARD_NEVER_SHOWN)
    with store_by_hand(path) as raw:
        counted = [raw.execute(query).fetchall() for query in SUMS]
        raw.executescript("DELETE FROM guild_usage; DELETE FROM member_usage; UPDATE jobs SET counted_as = NULL;")
        raw.executescript(_after("ALTER TABLE jobs ADD COLUMN counted_quarter"))
        again = [raw.execute(query).fetchall() for query in SUMS]
    assert again == counted
    assert counted[0]


SUMS = ("SELECT * FROM guild_usage WHERE spent_credits + held_credits > 0", "SELECT * FROM member_usage")


def _after(statement: str) -> str:
    script = dict(migrations())[2]
    return script[script.index(";", script.index(statement)) + 1 :]
