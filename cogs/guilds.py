"""Servers that Easel is removed from."""

from __future__ import annotations

from collections.abc import Collection

import discord
from discord.ext import commands

from bot.services.intake import Intake


class Guilds(commands.Cog):
    """Tells intake: at once, or at the next start."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self._intake.left_guild(guild.id)

    @commands.Cog.listener()
    async def on_guilds_known(self, guild_ids: Collection[int]) -> None:
        """Of `bot.chat.client.Easel`, after each new session of the gateway."""
        await self._intake.joined_guilds(guild_ids)
