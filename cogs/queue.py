"""`/queue`: what of a member's is under way, and when its turn comes."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.answering import redraw, say
from bot.services.history import Past
from bot.services.intake import Intake
from bot.ui.history import draw_queue
from bot.ui.messages import Action
from cogs.asking import told
from cogs.common import Click, Handlers, Interaction, origin_of, own_page


class Queue(commands.Cog):
    """Own requests under way, in all places."""

    def __init__(self, past: Past, intake: Intake) -> None:
        self._past = past
        self._intake = intake

    @property
    def handlers(self) -> Handlers:
        return {Action.QUEUE: self._click}

    @app_commands.command(description=told("queue"))
    async def queue(self, interaction: Interaction) -> None:
        await say(interaction, draw_queue(await self._past.queue(interaction.user.id, 0)))

    async def _click(self, interaction: Interaction, click: Click) -> None:
        """Another page, or the same anew: after a job was cancelled, if the note names one."""
        user_id = own_page(interaction, click)
        if click.note.isdecimal():
            await self._intake.cancel(int(click.note), origin_of(interaction, is_private=True))
        await redraw(interaction, draw_queue(await self._past.queue(user_id, click.index or 0)))
