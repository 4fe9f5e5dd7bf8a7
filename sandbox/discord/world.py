"""The world: guilds, channels and people on SimCord's rules, real time, and a record of what happened."""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import discord
from simcord._clock import Clock
from simcord.backend import Backend
from simcord.backend.errors import BackendError
from simcord.backend.models import Overwrite
from simcord.builders import GuildHandle
from simcord.enums import OverwriteType
from simcord.env import Env

from sandbox.discord.actors import Member
from sandbox.discord.cdn import SignedCdn
from sandbox.discord.guild import Channel, Guild, with_ages
from sandbox.discord.records import Message, Outcome, RecordedRequest, SentInteraction, read_message

if TYPE_CHECKING:
    from simcord.backend.models import Interaction

T = TypeVar("T")

MEBIBYTE = 1024 * 1024

_log = logging.getLogger(__name__)
_sent_here: ContextVar[SentInteraction | None] = ContextVar("sandbox_discord_sent", default=None)


class WorldClock(Clock):
    """Real UTC time, and ahead of it by what was skipped: `advance` ages tokens and links without sleeping."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._wall = wall

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp(), tz=UTC)

    def timestamp(self) -> float:
        """Epoch seconds."""
        return self._wall() + self.elapsed


class Changes:
    """Wakes all who wait for the world to change."""

    def __init__(self) -> None:
        self.count = 0
        self._event = asyncio.Event()

    def announce(self, *_: object) -> None:
        self.count += 1
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def next(self, timeout_seconds: float) -> None:
        """Return at the next change, or when the time is over."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._event.wait()
        except TimeoutError:
            pass


class SandboxBackend(Backend):
    """SimCord's backend with interaction tokens that look like Discord's, and cannot be guessed."""

    def new_interaction(self, type: int, channel_id: int, user_id: int, guild_id: int | None) -> Interaction:  # noqa: A002 - the overridden signature
        interaction = super().new_interaction(type, channel_id, user_id, guild_id)
        del self.interaction_tokens[interaction.token]
        secret = f"interaction:{interaction.id}:{secrets.token_hex(40)}"
        interaction.token = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
        self.interaction_tokens[interaction.token] = interaction.id
        return interaction


class RemoteEnv(Env):
    """SimCord's environment with no bot inside it: the bot is at the other end of a socket.

    So nothing of the running loop is replaced, actions of several members may overlap, and "settled" means that the
    interaction just sent has been answered.
    """

    def __init__(self, backend: Backend, on_sent: Callable[[Interaction], None], settled: Callable[[], Any]) -> None:
        super().__init__(discord.Client(intents=discord.Intents(guilds=True)))
        self.backend = backend
        self._on_sent = on_sent
        self._settled = settled
        self._loop = asyncio.get_running_loop()
        self._generation = 1
        self._started = True

    def _begin_operation(self, label: str) -> None:
        """Let operations overlap."""

    def _end_operation(self) -> None:
        """Let operations overlap."""

    def _mark_mutation(self) -> None:
        if self._preview is not None:
            self._preview._mark_action_dispatched()  # noqa: SLF001 - what the overridden method does, less its guard

    def _notify_dispatch_observers(self, interaction: Interaction) -> None:
        super()._notify_dispatch_observers(interaction)
        self._on_sent(interaction)

    async def _settle_internal(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 - the overridden signature
        idle: float = 0.05,  # noqa: ARG002 - the overridden signature
        dispatch: str | None = None,  # noqa: ARG002 - the overridden signature
        _deadline: float | None = None,
    ) -> None:
        await self._settled()

    async def shutdown(self) -> None:
        await self._run_pre_shutdown()
        self._started = False


