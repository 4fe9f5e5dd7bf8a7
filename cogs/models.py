"""`/models`: what can be made, and what it costs."""

from __future__ import annotations

from discord import app_commands
from discord.app_commands import Choice, locale_str
from discord.ext import commands

from bot.chat.answering import say
from bot.domain.catalog import Medium
from bot.services.catalogue import Catalogue
from bot.services.queries import Queries
from bot.ui.answers import models_pages
from bot.ui.texts import COMMANDS, EN
from cogs.common import Interaction


class Models(commands.Cog):
    """The catalogue."""

    def __init__(self, catalogue: Catalogue, queries: Queries) -> None:
        self._catalogue = catalogue
        self._queries = queries

    @app_commands.command(description=locale_str(COMMANDS["models"]))
    @app_commands.describe(medium=locale_str(COMMANDS["models.medium"]))
    @app_commands.choices(medium=[Choice(name=locale_str(EN.headings[each]), value=each.value) for each in Medium])
    async def models(self, interaction: Interaction, medium: str | None = None) -> None:
        wanted = None if medium is None else Medium(medium)
        usual_seconds = await self._queries.usual_seconds()
        troubles = await self._queries.troubles(interaction.guild_id)
        for page in models_pages(self._catalogue.at(interaction.guild_id), wanted, usual_seconds, troubles):
            await say(interaction, page)
