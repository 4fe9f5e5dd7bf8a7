"""The gate against servers that count, whatever the latency; and each of its rules on its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import gate as gates
from bot.domain.gate import (
    BURST,
    MARGIN_SECONDS,
    PAUSE_MAX_SECONDS,
    QUIET_MAX_SECONDS,
    QUIET_SECONDS,
    Gate,
    GateLimit,
    PauseReason,
    Slot,
)
from sandbox.upstream.limits import Counting, TokenBucket, counter
from tests.bench.strict import SpacedCounter, WeightedCounter
from tests.unit.domain.gate_client import AT_ONCE, BEGAN_AT, GateClient, Trip

LIMIT = GateLimit(12, 60.0)
NOW = BEGAN_AT
HOLD_SECONDS = LIMIT.window_seconds + MARGIN_SECONDS
PACE_SECONDS = 5.0

LIMITS = st.sampled_from([LIMIT, GateLimit(1, 10.0), GateLimit(3, 7.0), GateLimit(20, 1.0)])
WAYS = st.floats(0.0, 0.25) | st.floats(0.0, 90.0)
TRIPS = st.builds(Trip, WAYS, WAYS)
GAPS = st.just(0.0) | st.floats(0.0, 90.0)
ARRIVALS = st.lists(st.tuples(GAPS, TRIPS), min_size=1, max_size=60)


def client(limit: GateLimit = LIMIT, counting: Counting = Counting.SLIDING) -> GateClient:
    return GateClient(limit, counter(counting, limit.requests, limit.window_seconds))


# ------------------------------------------------------------ against servers


@pytest.mark.parametrize("counting", list(Counting))
@given(limit=LIMITS, arrivals=ARRIVALS)
def test_no_server_refuses_whatever_the_latency(
    counting: Counting, limit: GateLimit, arrivals: Sequence[tuple[float, Trip]]
) -> None:
    it = client(limit, counting)
    it.leave(arrivals)
    assert it.refused_at == []
    assert len(it.decided_at) == len(arrivals)
    decided = sorted(it.decided_at)
    spans = [later - earlier for earlier, later in zip(decided, decided[limit.requests :], strict=False)]
    assert min(spans, default=math.inf) > limit.window_seconds


@given(limit=LIMITS, before=ARRIVALS, after=ARRIVALS, shift=st.floats(0.0, 3600.0))
def test_a_restart_forgets_nothing(
    limit: GateLimit, before: Sequence[tuple[float, Trip]], after: Sequence[tuple[float, Trip]], shift: float
) -> None:
    it = client(limit)
    it.leave(before, wait=False)
    it.restart(shift)
    it.leave(after)
    assert it.refused_at == []


@given(arrivals=ARRIVALS, counting=st.sampled_from([Counting.FIXED, Counting.ANCHORED, Counting.SLIDING]))
def test_our_own_requests_are_never_taken_for_somebody_elses(
    arrivals: Sequence[tuple[float, Trip]], counting: Counting
) -> None:
    it = client(LIMIT, counting)
    it.leave(arrivals)
    assert it.foreign == 0


@pytest.mark.parametrize("way_seconds", [0.0, 0.25, 20.0])
def test_a_full_line_uses_the_limit_up(way_seconds: float) -> None:
    it = client()
    it.leave([(0.0, Trip(0.0, way_seconds))] * 1200)
    cycle_seconds = HOLD_SECONDS + way_seconds
    assert it.sent_at[-1] - it.sent_at[0] <= 100 * cycle_seconds


@settings(max_examples=30)
@given(trips=st.lists(st.builds(Trip, st.floats(0.0, 0.25), st.floats(0.0, 0.25)), min_size=5, max_size=40))
def test_at_most_a_burst_leaves_ahead_of_the_pace(trips: Sequence[Trip]) -> None:
    it = client()
    it.leave([(0.0, trip) for trip in trips])
    for number, sent_at in enumerate(it.sent_at):
        within = [other for other in it.sent_at[: number + 1] if other > sent_at - 2 * PACE_SECONDS]
        assert len(within) <= BURST + 2


@pytest.mark.parametrize(
    ("server", "least_use"), [(WeightedCounter(12, 60.0), 0.88), (SpacedCounter(12, 60.0), 0.88)], ids=type
)
def test_servers_that_allow_less_are_found_out(server: WeightedCounter | SpacedCounter, least_use: float) -> None:
    """Nobody can have all of their limit; stepping down costs a few refusals, and ever fewer."""
    it = GateClient(LIMIT, server)
    it.leave([(0.0, Trip(0.1, 0.1))] * 5000)
    hours = (it.sent_at[-1] - it.sent_at[0]) / 3600.0
    assert len(it.decided_at) / (hours * 720) >= least_use
    assert len(it.refused_at) / hours <= 2.5


def test_a_burst_that_a_server_never_takes_is_tried_ever_less() -> None:
    """Two at once is all that it takes: after each trial that failed the next one waits twice as long."""

    class TwoAtOnce(TokenBucket):
        def _tokens_at(self, now: float) -> float:
            return min(2.0, super()._tokens_at(now))

    it = GateClient(LIMIT, TwoAtOnce(12, 60.0))
    it.leave([(gap, Trip(0.1, 0.1)) for gap in (120.0, 0.0, 0.0, 0.0, 0.0, 0.0)] * 360)
    spans = [later - earlier for earlier, later in pairwise(it.refused_at) if later - earlier > 60.0]
    assert spans == pytest.approx([600.0, 1200.0, 2400.0, 4800.0, 9600.0, 19200.0], rel=0.2)


# ------------------------------------------------------------ when it opens


def test_an_idle_gate_is_open() -> None:
    opens = gates.opens_at(Gate(), LIMIT, [], NOW)
    assert opens is not None
    assert opens <= NOW


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ([Slot(NOW - 1, None)] * 11, NOW),
        ([Slot(NOW - 1, None)] * 12, None),
        ([Slot(NOW - 9, NOW - 8)] * 12, NOW - 8 + HOLD_SECONDS),
        ([Slot(NOW - 30, NOW - 29)] + [Slot(NOW - 9, NOW - 8)] * 11, NOW - 29 + HOLD_SECONDS),
        ([Slot(NOW - 30, NOW - 29)] + [Slot(NOW - 1, None)] * 11, NOW - 29 + HOLD_SECONDS),
        ([Slot(NOW - 99, NOW - HOLD_SECONDS)] + [Slot(NOW - 1, None)] * 11, NOW),
        ([Slot(NOW - 9, NOW - 8)] * 13, NOW - 8 + HOLD_SECONDS),
        ([Slot(NOW - 9, NOW - 8)] * 2 + [Slot(NOW - 1, None)] * 11, NOW - 8 + HOLD_SECONDS),
        ([Slot(NOW - 9, NOW - 8)] + [Slot(NOW - 1, None)] * 12, None),
    ],
)
def test_slots_are_held_until_a_window_after_the_answer(slots: list[Slot], expected: float | None) -> None:
    opens = gates.opens_at(Gate(), LIMIT, slots, NOW)
    assert (None if opens is None else max(opens, NOW)) == expected


def test_the_pace_opens_after_the_burst() -> None:
    gate = Gate()
    for _ in range(BURST):
        opens = gates.opens_at(gate, LIMIT, [], NOW)
        assert opens is not None
        assert opens <= NOW
        gate = gates.sent(gate, LIMIT, NOW)
    assert gates.opens_at(gate, LIMIT, [], NOW) == NOW + PACE_SECONDS


@given(before=ARRIVALS, position=st.integers(1, 60), pause=st.floats(0.0, 300.0))
def test_leaves_at_is_when_that_many_have_left(
    before: Sequence[tuple[float, Trip]], position: int, pause: float
) -> None:
    it = client()
    it.leave(before)
    it.gate = replace(it.gate, paused_until=it.now + pause)
    told = gates.leaves_at(it.gate, LIMIT, it.slots(), position, it.now)
    it.leave([(0.0, AT_ONCE)] * position)
    assert told == pytest.approx(it.sent_at[-1], abs=1e-3)


@given(before=ARRIVALS, position=st.integers(1, 60), way=st.floats(0.05, 0.5))
def test_round_trips_make_it_a_little_later(before: Sequence[tuple[float, Trip]], position: int, way: float) -> None:
    it = client()
    it.leave(before)
    told = gates.leaves_at(it.gate, LIMIT, it.slots(), position, it.now)
    assert told is not None
    it.leave([(0.0, Trip(0.0, way))] * position)
    windows = position // LIMIT.requests + 1
    assert -1e-3 <= it.sent_at[-1] - told <= way * windows + 1e-3


def test_leaves_at_is_not_told_while_everything_waits_for_an_answer() -> None:
    assert gates.leaves_at(Gate(), LIMIT, [Slot(NOW, None)] * 12, 1, NOW) is None


def test_answers_under_way_are_expected_now() -> None:
    slots = [Slot(NOW - 20, NOW - 20)] + [Slot(NOW - 1, None)] * 11
    assert gates.leaves_at(Gate(), LIMIT, slots, 1, NOW) == NOW - 20 + HOLD_SECONDS
    assert gates.leaves_at(Gate(), LIMIT, slots, 2, NOW) == NOW + HOLD_SECONDS


# ------------------------------------------------------------ pauses


@pytest.mark.parametrize(
    ("retry_after_seconds", "pause_seconds"),
    [(None, 60.0), (7.0, 7.0), (0.0, 1.0), (-5.0, 1.0), (1e9, 600.0), (math.inf, 600.0)],
)
def test_a_refusal_pauses_as_told(retry_after_seconds: float | None, pause_seconds: float) -> None:
    gate = gates.refused(Gate(), LIMIT, NOW, retry_after_seconds)
    assert gate.paused_until == NOW + pause_seconds
    assert gate.pause_reason is PauseReason.RATE_LIMITED
    assert gates.opens_at(gate, LIMIT, [], NOW) == NOW + pause_seconds


def test_repeats_back_off_to_ten_minutes() -> None:
    gate, now, pauses = Gate(), NOW, []
    for _ in range(6):
        gate = gates.refused(gate, LIMIT, now, 30.0)
        pauses.append(gate.paused_until - now)
        now = gate.paused_until
    assert pauses == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0]


def test_refusals_of_one_burst_count_once() -> None:
    first = gates.refused(Gate(), LIMIT, NOW, 30.0)
    again = gates.refused(first, LIMIT, NOW + 1, 30.0)
    assert again == replace(first, paused_until=NOW + 31)
    assert gates.refused(again, LIMIT, NOW + 2, 5.0) == again


def test_stepping_down_goes_by_burst_first_and_never_below_one() -> None:
    gate, now = Gate(), NOW
    seen = []
    for _ in range(13):
        gate = gates.refused(gate, LIMIT, now, 1.0)
        now = gate.paused_until
        seen.append((gate.burst, gates.allowed_requests(gate, LIMIT)))
    assert seen == [(1, allowed) for allowed in (12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)]
    assert gate.quiet_seconds == QUIET_MAX_SECONDS


def test_stepping_up_again_after_a_quiet_time() -> None:
    gate = gates.refused(Gate(), LIMIT, NOW, 1.0)
    gate = gates.accepted(gates.refused(gate, LIMIT, NOW + 1, 1.0), NOW + 601)
    assert (gate.burst, gate.steps_down, gate.quiet_seconds) == (1, 1, 2 * QUIET_SECONDS)
    up_at = gate.step_up_at
    assert up_at == gate.paused_until + 2 * QUIET_SECONDS
    assert gates.sent(gate, LIMIT, up_at - 0.1).steps_down == 1
    gate = gates.sent(gate, LIMIT, up_at)
    assert (gate.burst, gate.steps_down) == (1, 0)
    assert gates.sent(gate, LIMIT, up_at + 1).burst == 1
    gate = gates.sent(gate, LIMIT, up_at + 2 * QUIET_SECONDS)
    assert gate.burst == BURST


def test_a_trial_that_failed_doubles_the_quiet_time() -> None:
    gate = gates.accepted(gates.refused(Gate(), LIMIT, NOW, 1.0), NOW + 1)
    at = gate.step_up_at
    gate = gates.sent(gate, LIMIT, at)
    assert gate.burst == BURST
    failed = gates.refused(gate, LIMIT, at + 1, 1.0)
    assert (failed.burst, failed.steps_down, failed.quiet_seconds) == (1, 0, 2 * QUIET_SECONDS)
    later = gates.refused(gate, LIMIT, at + QUIET_SECONDS + 1, 1.0)
    assert (later.burst, later.steps_down, later.quiet_seconds) == (1, 0, QUIET_SECONDS)


def test_while_paused_one_probe_at_a_time() -> None:
    gate = gates.unanswered(Gate(), NOW)
    at = gate.paused_until
    assert gates.opens_at(gate, LIMIT, [], at) == at
    probed = gates.sent(gate, LIMIT, at)
    assert gates.opens_at(probed, LIMIT, [Slot(at, None)], at + 100) is None
    passed = gates.accepted(probed, at + 1)
    opens = gates.opens_at(passed, LIMIT, [Slot(at, at + 1)], at + 1)
    assert opens is not None
    assert opens <= at + 1


@given(seed=st.integers(0, 10**6), ways=st.floats(0.0, 3.0))
@settings(max_examples=25)
def test_a_client_that_is_refused_probes_singly(seed: int, ways: float) -> None:
    it = GateClient(LIMIT, counter(Counting.SLIDING, 1 + seed % 8, 60.0))
    it.leave([(0.0, Trip(ways, ways))] * 60)
    assert it.refused_at
    assert it.most_probes <= 1


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (5000, 30)])
def test_an_unreachable_upstream_is_tried_again_soon(failures: int, seconds: float) -> None:
    gate = gates.unsent(replace(Gate(), consecutive_pauses=failures - 1), LIMIT, NOW)
    assert gate.paused_until == NOW + seconds
    assert gate.pause_reason is PauseReason.UNREACHABLE


@pytest.mark.parametrize(("failures", "seconds"), [(1, 5), (2, 10), (3, 20), (5, 80), (6, 120), (5000, 120)])
def test_an_upstream_without_answers_backs_off(failures: int, seconds: float) -> None:
    gate = gates.unanswered(replace(Gate(), consecutive_pauses=failures - 1), NOW)
    assert gate.paused_until == NOW + seconds
    assert gate.pause_reason is PauseReason.UNREACHABLE


def test_many_refusals_do_not_overflow() -> None:
    gate = gates.refused(replace(Gate(), consecutive_pauses=5000), LIMIT, NOW, 1.0)
    assert gate.paused_until == NOW + PAUSE_MAX_SECONDS


def test_unsent_gives_the_pace_back() -> None:
    gate = gates.sent(Gate(), LIMIT, NOW)
    assert gates.sent(gate, LIMIT, NOW).paced_until == NOW + 2 * PACE_SECONDS
    assert gates.unsent(gates.sent(gate, LIMIT, NOW), LIMIT, NOW).paced_until == gate.paced_until


@pytest.mark.parametrize("reason", [PauseReason.KEY_REJECTED, PauseReason.OUT_OF_CREDITS])
def test_a_blocked_account_probes_every_ten_minutes(reason: PauseReason) -> None:
    gate = gates.blocked(gates.blocked(Gate(), NOW, reason), NOW + 600.0, reason)
    assert gate.paused_until == NOW + 1200.0
    assert gate.pause_reason is reason
    assert gates.opens_at(gate, LIMIT, [Slot(NOW + 1200.0, None)], NOW + 1201.0) is None


def test_a_shorter_pause_does_not_cut_a_longer_one() -> None:
    gate = gates.unsent(gates.blocked(Gate(), NOW, PauseReason.KEY_REJECTED), LIMIT, NOW + 1)
    assert gate.paused_until == NOW + 600.0


@pytest.mark.parametrize("reason", [None, *PauseReason])
def test_a_check_of_the_key_waits_for_a_break_and_for_no_other_pause(reason: PauseReason | None) -> None:
    gate = Gate(paused_until=NOW + 500, pause_reason=reason, consecutive_pauses=1)
    opens_at = gates.check_opens_at(gate, LIMIT, [Slot(NOW, None)], NOW)
    assert (opens_at is None) is (reason is PauseReason.RATE_LIMITED), "and then for what is open, too"
    assert (opens_at or 0.0) <= NOW


def test_a_check_of_the_key_needs_room_and_keeps_the_pace() -> None:
    full = [Slot(NOW - 50, NOW - 50)] * LIMIT.requests
    assert gates.check_opens_at(Gate(), LIMIT, full, NOW) == pytest.approx(NOW - 50 + HOLD_SECONDS)
    assert gates.check_opens_at(Gate(), LIMIT, [Slot(NOW, None)] * LIMIT.requests, NOW) is None
    assert gates.check_opens_at(Gate(paced_until=NOW + 20), LIMIT, [], NOW) == pytest.approx(NOW + 5)


def test_a_check_that_found_the_key_good_ends_the_pause_for_the_key_and_no_other() -> None:
    refused = gates.blocked(Gate(), NOW, PauseReason.KEY_REJECTED)
    assert gates.key_accepted(refused) == Gate()
    poor = gates.blocked(Gate(), NOW, PauseReason.OUT_OF_CREDITS)
    assert gates.key_accepted(poor) == poor
    assert gates.key_accepted(Gate()) == Gate()


def test_an_answer_ends_the_probing() -> None:
    gate = gates.accepted(gates.unanswered(Gate(), NOW), NOW + 5)
    assert (gate.consecutive_pauses, gate.pause_reason) == (0, None)


@pytest.mark.parametrize(
    "paused",
    [gates.refused(Gate(), LIMIT, NOW, 30.0), gates.blocked(Gate(), NOW, PauseReason.KEY_REJECTED)],
    ids=["rate", "key"],
)
def test_an_answer_from_before_a_pause_does_not_end_it(paused: Gate) -> None:
    assert gates.accepted(paused, NOW + 1) == paused


def test_an_answer_amid_the_refusals_of_one_burst_does_not_make_them_two() -> None:
    gate = gates.accepted(gates.refused(Gate(), LIMIT, NOW, 30.0), NOW + 0.1)
    assert gates.refused(gate, LIMIT, NOW + 0.2, 29.0).steps_down == 0


# ------------------------------------------------------------ headers


@given(told=st.integers(-5, 100) | st.none(), steps=st.integers(0, 11))
def test_headers_only_tighten(told: int | None, steps: int) -> None:
    before = replace(Gate(), steps_down=steps)
    after = gates.accepted(before, NOW, told)
    assert 1 <= gates.allowed_requests(after, LIMIT) <= gates.allowed_requests(before, LIMIT)
    if told is not None:
        assert gates.allowed_requests(after, LIMIT) <= max(1, told)


def test_an_answer_without_headers_leaves_what_was_told() -> None:
    gate = gates.accepted(gates.accepted(Gate(), NOW, 6), NOW)
    assert gates.allowed_requests(gate, LIMIT) == 6
    assert gates.allowed_requests(gates.accepted(gate, NOW, 9), LIMIT) == 9


@pytest.mark.parametrize(
    ("held", "remaining", "foreign"),
    [(1, None, 0), (1, 11, 0), (1, 12, 0), (1, 8, 3), (4, 8, 0), (12, 0, 0), (3, 0, 9), (3, -2, 9), (14, 0, 0)],
)
def test_foreign_slots(held: int, remaining: int | None, foreign: int) -> None:
    assert gates.foreign_slots(Gate(), LIMIT, held, remaining) == foreign


def test_foreign_slots_are_counted_against_what_the_server_allows() -> None:
    gate = gates.accepted(Gate(), NOW, 6)
    assert gates.foreign_slots(gate, LIMIT, 1, 5) == 0
    assert gates.foreign_slots(gate, LIMIT, 1, 3) == 2


# ------------------------------------------------------------ clocks


@given(before=ARRIVALS, shift=st.sampled_from([-3600.0, 3600.0]) | st.floats(-1e8, 1e8))
def test_a_clock_that_was_set_stalls_nothing(before: Sequence[tuple[float, Trip]], shift: float) -> None:
    it = client()
    it.leave(before, wait=False)
    it.restart(shift)
    opens = it.opens_at()
    assert opens is not None
    assert opens - it.now <= HOLD_SECONDS


@pytest.mark.parametrize("shift", [-3600.0, 0.0, 3600.0])
def test_a_pause_outlives_a_restart_by_ten_minutes_at_most(shift: float) -> None:
    gate = gates.blocked(Gate(), NOW, PauseReason.OUT_OF_CREDITS)
    gate = replace(gate, burst=1, steps_down=2, step_up_at=NOW + 1200.0)
    now = NOW + shift
    after = gates.recovered(gate, LIMIT, now)
    assert after.paused_until == (NOW + 600.0 if shift >= 0 else now + 600.0)
    assert after.step_up_at <= now + PAUSE_MAX_SECONDS + gate.quiet_seconds
    assert (after.burst, after.steps_down, after.pause_reason) == (1, 2, gate.pause_reason)


def test_recovering_with_a_true_clock_changes_nothing() -> None:
    gate = gates.refused(gates.sent(gates.sent(Gate(), LIMIT, NOW), LIMIT, NOW), LIMIT, NOW, 30.0)
    assert gates.recovered(gate, LIMIT, NOW + 1) == gate
