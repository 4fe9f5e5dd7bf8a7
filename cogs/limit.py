"""`/limit`: what the panel sets, for those who type."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.chat.answering import say
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused
from bot.services.catalogue import Catalogue
from bot.services.moderation import Moderation
from bot.ui.areas import Area
from bot.ui.limits_panel import Place
from bot.ui.limits_rest import job_choice
from bot.ui.texts import COMMANDS, EN
from cogs.asking import told
from cogs.common import Interaction
from cogs.limit_base import LimitCommands, offered
from cogs.limit_figures import FigureCommands
from cogs.limit_rules import RuleCommands
from cogs.limits_desk import Desk, for_moderators, guild_of, log_channel
from cogs.limits_forms import LimitForms

LogChannel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel
"""Where messages can stand."""


class FlowCommands(LimitCommands):
    """How results are shown, stop and go."""

    @app_commands.command(description=told("limit.show"))
    @app_commands.describe(spoilers=told("limit.show.spoilers"), age_restricted=told("limit.show.age_restricted"))
    async def show(
        self,
        interaction: Interaction,
        spoilers: bool | None = None,  # noqa: FBT001  an option of the command
        age_restricted: bool | None = None,  # noqa: FBT001  an option of the command
    ) -> None:
        options = {"spoilers": spoilers, "age_restricted_only": age_restricted}
        switched = {name: is_on for name, is_on in options.items() if is_on is not None}
        if not switched:
            await self._show(interaction, Area.LOOKS)
            return
        setting = self._moderation.switch(guild_of(interaction), interaction.user.id, switched)
        await self._changed(interaction, Area.LOOKS, setting)

    @app_commands.command(description=told("limit.log"))
    @app_commands.describe(channel=told("limit.log.channel"), off=told("limit.log.off"))
    async def log(
        self,
        interaction: Interaction,
        channel: LogChannel | None = None,
        off: bool = False,  # noqa: FBT001, FBT002  an option of the command
    ) -> None:
        if channel is None and not off:
            await self._show(interaction, Area.LOOKS)
            return
        channel_id = None if off or channel is None else log_channel(interaction, channel.id)
        setting = self._moderation.set_log_channel(guild_of(interaction), interaction.user.id, channel_id)
        await self._changed(interaction, Area.LOOKS, setting)

    @app_commands.command(description=told("limit.pause"))
    async def pause(self, interaction: Interaction) -> None:
        await self._pause(interaction, is_paused=True)

    @app_commands.command(description=told("limit.resume"))
    async def resume(self, interaction: Interaction) -> None:
        await self._pause(interaction, is_paused=False)

    async def _pause(self, interaction: Interaction, *, is_paused: bool) -> None:
        setting = self._moderation.pause(guild_of(interaction), interaction.user.id, is_paused=is_paused)
        await self._changed(interaction, Area.FLOW, setting)

    @app_commands.command(description=told("limit.cancel"))
    @app_commands.describe(request=told("limit.cancel.request"))
    async def cancel(self, interaction: Interaction, request: str) -> None:
        if not request.isdecimal() or len(request) > len(str(2**63)):
            raise Refused((Problem(ProblemCode.JOB_UNKNOWN),))
        job = await self._moderation.cancel(guild_of(interaction), interaction.user.id, int(request))
        await self._show(interaction, Area.FLOW, (EN.called_back(job.user_id, job.state),))

    @cancel.autocomplete("request")
    async def complete_request(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        panel = await self._desk.panel(interaction, Place(Area.FLOW))
        jobs = [(EN.numbered(number, job_choice(panel, job)), str(job.id)) for number, job in enumerate(panel.jobs, 1)]
        return offered(jobs, text)

    @app_commands.command(description=told("limit.clear"))
    async def clear(self, interaction: Interaction) -> None:
        await say(interaction, await self._desk.page(interaction, Place(Area.FLOW, asks="queue")))


@for_moderators
class Limit(
    FigureCommands,
    RuleCommands,
    FlowCommands,
    commands.GroupCog,
    group_name="limit",
    group_description=COMMANDS["limit"],
):
    """The group. Discord takes 25 commands in one."""

    def __init__(self, desk: Desk, moderation: Moderation, catalogue: Catalogue, forms: LimitForms) -> None:
        super().__init__(desk, moderation, catalogue)
        self._forms = forms

    @app_commands.command(description=told("limit.key"))
    async def key(self, interaction: Interaction) -> None:
        await self._forms.ask_for_key(interaction)
