"""The pinger: one short reply for a job that took long, never two, and none that comes too late."""

from __future__ import annotations

import pytest

from bot.domain.jobs import Job
from bot.domain.pings import Notify
from bot.errors import ChannelClosed, MessageGone, SurfaceDown
from bot.pipeline.ladder import NONCE_SECONDS
from tests.support.builders import MEMBER, completed
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig


async def shown_end(rig: Rig) -> Job:
    """A job whose end stands on its card; its member wants to hear of each."""
    await rig.store.cards.choose_notify(MEMBER, Notify.ALWAYS)
    job = await rig.running_job()
    await rig.store.watching.finish(job.id, completed())
    if "courier" not in rig.running:
        rig.start("courier")
    rig.signals.cards.ring()
    await rig.settled()
    return job


def is_pinged_out(rig: Rig) -> bool:
    return not rig.driver.rows("SELECT 1 FROM cards WHERE ping_since IS NOT NULL")


@virtually
async def test_the_member_is_pinged_below_the_card() -> None:
    async with open_rig() as rig:
        rig.start("pinger")
        job = await shown_end(rig)
        await rig.until(lambda: is_pinged_out(rig))
        message_id = (await rig.card(job)).message_id
        assert rig.surface.pings == {f"{job.id}-ping": (message_id, MEMBER, f"<@{MEMBER}> here it is.")}


@virtually
async def test_discord_failing_is_tried_again_with_the_same_nonce() -> None:
    async with open_rig() as rig:
        rig.surface.once["ping"] = [SurfaceDown(), SurfaceDown()]
        rig.surface.lost_replies.add("ping")
        rig.start("pinger")
        job = await shown_end(rig)
        await rig.until(lambda: len(rig.surface.pings) == 1)
        rig.surface.lost_replies.clear()
        await rig.until(lambda: is_pinged_out(rig))
        assert list(rig.surface.pings) == [f"{job.id}-ping"]


@pytest.mark.parametrize("error", [ChannelClosed(), MessageGone()], ids=lambda e: type(e).__name__)
def test_a_card_out_of_reach_is_let_go(error: Exception) -> None:
    @virtually
    async def body() -> None:
        async with open_rig() as rig:
            rig.surface.failing["ping"] = error
            rig.start("pinger")
            await shown_end(rig)
            await rig.until(lambda: is_pinged_out(rig))
            assert rig.surface.pings == {}

    body()


@virtually
async def test_after_a_crash_a_late_ping_is_none() -> None:
    """Past the nonce's life Discord could not tell a second one from a first."""
    async with open_rig() as first:
        await shown_end(first)
        await first.kill()
        async with open_rig(before=first, owner="second") as second:
            await second.until(lambda: second.clock.now() > second_began(second) + NONCE_SECONDS)
            second.start("pinger")
            await second.until(lambda: is_pinged_out(second))
            assert second.surface.pings == {}


def second_began(rig: Rig) -> float:
    since: float = rig.driver.rows("SELECT ping_since FROM cards WHERE ping_since IS NOT NULL")[0][0]
    return since
