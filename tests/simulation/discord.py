"""Discord as plain data: interactions with their tokens, the messages that stand, and what is wrong with it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.errors import ChannelClosed, MessageGone, ShowRefused, SurfaceDown, TokenDead
from bot.ports import CarriedReference, Shown
from bot.ui.messages import Message

NONCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class DiscordFaults:
    """Shares from 0 to 1, of requests or of messages."""

    token_seconds: float = 900.0
    down: float = 0.0
    """Requests that fail and change nothing."""
    answer_lost: float = 0.0
    """Requests that are carried out and fail."""
    uneditable: float = 0.0
    """Messages that cannot be edited by their ids (30046)."""
    closed_channels: frozenset[int] = frozenset()
    """Channels that are out of reach but by a token."""


@dataclass(slots=True)
class Standing:
    """A message of ours."""

    channel_id: int
    message_id: int
    message: Message
    nonce: str | None = None
    stands_since: float = 0.0


@dataclass(frozen=True, slots=True)
class Ping:
    """A short reply that pinged somebody."""

    nonce: str
    user_id: int
    at: float


@dataclass(slots=True)
class DiscordState:
    """Copied whole at every crash point."""

    faults: DiscordFaults = field(default_factory=DiscordFaults)
    standing: dict[int, Standing] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    tokens: dict[str, float] = field(default_factory=dict)
    """Token → when its interaction began."""
    answers: dict[str, int] = field(default_factory=dict)
    """Token → the message that answered it."""
    pings: list[Ping] = field(default_factory=list)
    next_id: int = 1

    def answer(self, token: str, channel_id: int, message: Message) -> int:
        """The first answer to an interaction, a moment after it."""
        self.answers[token] = self._stand(channel_id, message, None, self.tokens[token]).message_id
        return self.answers[token]

    def post(self, channel_id: int, message: Message, nonce: str, now: float) -> Standing:
        """A new message, or the one that was posted with that nonce a short while ago."""
        for standing in self.standing.values():
            is_young = now - standing.stands_since < NONCE_SECONDS
            if standing.nonce == nonce and standing.channel_id == channel_id and is_young:
                return standing
        return self._stand(channel_id, message, nonce, now)

    def _stand(self, channel_id: int, message: Message, nonce: str | None, now: float) -> Standing:
        standing = Standing(channel_id, self.next_id, message, nonce, now)
        self.standing[self.next_id] = standing
        self.next_id += 1
        return standing

    def delete(self, message_id: int) -> None:
        del self.standing[message_id]
        self.deleted.add(message_id)

    def is_uneditable(self, message_id: int) -> bool:
        return random.Random(message_id).random() < self.faults.uneditable


class SimulatedDiscord:
    """`bot.ports.Surface` over the state. `effect` is told of every change."""

    def __init__(self, state: DiscordState, clock: Clock, dice: random.Random, effect: Callable[[str], None]) -> None:
        self._state = state
        self._clock = clock
        self._dice = dice
        self._effect = effect

    async def edit_by_token(self, token: str, message: Message) -> Shown:
        await self._arrive()
        self._check(token)
        message_id = self._state.answers.get(token)
        if message_id is None:
            raise TokenDead(10015)
        return await self._edit(message_id, message)

    async def edit_by_ids(self, channel_id: int, message_id: int, message: Message) -> Shown:
        await self._arrive()
        self._enter(channel_id)
        if self._state.is_uneditable(message_id) and message_id in self._state.standing:
            raise ShowRefused(30046)
        return await self._edit(message_id, message)

    async def post(self, channel_id: int, message: Message, nonce: str) -> Shown:
        await self._arrive()
        self._enter(channel_id)
        standing = self._state.post(channel_id, message, nonce, self._clock.now())
        self._effect("posted")
        await self._return()
        return Shown(channel_id, standing.message_id)

    async def post_directly(self, user_id: int, message: Message, nonce: str) -> Shown:
        return await self.post(-user_id, message, nonce)

    async def ping(self, channel_id: int, message_id: int, user_id: int, text: str, nonce: str) -> None:
        await self._arrive()
        self._enter(channel_id)
        now = self._clock.now()
        young = [p for p in self._state.pings if p.nonce == nonce and now - p.at < NONCE_SECONDS]
        if not young:
            self._state.pings.append(Ping(nonce, user_id, now))
            self._effect("pinged")
        await self._return()

    async def find_answer(self, token: str) -> Shown | None:
        await self._arrive()
        self._check(token)
        return self._find(self._state.answers.get(token))

    async def find_message(self, channel_id: int, message_id: int) -> Shown | None:
        await self._arrive()
        self._enter(channel_id)
        return self._find(message_id)

    async def find_post(self, channel_id: int, job_id: int, since: float, besides: int | None = None) -> Shown | None:
        await self._arrive()
        self._enter(channel_id)
        for standing in self._state.standing.values():
            buttons = [button for row in standing.message.rows for button in row]
            is_elsewhere = standing.channel_id != channel_id or standing.message_id == besides
            if not is_elsewhere and standing.stands_since > since - 60 and any(b.job_id == job_id for b in buttons):
                return Shown(channel_id, standing.message_id)
        return None

    async def find_direct_post(self, user_id: int, job_id: int, since: float) -> Shown | None:
        return await self.find_post(-user_id, job_id, since)

    def _check(self, token: str) -> None:
        if self._clock.now() >= self._state.tokens[token] + self._state.faults.token_seconds:
            raise TokenDead(50027)

    def _enter(self, channel_id: int) -> None:
        if channel_id in self._state.faults.closed_channels:
            raise ChannelClosed(50001)

    def _find(self, message_id: int | None) -> Shown | None:
        standing = None if message_id is None else self._state.standing.get(message_id)
        if standing is None:
            return None
        buttons = [button for row in standing.message.rows for button in row]
        actions, job_id = frozenset(button.action for button in buttons), next((b.job_id for b in buttons), None)
        files = tuple(
            CarriedReference(number, file.filename, "https://cdn.test/file")
            for number, file in enumerate(standing.message.attachments)
        )
        return Shown(standing.channel_id, standing.message_id, files, actions, job_id)

    async def _edit(self, message_id: int, message: Message) -> Shown:
        standing = self._state.standing.get(message_id)
        if standing is None:
            raise MessageGone(10008)
        standing.message = message
        self._effect("edited")
        await self._return()
        return Shown(standing.channel_id, message_id)

    async def _arrive(self) -> None:
        await asyncio.sleep(self._dice.uniform(0.02, 0.1))
        if self._dice.random() < self._state.faults.down:
            raise SurfaceDown(0, "503")

    async def _return(self) -> None:
        await asyncio.sleep(self._dice.uniform(0.02, 0.1))
        if self._dice.random() < self._state.faults.answer_lost:
            raise SurfaceDown(0, "reset")
