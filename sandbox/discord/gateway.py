"""The gateway: identify, heartbeats, dispatch by intents, resume with replay.

Not served, as no Easel process needs it: compression, member chunks, presence and voice; those op codes are ignored.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
from aiohttp import WSCloseCode, WSMsgType, web
from simcord.backend import serializers
from simcord.gateway import FakeGateway

if TYPE_CHECKING:
    from sandbox.discord.world import World

HEARTBEAT_SECONDS = 41.25
ACK_SECONDS = 0.02
REPLAY_EVENTS = 2000
RECONNECT = 4000
DIRECT_MESSAGE_PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
    add_reactions=True,
)


class Op(IntEnum):
    """Op codes, as Discord's documents name them."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class CloseCode(IntEnum):
    """The close codes that are used here."""

    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004


class _EveryEvent:
    """A mapping of event names to parsers, as SimCord feeds them, that takes every event."""

    def __init__(self, take: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._take = take

    def __getitem__(self, event: str) -> Callable[[Mapping[str, Any]], None]:
        return partial(self._take, event)


@dataclass(slots=True, eq=False)
class Session:
    """What outlives a socket: the intents, the count of events, and the last of them for a replay."""

    intents: discord.Intents
    shard: tuple[int, int]
    sign: Callable[[Any], Any]
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    log: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAY_EVENTS))
    outbox: asyncio.Queue[str] | None = None

    def dispatch(self, event: str, payload: Mapping[str, Any]) -> None:
        self.sequence += 1
        frame = json.dumps({"op": Op.DISPATCH, "s": self.sequence, "t": event, "d": self.sign(dict(payload))})
        self.log.append((self.sequence, frame))
        if self.outbox is not None:
            self.outbox.put_nowait(frame)

    def replay(self, after: int) -> bool:
        """Send again what came after that number; False where it is too long ago."""
        missed = [frame for sequence, frame in self.log if sequence > after]
        if self.outbox is None or len(missed) != self.sequence - after:
            return False
        for frame in missed:
            self.outbox.put_nowait(frame)
        return True

    @property
    def parsers(self) -> _EveryEvent:
        """Makes the session stand where SimCord expects a client's state: it filters by intents and feeds it."""
        return _EveryEvent(self.dispatch)


