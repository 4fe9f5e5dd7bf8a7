"""What moderators set for their guild, what the operator begins with, and what nobody can lift."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from bot.domain.problems import Problem, ProblemCode


class Unit(StrEnum):
    """What a figure counts."""

    CREDITS = "credits"
    PICTURES = "pictures"
    VIDEOS = "videos"
    REQUESTS = "requests"
    SECONDS = "seconds"
    DAYS = "days"


ALLOWANCES: Mapping[Unit, str] = MappingProxyType(
    {
        Unit.CREDITS: "member_credits_per_day",
        Unit.PICTURES: "member_pictures_per_day",
        Unit.VIDEOS: "member_videos_per_day",
    }
)
"""What a member may use in a day, by the field of `Limits` that says how much."""

Allowance = Mapping[Unit, int | None]
"""How much of each a member may use in a day; None: without limit. Of a tier: what is not named is as for everybody."""


REASON_MAX_CHARACTERS = 300
"""Of what a blocked member is told."""


@dataclass(frozen=True, slots=True)
class Block:
    """A member who may not ask."""

    user_id: int
    until: float | None = None
    """Epoch seconds; None: until a moderator lifts it."""
    reason: str = ""
    """The member is told."""

    def holds_at(self, now: float) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Limits:
    """All that moderators can set. None is no limit, an empty list no restriction."""

    # How much
    guild_credits_per_day: int | None = None
    guild_credits_per_month: int | None = None
    member_credits_per_day: int | None = None
    member_pictures_per_day: int | None = None
    """Requests for pictures: a grid of four counts once."""
    member_videos_per_day: int | None = None
    tiers: Mapping[int, Allowance] = field(default_factory=dict)
    """By role: what its members may use instead."""
    running_per_member: int | None = None
    """At once; further ones wait for their turn."""
    running_per_guild: int | None = None
    queued_per_member: int = 20
    queued_per_guild: int = 200
    cooldown_seconds: int = 0
    """Between two requests of a member."""
    time_zone: str = "UTC"
    """By which a day begins."""

    # What
    models: tuple[str, ...] = ()
    """Ids."""
    picture_resolution: str | None = None
    """The highest one, here and below."""
    video_resolution: str | None = None
    quality: str | None = None
    tier: str | None = None
    video_seconds: int | None = None
    video_roles: tuple[int, ...] = ()
    """Who may ask for videos."""
    confirm_above_credits: int = 100
    """Dearer ones are confirmed first; 0: all of them."""

    # Where and who
    channels: tuple[int, ...] = ()
    """Channels, or categories of them."""
    roles_allowed: tuple[int, ...] = ()
    roles_excluded: tuple[int, ...] = ()
    blocked_members: tuple[Block, ...] = ()
    blocked_words: tuple[str, ...] = ()

    # How it is shown
    spoilers: bool = False
    age_restricted_only: bool = False
    """Only in channels that Discord calls age-restricted."""
    log_channel: int | None = None

    # The rest
    is_paused: bool = False
    kept_days: int = 30
    """How long prompts and results are kept."""

    def allowance(self, role_ids: Iterable[int]) -> Allowance:
        """What a member with these roles may use in a day: the best that one of them has, else as everybody."""
        tiers = [self.tiers[role_id] for role_id in role_ids if role_id in self.tiers]
        return {unit: _best(unit, tiers, getattr(self, name)) for unit, name in ALLOWANCES.items()}


def _best(unit: Unit, tiers: Iterable[Allowance], otherwise: int | None) -> int | None:
    figures = [tier[unit] for tier in tiers if unit in tier]
    if not figures:
        return otherwise
    return None if None in figures else max(figure for figure in figures if figure is not None)


class RoleRule(StrEnum):
    """Whether the members of a role may ask."""

    ALLOWED = "allowed"
    """With them, those of other roles that are named so; nobody else."""
    EXCLUDED = "excluded"
    OPEN = "open"
    """As everybody."""


def with_role(limits: Limits, role_id: int, rule: RoleRule) -> Limits:
    """The limits with a rule for a role, in the place of an earlier one."""
    allowed = _listed(limits.roles_allowed, role_id, is_in=rule is RoleRule.ALLOWED)
    excluded = _listed(limits.roles_excluded, role_id, is_in=rule is RoleRule.EXCLUDED)
    return replace(limits, roles_allowed=allowed, roles_excluded=excluded)


def _listed(before: tuple[int, ...], role_id: int, *, is_in: bool) -> tuple[int, ...]:
    if (role_id in before) is is_in:
        return before
    return (*before, role_id) if is_in else tuple(each for each in before if each != role_id)


OWN_KEY = "own_key"
"""What the guild's own key is called among the changes; of keys the last four characters are told."""
CALLED_BACK = "called_back"
"""A request of somebody's, among the changes; `new` is the member whose request it was."""
QUEUE_CLEARED = "queue_cleared"
"""All that waited, among the changes; `new` is how many requests that were."""


@dataclass(frozen=True, slots=True)
class Change:
    """One setting, changed by a moderator. `old` and `new` are JSON."""

    id: int
    guild_id: int
    user_id: int
    at: float
    """Epoch seconds."""
    name: str
    """A field of `Limits`, or one of the names above."""
    old: str
    new: str


