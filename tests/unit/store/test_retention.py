"""How long anything is kept: words by the guild's own days, sums for more than a year, and the room of what went."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.domain.days import DAY_SECONDS
from bot.domain.history import Forgotten, Wanted
from bot.domain.jobs import Job
from bot.domain.limits import House, Limits
from bot.domain.requests import Reference
from bot.errors import OutcomeUnknown
from bot.ports import Account, CarriedReference, Expired, Showing, Shown
from bot.store.retention import QUARTERS_AT_ONCE, SUMS_KEPT_SECONDS
from bot.store.store import Store, open_store
from tests.support.builders import (
    BEGAN_AT,
    ENDLESS,
    GUILD,
    MEMBER,
    WIDE,
    account,
    claimed,
    completed,
    offered,
    queued,
    request,
    running,
    sets,
)
from tests.support.fakes import HandClock, RotSealer
from tests.unit.store.conftest import Look

WORD = "unforgettable"
LINK = f"https://cdn.test/attachments/1/{WORD}.png?ex={int(BEGAN_AT + 10_000):x}&hm={WORD}"
ASKED = request(f"a {WORD} cat", references=(Reference(LINK, is_attachment=True, filename=f"{WORD}.png"),))
RESULT = completed(f"https://img.test/{WORD}.png?X-Signature={WORD}")
KEPT_SECONDS = Limits().kept_days * DAY_SECONDS
ALL = 1000


async def done(store: Store, wide: Account, **changes: Any) -> Job:
    job = await running(store, wide, **{"request": ASKED, **changes})
    await store.cards.shown(job.id, Showing(1, Shown(50, 99), (CarriedReference(1, f"reference-{WORD}.png", LINK),)))
    await store.watching.finish(job.id, RESULT)
    return job


async def over(store: Store, wide: Account, **changes: Any) -> Job:
    """One that was called back: the gate lets only so many be made at one moment."""
    job = await queued(store, wide, **{"request": ASKED, **changes})
    await store.door.ask_cancel(job.id)
    return job


async def expire_all(store: Store, count: int = ALL) -> list[int]:
    """How many jobs each step took, until none is left."""
    after: int | None = None
    steps: list[int] = []
    while (expired := await store.retention.expire(after, count)).flow_id is not None:
        steps.append(expired.jobs)
        after = expired.flow_id if expired.is_done else after
    return steps


def says(look: Look) -> bool:
    """Whether the word stands anywhere, also sealed: what seals here turns it around."""
    tables = ("jobs", "cards", "drafts", "events", "log_entries")
    found = json.dumps([look(f"SELECT * FROM {table}") for table in tables], default=str)  # noqa: S608  our own
    return WORD in found or WORD[::-1] in found


# ---------------------------------------------------------------- words


async def test_words_go_once_they_were_kept_long_enough(
    store: Store, wide: Account, look: Look, clock: HandClock
) -> None:
    job = await done(store, wide)
    clock.at += KEPT_SECONDS - 1
    assert await expire_all(store) == [0]
    assert says(look)
    clock.at += 1
    assert await expire_all(store) == [1]
    assert not says(look)
    assert look("SELECT * FROM events") == []
    assert await store.asking.job(job.id) is None, "its buttons know it no more"
    assert await store.history.page(MEMBER, Wanted(), 0, 10) == []
    assert [each.job_id for each in await store.forgetting.to_forget()] == [job.id], "its files are to go"
    assert await expire_all(store) == [], "once is enough"


async def test_sums_states_and_costs_stay(store: Store, wide: Account, clock: HandClock) -> None:
    job = await done(store, wide)
    before = await store.asking.usage(since=0, guild_id=GUILD), await store.guilds.use(GUILD, MEMBER, "UTC")
    clock.at += KEPT_SECONDS
    await expire_all(store)
    clock.at = BEGAN_AT
    assert (await store.asking.usage(since=0, guild_id=GUILD), await store.guilds.use(GUILD, MEMBER, "UTC")) == before
    (record,) = await store.seeing.generations(GUILD, 0.0, None, 10)
    assert (record.id, record.state, record.charged_credits, record.prompt) == (job.id, "succeeded", 5, None)
    assert record.model_id == "swift-1"


async def test_the_time_counts_from_the_end(store: Store, wide: Account, clock: HandClock) -> None:
    job = await running(store, wide, request=ASKED)
    clock.at += KEPT_SECONDS
    await store.watching.finish(job.id, RESULT)
    assert await expire_all(store) == [0]


async def test_what_has_not_ended_is_kept(store: Store, wide: Account, clock: HandClock) -> None:
    await running(store, wide)
    await queued(store, wide)
    await offered(store, wide)
    clock.at += 10 * KEPT_SECONDS
    assert await expire_all(store) == []


async def test_what_is_still_looked_at_is_kept(store: Store, wide: Account, clock: HandClock) -> None:
    job = await running(store, wide)
    await store.watching.time_out(job.id, BEGAN_AT + 100, 3)
    clock.at += KEPT_SECONDS
    assert await expire_all(store) == [0]
    await store.watching.look_again(job.id, None, 0)
    assert await expire_all(store) == [1]


async def test_what_went_unknown_goes_too(store: Store, wide: Account, clock: HandClock, look: Look) -> None:
    await store.submissions.record(wide, (await claimed(store, wide, request=ASKED)).id, OutcomeUnknown())
    clock.at += KEPT_SECONDS
    assert await expire_all(store) == [1]
    assert not says(look)


async def test_each_guild_keeps_as_long_as_it_has_chosen(store: Store, wide: Account, clock: HandClock) -> None:
    await sets(store, kept_days=2)
    await sets(store, guild_id=GUILD + 1, kept_days=60)
    short, long, usual = [await over(store, wide, guild_id=GUILD + number) for number in range(3)]
    direct = await over(store, wide, guild_id=None)

    async def left() -> set[int]:
        found = [await store.asking.job(job.id) for job in (short, long, usual, direct)]
        return {job.id for job in found if job is not None}

    clock.at = BEGAN_AT + 2 * DAY_SECONDS
    await expire_all(store)
    assert await left() == {long.id, usual.id, direct.id}
    clock.at = BEGAN_AT + 30 * DAY_SECONDS
    await expire_all(store)
    assert await left() == {long.id}
    clock.at = BEGAN_AT + 60 * DAY_SECONDS
    await expire_all(store)
    assert await left() == set()


async def test_nobody_keeps_longer_than_the_operators_ceiling(path: Path, clock: HandClock) -> None:
    house = House(ENDLESS.defaults, {"kept_days": 10})
    async with open_store(path, clock, RotSealer(), "me", 0.0, house) as store:
        wide = account(await store.accounts.enter("meigen", "fingerprint-1"), WIDE)
        await sets(store, kept_days=60)
        await done(store, wide)
        await done(store, wide, guild_id=None)
        clock.at += 10 * DAY_SECONDS
        assert await expire_all(store) == [1, 1]


async def test_a_few_at_a_time_and_none_left_out(store: Store, wide: Account, clock: HandClock) -> None:
    for guild_id in (GUILD, GUILD + 1):
        for _ in range(5):
            await over(store, wide, guild_id=guild_id)
    clock.at += KEPT_SECONDS
    assert await expire_all(store, 2) == [2, 2, 1, 2, 2, 1]


async def test_with_nothing_there_is_nothing_to_do(store: Store) -> None:
    assert await store.retention.expire(None, ALL) == Expired(0, None, is_done=True)


async def test_the_entry_in_the_log_is_to_lose_its_words_too(store: Store, wide: Account, clock: HandClock) -> None:
    await sets(store, log_channel=70)
    (change,) = await store.logbook.behind()
    await store.logbook.drop(change)
    job = await done(store, wide)
    (entry,) = await store.logbook.behind()
    await store.logbook.shown(entry, 900)
    clock.at += KEPT_SECONDS
    await expire_all(store)
    (entry,) = await store.logbook.behind()
    assert (entry.id, entry.message_id) == (job.id, 900)


async def test_who_wants_to_be_forgotten_later_is(store: Store, wide: Account, clock: HandClock, look: Look) -> None:
    await done(store, wide)
    clock.at += KEPT_SECONDS
    await expire_all(store)
    await done(store, wide)
    assert await store.forgetting.forget(MEMBER) == Forgotten(1, 0)
    assert not says(look)


# ---------------------------------------------------------------- room


async def test_the_room_of_what_went_is_used_again(store: Store, wide: Account, clock: HandClock, path: Path) -> None:
    """A row that only shrinks would leave holes that nothing ever fills."""
    words = request("x" * 1500)
    for _ in range(300):
        await offered(store, wide, request=words)

    async def end_and_begin() -> int:
        for job_id in await store.door.offered(clock.at, ALL):
            await store.door.ask_cancel(job_id)
        clock.at += KEPT_SECONDS
        await expire_all(store)
        for _ in range(300):
            await offered(store, wide, request=words)
        with closing(sqlite3.connect(path)) as raw:
            pages: int = raw.execute("PRAGMA page_count").fetchone()[0]
        return pages

    first = await end_and_begin()
    last = [await end_and_begin() for _ in range(4)][-1]
    words_pages = 4 * 300 * 1500 / 4096
    assert last - first < words_pages / 3, "what is left of each is its figures"


# ---------------------------------------------------------------- sums and changes


async def prune_all(store: Store) -> int:
    """In how many steps."""
    steps = 1
    while await store.retention.prune_sums():
        steps += 1
    return steps


async def test_sums_go_after_more_than_a_year_a_day_at_a_time(
    store: Store, wide: Account, clock: HandClock, look: Look
) -> None:
    for day in range(3):
        clock.at = BEGAN_AT + day * DAY_SECONDS
        await queued(store, wide)
    clock.at = BEGAN_AT + SUMS_KEPT_SECONDS - 1000
    await prune_all(store)
    assert len(look("SELECT * FROM guild_usage")) == len(look("SELECT * FROM member_usage")) == 3
    clock.at = BEGAN_AT + SUMS_KEPT_SECONDS + 1.5 * DAY_SECONDS
    assert QUARTERS_AT_ONCE * 900 == DAY_SECONDS
    assert await prune_all(store) == 2
    assert len(look("SELECT * FROM guild_usage")) == len(look("SELECT * FROM member_usage")) == 1
    assert (await store.guilds.use(GUILD, MEMBER, "UTC")).guild_day_credits == 0


async def test_with_no_sums_there_is_nothing_to_prune(store: Store) -> None:
    assert not await store.retention.prune_sums()
    assert await store.retention.prune_changes(None) is None


async def test_changes_go_after_more_than_a_year_or_as_late_as_words(
    store: Store, clock: HandClock, look: Look
) -> None:
    await sets(store, kept_days=500)
    await sets(store, guild_id=GUILD + 1, cooldown_seconds=5)

    async def left() -> list[int]:
        guild_id = await store.retention.prune_changes(None)
        while guild_id is not None:
            guild_id = await store.retention.prune_changes(guild_id)
        return [row["guild_id"] for row in look("SELECT guild_id FROM changes ORDER BY guild_id")]

    clock.at = BEGAN_AT + SUMS_KEPT_SECONDS
    assert await left() == [GUILD, GUILD + 1]
    clock.at += 1
    assert await left() == [GUILD]
    clock.at = BEGAN_AT + 500 * DAY_SECONDS + 1
    assert await left() == []
    assert (await store.guilds.limits(GUILD)).kept_days == 500, "what is set stays"
