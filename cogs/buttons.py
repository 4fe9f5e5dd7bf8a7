"""Clicks: every button, menu and form of every message, told by its custom_id alone, so that all outlive a restart.

discord.py's own ways (views, dynamic items, modals) are passed by: they keep forms in memory, and log what goes wrong
in a button without telling anybody.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord
from discord.ext import commands

from bot.chat.answering import explain
from bot.chat.forms import Answers, answers_of
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused
from bot.ui.buttons import CUSTOM_ID
from cogs.common import Click, Handlers, Interaction

FormHandler = Callable[[Interaction, int, Answers], Awaitable[None]]
"""Takes what was typed into a form; the number is the custom_id's."""

_OURS = re.compile(CUSTOM_ID)


class Buttons(commands.Cog):
    """Hands each click to whoever knows what it means. `handlers` and `forms` go by action."""

    def __init__(self, handlers: Handlers, forms: Mapping[str, FormHandler]) -> None:
        self._handlers = handlers
        self._forms = forms

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Raises nothing: what an event raises reaches the log alone, and the member would learn nothing."""
        data: Mapping[str, Any] = dict(interaction.data or {})
        match = _OURS.fullmatch(str(data.get("custom_id", "")))
        if match is None:
            return
        try:
            if interaction.type is discord.InteractionType.component:
                await self._clicked(interaction, _click(match, tuple(data.get("values", ()))))
            elif interaction.type is discord.InteractionType.modal_submit:
                await self._handed_in(interaction, match)
        except Exception as error:  # noqa: BLE001  see above
            await explain(interaction, error)

    async def _clicked(self, interaction: Interaction, click: Click) -> None:
        handler = self._handlers.get(click.action)
        if handler is None:
            raise _of_another_version()
        await handler(interaction, click)

    async def _handed_in(self, interaction: Interaction, match: re.Match[str]) -> None:
        handler = self._forms.get(match["action"])
        if handler is None:
            raise _of_another_version()
        await handler(interaction, int(match["job_id"]), answers_of(interaction))


def _of_another_version() -> Refused:
    return Refused((Problem(ProblemCode.JOB_UNKNOWN),))


def _click(match: re.Match[str], values: tuple[str, ...]) -> Click:
    index = match["index"]
    return Click(match["action"], int(match["job_id"]), int(index) if index else None, match["note"] or "", values)
