"""A bot with selects of every kind and commands for who may manage the server, for the tests of the sandbox."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands, ui

from tests.support.discord_bot import SmallBot


class ManagerBot(SmallBot):
    """Posts selects of every kind; keeps the data of what is chosen; has a group for who may manage the server."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[dict[str, Any]] = []
        self.defaults: list[discord.Object] = []

    async def setup_hook(self) -> None:
        manager = discord.Permissions(manage_guild=True)
        limit = app_commands.Group(name="limit", description="Limits", default_permissions=manager)
        limit.add_command(app_commands.Command(name="server", description="Of all", callback=self._note))
        inner = app_commands.Group(name="role", description="Of roles", parent=limit)
        inner.add_command(app_commands.Command(name="set", description="Of one", callback=self._of_role))
        self.tree.add_command(limit)
        self.tree.add_command(app_commands.Command(name="panel", description="All selects", callback=self._panel))
        await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            self.seen.append(interaction)
            self.chosen.append(dict(interaction.data or {}))
            await interaction.response.defer()

    async def _note(self, interaction: discord.Interaction, most: int) -> None:
        self.seen.append(interaction)
        await interaction.response.send_message(f"{most}", ephemeral=True)

    async def _of_role(self, interaction: discord.Interaction, role: discord.Role) -> None:
        await interaction.response.send_message(f"{role.name}", ephemeral=True)

    async def _panel(self, interaction: discord.Interaction) -> None:
        self.seen.append(interaction)
        text = [discord.ChannelType.text]
        selects: list[ui.Item[Any]] = [
            ui.RoleSelect(placeholder="Roles", custom_id="r", min_values=0, max_values=3, default_values=self.defaults),
            ui.ChannelSelect(placeholder="Channels", custom_id="c", max_values=2, channel_types=text),
            ui.UserSelect(placeholder="Members", custom_id="u", max_values=2),
            ui.MentionableSelect(placeholder="Anybody", custom_id="m", max_values=2),
        ]
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.Container(*(ui.ActionRow(select) for select in selects)))
        view.stop()
        await interaction.response.send_message(view=view, ephemeral=True)
