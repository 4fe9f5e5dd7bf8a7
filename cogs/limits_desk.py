"""What the panel of limits and its commands share: who may, what a page shows, and word to whoever is overridden."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import discord
from discord import app_commands

from bot.chat.answering import redraw, say
from bot.domain.limits import Change
from bot.domain.problems import Problem, ProblemCode
from bot.domain.views import LimitsView
from bot.errors import Refused, SurfaceError
from bot.ports import Changed
from bot.services.keys import Keyring
from bot.services.moderation import CHANGES_SHOWN, Moderation, Outcome
from bot.ui.areas import Area
from bot.ui.limits import changed, draw_limits, replaced_notice
from bot.ui.limits_panel import Known, Panel, Place
from bot.ui.messages import Button, Message
from cogs.common import TOKEN_SECONDS, Interaction, origin_of

log = logging.getLogger(__name__)

K = TypeVar("K")
V = TypeVar("V")
C = TypeVar("C")

LATEST_KEPT = 1000
"""Settings of which it is known who changed them last."""


class Latest:
    """Who has changed which setting last, as long as there is a way to tell them something."""

    def __init__(self) -> None:
        self._interactions: OrderedDict[tuple[int, str], Interaction] = OrderedDict()

    def note(self, interaction: Interaction, changed: Changed) -> Mapping[Interaction, Sequence[Change]]:
        """Note a change; whoever is to be told of it, and what."""
        guild_id = guild_of(interaction)
        new = {change.name: change for change in changed.changes}
        told: dict[Interaction, list[Change]] = {}
        for before in changed.overridden:
            theirs = self._interactions.get((guild_id, before.name))
            if theirs is not None and theirs.user.id == before.user_id and not theirs.is_expired():
                told.setdefault(theirs, []).append(new[before.name])
        for name in new:
            keep_latest(self._interactions, (guild_id, name), interaction, LATEST_KEPT)
        return told


def keep_latest(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """The latest of so many."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


class Desk:
    """Draws the panel for whoever asks, and tells moderators of each other."""

    def __init__(self, moderation: Moderation, keyring: Keyring) -> None:
        self._moderation = moderation
        self._keyring = keyring
        self._latest = Latest()

    async def page(
        self,
        interaction: Interaction,
        place: Place,
        *,
        said: Sequence[str] = (),
        problems: Sequence[object] = (),
        again: Button | None = None,
    ) -> Message:
        """Raises StoreDown and Refused."""
        found = tuple(each for each in problems if isinstance(each, Problem))
        panel = await self.panel(interaction, place)
        return draw_limits(replace(panel, said=tuple(said), problems=found, again=again))

    async def outcome(self, interaction: Interaction, outcome: Outcome, place: Place) -> Message:
        """The page after a change. Raises StoreDown and Refused."""
        panel = await self.panel(interaction, place, outcome.view)
        said = changed(panel, outcome.changed.changes, outcome.changed.overridden)
        return draw_limits(replace(panel, said=said))

    async def panel(self, interaction: Interaction, place: Place, view: LimitsView | None = None) -> Panel:
        """What a page needs. Raises StoreDown and Refused."""
        guild_id = guild_of(interaction)
        view = view or await self._moderation.view(guild_id, interaction.user.id)
        shows = {each: place.area in {each, Area.OVERVIEW} for each in (Area.KEY, Area.FLOW, Area.CHANGES)}
        changes = await self._moderation.changes(guild_id, place.before) if shows[Area.CHANGES] else ()
        return Panel(
            view,
            interaction.user.id,
            origin_of(interaction, is_private=True).role_ids,
            known_of(interaction),
            place,
            keys=await self._keyring.shown(guild_id) if shows[Area.KEY] else (),
            providers=self._keyring.providers_for(guild_id),
            jobs=await self._moderation.queue(guild_id) if shows[Area.FLOW] else (),
            changes=changes,
            has_older=len(changes) == CHANGES_SHOWN,
            log_lacks=lacks_in(interaction, view.held.log_channel),
        )

    # ---- changed on the panel

    async def change(
        self,
        interaction: Interaction,
        place: Place,
        changing: Awaitable[Outcome],
        again: Callable[[], Button] | None = None,
    ) -> None:
        """Redraw the page, changed or not: its controls show what holds. `again`: the way back to a refused form."""
        try:
            outcome = await changing
        except Refused as refused:
            way = None if again is None else again()
            await redraw(interaction, await self.page(interaction, place, problems=refused.problems, again=way))
            return
        await redraw(interaction, await self.outcome(interaction, outcome, place))
        await self.tell_others(interaction, outcome)

    # ---- two moderators at once

    async def tell_others(self, interaction: Interaction, outcome: Outcome) -> None:
        """Whoever had set a moment ago what is changed now hears of it, if there is still a way. Raises nothing."""
        told = self._latest.note(interaction, outcome.changed)
        if not told:
            return
        # Of all pages this one needs no more than the view.
        panel = await self.panel(interaction, Place(Area.BUDGETS), outcome.view)
        for theirs, changes in told.items():
            await self._tell(theirs, panel, changes)

    async def _tell(self, theirs: Interaction, panel: Panel, changes: Sequence[Change]) -> None:
        try:
            await say(theirs, replaced_notice(panel, changes))
        except SurfaceError as error:
            log.info("a moderator could not be told that a limit was changed by another one: %s", error)


