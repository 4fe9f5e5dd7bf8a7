"""`/history`: what was asked for, and what came of it."""

from __future__ import annotations

from discord import app_commands
from discord.app_commands import Choice, locale_str
from discord.ext import commands

from bot.chat.answering import acknowledge_click, promise, say
from bot.domain.catalog import Medium
from bot.domain.history import Wanted
from bot.domain.jobs import Job
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused
from bot.services.history import Past
from bot.services.intake import Intake
from bot.services.showing import Showing
from bot.ui.answers import CHOICE_LIMIT, notice
from bot.ui.cards import draw
from bot.ui.history import draw_history
from bot.ui.markdown import plain, shorten
from bot.ui.messages import Action, Message
from bot.ui.texts import EN
from cogs.asking import told, typed
from cogs.common import Click, Handlers, Interaction, Presses, bring, own_page


class History(commands.Cog):
    """Own requests, a page at a time, and back again as cards."""

    def __init__(self, past: Past, intake: Intake, showing: Showing) -> None:
        self._past = past
        self._intake = intake
        self._showing = showing
        self._presses = Presses()

    @property
    def handlers(self) -> Handlers:
        return {Action.HISTORY: self._turn, Action.SHOW: self._show}

    @app_commands.command(description=told("history"))
    @app_commands.describe(model=told("history.model"), medium=told("history.medium"))
    @app_commands.choices(medium=[Choice(name=locale_str(EN.headings[each]), value=each.value) for each in Medium])
    async def history(self, interaction: Interaction, model: str | None = None, medium: str | None = None) -> None:
        wanted = self._past.wanted(medium, typed(model))
        await promise(interaction, ephemeral=True)
        await bring(interaction, self._page(interaction.user.id, wanted, 0))

    @history.autocomplete("model")
    async def complete_model(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        used = await self._past.models(interaction.user.id, text)
        return [
            Choice(name=shorten(plain(name), CHOICE_LIMIT), value=value)
            for name, value in used
            if len(value) <= CHOICE_LIMIT
        ]

    async def _turn(self, interaction: Interaction, click: Click) -> None:
        user_id = own_page(interaction, click)
        medium, _, model = click.note.partition("/")
        await acknowledge_click(interaction)
        await bring(interaction, self._page(user_id, self._past.wanted(medium, model or None), click.index or 0))

    async def _page(self, user_id: int, wanted: Wanted, number: int) -> Message:
        return draw_history(await self._past.page(user_id, wanted, number))

    async def _show(self, interaction: Interaction, click: Click) -> None:
        job = await self._intake.known(click.id)
        if job.user_id != interaction.user.id:
            raise Refused((Problem(ProblemCode.NOT_YOURS),))
        if not job.is_final:
            await say(interaction, notice(EN.under_way_again()))
            return
        with self._presses.once(interaction, click.action, job.id):
            await promise(interaction, ephemeral=job.is_private)
            await bring(interaction, self._card(job, interaction.filesize_limit))

    async def _card(self, job: Job, limit_bytes: int) -> Message:
        return draw(await self._showing.all(job, limit_bytes, {}))
