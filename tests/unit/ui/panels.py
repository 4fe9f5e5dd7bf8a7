"""Panels to draw, and what Discord takes of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.chat.forms import modal
from bot.chat.render import layout
from bot.domain.limits import House, Limits, Unit
from bot.domain.policy import Use
from bot.domain.views import LimitsView
from bot.ui.areas import Area
from bot.ui.buttons import CUSTOM_ID, custom_id
from bot.ui.limits import draw_limits
from bot.ui.limits_panel import Known, Panel, Place
from bot.ui.messages import Button, EntityMenu, Form, Menu, Message
from tests.unit.services.studio import MODELS
from tests.unit.ui.make import NOW

GUILD, SAM, NOOR = 5, 7, 8
ARTISTS, GUESTS, GONE = 11, 12, 99
ART, MEMES = 21, 22
KNOWN = Known({GUILD: "@everyone", ARTISTS: "Artists", GUESTS: "Guests"}, frozenset({ART, MEMES}))
USE = Use(45, 700, {Unit.CREDITS: 10, Unit.VIDEOS: 1}, NOW + 3600, NOW + 900_000)
COMPONENTS_MAX, CHARACTERS_MAX = 40, 4000
"""Of one message (Discord, Component Reference)."""


def panel(house: House | None = None, **changes: Any) -> Panel:
    """What a moderator sees; limits by their names, the rest by a panel's."""
    of_panel = {name: changes.pop(name) for name in list(changes) if name in Panel.__slots__}
    models = changes.pop("models_told", MODELS)
    view = LimitsView(GUILD, replace(Limits(), **changes), house or House(), USE, models, NOW)
    return replace(Panel(view, SAM, (GUILD, GUESTS), KNOWN, providers=("meigen",)), **of_panel)


def drawn(area: Area, of: Panel) -> Message:
    return draw_limits(replace(of, place=replace(of.place, area=area)))


def page(area: Area, house: House | None = None, **changes: Any) -> str:
    """The text of a page of `panel`."""
    return text(drawn(area, panel(house, **changes)))


def at(**changes: Any) -> Place:
    return replace(Place(Area.OVERVIEW), **changes)


def text(message: Message) -> str:
    return "\n".join((*message.texts, *(each.text for each in message.entries)))


def controls(message: Message) -> list[Button | Menu | EntityMenu]:
    rows = [*(each.row for each in message.entries), *message.rows]
    return [control for row in rows for control in row]


def control(message: Message, named: str) -> Any:
    """The button of that label, or the menu of that placeholder."""
    found = {each.label if isinstance(each, Button) else each.placeholder: each for each in controls(message)}
    return found[named]


def names(message: Message) -> list[str]:
    return [each.label if isinstance(each, Button) else each.placeholder for each in controls(message)]


def check(message: Message) -> None:
    """What Discord takes; discord.py itself refuses too many options, and too long labels of them."""
    view = layout(message)
    assert view.content_length() <= CHARACTERS_MAX, view.content_length()
    assert view.total_children_count <= COMPONENTS_MAX
    ids = [custom_id(each) for each in controls(message)]
    assert len(ids) == len(set(ids)), ids
    assert all(len(each) <= 100 and re.fullmatch(CUSTOM_ID, each) for each in ids), ids
    assert all(len(name) <= 150 for name in names(message))
    for menu in (each for each in controls(message) if not isinstance(each, Button)):
        chosen = menu.chosen if isinstance(menu, EntityMenu) else [each for each in menu.options if each.is_chosen]
        assert len(chosen) <= menu.most
        if isinstance(menu, Menu):
            assert 0 < len(menu.options) <= 25
            assert menu.most <= len(menu.options)
            assert all(len(each.label) <= 100 and len(each.value) <= 100 for each in menu.options)
            assert all(len(each.description) <= 100 for each in menu.options)
            assert len({each.value for each in menu.options}) == len(menu.options)
    assert "@everyone" not in text(message)


def check_form(form: Form) -> None:
    modal(form)
    assert len(form.title) <= 45
    assert 1 <= len(form.fields) <= 5
    assert all(len(field.label) <= 45 and len(field.hint) <= 100 for field in form.fields)
    assert re.fullmatch(CUSTOM_ID, custom_id(form))
