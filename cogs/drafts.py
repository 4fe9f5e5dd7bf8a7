"""Panels and forms: what a member prepares before it starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.chat.answering import ask, redraw, say
from bot.chat.forms import Answers
from bot.domain.catalog import Medium
from bot.domain.drafts import Draft, DraftView
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused
from bot.services.drafts import Drafting, Typing
from bot.services.intake import Intake, Offer
from bot.services.prompt_files import PromptFiles
from bot.ui.answers import notice, refusal
from bot.ui.drafts import FILE, MODEL, OPTIONS, PROMPT, REFERENCES, draft_form, draw_draft
from bot.ui.messages import Action, Button
from bot.ui.texts import EN
from cogs.buttons import FormHandler
from cogs.common import Click, Handlers, Interaction, origin_of, reference_of, show_card
from cogs.pictures import walk


class Drafts:
    """What the parts of a panel do, and where a form ends."""

    def __init__(self, drafting: Drafting, intake: Intake, files: PromptFiles) -> None:
        self._drafting = drafting
        self._intake = intake
        self._files = files

    @property
    def handlers(self) -> Handlers:
        return {
            Action.START: self._start,
            Action.CHANGE: self._change,
            Action.DISCARD: self._discard,
            **dict.fromkeys((Action.MODEL, Action.DURATION, Action.TIER, Action.RESOLUTION), self._choose),
        }

    @property
    def forms(self) -> Mapping[str, FormHandler]:
        return {Action.FORM: self.hand_in}

    async def open(self, interaction: Interaction, view: DraftView) -> None:
        """Answer with the form of a draft, filled with what it holds."""
        await ask(interaction, draft_form(view))

    async def _start(self, interaction: Interaction, click: Click) -> None:
        draft = await self._drafting.read(click.id, interaction.user.id)
        origin = origin_of(interaction, is_private=draft.is_private)
        outcome = await self._intake.start(draft.id, origin, seen_price=click.note)
        if isinstance(outcome, DraftView):
            await redraw(interaction, draw_draft(outcome, is_price_new=True))
        else:
            await show_card(interaction, self._intake, outcome)

    async def _change(self, interaction: Interaction, click: Click) -> None:
        draft = await self._drafting.read(click.id, interaction.user.id)
        await self.open(interaction, await self._drafting.view(draft, interaction.guild_id))

    async def _discard(self, interaction: Interaction, click: Click) -> None:
        await self._drafting.discard(click.id, interaction.user.id)
        await redraw(interaction, notice(EN.discarded))

    async def _choose(self, interaction: Interaction, click: Click) -> None:
        value = next(iter(click.values), "")
        view = await self._drafting.choose(
            click.id, interaction.user.id, interaction.guild_id, Action(click.action), value
        )
        await redraw(interaction, draw_draft(view))

    async def hand_in(self, interaction: Interaction, draft_id: int, answers: Answers) -> None:
        """A form: what was typed is kept, looked at, and started, unless it is to be confirmed or mended first."""
        draft = await self._drafting.read(draft_id, interaction.user.id)
        try:
            outcome = await self._handed_in(interaction, draft, answers)
        except Refused as refused:
            problems = [each for each in refused.problems if isinstance(each, Problem)]
            if any(each.code is ProblemCode.DRAFT_GONE for each in problems):
                raise
            await offer_form(interaction, draft.id, problems)
        else:
            if isinstance(outcome, DraftView):
                await _show_panel(interaction, outcome)
            else:
                await show_card(interaction, self._intake, outcome)

    async def _handed_in(self, interaction: Interaction, draft: Draft, answers: Answers) -> Offer | DraftView:
        pictures = tuple(reference_of(file) for file in answers.files.get(REFERENCES, ()))
        typing = Typing(
            await self._words(answers), answers.texts.get(OPTIONS, ""), answers.texts.get(MODEL) or None, pictures
        )
        view = await self._drafting.hand_in(draft.id, draft.user_id, interaction.guild_id, typing)
        if view.draft.request.medium is Medium.VIDEO:
            # A video is started from its panel, where its price stands.
            return view
        return await self._intake.start(draft.id, origin_of(interaction, is_private=draft.is_private))

    async def _words(self, answers: Answers) -> str:
        """The file goes before the field. Raises Refused."""
        file = next(iter(answers.files.get(FILE, ())), None)
        return answers.texts.get(PROMPT, "") if file is None else await self._files.read(reference_of(file))


async def offer_form(interaction: Interaction, draft_id: int, problems: Iterable[Problem]) -> None:
    """Why a draft was not taken, and a way to its form with all that was typed."""
    row = (Button(Action.CHANGE, draft_id, EN.edit_again),)
    await say(interaction, replace(refusal(problems), rows=(row,)))


async def _show_panel(interaction: Interaction, view: DraftView) -> None:
    """In the place of the one that the form was opened from; a form opened from a card must leave that alone."""
    message = interaction.message
    parts = () if message is None else walk(message.components)
    start = rf"easel:{Action.START}:{view.draft.id}(?::.*)?"
    if any(re.fullmatch(start, getattr(part, "custom_id", None) or "") for part in parts):
        await redraw(interaction, draw_draft(view))
    else:
        await say(interaction, draw_draft(view))
