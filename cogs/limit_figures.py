"""`/limit`: figures and what belongs to them."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.domain.days import time_zones
from bot.domain.limits import Unit
from bot.ui.areas import Area
from cogs.asking import told
from cogs.common import Interaction
from cogs.limit_base import LimitCommands, given, offered
from cogs.limits_desk import guild_of


class FigureCommands(LimitCommands):
    """Budgets, tiers, queue and pace."""

    @app_commands.command(description=told("limit.server"))
    @app_commands.describe(day=told("limit.server.day"), month=told("limit.server.month"))
    async def server(self, interaction: Interaction, day: str | None = None, month: str | None = None) -> None:
        options = {"guild_credits_per_day": day, "guild_credits_per_month": month}
        await self._figures(interaction, Area.BUDGETS, options)

    @app_commands.command(description=told("limit.member"))
    @app_commands.describe(
        credits=told("limit.member.credits"),
        pictures=told("limit.member.pictures"),
        videos=told("limit.member.videos"),
    )
    async def member(
        self,
        interaction: Interaction,
        credits: str | None = None,  # noqa: A002  the option's name
        pictures: str | None = None,
        videos: str | None = None,
    ) -> None:
        options = {
            "member_credits_per_day": credits,
            "member_pictures_per_day": pictures,
            "member_videos_per_day": videos,
        }
        await self._figures(interaction, Area.BUDGETS, options)

    @app_commands.command(description=told("limit.tier"))
    @app_commands.describe(
        role=told("limit.tier.role"),
        credits=told("limit.member.credits"),
        pictures=told("limit.member.pictures"),
        videos=told("limit.member.videos"),
        remove=told("limit.tier.remove"),
    )
    async def tier(  # noqa: PLR0913  the options of the command
        self,
        interaction: Interaction,
        role: discord.Role,
        credits: str | None = None,  # noqa: A002  the option's name
        pictures: str | None = None,
        videos: str | None = None,
        remove: bool = False,  # noqa: FBT001, FBT002  an option of the command
    ) -> None:
        typed = given({Unit.CREDITS: credits, Unit.PICTURES: pictures, Unit.VIDEOS: videos})
        if not typed and not remove:
            await self._show(interaction, Area.TIERS)
            return
        figures = {} if remove else {Unit(unit): text for unit, text in typed.items()}
        guild_id, user_id = guild_of(interaction), interaction.user.id
        setting = self._moderation.set_tier(guild_id, user_id, role.id, figures, is_whole=remove)
        await self._changed(interaction, Area.TIERS, setting)

    @app_commands.command(description=told("limit.queue"))
    @app_commands.describe(
        running_member=told("limit.queue.running_member"),
        running_server=told("limit.queue.running_server"),
        waiting_member=told("limit.queue.waiting_member"),
        waiting_server=told("limit.queue.waiting_server"),
        cooldown=told("limit.queue.cooldown"),
    )
    async def queue(  # noqa: PLR0913  the options of the command
        self,
        interaction: Interaction,
        running_member: str | None = None,
        running_server: str | None = None,
        waiting_member: str | None = None,
        waiting_server: str | None = None,
        cooldown: str | None = None,
    ) -> None:
        options = {
            "running_per_member": running_member,
            "running_per_guild": running_server,
            "queued_per_member": waiting_member,
            "queued_per_guild": waiting_server,
            "cooldown_seconds": cooldown,
        }
        await self._figures(interaction, Area.PACE, options)

    @app_commands.command(description=told("limit.confirm"))
    @app_commands.describe(credits=told("limit.confirm.credits"))
    async def confirm(
        self,
        interaction: Interaction,
        credits: str | None = None,  # noqa: A002  the option's name
    ) -> None:
        await self._figures(interaction, Area.PACE, {"confirm_above_credits": credits})

    @app_commands.command(description=told("limit.keep"))
    @app_commands.describe(days=told("limit.keep.days"))
    async def keep(self, interaction: Interaction, days: str | None = None) -> None:
        await self._figures(interaction, Area.PACE, {"kept_days": days})

    @app_commands.command(description=told("limit.seconds"))
    @app_commands.describe(longest=told("limit.seconds.longest"))
    async def seconds(self, interaction: Interaction, longest: str | None = None) -> None:
        await self._figures(interaction, Area.MAKING, {"video_seconds": longest})

    @app_commands.command(description=told("limit.timezone"))
    @app_commands.describe(zone=told("limit.timezone.zone"))
    async def timezone(self, interaction: Interaction, zone: str | None = None) -> None:
        if zone is None:
            await self._show(interaction, Area.BUDGETS)
            return
        setting = self._moderation.set_time_zone(guild_of(interaction), interaction.user.id, zone)
        await self._changed(interaction, Area.BUDGETS, setting)

    @timezone.autocomplete("zone")
    async def complete_zone(self, _: Interaction, text: str) -> list[Choice[str]]:
        return offered(((zone, zone) for zone in time_zones()), "_".join(text.split()))
