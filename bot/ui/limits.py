"""The moderators' panel: what holds on a server, page by page, with the controls that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from bot.domain.limits import Change
from bot.ui import limits_amounts as amounts
from bot.ui import limits_rest as rest
from bot.ui import limits_rules as rules
from bot.ui.areas import Area
from bot.ui.limits_changes import told_change
from bot.ui.limits_panel import Page, Panel
from bot.ui.markdown import shorten
from bot.ui.messages import Accent, Action, Entry, Menu, Message, Option, Row
from bot.ui.texts import EN, Texts

SAID_MAX_CHARACTERS = 900
OVERVIEW_LINE_MAX_CHARACTERS = 320

_Draw = Callable[[Panel, Texts], Page]
_Sum = Callable[[Panel, Texts], str]


def draw_limits(panel: Panel, texts: Texts = EN) -> Message:
    """The page that the panel stands at."""
    area = panel.place.area
    page = _PAGES[area](panel, texts)
    title = texts.limits_title if area is Area.OVERVIEW else texts.area_title(area)
    return Message(
        _accent(panel),
        (*_told(panel, texts), title),
        entries=page.entries,
        rows=(*page.rows, *_again(panel), _ways(panel, texts)),
    )


def _accent(panel: Panel) -> Accent:
    if panel.problems:
        return Accent.FAILED
    return Accent.DONE if panel.said else Accent.WAITING


def _told(panel: Panel, texts: Texts) -> tuple[str, ...]:
    """What has just been done, or why it has not."""
    if panel.problems:
        sentences = dict.fromkeys(texts.problem(problem) for problem in panel.problems)
        return (shorten("\n".join((texts.not_changed_title, *sentences)), SAID_MAX_CHARACTERS),)
    return (shorten("\n".join(panel.said), SAID_MAX_CHARACTERS),) if panel.said else ()


def _again(panel: Panel) -> tuple[Row, ...]:
    return () if panel.again is None else ((panel.again,),)


def _ways(panel: Panel, texts: Texts) -> tuple[Menu]:
    """To all areas."""
    options = tuple(Option(texts.areas[area], area, description=texts.area_hints[area]) for area in Area)
    return (Menu(Action.LIMITS, panel.user_id, texts.go_to, options),)


def changed(
    panel: Panel, changes: Iterable[Change], overridden: Iterable[Change], texts: Texts = EN
) -> tuple[str, ...]:
    """What is different now, and whose choice it took the place of."""
    lines = [told_change(panel, change, texts) for change in changes]
    if not lines:
        return (texts.nothing_changed,)
    replaced = [texts.you_replaced(each.user_id, each.at, told_change(panel, each, texts)) for each in overridden]
    return (texts.changed_title, *lines, *replaced)


def replaced_notice(panel: Panel, changes: Iterable[Change], texts: Texts = EN) -> Message:
    """To the moderator who had set something before: the panel is another's, who changed it since."""
    lines = [told_change(panel, change, texts) for change in changes]
    return Message(Accent.UNSURE, (shorten(texts.was_replaced(panel.user_id, lines), SAID_MAX_CHARACTERS),))


# ---------------------------------------------------------------- the first page


def _overview(panel: Panel, texts: Texts) -> Page:
    lines = [
        texts.area_line(area, shorten(summary(panel, texts), OVERVIEW_LINE_MAX_CHARACTERS))
        for area, summary in _SUMMARIES.items()
    ]
    return Page((Entry(texts.limits_hint), Entry("\n".join(lines))))


_SUMMARIES: Mapping[Area, _Sum] = MappingProxyType(
    {
        Area.BUDGETS: lambda panel, texts: amounts.budgets_summary(panel.view.held, texts),
        Area.TIERS: amounts.tiers_summary,
        Area.PACE: lambda panel, texts: amounts.pace_summary(panel.view.held, texts),
        Area.MAKING: rules.making_summary,
        Area.PLACES: rules.places_summary,
        Area.WORDS: lambda panel, texts: texts.words_summary(len(panel.view.held.blocked_words)),
        Area.LOOKS: rest.looks_summary,
        Area.FLOW: rest.flow_summary,
        Area.KEY: rest.key_summary,
        Area.CHANGES: rest.changes_summary,
    }
)

_PAGES: Mapping[Area, _Draw] = MappingProxyType(
    {
        Area.OVERVIEW: _overview,
        Area.BUDGETS: amounts.budgets_page,
        Area.TIERS: amounts.tiers_page,
        Area.PACE: amounts.pace_page,
        Area.MAKING: rules.making_page,
        Area.PLACES: rules.places_page,
        Area.WORDS: rules.words_page,
        Area.LOOKS: rest.looks_page,
        Area.FLOW: rest.flow_page,
        Area.KEY: rest.key_page,
        Area.CHANGES: rest.changes_page,
    }
)
