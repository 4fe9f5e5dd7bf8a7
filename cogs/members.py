"""What only concerns the member who asks: `/preferences`, `/forget`, `/help`."""

from __future__ import annotations

from discord import app_commands
from discord.app_commands import Choice, locale_str
from discord.ext import commands

from bot.chat.answering import acknowledge_click, redraw, say
from bot.domain.catalog import Medium, Skill
from bot.domain.pings import Notify
from bot.services.catalogue import CHOICES_MAX, Catalogue
from bot.services.forgetting import Forgetting
from bot.services.history import Past
from bot.services.preferences import RESET, Preferences, Wishes
from bot.ui.answers import notice
from bot.ui.members import FORGET, forget_question, forgotten_notice, help_page, preferences_page
from bot.ui.messages import Action, Message
from bot.ui.texts import EN
from cogs.asking import choices, leave_out, models, told, typed
from cogs.common import Click, Handlers, Interaction, bring, own_page


class Members(commands.Cog):
    """Choices, forgetting, help."""

    def __init__(self, preferences: Preferences, past: Past, forgetting: Forgetting, catalogue: Catalogue) -> None:
        self._preferences = preferences
        self._past = past
        self._forgetting = forgetting
        self._catalogue = catalogue
        if Skill.VIDEOS not in catalogue.skills:
            leave_out(self.preferences, "video_model")

    @property
    def handlers(self) -> Handlers:
        return {Action.FORGET: self._forget}

    # ---- /preferences

    @app_commands.command(description=told("preferences"))
    @app_commands.describe(
        notify=told("preferences.notify"),
        model=told("preferences.model"),
        video_model=told("preferences.video_model"),
        aspect_ratio=told("preferences.aspect_ratio"),
        private=told("preferences.private"),
    )
    @app_commands.choices(notify=[Choice(name=locale_str(EN.notifications[each]), value=each.value) for each in Notify])
    async def preferences(  # noqa: PLR0913  the options of the command
        self,
        interaction: Interaction,
        notify: str | None = None,
        model: str | None = None,
        video_model: str | None = None,
        aspect_ratio: str | None = None,
        private: bool | None = None,  # noqa: FBT001  an option of the command
    ) -> None:
        wishes = Wishes(notify, typed(model), typed(video_model), typed(aspect_ratio), private)
        usual = await self._preferences.change(interaction.user.id, wishes)
        names = self._preferences.names(usual)
        await say(interaction, preferences_page(usual, names, is_changed=wishes != Wishes()))

    @preferences.autocomplete("model")
    async def complete_model(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        here = self._catalogue.at(interaction.guild_id)
        return _with_reset(models(self._catalogue, text, Medium.IMAGE, here), text)

    @preferences.autocomplete("video_model")
    async def complete_video_model(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        here = self._catalogue.at(interaction.guild_id)
        return _with_reset(models(self._catalogue, text, Medium.VIDEO, here), text)

    @preferences.autocomplete("aspect_ratio")
    async def complete_ratio(self, _: Interaction, text: str) -> list[Choice[str]]:
        return _with_reset(choices(self._preferences.ratios(text, CHOICES_MAX)), text)

    # ---- /forget

    @app_commands.command(description=told("forget"))
    async def forget(self, interaction: Interaction) -> None:
        user_id = interaction.user.id
        await say(interaction, forget_question(user_id, await self._past.count(user_id)))

    async def _forget(self, interaction: Interaction, click: Click) -> None:
        user_id = own_page(interaction, click)
        if click.index != FORGET:
            await redraw(interaction, notice(EN.kept_all()))
            return
        await acknowledge_click(interaction)
        await bring(interaction, self._forgotten(user_id))

    async def _forgotten(self, user_id: int) -> Message:
        return forgotten_notice(await self._forgetting.forget(user_id))

    # ---- /help

    @app_commands.command(description=told("help"))
    async def help(self, interaction: Interaction) -> None:
        await say(interaction, help_page(self._catalogue.skills_at(interaction.guild_id)))


def _with_reset(found: list[Choice[str]], text: str) -> list[Choice[str]]:
    """The way back first; also for who types it."""
    wanted = text.strip().casefold()
    is_asked_for = wanted in EN.the_usual.casefold() or wanted in RESET
    reset = [Choice(name=EN.the_usual, value=RESET)] if is_asked_for else []
    return [*reset, *found][:CHOICES_MAX]
