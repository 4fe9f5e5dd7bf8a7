"""Pings: who waited long is told once, whatever dies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.domain.jobs import Failure, FailureCode, Job
from bot.domain.pings import LONG_SECONDS, Notify
from bot.domain.preferences import Usual
from bot.errors import ChannelClosed, MessageGone, ShowRefused, SurfaceDown, TokenDead
from bot.pipeline.ladder import NONCE_SECONDS
from bot.ports import Accepted, CardKind, Claim, Generation, GenerationState
from tests.support.builders import MEMBER, completed
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig

FAILED = Generation(GenerationState.FAILED, failure=Failure(FailureCode.GENERATION_FAILED))


async def ended(
    rig: Rig, after_seconds: float = LONG_SECONDS + 1, told: Generation | None = None, **changes: Any
) -> Job:
    """A job that ends so long after it was asked for; courier and pinger are at work."""
    job = await rig.ask(**changes)
    claim = await rig.store.submissions.claim(rig.account, 0.0)
    assert isinstance(claim, Claim)
    await rig.store.submissions.record(rig.account, job.id, Accepted(f"gen-{job.id}"))
    await asyncio.sleep(after_seconds)
    await rig.store.watching.finish(job.id, told or completed())
    rig.start(*{"courier", "pinger"} - rig.running.keys())
    rig.signals.cards.ring()
    await rig.settled()
    await asyncio.sleep(1)
    return job


def told(rig: Rig) -> list[int]:
    return [user_id for _, user_id, _ in rig.surface.pings.values()]


@virtually
async def test_who_waited_long_is_told_once() -> None:
    async with open_rig() as rig:
        job = await ended(rig)
        await asyncio.sleep(1000)
        assert told(rig) == [MEMBER]
        message_id = (await rig.card(job)).message_id
        assert rig.surface.pings == {f"{job.id}-ping-s": (message_id, MEMBER, f"<@{MEMBER}> here it is.")}
        assert await rig.store.cards.pings_due() == []


@virtually
async def test_who_hardly_waited_sees_it_anyway() -> None:
    async with open_rig() as rig:
        await ended(rig, LONG_SECONDS - 5)
        assert told(rig) == []


@virtually
async def test_a_failure_is_told_too() -> None:
    async with open_rig() as rig:
        await ended(rig, told=FAILED)
        assert told(rig) == [MEMBER]


@pytest.mark.parametrize(
    ("notify", "after_seconds", "is_told"),
    [(Notify.ALWAYS, 1, True), (Notify.NEVER, 1000, False), (Notify.LONG, 1, False), (Notify.LONG, 1000, True)],
)
def test_a_member_chooses(notify: Notify, after_seconds: float, is_told: bool) -> None:  # noqa: FBT001  a table
    @virtually
    async def choose() -> None:
        async with open_rig() as rig:
            await rig.store.members.choose(MEMBER, Usual(Notify.ALWAYS))
            await rig.store.members.choose(MEMBER, Usual(notify))
            await rig.store.members.choose(MEMBER + 1, Usual(Notify.NEVER))
            await ended(rig, after_seconds)
            assert bool(told(rig)) == is_told

    choose()


@pytest.mark.parametrize(
    "changes", [{"is_private": True, "card_kind": CardKind.PRIVATE}, {"guild_id": None}], ids=["private", "direct"]
)
def test_what_is_seen_by_itself_is_not_told(changes: dict[str, Any]) -> None:
    @virtually
    async def end() -> None:
        async with open_rig() as rig:
            await ended(rig, **changes)
            assert told(rig) == []

    end()


@virtually
async def test_a_new_message_is_a_ping_in_itself() -> None:
    async with open_rig() as rig:
        rig.surface.failing.update({"edit_by_token": TokenDead(), "edit_by_ids": ShowRefused()})
        await ended(rig)
        assert rig.surface.shown[-1].name == "post"
        assert told(rig) == []


@virtually
async def test_who_called_the_job_back_is_not_told() -> None:
    async with open_rig() as rig:
        job = await rig.ask()
        await asyncio.sleep(1000)
        await rig.store.door.ask_cancel(job.id)
        rig.start("courier", "pinger")
        await rig.settled()
        await asyncio.sleep(10)
        assert told(rig) == []


@virtually
async def test_a_card_drawn_again_after_its_end_is_told_no_second_time() -> None:
    async with open_rig() as rig:
        job = await ended(rig)
        await rig.store.cards.redraw(job.id)
        rig.signals.cards.ring()
        await rig.settled()
        await asyncio.sleep(10)
        assert len(rig.surface.named("ping")) == 1


@virtually
async def test_while_discord_fails_it_is_tried_again_with_one_nonce() -> None:
    async with open_rig() as rig:
        rig.surface.once["ping"] = [SurfaceDown(), SurfaceDown()]
        await ended(rig)
        await asyncio.sleep(20)
        calls = rig.surface.named("ping")
        assert len(calls) == 3
        assert len({call.nonce for call in calls}) == 1
        assert told(rig) == [MEMBER]


@virtually
async def test_what_could_not_be_told_in_time_is_not_worth_telling() -> None:
    async with open_rig() as rig:
        rig.surface.failing["ping"] = SurfaceDown()
        await ended(rig)
        await asyncio.sleep(NONCE_SECONDS + 100)
        assert await rig.store.cards.pings_due() == []


@pytest.mark.parametrize("refusal", [MessageGone(), ChannelClosed(), ShowRefused()])
def test_who_cannot_be_told_is_not_told(refusal: Exception) -> None:
    @virtually
    async def end() -> None:
        async with open_rig() as rig:
            rig.surface.failing["ping"] = refusal
            await ended(rig)
            await asyncio.sleep(60)
            assert len(rig.surface.named("ping")) == 1
            assert await rig.store.cards.pings_due() == []

    end()


@pytest.mark.parametrize("down_seconds", [1.0, NONCE_SECONDS + 10])
def test_a_process_that_dies_over_a_ping_makes_no_second_one(down_seconds: float) -> None:
    @virtually
    async def die() -> None:
        async with open_rig() as rig:
            rig.surface.lost_replies.add("ping")
            await ended(rig)
            assert told(rig) == [MEMBER]
            await rig.kill()
            rig.surface.lost_replies.clear()
            await asyncio.sleep(down_seconds)
            async with open_rig(before=rig, owner="second") as after:
                after.start("pinger")
                await asyncio.sleep(10)
                assert told(after) == [MEMBER]
                assert len(after.surface.named("ping")) == (2 if down_seconds < NONCE_SECONDS else 1)
                assert await after.store.cards.pings_due() == []

    die()


# ---- rescues


async def late(rig: Rig) -> Job:
    """A job that timed out, its member told so."""
    job = await rig.ask()
    claim = await rig.store.submissions.claim(rig.account, 0.0)
    assert isinstance(claim, Claim)
    await rig.store.submissions.record(rig.account, job.id, Accepted(f"gen-{job.id}"))
    await asyncio.sleep(300)
    await rig.store.watching.time_out(job.id, rig.clock.now() + 120, 3)
    await shown(rig)
    return job


async def shown(rig: Rig) -> None:
    rig.start(*{"courier", "pinger"} - rig.running.keys())
    rig.signals.cards.ring()
    await rig.settled()
    await asyncio.sleep(1)


@virtually
async def test_a_rescue_is_told_once_with_a_nonce_of_its_own() -> None:
    async with open_rig() as rig:
        job = await late(rig)
        await asyncio.sleep(120)
        await rig.store.watching.finish(job.id, completed())
        await shown(rig)
        await asyncio.sleep(1000)
        assert list(rig.surface.pings) == [f"{job.id}-ping-t", f"{job.id}-ping-s"]
        assert [text for _, _, text in rig.surface.pings.values()][1] == f"<@{MEMBER}> here it is."
        assert all(len(nonce) <= 25 for nonce in rig.surface.pings), "Discord takes no longer ones"
        assert await rig.store.cards.pings_due() == []


@virtually
async def test_who_wants_no_pings_hears_of_no_rescue() -> None:
    async with open_rig() as rig:
        await rig.store.members.choose(MEMBER, Usual(Notify.NEVER))
        job = await late(rig)
        await rig.store.watching.finish(job.id, completed())
        await shown(rig)
        assert told(rig) == []


@virtually
async def test_a_process_that_dies_over_the_ping_of_a_rescue_makes_no_second_one() -> None:
    async with open_rig() as rig:
        job = await late(rig)
        rig.surface.lost_replies.add("ping")
        await rig.store.watching.finish(job.id, completed())
        await shown(rig)
        await rig.kill()
        rig.surface.lost_replies.clear()
        async with open_rig(before=rig, owner="second") as after:
            after.start("pinger", "courier")
            await asyncio.sleep(10)
            assert len(told(after)) == 2
            assert [call.nonce for call in after.surface.named("ping")][1:] == [f"{job.id}-ping-s"] * 2
            assert await after.store.cards.pings_due() == []


@virtually
async def test_a_rescue_that_overtakes_its_ping_is_told_of_alone() -> None:
    async with open_rig() as rig:
        rig.surface.failing["ping"] = SurfaceDown()
        job = await late(rig)
        await rig.store.watching.finish(job.id, completed())
        await asyncio.sleep(100)
        rig.surface.failing.clear()
        await shown(rig)
        await asyncio.sleep(100)
        assert list(rig.surface.pings) == [f"{job.id}-ping-s"]


@virtually
async def test_a_store_that_fails_is_asked_again() -> None:
    async with open_rig() as rig:
        rig.start("pinger")
        await ended(rig, 1)
        rig.driver.is_down = True
        rig.signals.shown.ring()
        await asyncio.sleep(30)
        assert 0 < rig.driver.refused < 12
        rig.driver.is_down = False
        await ended(rig)
        assert told(rig) == [MEMBER]
