"""What the pages of the moderators' panel are drawn from, and the parts that they share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.jobs import Job
from bot.domain.keys import KeyView
from bot.domain.limits import Change
from bot.domain.problems import Problem
from bot.domain.views import LimitsView
from bot.ui.areas import Area
from bot.ui.markdown import one_line, plain, shorten
from bot.ui.messages import Action, Button, ButtonStyle, EntityKind, EntityMenu, Entry, Menu, Option, Row
from bot.ui.texts import EN, Texts

OPTIONS_MAX = 25
"""Of a menu (Discord, Component Reference)."""
OPTION_LIMIT = 100
NAME_LIMIT = 40
LISTED = 15
"""So many of a list are named."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a guild has, as Discord has told. None: it has not, so nothing counts as gone."""

    roles: Mapping[int, str] | None = None
    """Names by id."""
    channels: Collection[int] | None = None

    def has_role(self, role_id: int) -> bool:
        return self.roles is None or role_id in self.roles

    def has_channel(self, channel_id: int) -> bool:
        return self.channels is None or channel_id in self.channels


@dataclass(frozen=True, slots=True)
class Page:
    """Of the panel, below its title: texts with what changes them, then more controls."""

    entries: tuple[Entry, ...]
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the panel."""

    area: Area
    number: int = 0
    """Of a list's pages, from 0."""
    before: int | None = None
    """Changes older than this one; None: the latest."""
    asks: str = ""
    """What is to be confirmed: `queue` to be cleared, or the provider whose key shall go."""


@dataclass(frozen=True, slots=True)
class Panel:
    """All that a page shows. Keys, jobs and changes are there where the page needs them."""

    view: LimitsView
    user_id: int
    """The moderator who looks at it, and below what roles that is."""
    role_ids: tuple[int, ...] = ()
    known: Known = Known()
    place: Place = field(default_factory=lambda: Place(Area.OVERVIEW))
    keys: Sequence[KeyView] = ()
    providers: Sequence[str] = ()
    """Services where something can be made for it, whoever pays."""
    jobs: Sequence[Job] = ()
    changes: Sequence[Change] = ()
    has_older: bool = False
    """Whether there may be changes before these."""
    log_lacks: tuple[str, ...] = ()
    """Permissions that are missing in the log channel."""
    said: tuple[str, ...] = ()
    """What has just been done."""
    problems: tuple[Problem, ...] = ()
    """Why something has not been done."""
    again: Button | None = None
    """Back to the form that was refused."""

    def model_name(self, model_id: str | None, texts: Texts = EN) -> str:
        """As its upstream writes it."""
        name = next((model.name for model in self.view.models if model.id == model_id), model_id)
        return name or texts.default_model

    # ---- names, as markdown

    def model(self, model_id: str | None, texts: Texts = EN) -> str:
        return one_line(self.model_name(model_id, texts), NAME_LIMIT)

    def role(self, role_id: int, texts: Texts = EN) -> str:
        if role_id == self.view.guild_id:
            # The role of all members has the guild's own id.
            return texts.everybody
        return f"<@&{role_id}>" if self.known.has_role(role_id) else texts.role_gone

    def channel(self, channel_id: int, texts: Texts = EN) -> str:
        return f"<#{channel_id}>" if self.known.has_channel(channel_id) else texts.channel_gone

    def entry(self, name: str, each: int, texts: Texts = EN) -> str:
        """An entry of a list of roles or channels, by the list's name in `Limits`."""
        return self.channel(each, texts) if name == "channels" else self.role(each, texts)

    def has(self, name: str, each: int) -> bool:
        return self.known.has_channel(each) if name == "channels" else self.known.has_role(each)


def some(items: Sequence[str], texts: Texts, most: int = LISTED) -> str:
    """The first of many, and how many more there are."""
    more = [texts.and_more(len(items) - most)] if len(items) > most else []
    return ", ".join((*dict.fromkeys(items[:most]), *more))


# ---------------------------------------------------------------- controls


def setter(
    panel: Panel, label: str, setting: str, index: int = 0, style: ButtonStyle = ButtonStyle.SECONDARY
) -> Button:
    """A button that sets something at once; its index says to what."""
    return Button(Action.LIMIT, panel.user_id, label, style, index, note=setting)


def choices(panel: Panel, placeholder: str, setting: str, options: Iterable[Option], most: int = 1) -> Menu:
    """A menu that sets something at once; with `most` over 1, nothing may be chosen, too."""
    found = tuple(options)[:OPTIONS_MAX]
    least = 0 if most > 1 else 1
    return Menu(
        Action.LIMIT, panel.user_id, placeholder, found, index=0, note=setting, least=least, most=min(most, len(found))
    )


def option(label: str, value: str, *, is_chosen: bool = False, description: str = "") -> Option:
    """Of a menu, in letters that can be seen and not too many."""
    return Option(
        shorten(plain(label).strip() or value, OPTION_LIMIT),
        value,
        is_chosen,
        shorten(plain(description).strip(), OPTION_LIMIT),
    )


def fits_option(value: str) -> bool:
    """Whether it can be the value of one."""
    return bool(value.strip()) and len(value) <= OPTION_LIMIT


def entities(panel: Panel, placeholder: str, setting: str, kind: EntityKind, chosen: Sequence[int]) -> EntityMenu:
    """A native select that shows what of a list is still there. It holds 25; of more it can say nothing."""
    there = tuple(each for each in chosen if panel.has(setting, each))
    is_full = len(there) > OPTIONS_MAX
    return EntityMenu(
        Action.LIMIT,
        panel.user_id,
        placeholder,
        kind,
        () if is_full else there,
        most=OPTIONS_MAX,
        index=0,
        note=setting,
        is_disabled=is_full,
    )
