"""May this member ask this now?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.problems import Problem, ProblemCode


@dataclass(frozen=True, slots=True)
class Limits:
    """How many jobs may wait at once."""

    queued_per_member: int = 20
    queued_per_guild: int = 200


@dataclass(frozen=True, slots=True)
class Load:
    """What waits already: of the member in this guild, and of the whole guild."""

    queued_of_member: int
    queued_of_guild: int
    wait_seconds: float | None = None
    """Until the guild's line is short enough again; None: not known."""


def verdict(limits: Limits, load: Load) -> Iterator[Problem]:
    """Every reason against one more job."""
    if load.queued_of_member >= limits.queued_per_member:
        yield Problem(ProblemCode.QUEUE_FULL_MEMBER, str(load.queued_of_member), limit=limits.queued_per_member)
    if load.queued_of_guild >= limits.queued_per_guild:
        yield Problem(
            ProblemCode.QUEUE_FULL_GUILD,
            "" if load.wait_seconds is None else f"{load.wait_seconds:.0f}",
            limit=limits.queued_per_guild,
        )
