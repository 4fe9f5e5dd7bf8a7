"""`/inspire`: pictures of the gallery and their prompts, to begin with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

from discord import app_commands
from discord.ext import commands

from bot.chat.answering import acknowledge_click, add, fulfil, promise
from bot.domain.gallery import GalleryItem
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused
from bot.services.inspiration import Inspiration
from bot.services.intake import Intake
from bot.services.origin import Origin
from bot.services.preferences import Preferences
from bot.ui.drafts import draw_draft
from bot.ui.inspire import draw_found, draw_item, draw_page
from bot.ui.messages import Action, Message
from cogs.asking import told
from cogs.common import Click, Handlers, Interaction, Presses, bring, origin_of, present
from cogs.drafts import Drafts, offer_form

WHAT_LIMIT = 300
FORM_SECONDS = 2.0
"""A form can only be the first answer, and Discord waits three seconds for that."""

_MENDED_IN_THE_FORM = frozenset(
    {
        ProblemCode.PROMPT_TOO_LONG,
        ProblemCode.PROMPT_TOO_SHORT,
        ProblemCode.RATIO_UNSUPPORTED,
        ProblemCode.QUALITY_UNSUPPORTED,
        ProblemCode.OPTION_UNSUPPORTED,
        ProblemCode.OPTION_OUT_OF_RANGE,
        ProblemCode.OPTION_NOT_WHOLE,
        ProblemCode.REFERENCE_TYPE_NEEDS_REFERENCE,
        ProblemCode.REFERENCE_NOT_PUBLIC,
    }
)


class Inspire(commands.Cog):
    """The command, and the buttons below what it shows.

    All of it is seen by the member alone until they press Share: looking around fills no channel.
    """

    def __init__(
        self,
        inspiration: Inspiration,
        intake: Intake,
        drafts: Drafts,
        preferences: Preferences,
        form_seconds: float = FORM_SECONDS,
    ) -> None:
        """`form_seconds`: how long a form waits for the gallery."""
        self._inspiration = inspiration
        self._intake = intake
        self._drafts = drafts
        self._preferences = preferences
        self._form_seconds = form_seconds
        self._presses = Presses()

    @property
    def handlers(self) -> Handlers:
        return {
            Action.INSPIRE: self._turn,
            Action.LOOK: self._look,
            Action.SHARE: self._share,
            Action.USE_PROMPT: self._use,
            Action.AS_IT_IS: self._use_as_it_is,
        }

    @app_commands.command(description=told("inspire"))
    @app_commands.describe(what=told("inspire.what"))
    async def inspire(self, interaction: Interaction, what: app_commands.Range[str, 1, WHAT_LIMIT]) -> None:
        await promise(interaction, ephemeral=True)
        await bring(interaction, self._find(what))

    async def _find(self, what: str) -> Message:
        return draw_found(await self._inspiration.ask(what))

    async def _turn(self, interaction: Interaction, click: Click) -> None:
        """Another page in the place of this one; where that fails this one stays."""
        await acknowledge_click(interaction)
        await fulfil(interaction, draw_page(await self._inspiration.page(click.note, click.index or 0)))

    async def _look(self, interaction: Interaction, click: Click) -> None:
        await promise(interaction, ephemeral=True)
        await bring(interaction, self._draw(click.note))

    async def _draw(self, image_id: str) -> Message:
        return draw_item(await self._inspiration.picture(image_id))

    async def _share(self, interaction: Interaction, click: Click) -> None:
        with self._presses.once(interaction, click.action, click.note):
            await acknowledge_click(interaction)
            item = await self._inspiration.picture(click.note)
            await add(interaction, draw_item(item, shared_by_id=interaction.user.id))

    # ------------------------------------------------------------ prompts

    async def _use(self, interaction: Interaction, click: Click) -> None:
        item = await self._soon(interaction, self._inspiration.picture(click.note))
        if item is not None:
            view = await self._inspiration.begin(item, await self._origin(interaction))
            await self._drafts.open(interaction, view)

    async def _use_as_it_is(self, interaction: Interaction, click: Click) -> None:
        item = await self._soon(interaction, self._inspiration.picture(click.note))
        if item is None:
            return
        origin = await self._origin(interaction)
        try:
            outcome = await self._inspiration.start(item, origin)
        except Refused as refused:
            await self._say_and_offer_form(interaction, item, origin, refused)
        else:
            await present(interaction, self._intake, outcome)

    async def _soon(self, interaction: Interaction, looking: Coroutine[Any, Any, GalleryItem]) -> GalleryItem | None:
        """The picture; None where it took so long that the panel of a draft has been the answer. Raises Refused."""
        task = asyncio.create_task(looking)
        try:
            await asyncio.wait({task}, timeout=self._form_seconds)
            if task.done():
                return task.result()
            await promise(interaction, ephemeral=True)
            await bring(interaction, self._panel(interaction, task))
        finally:
            task.cancel()
        return None

    async def _panel(self, interaction: Interaction, looking: Awaitable[GalleryItem]) -> Message:
        """From there the form is one click away, and so is the start."""
        return draw_draft(await self._inspiration.begin(await looking, await self._origin(interaction)))

    async def _origin(self, interaction: Interaction) -> Origin:
        usual = await self._preferences.of(interaction.user.id)
        return origin_of(interaction, is_private=usual.is_private)

    async def _say_and_offer_form(
        self, interaction: Interaction, item: GalleryItem, origin: Origin, refused: Refused
    ) -> None:
        problems = [each for each in refused.problems if isinstance(each, Problem)]
        if not {each.code for each in problems} <= _MENDED_IN_THE_FORM:
            raise refused
        view = await self._inspiration.begin(item, origin)
        await offer_form(interaction, view.draft.id, problems)
