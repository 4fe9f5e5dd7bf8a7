"""`/credits`: what is left, and what was used today."""

from __future__ import annotations

from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.chat.answering import say
from bot.services.queries import Queries
from bot.ui.answers import credits_page
from bot.ui.texts import COMMANDS
from cogs.common import Interaction


class Credits(commands.Cog):
    """Balances and use."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    @app_commands.command(description=locale_str(COMMANDS["credits"]))
    async def credits(self, interaction: Interaction) -> None:
        view = await self._queries.credits(interaction.guild_id, interaction.user.id)
        await say(interaction, credits_page(view))
