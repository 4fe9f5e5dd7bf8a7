"""The browser page of the sandbox's Discord, by the addresses that the page itself uses."""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import discord
import pytest
from aiohttp import web
from discord import ui
from simcord.components import walk_components
from simcord.preview._media import MediaError

from sandbox import media
from sandbox.discord import Channel, Guild, SandboxDiscord
from sandbox.discord.page_media import read_media
from sandbox.discord.preview import make_demo_world, start_preview
from sandbox.scenes import Scene
from tests.support.discord_bot import SmallBot, picture, running
from tests.support.discord_managers import ManagerBot
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

    async def commands(self) -> list[list[str]]:
        """The slash commands that the page's person can use, each with its parents."""
        return [entry["path"] for entry in (await self._ask("GET", "/api/commands"))["entries"]]

    async def command(self, name: str) -> dict[str, Any]:
        """What the page names a command by."""
        catalog = await self._ask("GET", "/api/commands")
        entry = next(item for item in catalog["entries"] if item["path"] == [name])
        return {
            "command_id": entry["commandId"],
            "path": entry["path"],
            "schema_fingerprint": entry["schemaFingerprint"],
        }

    async def choose(self, *values: int) -> dict[str, Any]:
        """Choose in the one native select that there is."""
        [key] = self.state["candidates"]
        return await self.act(
            "select", control_key=key, values=list(map(str, values)), target_id=self.state["timeline"][-1]
        )

    @property
    def chosen(self) -> list[str]:
        """What that select shows as chosen."""
        [select] = self.state["candidates"].values()
        return [entry["name"] for entry in select["selected"]]

    async def own(self, **body: Any) -> tuple[int, Any]:
        """Status and answer of what is added to SimCord's page; without arguments the commands of the Apps menu."""
        headers = self._headers() | {"X-Page-Request": "1"}
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


def test_one_of_the_demos_members_has_a_role(guild: Guild) -> None:
    members = guild.handle._guild.members
    held = {
        name: guild.role("Artists").id in members[guild.member(name).id].role_ids for name in ("mia", "noor", "sam")
    }
    assert held == {"mia": False, "noor": True, "sam": False}


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
        assert await page.own() == (200, {"commands": ["Imagine from this", "Who made this?"]})
        used = await page.own(command="Who made this?", message_id=plain.id)
        assert used == (200, {"told": "Done"})
        assert "answered" in str((await page.poll())[-1])
        await page.own(command="Imagine from this", message_id=form.id)
        await page.poll()
        values = {"prompt": "from the page", "model": ["flux"]}
        handle = page.state["modal"]["handle"]
        result = await page.act("modal_submit", modal_handle=handle, values=values)
        assert result["settlement"] == "settled"
        assert "from the page" in str((await page.poll())[-1])


@pytest.mark.parametrize("body", [{"command": "Who made this?", "message_id": 1}, {"command": 7}, {"message_id": "x"}])
async def test_a_menu_is_not_used_on_what_is_not_there(page: Page, body: dict[str, Any]) -> None:
    assert (await page.own(**body))[0] == 400


async def test_a_menu_is_closed_to_those_without_the_key(page: Page) -> None:
    page.key = "guessed"
    assert (await page.own())[0] == 401


# ---------------------------------------------------------------- selects, forms and files


class RolePanel(ui.LayoutView):
    """A native select that shows `chosen`, and a button."""

    def __init__(self, chosen: list[int]) -> None:
        super().__init__(timeout=None)
        defaults = [discord.Object(identity) for identity in chosen]
        roles = ui.RoleSelect[Any](custom_id="roles", min_values=0, max_values=2, default_values=defaults)
        self.add_item(ui.ActionRow(roles))
        self.add_item(ui.ActionRow(ui.Button(label="Open", custom_id="open")))


