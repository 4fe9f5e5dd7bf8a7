"""What Meshy's answers mean, from the examples of its document on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.jobs import FailureCode
from bot.errors import (
    KeyRejected,
    LookupFailed,
    NotFound,
    OutcomeUnknown,
    OutOfCredits,
    QueueFull,
    RateLimited,
    Rejected,
    SubmissionError,
    Unavailable,
)
from bot.net import Answer, Head
from bot.ports import Accepted, Balance, GenerationState, KeyCheck, KeyVerdict, Listed
from bot.providers.meshy.answers import (
    Task,
    generation_of,
    read_balance,
    read_event,
    read_key_check,
    read_page,
    read_submission,
    read_task,
)
from tests.support.meshy_samples import CREATED, STREAM_ERROR, STREAM_PENDING, TASK

NOW = 1_800_000_000.0


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(Head(status, {name.replace("_", "-"): value for name, value in headers.items()}), content)


def task(**changes: Any) -> Task:
    return read_task(answer(TASK | changes), NOW)


# ---- create


@pytest.mark.parametrize("status", [200, 202])
def test_a_task_is_taken(status: int) -> None:
    assert read_submission(answer(CREATED, status), NOW) == Accepted(CREATED["result"])


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"message": "prompt is required"}, Rejected),
        (422, b"<html>", Rejected),
        (401, {"message": "Invalid API key"}, KeyRejected),
        (403, {"message": "Forbidden"}, KeyRejected),
        (402, {"message": "Insufficient credits"}, OutOfCredits),
        (429, {"message": "RateLimitExceeded"}, RateLimited),
        (429, b"", RateLimited),
        (429, {"message": "NoMoreConcurrentTasks: wait"}, QueueFull),
        (429, {"error": "NoMorePendingTasks"}, QueueFull),
        (500, {"message": "oops"}, OutcomeUnknown),
        (302, b"", OutcomeUnknown),
        (200, b"<html>", OutcomeUnknown),
        (202, {"result": ""}, OutcomeUnknown),
        (202, {"id": "x"}, OutcomeUnknown),
        (202, [], OutcomeUnknown),
    ],
)
def test_what_is_no_task(status: int, body: object, kind: type[SubmissionError]) -> None:
    with pytest.raises(SubmissionError) as caught:
        read_submission(answer(body, status), NOW)
    assert type(caught.value) is kind


def test_a_refusal_says_why() -> None:
    with pytest.raises(Rejected) as caught:
        read_submission(answer({"message": "prompt  is\nrequired"}, 400), NOW)
    assert caught.value.message == "prompt is required"


@pytest.mark.parametrize(("headers", "seconds"), [({}, 1.0), ({"retry_after": "7"}, 7.0)])
def test_too_many_requests_in_a_second_is_a_short_pause(headers: dict[str, str], seconds: float) -> None:
    with pytest.raises(RateLimited) as caught:
        read_submission(answer({"message": "RateLimitExceeded"}, 429, **headers), NOW)
    assert caught.value.retry_after_seconds == seconds


# ---- the task object


def test_every_documented_field_is_read() -> None:
    read = task(preceding_tasks=4, task_error={"message": "no"})
    assert read == Task(
        id=TASK["id"],
        type="text-to-image",
        ai_model="nano-banana",
        prompt=TASK["prompt"],
        status="SUCCEEDED",
        progress=100,
        created_at=TASK["created_at"],
        started_at=TASK["started_at"],
        finished_at=TASK["finished_at"],
        expires_at=TASK["expires_at"],
        preceding_tasks=4,
        image_urls=tuple(TASK["image_urls"]),
        task_error="no",
    )
    assert (read.created_at, read.started_at, read.finished_at, read.expires_at) == (
        1692771650.657,
        1692771667.037,
        1692771669.037,
        1692771679.037,
    )
    assert read.task_error == "no"


def test_a_success_has_its_links_and_when_they_die() -> None:
    made = generation_of(task())
    assert made.state is GenerationState.COMPLETED
    assert made.result is not None
    assert made.result.media_urls == tuple(TASK["image_urls"])
    assert made.result.expires_at == 1692771679.037
    assert made.charged_credits is None


def test_three_views_are_three_links() -> None:
    made = generation_of(task(image_urls=[f"https://assets.test/{n}.png" for n in range(3)]))
    assert made.result is not None
    assert len(made.result.media_urls) == 3


def test_what_it_cost_where_that_is_told() -> None:
    assert generation_of(task(consumed_credits=3)).charged_credits == 3


def test_one_that_waits() -> None:
    waiting = generation_of(task(status="PENDING", progress=0, preceding_tasks=7, image_urls=[]))
    assert waiting.state is GenerationState.PROCESSING
    assert not waiting.is_begun
    assert waiting.preceding_tasks == 7
    assert waiting.progress_percent == 0


def test_one_that_is_being_made() -> None:
    begun = generation_of(task(status="IN_PROGRESS", progress=40, image_urls=[]))
    assert begun.state is GenerationState.PROCESSING
    assert begun.is_begun
    assert begun.progress_percent == 40


def test_one_that_failed_says_why() -> None:
    failed = generation_of(task(status="FAILED", task_error={"message": "The model refused."}, image_urls=[]))
    assert failed.state is GenerationState.FAILED
    assert failed.failure is not None
    assert (failed.failure.code, failed.failure.message) == (FailureCode.GENERATION_FAILED, "The model refused.")


def test_one_that_was_cancelled_there() -> None:
    ended = generation_of(task(status="CANCELED", image_urls=[]))
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.CANCELLED_UPSTREAM


def test_a_status_of_tomorrow_is_no_end() -> None:
    assert generation_of(task(status="ARCHIVING", image_urls=[])).state is GenerationState.PROCESSING


def test_a_success_without_pictures_is_looked_at_again() -> None:
    with pytest.raises(Unavailable):
        generation_of(task(image_urls=[]))


@pytest.mark.parametrize("not_yet", [0, None, -1, True, "soon"])
def test_what_is_not_yet(not_yet: object) -> None:
    read = task(started_at=not_yet, finished_at=not_yet, expires_at=not_yet)
    assert (read.started_at, read.finished_at, read.expires_at) == (None, None, None)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"<html>", {"status": "PENDING"}, {"id": "x"}, {"id": "x", "status": 1.5}]
)
def test_what_is_no_task_object(body: object) -> None:
    if body == {"id": "x", "status": 1.5}:
        assert read_task(answer(body), NOW).status == "1.5"
        return
    with pytest.raises(Unavailable):
        read_task(answer(body), NOW)


@pytest.mark.parametrize(
    ("status", "kind", "is_rejected"),
    [(404, NotFound, False), (401, Unavailable, True), (429, Unavailable, False), (503, Unavailable, False)],
)
def test_looks_that_fail(status: int, kind: type[LookupFailed], *, is_rejected: bool) -> None:
    with pytest.raises(kind) as caught:
        read_task(answer({"message": "no"}, status, retry_after="3"), NOW)
    if isinstance(caught.value, Unavailable):
        assert caught.value.key_rejected is is_rejected
        assert caught.value.retry_after_seconds == 3.0


# ---- events


def test_the_documents_events() -> None:
    pending = generation_of(read_event("message", json.dumps(STREAM_PENDING)))
    assert (pending.state, pending.progress_percent, pending.is_begun) == (GenerationState.PROCESSING, 0, False)
    assert generation_of(read_event("message", json.dumps(TASK))).state is GenerationState.COMPLETED
    with pytest.raises(NotFound):
        read_event("error", json.dumps(STREAM_ERROR))


@pytest.mark.parametrize(
    ("name", "data"),
    [("message", "<<upstream request timeout>>"), ("message", "[]"), ("error", "oops"), ("error", "{}")],
)
def test_events_that_are_no_news(name: str, data: str) -> None:
    with pytest.raises(Unavailable):
        read_event(name, data)


def test_an_error_event_against_the_key() -> None:
    with pytest.raises(Unavailable) as caught:
        read_event("error", json.dumps({"status_code": 401, "message": "Invalid API key"}))
    assert caught.value.key_rejected


# ---- list, balance, keys


def test_a_page_passes_over_what_cannot_be_read() -> None:
    tasks, count = read_page(answer([TASK, {"id": "x"}, 7, TASK | {"created_at": None}]), NOW)
    assert tasks == [Listed(TASK["id"], TASK["prompt"], "nano-banana", 1692771650.657)]
    assert count == 4


@pytest.mark.parametrize("body", [{"data": []}, b"", b"<html>"])
def test_a_page_that_is_none(body: object) -> None:
    with pytest.raises(Unavailable):
        read_page(answer(body), NOW)


def test_the_balance() -> None:
    assert read_balance(answer({"balance": 1200}), NOW) == Balance(1200)
    with pytest.raises(Unavailable):
        read_balance(answer({"balance": "many"}), NOW)


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, {"balance": 0}, KeyVerdict.RIGHT),
        (401, {"message": "Invalid API key"}, KeyVerdict.WRONG),
        (403, {"message": "Forbidden"}, KeyVerdict.WRONG),
        (403, b"<html>are you a robot?", KeyVerdict.UNTOLD),
        (200, b"<html>hello", KeyVerdict.UNTOLD),
        (404, {"message": "no"}, KeyVerdict.UNTOLD),
        (500, b"", KeyVerdict.UNTOLD),
    ],
)
def test_a_key_is_checked_by_the_balance(status: int, body: object, verdict: KeyVerdict) -> None:
    assert read_key_check(answer(body, status), NOW) == KeyCheck(verdict)


def test_a_check_may_come_too_often() -> None:
    check = read_key_check(answer({"message": "RateLimitExceeded"}, 429, retry_after="2"), NOW)
    assert check == KeyCheck(KeyVerdict.RATE_LIMITED, 2.0)
