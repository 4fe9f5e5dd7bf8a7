"""The doorkeeper: finds out whether a card stands, when nobody told."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.jobs import FailureCode, Job, JobState
from bot.domain.views import CardView
from bot.errors import ChannelClosed, ShowRefused, SurfaceDown, TokenDead, Unsearchable
from bot.pipeline.doorkeeper import AT_ONCE, GRACE_SECONDS, LOOKS_IN_FLIGHT, RETRY_SECONDS
from bot.pipeline.stage import SETBACK_MAX_SECONDS
from bot.ports import CardKind
from bot.ui.cards import draw
from bot.ui.messages import Accent, Message
from tests.support.builders import BEGAN_AT, CHANNEL, new_job
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig


async def offered(rig: Rig, *, stands: bool, number: int = 1, kind: CardKind = CardKind.CHANNEL) -> Job:
    """An offer whose answer arrived or not; this process was not told."""
    token = f"t{number}"
    new = new_job(rig.account, rig.clock.now(), token=token, card_kind=kind)
    job, _ = await rig.store.door.offer(new)
    if stands:
        rig.surface.stand(CHANNEL, token, message=draw(CardView(job, None, rig.clock.now())))
    else:
        rig.surface.answers[token] = None
    rig.signals.doubts.ring()
    return job


def asked(rig: Rig) -> list[tuple[str, float]]:
    return [(call.name, round(call.at - BEGAN_AT, 1)) for call in rig.surface.calls]


async def why(rig: Rig, job: Job) -> FailureCode | None:
    failure = (await rig.job(job)).failure
    return None if failure is None else failure.code


# ---- of an earlier process


@virtually
async def test_a_card_that_stands_puts_its_job_in_the_line_at_once() -> None:
    async with open_rig() as rig:
        job = await offered(rig, stands=True)
        async with open_rig(before=rig, owner="second") as after:
            queued, cards = after.signals.queued.listen(), after.signals.cards.listen()
            after.start("doorkeeper")
            await asyncio.sleep(1)
            assert after.states() == [JobState.QUEUED]
            assert (await after.card(job)).message_id == rig.surface.answers["t1"]
            assert queued.is_set()
            assert cards.is_set()


@virtually
async def test_a_card_that_never_stood_costs_nothing() -> None:
    async with open_rig() as rig:
        job = await offered(rig, stands=False)
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(1)
            assert after.states() == [JobState.CANCELLED]
            assert await why(after, job) is FailureCode.CARD_NEVER_SHOWN


@pytest.mark.parametrize(("stands", "state"), [(True, JobState.QUEUED), (False, JobState.CANCELLED)])
def test_after_the_tokens_death_the_channel_is_searched(stands: bool, state: JobState) -> None:  # noqa: FBT001  a table
    @virtually
    async def search() -> None:
        async with open_rig() as rig:
            await offered(rig, stands=stands)
            await rig.kill()
            await asyncio.sleep(2000)
            async with open_rig(before=rig, owner="second") as after:
                after.start("doorkeeper")
                await asyncio.sleep(1)
                assert after.states() == [state]
                assert [name for name, _ in asked(after)] == ["find_post"]

    search()


@pytest.mark.parametrize("kind", [CardKind.PRIVATE, CardKind.USER_INSTALLED])
def test_after_the_tokens_death_nobody_finds_a_private_card(kind: CardKind) -> None:
    @virtually
    async def search() -> None:
        async with open_rig() as rig:
            await offered(rig, stands=True, kind=kind)
            await rig.kill()
            await asyncio.sleep(2000)
            async with open_rig(before=rig, owner="second") as after:
                after.start("doorkeeper")
                await asyncio.sleep(1)
                assert after.states() == [JobState.CANCELLED]
                assert asked(after) == []

    search()


@virtually
async def test_an_apology_in_the_place_of_the_card_confirms_nothing() -> None:
    async with open_rig() as rig:
        job = await offered(rig, stands=False)
        rig.surface.stand(CHANNEL, "t1", message=Message(Accent.FAILED, ("Something went wrong.",)))
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(1)
            assert after.states() == [JobState.CANCELLED]
            assert await why(after, job) is FailureCode.CARD_NEVER_SHOWN


@virtually
async def test_the_card_of_another_job_confirms_nothing() -> None:
    async with open_rig() as rig:
        other = await offered(rig, stands=True, number=1)
        await offered(rig, stands=False, number=2)
        rig.surface.stand(CHANNEL, "t2", message=draw(CardView(other, None, rig.clock.now())))
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(1)
            assert after.states() == [JobState.QUEUED, JobState.CANCELLED]


@virtually
async def test_where_there_is_too_much_to_search_nothing_is_spent() -> None:
    async with open_rig() as rig:
        await offered(rig, stands=True)
        await rig.kill()
        await asyncio.sleep(2000)
        rig.surface.failing["find_post"] = Unsearchable()
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(1)
            assert after.states() == [JobState.CANCELLED]


@virtually
async def test_a_token_that_died_early_is_no_reason_to_send_anybody_away() -> None:
    async with open_rig() as rig:
        await offered(rig, stands=True)
        rig.surface.failing["find_answer"] = TokenDead(50027)
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(1)
            assert after.states() == [JobState.QUEUED]


@pytest.mark.parametrize("refusal", [ChannelClosed(50001), ShowRefused(50035)])
def test_a_card_that_discord_does_not_tell_of_is_none(refusal: Exception) -> None:
    @virtually
    async def search() -> None:
        async with open_rig() as rig:
            await offered(rig, stands=True)
            rig.surface.failing["find_answer"] = refusal
            async with open_rig(before=rig, owner="second") as after:
                after.start("doorkeeper")
                await asyncio.sleep(1)
                assert after.states() == [JobState.CANCELLED]

    search()


@virtually
async def test_a_crowd_at_the_door_is_let_in_to_the_last() -> None:
    async with open_rig() as rig:
        rig.surface.call_seconds = 0.0
        for number in range(2 * AT_ONCE + 5):
            await offered(rig, stands=True, number=number)
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(30)
            assert set(after.states()) == {JobState.QUEUED}


@virtually
async def test_some_are_looked_for_at_once_and_not_all() -> None:
    async with open_rig() as rig:
        for number in range(3 * LOOKS_IN_FLIGHT):
            await offered(rig, stands=True, number=number)
        rig.surface.call_seconds = 1.0
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(0.5)
            assert len(asked(after)) == LOOKS_IN_FLIGHT
            await asyncio.sleep(3)
            assert set(after.states()) == {JobState.QUEUED}


@virtually
async def test_a_fault_with_one_keeps_no_other_out(caplog: pytest.LogCaptureFixture) -> None:
    async with open_rig() as rig:
        for number in range(3):
            await offered(rig, stands=True, number=number)
        rig.surface.once["find_answer"] = [ZeroDivisionError("a bug")]
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(0.5)
            assert after.states() == [JobState.OFFERED, JobState.QUEUED, JobState.QUEUED]
            await asyncio.sleep(2)
            assert set(after.states()) == {JobState.QUEUED}
            assert "ZeroDivisionError" in caplog.text


@virtually
async def test_a_clock_put_back_meanwhile_keeps_nobody_at_the_door() -> None:
    async with open_rig() as rig:
        await offered(rig, stands=True)
        rig.driver.raw.execute("UPDATE jobs SET created_at = created_at + 3600")
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(1)
            assert after.states() == [JobState.QUEUED]


# ---- of this process


@virtually
async def test_an_answer_is_given_its_time() -> None:
    async with open_rig() as rig:
        rig.start("doorkeeper")
        await asyncio.sleep(10)
        await offered(rig, stands=True)
        await asyncio.sleep(GRACE_SECONDS - 1)
        assert asked(rig) == []
        assert rig.states() == [JobState.OFFERED]
        await asyncio.sleep(1 + RETRY_SECONDS)
        assert rig.states() == [JobState.QUEUED]


@virtually
async def test_who_confirmed_in_time_is_not_asked_for() -> None:
    async with open_rig() as rig:
        rig.start("doorkeeper")
        await asyncio.sleep(10)
        job = await offered(rig, stands=True)
        await rig.store.door.confirm(job.id, 1)
        await asyncio.sleep(100)
        assert asked(rig) == []


@virtually
async def test_while_nobody_is_at_the_door_nothing_is_looked_for() -> None:
    async with open_rig() as rig:
        rig.start("doorkeeper")
        await asyncio.sleep(1)
        before = rig.driver.raw.total_changes
        rig.driver.is_down = True
        await asyncio.sleep(1000)
        assert rig.driver.refused == 0
        assert rig.driver.raw.total_changes == before
        rig.driver.is_down = False


# ---- trouble


@virtually
async def test_discord_is_asked_again_until_it_tells() -> None:
    async with open_rig() as rig:
        await offered(rig, stands=True)
        rig.surface.once["find_answer"] = [SurfaceDown(), SurfaceDown(), SurfaceDown()]
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(4 * RETRY_SECONDS)
            assert after.states() == [JobState.QUEUED]
            assert [at for _, at in asked(after)] == pytest.approx([0, 5, 10, 15], abs=0.3)


@virtually
async def test_the_store_is_asked_again() -> None:
    async with open_rig() as rig:
        await offered(rig, stands=True)
        async with open_rig(before=rig, owner="second") as after:
            after.driver.is_down = True
            after.start("doorkeeper")
            await asyncio.sleep(20)
            assert 0 < after.driver.refused < 8
            after.driver.is_down = False
            await after.until(lambda: after.states() == [JobState.QUEUED], SETBACK_MAX_SECONDS + 1)


@virtually
async def test_one_in_doubt_does_not_keep_the_others_out() -> None:
    async with open_rig() as rig:
        await offered(rig, stands=True, number=1)
        await offered(rig, stands=True, number=2)
        rig.surface.once["find_answer"] = [SurfaceDown()]
        async with open_rig(before=rig, owner="second") as after:
            after.start("doorkeeper")
            await asyncio.sleep(1)
            assert after.states() == [JobState.OFFERED, JobState.QUEUED]


@virtually
async def test_a_stop_ends_it() -> None:
    async with open_rig() as rig:
        rig.start("doorkeeper")
        await asyncio.sleep(1)
        await rig.stop()
        assert rig.clock.now() == BEGAN_AT + 1
