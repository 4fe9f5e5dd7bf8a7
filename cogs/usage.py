"""`/usage`: what this server has used, for its moderators, and the audit trail as a file."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.chat.answering import acknowledge_click, promise, say
from bot.domain.usage import Grouping
from bot.services.exporting import Exporting
from bot.services.overview import PERIODS, Overview
from bot.ui.messages import Action, Message
from bot.ui.texts import EN
from bot.ui.usage import chart_of, draw_usage, export_question, exported, grouping_of
from cogs.asking import told
from cogs.common import Click, Handlers, Interaction, Presses, bring, own_page
from cogs.limits_desk import for_moderators, guild_of, let_in


class Usage(commands.Cog):
    """Figures, a chart, and files to keep; all of it for one moderator's eyes."""

    def __init__(self, overview: Overview, exporting: Exporting) -> None:
        self._overview = overview
        self._exporting = exporting
        self._presses = Presses()

    @property
    def handlers(self) -> Handlers:
        return {Action.USAGE: self._turn, Action.EXPORT: self._export}

    @app_commands.command(description=told("usage"))
    @for_moderators
    async def usage(self, interaction: Interaction) -> None:
        await promise(interaction, ephemeral=True)
        await bring(interaction, self._page(guild_of(interaction), interaction.user.id, PERIODS[0], Grouping.MEMBER))

    async def _turn(self, interaction: Interaction, click: Click) -> None:
        guild_id = _guild_of(interaction, click)
        days = click.index if click.index in PERIODS else PERIODS[0]
        await acknowledge_click(interaction)
        await bring(interaction, self._page(guild_id, click.id, days, grouping_of(click.note)))

    async def _page(self, guild_id: int, user_id: int, days: int, grouping: Grouping) -> Message:
        report = await self._overview.report(guild_id, user_id, days, grouping)
        return draw_usage(report, await self._overview.picture(chart_of(report)))

    async def _export(self, interaction: Interaction, click: Click) -> None:
        """Ask how far back, then bring the files."""
        guild_id = _guild_of(interaction, click)
        if click.index is None:
            await say(interaction, export_question(click.id))
            return
        days = click.index if click.index in EN.export_periods else PERIODS[0]
        with self._presses.once(interaction, click.action):
            await acknowledge_click(interaction)
            await bring(interaction, self._files(guild_id, days, interaction.filesize_limit))

    async def _files(self, guild_id: int, days: int, limit_bytes: int) -> Message:
        export = await self._exporting.export(guild_id, days, limit_bytes)
        return exported(export.files, EN.exported(export.generations, export.changes, is_cut=export.is_cut))


def _guild_of(interaction: Interaction, click: Click) -> int:
    """Whose figures are asked for. Raises Refused where who clicked may not see them (any more)."""
    own_page(interaction, click)
    let_in(interaction)
    return guild_of(interaction)
