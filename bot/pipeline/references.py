"""Fresh links to references: Discord's links are signed and die within a day, but the card carries the files."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.jobs import Job
from bot.domain.requests import GenerationRequest, Reference
from bot.errors import SurfaceDown, SurfaceError, TokenDead
from bot.ports import Card, Cards, CarriedReference, Shown, Surface

ANCESTORS_ASKED = 5

_File = tuple[str, int | None, int]
"""What a file is known by while its links change: name, size, and which one of several alike."""


def carried_name(index: int, reference: Reference) -> str:
    """The name of the reference's file on a card; `index` counts from 0."""
    _, dot, extension = reference.filename.rpartition(".")
    is_plain = dot and extension.isascii() and extension.isalnum()
    return f"reference-{index + 1}.{extension.lower() if is_plain else 'png'}"


class References:
    """Asks Discord for the card of a job, or of the one that it came from, and reads the links off it."""

    def __init__(self, cards: Cards, surface: Surface) -> None:
        self._cards = cards
        self._surface = surface

    async def refreshed(self, job: Job, fresh_until: float) -> GenerationRequest | None:
        """The request with links that live past `fresh_until`; None where one is gone for good. Raises SurfaceDown."""
        carried = await self._carried(job)
        fresh: list[Reference] = []
        for file, reference in zip(_files_of(job.request), job.request.references, strict=True):
            renewed = _renewed(reference, carried.get(file), fresh_until)
            if renewed is None:
                return None
            fresh.append(renewed)
        return replace(job.request, references=tuple(fresh))

    async def _carried(self, job: Job) -> Mapping[_File, CarriedReference]:
        """Off the nearest card that has any of its files: what it came from may go by others in the same place."""
        wanted = set(_files_of(job.request))
        job_id: int | None = job.id
        for _ in range(ANCESTORS_ASKED):
            found = None if job_id is None else await self._cards.read(job_id)
            if found is None:
                break
            ancestor, card = found
            files = await self._files_on(card, ancestor.request) if wanted & {*_files_of(ancestor.request)} else {}
            if wanted & files.keys():
                return files
            job_id = ancestor.parent_id
        return {}

    async def _files_on(self, card: Card, request: GenerationRequest) -> Mapping[_File, CarriedReference]:
        shown = await self._message(card)
        on_card = {file.filename: file for file in shown.attachments} if shown else {}
        names = (carried_name(index, reference) for index, reference in enumerate(request.references))
        return {file: on_card[name] for file, name in zip(_files_of(request), names, strict=True) if name in on_card}

    async def _message(self, card: Card) -> Shown | None:
        """By the token while it lives, else by its ids."""
        try:
            if card.token is not None:
                with contextlib.suppress(TokenDead):
                    return await self._surface.find_answer(card.token)
            if card.message_id is not None:
                return await self._surface.find_message(card.channel_id, card.message_id)
        except SurfaceDown:
            raise
        except SurfaceError:
            return None
        return None


def _files_of(request: GenerationRequest) -> Sequence[_File]:
    alike = Counter[tuple[str, int | None]]()
    files: list[_File] = []
    for reference in request.references:
        alike[reference.filename, reference.size_bytes] += 1
        files.append((reference.filename, reference.size_bytes, alike[reference.filename, reference.size_bytes]))
    return files


def _renewed(reference: Reference, file: CarriedReference | None, fresh_until: float) -> Reference | None:
    if _lives(reference, fresh_until):
        return reference
    renewed = None if file is None else replace(reference, url=file.url)
    return renewed if renewed is not None and _lives(renewed, fresh_until) else None


def _lives(reference: Reference, fresh_until: float) -> bool:
    return reference.expires_at is None or reference.expires_at >= fresh_until
