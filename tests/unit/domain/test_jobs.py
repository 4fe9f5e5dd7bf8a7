"""The moves of a job, and what it counts for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.catalog import Medium
from bot.domain.jobs import (
    FINAL_STATES,
    LEGAL_MOVES,
    Job,
    JobState,
    flow_of,
)
from bot.domain.requests import GenerationRequest

S = JobState

JOB = Job(
    id=1,
    account_id=2,
    flow_id=3,
    guild_id=3,
    channel_id=4,
    user_id=5,
    provider="meigen",
    state=S.QUEUED,
    request=GenerationRequest("a garden", Medium.VIDEO),
    model_id=None,
    is_private=False,
    parent_id=None,
    reserved_credits=65,
    charged_credits=None,
    generation_id=None,
    progress_percent=None,
    result=None,
    failure=None,
    cancel_asked_at=None,
    created_at=100.0,
    queued_at=101.0,
    submitted_at=None,
    answered_at=None,
    finished_at=None,
)


def reachable(state: JobState) -> set[JobState]:
    found: set[JobState] = set()
    ahead = {state}
    while ahead:
        found |= ahead
        ahead = {after for before in ahead for after in LEGAL_MOVES[before]} - found
    return found


def test_every_state_has_its_moves() -> None:
    assert set(LEGAL_MOVES) == set(S)


def test_every_state_is_reached_from_an_offer() -> None:
    assert reachable(S.OFFERED) == set(S)


@pytest.mark.parametrize("state", list(S))
def test_every_state_leads_to_an_end(state: JobState) -> None:
    assert reachable(state) & FINAL_STATES


@pytest.mark.parametrize("state", [S.SUCCEEDED, S.FAILED, S.CANCELLED])
def test_true_ends_are_left_no_more(state: JobState) -> None:
    assert LEGAL_MOVES[state] == frozenset()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Only a claim lets a POST leave, and only from the line.
        (S.OFFERED, S.SUBMITTING),
        (S.RUNNING, S.SUBMITTING),
        (S.UNKNOWN, S.SUBMITTING),
        # What the upstream has is never sent again.
        (S.RUNNING, S.QUEUED),
        (S.TIMED_OUT, S.QUEUED),
        # Without a submission there is nothing that could have come of it.
        (S.QUEUED, S.UNKNOWN),
        (S.QUEUED, S.RUNNING),
        (S.OFFERED, S.FAILED),
    ],
)
def test_moves_that_would_break_a_promise(before: JobState, after: JobState) -> None:
    assert after not in LEGAL_MOVES[before]


def test_submissions_end_in_every_way() -> None:
    assert LEGAL_MOVES[S.SUBMITTING] == {S.RUNNING, S.QUEUED, S.CANCELLED, S.FAILED, S.UNKNOWN}


@pytest.mark.parametrize("state", list(S))
def test_is_final(state: JobState) -> None:
    assert replace(JOB, state=state).is_final is (state in FINAL_STATES)


def test_the_medium_is_the_requests() -> None:
    assert JOB.medium is Medium.VIDEO


@pytest.mark.parametrize(("guild_id", "expected"), [(7, 7), (None, -5)])
def test_a_guild_is_one_flow_and_so_is_everyone_in_direct_messages(guild_id: int | None, expected: int) -> None:
    assert flow_of(guild_id, 5) == expected