class Gateway:
    """All sockets and sessions of the bot."""

    def __init__(self, world: World, token: str, url: str) -> None:
        self._world = world
        self._token = token
        self._url = url
        self._sockets: dict[web.WebSocketResponse, Session | None] = {}
        self.sessions: dict[str, Session] = {}
        self.refused_connects: int = 0
        self.identifies = 0
        self.resumes = 0

    @property
    def connected(self) -> bool:
        """Whether a bot is logged in right now."""
        return any(session is not None for session in self._sockets.values())

    def refuse(self, connects: int) -> None:
        """Answer the next so many connection attempts with 503."""
        self.refused_connects = connects

    async def drop(self, *, resumable: bool = True) -> None:
        """End every connection as Discord does when a node restarts; without `resumable` the sessions are over too."""
        if not resumable:
            self.sessions.clear()
        for socket in list(self._sockets):
            await socket.close(code=RECONNECT)

    async def close(self) -> None:
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    # events out

    def publish(self, event: str, payload: Mapping[str, Any]) -> None:
        """Give an event to every session that may see it."""
        for session in self.sessions.values():
            self._feed(session, event, payload)

    def _feed(self, session: Session, event: str, payload: Mapping[str, Any]) -> None:
        guild_id = _guild_id(event, payload)
        number, count = session.shard
        if ((guild_id or 0) >> 22) % count != number:
            return
        is_interaction = event == "INTERACTION_CREATE"
        is_personal = is_interaction and _user_id(payload) in self._world.installed_for
        if event not in ("GUILD_DELETE", "GUILD_MEMBER_REMOVE") and not (is_personal or self._inside(guild_id)):
            return
        if is_interaction:
            payload = self._complete(payload)
        FakeGateway(self._world.backend, session).feed(event, payload)

    def _inside(self, guild_id: int | None) -> bool:
        if guild_id is None:
            return True
        guild = self._world.backend.guilds.get(guild_id)
        return guild is not None and self._world.bot_id in guild.members

    def _complete(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What SimCord leaves out of an interaction or fills in otherwise."""
        guild_id = payload.get("guild_id")
        user_id = _user_id(payload)
        owners = {"0": guild_id or "0"} if guild_id is None or self._inside(int(guild_id)) else {}
        owners |= {"1": str(user_id)} if user_id in self._world.installed_for else {}
        complete = dict(payload) | {
            "attachment_size_limit": self._world.attachment_size_limit_bytes,
            "authorizing_integration_owners": owners,
        }
        if guild_id is None:
            complete["app_permissions"] = str(DIRECT_MESSAGE_PERMISSIONS.value)
        return complete

    # a connection

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.refused_connects > 0:
            self.refused_connects -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=4096)
        await socket.prepare(request)
        self._sockets[socket] = None
        outbox: asyncio.Queue[str] = asyncio.Queue()
        writer = asyncio.create_task(_write(socket, outbox))
        try:
            outbox.put_nowait(_frame(Op.HELLO, {"heartbeat_interval": int(HEARTBEAT_SECONDS * 1000)}))
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._receive(socket, outbox, message.data)
        except Exception as error:  # noqa: BLE001 - whatever fails here is the sandbox's fault, and is told as such
            self._world.own_fault(error)
        finally:
            writer.cancel()
            session = self._sockets.pop(socket)
            if session is not None and session.outbox is outbox:
                session.outbox = None
            self._world.changes.announce()
        return socket

    async def _receive(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str], text: str) -> None:
        try:
            frame = json.loads(text)
            op, data = frame["op"], frame.get("d")
        except (ValueError, KeyError, TypeError):
            await socket.close(code=CloseCode.DECODE_ERROR)
            return
        match op:
            case Op.HEARTBEAT:
                # Not at once: discord.py notes when it sent a heartbeat only after that, and would think itself behind.
                asyncio.get_running_loop().call_later(ACK_SECONDS, outbox.put_nowait, _frame(Op.HEARTBEAT_ACK, None))
            case Op.IDENTIFY | Op.RESUME if data.get("token") != self._token:
                await socket.close(code=CloseCode.AUTHENTICATION_FAILED, message=b"Authentication failed.")
            case Op.IDENTIFY:
                self._identify(socket, outbox, data)
            case Op.RESUME:
                self._resume(socket, outbox, data)
            case _ if self._sockets.get(socket) is None:
                await socket.close(code=CloseCode.NOT_AUTHENTICATED)

    def _identify(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str], data: Mapping[str, Any]) -> None:
        self.identifies += 1
        intents = discord.Intents.none()
        intents.value = int(data["intents"])
        number, count = data.get("shard") or (0, 1)
        session = Session(intents, (number, count), self._world.outgoing, outbox=outbox)
        self._forget_abandoned(session.shard)
        self.sessions[session.id] = session
        self._sockets[socket] = session
        guilds = [guild for guild in self._world.backend.guilds.values() if self._inside(guild.id)]
        session.dispatch("READY", self._ready(session))
        for guild in guilds:
            self._feed(session, "GUILD_CREATE", serializers.guild_create_payload(self._world.backend, guild))
        self._world.changes.announce()

    def _forget_abandoned(self, shard: tuple[int, int]) -> None:
        """Who identifies anew will not resume what was there before."""
        for known in list(self.sessions.values()):
            if known.shard == shard and known.outbox is None:
                del self.sessions[known.id]

    def _ready(self, session: Session) -> dict[str, Any]:
        mine = (guild_id for guild_id in self._world.backend.guilds if self._inside(guild_id))
        number, count = session.shard
        return {
            "v": 10,
            "user": serializers.user_payload(self._world.backend.bot_user),
            "guilds": [{"id": str(item), "unavailable": True} for item in mine if (item >> 22) % count == number],
            "session_id": session.id,
            "resume_gateway_url": self._url,
            "shard": list(session.shard),
            "application": {"id": str(self._world.application_id), "flags": 0},
        }

    def _resume(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str], data: Mapping[str, Any]) -> None:
        session = self.sessions.get(data.get("session_id", ""))
        if session is None:
            outbox.put_nowait(_frame(Op.INVALID_SESSION, data=False))
            return
        self._sockets[socket] = session
        session.outbox = outbox
        if session.replay(int(data.get("seq") or 0)):
            self.resumes += 1
            session.dispatch("RESUMED", {})
        else:
            outbox.put_nowait(_frame(Op.INVALID_SESSION, data=False))
        self._world.changes.announce()


async def _write(socket: web.WebSocketResponse, outbox: asyncio.Queue[str]) -> None:
    try:
        while not socket.closed:
            await socket.send_str(await outbox.get())
    except ConnectionError:
        return  # the reader sees the end of the connection, too


def _frame(op: Op, data: Any) -> str:
    return json.dumps({"op": op, "d": data, "s": None, "t": None})


def _user_id(interaction: Mapping[str, Any]) -> int:
    """Who sent an interaction."""
    return int((interaction.get("member") or interaction)["user"]["id"])


def _guild_id(event: str, payload: Mapping[str, Any]) -> int | None:
    key = "id" if event in ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE") else "guild_id"
    value = payload.get(key)
    return None if value is None else int(value)
