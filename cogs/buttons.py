"""The buttons under cards."""

from __future__ import annotations

import re
from typing import Any, Self

from discord import ui
from discord.ext import commands

from bot.chat.answering import acknowledge_click, explain, say
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused, SurfaceError
from bot.ports import CardKind
from bot.ui.answers import confirmation
from bot.ui.buttons import CUSTOM_ID
from bot.ui.messages import Action
from cogs.common import Intake, Interaction, log, origin_of, show_card


class Buttons(commands.Cog):
    """What a click does. State is in the store, so buttons work after any restart."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def pressed(self, interaction: Interaction, action: str, job_id: int) -> None:
        """Raises Refused."""
        match action:
            case Action.CANCEL:
                await self._cancel(interaction, job_id)
            case Action.AGAIN | Action.CONFIRM:
                await self._again(interaction, job_id)
            case Action.ASK:
                await say(interaction, confirmation(await self._intake.known(job_id)))
            case _:
                # Of another version of Easel.
                raise Refused((Problem(ProblemCode.JOB_UNKNOWN),))

    async def _cancel(self, interaction: Interaction, job_id: int) -> None:
        origin = origin_of(interaction, is_private=_is_private(interaction))
        try:
            # First, since the click's token edits the card only once the click is taken.
            await acknowledge_click(interaction)
        except SurfaceError as error:
            log.warning("job %d: its click was not taken: %s", job_id, error)
        else:
            await self._intake.clicked(job_id, origin)
        await self._intake.cancel(job_id, origin)

    async def _again(self, interaction: Interaction, job_id: int) -> None:
        job = await self._intake.known(job_id)
        # A confirmation is seen by one member alone, the card that it leads to by all who saw the first one.
        origin = origin_of(interaction, is_private=job.is_private)
        offer = await self._intake.again(job_id, origin)
        await show_card(interaction, self._intake, offer, ephemeral=origin.card_kind is CardKind.PRIVATE)


def _is_private(interaction: Interaction) -> bool:
    return interaction.message is not None and interaction.message.flags.ephemeral


class CardButton(ui.DynamicItem[ui.Button[Any]], template=CUSTOM_ID):
    """Any button of any card, told by its custom_id."""

    def __init__(self, button: ui.Button[Any], action: str, job_id: int) -> None:
        super().__init__(button)
        self._action = action
        self._job_id = job_id

    @classmethod
    async def from_custom_id(cls, _: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        assert isinstance(item, ui.Button)
        return cls(item, match["action"], int(match["job_id"]))

    async def callback(self, interaction: Interaction) -> None:
        buttons = interaction.client.get_cog(Buttons.__cog_name__)
        assert isinstance(buttons, Buttons)
        try:
            await buttons.pressed(interaction, self._action, self._job_id)
        except Exception as error:  # noqa: BLE001  discord.py would only log it, and the member would learn nothing
            await explain(interaction, error)
