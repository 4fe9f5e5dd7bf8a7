"""A video that is over ten minutes late: its member is told, and gets it all the same."""

from __future__ import annotations

import asyncio

from bot.domain.catalog import Medium
from bot.domain.jobs import DEADLINE_SECONDS, Job, JobState
from bot.domain.requests import GenerationRequest
from bot.ui.messages import Accent, Message
from tests.support.builders import PROCESSING, completed
from tests.support.fakes import NOT_THERE, virtually
from tests.unit.pipeline.rig import Rig, open_rig
from tests.unit.ui.make import labels, text_of

DEADLINE = DEADLINE_SECONDS[Medium.VIDEO]
VIDEO = GenerationRequest("a heron flies", Medium.VIDEO)


async def late(rig: Rig) -> Job:
    """One that the upstream has for ten minutes and more."""
    job = await rig.running_job(request=VIDEO)
    rig.start("watcher", "courier", "pinger")
    await asyncio.sleep(DEADLINE + 30)
    await rig.settled()
    assert rig.states([job.id]) == [JobState.TIMED_OUT]
    return job


async def card(rig: Rig, job: Job) -> Message:
    message = rig.surface.messages[(await rig.card(job)).message_id or 0].message
    assert message is not None
    return message


@virtually
async def test_its_member_is_told_that_it_is_late_and_how_long_it_is_waited_for() -> None:
    async with open_rig() as rig:
        told = await card(rig, await late(rig))
        assert told.accent is Accent.UNSURE
        assert "**Not ready in time**" in text_of(told)
        assert "I look again until" in text_of(told)
        assert "It may still be charged" in text_of(told)
        assert labels(told) == ["Again", "Remix", "Delete"], "a way on"


@virtually
async def test_once_it_comes_it_is_shown_and_its_member_is_pinged() -> None:
    async with open_rig() as rig:
        job = await late(rig)
        assert [text for _, _, text in rig.surface.pings.values()] == ["<@7> this one is not ready in time."]
        generation_id = (await rig.job(job)).generation_id or ""
        rig.provider.stands[generation_id] = [PROCESSING, completed("https://v.test/1.mp4")]
        await rig.until(lambda: rig.states([job.id]) == [JobState.SUCCEEDED], within_seconds=601)
        await rig.settled()
        shown = await card(rig, job)
        assert shown.accent is Accent.DONE
        assert len(shown.gallery) == 1
        assert "[Video](<https://v.test/1.mp4>)" in text_of(shown)
        await rig.until(lambda: len(rig.surface.pings) == 2, within_seconds=60)
        assert [text for _, _, text in rig.surface.pings.values()][-1] == "<@7> here it is."


@virtually
async def test_one_that_never_comes_stays_told() -> None:
    async with open_rig() as rig:
        job = await late(rig)
        rig.provider.stands[(await rig.job(job)).generation_id or ""] = [NOT_THERE]
        await asyncio.sleep(4000)
        await rig.settled()
        assert "**Not ready in time**" in text_of(await card(rig, job))
        assert await rig.store.watching.late() == []
