"""A panel as moderators would have it, on the real client: all kinds of selects, a form, reports with files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from discord import app_commands
from discord.ext import commands

from bot.chat.answering import acknowledge_click, ask, promise, redraw, say
from bot.chat.client import Easel, Offered
from bot.chat.forms import Answers
from bot.clock import SystemClock
from bot.ui.messages import (
    Accent,
    Action,
    Button,
    EntityKind,
    EntityMenu,
    Form,
    Generated,
    Kept,
    Menu,
    Message,
    Option,
    Picture,
    Row,
    TextField,
)
from cogs.buttons import Buttons
from cogs.common import Click, Handlers, Interaction, bring
from tests.chat.world import MadeUpDocuments
from tests.support.discord_bot import picture

CSV = b"member,credits\nmia,12\n"
CHART = picture(size=(320, 120))
REPORT = Message(
    Accent.DONE,
    ("The last 7 days",),
    gallery=(Picture("attachment://usage.png", "A chart"),),
    attachments=(Generated("usage.png", CHART, "A chart"), Generated("usage.csv", CSV)),
    files=("usage.csv",),
)
FORM = Form(
    Action.FORM,
    7,
    "Credits",
    (TextField("credits", "Credits a day", most_characters=6, placeholder="no limit"), TextField("why", "Why")),
)


@dataclass
class Panel(commands.Cog):
    """Shows what is chosen as chosen, until its form is handed in."""

    chosen: dict[EntityKind, tuple[int, ...]] = field(default_factory=dict)
    clicks: list[Click] = field(default_factory=list)
    report: Message = REPORT
    text: str = "Limits"

    @app_commands.command(description="The panel")
    async def panel(self, interaction: Interaction) -> None:
        await say(interaction, self.drawn())

    @app_commands.command(description="A report")
    async def report_now(self, interaction: Interaction) -> None:
        await say(interaction, self.report)

    @app_commands.command(description="A report that takes a while")
    async def report_later(self, interaction: Interaction) -> None:
        await promise(interaction, ephemeral=True)
        await bring(interaction, self._made())

    async def _made(self) -> Message:
        return self.report

    def drawn(self) -> Message:
        entities: list[Row] = [
            (EntityMenu(Action.MODEL, 7, kind.title(), kind, self.chosen.get(kind, ()), most=3, index=number),)
            for number, kind in enumerate(EntityKind)
        ]
        models = tuple(Option(each, each) for each in ("swift", "slow", "fine"))
        menus: list[Row] = [
            (Menu(Action.TIER, 7, "Models", models, index=1, note="x", least=0, most=3),),
            (Menu(Action.TIER, 8, "Later", models, is_disabled=True),),
            (Button(Action.SHOW, 7, "Report"), Button(Action.CHANGE, 7, "Credits"), Button(Action.START, 7, "Chart")),
        ]
        return Message(Accent.WAITING, (self.text,), rows=(*entities, *menus))

    def buttons(self) -> Buttons:
        handlers: Handlers = {
            Action.MODEL: self._pick,
            Action.TIER: self._pick,
            Action.SHOW: self._report_after,
            Action.CHANGE: self._open,
            Action.START: self._chart,
        }
        return Buttons(handlers, {Action.FORM: self._filled})

    async def _pick(self, interaction: Interaction, click: Click) -> None:
        self.clicks.append(click)
        if click.action == Action.MODEL:
            self.chosen[list(EntityKind)[click.index or 0]] = tuple(map(int, click.values))
        await redraw(interaction, self.drawn())

    async def _report_after(self, interaction: Interaction, _: Click) -> None:
        await acknowledge_click(interaction)
        await say(interaction, self.report)

    async def _open(self, interaction: Interaction, _: Click) -> None:
        await ask(interaction, FORM)

    async def _chart(self, interaction: Interaction, _: Click) -> None:
        """Shows the report in the panel's place; once more, keeps what it has."""
        there = interaction.message.attachments if interaction.message else []
        kept = tuple(Kept(each.id, each.filename, each.url) for each in there)
        again = Button(Action.START, 7, "Chart")
        await redraw(interaction, replace(REPORT, rows=((again,),), attachments=kept or REPORT.attachments))

    async def _filled(self, interaction: Interaction, number: int, answers: Answers) -> None:
        self.text = f"{number}: {answers.texts['credits']} credits, for {answers.texts['why'] or 'no reason'}"
        self.chosen.clear()
        await redraw(interaction, self.drawn())


def panel_client(panel: Panel) -> Easel:
    return Easel(Offered((panel, panel.buttons())), MadeUpDocuments(), SystemClock())
