"""When the next submission may leave: a response log and even pacing, stepping down when the upstream objects.

A slot is held from the claim until window + margin after the *answer*. The upstream counted somewhere between the two,
so no window of its own can hold more than the limit, whatever the latency and however it counts (fixed, sliding,
bucket).
Pacing (GCRA with a small burst) keeps the wait of a newcomer short and satisfies servers that demand spacing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

MARGIN_SECONDS = 0.1
BURST = 4
PAUSE_MAX_SECONDS = 600.0
PAUSE_DEFAULT_SECONDS = 60.0
UNREACHABLE_MAX_SECONDS = 30.0
FULL_SECONDS = 5.0
FULL_MAX_SECONDS = 60.0
FULL_KEPT_SECONDS = 120.0
"""So long after a refusal for too many tasks no more are tried than there were then."""
QUIET_SECONDS = 600.0
QUIET_MAX_SECONDS = 24 * 3600.0


class PauseReason(StrEnum):
    """Why nothing leaves for now; members and moderators are told."""

    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    FAILING = "failing"
    """It answers, and only with errors."""
    OUT_OF_CREDITS = "out_of_credits"
    KEY_REJECTED = "key_rejected"
    KEY_LOCKED = "key_locked"
    """Of no gate: the key was sealed with a secret that is lost."""


@dataclass(frozen=True, slots=True)
class GateLimit:
    """What the upstream allows: `requests` in any `window_seconds`."""

    requests: int
    window_seconds: float
    tasks: int | None = None
    """Most that may be made at once; None: as many as were let out."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate of one account, as stored. Times are epoch seconds."""

    paced_until: float = 0.0
    """GCRA's theoretical arrival time: how far the pace is used up."""
    paused_until: float = 0.0
    pause_reason: PauseReason | None = None
    """Of the latest pause; None once an answer other than a refusal came."""
    consecutive_pauses: int = 0
    """Pauses in a row. While there are any, only one submission at a time leaves: the probe."""
    burst: int = BURST
    steps_down: int = 0
    """How many below the limit the gate holds itself."""
    step_up_at: float = 0.0
    """When to try one more again, while stepped down or bursting less; then, until when the full pace is on trial."""
    quiet_seconds: float = QUIET_SECONDS
    """How long it must be quiet before stepping up; doubles whenever that failed."""
    told_limit: int | None = None
    """`X-RateLimit-Limit` as last sent; None: never."""
    full_tasks: int = 0
    """How many of ours were being made when one more was too many."""
    full_until: float = 0.0
    """Till then that counts."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One submission of the window. `answered_at` is None while it is open."""

    sent_at: float
    answered_at: float | None


def allowed_requests(gate: Gate, limit: GateLimit) -> int:
    """How many the gate lets into one window now: headers and refusals only ever tighten it."""
    told = limit.requests if gate.told_limit is None else min(limit.requests, gate.told_limit)
    return max(1, told - gate.steps_down)


def held_until(slot: Slot, limit: GateLimit) -> float | None:
    """Until when a slot is held; None while its answer is outstanding."""
    return None if slot.answered_at is None else slot.answered_at + limit.window_seconds + MARGIN_SECONDS


def opens_at(gate: Gate, limit: GateLimit, slots: Sequence[Slot], now: float) -> float | None:
    """When the next submission may leave (`now` or earlier: at once); None: not before an open one is answered."""
    ends = [held_until(slot, limit) for slot in slots]
    outstanding = sum(end is None for end in ends)
    if gate.consecutive_pauses and outstanding:
        return None
    earliest = max(gate.paced_until - (gate.burst - 1) * _pace_seconds(gate, limit), gate.paused_until)
    busy = sorted(end for end in ends if end is not None and end > now)
    to_free = outstanding + len(busy) - allowed_requests(gate, limit) + 1
    if to_free <= 0:
        return earliest
    return max(earliest, busy[to_free - 1]) if to_free <= len(busy) else None


def check_opens_at(gate: Gate, limit: GateLimit, slots: Sequence[Slot], now: float) -> float | None:
    """When a request that only checks the key may leave; as `opens_at`.

    It finds out what other pauses wait for: only a break that the upstream asked for holds it up.
    """
    if gate.pause_reason is not PauseReason.RATE_LIMITED:
        gate = replace(gate, paused_until=0.0, consecutive_pauses=0)
    return opens_at(gate, limit, slots, now)


