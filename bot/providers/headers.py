"""Headers that tell of rate limits (MeiGen API, Introduction, Rate Limits) and of the time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from bot.ports import RateHeaders

RETRY_AFTER_MAX_SECONDS = 24 * 3600.0
CLOCKS_AGREE_SECONDS = 1.0
CLOCKS_APART_MAX_SECONDS = 24 * 3600.0
"""What is further off is no clock."""

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_COUNT = re.compile(r"[0-9]{1,9}")


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """`Retry-After` in seconds from `now`, a day at most. None where it is missing, unreadable or already past."""
    text = headers.get("retry-after", "").strip()
    wait = float(text) if _SECONDS.fullmatch(text) else _seconds_until(text, now)
    return None if wait is None or wait < 0 else min(wait, RETRY_AFTER_MAX_SECONDS)


def clock_ahead_seconds(headers: Mapping[str, str], now: float) -> float:
    """How far the clock of whoever answers is ahead of ours, by `Date` (in whole seconds); 0.0 where they agree."""
    ahead = _seconds_until(headers.get("date", "").strip(), now - 0.5)
    if ahead is None or not CLOCKS_AGREE_SECONDS < abs(ahead) < CLOCKS_APART_MAX_SECONDS:
        return 0.0
    return ahead


def _seconds_until(date: str, now: float) -> float | None:
    try:
        at = parsedate_to_datetime(date)
        # Without a zone it is meant in UTC, as every HTTP date is (RFC 9110, 5.6.7).
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def rate_headers(headers: Mapping[str, str]) -> RateHeaders:
    """`X-RateLimit-*`, as far as they are plain numbers."""
    return RateHeaders(_count(headers, "x-ratelimit-limit"), _count(headers, "x-ratelimit-remaining"))


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if _COUNT.fullmatch(text) else None
