"""Who is pinged, and for what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs import Job, JobState
from bot.domain.pings import LONG_SECONDS, Notify, wants_ping
from bot.domain.requests import GenerationRequest

ASKED_AT = 1000.0
JOB = Job(
    id=1,
    account_id=1,
    flow_id=5,
    guild_id=5,
    channel_id=50,
    user_id=7,
    provider="meigen",
    state=JobState.SUCCEEDED,
    request=GenerationRequest("a cat"),
    model_id=None,
    is_private=False,
    parent_id=None,
    reserved_credits=None,
    charged_credits=None,
    generation_id="g",
    progress_percent=None,
    result=None,
    failure=None,
    cancel_asked_at=None,
    created_at=ASKED_AT,
    queued_at=None,
    submitted_at=None,
    answered_at=None,
    finished_at=None,
)


@pytest.mark.parametrize(
    ("notify", "took_seconds", "expected"),
    [
        (Notify.NEVER, 1000.0, False),
        (Notify.LONG, LONG_SECONDS, False),
        (Notify.LONG, LONG_SECONDS + 0.1, True),
        (Notify.ALWAYS, 1.0, True),
    ],
)
def test_the_member_chooses(notify: Notify, took_seconds: float, *, expected: bool) -> None:
    assert wants_ping(notify, JOB, ASKED_AT + took_seconds) is expected


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.TIMED_OUT, JobState.UNKNOWN])
def test_bad_news_is_news(state: JobState) -> None:
    assert wants_ping(Notify.ALWAYS, replace(JOB, state=state), ASKED_AT)


@pytest.mark.parametrize(
    "job",
    [
        replace(JOB, state=JobState.CANCELLED),
        replace(JOB, state=JobState.RUNNING),
        replace(JOB, is_private=True),
        replace(JOB, guild_id=None),
        replace(JOB, cancel_asked_at=ASKED_AT),
    ],
    ids=["cancelled", "running", "private", "direct message", "called back"],
)
def test_what_the_member_did_or_sees_alone_pings_nobody(job: Job) -> None:
    assert not wants_ping(Notify.ALWAYS, job, ASKED_AT + 1000)