def leaves_at(gate: Gate, limit: GateLimit, slots: Sequence[Slot], position: int, now: float) -> float | None:
    """When the job at that place of the line (from 1) will leave, if every answer comes at once and none objects.

    None while that cannot be told.
    """
    opens = opens_at(gate, limit, slots, now)
    if opens is None:
        return None
    allowed, pace = allowed_requests(gate, limit), _pace_seconds(gate, limit)
    hold = limit.window_seconds + MARGIN_SECONDS
    ends = sorted(held_until(slot, limit) or now + hold for slot in slots)
    leaves, paced_until, steady, rounds = max(opens, now), gate.paced_until, 0, 0
    while position > 0:
        freed = ends[-allowed] if len(ends) >= allowed else leaves
        leaves = max(leaves, freed, paced_until - (gate.burst - 1) * pace)
        paced_until = max(paced_until, leaves) + pace
        ends.append(leaves + hold)
        position -= 1
        steady = steady + 1 if leaves == freed else 0
        if steady == 2 * allowed:
            # Two rounds in which slots alone decided: each later round is the same, one hold later. A line may be long.
            rounds, position = divmod(position, allowed)
    return leaves + rounds * hold


def sent(gate: Gate, limit: GateLimit, now: float) -> Gate:
    """The gate after a claim at `now`; steps up if it has been quiet long enough."""
    gate = _stepped_up(gate, now)
    return replace(gate, paced_until=max(gate.paced_until, now) + _pace_seconds(gate, limit))


def accepted(gate: Gate, now: float, told_limit: int | None = None) -> Gate:
    """The gate after any answer that is not a refusal of the key, the rate or for want of credits.

    One that comes during a pause is to a request that left before it: the pause and its reason stand.
    """
    limit = gate.told_limit if told_limit is None else max(1, told_limit)
    if now < gate.paused_until:
        return replace(gate, told_limit=limit)
    return replace(gate, consecutive_pauses=0, pause_reason=None, told_limit=limit)


def unsent(gate: Gate, limit: GateLimit, now: float) -> Gate:
    """The gate after a claim whose request never left: the pace is given back, the next try waits 1, 2, 4 … 30 s."""
    wait = min(_doubled(1.0, gate.consecutive_pauses), UNREACHABLE_MAX_SECONDS)
    return _paused(
        replace(gate, paced_until=gate.paced_until - _pace_seconds(gate, limit)),
        now + wait,
        PauseReason.UNREACHABLE,
    )


def unanswered(gate: Gate, now: float, reason: PauseReason = PauseReason.UNREACHABLE) -> Gate:
    """The gate after a submission without a readable answer: an upstream that fails gets one probe at a time, so that
    not every job of the line ends unknown."""
    return _paused(gate, now + min(_doubled(5.0, gate.consecutive_pauses), 120.0), reason)


def answered_late(gate: Gate, told_limit: int | None = None) -> Gate:
    """The gate after an answer to what had been given up: it does not show that the upstream keeps up again, so the
    probe goes on; nor, where it is none after all, that it has fallen silent anew."""
    return replace(gate, told_limit=gate.told_limit if told_limit is None else max(1, told_limit))


def blocked(gate: Gate, now: float, reason: PauseReason) -> Gate:
    """The gate after 401, 403 or 402: one probe every 10 minutes."""
    return _paused(gate, now + PAUSE_MAX_SECONDS, reason)


def key_accepted(gate: Gate) -> Gate:
    """The gate after a check that found the key good: what was refused before goes on at once."""
    if gate.pause_reason is not PauseReason.KEY_REJECTED:
        return gate
    return replace(gate, paused_until=0.0, pause_reason=None, consecutive_pauses=0)


def refused(gate: Gate, limit: GateLimit, now: float, retry_after_seconds: float | None) -> Gate:
    """The gate after a 429: pause as told (at most 10 minutes), no more bursts, then one fewer in the window.

    A 429 for a request that left before the running pause began tells nothing new: it can only lengthen the pause.
    """
    if now < gate.paused_until and gate.pause_reason is PauseReason.RATE_LIMITED:
        until = now + _refusal_pause_seconds(gate.consecutive_pauses - 1, retry_after_seconds)
        return replace(gate, paused_until=max(gate.paused_until, until))
    until = now + _refusal_pause_seconds(gate.consecutive_pauses, retry_after_seconds)
    was_lowered = gate.burst < BURST
    has_failed = was_lowered or now < gate.step_up_at
    quiet_seconds = min(gate.quiet_seconds * 2, QUIET_MAX_SECONDS) if has_failed else QUIET_SECONDS
    lowered = replace(
        gate,
        burst=1,
        steps_down=min(gate.steps_down + 1, limit.requests - 1) if was_lowered else gate.steps_down,
        quiet_seconds=quiet_seconds,
        step_up_at=until + quiet_seconds,
    )
    return _paused(lowered, until, PauseReason.RATE_LIMITED)


