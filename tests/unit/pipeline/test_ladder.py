"""Which ways there are to show a card, best first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs import FINAL_STATES, JobState
from bot.pipeline.ladder import needs_channel, nonce_of, rungs
from bot.pipeline.patience import backoff_seconds
from bot.ports import Card, CardKind, CardState, Rung
from tests.support.builders import BEGAN_AT, CHANNEL
from tests.unit.ui.make import job

T, M, C, D = Rung.TOKEN_EDIT, Rung.MESSAGE_EDIT, Rung.CHANNEL_POST, Rung.DIRECT_MESSAGE
CARD = Card(
    job_id=77,
    kind=CardKind.CHANNEL,
    channel_id=CHANNEL,
    message_id=9,
    token="t",
    token_expires_at=BEGAN_AT,
    state=CardState.LIVE,
    wanted=3,
    shown=1,
    attachment_limit_bytes=10,
    references=(),
    posting_rung=None,
    posting_nonce=None,
    posting_since=None,
    delivered_at=None,
)
PRIVATE = replace(CARD, kind=CardKind.PRIVATE)
USER_INSTALLED = replace(CARD, kind=CardKind.USER_INSTALLED)


def dead(card: Card) -> Card:
    return replace(card, token=None)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
@pytest.mark.parametrize(
    ("card", "ways"),
    [
        (CARD, (T, M, C, D)),
        (dead(CARD), (M, C, D)),
        (PRIVATE, (T, D)),
        (dead(PRIVATE), (D,)),
        (USER_INSTALLED, (T, D)),
        (dead(USER_INSTALLED), (D,)),
        (replace(CARD, message_id=None), (T,)),
        (replace(dead(CARD), message_id=None), ()),
    ],
)
def test_an_end_is_worth_a_new_message(state: JobState, card: Card, ways: tuple[Rung, ...]) -> None:
    assert rungs(job(state), card) == ways


@pytest.mark.parametrize("state", sorted(set(JobState) - FINAL_STATES))
@pytest.mark.parametrize(
    ("card", "ways"),
    [(CARD, (T, M)), (dead(CARD), (M,)), (PRIVATE, (T,)), (dead(PRIVATE), ()), (dead(USER_INSTALLED), ())],
)
def test_what_is_under_way_is_only_edited(state: JobState, card: Card, ways: tuple[Rung, ...]) -> None:
    assert rungs(job(state), card) == ways


def test_direct_messages_have_no_channel_to_post_in_but_themselves() -> None:
    assert rungs(job(JobState.SUCCEEDED, guild_id=None), CARD) == (T, M, D)


@pytest.mark.parametrize(("begun", "ways"), [(C, (C, D)), (D, (D, C))])
def test_a_post_that_was_begun_comes_first_and_nothing_is_edited(begun: Rung, ways: tuple[Rung, ...]) -> None:
    assert rungs(job(JobState.SUCCEEDED), replace(CARD, posting_rung=begun)) == ways


def test_a_closed_channel_closes_what_needs_it() -> None:
    assert {rung: needs_channel(rung) for rung in Rung} == {T: False, M: True, C: True, D: False}


def test_a_nonce_is_of_job_and_revision_unless_one_is_stored() -> None:
    assert nonce_of(CARD) == "77-3"
    assert nonce_of(replace(CARD, posting_nonce="77-2")) == "77-2"


def test_a_nonce_fits() -> None:
    """Discord takes 25 characters; ids are milliseconds with twelve bits more."""
    assert len(nonce_of(replace(CARD, job_id=int(4e12) << 12, wanted=9999))) <= 25


def test_patience_grows_to_its_end() -> None:
    assert [backoff_seconds(failures) for failures in range(9)] == [1, 1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff_seconds(10_000) == 60
    assert backoff_seconds(3, first_seconds=3, most_seconds=10) == 10
