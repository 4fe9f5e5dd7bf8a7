"""Days and months by a guild's own clock, as spans of epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

HOUR_SECONDS = 3600
DAY_SECONDS = 86_400.0
"""Without a change of the clock in it."""
QUARTER_SECONDS = 900
"""Every time zone's midnight falls on a quarter of an hour, so sums by quarters add up to days anywhere."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `began_at` until before `ends_at`, in epoch seconds."""

    began_at: float
    ends_at: float

    @property
    def quarters(self) -> tuple[int, int]:
        """Numbers of its first quarter of an hour, and of the first one after it."""
        return int(self.began_at // QUARTER_SECONDS), int(self.ends_at // QUARTER_SECONDS)


def quarter_of(at: float) -> int:
    """The number of the quarter of an hour that a time falls into."""
    return int(at // QUARTER_SECONDS)


def day_of(at: float, time_zone: str) -> Span:
    """The day that a time falls into; 23 or 25 hours long where the clock is changed."""
    zone = _zone(time_zone)
    # In whole seconds: `fromtimestamp` would round up to the next day.
    today = datetime.fromtimestamp(at // 1, zone).date()
    return Span(_midnight(today.year, today.month, today.day, zone), _after(today.year, today.month, today.day, zone))


def month_of(at: float, time_zone: str) -> Span:
    """The calendar month that a time falls into."""
    zone = _zone(time_zone)
    today = datetime.fromtimestamp(at // 1, zone).date()
    year, month = (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)  # noqa: PLR2004  December
    return Span(_midnight(today.year, today.month, 1, zone), _midnight(year, month, 1, zone))


def days_back(at: float, days: int, time_zone: str) -> float:
    """When the first of the last `days` days began, today being the last of them."""
    zone = _zone(time_zone)
    first = datetime.fromtimestamp(at // 1, zone).date() - timedelta(days=days - 1)
    return _midnight(first.year, first.month, first.day, zone)


def days_of(at: float, days: int, time_zone: str) -> tuple[Span, ...]:
    """The last `days` days, one after another, today being the last of them."""
    zone = _zone(time_zone)
    today = datetime.fromtimestamp(at // 1, zone).date()
    dates = [today + timedelta(days=number) for number in range(1 - days, 2)]
    midnights = [_midnight(date.year, date.month, date.day, zone) for date in dates]
    return tuple(Span(began_at, ends_at) for began_at, ends_at in pairwise(midnights))


def hours_of(day: Span) -> tuple[Span, ...]:
    """The hours of a day, one after another; where the clock is changed by less than one, the last is shorter."""
    starts = range(round(day.began_at), round(day.ends_at), HOUR_SECONDS)
    return tuple(Span(float(began_at), min(float(began_at + HOUR_SECONDS), day.ends_at)) for began_at in starts)


def local(at: float, time_zone: str) -> datetime:
    """A moment as a clock of that zone shows it, with its distance from UTC."""
    return datetime.fromtimestamp(at, _zone(time_zone))


def instant(at: datetime, time_zone: str) -> float:
    """Epoch seconds of a time as a clock of that zone shows it. Raises ValueError and OverflowError far off."""
    return at.replace(tzinfo=_zone(time_zone)).timestamp()


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """All names of time zones, in order: `Europe/Berlin`."""
    return tuple(sorted(available_timezones()))


def time_zone_named(name: str) -> str | None:
    """The time zone that somebody means by `name`, in any case and with spaces; None where there is none."""
    wanted = "_".join(name.split()).casefold()
    return next((zone for zone in time_zones() if zone.casefold() == wanted), None)


def _after(year: int, month: int, day: int, zone: tzinfo) -> float:
    tomorrow = datetime(year, month, day, tzinfo=UTC) + timedelta(days=1)
    return _midnight(tomorrow.year, tomorrow.month, tomorrow.day, zone)


def _midnight(year: int, month: int, day: int, zone: tzinfo) -> float:
    """Where the clock skips midnight: the moment at which it does."""
    return datetime(year, month, day, tzinfo=zone).timestamp()


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    """UTC where this machine does not know the zone (any more)."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
