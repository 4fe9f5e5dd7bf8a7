"""The forms of the panel of limits: opened, handed in, and offered once more with what was typed where it was wrong."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass

from bot.chat.answering import acknowledge_click, ask, promise, redraw
from bot.chat.forms import Answers
from bot.domain.limits import FIGURES, Unit
from bot.errors import Refused
from bot.services.keys import Keyring
from bot.services.moderation import Moderation, Outcome
from bot.ui.areas import Area, area_of, forms_of
from bot.ui.limits_amounts import ZONE, figures_form, figures_shown, tier_form, zone_form
from bot.ui.limits_panel import Place
from bot.ui.limits_rest import KEY, PROVIDER, key_form
from bot.ui.limits_rules import REASON, TEXT, UNTIL, WORDS, block_form, trial_form, tried, words_form
from bot.ui.messages import Action, Button, ButtonStyle, Message
from bot.ui.texts import EN
from cogs.buttons import FormHandler
from cogs.common import Click, Handlers, Interaction, bring
from cogs.limits_desk import Desk, guild_of, keep_latest, let_in

AGAIN = "/again"
"""Ends the note of a button that opens a form with what was typed into it."""
KEPT = 500


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was handed in: what opens it, and what was typed."""

    action: Action
    texts: Mapping[str, str]
    subject: str = ""
    """What the form is about, as the note of the button that opens it."""
    number: int = 0


