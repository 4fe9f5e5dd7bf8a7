"""What members ask about their own jobs: what is over, and what is under way."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from bot.domain.catalog import Medium, Model
from bot.domain.history import MODEL_LIMIT, HistoryEntry, HistoryPage, PastJob, QueueEntry, QueuePage, Wanted
from bot.domain.jobs import Job, JobState
from bot.errors import MediaError, MediaGone
from bot.ports import History, Media, MediaFile
from bot.services.catalogue import Catalogue
from bot.services.viewing import CardViews

ENTRIES_SHOWN = 5
QUEUE_SHOWN = 8
"""As many as fit the 4,000 characters of a message."""
CHOICES_MAX = 25
PICTURE_SECONDS = 3.0
"""A page does not wait longer for a picture that is not here."""
PICTURE_PIXELS = 256
PICTURE_LIMIT_BYTES = 100_000

log = logging.getLogger(__name__)


class Past:
    """Pages of a member's own jobs. All of it raises StoreDown."""

    def __init__(self, history: History, media: Media, views: CardViews, catalogue: Catalogue) -> None:
        self._history = history
        self._media = media
        self._views = views
        self._catalogue = catalogue

    async def page(self, user_id: int, wanted: Wanted, number: int) -> HistoryPage:
        """A page (from 0), with pictures of what is here or quickly brought here."""
        found = await self._history.page(user_id, wanted, number * ENTRIES_SHOWN, ENTRIES_SHOWN + 1)
        entries = await asyncio.gather(*(self._entry(past) for past in found[:ENTRIES_SHOWN]))
        return HistoryPage(
            user_id=user_id,
            wanted=wanted,
            wanted_name=self._name_of(wanted.model_id),
            entries=tuple(entries),
            number=number,
            has_next=len(found) > ENTRIES_SHOWN,
        )

    def wanted(self, medium: str | None, model: str | None) -> Wanted:
        """What was typed or carried by a button, as far as it means anything.

        Retired models can be chosen, too, and one by the id that it had then.
        """
        known = self._model_of(model)
        if known is not None and model is not None and model.casefold() not in map(str.casefold, known.former_ids):
            model = known.id
        return Wanted(Medium(medium) if medium in set(Medium) else None, None if model is None else model[:MODEL_LIMIT])

    async def models(self, user_id: int, text: str) -> list[tuple[str, str]]:
        """(name, id) of the models that a member has used and whose name or id holds `text`, latest first."""
        wanted = text.strip().casefold()
        used = await self._history.models(user_id, CHOICES_MAX)
        choices = [(self._choice_of(model_id), model_id) for model_id in used]
        return [each for each in choices if wanted in each[0].casefold() or wanted in each[1].casefold()]

    async def queue(self, user_id: int, number: int) -> QueuePage:
        """A page (from 0) of what is under way, wherever it was asked for."""
        found = await self._history.under_way(user_id)
        first = number * QUEUE_SHOWN
        shown = found[first : first + QUEUE_SHOWN]
        working = sum(past.job.state in (JobState.RUNNING, JobState.SUBMITTING) for past in found)
        return QueuePage(
            user_id=user_id,
            entries=tuple([QueueEntry(await self._views.of(past.job), past.url) for past in shown]),
            number=number,
            has_next=len(found) > first + QUEUE_SHOWN,
            waiting=len(found) - working,
            working=working,
        )

    async def count(self, user_id: int) -> int:
        return await self._history.count(user_id)

    def _choice_of(self, model_id: str) -> str:
        """Its name, but of an id that another model took over: both may have been used."""
        model = self._model_of(model_id)
        return model.name if model is not None and model.id == model_id else model_id

    def _name_of(self, model_id: str | None) -> str | None:
        model = self._model_of(model_id)
        return model_id if model is None else model.name

    def _model_of(self, model_id: str | None) -> Model | None:
        return self._catalogue.current.find(model_id)

    async def _entry(self, past: PastJob) -> HistoryEntry:
        name = self._name_of(past.job.model_id)
        if not _has_picture(past.job):
            return HistoryEntry(past, name)
        try:
            return HistoryEntry(past, name, await self._picture(past.job))
        except MediaGone:
            return HistoryEntry(past, name, is_gone=True)
        except (MediaError, TimeoutError) as error:
            log.info("job %d: no picture of it for the history: %s", past.job.id, error)
            return HistoryEntry(past, name)

    async def _picture(self, job: Job) -> Path | None:
        small = await self._media.thumbnail(await self._first_result(job), PICTURE_PIXELS, PICTURE_LIMIT_BYTES)
        return None if small is None else small.path

    async def _first_result(self, job: Job) -> MediaFile:
        kept = await self._media.kept(job.id, 0)
        if kept is not None:
            return kept
        assert job.result is not None, "only what has a result has a picture"
        async with asyncio.timeout(PICTURE_SECONDS):
            return await self._media.fetch(job.id, 0, job.result.media_urls[0], job.medium)


def _has_picture(job: Job) -> bool:
    """No picture can be made of a video."""
    has_result = job.state is JobState.SUCCEEDED and job.result is not None and bool(job.result.media_urls)
    return has_result and job.medium is Medium.IMAGE
