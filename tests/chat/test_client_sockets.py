"""Logging in, staying, and leaving, over real sockets."""

from __future__ import annotations

import asyncio
import time

import discord
import pytest
from discord.http import Route

from bot.chat.client import point_at, run_client
from bot.errors import DiscordLoginRefused, DiscordStrange
from sandbox.discord import SandboxDiscord, ServerError
from tests.chat.world import MadeUpDocuments, MadeUpIntake, Scene, client_of, connected
from tests.support.discord_bot import eventually, pointed_at


def puts(world: SandboxDiscord) -> int:
    return sum(request.method == "PUT" for request in world.requests)


async def test_commands_are_sent_once(world: SandboxDiscord) -> None:
    documents = MadeUpDocuments()
    for _ in range(2):
        async with connected(world, client_of(MadeUpIntake(), documents)):
            assert puts(world) == 1
    assert {command["name"] for command in world.commands()} == {"imagine", "models", "credits"}


async def test_commands_that_discord_lost_are_sent_again(world: SandboxDiscord) -> None:
    documents = MadeUpDocuments()
    client = client_of(MadeUpIntake(), documents)
    async with connected(world, client):
        assert client.application_id is not None
        await client.http.bulk_upsert_global_commands(client.application_id, [])
        assert not world.commands()
    async with connected(world, client_of(MadeUpIntake(), documents)):
        assert len(world.commands()) == 3


async def test_commands_are_sent_again_when_they_changed(world: SandboxDiscord) -> None:
    documents = MadeUpDocuments()
    async with connected(world, client_of(MadeUpIntake(), documents)):
        pass
    (key,) = documents.kept
    documents.kept[key] = ("another digest", 0.0)
    async with connected(world, client_of(MadeUpIntake(), documents)):
        assert puts(world) == 2


async def test_a_wrong_token_is_said_to_be_wrong(world: SandboxDiscord) -> None:
    async with pointed_at(world):
        with pytest.raises(DiscordLoginRefused):
            await run_client(client_of(MadeUpIntake()), "not.the.token", asyncio.Event())


async def test_a_wrong_address_is_no_reason_to_wait(world: SandboxDiscord) -> None:
    async with pointed_at(world):
        point_at(world.api_url.replace("/api/", "/elsewhere/"), None)
        with pytest.raises(DiscordStrange):
            await run_client(client_of(MadeUpIntake()), world.token, asyncio.Event())


@pytest.mark.parametrize("path", ["/users/@me", "/applications/*/commands"])
async def test_a_login_that_fails_for_now_is_tried_again(world: SandboxDiscord, path: str) -> None:
    world.faults.add(ServerError(path=path, status=503))
    async with connected(world, client_of(MadeUpIntake())):
        assert world.commands()


async def test_a_refused_first_connection_is_tried_again(world: SandboxDiscord) -> None:
    """discord.py by itself would die of an AttributeError."""
    world.gateway.refuse(connects=1)
    async with connected(world, client_of(MadeUpIntake())):
        await eventually(lambda: world.gateway.connected, 10)


async def test_a_lost_connection_comes_back(scene: Scene) -> None:
    await scene.world.gateway.drop(resumable=True)
    await eventually(lambda: scene.world.gateway.resumes, 10)
    assert (await scene.card()).text


async def test_it_stops_soon_also_while_it_cannot_log_in(world: SandboxDiscord) -> None:
    world.faults.add(ServerError(path="/users/@me", status=503, times=None))
    client, stop = client_of(MadeUpIntake()), asyncio.Event()
    async with pointed_at(world):
        running = asyncio.create_task(run_client(client, world.token, stop))
        await eventually(lambda: world.requests)
        stop.set()
        began = time.monotonic()
        await running
    assert time.monotonic() - began < 3
    assert not client.logged_in.is_set()


async def test_being_cancelled_closes_as_well(world: SandboxDiscord) -> None:
    client = client_of(MadeUpIntake())
    async with pointed_at(world):
        running = asyncio.create_task(run_client(client, world.token, asyncio.Event()))
        await eventually(lambda: world.gateway.connected, 10)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert client.is_closed()


async def test_nothing_but_interactions_and_guilds_is_listened_to(scene: Scene) -> None:
    assert scene.client.intents == discord.Intents(guilds=True)
    scene.mia.say(scene.channel, "hello")
    await scene.card()
    assert not list(scene.client.cached_messages)
    assert not scene.client._connection._view_store._views


async def test_point_at_leaves_alone_what_is_not_told(world: SandboxDiscord) -> None:
    async with pointed_at(world):
        before = Route.BASE
        point_at(None, None)
        assert before == Route.BASE
        point_at("http://127.0.0.1:1/api/v10/", None)
        assert Route.BASE == "http://127.0.0.1:1/api/v10"
