"""`/limit`: what can be made, where and by whom, and with which words."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import AppCommandChannel, AppCommandThread, Choice, locale_str

from bot.chat.render import CHANNEL_TYPES
from bot.domain.highest import highest_choices
from bot.domain.limits import RoleRule
from bot.ui.areas import Area
from bot.ui.limits_rules import OPEN, tried
from bot.ui.texts import EN
from cogs.asking import told
from cogs.common import Interaction
from cogs.limit_base import LimitCommands, given, offered
from cogs.limits_desk import guild_of

Channel = AppCommandChannel | AppCommandThread


class AnyChannel(app_commands.Transformer):
    """Where something can be asked for, and categories: as Discord tells of it, in the cache or not."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return CHANNEL_TYPES

    async def transform(self, _: Interaction, value: Channel, /) -> Channel:
        return value


class RuleCommands(LimitCommands):
    """Models, channels, roles, members and words."""

    @app_commands.command(description=told("limit.model"))
    @app_commands.describe(model=told("limit.model.model"), allowed=told("limit.model.allowed"))
    async def model(
        self,
        interaction: Interaction,
        model: str | None = None,
        allowed: bool = True,  # noqa: FBT001, FBT002  an option of the command
    ) -> None:
        if model is None:
            await self._show(interaction, Area.MAKING)
            return
        setting = self._moderation.set_model(guild_of(interaction), interaction.user.id, model, is_allowed=allowed)
        await self._changed(interaction, Area.MAKING, setting)

    @model.autocomplete("model")
    async def complete_model(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return offered(((model.name, model.id) for model in self._catalogue.at(interaction.guild_id).models), text)

    @app_commands.command(description=told("limit.highest"))
    @app_commands.describe(
        picture_resolution=told("limit.highest.picture_resolution"),
        video_resolution=told("limit.highest.video_resolution"),
        quality=told("limit.highest.quality"),
        tier=told("limit.highest.tier"),
    )
    async def highest(
        self,
        interaction: Interaction,
        picture_resolution: str | None = None,
        video_resolution: str | None = None,
        quality: str | None = None,
        tier: str | None = None,
    ) -> None:
        options = {"picture_resolution": picture_resolution, "video_resolution": video_resolution}
        typed = given({**options, "quality": quality, "tier": tier})
        if not typed:
            await self._show(interaction, Area.MAKING)
            return
        setting = self._moderation.set_highest(guild_of(interaction), interaction.user.id, typed)
        await self._changed(interaction, Area.MAKING, setting)

    @highest.autocomplete("picture_resolution")
    async def complete_picture_resolution(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return self._highest(interaction, "picture_resolution", text)

    @highest.autocomplete("video_resolution")
    async def complete_video_resolution(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return self._highest(interaction, "video_resolution", text)

    @highest.autocomplete("quality")
    async def complete_quality(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return self._highest(interaction, "quality", text)

    @highest.autocomplete("tier")
    async def complete_tier(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return self._highest(interaction, "tier", text)

    def _highest(self, interaction: Interaction, name: str, text: str) -> list[Choice[str]]:
        here = self._catalogue.at(interaction.guild_id)
        found = [(EN.quality(each) or each, each) for each in highest_choices(name, here.models)]
        return offered([(EN.choose_no_highest, OPEN), *found], text)

    @app_commands.command(description=told("limit.videos"))
    @app_commands.describe(role=told("limit.videos.role"), allowed=told("limit.videos.allowed"))
    async def videos(
        self,
        interaction: Interaction,
        role: discord.Role | None = None,
        allowed: bool = True,  # noqa: FBT001, FBT002  an option of the command
    ) -> None:
        await self._listed(interaction, Area.MAKING, "video_roles", role, is_listed=allowed)

    @app_commands.command(description=told("limit.channel"))
    @app_commands.describe(channel=told("limit.channel.channel"), allowed=told("limit.channel.allowed"))
    async def channel(
        self,
        interaction: Interaction,
        channel: app_commands.Transform[Channel, AnyChannel] | None = None,
        allowed: bool = True,  # noqa: FBT001, FBT002  an option of the command
    ) -> None:
        await self._listed(interaction, Area.PLACES, "channels", channel, is_listed=allowed)

    async def _listed(
        self, interaction: Interaction, area: Area, name: str, each: discord.Role | Channel | None, *, is_listed: bool
    ) -> None:
        if each is None:
            await self._show(interaction, area)
            return
        guild_id, user_id = guild_of(interaction), interaction.user.id
        setting = self._moderation.set_listed(guild_id, user_id, name, each.id, is_listed=is_listed)
        await self._changed(interaction, area, setting)

    @app_commands.command(description=told("limit.role"))
    @app_commands.describe(role=told("limit.role.role"), rule=told("limit.role.rule"))
    @app_commands.choices(rule=[Choice(name=locale_str(EN.role_rules[each]), value=each.value) for each in RoleRule])
    async def role(self, interaction: Interaction, role: discord.Role, rule: str) -> None:
        setting = self._moderation.set_role(guild_of(interaction), interaction.user.id, role.id, RoleRule(rule))
        await self._changed(interaction, Area.PLACES, setting)

    @app_commands.command(description=told("limit.block"))
    @app_commands.describe(
        member=told("limit.block.member"), until=told("limit.block.until"), reason=told("limit.block.reason")
    )
    async def block(
        self, interaction: Interaction, member: discord.User | discord.Member, until: str = "", reason: str = ""
    ) -> None:
        blocking = self._moderation.block(guild_of(interaction), interaction.user.id, member.id, until, reason)
        await self._changed(interaction, Area.PLACES, blocking)

    @app_commands.command(description=told("limit.unblock"))
    @app_commands.describe(member=told("limit.unblock.member"))
    async def unblock(self, interaction: Interaction, member: discord.User | discord.Member) -> None:
        lifting = self._moderation.unblock(guild_of(interaction), interaction.user.id, member.id)
        await self._changed(interaction, Area.PLACES, lifting)

    @app_commands.command(description=told("limit.words"))
    @app_commands.describe(add=told("limit.words.add"), remove=told("limit.words.remove"))
    async def words(self, interaction: Interaction, add: str | None = None, remove: str | None = None) -> None:
        guild_id, user_id = guild_of(interaction), interaction.user.id
        if add is None and remove is None:
            await self._show(interaction, Area.WORDS)
            return
        if add is not None:
            await self._changed(interaction, Area.WORDS, self._moderation.add_words(guild_id, user_id, add))
        if remove is not None:
            dropping = self._moderation.drop_words(guild_id, user_id, [remove])
            await self._changed(interaction, Area.WORDS, dropping)

    @words.autocomplete("remove")
    async def complete_word(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        view = await self._moderation.view(guild_of(interaction), interaction.user.id)
        return offered(((word, word) for word in view.chosen.blocked_words), text)

    @app_commands.command(description=told("limit.test"))
    @app_commands.describe(text=told("limit.test.text"))
    async def test(self, interaction: Interaction, text: str) -> None:
        met = await self._moderation.test_words(guild_of(interaction), text)
        await self._show(interaction, Area.WORDS, (tried(text, met),))