def undoes(new: object, theirs_before: object, theirs: object) -> bool:
    """Whether a setting that is `new` now says otherwise than somebody else made it; values as JSON has them.

    Of a list or a mapping only if an entry is gone that they added or changed, or back that they took away.
    """
    if not isinstance(new, list | dict):
        return new != theirs
    now, before, after = _entries(new), _entries(theirs_before), _entries(theirs)
    return any(entry not in now for entry in after if entry not in before) or any(
        entry in now for entry in before if entry not in after
    )


def _entries(collection: object) -> list[object]:
    if isinstance(collection, dict):
        return list(collection.items())
    return collection if isinstance(collection, list) else []


# ---------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that can be set."""

    unit: Unit
    least: int
    most: int
    may_be_open: bool = True
    """Whether there may be no limit."""
    has_ceiling: bool = True
    """Whether the operator can say how high it may be at most."""


_CREDITS = Figure(Unit.CREDITS, 0, 100_000_000)
_COUNT = Figure(Unit.REQUESTS, 0, 100_000)

FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "guild_credits_per_day": _CREDITS,
        "guild_credits_per_month": _CREDITS,
        "member_credits_per_day": _CREDITS,
        "member_pictures_per_day": replace(_COUNT, unit=Unit.PICTURES),
        "member_videos_per_day": replace(_COUNT, unit=Unit.VIDEOS),
        "running_per_member": replace(_COUNT, least=1, most=1000),
        "running_per_guild": replace(_COUNT, least=1, most=1000),
        "queued_per_member": Figure(Unit.REQUESTS, 1, 10_000, may_be_open=False),
        "queued_per_guild": Figure(Unit.REQUESTS, 1, 100_000, may_be_open=False),
        "cooldown_seconds": Figure(Unit.SECONDS, 0, 86_400, may_be_open=False, has_ceiling=False),
        "video_seconds": Figure(Unit.SECONDS, 1, 3600),
        "confirm_above_credits": Figure(Unit.CREDITS, 0, 1_000_000, may_be_open=False, has_ceiling=False),
        "kept_days": Figure(Unit.DAYS, 1, 3650, may_be_open=False),
    }
)

OPEN_WORDS = frozenset({"", "-", "none", "no", "no limit", "unlimited", "off", "∞"})
"""What people type for no limit."""


def is_open(typed: str) -> bool:
    """Whether no limit is meant."""
    return typed.strip().casefold() in OPEN_WORDS


# Not 2,5: elsewhere that is two and a half. Python reads no more than 4,300 digits.
_WHOLE_NUMBER = re.compile(r"-?(?:\d{1,4000}|\d{1,3}(?:[\s,_]\d{3}){1,1000})")


def read_figure(name: str, typed: str, ceiling: Mapping[str, int] = MappingProxyType({})) -> int | Problem | None:
    """What was typed for a figure: the number, None for no limit, or what is wrong with it."""
    figure = FIGURES[name]
    text = typed.strip()
    if figure.may_be_open and is_open(text):
        value = None
    else:
        if _WHOLE_NUMBER.fullmatch(text) is None:
            return Problem(ProblemCode.FIGURE_UNREADABLE, typed, (name, figure.unit), limit=float(figure.may_be_open))
        value = int(re.sub(r"[\s,_]", "", text))
        if not figure.least <= value <= figure.most:
            return Problem(ProblemCode.FIGURE_OUT_OF_RANGE, typed, (name, str(figure.least), str(figure.most)))
    highest = ceiling.get(name)
    if highest is not None and (value is None or value > highest):
        return Problem(ProblemCode.FIGURE_ABOVE_CEILING, typed, (name,), limit=highest)
    return value


# ---------------------------------------------------------------- the operator


@dataclass(frozen=True, slots=True)
class House:
    """What the operator lets in, begins with, and lets nobody lift."""

    defaults: Limits = field(default_factory=Limits)
    """Of guilds that have not chosen otherwise, and of direct messages."""
    ceiling: Mapping[str, int] = field(default_factory=dict)
    """By the name of a figure."""
    guild_ids: frozenset[int] = frozenset()
    """The guilds that are served; empty: all."""
    allow_direct_messages: bool = False

    def serves(self, guild_id: int | None) -> bool:
        if guild_id is None:
            return self.allow_direct_messages
        return not self.guild_ids or guild_id in self.guild_ids

    def capped(self, limits: Limits) -> Limits:
        """The limits as they hold: nothing is above the ceiling."""
        if not self.ceiling:
            return limits
        figures: dict[str, Any] = {name: _lower(getattr(limits, name), most) for name, most in self.ceiling.items()}
        tiers = {role_id: self._capped_tier(tier) for role_id, tier in limits.tiers.items()}
        return replace(limits, tiers=tiers, **figures)

    def _capped_tier(self, tier: Allowance) -> Allowance:
        return {unit: _lower(figure, self.ceiling.get(ALLOWANCES[unit])) for unit, figure in tier.items()}


OPEN_HOUSE = House()
"""Everybody is served, and nothing is capped."""


def _lower(figure: int | None, ceiling: int | None) -> int | None:
    if figure is None or ceiling is None:
        return ceiling if figure is None else figure
    return min(figure, ceiling)
