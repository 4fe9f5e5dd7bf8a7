"""Whose turn it is, against a line that is really served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fairness import TURN_COST, Flow, in_turn, position, started, turns_before
from tests.bench.fair import jain


def serve(flows: Sequence[Flow]) -> Iterator[Flow]:
    """Turn after turn until nobody waits; each as it stood before its turn."""
    waiting = {flow.id: flow for flow in flows}
    while waiting:
        flow = in_turn(waiting.values())[0]
        yield flow
        moved = replace(flow, virtual_time=flow.virtual_time + TURN_COST, queued=flow.queued - 1)
        if moved.queued:
            waiting[flow.id] = moved
        else:
            del waiting[flow.id]


@st.composite
def lines(draw: st.DrawFn, most: int = 6, spread: int = 6) -> list[Flow]:
    """Flows that wait, with virtual times near each other and different `since`."""
    count = draw(st.integers(1, most))
    since = draw(st.permutations(range(100, 100 + count)))
    return [
        Flow(number, float(draw(st.integers(0, spread))), since[number], draw(st.integers(1, 6)))
        for number in range(count)
    ]


@st.composite
def guilds(draw: st.DrawFn) -> tuple[list[Flow], Mapping[int, list[Flow]]]:
    """Guilds, and the members of each; a guild's jobs are its members'."""
    members = {guild.id: draw(lines(4)) for guild in draw(lines(4))}
    since = draw(st.permutations(range(100, 100 + len(members))))
    return [
        Flow(number, float(draw(st.integers(0, 6))), since[number], sum(user.queued for user in members[number]))
        for number in members
    ], members


def without(flow: Flow, flows: Sequence[Flow]) -> list[Flow]:
    return [other for other in flows if other.id != flow.id]


# ------------------------------------------------------------ next


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([Flow(1, 3.0, 10, 1)], 1),
        ([Flow(1, 3.0, 10, 9), Flow(2, 2.0, 20, 1)], 2),
        ([Flow(1, 2.0, 20, 1), Flow(2, 2.0, 10, 1)], 2),
        ([Flow(1, 2.0, 10, 1), Flow(2, 2.0, 20, 99)], 1),
        ([Flow(1, 0.0, 30, 1), Flow(2, -1.0, 40, 1), Flow(3, 0.0, 20, 1)], 2),
    ],
)
def test_the_one_furthest_behind_goes_next_and_the_longest_waiting_of_equals(flows: list[Flow], expected: int) -> None:
    assert in_turn(flows)[0].id == expected
    assert in_turn(reversed(flows))[0].id == expected


def test_nobody_waits() -> None:
    assert in_turn([]) == []


@pytest.mark.parametrize(("own", "reached", "expected"), [(None, 7.0, 7.0), (3.0, 7.0, 7.0), (8.0, 7.0, 8.0)])
def test_idleness_earns_nothing(own: float | None, reached: float, expected: float) -> None:
    assert started(own, reached) == expected


# ------------------------------------------------------------ place in the line


@pytest.mark.parametrize(
    ("mine", "behind", "other", "expected"),
    [
        (Flow(1, 5.0, 20, 3), 0, Flow(2, 6.0, 10, 9), 0),
        (Flow(1, 5.0, 20, 3), 0, Flow(2, 5.0, 10, 9), 1),
        (Flow(1, 5.0, 10, 3), 0, Flow(2, 5.0, 20, 9), 0),
        (Flow(1, 5.0, 20, 3), 2, Flow(2, 5.0, 10, 9), 3),
        (Flow(1, 5.0, 10, 3), 2, Flow(2, 5.0, 20, 9), 2),
        (Flow(1, 5.0, 10, 3), 0, Flow(2, 4.5, 20, 9), 1),
        (Flow(1, 5.0, 10, 3), 2, Flow(2, 5.0, 20, 1), 1),
    ],
)
def test_turns_of_another(mine: Flow, behind: int, other: Flow, expected: int) -> None:
    assert turns_before(mine, behind, [other]) == expected


@given(flows=lines())
def test_turns_before_agrees_with_serving(flows: list[Flow]) -> None:
    order = [flow.id for flow in serve(flows)]
    for mine in flows:
        places = [place for place, flow_id in enumerate(order) if flow_id == mine.id]
        for behind, place in enumerate(places):
            assert turns_before(mine, behind, without(mine, flows)) + behind == place


@given(line=guilds())
def test_position_agrees_with_serving(line: tuple[list[Flow], Mapping[int, list[Flow]]]) -> None:
    flows, members = line
    within = {guild.id: serve(members[guild.id]) for guild in flows}
    served: Counter[tuple[int, int]] = Counter()
    for place, turn in enumerate(serve(flows), start=1):
        user_id = next(within[turn.id]).id
        guild = next(flow for flow in flows if flow.id == turn.id)
        user = next(flow for flow in members[guild.id] if flow.id == user_id)
        older = served[guild.id, user_id]
        assert position(guild, without(guild, flows), user, without(user, members[guild.id]), older) == place
        served[guild.id, user_id] += 1


@given(flows=lines(spread=1), queued=st.integers(1, 5))
def test_a_newcomer_waits_for_one_turn_of_each_at_most(flows: list[Flow], queued: int) -> None:
    """Whoever waits is at most one turn ahead of what was reached; a newcomer begins there."""
    newcomer = Flow(99, started(None, 0.0), 999, queued)
    assert turns_before(newcomer, 0, flows) <= len(flows)


# ------------------------------------------------------------ shares


@given(flows=lines(spread=0), turns=st.integers(1, 40))
def test_those_who_wait_share_evenly(flows: list[Flow], turns: int) -> None:
    """However long their lines are, no two differ by more than one turn while both wait."""
    taken: Counter[int] = Counter()
    for turn in list(serve(flows))[:turns]:
        taken[turn.id] += 1
        open_lines = [taken[flow.id] for flow in flows if taken[flow.id] < flow.queued]
        assert not open_lines or max(open_lines) - min(open_lines) <= 1


def test_jains_index_of_unequal_lines() -> None:
    flows = [Flow(number, 0.0, number, 60 * share) for number, share in enumerate((1, 2, 4, 8))]
    order = [flow.id for flow in serve(flows)]
    for begin in range(0, 240, 60):
        shares = Counter(order[begin : begin + 60])
        assert jain([shares[flow.id] for flow in flows]) >= 0.99


def test_a_turn_given_back_is_the_next_one() -> None:
    """Moved on by a claim, moved back by its refund: it stands where it stood."""
    flows = [Flow(1, 4.0, 10, 2), Flow(2, 4.0, 20, 2), Flow(3, 5.0, 30, 1)]
    first = in_turn(flows)[0]
    charged = replace(first, virtual_time=first.virtual_time + TURN_COST, queued=1)
    assert in_turn([charged, *without(first, flows)])[0].id == 2
    refunded = replace(charged, virtual_time=charged.virtual_time - TURN_COST, queued=2)
    assert [flow.id for flow in serve([refunded, *without(first, flows)])] == [flow.id for flow in serve(flows)]
