"""After a restart: what was open is unknown and never sent again, and the gate forgets nothing."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.domain.gate import MARGIN_SECONDS, GateLimit
from bot.domain.jobs import JobState
from bot.errors import NotSent, OutcomeUnknown, RateLimited
from bot.ports import Accepted, Account, Claim, Idle, Rung, Showing, Shown, Wait
from bot.store.store import Store, open_store
from tests.support.builders import BEGAN_AT, account, claimed, completed, offered, queued, read, running
from tests.support.fakes import HandClock, RotSealer
from tests.unit.store.conftest import Look

TIGHT = GateLimit(2, 60.0)


class Life:
    """One process after another on the same file."""

    def __init__(self, path: Path, clock: HandClock) -> None:
        self._path = path
        self.clock = clock

    def begins(self, owner: str) -> AbstractAsyncContextManager[Store]:
        return open_store(self._path, self.clock, RotSealer(), owner, 0.0)


@pytest.fixture
def life(path: Path, clock: HandClock) -> Life:
    return Life(path, clock)


async def the_account(store: Store, limit: GateLimit = TIGHT) -> Account:
    return account(await store.accounts.enter("meigen", "f"), limit)


async def test_an_interrupted_submission_is_unknown(life: Life, look: Look) -> None:
    async with life.begins("first") as store:
        job = await claimed(store, await the_account(store))
    life.clock.at += 100
    async with life.begins("second") as store:
        mine = await the_account(store)
        assert await store.submissions.recover((mine,)) == 1
        interrupted = await read(store, job.id)
        assert (interrupted.state, interrupted.finished_at) == (JobState.UNKNOWN, BEGAN_AT + 100)
        assert await store.submissions.claim(mine, 0.0) == Idle()
        assert [job_id for job_id, _ in await store.cards.behind()] == [job.id]
    assert look("SELECT from_state, to_state FROM events")[-1] == {"from_state": "submitting", "to_state": "unknown"}


async def test_ones_own_submissions_are_not_interrupted(life: Life) -> None:
    async with life.begins("first") as store:
        mine = await the_account(store)
        job = await claimed(store, mine)
        assert await store.submissions.recover((mine,)) == 0
        assert await read(store, job.id) == job


async def test_everything_else_is_as_it_was(life: Life) -> None:
    async with life.begins("first") as store:
        mine = await the_account(store, GateLimit(100, 60.0))
        jobs = [await running(store, mine), await offered(store, mine), await queued(store, mine)]
    async with life.begins("second") as store:
        assert await store.submissions.recover((await the_account(store),)) == 0
        assert [await read(store, job.id) for job in jobs] == jobs


async def test_the_slot_of_an_interrupted_submission_counts_from_the_recovery(life: Life) -> None:
    async with life.begins("first") as store:
        mine = await the_account(store)
        await claimed(store, mine)
        await claimed(store, mine)
    life.clock.at += 300
    async with life.begins("second") as store:
        mine = await the_account(store)
        await store.submissions.recover((mine,))
        await queued(store, mine)
        waits = await store.submissions.claim(mine, 0.0)
        assert isinstance(waits, Wait)
        assert waits.until == pytest.approx(BEGAN_AT + 300 + 60 + MARGIN_SECONDS)


async def test_answered_slots_are_still_held_after_a_restart(life: Life) -> None:
    async with life.begins("first") as store:
        mine = await the_account(store)
        await running(store, mine)
        await running(store, mine)
    life.clock.at += 59
    async with life.begins("second") as store:
        mine = await the_account(store)
        await store.submissions.recover((mine,))
        await queued(store, mine)
        waits = await store.submissions.claim(mine, 0.0)
        assert isinstance(waits, Wait)
        assert waits.until == pytest.approx(BEGAN_AT + 60 + MARGIN_SECONDS)
        life.clock.at = BEGAN_AT + 60.2
        assert isinstance(await store.submissions.claim(mine, 0.0), Claim)


async def test_a_pause_outlives_the_process(life: Life) -> None:
    async with life.begins("first") as store:
        mine = await the_account(store)
        job = await claimed(store, mine)
        await store.submissions.record(mine, job.id, RateLimited(120.0))
    life.clock.at += 60
    async with life.begins("second") as store:
        mine = await the_account(store)
        await store.submissions.recover((mine,))
        waits = await store.submissions.claim(mine, 0.0)
        assert isinstance(waits, Wait)
        assert waits.until == BEGAN_AT + 120


async def test_a_clock_put_back_an_hour_stalls_the_line_no_longer_than_a_window(life: Life, look: Look) -> None:
    async with life.begins("first") as store:
        mine = await the_account(store)
        await running(store, mine)
        await running(store, mine)
    life.clock.at -= 3600
    async with life.begins("second") as store:
        mine = await the_account(store)
        await store.submissions.recover((mine,))
        await queued(store, mine)
        waits = await store.submissions.claim(mine, 0.0)
        assert isinstance(waits, Wait)
        assert waits.until == pytest.approx(life.clock.at + 60 + MARGIN_SECONDS)
        life.clock.at += 61
        assert isinstance(await store.submissions.claim(mine, 0.0), Claim)
    assert max(row["answered_at"] or 0 for row in look("SELECT answered_at FROM sends")) <= life.clock.at


async def test_a_clock_put_back_an_hour_does_not_hide_who_waits_at_the_door(life: Life) -> None:
    async with life.begins("first") as store:
        job = await offered(store, await the_account(store))
    life.clock.at -= 3600
    async with life.begins("second") as store:
        await store.submissions.recover((await the_account(store),))
        assert await store.door.offered(life.clock.at, 10) == [job.id]


async def test_a_clock_put_back_an_hour_does_not_put_off_late_looks(life: Life) -> None:
    async with life.begins("first") as store:
        job = await running(store, await the_account(store))
        await store.watching.time_out(job.id, BEGAN_AT + 120, 3)
    life.clock.at -= 3600
    async with life.begins("second") as store:
        await store.submissions.recover((await the_account(store),))
        (late,) = await store.watching.late()
        assert late.next_look_at <= life.clock.at + 1800


async def test_a_clock_put_back_an_hour_does_not_put_off_looks_and_deadlines(life: Life) -> None:
    async with life.begins("first") as store:
        job = await running(store, await the_account(store))
    life.clock.at -= 3600
    async with life.begins("second") as store:
        await store.submissions.recover((await the_account(store),))
        assert (await read(store, job.id)).answered_at == life.clock.at


async def test_a_clock_put_back_an_hour_leaves_a_post_to_be_looked_for(life: Life) -> None:
    """And not to be made again at once: how long ago it was begun is not known."""
    async with life.begins("first") as store:
        job = await running(store, await the_account(store))
        await store.cards.intend_post(job.id, Rung.CHANNEL_POST, "n")
    life.clock.at -= 3600
    async with life.begins("second") as store:
        await store.submissions.recover((await the_account(store),))
        found = await store.cards.read(job.id)
        assert found is not None
        assert (found[1].posting_since, found[1].posting_nonce) == (0, "n")


async def test_a_clock_put_back_an_hour_repeats_no_ping(life: Life) -> None:
    async with life.begins("first") as store:
        job = await running(store, await the_account(store))
        life.clock.at += 90
        await store.watching.finish(job.id, completed())
        await store.cards.shown(job.id, Showing(100, Shown(1, 2)))
    life.clock.at -= 3600
    async with life.begins("second") as store:
        await store.submissions.recover((await the_account(store),))
        (due,) = await store.cards.pings_due()
        assert due.since < life.clock.at - 1000, "over, for all that is known"


async def test_a_clock_put_back_an_hour_does_not_put_off_what_waits(life: Life, look: Look) -> None:
    async with life.begins("first") as store:
        job = await queued(store, await the_account(store))
        await store.cards.shown(job.id, Showing(1, Shown(1, 2), redraw_at=BEGAN_AT + 60))
    life.clock.at -= 3600
    async with life.begins("second") as store:
        await store.submissions.recover((await the_account(store),))
    assert look("SELECT redraw_at FROM cards") == [{"redraw_at": BEGAN_AT - 3600}]


async def test_a_restart_puts_no_times_of_cards_forth(life: Life, look: Look) -> None:
    async with life.begins("first") as store:
        job = await queued(store, await the_account(store))
        await store.cards.shown(job.id, Showing(1, Shown(1, 2), redraw_at=BEGAN_AT + 60))
        await store.cards.intend_post(job.id, Rung.CHANNEL_POST, "n")
    life.clock.at += 10
    async with life.begins("second") as store:
        await store.submissions.recover((await the_account(store),))
    assert look("SELECT redraw_at, posting_since FROM cards") == [
        {"redraw_at": BEGAN_AT + 60, "posting_since": BEGAN_AT}
    ]


async def test_what_is_over_keeps_its_times(life: Life) -> None:
    async with life.begins("first") as store:
        job = await running(store, await the_account(store))
        ended = await store.watching.finish(job.id, completed())
    life.clock.at -= 3600
    async with life.begins("second") as store:
        await store.submissions.recover((await the_account(store),))
        assert await read(store, job.id) == ended


async def test_an_answer_of_another_process_upgrades_nothing(life: Life) -> None:
    async with life.begins("first") as store:
        job = await claimed(store, await the_account(store))
    async with life.begins("second") as store:
        mine = await the_account(store)
        assert await store.submissions.record(mine, job.id, Accepted("g")) is None
        await store.submissions.recover((mine,))
        assert await store.submissions.record(mine, job.id, Accepted("g")) is None
        assert (await read(store, job.id)).state is JobState.UNKNOWN


async def test_a_late_not_sent_brings_an_unknown_back_to_the_line(life: Life) -> None:
    async with life.begins("first") as store:
        mine = await the_account(store)
        job = await claimed(store, mine)
        await store.submissions.record(mine, job.id, OutcomeUnknown("timeout"))
        back = await store.submissions.record(mine, job.id, NotSent("it never left"))
        assert back is not None
        assert (back.state, back.finished_at) == (JobState.QUEUED, None)
