"""Whose turn it is: start-time fair queueing over guilds, and over the members inside a guild.

Every flow (a guild, or a member in it) has a virtual time; the one that is furthest behind goes next, and moves on by
one. A flow that starts to wait takes at least the virtual time that the others have reached, so idleness earns nothing.
Goyal, Vin, Chen: Start-time Fair Queueing (1996).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

TURN_COST = 1.0


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow with `queued` jobs, at least one. `since` is the id of the job that ended its idleness: it breaks ties."""

    id: int
    virtual_time: float
    since: int
    queued: int


def in_turn(flows: Iterable[Flow]) -> list[Flow]:
    """The flow whose turn it is, then whose it would be if that one could not go, and so on."""
    return sorted(flows, key=lambda flow: (flow.virtual_time, flow.since))


def started(own: float | None, reached: float) -> float:
    """The virtual time of a flow that starts to wait, given its own (None: new) and the one that the others reached."""
    return reached if own is None else max(own, reached)


def turns_before(mine: Flow, behind_in_mine: int, others: Iterable[Flow]) -> int:
    """How many turns go to `others` before `mine` has its turn number `behind_in_mine` + 1, if nobody new arrives."""
    tag = mine.virtual_time + behind_in_mine * TURN_COST
    return sum(_turns_up_to(tag, mine.since, other) for other in others)


def _turns_up_to(tag: float, since: int, other: Flow) -> int:
    distance = (tag - other.virtual_time) / TURN_COST
    if distance < 0:
        return 0
    turns = math.ceil(distance)
    # An equal tag goes to the flow that has waited longer.
    if distance == turns and other.since < since:
        turns += 1
    return min(other.queued, turns)


def position(
    guild: Flow, other_guilds: Iterable[Flow], user: Flow, other_users: Iterable[Flow], ahead_of_same_user: int
) -> int:
    """The place of a job in the line, from 1, exact while nobody new arrives.

    `ahead_of_same_user` counts the member's own older jobs. `other_users` are those of the same guild.
    """
    in_guild = ahead_of_same_user + turns_before(user, ahead_of_same_user, other_users)
    return 1 + in_guild + turns_before(guild, in_guild, other_guilds)
