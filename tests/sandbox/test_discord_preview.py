"""The browser page of the sandbox's Discord, by the addresses that the page itself uses."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from sandbox.discord import Channel, Guild, SandboxDiscord
from sandbox.discord.preview import make_demo_world, start_preview
from tests.support.discord_bot import SmallBot, picture, running


@dataclass(slots=True)
class Page:
    """What the page in a browser does: open, poll, act."""

    session: aiohttp.ClientSession
    base: str
    key: str
    state: dict[str, Any] = field(default_factory=dict)
    sequence: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def open(self) -> None:
        self.state = await self._ask("POST", "/api/pages", {})

    async def poll(self) -> list[dict[str, Any]]:
        """The messages that are shown."""
        self.state = await self._ask("GET", "/api/state")
        return [self.state["messages"][identity] for identity in self.state["timeline"]]

    async def act(self, kind: str, **more: Any) -> dict[str, Any]:
        number = next(self.sequence)
        body = {
            "protocol_version": 3,
            "sequence": number,
            "request_id": f"r{number}",
            "generation": self.state["context"]["generation"],
            "bot_generation": self.state["botGeneration"],
            "published_revision": self.state["publishedRevision"],
            "kind": kind,
            **more,
        }
        return await self._ask("POST", "/api/action", body)

    async def command(self, name: str) -> dict[str, Any]:
        """What the page names a command by."""
        catalog = await self._ask("GET", "/api/commands")
        entry = next(item for item in catalog["entries"] if item["path"] == [name])
        return {
            "command_id": entry["commandId"],
            "path": entry["path"],
            "schema_fingerprint": entry["schemaFingerprint"],
        }

    async def poll_until(self, predicate: Callable[[], bool]) -> None:
        """Poll as the browser does, at most 5 s."""
        async with asyncio.timeout(5):
            while not predicate():
                await asyncio.sleep(0.02)
                await self.poll()

    async def asset(self, identity: str) -> bytes | None:
        async with self.session.get(f"{self.base}/api/assets/{identity}", headers=self._headers()) as response:
            return await response.read() if response.status == 200 else None

    async def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        async with self.session.request(method, self.base + path, json=body, headers=self._headers()) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    def _headers(self) -> dict[str, str]:
        context = self.state.get("context", {}).get("id")
        return {"X-Simcord-Capability": self.key} | ({"X-Simcord-Context": context} if context else {})


@pytest.fixture
async def world() -> AsyncIterator[SandboxDiscord]:
    async with await SandboxDiscord.start() as discord_world:
        yield discord_world
        assert discord_world.own_faults == []


@pytest.fixture
def guild(world: SandboxDiscord) -> Guild:
    return make_demo_world(world)


@pytest.fixture
def channel(guild: Guild) -> Channel:
    return guild.channel("gallery")


@pytest.fixture
async def bot(world: SandboxDiscord, guild: Guild) -> AsyncIterator[SmallBot]:
    async with running(world) as client:
        yield client


@pytest.fixture
async def page(world: SandboxDiscord, channel: Channel) -> AsyncIterator[Page]:
    parts = urlsplit(await start_preview(world, channel))
    assert parts.hostname == "127.0.0.1"
    async with aiohttp.ClientSession() as session:
        opened = Page(session, f"http://{parts.netloc}", parts.fragment)
        await opened.open()
        yield opened


async def test_the_demo_has_two_channels_members_and_a_moderator(guild: Guild, page: Page) -> None:
    assert set(guild.handle.channels) == {"general", "gallery"}
    assert [viewer["username"] for viewer in page.state["viewers"]] == ["mia", "noor", "sam"]
    permissions = guild.world.backend.compute_permissions(guild.id, guild.member("sam").id)
    assert permissions & 1 << 5  # manage guild
    assert not guild.world.backend.compute_permissions(guild.id, guild.member("mia").id) & 1 << 5


async def test_what_changes_shows_without_being_told(
    world: SandboxDiscord, guild: Guild, channel: Channel, page: Page
) -> None:
    assert await page.poll() == []
    message = guild.member("noor").say(channel, "hello")
    assert len(await page.poll()) == 1
    world.delete_message(message)
    assert await page.poll() == []


async def test_nothing_is_published_while_nothing_changes(page: Page) -> None:
    await page.poll()
    revision = page.state["publishedRevision"]
    await page.poll()
    assert page.state["publishedRevision"] == revision


async def test_a_command_is_answered_by_the_bot_at_the_other_end(
    world: SandboxDiscord, bot: SmallBot, page: Page
) -> None:
    await page.poll()
    result = await page.act("run_command", **await page.command("draw"), options={"prompt": "a cat"})
    assert (result["settlement"], result["acknowledgement"]) == ("settled", "acknowledged")
    [card] = await page.poll()
    assert "a cat in ink" in str(card)
    pictures = [name for name, asset in page.state["assets"].items() if asset["filename"] == "a b.png"]
    assert await page.asset(pictures[0])


async def test_autocomplete_waits_for_the_bot(world: SandboxDiscord, bot: SmallBot, page: Page) -> None:
    await page.poll()
    result = await page.act(
        "autocomplete_command", **await page.command("draw"), options={"prompt": "x"}, focused="style", value="i"
    )
    assert result["result"]["answered"]
    assert [choice["name"] for choice in result["result"]["choices"]] == ["ink", "oil"]


async def test_a_picture_by_link_shows(world: SandboxDiscord, bot: SmallBot, channel: Channel, page: Page) -> None:
    async with media_server() as address:
        flags, item = 1 << 15, {"media": {"url": f"{address}/cat.png"}}
        components = [{"type": 12, "items": [item]}]
        world.backend.create_message(channel.id, world.bot_id, flags=flags, components=components)
        await page.poll()
        await page.poll_until(lambda: any(asset["available"] for asset in page.state["assets"].values()))
        [name] = [name for name, asset in page.state["assets"].items() if asset["filename"] == "cat.png"]
        assert await page.asset(name)


class media_server:  # noqa: N801 - reads as the function that it stands for
    """A picture at any path."""

    def __init__(self) -> None:
        app = web.Application()
        app.router.add_get("/{_:.*}", self._serve)
        self._runner = web.AppRunner(app)

    async def _serve(self, _: web.Request) -> web.Response:
        return web.Response(body=picture(), content_type="image/png")

    async def __aenter__(self) -> str:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


async def test_the_page_is_closed_to_those_without_its_key(page: Page) -> None:
    page.key = "guessed"
    async with page.session.get(f"{page.base}/api/state", headers=page._headers()) as response:
        assert response.status == 401
