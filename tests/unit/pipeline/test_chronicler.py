"""The chronicler: one entry for each end and each change, never two, and none in the way of anything."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from bot.domain.jobs import Job
from bot.errors import ChannelClosed, MessageGone, ShowRefused, SurfaceDown
from bot.pipeline.chronicler import CALL_SECONDS, SPACING_SECONDS
from bot.pipeline.patience import RETRY_AFTER_MAX_SECONDS
from bot.ports import EntryKind
from tests.support.builders import CHANNEL, GUILD, MEMBER, completed, sets
from tests.support.fakes import Posted, virtually
from tests.unit.pipeline.rig import Rig, open_rig

LOG, OTHER_LOG = 70, 71
OTHER_GUILD = GUILD + 1


async def with_log(rig: Rig, guild_id: int = GUILD, channel_id: int = LOG) -> None:
    """A log channel, whose own entry stands nowhere."""
    await sets(rig.store, guild_id, log_channel=channel_id)
    for entry in await rig.store.logbook.behind():
        if entry.kind is EntryKind.CHANGE:
            await rig.store.logbook.drop(entry)


async def ended(rig: Rig, **changes: Any) -> Job:
    """A job that was called back while it waited."""
    job = await rig.ask(**changes)
    await rig.store.door.ask_cancel(job.id)
    rig.signals.cards.ring()
    return await rig.job(job)


def logged(rig: Rig, channel_id: int = LOG) -> list[Posted]:
    return [posted for posted in rig.surface.messages.values() if posted.channel_id == channel_id]


def texts(rig: Rig, channel_id: int = LOG) -> list[str]:
    return ["\n".join(posted.message.texts) for posted in logged(rig, channel_id) if posted.message is not None]


def left(rig: Rig) -> int:
    return len(rig.driver.rows("SELECT 1 FROM log_entries WHERE wanted > shown"))


# ---------------------------------------------------------------- what is written


@virtually
async def test_an_end_is_told_with_a_link_to_its_card() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.start("courier", "watcher", "chronicler")
        job = await rig.running_job()
        await rig.store.watching.finish(job.id, completed())
        rig.signals.cards.ring()
        await rig.until(lambda: bool(logged(rig)))
        (text,) = texts(rig)
        card = await rig.card(job)
        assert text.startswith(f"**Ready** · <@{MEMBER}> · Swift One · 5 credits charged\na cat\n")
        assert f"https://discord.com/channels/{GUILD}/{CHANNEL}/{card.message_id}" in text


@virtually
async def test_a_change_is_told() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.start("chronicler")
        await sets(rig.store, cooldown_seconds=5)
        rig.signals.cards.ring()
        await rig.until(lambda: bool(logged(rig)))
        assert "has changed a setting" in texts(rig)[0]
        assert left(rig) == 0


@virtually
async def test_a_card_that_is_found_deleted_ends_its_job_and_that_is_told() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        job = await rig.ask()
        card = await rig.card(job)
        assert card.message_id is not None
        rig.surface.delete(card.message_id)
        await rig.store.cards.redraw(job.id)
        rig.start("courier", "chronicler")
        await rig.until(lambda: bool(logged(rig)), within_seconds=30)
        assert "**Cancelled**" in texts(rig)[0]


@virtually
async def test_without_a_log_channel_nothing_is_told() -> None:
    async with open_rig() as rig:
        rig.start("chronicler")
        await ended(rig)
        await asyncio.sleep(60)
        assert not rig.surface.named("post")


@virtually
async def test_a_rescue_changes_the_entry() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.start("chronicler")
        job = await rig.running_job()
        await rig.store.watching.time_out(job.id, rig.clock.now() + 100, 3)
        rig.signals.cards.ring()
        await rig.until(lambda: bool(logged(rig)))
        assert "**Not ready in time**" in texts(rig)[0]
        await rig.store.watching.finish(job.id, completed())
        rig.signals.cards.ring()
        await rig.until(lambda: left(rig) == 0)
        (text,) = texts(rig)
        assert "**Ready**" in text


@virtually
async def test_the_entries_of_a_forgotten_member_lose_their_words() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.start("chronicler")
        await ended(rig)
        await ended(rig, user_id=MEMBER + 1)
        await rig.until(lambda: left(rig) == 0)
        assert [("a cat" in text) for text in texts(rig)] == [True, True]
        await rig.store.forgetting.forget(MEMBER)
        rig.signals.cards.ring()
        await rig.until(lambda: left(rig) == 0)
        assert [("a cat" in text) for text in texts(rig)] == [False, True]


# ---------------------------------------------------------------- pace


@virtually
async def test_a_channel_is_written_to_about_once_a_second_and_others_do_not_wait_for_it() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        await with_log(rig, OTHER_GUILD, OTHER_LOG)
        for _ in range(10):
            await ended(rig)
        await ended(rig, guild_id=OTHER_GUILD)
        began_at = rig.clock.now()
        rig.start("chronicler")
        await rig.until(lambda: left(rig) == 0)
        times = [posted.at for posted in logged(rig)]
        assert all(later - earlier > SPACING_SECONDS - 0.01 for earlier, later in pairwise(times))
        assert times[-1] - began_at < 15
        assert logged(rig, OTHER_LOG)[0].at - began_at < 1


@virtually
async def test_what_is_new_does_not_wait_for_what_is_old_to_be_changed() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.start("chronicler")
        for _ in range(5):
            await ended(rig)
        await rig.until(lambda: left(rig) == 0)
        await rig.store.forgetting.forget(MEMBER)
        await ended(rig, user_id=MEMBER + 1)
        before = len(rig.surface.calls)
        await rig.until(lambda: left(rig) == 0)
        names = [call.name for call in rig.surface.calls[before:]]
        assert sorted(names) == [*["edit_by_ids"] * 5, "post"]
        assert names.index("post") <= 1, "edits do not hold it up"


@virtually
async def test_with_nothing_to_tell_it_sleeps() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.start("chronicler")
        await ended(rig)
        await asyncio.sleep(10)
        looks: list[str] = []
        rig.driver.raw.set_trace_callback(looks.append)
        await asyncio.sleep(10_000)
        assert not looks
        rig.driver.raw.set_trace_callback(None)


# ---------------------------------------------------------------- crashes


@virtually
async def test_a_crash_after_the_post_makes_no_second_one() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        job = await ended(rig)
        rig.surface.lost_replies = {"post"}
        rig.start("chronicler")
        await rig.until(lambda: bool(logged(rig)))
        await rig.kill()
    rig.surface.lost_replies = set()
    async with open_rig(before=rig, owner="second") as next_rig:
        next_rig.start("chronicler")
        await next_rig.until(lambda: left(next_rig) == 0)
        (posted,) = logged(next_rig)
        assert posted.nonce == f"log-{job.id:x}-{posted.channel_id % 0x10000:x}"
        assert len(posted.nonce) <= 25, "as many as Discord takes"


@virtually
async def test_a_member_who_is_forgotten_between_a_crash_and_the_next_start_leaves_no_words() -> None:
    """The post of then comes back for the same nonce, with the words of then."""
    async with open_rig() as rig:
        await with_log(rig)
        await ended(rig)
        rig.surface.lost_replies = {"post"}
        rig.start("chronicler")
        await rig.until(lambda: bool(logged(rig)))
        await rig.kill()
        await rig.store.forgetting.forget(MEMBER)
    rig.surface.lost_replies = set()
    async with open_rig(before=rig, owner="second") as next_rig:
        next_rig.start("chronicler")
        await next_rig.until(lambda: left(next_rig) == 0)
        (text,) = texts(next_rig)
        assert "a cat" not in text


@virtually
async def test_what_was_not_told_yet_is_told_by_the_next_process() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        await ended(rig)
    async with open_rig(before=rig, owner="second") as next_rig:
        next_rig.start("chronicler")
        await next_rig.until(lambda: len(logged(next_rig)) == 1)


# ---------------------------------------------------------------- faults of Discord


@virtually
async def test_a_closed_channel_is_left_alone_until_there_is_something_new() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        await with_log(rig, OTHER_GUILD, OTHER_LOG)
        for _ in range(3):
            await ended(rig)
        rig.surface.once = {"post": [ChannelClosed(50001)]}
        rig.start("chronicler")
        await rig.until(lambda: left(rig) == 0)
        assert len(rig.surface.named("post")) == 1, "all of it is dropped at once"
        assert await rig.store.guilds.log_closed_since(GUILD) is not None
        assert await rig.store.guilds.log_closed_since(OTHER_GUILD) is None
        await ended(rig)
        await rig.until(lambda: len(logged(rig)) == 1)
        assert await rig.store.guilds.log_closed_since(GUILD) is None


@virtually
async def test_a_closed_channel_does_not_keep_the_others_waiting() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        await with_log(rig, OTHER_GUILD, OTHER_LOG)
        await ended(rig)
        await ended(rig, guild_id=OTHER_GUILD)
        rig.surface.once = {"post": [ChannelClosed(10003)]}
        rig.start("chronicler")
        await rig.until(lambda: left(rig) == 0)
        assert len(logged(rig)) + len(logged(rig, OTHER_LOG)) == 1


@virtually
async def test_an_entry_that_a_moderator_deleted_is_not_told_again() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.start("chronicler")
        await ended(rig)
        await rig.until(lambda: left(rig) == 0)
        rig.surface.delete(logged(rig)[0].message_id)
        await rig.store.forgetting.forget(MEMBER)
        rig.signals.cards.ring()
        await rig.until(lambda: left(rig) == 0)
        assert logged(rig) == []
        assert rig.driver.rows("SELECT 1 FROM log_entries") == []
        assert await rig.store.guilds.log_closed_since(GUILD) is None


@virtually
async def test_while_discord_fails_it_is_tried_ever_more_patiently() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.surface.failing = {"post": SurfaceDown(0, "503")}
        await ended(rig)
        rig.start("chronicler")
        await asyncio.sleep(40)
        times = [call.at for call in rig.surface.named("post")]
        gaps = [round(later - earlier) for earlier, later in pairwise(times)]
        assert gaps == [1, 2, 4, 8, 16]
        rig.surface.failing = {}
        await rig.until(lambda: left(rig) == 0)
        assert len(logged(rig)) == 1


@pytest.mark.parametrize(("asked", "waited"), [(5.0, 5), (3600.0, RETRY_AFTER_MAX_SECONDS)])
def test_discord_is_obeyed_when_it_says_when(asked: float, waited: float) -> None:
    @virtually
    async def run() -> None:
        async with open_rig() as rig:
            await with_log(rig)
            rig.surface.once = {"post": [SurfaceDown(0, "429", asked)]}
            await ended(rig)
            rig.start("chronicler")
            await rig.until(lambda: left(rig) == 0)
            first, second = (call.at for call in rig.surface.named("post"))
            assert second - first == pytest.approx(waited, abs=1)

    run()


@virtually
async def test_a_call_that_hangs_is_given_up_and_made_again() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.surface.lost_replies = {"post"}
        await ended(rig)
        rig.start("chronicler")
        await asyncio.sleep(CALL_SECONDS + 0.5)
        rig.surface.lost_replies = set()
        await rig.until(lambda: left(rig) == 0, within_seconds=10)
        assert len(logged(rig)) == 1


@virtually
async def test_what_discord_refuses_for_good_is_dropped_and_the_rest_goes_on() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.surface.once = {"post": [ShowRefused(50035)]}
        await ended(rig)
        await ended(rig)
        rig.start("chronicler")
        await rig.until(lambda: left(rig) == 0)
        assert len(logged(rig)) == 1


@virtually
async def test_a_post_that_meets_no_message_is_dropped() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        rig.surface.once = {"post": [MessageGone(10008)]}
        await ended(rig)
        rig.start("chronicler")
        await rig.until(lambda: rig.driver.rows("SELECT 1 FROM log_entries") == [])


@virtually
async def test_while_the_store_fails_nothing_is_told_twice() -> None:
    async with open_rig() as rig:
        await with_log(rig)
        await ended(rig)
        rig.start("chronicler")
        await asyncio.sleep(0.01)
        rig.driver.is_down = True
        await asyncio.sleep(20)
        rig.driver.is_down = False
        await rig.until(lambda: left(rig) == 0)
        assert len(logged(rig)) == 1
        assert rig.driver.refused > 0


@virtually
async def test_it_stops_between_two_entries() -> None:
    async with open_rig() as rig:
        for number in range(20):
            await with_log(rig, GUILD + number, LOG + number)
            await ended(rig, guild_id=GUILD + number)
        rig.start("chronicler")
        await asyncio.sleep(0.2)
        rig.signals.stop()
        await asyncio.sleep(0.2)
        assert rig.running["chronicler"].done()
        assert left(rig) > 10