def full(gate: Gate, limit: GateLimit, now: float, running: int) -> Gate:
    """The gate after a refusal for too many unfinished tasks, while `running` of ours were being made.

    The plan allows fewer than was set, or somebody else uses the same key. The pace stays. As with `refused`, one that
    left before the running pause began tells nothing new.
    """
    known = replace(
        gate,
        paced_until=gate.paced_until - _pace_seconds(gate, limit),
        full_tasks=max(1, running),
        full_until=now + FULL_KEPT_SECONDS,
    )
    if now < gate.paused_until and gate.pause_reason is PauseReason.RATE_LIMITED:
        return known
    wait_seconds = min(_doubled(FULL_SECONDS, gate.consecutive_pauses), FULL_MAX_SECONDS)
    return _paused(known, now + wait_seconds, PauseReason.RATE_LIMITED)


def taken(gate: Gate, limit: GateLimit, running: int) -> Gate:
    """The gate after a submission was accepted while `running` others were being made: so many more may be, at least.

    Refusals of a burst can come before its acceptances.
    """
    return gate if limit.tasks is None else replace(gate, full_tasks=max(gate.full_tasks, running + 1))


def allowed_tasks(gate: Gate, limit: GateLimit, now: float) -> int | None:
    """How many may be made at once now; None: as many as are let out."""
    if limit.tasks is None or now >= gate.full_until:
        return limit.tasks
    return min(limit.tasks, gate.full_tasks)


def recovered(gate: Gate, limit: GateLimit, now: float) -> Gate:
    """The gate after a restart: no stored time may lie further ahead than it could have been set, should the clock
    have been put back meanwhile."""
    return replace(
        gate,
        paced_until=min(gate.paced_until, now + BURST * _pace_seconds(gate, limit)),
        paused_until=min(gate.paused_until, now + PAUSE_MAX_SECONDS),
        step_up_at=min(gate.step_up_at, now + PAUSE_MAX_SECONDS + gate.quiet_seconds),
        full_until=min(gate.full_until, now + FULL_KEPT_SECONDS),
    )


def foreign_slots(gate: Gate, limit: GateLimit, held_slots: int, told_remaining: int | None) -> int:
    """How many requests of somebody else with the same key the upstream counts, by `X-RateLimit-Remaining`.

    `held_slots` are those that were held at any time since the answered request left, itself included. None: no header.
    """
    if told_remaining is None:
        return 0
    free = allowed_requests(gate, limit) - held_slots
    return max(0, free - max(0, told_remaining))


def _pace_seconds(gate: Gate, limit: GateLimit) -> float:
    return limit.window_seconds / allowed_requests(gate, limit)


def _paused(gate: Gate, until: float, reason: PauseReason) -> Gate:
    return replace(
        gate,
        paused_until=max(gate.paused_until, until),
        pause_reason=reason,
        consecutive_pauses=gate.consecutive_pauses + 1,
    )


def _refusal_pause_seconds(pauses_before: int, retry_after_seconds: float | None) -> float:
    asked = PAUSE_DEFAULT_SECONDS if retry_after_seconds is None else max(1.0, retry_after_seconds)
    # The first refusal waits exactly as long as was asked for; repeats back off.
    return min(_doubled(asked, pauses_before), PAUSE_MAX_SECONDS)


def _doubled(seconds: float, times: int) -> float:
    # An upstream may be down for days: unbounded, the power overflows after a thousand tries.
    return seconds * 2.0 ** min(times, 10)


def _stepped_up(gate: Gate, now: float) -> Gate:
    if now < gate.step_up_at or gate.burst == BURST:
        return gate
    if gate.steps_down > 0:
        return replace(gate, steps_down=gate.steps_down - 1, step_up_at=now + gate.quiet_seconds)
    return replace(gate, burst=BURST, step_up_at=now + gate.quiet_seconds)
