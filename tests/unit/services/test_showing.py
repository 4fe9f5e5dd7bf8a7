"""Results shown once more: from here, from the upstream, from Discord's copy, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.catalog import Medium
from bot.domain.jobs import Job
from bot.domain.problems import ProblemCode
from bot.domain.views import CardView
from bot.errors import MediaDown, MediaGone, MediaTooLarge
from bot.ports import MediaFile
from bot.ports.cards import REQUEST_LIMIT_BYTES
from bot.services.showing import MEASURE_SECONDS, Showing
from tests.support.builders import queued, request
from tests.support.fakes import FakeMedia, virtually
from tests.unit.services.studio import Studio, open_studio, refusal

P = ProblemCode
URLS = tuple(f"https://img.test/{n}.png" for n in range(1, 5))
COPY = "https://cdn.test/attachments/1/easel-7-2.png"
ROOM = 10_000_000


@pytest.fixture
async def studio() -> Studio:
    return await open_studio()


async def grid(studio: Studio, **changes: Any) -> Job:
    return await studio.finished(*URLS, **changes)


async def one(studio: Studio, job: Job, index: int = 2, copy: str | None = None, room: int = ROOM) -> CardView:
    return await studio.showing.one(job, index, room, copy)


# ---------------------------------------------------------------- one of them


async def test_one_is_shown_alone_under_its_number(studio: Studio) -> None:
    job = await grid(studio)
    view = await one(studio, job)
    assert (view.job, view.only) == (job, 2)
    assert [media.path for media in view.media] == [Path(f"/kept/{job.id}/1.png")]
    assert studio.media.fetched == [URLS[1]]


@pytest.mark.parametrize("trouble", [MediaGone("404"), MediaDown("down"), MediaTooLarge("huge")])
async def test_what_the_upstream_does_not_give_is_taken_from_discords_copy(studio: Studio, trouble: Exception) -> None:
    job = await grid(studio)
    studio.media.troubles[URLS[1]] = trouble
    view = await one(studio, job, copy=COPY)
    assert view.media[0].path is not None
    assert studio.media.fetched == [URLS[1], COPY]


async def test_what_nobody_has_any_more_is_said_to_be_gone(studio: Studio) -> None:
    job = await grid(studio)
    studio.media.troubles = {URLS[1]: MediaGone("404"), COPY: MediaGone("404")}
    for copy in (None, COPY):
        assert (await refusal(one(studio, job, copy=copy))).code is P.RESULT_GONE


async def test_what_cannot_be_had_now_is_linked(studio: Studio) -> None:
    job = await grid(studio)
    studio.media.troubles = {URLS[1]: MediaDown("down")}
    (media,) = (await one(studio, job)).media
    assert (media.url, media.path, media.is_gone, media.is_too_large) == (URLS[1], None, False, False)


@pytest.mark.parametrize("why", ["for Easel", "for Discord"])
async def test_what_is_too_large_is_linked_and_said_to_be(studio: Studio, why: str) -> None:
    job = await grid(studio)
    if why == "for Easel":
        studio.media.troubles = {URLS[1]: MediaTooLarge("huge")}
    (media,) = (await one(studio, job, room=1 if why == "for Discord" else ROOM)).media
    assert (media.path, media.is_too_large) == (None, True)


@pytest.mark.parametrize("index", [0, 5])
async def test_a_number_that_it_does_not_have_is_gone(studio: Studio, index: int) -> None:
    assert (await refusal(one(studio, await grid(studio), index))).code is P.RESULT_GONE


async def test_what_has_not_ended_has_nothing_to_show(studio: Studio) -> None:
    assert (await refusal(one(studio, await queued(studio.store, studio.mine), 1))).code is P.RESULT_GONE


async def test_what_was_finished_after_all_is_shown_though_it_was_cancelled(studio: Studio) -> None:
    job = replace(await grid(studio), cancel_asked_at=1.0)
    assert (await one(studio, job)).job.cancel_asked_at is None
    assert (await studio.showing.all(job, ROOM, {})).job.cancel_asked_at is None


# ---------------------------------------------------------------- all of them


async def test_all_of_them_share_the_room_of_one_request(studio: Studio) -> None:
    job = await grid(studio)
    studio.media.size_bytes = 5_000_000
    view = await studio.showing.all(job, ROOM, {})
    assert [media.path is not None for media in view.media] == [True] * 4
    left = REQUEST_LIMIT_BYTES
    for number, asked in enumerate(studio.media.room_asked):
        assert asked == min(ROOM, left // (4 - number))
        left -= studio.media.size_bytes
    assert sum(media.size_bytes for media in view.media) <= REQUEST_LIMIT_BYTES
    assert view.only is None


async def test_of_several_only_what_is_gone_is_missing(studio: Studio) -> None:
    job = await grid(studio)
    studio.media.troubles = {URLS[0]: MediaGone("404"), URLS[2]: MediaGone("404")}
    view = await studio.showing.all(job, ROOM, {3: COPY})
    assert [media.is_gone for media in view.media] == [True, False, False, False]


async def test_a_job_without_results_is_shown_as_it_is(studio: Studio) -> None:
    job = await queued(studio.store, studio.mine)
    assert (await studio.showing.all(job, ROOM, {})).media == ()


# ---------------------------------------------------------------- how long a video is


class Videos(FakeMedia):
    """All of it videos of 4.97 s; they take their time to be brought."""

    takes_seconds = 0.0

    async def fetch(self, job_id: int, index: int, url: str, medium: Medium) -> MediaFile:
        assert medium is Medium.VIDEO
        await asyncio.sleep(self.takes_seconds)
        return replace(await super().fetch(job_id, index, url, medium), duration_seconds=4.97)


@virtually
async def test_a_video_may_take_its_time_to_be_brought_and_measured() -> None:
    studio = await open_studio()
    media = Videos()
    showing = Showing(media, studio.views)
    job = await studio.finished("https://img.test/1.mp4", request=request(medium=Medium.VIDEO))
    media.takes_seconds = 60.0
    assert await showing.video_seconds(job, None) == 4.97
    media.takes_seconds = MEASURE_SECONDS * 2
    assert (await refusal(showing.video_seconds(job, None))).code is P.VIDEO_NOT_MEASURED


# ---------------------------------------------------------------- whether it is still there


async def test_only_what_is_certainly_gone_counts_as_gone(studio: Studio) -> None:
    job = await grid(studio)
    assert await studio.showing.alive(job, 1)
    studio.media.troubles = {URLS[0]: MediaGone("404"), URLS[1]: MediaDown("502")}
    assert not await studio.showing.alive(job, 1)
    assert await studio.showing.alive(job, 2), "in doubt it is there"
    assert not await studio.showing.alive(job, 5)


async def test_a_video_that_only_discord_has_is_measured_by_its_copy(studio: Studio) -> None:
    job = await studio.finished("https://img.test/1.mp4", request=request(medium=Medium.VIDEO))
    studio.media.duration_seconds = 3.97
    studio.media.troubles = {"https://img.test/1.mp4": MediaGone("404")}
    assert await studio.showing.video_seconds(job, COPY) == 3.97
    assert (await refusal(studio.showing.video_seconds(job, None))).code is P.RESULT_GONE
