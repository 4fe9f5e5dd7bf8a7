"""What a message shows that somebody points at: pictures to go by, and which of our jobs it is the card of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import discord

from bot.domain.requests import Reference, is_public_https
from bot.ui.buttons import CUSTOM_ID
from bot.ui.cards import RESULT_FILE
from bot.ui.messages import Action
from cogs.common import reference_of

PICTURES_MAX = 10
"""As many files as a message has."""

_RESULT = re.compile(RESULT_FILE)
_BUTTON = re.compile(CUSTOM_ID)
_PICTURE_NAME = re.compile(r".*\.(?:png|jpe?g|webp|gif)", re.IGNORECASE | re.DOTALL)
_OF_A_CARD = frozenset({Action.CANCEL, Action.AGAIN, Action.ASK, Action.DELETE})
"""Of these one stands under every card; pages have some of several jobs."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`job_id`: the job whose card or result it is, if it is one of ours; `pictures` are its results then."""

    pictures: tuple[Reference, ...]
    is_ours: bool
    job_id: int | None = None


def look_at(message: discord.Message, own_id: int) -> Seen:
    """By what Discord hands over of a message that a member points at; `own_id` is the user id of Easel itself.

    Only our own messages are believed when they name a job: anybody can name a file like one of our results.
    """
    if message.author.id != own_id:
        return Seen(_anybodys(message), is_ours=False)
    job_id = _job_id(message)
    if job_id is None:
        return Seen(_anybodys(message), is_ours=True)
    results = [file for file in message.attachments if _RESULT.match(file.filename)]
    return Seen(tuple(reference_of(file) for file in results if _is_picture(file)), is_ours=True, job_id=job_id)


def _job_id(message: discord.Message) -> int | None:
    """By its files, else by its buttons; None where they name none, or several."""
    files = (_RESULT.match(file.filename) for file in message.attachments)
    named = {int(match["job_id"]) for match in files if match} or set(_jobs_of_buttons(message.components))
    return named.pop() if len(named) == 1 else None


def _jobs_of_buttons(components: Iterable[Any]) -> Iterator[int]:
    for part in walk(components):
        match = _BUTTON.fullmatch(getattr(part, "custom_id", None) or "")
        if match is not None and match["action"] in _OF_A_CARD:
            yield int(match["job_id"])


def walk(components: Iterable[Any]) -> Iterator[Any]:
    """All parts, at any depth."""
    for part in components:
        yield part
        yield from walk(getattr(part, "children", ()))
        accessory = getattr(part, "accessory", None)
        if accessory is not None:
            yield from walk((accessory,))


# ---------------------------------------------------------------- pictures


def _anybodys(message: discord.Message) -> tuple[Reference, ...]:
    """Its files, else the pictures of its links, else those of its components; of what it forwards as well."""
    parts: tuple[Part, ...] = (message, *message.message_snapshots)
    for part in parts:
        for found in (_files(part), _embedded(part), _shown(part)):
            if found:
                return tuple({each.url: each for each in found}.values())[:PICTURES_MAX]
    return ()


Part = discord.Message | discord.MessageSnapshot


def _files(part: Part) -> list[Reference]:
    return [reference_of(file) for file in part.attachments if _is_picture(file)]


def _is_picture(file: discord.Attachment) -> bool:
    """Also of a kind that no model takes: that is refused by name."""
    if file.content_type is not None:
        return file.content_type.startswith("image/")
    return _PICTURE_NAME.fullmatch(file.filename) is not None


def _embedded(part: Part) -> list[Reference]:
    urls = (embed.image.url or embed.thumbnail.url for embed in part.embeds)
    return [Reference(url) for url in urls if url and is_public_https(url)]


def _shown(part: Part) -> list[Reference]:
    media = (each for component in walk(part.components) for each in _media(component))
    return [
        Reference(each.url, content_type=each.content_type)
        for each in media
        if is_public_https(each.url) and (each.content_type or "image/").startswith("image/")
    ]


def _media(component: Any) -> Iterator[discord.UnfurledMediaItem]:
    if isinstance(component, discord.MediaGalleryComponent):
        yield from (item.media for item in component.items)
    elif isinstance(component, discord.ThumbnailComponent):
        yield component.media
