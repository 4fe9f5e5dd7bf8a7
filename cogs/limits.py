"""`/limits`: the moderators' panel, and what its buttons and menus set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from discord import app_commands
from discord.ext import commands

from bot.chat.answering import redraw, say
from bot.domain.highest import HIGHEST
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused
from bot.services.keys import Keyring
from bot.services.moderation import LISTS, SWITCHES, Moderation, Outcome
from bot.ui.areas import Area
from bot.ui.limits_panel import Place
from bot.ui.limits_rest import DO, ON
from bot.ui.limits_rules import models_beyond_menu
from bot.ui.messages import Action
from bot.ui.texts import EN
from cogs.asking import told
from cogs.buttons import FormHandler
from cogs.common import Click, Handler, Handlers, Interaction, own_page
from cogs.limits_desk import Desk, for_moderators, guild_of, let_in, log_channel
from cogs.limits_forms import LimitForms

_Set = Callable[[Interaction, Click], Awaitable[Outcome]]
_Said = Callable[[Interaction, Click], Awaitable[Sequence[str]]]


class Limits(commands.Cog):
    """One panel, page by page. What it shows is read anew for each page."""

    def __init__(self, desk: Desk, moderation: Moderation, keyring: Keyring, forms: LimitForms) -> None:
        self._desk = desk
        self._moderation = moderation
        self._keyring = keyring
        self._forms = forms
        self._setters: Mapping[str, tuple[Area, _Set]] = {
            "tiers": (Area.TIERS, self._drop_tier),
            "models": (Area.MAKING, self._set_models),
            "all_models": (Area.MAKING, self._allow_all_models),
            **dict.fromkeys(HIGHEST, (Area.MAKING, self._set_highest)),
            **dict.fromkeys(LISTS, (Area.PLACES, self._set_list)),
            "video_roles": (Area.MAKING, self._set_list),
            "blocked_members": (Area.PLACES, self._unblock),
            "blocked_words": (Area.WORDS, self._drop_words),
            **dict.fromkeys(SWITCHES, (Area.LOOKS, self._switch)),
            "log_channel": (Area.LOOKS, self._set_log_channel),
            "is_paused": (Area.FLOW, self._pause),
        }

    @property
    def handlers(self) -> Handlers:
        openers = self._forms.openers
        found = {Action.LIMITS: self._go, Action.LIMIT: self._set, **openers}
        return {action: _guarded(do) for action, do in found.items()}

    @property
    def forms(self) -> Mapping[str, FormHandler]:
        return self._forms.takers

    @app_commands.command(description=told("limits"))
    @for_moderators
    async def limits(self, interaction: Interaction) -> None:
        await say(interaction, await self._desk.page(interaction, Place(Area.OVERVIEW)))

    async def _go(self, interaction: Interaction, click: Click) -> None:
        """To another page: the menu names it by its value, a button by its note."""
        area, _, before = (next(iter(click.values), "") or click.note).partition("/")
        place = Place(Area(area), click.index or 0, int(before) if before.isdecimal() else None)
        await redraw(interaction, await self._desk.page(interaction, place))

    async def _set(self, interaction: Interaction, click: Click) -> None:
        setting, _, _ = click.note.partition("/")
        if setting in self._setters:
            area, change = self._setters[setting]
            await self._desk.change(interaction, Place(area), change(interaction, click))
        elif setting == "job":
            await self._do(interaction, Place(Area.FLOW), self._call_back(interaction, click))
        elif setting == "queue":
            await self._clear(interaction, click)
        elif setting == "own_key":
            await self._remove_key(interaction, click)
        else:
            raise Refused((Problem(ProblemCode.JOB_UNKNOWN),))

    async def _do(self, interaction: Interaction, place: Place, doing: Awaitable[Sequence[str]]) -> None:
        """The same as `Desk.change` of what is no setting."""
        said: Sequence[str] = ()
        problems: Sequence[object] = ()
        try:
            said = await doing
        except Refused as refused:
            problems = refused.problems
        await redraw(interaction, await self._desk.page(interaction, place, said=said, problems=problems))

    # ---- settings

    async def _drop_tier(self, interaction: Interaction, click: Click) -> Outcome:
        return await self._moderation.set_tier(guild_of(interaction), interaction.user.id, int(click.values[0]), {})

    async def _set_models(self, interaction: Interaction, click: Click) -> Outcome:
        """What the menu has no room for stays as it is; what was retired goes."""
        panel = await self._desk.panel(interaction, Place(Area.MAKING))
        names = (*click.values, *models_beyond_menu(panel))
        return await self._moderation.set_models(guild_of(interaction), interaction.user.id, names)

    async def _allow_all_models(self, interaction: Interaction, _: Click) -> Outcome:
        return await self._moderation.set_models(guild_of(interaction), interaction.user.id, ())

    async def _set_highest(self, interaction: Interaction, click: Click) -> Outcome:
        chosen = {click.note: click.values[0]}
        return await self._moderation.set_highest(guild_of(interaction), interaction.user.id, chosen)

    async def _set_list(self, interaction: Interaction, click: Click) -> Outcome:
        ids = tuple(map(int, click.values))
        return await self._moderation.set_list(guild_of(interaction), interaction.user.id, click.note, ids)

    async def _unblock(self, interaction: Interaction, click: Click) -> Outcome:
        return await self._moderation.unblock(guild_of(interaction), interaction.user.id, int(click.values[0]))

    async def _drop_words(self, interaction: Interaction, click: Click) -> Outcome:
        return await self._moderation.drop_words(guild_of(interaction), interaction.user.id, click.values)

    async def _switch(self, interaction: Interaction, click: Click) -> Outcome:
        switched = {click.note: click.index == ON}
        return await self._moderation.switch(guild_of(interaction), interaction.user.id, switched)

    async def _set_log_channel(self, interaction: Interaction, click: Click) -> Outcome:
        channel_id = log_channel(interaction, int(click.values[0]) if click.values else None)
        return await self._moderation.set_log_channel(guild_of(interaction), interaction.user.id, channel_id)

    async def _pause(self, interaction: Interaction, click: Click) -> Outcome:
        is_paused = click.index == ON
        return await self._moderation.pause(guild_of(interaction), interaction.user.id, is_paused=is_paused)

    # ---- requests and the key

    async def _call_back(self, interaction: Interaction, click: Click) -> Sequence[str]:
        job = await self._moderation.cancel(guild_of(interaction), interaction.user.id, int(click.values[0]))
        return (EN.called_back(job.user_id, job.state),)

    async def _clear(self, interaction: Interaction, click: Click) -> None:
        if click.index != DO:
            await redraw(interaction, await self._desk.page(interaction, Place(Area.FLOW, asks="queue")))
            return
        await self._do(interaction, Place(Area.FLOW), self._cleared(interaction))

    async def _cleared(self, interaction: Interaction) -> Sequence[str]:
        return (EN.cleared(await self._moderation.clear(guild_of(interaction), interaction.user.id)),)

    async def _remove_key(self, interaction: Interaction, click: Click) -> None:
        _, _, provider = click.note.partition("/")
        if click.index != DO:
            await redraw(interaction, await self._desk.page(interaction, Place(Area.KEY, asks=provider)))
            return
        await self._do(interaction, Place(Area.KEY), self._removed(interaction, provider))

    async def _removed(self, interaction: Interaction, provider: str) -> Sequence[str]:
        change = await self._keyring.remove(guild_of(interaction), interaction.user.id, provider)
        return (EN.key_removed(provider, change.last_four, change.moved, change.cancelled),)


def _guarded(do: Handler) -> Handler:
    """A click on one's own panel, by who may still use it."""

    async def guarded(interaction: Interaction, click: Click) -> None:
        own_page(interaction, click)
        let_in(interaction)
        await do(interaction, click)

    return guarded