@dataclass(slots=True)
class Panel:
    """Posts its message; what is chosen shows as chosen, but for the first of it. Its button opens a form."""

    chosen: list[int] = field(default_factory=list)

    async def answer(self, interaction: discord.Interaction) -> None:
        data: Mapping[str, Any] = dict(interaction.data or {})
        if data.get("custom_id") == "open":
            await interaction.response.send_modal(RemixForm(self.handed_in))
        elif "custom_id" in data:
            self.chosen = list(map(int, data["values"]))[1:]
            await interaction.response.edit_message(view=RolePanel(self.chosen))
        else:
            await interaction.response.send_message(view=RolePanel(self.chosen), ephemeral=True)

    async def handed_in(self, form: RemixForm, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(form.told[0])


@pytest.fixture
async def panel(world: SandboxDiscord, guild: Guild, page: Page) -> AsyncIterator[Panel]:
    made = Panel()
    async with running(world, StudioBot(made.answer)):
        await page.poll()
        await page.act("run_command", **await page.command("studio"), options={})
        await page.poll()
        yield made


async def test_a_native_select_shows_what_the_bot_wants_chosen_after_each_change(
    guild: Guild, page: Page, panel: Panel
) -> None:
    artists, moderators = guild.role("Artists").id, guild.role("Moderator").id
    [select] = page.state["candidates"].values()
    assert [entry["name"] for entry in select["entries"]] == ["Artists", "Easel", "Moderator"]
    for chosen, shown in (
        ((artists, moderators), ["Moderator"]),
        ((artists,), []),
        ((moderators, artists), ["Artists"]),
    ):
        before = list(page.state["candidates"])
        result = await page.choose(*chosen)
        assert (result["settlement"], result["acknowledgement"]) == ("settled", "acknowledged")
        await page.poll()
        assert page.chosen == shown
        # The browser remembers by this key what was chosen.
        assert list(page.state["candidates"]) != before


async def open_form(page: Page) -> str:
    """Press the panel's button: the form's handle."""
    [message] = await page.poll()
    [control] = [part for part in walk_components(message["components"]) if part.get("label") == "Open"]
    await page.act("click", control_key=control["control_key"], target_id=page.state["timeline"][-1])
    await page.poll()
    return str(page.state["modal"]["handle"])


async def test_a_form_that_is_left_unsent_gives_the_selects_back(page: Page, panel: Panel) -> None:
    handle = await open_form(page)
    assert page.state["candidates"] == {}
    assert await page.own(dismissed="another") == (200, {})
    await page.poll()
    assert page.state["modal"] is not None
    assert await page.own(dismissed=handle) == (200, {})
    await page.poll()
    assert (page.state["modal"], len(page.state["candidates"])) == (None, 1)


async def test_a_form_from_a_button_is_handed_in(page: Page, panel: Panel) -> None:
    handle = await open_form(page)
    values = {"prompt": "from the page", "model": ["flux"]}
    assert (await page.act("modal_submit", modal_handle=handle, values=values))["settlement"] == "settled"
    assert "from the page" in str((await page.poll())[-1])


async def test_a_file_that_is_no_picture_has_a_name_a_size_and_a_download(world: SandboxDiscord, page: Page) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.File("attachment://usage.csv"))
        await interaction.response.send_message(view=view, file=discord.File(io.BytesIO(b"a,b"), "usage.csv"))

    async with running(world, StudioBot(answer)):
        await page.poll()
        await page.act("run_command", **await page.command("studio"), options={})
        [message] = await page.poll()
    [file] = message["components"]
    assert (file["name"], file["size"]) == ("usage.csv", 3)
    assert await page.asset(f"{file['file']['asset_id']}?download=1") == b"a,b"


async def test_who_may_not_use_a_command_does_not_see_it(world: SandboxDiscord, guild: Guild, page: Page) -> None:
    async with running(world, ManagerBot()):
        await page.poll()
        assert await page.commands() == [["panel"]]
        await page.act("viewer", viewer_id=str(guild.member("sam").id))
        await page.poll()
        assert sorted(await page.commands()) == [["limit", "role", "set"], ["limit", "server"], ["panel"]]


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
