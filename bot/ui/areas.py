"""The pages of the moderators' panel, and what is set on which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Area(StrEnum):
    """A page, as buttons and menus name it."""

    OVERVIEW = "overview"
    BUDGETS = "budgets"
    TIERS = "tiers"
    PACE = "pace"
    MAKING = "making"
    PLACES = "places"
    WORDS = "words"
    LOOKS = "looks"
    FLOW = "flow"
    KEY = "key"
    CHANGES = "changes"


FIGURES_OF: Mapping[Area, tuple[str, ...]] = MappingProxyType(
    {
        Area.BUDGETS: (
            "guild_credits_per_day",
            "guild_credits_per_month",
            "member_credits_per_day",
            "member_pictures_per_day",
            "member_videos_per_day",
        ),
        Area.PACE: (
            "running_per_member",
            "running_per_guild",
            "queued_per_member",
            "queued_per_guild",
            "cooldown_seconds",
            "confirm_above_credits",
            "kept_days",
        ),
        Area.MAKING: ("video_seconds",),
    }
)
"""In the order in which they are shown."""

FORM_FIELDS_MAX = 5
"""Of one form (Discord, Modal)."""


def area_of(figure: str) -> Area:
    """Where a figure is set."""
    return next((area for area, figures in FIGURES_OF.items() if figure in figures), Area.OVERVIEW)


def forms_of(area: Area) -> tuple[tuple[str, ...], ...]:
    """The figures of an area, as many together as a form holds."""
    figures = FIGURES_OF[area]
    return tuple(figures[start : start + FORM_FIELDS_MAX] for start in range(0, len(figures), FORM_FIELDS_MAX))
