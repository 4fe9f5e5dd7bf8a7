"""What a guild has used: figures added up by member, model or outcome, and over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

TOP = 10
"""So many are named; the rest is summed up."""


class Grouping(StrEnum):
    """What figures are added up by."""

    MEMBER = "member"
    MODEL = "model"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Tally:
    """Figures of some requests, counted when they were asked for. What failed or was cancelled is `in_vain` alone."""

    requests: int = 0
    pictures: int = 0
    """Requests for them: a grid of four counts once."""
    videos: int = 0
    in_vain: int = 0
    unpriced: int = 0
    """Of the requests, those whose cost is not known."""
    spent_credits: int = 0
    held_credits: int = 0
    """By what is under way, as estimated."""
    returned_credits: int = 0
    """Of what came to nothing, as it had been estimated."""

    @property
    def used_credits(self) -> int:
        """Spent or held: what budgets count."""
        return self.spent_credits + self.held_credits

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.requests + other.requests,
            self.pictures + other.pictures,
            self.videos + other.videos,
            self.in_vain + other.in_vain,
            self.unpriced + other.unpriced,
            self.spent_credits + other.spent_credits,
            self.held_credits + other.held_credits,
            self.returned_credits + other.returned_credits,
        )


@dataclass(frozen=True, slots=True)
class Slice:
    """One of those that figures are told of, by the id of a member or model ("": the upstream's default) or a state.

    What is offered counts as queued, what is being submitted as running.
    """

    key: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time, and the credits used for what was asked for in it."""

    began_at: float
    """Epoch seconds."""
    credits: int


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What `/usage` tells."""

    user_id: int
    """Who asks."""
    days: int
    """The last of them is today; 1: today alone, hour by hour."""
    grouping: Grouping
    time_zone: str
    bars: tuple[Bar, ...]
    total: Tally
    top: tuple[Slice, ...]
    """Whoever used most first."""
    rest: Tally
    rest_count: int
    """So many are in the rest."""
    names: Mapping[str, str]
    """Of models, by their ids; one that is not there has been retired."""


def summed(parts: Iterable[Mapping[str, Tally]]) -> Mapping[str, Tally]:
    """Figures of several stretches of time as one."""
    found: dict[str, Tally] = {}
    for part in parts:
        for key, tally in part.items():
            found[key] = found.get(key, Tally()) + tally
    return found


def ranked(tallies: Mapping[str, Tally]) -> tuple[Slice, ...]:
    """Whoever used most first, and no two in an order of chance."""
    slices = (Slice(key, tally) for key, tally in tallies.items())
    return tuple(sorted(slices, key=_rank))


def _rank(each: Slice) -> tuple[int, int, int, str]:
    tally = each.tally
    return -tally.used_credits, -tally.requests, -tally.in_vain, each.key
