"""Fresh links to references: Discord's links are signed and die within a day, but the card carries the files."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.jobs import Job
from bot.domain.requests import GenerationRequest, Reference
from bot.errors import SurfaceDown, SurfaceError, TokenDead
from bot.ports import Card, Cards, CarriedReference, Shown, Surface

ANCESTORS_ASKED = 5


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
        for index, reference in enumerate(job.request.references):
            renewed = _renewed(index, reference, carried, fresh_until)
            if renewed is None:
                return None
            fresh.append(renewed)
        return replace(job.request, references=tuple(fresh))

    async def _carried(self, job: Job) -> Mapping[str, CarriedReference]:
        """By file name, off the nearest card that has any, of those that go by the same files."""
        job_id: int | None = job.id
        for _ in range(ANCESTORS_ASKED):
            found = None if job_id is None else await self._cards.read(job_id)
            if found is None:
                break
            ancestor, card = found
            if _files_of(ancestor) != _files_of(job):
                break
            shown = await self._message(card)
            files = {a.filename: a for a in shown.attachments if a.filename.startswith("reference-")} if shown else {}
            if files:
                return files
            job_id = ancestor.parent_id
        return {}

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


def _files_of(job: Job) -> Sequence[tuple[str, int | None]]:
    """What two jobs have in common that go by the same files, whatever their links are meanwhile."""
    return [(reference.filename, reference.size_bytes) for reference in job.request.references]


def _renewed(
    index: int, reference: Reference, carried: Mapping[str, CarriedReference], fresh_until: float
) -> Reference | None:
    if _lives(reference, fresh_until):
        return reference
    file = carried.get(carried_name(index, reference))
    renewed = None if file is None else replace(reference, url=file.url)
    return renewed if renewed is not None and _lives(renewed, fresh_until) else None


def _lives(reference: Reference, fresh_until: float) -> bool:
    return reference.expires_at is None or reference.expires_at >= fresh_until