# ---------------------------------------------------------------- who may, and where


def for_moderators(command: C) -> C:
    """A command, or a group of them, for whoever manages the server, unless its own settings say otherwise.

    Not for those who brought Easel along themselves: Discord does not ask for their permissions.
    """
    app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)(command)
    app_commands.allowed_installs(guilds=True, users=False)(command)
    app_commands.default_permissions(manage_guild=True)(command)
    return command


def guild_of(interaction: Interaction) -> int:
    """The panel and its commands are there in guilds alone."""
    assert interaction.guild_id is not None
    return interaction.guild_id


def let_in(interaction: Interaction, opened_at: float | None = None) -> None:
    """Refuse what was opened long ago by somebody who has no right to manage the server any more.

    Whoever has none can have been let in by the server's own settings of the command, which only Discord knows and
    looks at when it is used. `opened_at` (epoch seconds): where no message tells. Raises Refused.
    """
    if interaction.permissions.administrator or interaction.permissions.manage_guild:
        return
    if interaction.message is not None:
        opened_at = interaction.message.created_at.timestamp()
    if opened_at is None or interaction.created_at.timestamp() - opened_at > TOKEN_SECONDS:
        raise Refused((Problem(ProblemCode.PANEL_TOO_OLD),))


# ---------------------------------------------------------------- what the guild has


def known_of(interaction: Interaction) -> Known:
    """What Discord has told of the guild; nothing while it is not available."""
    guild = interaction.guild
    if guild is None or guild.unavailable:
        return Known()
    channels = {channel.id for channel in guild.channels} | {thread.id for thread in guild.threads}
    return Known({role.id: role.name for role in guild.roles}, channels)


def lacks_in(interaction: Interaction, channel_id: int | None) -> tuple[str, ...]:
    """The permissions that Easel would need in a channel to write there, and lacks."""
    guild = interaction.guild
    channel = None if guild is None or channel_id is None else guild.get_channel_or_thread(channel_id)
    if guild is None or channel is None or guild.me is None:
        return ()
    has = channel.permissions_for(guild.me)
    sending = "send_messages_in_threads" if isinstance(channel, discord.Thread) else "send_messages"
    return tuple(name for name in ("view_channel", sending) if not getattr(has, name))


def log_channel(interaction: Interaction, channel_id: int | None) -> int | None:
    """A channel for the log, if messages can stand there. Raises Refused."""
    guild = interaction.guild
    channel = None if guild is None or channel_id is None else guild.get_channel_or_thread(channel_id)
    if channel is not None and not isinstance(channel, discord.abc.Messageable):
        raise Refused((Problem(ProblemCode.LOG_CHANNEL_UNFIT, allowed=(str(channel_id),)),))
    return channel_id
