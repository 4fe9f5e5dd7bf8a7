"""Moments as moderators type them: `3 h`, `2 days`, `2026-12-24`, `2026-12-24 18:30`."""

from __future__ import annotations

import re
from datetime import datetime

from bot.domain.days import instant
from bot.domain.problems import Problem, ProblemCode

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"(\d{1,6})\s*(m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?")
FAR_SECONDS = 10 * 366 * 86_400.0


def read_moment(typed: str, now: float, time_zone: str) -> float | Problem:
    """A moment to come, in epoch seconds; dates are the time zone's. A date alone is its beginning."""
    text = typed.strip()
    at = _after(text, now)
    if at is None:
        at = _on(text, time_zone)
    if at is None:
        return Problem(ProblemCode.MOMENT_UNREADABLE, typed)
    if not now < at <= now + FAR_SECONDS:
        return Problem(ProblemCode.MOMENT_PAST if at <= now else ProblemCode.MOMENT_FAR, typed)
    return at


def _after(text: str, now: float) -> float | None:
    match = _SPAN.fullmatch(text)
    return None if match is None else now + int(match[1]) * _SECONDS[match[2][0].lower()]


def _on(text: str, time_zone: str) -> float | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in match.groups())
    try:
        return instant(datetime(year, month, day, hour, minute), time_zone)  # noqa: DTZ001  it gets its zone there
    except (ValueError, OverflowError):
        return None
