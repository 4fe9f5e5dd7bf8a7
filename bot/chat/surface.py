"""Cards on Discord: edits, posts and looks, each one request (discord.py repeats it after a 429, and some 5xx)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import discord
from discord.http import MultipartParameters, handle_message_parameters

from bot.chat import render
from bot.chat.errors import UNKNOWN_WEBHOOK, surface_errors
from bot.errors import MessageGone, SurfaceDown, TokenDead, Unsearchable
from bot.ports import CarriedReference, Shown
from bot.ui.buttons import CUSTOM_ID
from bot.ui.messages import Message

ORIGINAL: Any = "@original"
"""An interaction's answer, in the place of a message id: `Webhook` passes it on, though it is typed for numbers."""
PAGE = 100
MAX_PAGES = 5
CLOCK_MARGIN_SECONDS = 60


class DiscordSurface:
    """Implements `bot.ports.Surface` with the session of a client that is logged in; SurfaceDown until it is.

    `timeout_seconds` bounds a call with its uploads, discord.py's repetitions and its waiting for rate limits.
    """

    def __init__(self, client: discord.Client, timeout_seconds: float = 180) -> None:
        self._client = client
        self._timeout_seconds = timeout_seconds

    async def edit_by_token(self, token: str, message: Message) -> Shown:
        attachments = render.attachments(message)
        try:
            async with self._asking():
                edited = await self._webhook(token).edit_message(
                    ORIGINAL,
                    view=render.layout(message),
                    attachments=attachments,
                    allowed_mentions=render.mentions(message),
                )
        finally:
            render.close(attachments)
        return _shown_of(edited)

    async def edit_by_ids(self, channel_id: int, message_id: int, message: Message) -> Shown:
        with _parameters(message) as parameters:
            async with self._asking():
                edited = await self._client.http.edit_message(channel_id, message_id, params=parameters)
        return _shown(edited)

    async def post(self, channel_id: int, message: Message, nonce: str) -> Shown:
        # With a nonce discord.py sets `enforce_nonce`, so a repeated post gives back the first one's message.
        with _parameters(message, nonce) as parameters:
            async with self._asking():
                posted = await self._client.http.send_message(channel_id, params=parameters)
        return _shown(posted)

    async def post_directly(self, user_id: int, message: Message, nonce: str) -> Shown:
        return await self.post(await self._direct_channel(user_id), message, nonce)

    async def ping(self, channel_id: int, message_id: int, user_id: int, text: str, nonce: str) -> None:
        card = discord.MessageReference(message_id=message_id, channel_id=channel_id, fail_if_not_exists=False)
        with handle_message_parameters(
            content=text,
            nonce=nonce,
            allowed_mentions=discord.AllowedMentions(
                everyone=False, roles=False, users=[discord.Object(user_id)], replied_user=False
            ),
            # Typed for the object, and put into the payload as it is: `Messageable.send` passes the dict, too.
            message_reference=card.to_message_reference_dict(),
        ) as parameters:
            async with self._asking():
                await self._client.http.send_message(channel_id, params=parameters)

    async def find_answer(self, token: str) -> Shown | None:
        """See the port. An interaction that was never answered has no webhook yet (10015)."""
        try:
            async with self._asking():
                return _shown_of(await self._webhook(token).fetch_message(ORIGINAL))
        except MessageGone:
            return None
        except TokenDead as error:
            if error.code == UNKNOWN_WEBHOOK:
                return None
            raise

    async def find_message(self, channel_id: int, message_id: int) -> Shown | None:
        try:
            async with self._asking():
                return _shown(await self._client.http.get_message(channel_id, message_id))
        except MessageGone:
            return None

    async def find_post(self, channel_id: int, job_id: int, since: float, besides: int | None = None) -> Shown | None:
        """See the port. Looks at the 500 messages after `since`."""
        after = max(_snowflake_at(since - CLOCK_MARGIN_SECONDS), besides or 0)
        for _ in range(MAX_PAGES):
            async with self._asking():
                page = await self._client.http.logs_from(channel_id, PAGE, after=after)
            found = next((message for message in page if self._is_ours(message, job_id)), None)
            if found is not None:
                return _shown(found)
            if len(page) < PAGE:
                return None
            after = max(int(message["id"]) for message in page)
        raise Unsearchable(0, f"not among the {PAGE * MAX_PAGES} messages after it was begun")

    async def find_direct_post(self, user_id: int, job_id: int, since: float) -> Shown | None:
        return await self.find_post(await self._direct_channel(user_id), job_id, since)

    async def _direct_channel(self, user_id: int) -> int:
        async with self._asking():
            channel = await self._client.http.start_private_message(user_id)
        return int(channel["id"])

    def _is_ours(self, message: Mapping[str, Any], job_id: int) -> bool:
        user = self._client.user
        return user is not None and int(message["author"]["id"]) == user.id and shows(message, job_id)

    def _webhook(self, token: str) -> discord.Webhook:
        application_id = self._client.application_id
        assert application_id is not None
        return discord.Webhook.partial(application_id, token, client=self._client)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        if self._client.application_id is None or self._client.is_closed():
            raise SurfaceDown(0, "not logged in")
        with surface_errors():
            async with asyncio.timeout(self._timeout_seconds):
                yield


def _parameters(message: Message, nonce: str | None = None) -> MultipartParameters:
    return handle_message_parameters(
        view=render.layout(message),
        attachments=render.attachments(message),
        allowed_mentions=render.mentions(message),
        nonce=nonce,
    )


def shows(message: Mapping[str, Any], job_id: int) -> bool:
    """Whether a message (as Discord sends it) has a button of that job."""
    return any(job == job_id for _, job in _buttons(message))


def _buttons(message: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """(action, job id) of each of our buttons on a message as Discord sends it."""
    for component in _components(message):
        match = re.fullmatch(CUSTOM_ID, str(component.get("custom_id")))
        if match is not None:
            yield match["action"], int(match["job_id"])


def _components(parent: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for component in parent.get("components") or ():
        yield component
        yield from _components(component)


def _snowflake_at(at: float) -> int:
    return discord.utils.time_snowflake(datetime.fromtimestamp(at, UTC))


def _shown(message: Mapping[str, Any]) -> Shown:
    """Of a message as Discord sends it."""
    attachments = tuple(
        CarriedReference(int(item["id"]), item["filename"], item["url"]) for item in message.get("attachments", ())
    )
    buttons = list(_buttons(message))
    actions, jobs = frozenset(action for action, _ in buttons), [job_id for _, job_id in buttons]
    return Shown(int(message["channel_id"]), int(message["id"]), attachments, actions, jobs[0] if jobs else None)


def _shown_of(message: discord.WebhookMessage) -> Shown:
    """Of a message as discord.py reads it."""
    sent = {
        "id": message.id,
        "channel_id": message.channel.id,
        "attachments": [item.to_dict() for item in message.attachments],
        "components": [component.to_dict() for component in message.components],
    }
    return _shown(sent)
