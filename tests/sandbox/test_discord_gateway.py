"""The gateway of the sandbox's Discord, over a bare websocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp import WSMsgType

from sandbox.discord import Guild, SandboxDiscord

GUILDS = discord.Intents(guilds=True).value
MESSAGES = discord.Intents(guilds=True, guild_messages=True).value
ANSWER_SECONDS = 5.0


@dataclass(slots=True)
class Socket:
    """One connection; keeps what arrived."""

    ws: aiohttp.ClientWebSocketResponse
    events: list[dict[str, Any]] = field(default_factory=list)

    async def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = await self.ws.receive_json(timeout=ANSWER_SECONDS)
        self.events.append(frame)
        return frame

    async def until(self, event: str) -> dict[str, Any]:
        while True:
            frame = await self.next()
            if frame["t"] == event:
                return frame

    async def send(self, op: int, data: Any) -> None:
        await self.ws.send_json({"op": op, "d": data})

    async def identify(self, token: str, intents: int = GUILDS, **more: Any) -> dict[str, Any]:
        """The READY."""
        await self.send(2, {"token": token, "intents": intents, "properties": {}, **more})
        return await self.until("READY")

    async def closed_with(self) -> int | None:
        while (await self.ws.receive(timeout=ANSWER_SECONDS)).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
            pass
        return self.ws.close_code

    @property
    def names(self) -> list[str]:
        return [frame["t"] for frame in self.events if frame["op"] == 0]


@pytest.fixture
async def world() -> AsyncIterator[SandboxDiscord]:
    async with await SandboxDiscord.start() as discord_world:
        yield discord_world
        assert discord_world.own_faults == []


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


async def connect(world: SandboxDiscord, session: aiohttp.ClientSession) -> Socket:
    socket = Socket(await session.ws_connect(f"{world.gateway_url}/?v=10&encoding=json&compress=zlib-stream"))
    assert (await socket.next())["op"] == 10
    return socket


async def test_hello_ready_and_the_guilds(world: SandboxDiscord, session: aiohttp.ClientSession, guild: Guild) -> None:
    socket = await connect(world, session)
    assert socket.events[0]["d"]["heartbeat_interval"] > 1000
    ready = await socket.identify(world.token)
    assert ready["d"]["guilds"] == [{"id": str(guild.id), "unavailable": True}]
    assert ready["d"]["resume_gateway_url"] == world.gateway_url
    created = await socket.until("GUILD_CREATE")
    assert (created["d"]["name"], created["s"]) == ("Here", 2)
    assert [item["name"] for item in created["d"]["channels"]] == ["general"]
    assert world.gateway.connected


async def test_heartbeats_are_acknowledged(world: SandboxDiscord, session: aiohttp.ClientSession) -> None:
    socket = await connect(world, session)
    await socket.send(1, None)
    assert (await socket.next())["op"] == 11


@pytest.mark.parametrize("op", [2, 6])
async def test_a_wrong_token_closes_with_4004(world: SandboxDiscord, session: aiohttp.ClientSession, op: int) -> None:
    socket = await connect(world, session)
    await socket.send(op, {"token": "other", "intents": 0, "session_id": "x", "seq": 0})
    assert await socket.closed_with() == 4004
    assert not world.gateway.connected


async def test_what_is_no_frame_closes_with_4002(world: SandboxDiscord, session: aiohttp.ClientSession) -> None:
    socket = await connect(world, session)
    await socket.ws.send_str("not json")
    assert await socket.closed_with() == 4002


async def test_commands_before_identify_close_with_4003(world: SandboxDiscord, session: aiohttp.ClientSession) -> None:
    socket = await connect(world, session)
    await socket.send(3, {})
    assert await socket.closed_with() == 4003


@pytest.mark.parametrize(("intents", "seen"), [(GUILDS, False), (MESSAGES, True)])
async def test_intents_decide_what_is_sent(
    world: SandboxDiscord, session: aiohttp.ClientSession, guild: Guild, intents: int, *, seen: bool
) -> None:
    mia = guild.add_member("mia")
    socket = await connect(world, session)
    await socket.identify(world.token, intents)
    mia.say(guild.channel("general"), "hello")
    guild.create_channel("later")
    await socket.until("CHANNEL_CREATE")
    assert ("MESSAGE_CREATE" in socket.names) is seen
    if seen:
        message = next(frame["d"] for frame in socket.events if frame["t"] == "MESSAGE_CREATE")
        assert message["content"] == ""  # only with the intent for contents


async def test_resume_sends_what_was_missed(
    world: SandboxDiscord, session: aiohttp.ClientSession, guild: Guild
) -> None:
    first = await connect(world, session)
    ready = await first.identify(world.token)
    last = await first.until("GUILD_CREATE")
    await world.gateway.drop()
    assert await first.closed_with() == 4000
    guild.create_channel("missed")
    second = await connect(world, session)
    await second.send(6, {"token": world.token, "session_id": ready["d"]["session_id"], "seq": last["s"]})
    await second.until("RESUMED")
    assert second.names == ["CHANNEL_CREATE", "RESUMED"]
    assert world.gateway.resumes == 1


async def test_a_session_that_is_over_cannot_be_resumed(
    world: SandboxDiscord, session: aiohttp.ClientSession, guild: Guild
) -> None:
    first = await connect(world, session)
    ready = await first.identify(world.token)
    await world.gateway.drop(resumable=False)
    second = await connect(world, session)
    await second.send(6, {"token": world.token, "session_id": ready["d"]["session_id"], "seq": 1})
    frame = await second.next()
    assert (frame["op"], frame["d"]) == (9, False)


async def test_a_number_from_the_future_cannot_be_resumed(
    world: SandboxDiscord, session: aiohttp.ClientSession
) -> None:
    first = await connect(world, session)
    ready = await first.identify(world.token)
    second = await connect(world, session)
    await second.send(6, {"token": world.token, "session_id": ready["d"]["session_id"], "seq": 99})
    assert (await second.next())["op"] == 9


async def test_who_identifies_anew_leaves_no_session_behind(
    world: SandboxDiscord, session: aiohttp.ClientSession
) -> None:
    first = await connect(world, session)
    await first.identify(world.token)
    await world.gateway.drop()
    await world.wait_for(lambda: not world.gateway.connected)
    second = await connect(world, session)
    await second.identify(world.token)
    assert len(world.gateway.sessions) == 1


async def test_connections_are_refused_for_a_while(world: SandboxDiscord, session: aiohttp.ClientSession) -> None:
    world.gateway.refuse(connects=2)
    for _ in range(2):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(world.gateway_url)
    await connect(world, session)


async def test_shards_see_their_own_guilds(world: SandboxDiscord, session: aiohttp.ClientSession, guild: Guild) -> None:
    mine = (guild.id >> 22) % 2
    owner, other = await connect(world, session), await connect(world, session)
    assert (await owner.identify(world.token, shard=[mine, 2]))["d"]["guilds"] != []
    assert (await other.identify(world.token, shard=[1 - mine, 2]))["d"]["guilds"] == []
    guild.create_channel("later")
    await owner.until("CHANNEL_CREATE")
    await other.send(1, None)
    assert (await other.next())["op"] == 11
    assert "GUILD_CREATE" not in other.names


async def test_a_kicked_bot_is_told_and_then_hears_nothing(
    world: SandboxDiscord, session: aiohttp.ClientSession, guild: Guild
) -> None:
    socket = await connect(world, session)
    await socket.identify(world.token)
    world.remove_bot(guild)
    guild.create_channel("unseen")
    world.create_guild("Elsewhere")
    await socket.until("GUILD_DELETE")
    created = await socket.until("GUILD_CREATE")
    assert created["d"]["name"] == "Elsewhere"
    assert "CHANNEL_CREATE" not in socket.names


async def test_an_interaction_carries_what_discord_sends(
    world: SandboxDiscord, session: aiohttp.ClientSession, guild: Guild
) -> None:
    world.attachment_size_limit_bytes = 12345
    mia, channel = guild.add_member("mia"), guild.channel("general")
    world.backend.register_commands(None, [{"name": "go", "description": "x", "type": 1, "options": []}])
    socket = await connect(world, session)
    await socket.identify(world.token)
    world.deny_bot(channel, "attach_files")
    here = await send_nowhere(world, mia.slash(channel, "go"), socket)
    assert here["attachment_size_limit"] == 12345
    assert here["authorizing_integration_owners"] == {"0": str(guild.id)}
    assert (here["context"], here["entitlements"]) == (0, [])
    assert not int(here["app_permissions"]) & discord.Permissions.attach_files.flag
    assert here["member"]["user"]["id"] == str(mia.id)
    private = await send_nowhere(world, mia.slash(mia.dm, "go"), socket)
    assert private["authorizing_integration_owners"] == {"0": "0"}
    assert (private["context"], private["user"]["id"]) == (1, str(mia.id))
    assert int(private["app_permissions"]) & discord.Permissions.attach_files.flag


async def send_nowhere(world: SandboxDiscord, action: Any, socket: Socket) -> dict[str, Any]:
    """Send an interaction that nobody answers: it fails after its 3 s, which are skipped."""
    task = asyncio.create_task(action)
    frame = await socket.until("INTERACTION_CREATE")
    world.advance(3.1)
    assert (await task).outcome == "failed"
    payload: dict[str, Any] = frame["d"]
    return payload
