"""Results shown once more, away from their card: enlarged, or called back out of the history."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import replace

from bot.domain.jobs import Job, JobState
from bot.domain.problems import Problem, ProblemCode
from bot.domain.views import CardView, ShownMedia
from bot.errors import MediaError, MediaGone, MediaTooLarge, Refused
from bot.ports import Media, MediaFile
from bot.ports.cards import REQUEST_LIMIT_BYTES
from bot.services.viewing import CardViews

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.5
"""A click waits for its answer, and Discord waits three seconds."""
MEASURE_SECONDS = 120.0
"""A video may have to be brought here first; the answer that was promised can wait for 15 minutes."""


def _wanted_again(job: Job) -> Job:
    """What was finished after its member had cancelled it is kept, and shown when it is asked for."""
    return replace(job, cancel_asked_at=None) if job.state is JobState.SUCCEEDED else job


class Showing:
    """Brings results back: from the data folder, else from the upstream, else from Discord's own copy."""

    def __init__(self, media: Media, views: CardViews) -> None:
        self._media = media
        self._views = views

    async def one(self, job: Job, index: int, limit_bytes: int, copy_url: str | None) -> CardView:
        """One result, large, with what can be done with it. `index` counts from 1; `copy_url`: Discord's copy of it.

        Raises Refused where nobody has it any more.
        """
        job = _wanted_again(job)
        urls = job.media_urls
        if not 0 < index <= len(urls):
            raise Refused((Problem(ProblemCode.RESULT_GONE),))
        shown = await self._shown(job, index - 1, urls[index - 1], limit_bytes, copy_url)
        if shown.is_gone:
            raise Refused((Problem(ProblemCode.RESULT_GONE),))
        return await self._views.of(job, media=(shown,), only=index)

    async def all(self, job: Job, limit_bytes: int, copies: Mapping[int, str]) -> CardView:
        """The whole card of a job. `copies`: Discord's copies of its results, by their number from 1."""
        job = _wanted_again(job)
        urls = job.media_urls
        media: list[ShownMedia] = []
        room_bytes = REQUEST_LIMIT_BYTES
        for index, url in enumerate(urls):
            share_bytes = min(limit_bytes, room_bytes // (len(urls) - index))
            shown = await self._shown(job, index, url, share_bytes, copies.get(index + 1))
            room_bytes -= shown.size_bytes
            media.append(shown)
        return await self._views.of(job, media=media)

    async def is_at_hand(self, job: Job, index: int) -> bool:
        """Whether a result (from 1) is kept here, or else can be had of the upstream. In doubt it can."""
        with contextlib.suppress(MediaError):
            if await self._media.kept(job.id, index - 1) is not None:
                return True
        return await self.alive(job, index)

    async def alive(self, job: Job, index: int) -> bool:
        """Whether the upstream still has a result (from 1), so that it can go by it. In doubt it has."""
        urls = job.media_urls
        if not 0 < index <= len(urls):
            return False
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._media.look(urls[index - 1])
        except MediaGone:
            return False
        except (MediaError, TimeoutError) as error:
            log.info("job %d: nobody knows whether result %d is still there: %s", job.id, index, error)
        return True

    async def video_seconds(self, job: Job, copy_url: str | None) -> float:
        """How long a finished video is, by its file's header. Raises Refused where that cannot be told now."""
        urls = job.media_urls
        try:
            async with asyncio.timeout(MEASURE_SECONDS):
                file = None if not urls else await self._fetch(job, 0, urls[0], copy_url)
        except MediaGone as error:
            raise Refused((Problem(ProblemCode.RESULT_GONE),)) from error
        except (MediaError, TimeoutError) as error:
            log.info("job %d: its video cannot be measured: %s", job.id, error)
            raise Refused((Problem(ProblemCode.VIDEO_NOT_MEASURED),)) from error
        if file is None or file.duration_seconds is None:
            raise Refused((Problem(ProblemCode.VIDEO_NOT_MEASURED),))
        return file.duration_seconds

    async def _shown(self, job: Job, index: int, url: str, limit_bytes: int, copy_url: str | None) -> ShownMedia:
        try:
            file = await self._fetch(job, index, url, copy_url)
        except MediaError as error:
            log.info("job %d: result %d cannot be brought back: %s", job.id, index, error)
            return ShownMedia(url, is_gone=isinstance(error, MediaGone), is_too_large=isinstance(error, MediaTooLarge))
        fitted = await self._media.fit(file, limit_bytes)
        if fitted is None:
            return ShownMedia(url, is_too_large=True)
        return ShownMedia(url, fitted.path, fitted.content_type, fitted.size_bytes)

    async def _fetch(self, job: Job, index: int, url: str, copy_url: str | None) -> MediaFile:
        try:
            return await self._media.fetch(job.id, index, url, job.medium)
        except MediaError:
            if copy_url is None:
                raise
        return await self._media.fetch(job.id, index, copy_url, job.medium)
