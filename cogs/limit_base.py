"""What the commands of `/limit` share."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping

from discord.app_commands import Choice
from discord.ext import commands

from bot.chat.answering import say
from bot.services.catalogue import CHOICES_MAX, Catalogue
from bot.services.moderation import Moderation, Outcome
from bot.ui.answers import CHOICE_LIMIT
from bot.ui.areas import Area
from bot.ui.limits_panel import Place
from bot.ui.markdown import plain, shorten
from cogs.common import Interaction
from cogs.limits_desk import Desk, guild_of


class LimitCommands(commands.Cog):
    """A part of the group. Each command answers with the panel's page, where what holds now and what changed stands."""

    def __init__(self, desk: Desk, moderation: Moderation, catalogue: Catalogue) -> None:
        self._desk = desk
        self._moderation = moderation
        self._catalogue = catalogue

    async def _show(self, interaction: Interaction, area: Area, said: Iterable[str] = ()) -> None:
        await say(interaction, await self._desk.page(interaction, Place(area), said=tuple(said)))

    async def _changed(self, interaction: Interaction, area: Area, changing: Awaitable[Outcome]) -> None:
        outcome = await changing
        await say(interaction, await self._desk.outcome(interaction, outcome, Place(area)))
        await self._desk.tell_others(interaction, outcome)

    async def _figures(self, interaction: Interaction, area: Area, options: Mapping[str, str | None]) -> None:
        """Figures by their names in `Limits`. An option that was left out changes nothing; all of them: show."""
        typed = given(options)
        if not typed:
            await self._show(interaction, area)
            return
        setting = self._moderation.set_figures(guild_of(interaction), interaction.user.id, typed)
        await self._changed(interaction, area, setting)


def given(options: Mapping[str, str | None]) -> dict[str, str]:
    """The options that were not left out."""
    return {name: text for name, text in options.items() if text is not None and text.strip()}


def offered(values: Iterable[tuple[str, str]], text: str) -> list[Choice[str]]:
    """Names and values that hold what was typed so far."""
    wanted = text.strip().casefold()
    found = [
        Choice(name=shorten(plain(name).strip() or value, CHOICE_LIMIT), value=value)
        for name, value in values
        if wanted in name.casefold() and 0 < len(value) <= CHOICE_LIMIT
    ]
    return found[:CHOICES_MAX]
