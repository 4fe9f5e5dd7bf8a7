"""What a card shows beside words: results brought here, and the references that it carries."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.domain.catalog import Medium
from bot.domain.jobs import Job
from bot.domain.requests import Reference
from bot.domain.views import CardView, ShownMedia, ShownReference
from bot.errors import MediaDown, MediaError, MediaGone, MediaTooLarge
from bot.pipeline.references import carried_name
from bot.ports import Card, Media, MediaFile
from bot.ports.cards import REQUEST_LIMIT_BYTES
from bot.services.viewing import CardViews

log = logging.getLogger(__name__)

REFERENCE_INDEX = 100
"""References are kept beside results, from this index on."""


class Exhibits:
    """Gathers the view of a card with its files."""

    def __init__(self, media: Media, views: CardViews) -> None:
        self._media = media
        self._views = views

    async def view(self, job: Job, card: Card, *, as_links: bool = False) -> CardView:
        """The card's view, results fetched and fitted. Raises MediaDown, StoreDown.

        `as_links`: no MediaDown, results that cannot be had now are linked.
        """
        media = await self._results(job, card, as_links=as_links)
        room_bytes = REQUEST_LIMIT_BYTES - sum(item.size_bytes for item in media if item.path is not None)
        references = await self._references(job, card, room_bytes)
        return await self._views.of(job, media=media, references=references)

    async def keep(self, job: Job, *, as_links: bool = False) -> None:
        """Bring a result here that cannot be shown. Raises MediaDown, not with `as_links`."""
        for index, url in enumerate(job.media_urls):
            await self._file(job, index, url, as_links=as_links)

    async def _results(self, job: Job, card: Card, *, as_links: bool) -> list[ShownMedia]:
        found: list[ShownMedia] = []
        urls, room_bytes = job.media_urls, REQUEST_LIMIT_BYTES
        for index, url in enumerate(urls):
            # Each gets its share of what is left of the request.
            share_bytes = min(card.attachment_limit_bytes, room_bytes // (len(urls) - index))
            item = await self._result(job, index, url, share_bytes, as_links=as_links)
            room_bytes -= item.size_bytes if item.path is not None else 0
            found.append(item)
        return found

    async def _result(self, job: Job, index: int, url: str, limit_bytes: int, *, as_links: bool) -> ShownMedia:
        file = await self._file(job, index, url, as_links=as_links)
        if isinstance(file, MediaError):
            return ShownMedia(url, is_gone=isinstance(file, MediaGone), is_too_large=isinstance(file, MediaTooLarge))
        fitted = await self._media.fit(file, limit_bytes)
        if fitted is None:
            return ShownMedia(url, is_too_large=True)
        return ShownMedia(url, fitted.path, fitted.content_type, fitted.size_bytes)

    async def _file(self, job: Job, index: int, url: str, *, as_links: bool) -> MediaFile | MediaError:
        """The file, or why there is none."""
        try:
            return await self._media.fetch(job.id, index, url, job.medium)
        except MediaError as error:
            if isinstance(error, MediaDown) and not as_links:
                raise
            log.warning("job %d: result %d cannot be brought here: %s", job.id, index, error)
            return error

    async def _references(self, job: Job, card: Card, room_bytes: int) -> list[ShownReference]:
        """Files and results are carried by the card, so that fresh links can be had later."""
        carried = {file.filename: file for file in card.references}
        shown: list[ShownReference] = []
        for index, reference in enumerate(job.request.references):
            name = carried_name(index, reference)
            if name in carried:
                file = carried[name]
                shown.append(ShownReference(name, file.url, attachment_id=file.attachment_id))
            else:
                item, size_bytes = await self._brought(job, card, index, reference, room_bytes)
                shown.append(item)
                room_bytes -= size_bytes
        return shown

    async def _brought(
        self, job: Job, card: Card, index: int, reference: Reference, room_bytes: int
    ) -> tuple[ShownReference, int]:
        """What is shown of a file or a result, and how much room it takes."""
        name = carried_name(index, reference)
        as_link = ShownReference(name, reference.url)
        limit_bytes = min(room_bytes, card.attachment_limit_bytes)
        if not reference.is_signed or (reference.size_bytes or 0) > limit_bytes:
            return as_link, 0
        try:
            file = await self._media.fetch(job.id, REFERENCE_INDEX + index, reference.url, Medium.IMAGE)
        except MediaError as error:
            log.info("job %d: reference %d is not carried by the card: %s", job.id, index + 1, error)
            return as_link, 0
        if file.size_bytes > limit_bytes:
            return as_link, 0
        return ShownReference(name, reference.url, path=file.path), file.size_bytes


def linked(view: CardView, *, is_too_large: bool = False) -> CardView:
    """The same without a file to upload: what would be attached is linked."""
    media = tuple(m if m.path is None else ShownMedia(m.url, is_too_large=is_too_large) for m in view.media)
    return replace(view, media=media, references=tuple(replace(r, path=None) for r in view.references))
