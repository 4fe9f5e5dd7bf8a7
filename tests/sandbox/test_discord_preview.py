"""The browser page of the sandbox's Discord, by the addresses that the page itself uses."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import discord
import pytest
from aiohttp import web
from simcord.preview._media import MediaError

from sandbox import media
from sandbox.discord import Channel, Guild, SandboxDiscord
from sandbox.discord.page_media import read_media
from sandbox.discord.preview import make_demo_world, start_preview
from sandbox.scenes import Scene
from tests.support.discord_bot import SmallBot, picture, running
from tests.support.discord_studio import RemixForm, StudioBot


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

    async def menu(self, **body: Any) -> tuple[int, Any]:
        """Status and answer of the Apps menu: without arguments the commands that there are."""
        headers = self._headers() | {"X-Message-Menu": "1"}
        async with self.session.post(f"{self.base}/api/action", json=body, headers=headers) as response:
            is_json = response.content_type == "application/json"
            return response.status, await (response.json() if is_json else response.text())

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


async def test_the_page_has_an_icon_and_misses_none_of_its_own_files(page: Page) -> None:
    async with page.session.get(page.base) as response:
        text = await response.text()
    assert text.count("</head>") == 1
    for name in ("page.js", "page.css", "page.svg"):
        assert f'"/{name}"' in text
        async with page.session.get(f"{page.base}/{name}") as response:
            assert (response.status, bool(await response.read())) == (200, True)
    async with page.session.get(f"{page.base}/favicon.ico") as response:
        assert (response.status, response.content_type) == (200, "image/svg+xml")


async def test_the_menu_of_a_message_is_answered_and_can_open_a_form(
    world: SandboxDiscord, guild: Guild, channel: Channel, page: Page
) -> None:
    async def tell(form: RemixForm, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(str(form.told[0]))

    async def answer(interaction: discord.Interaction) -> None:
        if interaction.extras["message"].content == "form":
            await interaction.response.send_modal(RemixForm(tell))
        else:
            await interaction.response.send_message("answered")

    async with running(world, StudioBot(answer)):
        plain, form = (guild.member("noor").say(channel, text) for text in ("plain", "form"))
        assert await page.menu() == (200, {"commands": ["Imagine from this", "Who made this?"]})
        used = await page.menu(command="Who made this?", message_id=plain.id)
        assert used == (200, {"told": "Done"})
        assert "answered" in str((await page.poll())[-1])
        await page.menu(command="Imagine from this", message_id=form.id)
        await page.poll()
        values = {"prompt": "from the page", "model": ["flux"]}
        handle = page.state["modal"]["handle"]
        result = await page.act("modal_submit", modal_handle=handle, values=values)
        assert result["settlement"] == "settled"
        assert "from the page" in str((await page.poll())[-1])


@pytest.mark.parametrize("body", [{"command": "Who made this?", "message_id": 1}, {"command": 7}, {"message_id": "x"}])
async def test_a_menu_is_not_used_on_what_is_not_there(page: Page, body: dict[str, Any]) -> None:
    assert (await page.menu(**body))[0] == 400


async def test_a_menu_is_closed_to_those_without_the_key(page: Page) -> None:
    page.key = "guessed"
    assert (await page.menu())[0] == 401


async def test_after_a_change_of_persons_new_messages_still_show(
    guild: Guild, channel: Channel, page: Page, world: SandboxDiscord
) -> None:
    world.backend.create_message(channel.id, world.bot_id, "from the bot")
    await page.poll()
    await page.act("viewer", viewer_id=str(guild.member("noor").id))
    guild.member("sam").say(channel, "later")
    assert "later" in str((await page.poll())[-1])


async def test_files_are_given_as_they_are_and_what_was_put_away_is_no_error(
    guild: Guild, channel: Channel, page: Page, world: SandboxDiscord
) -> None:
    video = media.video(Scene("the sea", "seed"), (160, 90), 1)
    files = world.backend.store_attachments(channel.id, [("a.mp4", video), ("a.png", picture()), ("a.bin", b"?")])
    world.backend.create_message(channel.id, world.bot_id, "files", attachments=files)
    await page.poll()
    names = {asset["filename"]: name for name, asset in page.state["assets"].items()}
    assert await page.asset(names["a.mp4"]) == video
    assert await page.asset(names["a.png"]) == picture()
    poster = await page.asset(f"{names['a.mp4']}?poster=1")
    assert poster is not None
    assert poster.startswith(b"\x89PNG")
    await page.act("viewer", viewer_id=str(guild.member("noor").id))
    async with page.session.get(f"{page.base}/api/assets/{names['a.png']}", headers=page._headers()) as response:
        assert (response.status, await response.read()) == (204, b"")


async def test_what_is_neither_picture_nor_video_is_not_shown() -> None:
    for content in (b"", b"words", b"\x00\x00\x00\x18ftypisom", picture()[:20]):
        with pytest.raises(MediaError):
            read_media(content)
