"""Pages of the moderators' panel with figures, and their forms: budgets, role tiers, queue and pace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.limits import ALLOWANCES, FIGURES, Allowance, Limits, Unit
from bot.domain.views import LimitsView
from bot.ui.areas import FIGURES_OF, Area, forms_of
from bot.ui.limits_panel import Page, Panel, choices, option, some
from bot.ui.markdown import one_line, plain, shorten
from bot.ui.messages import Action, Button, EntityKind, EntityMenu, Entry, Form, Row, TextField
from bot.ui.texts import EN, Texts

FIGURE_MAX_CHARACTERS = 12
ZONE_MAX_CHARACTERS = 60
TITLE_MAX_CHARACTERS = 45
"""Of a form (Discord, Modal)."""
TIERS_SHOWN = 20
ZONE = "time_zone"
"""The name of the field."""


# ---------------------------------------------------------------- figures


def figure_lines(panel: Panel, names: Sequence[str], texts: Texts) -> list[str]:
    """A line each."""
    return [texts.figure_line(name, getattr(panel.view.held, name), _remarks(panel, name, texts)) for name in names]


def _remarks(panel: Panel, name: str, texts: Texts) -> list[str]:
    view = panel.view
    chosen, default, ceiling = (
        getattr(view.chosen, name),
        getattr(view.house.defaults, name),
        view.house.ceiling.get(name),
    )
    remarks = [_used(view, name, texts)]
    if chosen != default:
        remarks.append(texts.usually(default))
    if ceiling is not None:
        remarks.append(texts.at_most(ceiling))
        if chosen is not None and chosen > ceiling:
            remarks.append(texts.capped(chosen))
    return [remark for remark in remarks if remark]


def house_note(view: LimitsView, names: Sequence[str], texts: Texts) -> str:
    """Whose choice the settings are."""
    is_own = any(getattr(view.chosen, name) != getattr(view.house.defaults, name) for name in names)
    is_capped = any(name in view.house.ceiling for name in names)
    return texts.house_note if is_own or is_capped else texts.house_alone


def _used(view: LimitsView, name: str, texts: Texts) -> str:
    if name == "guild_credits_per_day":
        return texts.used_today(view.use.guild_day_credits)
    if name == "guild_credits_per_month":
        return texts.used_this_month(view.use.guild_month_credits)
    unit = _unit_of(name)
    return "" if unit is None else texts.used_by_you(view.use.member_day.get(unit, 0))


def _unit_of(name: str) -> Unit | None:
    """Of a figure that counts for each member."""
    return next((unit for unit, field in ALLOWANCES.items() if field == name), None)


def figures_button(panel: Panel, area: Area, number: int, label: str) -> Button:
    """Opens a form with figures."""
    return Button(Action.LIMIT_FIGURES, panel.user_id, label, index=number, note=area)


def figures_form(panel: Panel, area: Area, number: int, typed: Mapping[str, str], texts: Texts = EN) -> Form:
    """Filled with what holds, or with what was typed before. Its fields have the names of the figures."""
    shown = figures_shown(panel, area, number)
    fields = tuple(
        TextField(
            name,
            texts.setting(name),
            typed.get(name, shown[name]),
            texts.field_hint(panel.view.house.ceiling.get(name), may_be_open=FIGURES[name].may_be_open),
            most_characters=FIGURE_MAX_CHARACTERS,
            placeholder=texts.no_limit if FIGURES[name].may_be_open else "",
        )
        for name in forms_of(area)[number]
    )
    return Form(Action.LIMIT_FIGURES, panel.user_id, texts.areas[area], fields)


def figures_shown(panel: Panel, area: Area, number: int) -> Mapping[str, str]:
    """What holds of the figures of a form, as it shows them."""
    return {name: _typed(getattr(panel.view.held, name)) for name in forms_of(area)[number]}


def _typed(value: int | None) -> str:
    """A figure as somebody would type it."""
    return "" if value is None else str(value)


# ---------------------------------------------------------------- budgets


def budgets_page(panel: Panel, texts: Texts) -> Page:
    view = panel.view
    hint = texts.budgets_hint(one_line(view.held.time_zone, ZONE_MAX_CHARACTERS), view.use.day_ends_at)
    buttons = (
        figures_button(panel, Area.BUDGETS, 0, texts.change_budgets),
        Button(Action.LIMIT_ZONE, panel.user_id, texts.change_zone),
    )
    names = FIGURES_OF[Area.BUDGETS]
    lines = (*figure_lines(panel, names, texts), house_note(view, names, texts), *_spent(view, panel.role_ids, texts))
    return Page((Entry(hint), Entry("\n".join(lines), row=buttons)))


def _spent(view: LimitsView, role_ids: Sequence[int], texts: Texts) -> Iterator[str]:
    """Budgets of which nothing is left."""
    held, use = view.held, view.use
    mine = held.allowance(role_ids)
    budgets = [
        ("guild_credits_per_day", held.guild_credits_per_day, use.guild_day_credits, use.day_ends_at),
        ("guild_credits_per_month", held.guild_credits_per_month, use.guild_month_credits, use.month_ends_at),
        *((name, mine[unit], use.member_day.get(unit, 0), use.day_ends_at) for unit, name in ALLOWANCES.items()),
    ]
    for name, limit, used, ends_at in budgets:
        if limit == 0:
            yield texts.closed_by_zero(name)
        elif limit is not None and used >= limit:
            is_month = name == "guild_credits_per_month"
            yield texts.used_up(name, used, ends_at, is_yours=_unit_of(name) is not None, is_month=is_month)


def zone_form(panel: Panel, typed: Mapping[str, str], texts: Texts = EN) -> Form:
    field = TextField(
        ZONE,
        texts.zone_field,
        typed.get(ZONE, panel.view.held.time_zone),
        texts.zone_hint,
        is_required=True,
        most_characters=ZONE_MAX_CHARACTERS,
    )
    return Form(Action.LIMIT_ZONE, panel.user_id, texts.change_zone, (field,))


def budgets_summary(limits: Limits, texts: Texts) -> str:
    guild = texts.guild_budget(limits.guild_credits_per_day, limits.guild_credits_per_month)
    return texts.budgets_summary(guild, texts.allowance(limits.allowance(())))


# ---------------------------------------------------------------- tiers


def tiers_page(panel: Panel, texts: Texts) -> Page:
    held = panel.view.held
    lines = [texts.everybody_line(texts.allowance(held.allowance(())))]
    lines += [texts.tier_line(panel.role(role, texts), tier) for role, tier in list(held.tiers.items())[:TIERS_SHOWN]]
    if len(held.tiers) > TIERS_SHOWN:
        lines.append(texts.and_more(len(held.tiers) - TIERS_SHOWN))
    if not held.tiers:
        lines.append(texts.no_tiers)
    role_menu = EntityMenu(Action.LIMIT_TIER, panel.user_id, texts.choose_tier_role, EntityKind.ROLE, least=1, index=0)
    return Page((Entry(texts.tiers_hint), Entry("\n".join(lines))), ((role_menu,), *_tier_menu(panel, texts)))


def _tier_menu(panel: Panel, texts: Texts) -> Iterator[Row]:
    tiers = panel.view.held.tiers
    if tiers:
        options = (
            option(_role_name(panel, role, texts), str(role), description=texts.tier(tier))
            for role, tier in tiers.items()
        )
        yield (choices(panel, texts.drop_tier, "tiers", options),)


def _role_name(panel: Panel, role_id: int, texts: Texts) -> str:
    """As an option tells it: in plain letters."""
    if role_id == panel.view.guild_id:
        return texts.everybody
    return (panel.known.roles or {}).get(role_id) or f"{texts.role_gone} ({role_id})"


def tier_form(panel: Panel, role_id: int, typed: Mapping[str, str], texts: Texts = EN) -> Form:
    """Its fields have the names of the units; the form's id is the role's."""
    tier = panel.view.held.tiers.get(role_id, {})
    fields = tuple(
        TextField(
            unit,
            texts.tier_fields[unit],
            typed.get(unit, _tier_typed(tier, unit)),
            texts.tier_hint,
            most_characters=FIGURE_MAX_CHARACTERS,
            placeholder=texts.as_everybody,
        )
        for unit in ALLOWANCES
    )
    title = shorten(plain(texts.tier_title(_role_name(panel, role_id, texts))), TITLE_MAX_CHARACTERS)
    return Form(Action.LIMIT_TIER, role_id, title, fields)


def _tier_typed(tier: Allowance, unit: Unit) -> str:
    if unit not in tier:
        return ""
    figure = tier[unit]
    return "none" if figure is None else str(figure)


def tiers_summary(panel: Panel, texts: Texts) -> str:
    return texts.tiers_summary(some([panel.role(role, texts) for role in panel.view.held.tiers], texts, 5))


# ---------------------------------------------------------------- queue and pace


def pace_page(panel: Panel, texts: Texts) -> Page:
    buttons: Row = (
        figures_button(panel, Area.PACE, 0, texts.change_queue),
        figures_button(panel, Area.PACE, 1, texts.change_rest),
    )
    names = FIGURES_OF[Area.PACE]
    lines = (*figure_lines(panel, names, texts), house_note(panel.view, names, texts))
    return Page((Entry(texts.pace_hint), Entry("\n".join(lines), row=buttons)))


def pace_summary(limits: Limits, texts: Texts) -> str:
    return texts.pace_summary(
        limits.queued_per_member, limits.queued_per_guild, limits.cooldown_seconds, limits.running_per_guild
    )
