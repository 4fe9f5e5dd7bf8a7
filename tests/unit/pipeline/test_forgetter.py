"""The forgetter: files go at once, and once more when nobody can bring them back."""

from __future__ import annotations

import asyncio

from bot.domain.jobs import Job
from bot.errors import ChannelClosed
from bot.pipeline.forgetter import LOOK_SECONDS, SETTLED_SECONDS, Forgetter
from bot.ports import Showing, Shown
from tests.support.builders import MEMBER, completed
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig


def begin(rig: Rig) -> asyncio.Task[None]:
    rig.running["forgetter"] = asyncio.create_task(
        Forgetter(rig.store.forgetting, rig.media, rig.signals, rig.clock).run()
    )
    return rig.running["forgetter"]


async def done_job(rig: Rig) -> Job:
    job = await rig.running_job()
    await rig.store.watching.finish(job.id, completed())
    await stands(rig, job)
    return job


async def stands(rig: Rig, job: Job) -> None:
    await rig.store.cards.shown(job.id, Showing(100, Shown(50, 99)))


async def forget(rig: Rig) -> None:
    await rig.store.forgetting.forget(MEMBER)
    rig.signals.forgotten.ring()
    await asyncio.sleep(1)


async def left(rig: Rig) -> int:
    return len(await rig.store.forgetting.to_forget())


@virtually
async def test_files_go_at_once_and_once_more_after_a_while() -> None:
    async with open_rig() as rig:
        begin(rig)
        job = await done_job(rig)
        await forget(rig)
        assert rig.media.dropped == [job.id]
        assert await left(rig) == 1
        await asyncio.sleep(SETTLED_SECONDS + LOOK_SECONDS)
        assert rig.media.dropped == [job.id, job.id]
        assert await left(rig) == 0


@virtually
async def test_what_was_brought_here_meanwhile_goes_too() -> None:
    async with open_rig() as rig:
        begin(rig)
        job = await done_job(rig)
        await forget(rig)
        await rig.media.fetch(job.id, 0, "https://img.test/1.png", job.medium)
        await asyncio.sleep(SETTLED_SECONDS + LOOK_SECONDS)
        assert await rig.media.kept(job.id, 0) is None


@virtually
async def test_files_of_a_card_that_is_still_to_be_drawn_are_waited_for() -> None:
    async with open_rig() as rig:
        begin(rig)
        job = await rig.running_job()
        await forget(rig)
        await rig.store.watching.finish(job.id, completed())
        await asyncio.sleep(SETTLED_SECONDS * 3)
        assert await left(rig) == 1
        await stands(rig, job)
        await asyncio.sleep(LOOK_SECONDS + 1)
        assert await left(rig) == 0
        assert rig.media.dropped == [job.id, job.id]


@virtually
async def test_a_process_that_dies_leaves_the_rest_to_the_next() -> None:
    async with open_rig() as rig:
        job = await done_job(rig)
        await rig.store.forgetting.forget(MEMBER)
    async with open_rig(before=rig, owner="second") as next_rig:
        begin(next_rig)
        await asyncio.sleep(SETTLED_SECONDS + LOOK_SECONDS)
        assert next_rig.media.dropped == [job.id, job.id]
        assert await left(next_rig) == 0


@virtually
async def test_with_nothing_to_forget_it_sleeps() -> None:
    async with open_rig() as rig:
        begin(rig)
        await asyncio.sleep(1)
        looks: list[str] = []
        rig.driver.raw.set_trace_callback(looks.append)
        await asyncio.sleep(100 * LOOK_SECONDS)
        assert not looks
        rig.driver.raw.set_trace_callback(None)


@virtually
async def test_a_store_that_fails_is_asked_again() -> None:
    async with open_rig() as rig:
        begin(rig)
        job = await done_job(rig)
        await rig.store.forgetting.forget(MEMBER)
        rig.driver.is_down = True
        rig.signals.forgotten.ring()
        await asyncio.sleep(5)
        assert rig.media.dropped == []
        rig.driver.is_down = False
        await asyncio.sleep(60)
        assert rig.media.dropped == [job.id]


# ---------------------------------------------------------------- the cards of what is forgotten


@virtually
async def test_the_cards_of_what_was_under_way_lose_their_words_and_no_new_message_is_posted() -> None:
    async with open_rig() as rig:
        rig.start("courier", "watcher")
        made, waits = await rig.running_job(), await rig.ask()
        await rig.settled()
        await forget(rig)
        rig.signals.cards.ring()
        await rig.settled()
        texts = [posted.message.texts for posted in rig.surface.messages.values() if posted.message is not None]
        assert len(texts) == 2
        assert not [text for some in texts for text in some if "cat" in text]
        rig.surface.failing = {"edit_by_token": ChannelClosed(50001), "edit_by_ids": ChannelClosed(50001)}
        await rig.store.watching.finish(made.id, completed())
        rig.signals.cards.ring()
        await rig.settled()
        assert not rig.surface.named("post", "post_directly")
        assert waits.id in [each.job_id for each in await rig.store.forgetting.to_forget()]
