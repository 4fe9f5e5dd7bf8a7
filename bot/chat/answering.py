"""Answers to interactions, and what a member is told when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
from discord import app_commands

from bot.chat import render
from bot.chat.errors import surface_errors
from bot.chat.forms import modal
from bot.domain.problems import Problem, ProblemCode
from bot.errors import InteractionLost, Refused, StoreDown, SurfaceDown, SurfaceError
from bot.ui import answers
from bot.ui.messages import Accent, Form, Message
from bot.ui.texts import EN

log = logging.getLogger(__name__)

ANSWER_SECONDS = 20
"""Discord takes an answer within three seconds or never; the rest is to hear of it, with discord.py's repetitions."""

UPLOAD_SECONDS = 120
"""For an answer with files."""

Interaction = discord.Interaction[Any]


async def answer(interaction: Interaction, message: Message, *, ephemeral: bool) -> int | None:
    """Answer an interaction, with the message's files (Discord takes an answer within three seconds, files and all).

    Returns the message's id; None where Discord did not tell. Raises SurfaceError's kinds and MediaDown.
    """
    async with _sending(message) as parts:
        response = await interaction.response.send_message(ephemeral=ephemeral, **parts)
    return response.message_id


async def say(interaction: Interaction, message: Message) -> None:
    """Tell the member alone: as the answer, or after it where there is one. Raises as `answer` does."""
    if interaction.response.is_done():
        await _follow_up(interaction, message, ephemeral=True)
    else:
        await answer(interaction, message, ephemeral=True)


async def add(interaction: Interaction, message: Message) -> None:
    """After the answer, one more message, for all to see. Raises as `answer` does."""
    await _follow_up(interaction, message, ephemeral=False)


async def _follow_up(interaction: Interaction, message: Message, *, ephemeral: bool) -> None:
    async with _sending(message) as parts:
        await interaction.followup.send(ephemeral=ephemeral, **parts)


@asynccontextmanager
async def _sending(message: Message) -> AsyncIterator[dict[str, Any]]:
    """What a new message is made of, as discord.py takes it; what fails meanwhile becomes one of our errors."""
    parts: dict[str, Any] = {"view": render.layout(message), "allowed_mentions": render.mentions(message)}
    files = render.files(message)
    try:
        with surface_errors():
            async with asyncio.timeout(UPLOAD_SECONDS if files else ANSWER_SECONDS):
                yield parts | ({"files": files} if files else {})
    finally:
        render.close(files)


async def ask(interaction: Interaction, form: Form) -> None:
    """Answer with a form. Raises SurfaceError's kinds."""
    with surface_errors():
        async with asyncio.timeout(ANSWER_SECONDS):
            await interaction.response.send_modal(modal(form))


async def promise(interaction: Interaction, *, ephemeral: bool) -> None:
    """Answer that something comes, where it takes longer than three seconds; `fulfil` brings it."""
    with surface_errors():
        async with asyncio.timeout(ANSWER_SECONDS):
            await interaction.response.defer(ephemeral=ephemeral, thinking=True)


async def fulfil(interaction: Interaction, message: Message) -> None:
    """What was promised, with its files. Raises as `answer` does."""
    async with _editing(message) as parts:
        await interaction.edit_original_response(**parts)


async def redraw(interaction: Interaction, message: Message) -> None:
    """Answer a click, or a form that a click has opened, by changing the message that was clicked on.

    Raises as `answer` does.
    """
    async with _editing(message) as parts:
        await interaction.response.edit_message(**parts)


@asynccontextmanager
async def _editing(message: Message) -> AsyncIterator[dict[str, Any]]:
    """What a message becomes, as discord.py takes it: all of it, so that what is not named goes."""
    view, mentions = render.layout(message), render.mentions(message)
    attachments = render.attachments(message)
    try:
        with surface_errors():
            async with asyncio.timeout(UPLOAD_SECONDS):
                yield {"view": view, "attachments": attachments, "allowed_mentions": mentions}
    finally:
        render.close(attachments)


async def remove(interaction: Interaction) -> None:
    """Answer a click by deleting the message that was clicked on. Raises SurfaceError's kinds."""
    await acknowledge_click(interaction)
    with surface_errors():
        async with asyncio.timeout(ANSWER_SECONDS):
            await interaction.delete_original_response()


async def acknowledge_click(interaction: Interaction) -> None:
    """Take a click; its message is edited by others. Raises SurfaceError's kinds."""
    with surface_errors():
        async with asyncio.timeout(ANSWER_SECONDS):
            await interaction.response.defer()


async def explain(interaction: Interaction, error: Exception) -> None:
    """Tell the member what became of it; what is not expected goes to the log. Raises nothing."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    if isinstance(cause, (InteractionLost, SurfaceDown)):
        log.warning("an answer did not reach Discord: %s", cause)
        return
    try:
        await say(interaction, in_words(cause))
    except SurfaceError as unsaid:
        log.warning("a member could not be told what went wrong: %s", unsaid)


def in_words(cause: Exception) -> Message:
    """What a member is told of an error; what is not expected goes to the log."""
    match cause:
        case Refused():
            return answers.refusal(problem for problem in cause.problems if isinstance(problem, Problem))
        case StoreDown():
            log.error("the store is failing", exc_info=cause)
            return answers.refusal([Problem(ProblemCode.STORE_FAILING)])
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return answers.notice(EN.stale_command(), Accent.FAILED)
        case _:
            log.error("an interaction failed", exc_info=cause)
            return answers.apology()
