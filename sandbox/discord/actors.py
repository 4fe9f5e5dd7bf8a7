"""Members: what a person can do in the Discord client, done by a test."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from simcord.actors import MemberActor, _dispatch_actor_interaction, _resolve_visible_command, _visible_message
from simcord.backend import serializers
from simcord.builders import ChannelHandle, UserHandle
from simcord.enums import AppCommandType, ComponentType, InteractionType
from simcord.results import InteractionResult, ResponseMessage

from sandbox.discord.entities import entity
from sandbox.discord.forms import Form, Menu
from sandbox.discord.records import File, Message, SentInteraction

if TYPE_CHECKING:
    from simcord.backend.models import User
    from simcord.builders import GuildHandle

    from sandbox.discord.guild import Channel, Role
    from sandbox.discord.world import World

Choosable: TypeAlias = "str | int | Role | Channel | Member"


class Member:
    """A person in a guild, and in direct messages with the bot.

    Each action returns when the bot has answered, or after 3 s: see `SentInteraction.outcome`. What a person could not
    do (press a disabled button, use a command that was not synced) raises simcord's SetupError or LookupError.
    """

    def __init__(self, world: World, guild: GuildHandle, user: User) -> None:
        self._world = world
        self._user = UserHandle(world.env, user)
        self.actor = MemberActor(world.env, guild, self._user)

    @property
    def id(self) -> int:
        return self._user.id

    @property
    def name(self) -> str:
        return self._user.name

    @property
    def mention(self) -> str:
        return self._user.mention

    @property
    def dm(self) -> ChannelHandle:
        """The direct messages with the bot."""
        return self._user.dm_channel

    async def slash(self, channel: ChannelHandle, command: str, /, **options: Any) -> SentInteraction:
        """Send a slash command; a subcommand is named with its parents (`"guild model"`), a file is a `File`."""
        values = {name: _plain(value) for name, value in options.items()}
        if channel.guild is None:
            return await self._act(self._user.slash(command, **values))
        return await self._act(self.actor.slash(channel, command, **values))

    async def autocomplete(
        self, channel: ChannelHandle, command: str, option: str, text: str, /, **filled: Any
    ) -> SentInteraction:
        """Type into an option; what was offered is in `.choices`."""
        if channel.guild is None:
            return await self._act(self._user.autocomplete(command, option, text, **filled))
        return await self._act(self.actor.autocomplete(channel, command, option, text, **filled))

    async def use_menu(self, command: str, message: Message) -> SentInteraction:
        """Use a command of a message's menu (Apps), in a channel or in direct messages."""
        return await self._act(self._use_menu(command, self._handle(message)))

    async def click(self, message: Message, button: str) -> SentInteraction:
        """Press a button, named by its label or its custom_id, on the message as it stands now."""
        now = self._now(message)
        return await self._act(self._on(now).click(self._handle(now), custom_id=now.button(button).custom_id))

    async def choose(self, message: Message, menu: str, values: Choosable | Sequence[Choosable]) -> SentInteraction:
        """Choose in a select, named by its placeholder or custom_id: all that shall be chosen, or nothing, `()`.

        Options are named by label or value. Roles, channels and members are given as such, by id or by name.
        """
        now = self._now(message)
        found = now.menu(menu)
        chosen = [self._choice(found, value) for value in (values if isinstance(values, list | tuple) else [values])]
        return await self._act(self._on(now).select(self._handle(now), chosen, custom_id=found.custom_id))

    def _choice(self, menu: Menu, value: Any) -> Any:
        if menu.kind is ComponentType.STRING_SELECT:
            return menu.value(value)
        return entity(self._world.env, self.actor, menu, value)

    async def submit(self, form: Form, values: Mapping[str, Any] | None = None) -> SentInteraction:
        """Send a form that was opened for this member; fields are named by label or custom_id.

        Values: str, bool, one str or a list of them for selects and groups (labels or values), a File or a list of
        them for uploads. Fields that are not named go as they were, prefilled or empty.
        """
        filled = {name: _plain(value) for name, value in form.filled(values or {}).items()}
        actor = self._user if form.interaction.guild_id is None else self.actor
        return await self._act(actor.submit_modal(InteractionResult(self._world.env, form.interaction), filled))

    def say(
        self,
        channel: ChannelHandle,
        text: str,
        files: Sequence[File] = (),
        *,
        embeds: Sequence[Mapping[str, Any]] = (),
    ) -> Message:
        """Write a message; `embeds` are what Discord has made of its links."""
        backend = self._world.backend
        uploads = backend.store_attachments(channel.id, [(file.filename, file.data) for file in files])
        stored = backend.create_message(channel.id, self.id, text, attachments=uploads, embeds=list(map(dict, embeds)))
        return self._now(stored.id)

    async def _use_menu(self, command: str, target: ResponseMessage) -> None:
        there = self._world.backend.get_channel(target.channel_id)
        if there.guild_id is not None:
            await self.actor.context_menu(ChannelHandle(self._world.env, self.actor.guild, there), command, target)
            return
        # SimCord's people have no menus in direct messages; this is what its members' menus do.
        stored = _visible_message(self._user, target)
        channel = self._user.dm_channel
        root = _resolve_visible_command(self._user, channel.id, command, AppCommandType.MESSAGE)
        payload = dict(serializers.message_payload(self._world.backend, stored))
        data = {
            "id": root["id"],
            "name": root["name"],
            "type": AppCommandType.MESSAGE,
            "target_id": str(target.id),
            "resolved": {"messages": {str(target.id): payload}},
        }
        await _dispatch_actor_interaction(self._user, InteractionType.APPLICATION_COMMAND, channel, data)

    async def _act(self, action: Awaitable[object]) -> SentInteraction:
        await action
        return self._world.last_sent()

    def _on(self, message: Message) -> MemberActor | UserHandle:
        is_dm = self._world.backend.get_channel(message.channel_id).guild_id is None
        return self._user if is_dm else self.actor

    def _now(self, message: Message | int) -> Message:
        now = self._world.message(message)
        if now is None:
            raise LookupError("that message was deleted")
        return now

    def _handle(self, message: Message) -> ResponseMessage:
        return ResponseMessage(self._world.env, self._world.backend.get_message(message.channel_id, message.id))


def _plain(value: Any) -> Any:
    """SimCord takes files as (name, bytes)."""
    match value:
        case File(filename, data):
            return filename, data
        case list() | tuple():
            return [_plain(item) for item in value]
    return value
