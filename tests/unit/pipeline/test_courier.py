"""The courier: what is behind is drawn, ends first, the latest wins, one edit in flight for each message."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from bot.domain.gate import GateLimit
from bot.domain.jobs import Job, JobState
from bot.domain.views import REDRAW_PART, REDRAW_SECONDS
from bot.errors import SurfaceDown, TokenDead
from bot.pipeline.courier import DELIVERIES_IN_FLIGHT, STOP_SECONDS
from bot.ports import Accepted, Claim
from bot.ui.messages import Accent
from tests.support.builders import BEGAN_AT, WIDE, completed, running
from tests.support.fakes import Call, virtually
from tests.unit.pipeline.rig import Rig, open_rig


async def taken(rig: Rig) -> Job:
    """A job that the upstream has, its card still showing it queued."""
    await asyncio.sleep(0.001)  # or even the widest gate is shut
    job = await rig.ask()
    claim = await rig.store.submissions.claim(rig.account, 0.0)
    assert isinstance(claim, Claim)
    await rig.store.submissions.record(rig.account, job.id, Accepted(f"gen-{job.id}"))
    rig.signals.cards.ring()
    return job


async def ended(rig: Rig) -> Job:
    job = await taken(rig)
    await rig.store.watching.finish(job.id, completed())
    rig.signals.cards.ring()
    return job


async def drawn(rig: Rig, job: Job) -> list[Call]:
    message_id = (await rig.card(job)).message_id
    tokens = {token for token, answer in rig.surface.answers.items() if answer == message_id}
    return [call for call in rig.surface.shown if call.target in tokens | {message_id}]


@virtually
async def test_what_is_behind_is_drawn_when_rung() -> None:
    async with open_rig() as rig:
        rig.start("courier")
        await asyncio.sleep(100)
        job = await taken(rig)
        await asyncio.sleep(0.5)
        (call,) = await drawn(rig, job)
        assert call.message is not None
        assert call.message.accent is Accent.WORKING
        assert rig.is_up_to_date()


@virtually
async def test_what_is_up_to_date_is_left_alone() -> None:
    async with open_rig() as rig:
        rig.start("courier")
        await taken(rig)
        await asyncio.sleep(1)
        for _ in range(50):
            rig.signals.cards.ring()
            await asyncio.sleep(0.05)
        assert len(rig.surface.shown) == 1, "its bar looks the same for some seconds yet"


@virtually
async def test_many_changes_are_one_edit_and_the_latest_wins() -> None:
    async with open_rig() as rig:
        job = await taken(rig)
        for percent in range(10, 100, 10):
            await rig.store.watching.progress(job.id, percent)
        await rig.store.watching.finish(job.id, completed())
        rig.start("courier")
        await rig.settled()
        (call,) = await drawn(rig, job)
        assert call.message is not None
        assert call.message.accent is Accent.DONE


@virtually
async def test_a_change_during_an_edit_is_drawn_after_it() -> None:
    async with open_rig() as rig:
        rig.surface.call_seconds = 2.0
        job = await taken(rig)
        rig.start("courier")
        await asyncio.sleep(1)
        await rig.store.watching.finish(job.id, completed())
        rig.signals.cards.ring()
        await rig.settled()
        accents = [call.message.accent for call in await drawn(rig, job) if call.message]
        assert accents == [Accent.WORKING, Accent.DONE]


@virtually
async def test_one_edit_is_in_flight_for_each_message() -> None:
    async with open_rig() as rig:
        rig.surface.call_seconds = 1.0
        job = await taken(rig)
        rig.start("courier")
        for percent in range(60):
            await rig.store.watching.progress(job.id, percent)
            rig.signals.cards.ring()
            await asyncio.sleep(0.25)
        await rig.settled()
        assert set(rig.surface.most_open.values()) == {1}
        assert 5 <= len(await drawn(rig, job)) <= 12


@virtually
async def test_ends_come_first() -> None:
    async with open_rig(WIDE) as rig:
        for _ in range(DELIVERIES_IN_FLIGHT * 2):
            await taken(rig)
        last = await ended(rig)
        rig.surface.call_seconds = 1.0
        rig.start("courier")
        await rig.settled()
        first_calls = rig.surface.shown[:DELIVERIES_IN_FLIGHT]
        assert (await drawn(rig, last))[0] in first_calls


@virtually
async def test_only_so_many_are_delivered_at_once() -> None:
    async with open_rig(WIDE) as rig:
        for _ in range(DELIVERIES_IN_FLIGHT * 3):
            await taken(rig)
        rig.surface.call_seconds = 1.0
        rig.start("courier")
        await asyncio.sleep(0.5)
        assert len(rig.surface.shown) == DELIVERIES_IN_FLIGHT
        await rig.settled()
        assert len({call.target for call in rig.surface.shown}) == DELIVERIES_IN_FLIGHT * 3


# ---- trouble


@virtually
async def test_discord_is_tried_again_ever_more_patiently() -> None:
    async with open_rig() as rig:
        job = await taken(rig)
        rig.surface.call_seconds = 0.0
        rig.surface.once["edit_by_token"] = [SurfaceDown() for _ in range(8)]
        rig.start("courier")
        await rig.settled()
        at = [call.at - BEGAN_AT for call in await drawn(rig, job)]
        assert at == pytest.approx([0, 1, 3, 7, 15, 31, 63, 123, 183], abs=0.1)


@virtually
async def test_discord_is_tried_again_when_it_said_so_and_not_before() -> None:
    async with open_rig() as rig:
        job = await taken(rig)
        rig.surface.once["edit_by_token"] = [SurfaceDown(0, "", 42.0)]
        rig.start("courier")
        for _ in range(50):
            await asyncio.sleep(1)
            rig.signals.cards.ring()
        first, second = await drawn(rig, job)
        assert second.at - first.at == pytest.approx(42.05, abs=0.2)


@virtually
async def test_a_card_that_fails_does_not_hold_up_the_others() -> None:
    async with open_rig() as rig:
        bad = await taken(rig)
        rig.surface.once["edit_by_token"] = [ZeroDivisionError("a bug")]
        rig.start("courier")
        await asyncio.sleep(0.1)
        good = await taken(rig)
        await asyncio.sleep(0.5)
        assert [card.shown == card.wanted for card in (await rig.card(bad), await rig.card(good))] == [False, True]
        await rig.settled()


@virtually
async def test_one_success_ends_the_patience() -> None:
    async with open_rig() as rig:
        job = await taken(rig)
        rig.surface.once["edit_by_token"] = [SurfaceDown() for _ in range(6)]
        rig.start("courier")
        await rig.settled()
        rig.surface.once["edit_by_token"] = [SurfaceDown()]
        await rig.store.watching.progress(job.id, 50)
        rig.signals.cards.ring()
        await rig.until(rig.is_up_to_date, within_seconds=2)


@virtually
async def test_a_store_that_fails_is_asked_again_ever_more_patiently() -> None:
    async with open_rig() as rig:
        await taken(rig)
        rig.driver.is_down = True
        rig.start("courier")
        await asyncio.sleep(200)
        assert rig.surface.shown == []
        assert rig.driver.refused < 15
        rig.driver.is_down = False
        await rig.until(rig.is_up_to_date, within_seconds=61)


@virtually
async def test_an_edit_that_could_not_be_recorded_is_made_again() -> None:
    async with open_rig() as rig:
        job = await taken(rig)
        rig.surface.call_seconds = 1.0
        rig.start("courier")
        await asyncio.sleep(0.5)
        rig.driver.is_down = True
        await asyncio.sleep(5)
        rig.driver.is_down = False
        await rig.settled()
        assert len(await drawn(rig, job)) >= 2
        assert len(rig.surface.messages) == 1


# ---- positions


async def line_of(rig: Rig, count: int) -> list[Job]:
    """A line in which nothing moves but time."""
    return [await rig.ask() for _ in range(count)]


@virtually
async def test_who_waits_sees_the_wait_get_shorter() -> None:
    """Also one who was never drawn here, since the answer was the first card."""
    async with open_rig(GateLimit(4, 60.0)) as rig:
        jobs = await line_of(rig, 20)
        rig.start("dispatcher", "courier")
        await asyncio.sleep(200)
        calls = [call for call in await drawn(rig, jobs[-1]) if call.message]
        assert len(calls) >= 2
        assert all(call.message is not None and call.message.accent is Accent.WAITING for call in calls)
        texts = ["".join(call.message.texts) for call in calls if call.message]
        assert len(set(texts)) == len(texts)


@virtually
async def test_a_position_is_drawn_once_a_quarter_of_the_wait_and_at_most_once_a_minute() -> None:
    async with open_rig(GateLimit(4, 60.0)) as rig:
        rig.start("dispatcher", "courier")
        await line_of(rig, 4)
        await asyncio.sleep(1)
        began_at = rig.clock.now()
        jobs = await line_of(rig, 60)
        await rig.until(lambda: rig.states([jobs[-1].id]) == [JobState.RUNNING], 10_000)
        calls = await drawn(rig, jobs[-1])
        times = [began_at, *(call.at for call in calls if call.message and call.message.accent is Accent.WAITING)]
        left_at = calls[-1].at
        assert len(times) >= 6
        for earlier, later in pairwise(times):
            quarter = (left_at - earlier) * REDRAW_PART
            assert later - earlier >= max(REDRAW_SECONDS, quarter * 0.95) - 1
            assert later - earlier <= max(REDRAW_SECONDS, quarter * 1.05) + REDRAW_SECONDS + 1


@virtually
async def test_however_often_a_card_was_drawn_its_position_is_drawn_once_a_minute() -> None:
    async with open_rig(GateLimit(1, 10_000.0)) as rig:
        await taken(rig)
        job = await rig.ask()
        rig.start("courier")
        for _ in range(5):
            await asyncio.sleep(7)
            await rig.store.cards.redraw(job.id)
            rig.signals.cards.ring()
        await asyncio.sleep(1)
        before = len(await drawn(rig, job))
        await asyncio.sleep(20_000)
        after = (await drawn(rig, job))[before:]
        gaps = [later.at - earlier.at for earlier, later in pairwise(after)]
        assert gaps
        assert min(gaps) >= REDRAW_SECONDS


@virtually
async def test_who_does_not_wait_any_more_is_not_drawn_for_its_position() -> None:
    async with open_rig(GateLimit(1, 1000.0)) as rig:
        await taken(rig)
        job = await rig.ask()
        rig.start("courier")
        await asyncio.sleep(30)
        await rig.store.door.ask_cancel(job.id)
        rig.signals.cards.ring()
        await asyncio.sleep(5000)
        assert len(await drawn(rig, job)) == 1


@virtually
async def test_after_a_restart_the_whole_line_is_drawn_anew_before_long() -> None:
    async with open_rig(GateLimit(1, 1000.0)) as rig:
        jobs = await line_of(rig, 5)
        await rig.kill()
        await asyncio.sleep(2000)
        async with open_rig(GateLimit(1, 1000.0), before=rig, owner="second") as after:
            after.start("courier")
            await asyncio.sleep(REDRAW_SECONDS + 5)
            assert all([await drawn(after, job) for job in jobs])


# ---- tokens, stopping


@virtually
async def test_dead_tokens_are_swept_while_it_runs() -> None:
    async with open_rig() as rig:
        await rig.ask()
        rig.start("courier")
        await asyncio.sleep(800)
        assert rig.driver.rows("SELECT 1 FROM cards WHERE sealed_token IS NOT NULL")
        await asyncio.sleep(1100)
        assert not rig.driver.rows("SELECT 1 FROM cards WHERE sealed_token IS NOT NULL")


@virtually
async def test_a_stop_lets_an_edit_land() -> None:
    async with open_rig() as rig:
        job = await taken(rig)
        rig.surface.call_seconds = 1.0
        rig.start("courier")
        await asyncio.sleep(0.5)
        await rig.stop()
        assert rig.is_up_to_date()
        assert len(await drawn(rig, job)) == 1


@virtually
async def test_a_stop_waits_no_longer_than_it_may() -> None:
    async with open_rig() as rig:
        await taken(rig)
        rig.surface.call_seconds = 100.0
        rig.start("courier")
        await asyncio.sleep(1)
        await rig.stop()
        assert rig.clock.now() - BEGAN_AT == pytest.approx(1 + STOP_SECONDS, abs=0.1)
        assert not rig.is_up_to_date()


@virtually
async def test_the_next_process_draws_what_was_left_behind() -> None:
    async with open_rig() as rig:
        job = await running(rig.store, rig.account)
        await rig.kill()
        rig.surface.failing["edit_by_token"] = TokenDead()
        rig.surface.stand(50, message_id=(await rig.card(job)).message_id)
        async with open_rig(before=rig, owner="second") as after:
            after.start("courier")
            await after.settled()
            assert [call.name for call in after.surface.shown] == ["edit_by_token", "edit_by_ids"]
