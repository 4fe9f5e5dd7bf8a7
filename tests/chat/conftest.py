"""One scene for the tests over sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.discord import SandboxDiscord
from tests.chat.world import MadeUpIntake, Scene, client_of, connected
from tests.support.discord_spec import SPEC, check_requests


@pytest.fixture
async def world() -> AsyncIterator[SandboxDiscord]:
    """Every request in it must be one that Discord describes, and a fault of the sandbox's is no fault of ours."""
    async with await SandboxDiscord.start() as world:
        world.create_guild("Here", ("gallery",))
        yield world
        assert world.own_faults == []
        if SPEC.exists():
            assert check_requests(world.requests) == []


@pytest.fixture
async def scene(world: SandboxDiscord) -> AsyncIterator[Scene]:
    guild = world.guild("Here")
    intake = MadeUpIntake()
    client = client_of(intake)
    async with connected(world, client):
        yield Scene(world, client, intake, guild, guild.channel("gallery"), guild.add_member("mia"))
