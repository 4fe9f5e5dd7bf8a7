"""Discord as plain data: interactions with their tokens, and the messages that stand."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.errors import MessageGone, TokenDead
from bot.ports import Shown
from bot.ui.messages import Message

TOKEN_SECONDS = 900.0


@dataclass(slots=True)
class Standing:
    """A message of ours."""

    channel_id: int
    message_id: int
    message: Message
    token: str | None
    nonce: str | None = None


@dataclass(slots=True)
class DiscordState:
    """Copied whole at every crash point."""

    standing: dict[int, Standing] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    tokens: dict[str, float] = field(default_factory=dict)
    """Token → when its interaction began."""
    answers: dict[str, int] = field(default_factory=dict)
    """Token → the message that answered it."""
    next_id: int = 1

    def answer(self, token: str, channel_id: int, message: Message) -> int:
        """The first answer to an interaction."""
        return self._stand(channel_id, message, token, None).message_id

    def post(self, channel_id: int, message: Message, nonce: str) -> Standing:
        for standing in self.standing.values():
            if standing.nonce == nonce and standing.channel_id == channel_id:
                return standing
        return self._stand(channel_id, message, None, nonce)

    def _stand(self, channel_id: int, message: Message, token: str | None, nonce: str | None) -> Standing:
        standing = Standing(channel_id, self.next_id, message, token, nonce)
        self.standing[self.next_id] = standing
        if token is not None:
            self.answers[token] = self.next_id
        self.next_id += 1
        return standing

    def delete(self, message_id: int) -> None:
        del self.standing[message_id]
        self.deleted.add(message_id)


class SimulatedDiscord:
    """`bot.ports.Surface` over the state. `effect` is told of every change."""

    def __init__(self, state: DiscordState, clock: Clock, dice: random.Random, effect: Callable[[str], None]) -> None:
        self._state = state
        self._clock = clock
        self._dice = dice
        self._effect = effect

    async def edit_by_token(self, token: str, message: Message) -> Shown:
        await self._travel()
        self._check(token)
        message_id = self._state.answers.get(token)
        if message_id is None:
            raise TokenDead(10015)
        return await self._edit(message_id, message)

    async def edit_by_ids(self, channel_id: int, message_id: int, message: Message) -> Shown:
        await self._travel()
        return await self._edit(message_id, message)

    async def post(self, channel_id: int, message: Message, nonce: str) -> Shown:
        await self._travel()
        standing = self._state.post(channel_id, message, nonce)
        self._effect("posted")
        await self._travel()
        return Shown(channel_id, standing.message_id)

    async def post_directly(self, user_id: int, message: Message, nonce: str) -> Shown:
        return await self.post(-user_id, message, nonce)

    async def find_answer(self, token: str) -> Shown | None:
        await self._travel()
        self._check(token)
        return self._find(self._state.answers.get(token))

    async def find_message(self, channel_id: int, message_id: int) -> Shown | None:
        await self._travel()
        return self._find(message_id)

    async def find_post(self, channel_id: int, job_id: int, since: float) -> Shown | None:
        await self._travel()
        for standing in self._state.standing.values():
            buttons = [button for row in standing.message.rows for button in row]
            if standing.channel_id == channel_id and any(button.job_id == job_id for button in buttons):
                return Shown(channel_id, standing.message_id)
        return None

    async def find_direct_post(self, user_id: int, job_id: int, since: float) -> Shown | None:
        return await self.find_post(-user_id, job_id, since)

    def _check(self, token: str) -> None:
        if self._clock.now() >= self._state.tokens[token] + TOKEN_SECONDS:
            raise TokenDead(50027)

    def _find(self, message_id: int | None) -> Shown | None:
        standing = None if message_id is None else self._state.standing.get(message_id)
        return None if standing is None else Shown(standing.channel_id, standing.message_id)

    async def _edit(self, message_id: int, message: Message) -> Shown:
        standing = self._state.standing.get(message_id)
        if standing is None:
            raise MessageGone(10008)
        standing.message = message
        self._effect("edited")
        await self._travel()
        return Shown(standing.channel_id, message_id)

    async def _travel(self) -> None:
        await asyncio.sleep(self._dice.uniform(0.02, 0.1))
