"""A bot for the tests of forms, menus and the rest of an interaction's life: each test says how it answers."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import discord
from discord import app_commands, ui

from sandbox.discord import Form, SentInteraction
from tests.support.discord_bot import SmallBot, picture

Answering: TypeAlias = Callable[[discord.Interaction], Awaitable[object]]

COLORS = ("teal", "red", "gold", "navy")


class StudioBot(SmallBot):
    """Gives every command, menu, click and choice to `answer`, and every form to what opened it."""

    def __init__(self, answer: Answering) -> None:
        super().__init__()
        self.answer = answer
        self.done = asyncio.Event()
        """Set when an answer has run to its end."""

    async def setup_hook(self) -> None:
        self.tree.add_command(app_commands.Command(name="studio", description="Anything", callback=self._answer))
        for name in ("Imagine from this", "Who made this?"):
            self.tree.add_command(app_commands.ContextMenu(name=name, callback=self._answer_menu))
        await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            await self._answer(interaction)

    async def _answer_menu(self, interaction: discord.Interaction, message: discord.Message) -> None:
        interaction.extras["message"] = message
        await self._answer(interaction)

    async def _answer(self, interaction: discord.Interaction) -> None:
        self.seen.append(interaction)
        await self._keep_error(self.answer(interaction))
        self.done.set()


class RemixForm(ui.Modal, title="Remix"):
    """All kinds of fields, some of them prefilled; what comes back is told by `on_answer`."""

    hint: ui.TextDisplay[Any] = ui.TextDisplay("Change what you like.")
    prompt: ui.Label[Any] = ui.Label(
        text="Prompt",
        description="What to paint",
        component=ui.TextInput(
            custom_id="prompt", style=discord.TextStyle.paragraph, default="a red fox", max_length=4000
        ),
    )
    model: ui.Label[Any] = ui.Label(
        text="Model",
        component=ui.Select(
            custom_id="model",
            options=[
                discord.SelectOption(label="Quick", value="flux"),
                discord.SelectOption(label="Fine", value="midjourney", default=True),
            ],
        ),
    )
    pictures: ui.Label[Any] = ui.Label(
        text="Pictures", component=ui.FileUpload(custom_id="pictures", required=False, max_values=3)
    )
    private: ui.Label[Any] = ui.Label(text="Private", component=ui.Checkbox(custom_id="private", default=True))

    def __init__(self, on_answer: Callable[[RemixForm, discord.Interaction], Awaitable[object]]) -> None:
        super().__init__(custom_id="remix")
        self._on_answer = on_answer
        self.failures: list[Exception] = []

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await self._on_answer(self, interaction)

    async def on_error(self, _: discord.Interaction, error: Exception, *__: object) -> None:
        self.failures.append(error)

    @property
    def told(self) -> tuple[str, list[str], list[str], bool]:
        """Prompt, chosen models, names of the files, and whether it is private."""
        parts = (self.prompt.component, self.model.component, self.pictures.component, self.private.component)
        prompt, model, pictures, private = parts
        assert isinstance(prompt, ui.TextInput)
        assert isinstance(model, ui.Select)
        assert isinstance(pictures, ui.FileUpload)
        assert isinstance(private, ui.Checkbox)
        return prompt.value, model.values, [file.filename for file in pictures.values], private.value


class Board(ui.LayoutView):
    """40 components: sections with a thumbnail and a button, four pictures, a menu, two rows of buttons."""

    def __init__(self, text: str = "A board") -> None:
        super().__init__(timeout=None)
        container: ui.Container[Any] = ui.Container(accent_color=0x00AA88)
        container.add_item(ui.Section(ui.TextDisplay(text), accessory=ui.Thumbnail("attachment://teal.png")))
        container.add_item(
            ui.Section(
                ui.TextDisplay("One"), ui.TextDisplay("Two"), accessory=ui.Button(label="Open", custom_id="open")
            )
        )
        container.add_item(ui.Separator())
        gallery: ui.MediaGallery[Any] = ui.MediaGallery()
        for color in COLORS:
            gallery.add_item(media=f"attachment://{color}.png", description=f"in {color}")
        container.add_item(gallery)
        options = [discord.SelectOption(label=color.title(), value=color) for color in COLORS]
        menu: ui.Select[Any]
        menu = ui.Select(custom_id="colors", placeholder="Colours", options=options, min_values=1, max_values=2)
        container.add_item(ui.ActionRow(menu))
        for row in ("U", "V"):
            buttons = [ui.Button[Any](label=f"{row}{n}", custom_id=f"{row}:{n}") for n in range(1, 5)]
            container.add_item(ui.ActionRow(*buttons))
        self.add_item(container)
        while self.content_length() < 4000 and self.total_children_count < 40:
            self.add_item(ui.TextDisplay("-"))


def files() -> list[discord.File]:
    """What a board shows."""
    return [file(color) for color in COLORS]


def file(color: str) -> discord.File:
    return discord.File(io.BytesIO(picture(color)), f"{color}.png", description=f"a picture in {color}")


def form_of(sent: SentInteraction) -> Form:
    """The form that was opened."""
    assert sent.form is not None, sent.outcome
    return sent.form
