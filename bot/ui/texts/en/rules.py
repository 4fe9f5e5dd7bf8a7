"""Why a guild's limits stand against something and until when, and what is wrong with a limit that was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.domain.limits import Unit
from bot.domain.problems import Problem, ProblemCode
from bot.ui.markdown import one_line, timestamp
from bot.ui.texts.en.words import credits_of, listed, seconds_of

SETTINGS: Mapping[str, str] = {
    "guild_credits_per_day": "Credits a day, for the whole server",
    "guild_credits_per_month": "Credits a month, for the whole server",
    "member_credits_per_day": "Credits a day, for each member",
    "member_pictures_per_day": "Pictures a day, for each member",
    "member_videos_per_day": "Videos a day, for each member",
    "tiers": "Role tiers",
    "running_per_member": "Being made at once, for each member",
    "running_per_guild": "Being made at once, for the whole server",
    "queued_per_member": "Waiting at once, for each member",
    "queued_per_guild": "Waiting at once, for the whole server",
    "cooldown_seconds": "Seconds between two requests of a member",
    "time_zone": "Time zone",
    "models": "Models",
    "picture_resolution": "Highest resolution of pictures",
    "video_resolution": "Highest resolution of videos",
    "quality": "Highest quality",
    "tier": "Highest tier of videos",
    "video_seconds": "Longest video, in seconds",
    "video_roles": "Roles that may make videos",
    "confirm_above_credits": "Confirmed first above, in credits",
    "channels": "Channels",
    "roles_allowed": "Roles that may ask",
    "roles_excluded": "Roles that may not ask",
    "blocked_members": "Blocked members",
    "blocked_words": "Blocked words",
    "spoilers": "Results as spoilers",
    "age_restricted_only": "Age-restricted channels only",
    "log_channel": "Log channel",
    "is_paused": "Paused",
    "kept_days": "Days that prompts and results are kept",
}
"""What each setting is called."""

NAMED_MAX = 20
"""Roles or channels in one sentence."""

_UNITS: Mapping[str, tuple[str, str]] = {
    Unit.CREDITS: ("credit", "credits"),
    Unit.PICTURES: ("picture", "pictures"),
    Unit.VIDEOS: ("video", "videos"),
}

_MEMBER, _GUILD = ("you", "of yours"), ("this server", "of this server")
_SPANS = {"day": "today", "month": "this month"}

RULES: Mapping[ProblemCode, Callable[[Problem], str]] = {
    ProblemCode.GUILD_NOT_SERVED: lambda _: (
        "I do not work for this server, because whoever runs me has not put it on the list. Nothing was spent."
    ),
    ProblemCode.MEMBER_BLOCKED: lambda p: (
        f"A moderator has blocked you from asking here{_until(p)}.{_reason(p)} "
        "If you think that is wrong, talk to the moderators."
    ),
    ProblemCode.ROLE_MISSING: lambda p: f"To ask here you need the role {_roles(p)}. A moderator can give it to you.",
    ProblemCode.ROLE_EXCLUDED: lambda p: (
        f"With the role {_roles(p)} nobody can ask here. If you think that is wrong, talk to the moderators."
    ),
    ProblemCode.VIDEO_ROLE_MISSING: lambda p: (
        f"To ask for videos here you need the role {_roles(p)}. Pictures work without."
    ),
    ProblemCode.CHANNEL_NOT_ALLOWED: lambda p: f"I take no requests in this channel. Ask me in {_channels(p)}.",
    ProblemCode.CHANNEL_NOT_AGE_RESTRICTED: lambda _: (
        "On this server I work in age-restricted channels only. Ask me in one of those."
    ),
    ProblemCode.MODEL_NOT_ALLOWED: lambda p: (
        f"The model {_named(p.given)} is not allowed on this server."
        f" {f'Choose {listed(p.allowed)}.' if p.allowed else 'A moderator has to choose others first.'}"
    ),
    ProblemCode.RESOLUTION_TOO_HIGH: lambda p: (
        f"The resolution {_named(p.given)} is too high for this server. Choose one up to {listed(p.allowed)}."
    ),
    ProblemCode.QUALITY_TOO_HIGH: lambda p: (
        f"The quality {_named(p.given)} is too high for this server. Choose one up to {listed(p.allowed)}."
    ),
    ProblemCode.TIER_TOO_HIGH: lambda p: (
        f"The tier {_named(p.given)} is too high for this server. Choose one up to {listed(p.allowed)}."
    ),
    ProblemCode.VIDEO_TOO_LONG: lambda p: (
        f"A video of {one_line(p.given, 20)} s is too long here. Choose up to {_count(p)} s."
    ),
    ProblemCode.WORDS_BLOCKED: lambda p: (
        f"This server does not want requests with: {listed(p.allowed)}. Say it in other words. Nothing was spent."
    ),
    ProblemCode.PRICE_UNKNOWN: lambda _: (
        "Nobody can say beforehand what this costs, and there is a budget of credits here. Choose another model."
    ),
    ProblemCode.GUILD_DAY_SPENT: lambda p: _spent(p, Unit.CREDITS, _GUILD, "day"),
    ProblemCode.GUILD_MONTH_SPENT: lambda p: _spent(p, Unit.CREDITS, _GUILD, "month"),
    ProblemCode.MEMBER_CREDITS_SPENT: lambda p: _spent(p, Unit.CREDITS, _MEMBER, "day"),
    ProblemCode.MEMBER_PICTURES_SPENT: lambda p: _spent(p, Unit.PICTURES, _MEMBER, "day"),
    ProblemCode.MEMBER_VIDEOS_SPENT: lambda p: _spent(p, Unit.VIDEOS, _MEMBER, "day"),
    ProblemCode.COOLING_DOWN: lambda p: (
        f"Here you wait {seconds_of(p.limit or 0.0)} between two requests. Ask again{_when(p)}."
    ),
    # What a moderator has typed.
    ProblemCode.FIGURE_UNREADABLE: lambda p: (
        f"{_setting(p)}: {f'“{one_line(p.given, 40)}” is no whole number' if p.given else 'there is no number'}. "
        f"Type one like 50{', or `none` for no limit' if p.limit else ''}. Nothing was changed."
    ),
    ProblemCode.FIGURE_OUT_OF_RANGE: lambda p: (
        f"{_setting(p)}: “{one_line(p.given, 40)}” does not work. "
        f"It goes from {' to '.join(map(_figure, p.allowed[1:]))}. Nothing was changed."
    ),
    ProblemCode.FIGURE_ABOVE_CEILING: lambda p: (
        f"{_setting(p)}: whoever runs Easel allows {_count(p)} at most. Nothing was changed."
    ),
    ProblemCode.HIGHEST_UNKNOWN: lambda p: (
        f"{_setting(p)}: no model that works now has {_named(p.given)}. "
        f"{f'Choose {listed(p.allowed[1:])}, or' if p.allowed[1:] else 'Type'} `none` for as high as they like. "
        "Nothing was changed."
    ),
    ProblemCode.TIME_ZONE_UNKNOWN: lambda p: (
        f"I do not know the time zone “{one_line(p.given, 60)}”. Write it like `Europe/Berlin` or `America/New_York`. "
        "Nothing was changed."
    ),
    ProblemCode.NO_MODEL_LEFT: lambda p: (
        f"{_named(p.given)} is the only model allowed, and without it nothing could be made. Allow another one first."
    ),
    ProblemCode.BLOCKED_SELF: lambda _: "You cannot block yourself. Nothing was changed.",
    ProblemCode.MOMENT_UNREADABLE: lambda p: (
        f"“{one_line(p.given, 60)}” is no time that I can read. Write `3 h`, `2 days`, `2026-12-24` or "
        "`2026-12-24 18:30`, or nothing at all: then it holds until you lift it."
    ),
    ProblemCode.MOMENT_PAST: lambda p: f"“{one_line(p.given, 60)}” is over already. Choose a time to come.",
    ProblemCode.MOMENT_FAR: lambda p: (
        f"“{one_line(p.given, 60)}” is more than ten years away. Leave it empty: then it holds until you lift it."
    ),
    ProblemCode.WORD_EMPTY: lambda _: "There is no word in that. Write one or more, each in a line of its own.",
    ProblemCode.WORD_TOO_LONG: lambda p: (
        f"“{one_line(p.given, 60)}” is too long to look for. A word or phrase can have up to {_count(p)} characters."
    ),
    ProblemCode.WORDS_TOO_LONG: lambda p: (
        f"All words together can have {_count(p)} letters. Take some away first. Nothing was changed."
    ),
    ProblemCode.WORD_NOT_LISTED: lambda p: f"“{one_line(p.given, 80)}” is not on the list. Nothing was changed.",
    ProblemCode.LOG_CHANNEL_UNFIT: lambda p: (
        f"{_channels(p) or 'That'} holds no messages. Choose a text channel for the log. Nothing was changed."
    ),
    ProblemCode.PANEL_TOO_OLD: lambda _: (
        "This page is too old to be sure that you may still use it. Use its command again. Nothing was changed."
    ),
    ProblemCode.LIST_FULL: lambda p: (
        f"That is too much for one list, which can have {_count(p)} entries. Take some away first. Nothing was changed."
    ),
}
"""By what stands against it."""


def _setting(problem: Problem) -> str:
    name = next(iter(problem.allowed), "")
    return f"**{SETTINGS.get(name, one_line(name, 40) or 'Limit')}**"


def _named(text: str) -> str:
    return f"“{one_line(text, 80)}”" if text else "that was chosen"


def _figure(text: str) -> str:
    return f"{int(text):,}" if text.isdecimal() else one_line(text or "0", 20)


def _count(problem: Problem) -> str:
    return f"{problem.limit or 0:,.0f}"


def _roles(problem: Problem) -> str:
    return _either([f"<@&{role}>" for role in problem.allowed[:NAMED_MAX]])


def _channels(problem: Problem) -> str:
    return _either([f"<#{channel}>" for channel in problem.allowed[:NAMED_MAX]])


def _either(names: Sequence[str]) -> str:
    """`this, that or another`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _until(problem: Problem) -> str:
    return "" if problem.again_at is None else f" until {timestamp(problem.again_at, 'f')}"


def _reason(problem: Problem) -> str:
    return f" The reason: “{one_line(problem.given.rstrip(' .'), 300)}”." if problem.given else ""


def counted(count: int, unit: str) -> str:
    """`3 videos`."""
    one, many = _UNITS[unit]
    return f"{count:,} {one if count == 1 else many}"


def _spent(problem: Problem, unit: Unit, who: tuple[str, str], span: str) -> str:
    """What of a budget is used, what this one takes, and when there is room for it."""
    name, whose = who
    limit = int(problem.limit or 0)
    if not limit:
        return f"{name.capitalize()} may have no {unit}. If you think that is wrong, talk to the moderators."
    takes = f"this takes {credits_of(problem.credits or 0)}"
    if problem.again_at is None:
        return f"{takes.capitalize()}, and {name} may have {limit:,} a {span}. Choose something cheaper."
    used = f"{_figure(problem.given)} of {counted(limit, unit)} {whose} {'is' if limit == 1 else 'are'} used"
    also = f", and {takes}" if unit is Unit.CREDITS else ""
    return f"{used} {_SPANS[span]}{also}. Again{_when(problem)}."


def _when(problem: Problem) -> str:
    return "" if problem.again_at is None else f" {timestamp(problem.again_at)}"
