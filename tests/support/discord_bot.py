"""A small real discord.py bot, for the tests of the sandbox's Discord: in this process, but over sockets."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeVar

import discord
import discord.http
import yarl
from discord import app_commands, ui
from discord.gateway import DiscordWebSocket
from PIL import Image

from sandbox.discord import SandboxDiscord

T = TypeVar("T")

STYLES = ("ink", "oil", "chalk")


def picture(color: str = "navy", size: tuple[int, int] = (8, 8)) -> bytes:
    """A PNG."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


class CountButton(ui.DynamicItem[ui.Button[Any]], template=r"count:(?P<number>\d+)"):
    """Counts up on its own message; its state is its custom_id."""

    def __init__(self, number: int) -> None:
        super().__init__(ui.Button(label=f"Count {number}", custom_id=f"count:{number}"))
        self.number = number

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, __: ui.Item[Any], match: re.Match[str]) -> Self:
        return cls(int(match["number"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(view=Card("counted", CountButton(self.number + 1), FormButton()))


class FormButton(ui.DynamicItem[ui.Button[Any]], template="form"):
    """Opens a modal."""

    def __init__(self) -> None:
        super().__init__(ui.Button(label="Form", custom_id="form"))

    @classmethod
    async def from_custom_id(cls, *_: object) -> Self:
        return cls()

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())


class Form(ui.Modal, title="A form"):
    words: ui.Label[Any] = ui.Label(text="Words", component=ui.TextInput(custom_id="words"))
    files: ui.Label[Any] = ui.Label(
        text="Files", component=ui.FileUpload(custom_id="files", required=False, max_values=2)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.words.component, ui.TextInput)
        assert isinstance(self.files.component, ui.FileUpload)
        sizes = [len(await item.read()) for item in self.files.component.values]
        await interaction.response.send_message(f"{self.words.component.value} {sizes}", ephemeral=True)


class Card(ui.LayoutView):
    """Text, a picture if there is one, and buttons, in one container."""

    def __init__(self, text: str, *buttons: ui.Item[Any], file: str | None = None) -> None:
        super().__init__(timeout=None)
        container: ui.Container[Self] = ui.Container(ui.TextDisplay(text), accent_color=0x3366CC)
        if file is not None:
            gallery: ui.MediaGallery[Self] = ui.MediaGallery()
            gallery.add_item(media=f"attachment://{file}", description="what it shows")
            container.add_item(gallery)
        if buttons:
            container.add_item(ui.ActionRow(*buttons))
        self.add_item(container)


class SmallBot(discord.Client):
    """Keeps what its handlers saw, for the tests to read."""

    def __init__(self, **options: Any) -> None:
        intents = options.pop("intents", discord.Intents(guilds=True))
        super().__init__(intents=intents, guild_ready_timeout=0.05, max_messages=None, **options)
        self.tree = app_commands.CommandTree(self)
        self.seen: list[discord.Interaction] = []
        self.answers: list[discord.InteractionCallbackResponse[Any]] = []
        self.errors: list[Exception] = []
        self.go_on = asyncio.Event()
        self.resumed = asyncio.Event()
        self.guilds_left: list[discord.Guild] = []
        self.messages_seen: list[discord.Message] = []

    async def setup_hook(self) -> None:
        self.add_dynamic_items(CountButton, FormButton)
        self.tree.add_command(self._draw())
        self.tree.add_command(app_commands.Command(name="slow", description="Answers later", callback=self._slow))
        self.tree.add_command(app_commands.Command(name="late", description="Answers too late", callback=self._late))
        self.tree.add_command(app_commands.ContextMenu(name="Measure", callback=self._measure))
        await self.tree.sync()

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.guilds_left.append(guild)

    async def on_message(self, message: discord.Message) -> None:
        self.messages_seen.append(message)

    def _draw(self) -> app_commands.Command[Any, Any, Any]:
        async def draw(
            interaction: discord.Interaction,
            prompt: app_commands.Range[str, 1, 200],
            style: str = "ink",
            reference: discord.Attachment | None = None,
        ) -> None:
            self.seen.append(interaction)
            size = len(await reference.read()) if reference else 0
            card = Card(f"{prompt} in {style}, {size} bytes", CountButton(0), FormButton(), file="a b.png")
            file = discord.File(io.BytesIO(picture()), "a b.png", description="alt text")
            self.answers.append(await interaction.response.send_message(view=card, file=file))

        async def complete(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=style, value=style) for style in STYLES if typed in style]

        command: app_commands.Command[Any, Any, Any]
        command = app_commands.Command(name="draw", description="Draws something", callback=draw)
        command.autocomplete("style")(complete)
        return command

    async def _slow(self, interaction: discord.Interaction) -> None:
        """Defer; when told to go on, edit, and follow up."""
        await interaction.response.defer(thinking=True)
        await self.go_on.wait()
        await self._keep_error(self._finish(interaction))

    async def _finish(self, interaction: discord.Interaction) -> None:
        file = discord.File(io.BytesIO(picture("red")), "late.png", description="a red square")
        await interaction.edit_original_response(view=Card("done", file="late.png"), attachments=[file])
        await interaction.followup.send("one more thing", ephemeral=True)

    async def _late(self, interaction: discord.Interaction) -> None:
        await self.go_on.wait()
        await self._keep_error(interaction.response.send_message("too late"))
        await self._keep_error(interaction.response.send_message("and again"))

    async def _measure(self, interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{len(message.content)} letters", ephemeral=True)

    async def _keep_error(self, doing: Any) -> None:
        try:
            await doing
        except Exception as error:  # noqa: BLE001 - kept for the test to look at
            self.errors.append(error)


async def eventually(predicate: Callable[[], T | None], seconds: float = 5.0) -> T:
    """Ask again and again, for what the bot learns after the world has changed already; return what is true at last."""
    deadline = time.monotonic() + seconds
    while not (found := predicate()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{predicate} was not true within {seconds:g} s")
        await asyncio.sleep(0.005)
    return found


@asynccontextmanager
async def pointed_at(world: SandboxDiscord) -> AsyncIterator[None]:
    """Make discord.py of this process talk to the sandbox."""
    base, gateway = discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    discord.http.Route.BASE = world.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(world.gateway_url)
    try:
        yield
    finally:
        discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@asynccontextmanager
async def running(world: SandboxDiscord, bot: SmallBot | None = None) -> AsyncIterator[SmallBot]:
    """A bot that is logged in and ready."""
    client = bot or SmallBot()
    async with pointed_at(world), client:
        task = asyncio.create_task(client.start(world.token))
        ready = asyncio.create_task(client.wait_until_ready())
        await asyncio.wait({task, ready}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        try:
            assert ready.done(), task
            yield client
        finally:
            ready.cancel()
            await client.close()
            await asyncio.wait({task}, timeout=5)


async def main() -> None:
    """Run the bot as a process of its own, from the environment names that Easel takes."""
    discord.http.Route.BASE = os.environ["DISCORD_API_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
    async with SmallBot() as bot:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        with suppress(asyncio.CancelledError):
            await bot.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
