"""The log's entries: entered with what they tell of, in every channel that is to hear of it, and changed with it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.jobs import FailureCode, Job, JobState
from bot.domain.limits import Change
from bot.errors import OutcomeUnknown
from bot.ports import Accepted, Account, CardKind, EntryKind, LogEntry, LoggedJob
from bot.store.store import Store
from tests.support.builders import (
    BEGAN_AT,
    CHANNEL,
    GUILD,
    MEMBER,
    MODERATOR,
    claimed,
    completed,
    offered,
    queued,
    running,
    sets,
)
from tests.support.fakes import HandClock
from tests.unit.store.conftest import Look

LOG, ELSEWHERE = 70, 71
POSTED = 900


async def ended(store: Store, mine: Account, **changes: Any) -> Job:
    job = await running(store, mine, **changes)
    finished = await store.watching.finish(job.id, completed())
    assert finished is not None
    return finished


async def entries(store: Store) -> list[LogEntry]:
    return list(await store.logbook.behind())


async def only(store: Store) -> LogEntry:
    (entry,) = await store.logbook.behind()
    return entry


async def with_log(store: Store, channel_id: int | None = LOG) -> None:
    """A log channel, whose own entry is out of the way."""
    await sets(store, log_channel=channel_id)
    for entry in await entries(store):
        await store.logbook.drop(entry)


# ---------------------------------------------------------------- what is entered


async def test_without_a_log_channel_nothing_is_entered(store: Store, mine: Account, look: Look) -> None:
    await ended(store, mine)
    await sets(store, cooldown_seconds=5)
    assert look("SELECT * FROM log_entries") == []


async def test_an_end_is_entered_in_its_own_transaction(store: Store, mine: Account) -> None:
    await with_log(store)
    job = await ended(store, mine)
    entry = await only(store)
    assert entry == LogEntry(job.id, EntryKind.JOB, GUILD, LOG, None, 1)
    subject = await store.logbook.subject(entry)
    assert isinstance(subject, LoggedJob)
    assert subject.job.state is JobState.SUCCEEDED
    assert subject.url is not None
    assert subject.url.startswith(f"https://discord.com/channels/{GUILD}/{CHANNEL}/")


async def test_a_private_card_is_not_linked(store: Store, mine: Account) -> None:
    await with_log(store)
    await ended(store, mine, is_private=True, card_kind=CardKind.PRIVATE)
    subject = await store.logbook.subject(await only(store))
    assert isinstance(subject, LoggedJob)
    assert subject.url is None
    assert subject.job.request.prompt == "a cat"


@pytest.mark.parametrize("how", ["cancelled", "unknown", "timed_out"])
async def test_every_end_is_told(how: str, store: Store, mine: Account) -> None:
    await with_log(store)
    if how == "cancelled":
        await store.door.ask_cancel((await queued(store, mine)).id)
    elif how == "unknown":
        await store.submissions.record(mine, (await claimed(store, mine)).id, OutcomeUnknown())
    else:
        await store.watching.time_out((await running(store, mine)).id, BEGAN_AT + 100, 3)
    subject = await store.logbook.subject(await only(store))
    assert isinstance(subject, LoggedJob)
    assert subject.job.state == how


async def test_what_was_never_in_the_line_is_not_told(store: Store, mine: Account) -> None:
    await with_log(store)
    job = await offered(store, mine)
    await store.door.drop(job.id, FailureCode.CARD_NEVER_SHOWN)
    assert await entries(store) == []


async def test_direct_messages_and_other_guilds_are_not_told(store: Store, mine: Account) -> None:
    await with_log(store)
    await ended(store, mine, guild_id=None)
    await ended(store, mine, guild_id=GUILD + 1)
    assert await entries(store) == []


async def test_a_change_is_entered_where_the_log_is(store: Store) -> None:
    await with_log(store)
    await sets(store, cooldown_seconds=5)
    subject = await store.logbook.subject(await only(store))
    assert isinstance(subject, Change)
    assert (subject.user_id, subject.name, subject.old, subject.new) == (MODERATOR, "cooldown_seconds", "0", "5")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(None, LOG, {LOG}), (LOG, ELSEWHERE, {LOG, ELSEWHERE}), (LOG, None, {LOG})],
)
async def test_that_the_log_moves_is_told_where_it_was_and_where_it_goes(
    before: int | None, after: int | None, told: set[int], store: Store
) -> None:
    await with_log(store, before)
    await sets(store, log_channel=after)
    found = await entries(store)
    assert {entry.channel_id for entry in found} == told
    for entry in found:
        subject = await store.logbook.subject(entry)
        assert isinstance(subject, Change)
        assert (json.loads(subject.old), json.loads(subject.new)) == (before, after)


async def test_what_undoes_a_change_undoes_its_entry(store: Store, look: Look) -> None:
    await with_log(store)

    def broken(limits: Any) -> Any:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.guilds.change(GUILD, MODERATOR, broken)
    assert look("SELECT * FROM log_entries") == []


# ---------------------------------------------------------------- what changes later


async def test_a_rescue_changes_the_entry_that_stands(store: Store, mine: Account) -> None:
    await with_log(store)
    job = await running(store, mine)
    await store.watching.time_out(job.id, BEGAN_AT + 100, 3)
    await store.logbook.shown(await only(store), POSTED)
    assert await entries(store) == []
    await store.watching.finish(job.id, completed())
    entry = await only(store)
    assert (entry.id, entry.message_id) == (job.id, POSTED)
    await store.logbook.shown(entry, POSTED)
    assert await entries(store) == []


async def test_a_late_answer_makes_no_second_entry(store: Store, mine: Account, look: Look) -> None:
    await with_log(store)
    job = await claimed(store, mine)
    await store.submissions.record(mine, job.id, OutcomeUnknown())
    await store.logbook.shown(await only(store), POSTED)
    await with_log(store, ELSEWHERE)
    await store.submissions.record(mine, job.id, Accepted("gen-1"))
    await store.watching.finish(job.id, completed())
    assert [(row["id"], row["channel_id"]) for row in look("SELECT * FROM log_entries")] == [(job.id, LOG)]
    assert (await only(store)).message_id == POSTED


async def test_an_end_from_before_the_log_was_set_is_not_told_by_its_rescue(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    await store.watching.time_out(job.id, BEGAN_AT + 100, 3)
    await with_log(store)
    await store.watching.finish(job.id, completed())
    assert await entries(store) == []


async def test_what_changed_before_the_post_was_known_to_stand_is_brought_by_an_edit(
    store: Store, mine: Account
) -> None:
    """The post may be that of an earlier process, with the words of then."""
    await with_log(store)
    await ended(store, mine)
    await store.forgetting.forget(MEMBER)
    entry = await only(store)
    assert (entry.message_id, entry.wanted) == (None, 2)
    await store.logbook.shown(entry, POSTED)
    assert (await only(store)).message_id == POSTED


async def test_the_entries_of_a_forgotten_member_are_drawn_again_without_words(
    store: Store, mine: Account, look: Look, clock: HandClock
) -> None:
    await with_log(store)
    job, theirs = await ended(store, mine), await ended(store, mine, user_id=MEMBER + 1)
    for _ in range(2):
        await store.logbook.shown(await only(store), POSTED)
    await store.forgetting.forget(MEMBER)
    entry = await only(store)
    assert entry.id == job.id
    subject = await store.logbook.subject(entry)
    assert isinstance(subject, LoggedJob)
    assert subject.job.request.prompt == ""
    await store.logbook.shown(entry, POSTED)
    await store.forgetting.forgotten([job.id])
    assert [row["id"] for row in look("SELECT id FROM log_entries")] == [theirs.id], "nothing more can change"


async def test_an_entry_that_is_shown_after_all_is_forgotten_goes_too(store: Store, mine: Account, look: Look) -> None:
    await with_log(store)
    job = await ended(store, mine)
    await store.logbook.shown(await only(store), POSTED)
    await store.forgetting.forget(MEMBER)
    await store.forgetting.forgotten([job.id])
    await store.logbook.shown(await only(store), POSTED)
    assert look("SELECT * FROM log_entries") == []


async def test_what_is_made_for_a_forgotten_member_is_told_without_words(store: Store, mine: Account) -> None:
    await with_log(store)
    job = await running(store, mine)
    await store.forgetting.forget(MEMBER)
    await store.watching.finish(job.id, completed())
    subject = await store.logbook.subject(await only(store))
    assert isinstance(subject, LoggedJob)
    assert (subject.job.request.prompt, subject.job.state) == ("", JobState.SUCCEEDED)


# ---------------------------------------------------------------- the order, and channels that are closed


async def test_of_each_channel_the_oldest_post_comes_first_and_then_the_newest_edit(
    store: Store, mine: Account
) -> None:
    await with_log(store)
    jobs = [await ended(store, mine) for _ in range(4)]
    for message_id in (POSTED, POSTED + 1):
        await store.logbook.shown(await only(store), message_id)
    await store.forgetting.forget(MEMBER)
    seen: list[int] = []
    while found := await entries(store):
        entry = found[0]
        seen.append(entry.id)
        await store.logbook.shown(entry, entry.message_id or POSTED + len(seen))
    first, second, third, fourth = (job.id for job in jobs)
    assert seen == [third, fourth, fourth, third, second, first], "posted, then edited: they had changed before"


async def test_a_channel_has_one_entry_and_one_edit_at_a_time(store: Store, mine: Account) -> None:
    await with_log(store)
    await sets(store, guild_id=GUILD + 1, log_channel=ELSEWHERE)
    for _ in range(3):
        await ended(store, mine)
    assert sorted(entry.channel_id for entry in await entries(store)) == [LOG, ELSEWHERE]


async def test_a_closed_channel_loses_what_was_to_come_and_says_so_until_it_works_again(
    store: Store, mine: Account, clock: HandClock
) -> None:
    await with_log(store)
    job = await ended(store, mine)
    await store.logbook.shown(await only(store), POSTED)
    await store.forgetting.forget(MEMBER)
    await ended(store, mine)
    assert await store.guilds.log_closed_since(GUILD) is None
    assert await store.logbook.close(LOG, with_edits=True) == 2
    assert await entries(store) == []
    clock.at += 60
    assert await store.logbook.close(LOG, with_edits=True) == 0
    assert await store.guilds.log_closed_since(GUILD) == BEGAN_AT
    changed = await store.guilds.change(GUILD, MODERATOR, lambda limits: replace(limits, cooldown_seconds=1))
    assert changed.log_closed_since == BEGAN_AT
    assert (await only(store)).kind is EntryKind.CHANGE, "it is tried again with whatever comes next"
    await store.logbook.shown(await only(store), POSTED)
    assert await store.guilds.log_closed_since(GUILD) is None
    assert job is not None


async def test_another_channel_or_none_is_not_closed(store: Store) -> None:
    await with_log(store)
    await store.logbook.close(LOG, with_edits=True)
    assert await store.guilds.log_closed_since(GUILD) is not None
    await sets(store, log_channel=ELSEWHERE)
    assert await store.guilds.log_closed_since(GUILD) is None
    await sets(store, log_channel=None)
    assert await store.guilds.log_closed_since(GUILD) is None


async def test_a_change_that_was_let_go_meanwhile_tells_nothing(store: Store, look: Look) -> None:
    await with_log(store)
    await sets(store, cooldown_seconds=5)
    entry = await only(store)
    assert await store.logbook.subject(replace(entry, id=entry.id + 1)) is None
    await store.logbook.drop(entry)
    assert look("SELECT * FROM log_entries") == []


async def test_a_change_is_told_once_and_then_kept_no_more(store: Store, look: Look) -> None:
    await with_log(store)
    await sets(store, cooldown_seconds=5)
    await store.logbook.shown(await only(store), POSTED)
    assert look("SELECT * FROM log_entries") == []
