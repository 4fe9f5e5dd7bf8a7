"""Discord's own copy of a result, off the message that was clicked on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import discord

from bot.domain.requests import Reference
from cogs.results import copy_of
from tests.unit.ui.make import job

URL = "https://cdn.test/attachments/1/"


@dataclass(slots=True)
class Message:
    attachments: tuple[discord.Attachment, ...]


@dataclass(slots=True)
class Clicked:
    """An interaction with a message, as far as its files go."""

    message: Message | None


def clicked(*filenames: str) -> Any:
    client = discord.Client(intents=discord.Intents.none())
    files = tuple(
        discord.Attachment(
            data=cast(
                "Any",
                {
                    "id": "1",
                    "filename": each,
                    "size": 10,
                    "url": URL + each,
                    "proxy_url": URL,
                    "content_type": "image/png",
                },
            ),
            state=client._connection,
        )
        for each in filenames
    )
    return cast("Any", Clicked(Message(files)))


async def test_the_copy_is_told_by_job_and_number() -> None:
    message = clicked("reference-1.png", "easel-77-1.png", "easel-77-2.png", "easel-78-2.png")
    assert copy_of(message, job(), 2) == Reference(
        URL + "easel-77-2.png",
        is_attachment=True,
        filename="easel-77-2.png",
        content_type="image/png",
        size_bytes=10,
    )


async def test_of_another_job_or_number_there_is_none() -> None:
    assert (
        copy_of(clicked("easel-78-2.png", "easel-77-1.png", "easel-77-22.png", "my-easel-77-2.png"), job(), 2) is None
    )


async def test_without_a_message_there_is_none() -> None:
    assert copy_of(cast("Any", Clicked(None)), job(), 1) is None