class World:
    """Everything there is, without the network."""

    def __init__(self, base_url: str, clock: WorldClock | None = None) -> None:
        self.clock = clock or WorldClock()
        self.changes = Changes()
        self.backend = SandboxBackend(clock=self.clock)
        self.backend.bot_user.name = "Easel"
        self.cdn = SignedCdn(base_url, self.clock)
        self.backend.cdn = self.cdn
        self.backend.subscribers.append(self.changes.announce)
        self.env = RemoteEnv(self.backend, self._on_sent, self._settled)
        self.interactions: list[SentInteraction] = []
        self.requests: list[RecordedRequest] = []
        self.own_faults: list[Exception] = []
        self.installed_for: set[int] = set()
        """Ids of the users who have added the bot for themselves."""
        self.age_restricted: set[int] = set()
        """Ids of channels."""
        self.attachment_size_limit_bytes = 10 * MEBIBYTE
        self.owner_id = self.user_id("operator")

    # who and where

    @property
    def bot_id(self) -> int:
        return self.backend.bot_user.id

    @property
    def application_id(self) -> int:
        return self.backend.application_id

    def create_guild(self, name: str, channels: tuple[str, ...] = ("general",)) -> Guild:
        guild = Guild(self, self.env.create_guild(name))
        for channel in channels:
            guild.create_channel(channel)
        return guild

    def guild(self, name: str) -> Guild:
        for stored in self.backend.guilds.values():
            if stored.name == name:
                return Guild(self, GuildHandle(self.env, stored))
        raise LookupError(f"no guild {name!r}")

    def user_id(self, name: str) -> int:
        """The id of the user of that name, who is made if there is none yet."""
        known = (user for user in self.backend.users.values() if user.name == name)
        return (next(known, None) or self.backend.make_user(name)).id

    def member_of(self, guild: GuildHandle, user_id: int) -> Member:
        user = self.backend.get_user(user_id)
        return Member(self, guild, user)

    def commands(self) -> list[dict[str, Any]]:
        """The commands that the bot has synced, of all scopes."""
        return [command for scope in self.backend.commands.values() for command in scope.values()]

    def outgoing(self, payload: Any) -> Any:
        """A JSON value as Discord sends it: with links signed, and channels flagged."""
        return with_ages(self.cdn.signed(payload), self.age_restricted)

    # what stands where

    def messages(self, channel: Channel, viewer: Member | None = None) -> list[Message]:
        """Oldest first; all of them, ephemeral ones too, or what one member sees."""
        stored = sorted(self.backend.messages.get(channel.id, {}).values(), key=lambda message: message.id)
        seen = (message for message in stored if viewer is None or message.visible_to(viewer.id))
        return [read_message(self.cdn, message) for message in seen]

    def message(self, message: Message | int) -> Message | None:
        """The message as it stands now; None where it was deleted."""
        message_id = message if isinstance(message, int) else message.id
        channels = (channel_id for channel_id, there in self.backend.messages.items() if message_id in there)
        return next((self._read(channel_id, message_id) for channel_id in channels), None)

    def _read(self, channel_id: int, message_id: int) -> Message | None:
        try:
            stored = self.backend.get_message(channel_id, message_id)
        except BackendError:
            return None
        return read_message(self.cdn, stored)

    async def wait_for(self, predicate: Callable[[], T], seconds: float = 5.0, *, what: str = "the world") -> T:
        """Wait until the predicate gives something true, and return that. It is asked again at each change.

        Raise TimeoutError with `what` when the (real) time is over.
        """
        deadline = time.monotonic() + seconds
        while not (found := predicate()):
            remaining_seconds = deadline - time.monotonic()
            if remaining_seconds <= 0:
                raise TimeoutError(f"waited {seconds:g} s for {what}")
            await self.changes.next(remaining_seconds)
        return found

    # interactions

    def _on_sent(self, interaction: Interaction) -> None:
        sent = SentInteraction(
            interaction,
            sent_at=self.clock.timestamp(),
            expired=partial(self._expired, interaction),
            read=self._read,
        )
        self.interactions.append(sent)
        _sent_here.set(sent)

    def _expired(self, interaction: Interaction) -> bool:
        return self.backend.now_iso() >= (interaction.initial_response_deadline or "")

    async def _settled(self) -> None:
        sent = _sent_here.get()
        while sent is not None and sent.outcome is Outcome.PENDING:
            answer_by = datetime.fromisoformat(sent.interaction.initial_response_deadline or "")
            await self.changes.next(max(0.001, answer_by.timestamp() - self.clock.timestamp()))

    def last_sent(self) -> SentInteraction:
        """The interaction that the current task sent last."""
        sent = _sent_here.get()
        assert sent is not None  # asked for right after an action, which has sent one
        return sent

    def acknowledge(self, interaction_id: int) -> None:
        for sent in reversed(self.interactions):
            if sent.id == interaction_id:
                sent.acknowledged_at = self.clock.timestamp()
                return

    # what may happen to a bot

    def install_for(self, member: Member) -> None:
        """Let a member add the bot for themselves: their interactions reach it also where it is not in the guild."""
        self.installed_for.add(member.id)

    def advance(self, seconds: float) -> None:
        """Skip time: tokens, links and open interactions age."""
        self.clock.advance(seconds)
        self.changes.announce()

    def delete_message(self, message: Message) -> None:
        self.backend.delete_message(message.channel_id, message.id)
        self.changes.announce()

    def delete_channel(self, channel: Channel) -> None:
        self.backend.delete_channel(channel.id)

    def restrict_by_age(self, channel: Channel, *, is_restricted: bool = True) -> None:
        """Make a channel age-restricted (`nsfw`), or open it again."""
        (self.age_restricted.add if is_restricted else self.age_restricted.discard)(channel.id)
        self.backend.announce_channel_update(channel.id)

    def deny_bot(self, channel: Channel, *permissions: str) -> None:
        """Take permissions away from the bot in a channel, as `"attach_files"`; none given: give all back."""
        denied = discord.Permissions(**dict.fromkeys(permissions, True)).value
        self.backend.set_overwrite(channel.id, Overwrite(self.bot_id, OverwriteType.MEMBER, deny=denied))

    def remove_bot(self, guild: Guild) -> None:
        """Kick the bot. Its messages stay."""
        self.backend.remove_member(guild.id, self.bot_id)
        self.backend.emit("GUILD_DELETE", {"id": str(guild.id)})

    def own_fault(self, error: Exception) -> None:
        """Record a fault of this sandbox, so that it is never taken for the bot's."""
        _log.error("sandbox fault: %r", error, exc_info=error)
        self.own_faults.append(error)
