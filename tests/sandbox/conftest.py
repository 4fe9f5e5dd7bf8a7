"""A world with a guild, one of its channels and a member, for tests that bring no other ones along."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.discord import Channel, Guild, Member, SandboxDiscord
from tests.support.discord_spec import SPEC, check_requests


@pytest.fixture
async def world() -> AsyncIterator[SandboxDiscord]:
    """At the end it has had no fault of its own, and every request was as Discord describes them."""
    async with await SandboxDiscord.start() as discord_world:
        yield discord_world
        assert discord_world.own_faults == []
        if SPEC.exists():
            assert check_requests(discord_world.requests) == []


@pytest.fixture
def guild(world: SandboxDiscord) -> Guild:
    return world.create_guild("Here")


@pytest.fixture
def channel(guild: Guild) -> Channel:
    return guild.channel("general")


@pytest.fixture
def mia(guild: Guild) -> Member:
    return guild.add_member("mia")
