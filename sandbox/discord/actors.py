"""Members: what a person can do in the Discord client, done by a test."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, UserHandle
from simcord.components import walk_components
from simcord.enums import ComponentType
from simcord.results import InteractionResult, ResponseMessage

from sandbox.discord.records import File, Message, SentInteraction

if TYPE_CHECKING:
    from simcord.backend.models import User
    from simcord.builders import GuildHandle

    from sandbox.discord.world import World


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

    async def context_menu(self, channel: ChannelHandle, command: str, target: Message | Member) -> SentInteraction:
        """Use a command of a message's or a member's menu."""
        on = target.actor if isinstance(target, Member) else self._handle(target)
        return await self._act(self.actor.context_menu(channel, command, on))

    async def click(self, message: Message, button: str) -> SentInteraction:
        """Press a button, named by its label or its custom_id, on the message as it stands now."""
        now = self._now(message)
        return await self._act(self._on(now).click(self._handle(now), custom_id=now.button(button).custom_id))

    async def select(self, message: Message, custom_id: str, values: Sequence[str]) -> SentInteraction:
        """Choose in a string select menu."""
        return await self._act(self._on(message).select(self._handle(message), list(values), custom_id=custom_id))

    async def submit_modal(self, shown: SentInteraction, values: Mapping[str, Any]) -> SentInteraction:
        """Fill in the modal that was the answer to `shown`; fields are named by label or custom_id.

        Values: str, bool, a list of str for selects and groups, a File or a list of them for uploads.
        """
        names = _modal_names(shown.modal or {})
        filled = {names.get(name, name): _plain(value) for name, value in values.items()}
        actor = self._user if shown.interaction.guild_id is None else self.actor
        return await self._act(actor.submit_modal(InteractionResult(self._world.env, shown.interaction), filled))

    def say(self, channel: ChannelHandle, text: str, files: Sequence[File] = ()) -> Message:
        """Write a message."""
        backend = self._world.backend
        uploads = backend.store_attachments(channel.id, [(file.filename, file.data) for file in files])
        stored = backend.create_message(channel.id, self.id, text, attachments=uploads)
        return self._now(stored.id)

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


def _modal_names(modal: Mapping[str, Any]) -> dict[str, str]:
    """Labels of a modal's fields to their custom_ids."""
    labels = [part for part in walk_components(modal.get("components", [])) if part.get("type") == ComponentType.LABEL]
    return {part["label"]: part["component"]["custom_id"] for part in labels}
