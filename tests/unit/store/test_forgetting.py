"""Forgetting: no word and no result stays on the disk, sums do; what is under way follows with its end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.catalog import Medium
from bot.domain.history import Forgotten, Wanted
from bot.domain.jobs import Failure, FailureCode, Job, JobState
from bot.domain.preferences import Usual
from bot.domain.requests import Reference
from bot.errors import NotSent, OutcomeUnknown, Rejected
from bot.ports import (
    Accepted,
    Account,
    CarriedReference,
    Claim,
    Generation,
    GenerationState,
    Idle,
    NewDraft,
    Showing,
    Shown,
)
from bot.store.store import Store, assemble, open_store
from tests.support.builders import (
    BEGAN_AT,
    GUILD,
    MEMBER,
    account,
    claimed,
    completed,
    offered,
    queued,
    read,
    request,
    running,
)
from tests.support.fakes import AtOnce, HandClock, RotSealer
from tests.unit.store.conftest import Look

OTHER = MEMBER + 1
WORD = "unforgettable"
LINK = f"https://cdn.test/attachments/1/{WORD}.png?ex={int(BEGAN_AT + 10_000):x}&hm={WORD}"
ASKED = request(f"a {WORD} cat", references=(Reference(LINK, is_attachment=True, filename=f"{WORD}.png"),))
RESULT = completed(f"https://img.test/{WORD}.png?X-Signature={WORD}")
REFUSED = Generation(GenerationState.FAILED, failure=Failure(FailureCode.GENERATION_FAILED, f"no {WORD} things"))


def words(look: Look) -> str:
    """Every value of the tables that hold what members said."""
    rows = [look(f"SELECT * FROM {table}") for table in ("jobs", "cards", "drafts", "events")]  # noqa: S608  our own
    return json.dumps(rows, default=str)


def says(look: Look) -> bool:
    """Whether the word stands there, also sealed: what seals here turns it around."""
    found = words(look)
    return WORD in found or WORD[::-1] in found


async def state(store: Store, job: Job) -> JobState:
    found = await store.asking.job(job.id, or_forgotten=True)
    assert found is not None
    return found.state


async def succeeded(store: Store, mine: Account, **changes: Any) -> Job:
    job = await running(store, mine, request=ASKED, **changes)
    await store.cards.shown(job.id, Showing(1, Shown(50, 99), (CarriedReference(1, f"reference-{WORD}.png", LINK),)))
    await store.watching.finish(job.id, RESULT)
    return await read(store, job.id)


async def test_words_references_and_results_go_everywhere(store: Store, mine: Account, look: Look) -> None:
    await succeeded(store, mine)
    failed = await running(store, mine, request=ASKED, guild_id=GUILD + 1)
    await store.watching.finish(failed.id, REFUSED)
    unknown = await claimed(store, mine, request=ASKED, guild_id=None)
    await store.submissions.record(mine, unknown.id, OutcomeUnknown())
    await queued(store, mine, request=ASKED)
    await offered(store, mine, request=ASKED)
    await store.drafts.begin(NewDraft(MEMBER, ASKED, f"--sref {WORD}"))
    assert says(look)
    assert await store.forgetting.forget(MEMBER) == Forgotten(5, 0)
    assert not says(look)
    assert await store.history.page(MEMBER, Wanted(), 0, 10) == []
    assert await store.history.models(MEMBER, 10) == []
    assert await store.history.count(MEMBER) == 0


async def test_the_jobs_of_others_stay(store: Store, mine: Account, look: Look) -> None:
    theirs = await succeeded(store, mine, user_id=OTHER)
    draft = await store.drafts.begin(NewDraft(OTHER, ASKED))
    await store.forgetting.forget(MEMBER)
    assert await store.asking.job(theirs.id) == theirs
    assert await store.drafts.read(draft.id) == draft
    assert look("SELECT carried FROM cards")[0]["carried"] != "[]"


async def test_sums_and_choices_stay(store: Store, mine: Account) -> None:
    await store.members.choose(MEMBER, Usual(image_model="swift-1"))
    await succeeded(store, mine)
    refused = await running(store, mine, request=ASKED)
    await store.watching.finish(refused.id, REFUSED)
    late = await running(store, mine, request=ASKED)
    await store.watching.time_out(late.id, BEGAN_AT + 500, 3)
    before = await store.asking.usage(since=0, user_id=MEMBER), await store.asking.usage(since=0, guild_id=GUILD)
    await store.forgetting.forget(MEMBER)
    after = await store.asking.usage(since=0, user_id=MEMBER), await store.asking.usage(since=0, guild_id=GUILD)
    assert before == after
    assert after[0].spent_credits == 10
    assert await store.members.usual(MEMBER) == Usual(image_model="swift-1")


async def test_what_waits_is_cancelled_and_leaves_the_line(store: Store, mine: Account, look: Look) -> None:
    jobs = [await queued(store, mine, request=ASKED), await offered(store, mine, request=ASKED, guild_id=GUILD + 1)]
    assert await store.forgetting.forget(MEMBER) == Forgotten(2, 0)
    assert [await state(store, job) for job in jobs] == [JobState.CANCELLED, JobState.CANCELLED]
    assert isinstance(await store.submissions.claim(mine, 0.0), Idle)
    assert [row["queued"] for row in look("SELECT queued FROM guild_turns")] == [0]
    assert {job_id for job_id, _ in await store.cards.behind()} == {job.id for job in jobs}, "their cards must say so"


async def test_a_forgotten_job_is_not_known_but_can_be_asked_for(store: Store, mine: Account) -> None:
    job = await succeeded(store, mine)
    await store.forgetting.forget(MEMBER)
    assert await store.asking.job(job.id) is None
    found = await store.asking.job(job.id, or_forgotten=True)
    assert found is not None
    assert (found.user_id, found.request.prompt, found.result, found.failure) == (MEMBER, "", None, None)


async def test_forgetting_twice_forgets_what_came_between(store: Store, mine: Account, look: Look) -> None:
    await succeeded(store, mine)
    await store.forgetting.forget(MEMBER)
    await succeeded(store, mine)
    assert await store.forgetting.forget(MEMBER) == Forgotten(1, 0)
    assert not says(look)
    assert await store.forgetting.forget(MEMBER) == Forgotten(0, 0)


async def test_one_that_fails_midway_forgets_nothing(clock: HandClock) -> None:
    driver = AtOnce()
    store = await assemble(driver, clock, RotSealer(), "me")
    mine = account(await store.accounts.enter("meigen", "f"))
    await queued(store, mine, request=ASKED)
    await store.drafts.begin(NewDraft(MEMBER, ASKED))
    driver.raw.execute("CREATE TRIGGER full BEFORE DELETE ON drafts BEGIN SELECT RAISE(ABORT, 'boom'); END")
    with pytest.raises(sqlite3.IntegrityError, match="boom"):
        await store.forgetting.forget(MEMBER)
    (past,) = await store.history.page(MEMBER, Wanted(), 0, 10)
    assert (past.job.state, past.job.request.prompt) == (JobState.QUEUED, ASKED.prompt)


# ---------------------------------------------------------------- what is under way

End = Callable[[Store, Account, Job], Awaitable[object]]


async def _succeeds(store: Store, _: Account, job: Job) -> None:
    await store.watching.finish(job.id, RESULT)


async def _fails(store: Store, _: Account, job: Job) -> None:
    await store.watching.finish(job.id, REFUSED)


async def _times_out(store: Store, _: Account, job: Job) -> None:
    await store.watching.time_out(job.id, BEGAN_AT + 500, 3)


async def _comes_late(store: Store, mine: Account, job: Job) -> None:
    await _times_out(store, mine, job)
    await store.watching.finish(job.id, RESULT)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (_succeeds, JobState.SUCCEEDED),
        (_fails, JobState.FAILED),
        (_times_out, JobState.TIMED_OUT),
        (_comes_late, JobState.SUCCEEDED),
    ],
)
async def test_what_runs_is_emptied_with_its_end(
    store: Store, mine: Account, look: Look, end: End, expected: JobState
) -> None:
    job = await running(store, mine, request=ASKED)
    assert await store.forgetting.forget(MEMBER) == Forgotten(1, 1)
    assert await state(store, job) is JobState.RUNNING
    assert await store.asking.job(job.id) is None
    await end(store, mine, job)
    assert await state(store, job) is expected
    assert not says(look)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Rejected(f"no {WORD} things"), JobState.FAILED),
        (NotSent(), JobState.CANCELLED),
        (OutcomeUnknown(), JobState.UNKNOWN),
    ],
)
async def test_what_leaves_is_emptied_with_its_end(
    store: Store, mine: Account, look: Look, outcome: Any, expected: JobState
) -> None:
    job = await claimed(store, mine, request=ASKED)
    await store.forgetting.forget(MEMBER)
    await store.submissions.record(mine, job.id, outcome)
    assert await state(store, job) is expected
    assert not says(look)


async def test_what_leaves_and_is_taken_is_emptied_once_it_is_done(store: Store, mine: Account, look: Look) -> None:
    job = await claimed(store, mine, request=ASKED)
    await store.forgetting.forget(MEMBER)
    await store.submissions.record(mine, job.id, Accepted("gen-1", charged_credits=5))
    assert await state(store, job) is JobState.RUNNING
    await store.watching.finish(job.id, RESULT)
    assert not says(look)
    assert (await store.asking.usage(since=0, user_id=MEMBER)).spent_credits == 5


async def test_after_a_restart_what_was_under_way_is_emptied_all_the_same(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, RotSealer(), "first", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", "f"))
        made = await running(store, mine, request=ASKED)
        interrupted = await claimed(store, mine, request=ASKED)
        await store.forgetting.forget(MEMBER)
    async with open_store(path, clock, RotSealer(), "second", 0.0) as store:
        await store.submissions.recover((mine,))
        await store.watching.finish(made.id, RESULT)
        assert await state(store, interrupted) is JobState.UNKNOWN
        for job in (made, interrupted):
            found = await store.asking.job(job.id, or_forgotten=True)
            assert found is not None
            assert (found.request.prompt, found.request.references, found.result) == ("", (), None)


async def test_an_unknown_one_never_comes_back_to_the_line(store: Store, mine: Account) -> None:
    job = await claimed(store, mine, request=ASKED)
    await store.submissions.record(mine, job.id, OutcomeUnknown())
    await store.forgetting.forget(MEMBER)
    await store.submissions.record(mine, job.id, NotSent())
    assert await state(store, job) is JobState.CANCELLED
    assert not isinstance(await store.submissions.claim(mine, 0.0), Claim)


async def test_fresh_links_that_come_too_late_bring_nothing_back(store: Store, mine: Account, look: Look) -> None:
    job = await queued(store, mine, request=ASKED)
    await store.forgetting.forget(MEMBER)
    await store.submissions.refresh_request(job.id, ASKED)
    assert not says(look)


async def test_a_card_that_is_drawn_too_late_brings_nothing_back(store: Store, mine: Account, look: Look) -> None:
    job = await queued(store, mine, request=ASKED)
    await store.forgetting.forget(MEMBER)
    await store.cards.shown(job.id, Showing(1, Shown(50, 99), (CarriedReference(1, f"reference-{WORD}.png", LINK),)))
    assert not says(look)


async def test_nobody_is_pinged_for_what_is_forgotten(store: Store, mine: Account, clock: HandClock) -> None:
    job = await running(store, mine, request=ASKED)
    clock.at += 100
    await store.watching.finish(job.id, RESULT)
    await store.cards.shown(job.id, Showing(9, Shown(50, 99)))
    assert len(await store.cards.pings_due()) == 1
    await store.forgetting.forget(MEMBER)
    assert await store.cards.pings_due() == []


# ---------------------------------------------------------------- their files


async def test_files_are_told_of_until_they_are_gone(store: Store, mine: Account, clock: HandClock) -> None:
    done, made = await succeeded(store, mine), await running(store, mine, request=ASKED)
    await succeeded(store, mine, user_id=OTHER)
    assert await store.forgetting.to_forget() == []
    await store.forgetting.forget(MEMBER)
    due = {each.job_id: each for each in await store.forgetting.to_forget()}
    assert set(due) == {done.id, made.id}
    assert {each.asked_at for each in due.values()} == {clock.at}
    assert not due[done.id].is_over, "its card is still to be drawn"
    await store.cards.shown(done.id, Showing(100, Shown(50, 99)))
    await store.cards.shown(made.id, Showing(100, Shown(50, 98)))
    assert [each.is_over for each in await store.forgetting.to_forget()] == [True, False]
    await store.forgetting.forgotten([done.id])
    assert [each.job_id for each in await store.forgetting.to_forget()] == [made.id]


async def test_a_video_that_is_forgotten_is_no_video_any_more_but_still_counts(
    store: Store, mine: Account, look: Look
) -> None:
    await offered(store, mine, request=request(medium=Medium.VIDEO))
    await store.forgetting.forget(MEMBER)
    assert look("SELECT medium, request FROM jobs") == [{"medium": "video", "request": '{"prompt":""}'}]