class LimitForms:
    """What moderators typed wrong is kept in memory, of each moderator the latest; a key never."""

    def __init__(self, desk: Desk, moderation: Moderation, keyring: Keyring) -> None:
        self._desk = desk
        self._moderation = moderation
        self._keyring = keyring
        self._typed: OrderedDict[tuple[int, int], Filled] = OrderedDict()
        self._shown: OrderedDict[tuple[int, int, Area, int], Mapping[str, str]] = OrderedDict()
        """What a moderator's form was filled with, by guild, member, page and number."""

    @property
    def openers(self) -> Handlers:
        return {
            Action.LIMIT_FIGURES: self._open_figures,
            Action.LIMIT_ZONE: self._open_zone,
            Action.LIMIT_TIER: self._open_tier,
            Action.LIMIT_BLOCK: self._open_block,
            Action.LIMIT_WORDS: self._open_words,
            Action.LIMIT_TEST: self._open_trial,
            Action.LIMIT_KEY: self._open_key,
        }

    @property
    def takers(self) -> Mapping[str, FormHandler]:
        found = {
            Action.LIMIT_FIGURES: self._take_figures,
            Action.LIMIT_ZONE: self._take_zone,
            Action.LIMIT_TIER: self._take_tier,
            Action.LIMIT_BLOCK: self._take_block,
            Action.LIMIT_WORDS: self._take_words,
            Action.LIMIT_TEST: self._take_trial,
        }
        return {Action.LIMIT_KEY: self._take_key} | {action: _guarded(take) for action, take in found.items()}

    # ---- opened

    async def _open_figures(self, interaction: Interaction, click: Click) -> None:
        area = Area(_subject(click))
        number = click.index or 0
        panel = await self._desk.panel(interaction, Place(area))
        form = figures_form(panel, area, number, self._typed_before(interaction, click))
        form_id = (guild_of(interaction), interaction.user.id, area, number)
        keep_latest(self._shown, form_id, figures_shown(panel, area, number), KEPT)
        await ask(interaction, form)

    async def _open_zone(self, interaction: Interaction, click: Click) -> None:
        panel = await self._desk.panel(interaction, Place(Area.BUDGETS))
        await ask(interaction, zone_form(panel, self._typed_before(interaction, click)))

    async def _open_tier(self, interaction: Interaction, click: Click) -> None:
        panel = await self._desk.panel(interaction, Place(Area.TIERS))
        await ask(interaction, tier_form(panel, int(_subject(click)), self._typed_before(interaction, click)))

    async def _open_block(self, interaction: Interaction, click: Click) -> None:
        await ask(interaction, block_form(int(_subject(click)), self._typed_before(interaction, click)))

    async def _open_words(self, interaction: Interaction, click: Click) -> None:
        await ask(interaction, words_form(interaction.user.id, self._typed_before(interaction, click)))

    async def _open_trial(self, interaction: Interaction, _: Click) -> None:
        await ask(interaction, trial_form(interaction.user.id))

    async def _open_key(self, interaction: Interaction, _: Click) -> None:
        await self.ask_for_key(interaction)

    async def ask_for_key(self, interaction: Interaction) -> None:
        """Answer with the form for a key. Its id is the time: from a command, nothing else tells how old it is."""
        await ask(interaction, key_form(int(interaction.created_at.timestamp()), self._keyring.providers))

    def _typed_before(self, interaction: Interaction, click: Click) -> Mapping[str, str]:
        """What was typed into the form that was refused, if it is the one that is to be opened again."""
        filled = self._typed.get((guild_of(interaction), interaction.user.id))
        is_wanted = click.note.endswith(AGAIN)
        if not is_wanted or filled is None or (filled.action, filled.subject) != (click.action, _subject(click)):
            return {}
        return filled.texts

    # ---- handed in

    async def _take_figures(self, interaction: Interaction, _: int, answers: Answers) -> None:
        typed = {name: text for name, text in answers.texts.items() if name in FIGURES}
        area = area_of(next(iter(typed), ""))
        number = next((number for number, names in enumerate(forms_of(area)) if set(typed) & set(names)), 0)
        # What was left as the form showed it may be another moderator's by now.
        shown = self._shown.get((guild_of(interaction), interaction.user.id, area, number), {})
        new = {name: text for name, text in typed.items() if text.strip() != shown.get(name)}
        changing = self._moderation.set_figures(guild_of(interaction), interaction.user.id, new)
        await self._take(interaction, Place(area), changing, Filled(Action.LIMIT_FIGURES, typed, area, number))

    async def _take_zone(self, interaction: Interaction, _: int, answers: Answers) -> None:
        typed = answers.texts.get(ZONE, "")
        changing = self._moderation.set_time_zone(guild_of(interaction), interaction.user.id, typed)
        await self._take(interaction, Place(Area.BUDGETS), changing, Filled(Action.LIMIT_ZONE, answers.texts))

    async def _take_tier(self, interaction: Interaction, role_id: int, answers: Answers) -> None:
        typed = {unit: answers.texts[unit] for unit in Unit if unit in answers.texts}
        changing = self._moderation.set_tier(guild_of(interaction), interaction.user.id, role_id, typed)
        filled = Filled(Action.LIMIT_TIER, answers.texts, str(role_id))
        await self._take(interaction, Place(Area.TIERS), changing, filled)

    async def _take_block(self, interaction: Interaction, member_id: int, answers: Answers) -> None:
        until, reason = answers.texts.get(UNTIL, ""), answers.texts.get(REASON, "")
        changing = self._moderation.block(guild_of(interaction), interaction.user.id, member_id, until, reason)
        filled = Filled(Action.LIMIT_BLOCK, answers.texts, str(member_id))
        await self._take(interaction, Place(Area.PLACES), changing, filled)

    async def _take_words(self, interaction: Interaction, _: int, answers: Answers) -> None:
        typed = answers.texts.get(WORDS, "")
        changing = self._moderation.add_words(guild_of(interaction), interaction.user.id, typed)
        await self._take(interaction, Place(Area.WORDS), changing, Filled(Action.LIMIT_WORDS, answers.texts))

    async def _take(self, interaction: Interaction, place: Place, changing: Awaitable[Outcome], filled: Filled) -> None:
        """Change, and show the page again; where that is refused, with a way back to the form."""
        await self._desk.change(interaction, place, changing, again=lambda: self._kept(interaction, filled))

    def _kept(self, interaction: Interaction, filled: Filled) -> Button:
        user_id = interaction.user.id
        whose = (guild_of(interaction), user_id)
        keep_latest(self._typed, whose, filled, KEPT)
        return Button(
            filled.action,
            user_id,
            EN.change_typed,
            ButtonStyle.PRIMARY,
            filled.number,
            note=f"{filled.subject}{AGAIN}",
        )

    async def _take_trial(self, interaction: Interaction, _: int, answers: Answers) -> None:
        text = answers.texts.get(TEXT, "")
        said = tried(text, await self._moderation.test_words(guild_of(interaction), text))
        await redraw(interaction, await self._desk.page(interaction, Place(Area.WORDS), said=(said,)))

    async def _take_key(self, interaction: Interaction, opened_at: int, answers: Answers) -> None:
        """It is checked by the service, which takes its time."""
        let_in(interaction, opened_at)
        if interaction.message is None:
            await promise(interaction, ephemeral=True)
        else:
            await acknowledge_click(interaction)
        await bring(interaction, self._entered(interaction, answers))

    async def _entered(self, interaction: Interaction, answers: Answers) -> Message:
        providers = self._keyring.providers
        provider = answers.texts.get(PROVIDER) or providers[0]
        try:
            change = await self._keyring.enter(
                guild_of(interaction), interaction.user.id, provider, answers.texts.get(KEY, "")
            )
        except Refused as refused:
            return await self._desk.page(interaction, Place(Area.KEY), problems=refused.problems)
        said = EN.key_entered(change.provider, change.last_four, change.replaced_last_four, change.moved)
        return await self._desk.page(interaction, Place(Area.KEY), said=(said,))


def _guarded(take: FormHandler) -> FormHandler:
    """A form of the panel, by who may still use that."""

    async def guarded(interaction: Interaction, form_id: int, answers: Answers) -> None:
        let_in(interaction)
        await take(interaction, form_id, answers)

    return guarded


def _subject(click: Click) -> str:
    """What a form shall be about: chosen in a menu, or named by a button."""
    return next(iter(click.values), "") or click.note.removesuffix(AGAIN)
