"""Pages of `/limits` with figures: budgets, role tiers, queue and pace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.limits import Allowance, Unit
from bot.ui.markdown import timestamp
from bot.ui.texts.en.rules import SETTINGS, counted
from bot.ui.texts.en.words import Words


class AmountTexts(Words):
    """How much, and how many at once."""

    # ---- figures

    no_limit = "no limit"
    figure_hint = "Empty or “none”: no limit"
    number_hint = "A whole number"

    def figure(self, value: int | None) -> str:
        return self.no_limit if value is None else f"{value:,}"

    def figure_line(self, name: str, value: int | None, remarks: Sequence[str]) -> str:
        return f"**{SETTINGS[name]}:** {' · '.join((self.figure(value), *remarks))}"

    def at_most(self, ceiling: int) -> str:
        return f"at most {ceiling:,}"

    def usually(self, value: int | None) -> str:
        return f"usually {self.figure(value)}"

    def capped(self, chosen: int) -> str:
        return f"{chosen:,} was chosen here, which is too much now"

    house_alone = "-# All of this is as whoever runs Easel has set it."
    house_note = "-# *Usually*: as whoever runs Easel has set it. *At most*: more than that they do not allow."

    def field_hint(self, ceiling: int | None, *, may_be_open: bool) -> str:
        if ceiling is not None:
            return f"At most {ceiling:,}"
        return self.figure_hint if may_be_open else self.number_hint

    # ---- budgets

    change_budgets = "Change budgets"
    change_zone = "Change time zone"
    zone_field = "Time zone"
    zone_hint = "The nearest large city, like Europe/Berlin or America/New_York"

    def budgets_hint(self, time_zone: str, day_ends_at: float) -> str:
        return (
            "How much may be used. What is under way counts, what fails is given back. A day begins at midnight in the "
            f"time zone *{time_zone}*, the next one {timestamp(day_ends_at)}."
        )

    def used_today(self, count: int) -> str:
        return f"{count:,} used today"

    def used_this_month(self, count: int) -> str:
        return f"{count:,} used this month"

    def used_by_you(self, count: int) -> str:
        return f"{count:,} used by you today"

    def used_up(self, name: str, used: int, ends_at: float, *, is_yours: bool, is_month: bool) -> str:
        """A budget that is not above what is used already."""
        label = f"**{SETTINGS[name]}:**"
        since = "this month" if is_month else "today"
        if is_yours:
            return f"{label} you have used {used:,} {since} already, so you can ask again {timestamp(ends_at)}."
        return f"{label} {used:,} are used {since} already, so nothing more can be asked until {timestamp(ends_at)}."

    def closed_by_zero(self, name: str) -> str:
        return f"**{SETTINGS[name]}:** 0 leaves nothing to ask for."

    def budgets_summary(self, guild: str, members: str) -> str:
        return f"this server: {guild}; each member: {members}"

    def guild_budget(self, day: int | None, month: int | None) -> str:
        told = [(day, "a day"), (month, "a month")]
        found = [f"{counted(value, Unit.CREDITS)} {span}" for value, span in told if value is not None]
        return ", ".join(found) or self.no_limit

    def allowance(self, allowance: Allowance) -> str:
        """What is limited, for everybody."""
        found = [counted(value, unit) for unit, value in allowance.items() if value is not None]
        return f"{', '.join(found)} a day" if found else self.no_limit

    # ---- tiers

    tiers_hint = (
        "What members of a role may use in a day, instead of what everybody may. If somebody has several of these "
        "roles, the best figure counts."
    )
    no_tiers = "No role has figures of its own."
    choose_tier_role = "Choose a role, then say what it may use"
    drop_tier = "Take the figures of a role away"
    tier_fields: Mapping[Unit, str] = {
        Unit.CREDITS: "Credits a day",
        Unit.PICTURES: "Pictures a day",
        Unit.VIDEOS: "Videos a day",
    }
    tier_hint = "Empty: as everybody. “none”: no limit"

    def everybody_line(self, allowance: str) -> str:
        return f"**Everybody:** {allowance}"

    as_everybody = "as everybody"

    def tier_line(self, role: str, allowance: Allowance) -> str:
        return f"{role}: {self.tier(allowance)}"

    def tier(self, allowance: Allowance) -> str:
        """It tells of what it names alone."""
        limited = [counted(value, unit) for unit, value in allowance.items() if value is not None]
        told = [f"{', '.join(limited)} a day"] if limited else []
        told += [f"{unit} without limit" for unit, value in allowance.items() if value is None]
        return ", ".join(told)

    def tier_title(self, role: str) -> str:
        return f"What {role} may use"

    def tiers_summary(self, roles: str) -> str:
        return f"figures of their own for {roles}" if roles else "none"

    # ---- queue and pace

    pace_hint = (
        "How many are made at once: further ones wait for their turn. How many may wait: further ones are refused. "
        "What is dearer than a price is confirmed before it starts."
    )
    change_queue = "Change the queue"
    change_rest = "Change price and days"

    def pace_summary(self, queued_member: int, queued_guild: int, cooldown_seconds: int, running: int | None) -> str:
        at_once = "" if running is None else f"{running:,} at once, "
        pause = "" if not cooldown_seconds else f", {cooldown_seconds:,} s between two requests"
        return f"{at_once}up to {queued_member:,} waiting of a member and {queued_guild:,} of all{pause}"
