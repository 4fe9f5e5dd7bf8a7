"""Answers read: what a status code and a body mean for the caller. Pure; the time is passed in."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from bot.domain.jobs import Failure, FailureCode, Result
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
from bot.net import Answer
from bot.ports import Accepted, Balance, Generation, GenerationState, KeyCheck, KeyVerdict, Listed
from bot.providers.headers import clock_ahead_seconds, retry_after_seconds
from bot.providers.shapes import Links, Maybe, Message, P, Text, Unreadable, Whole, parse

RATE_PAUSE_SECONDS = 1.0
"""After too many requests in a second, where no time is told."""
QUEUE_REASONS = ("NoMoreConcurrentTasks", "NoMorePendingTasks")
"""A 429 with one of these is about tasks and not about requests (Errors)."""


def _seconds(value: object) -> float | None:
    """Epoch seconds out of milliseconds; what is not yet is 0 or null."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value / 1000 if is_number and isinstance(value, int | float) and value > 0 else None


Moment = Annotated[float | None, BeforeValidator(_seconds)]


class _Snake(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class Task(_Snake):
    """The Text to Image Task Object. Of one that has not ended a stream tells `id`, `progress` and `status` alone."""

    id: Text
    status: Text
    type: Maybe[Text] = None
    ai_model: Maybe[Text] = None
    prompt: Maybe[str] = None
    progress: Maybe[Whole] = None
    created_at: Moment = None
    started_at: Moment = None
    finished_at: Moment = None
    expires_at: Moment = None
    preceding_tasks: Maybe[Whole] = None
    image_urls: Links = ()
    task_error: Message = ""
    consumed_credits: Maybe[Whole] = None


class _Created(_Snake):
    result: Text


class _Balance(_Snake):
    balance: Whole


class _Problem(_Snake):
    message: Message = ""
    error: Message = ""
    status_code: Maybe[Whole] = None

    @property
    def reason(self) -> str:
        return self.message or self.error


_TASKS: TypeAdapter[list[Any]] = TypeAdapter(list[Any])


def read_submission(answer: Answer, now: float) -> Accepted:
    """The answer of Create, 200 or 202. Raises SubmissionError."""
    if not answer.head.is_success:
        raise _refusal(answer, now)
    try:
        return Accepted(parse(_Created, answer.body).result)
    except Unreadable as error:
        raise OutcomeUnknown(str(error), is_answered=True) from None


def _refusal(answer: Answer, now: float) -> SubmissionError:
    reason = _problem(answer.body).reason
    match answer.status:
        case 429 if any(each in reason for each in QUEUE_REASONS):
            return QueueFull(reason)
        case 429:
            return RateLimited(retry_after_seconds(answer.head.headers, now) or RATE_PAUSE_SECONDS)
        case 402:
            return OutOfCredits()
        case 401 | 403:
            return KeyRejected(reason)
        case _ if answer.head.is_client_error:
            return Rejected(reason, answer.status)
    return OutcomeUnknown(f"HTTP {answer.status}", is_answered=True)


def read_task(answer: Answer, now: float) -> Task:
    """The answer of Retrieve. Raises LookupFailed."""
    return read_lookup(Task, answer, now)


def read_event(name: str, data: str) -> Task:
    """One event of a stream. Raises LookupFailed of an error event, and of what cannot be read."""
    try:
        if name == "error":
            problem = parse(_Problem, data.encode())
            raise _lookup_failure(problem.status_code or 0, problem.reason, None)
        return parse(Task, data.encode())
    except Unreadable as error:
        raise Unavailable(f"event {name[:20]!r}: {error}") from None


def generation_of(task: Task) -> Generation:
    """How a task stands. Raises Unavailable.

    A status that is not documented counts as processing: the deadline, not a guess, ends it.
    """
    match task.status.upper():
        case "SUCCEEDED" if task.image_urls:
            result = Result(task.image_urls, expires_at=task.expires_at)
            charged, begun_at = task.consumed_credits, task.started_at
            return Generation(GenerationState.COMPLETED, result, charged_credits=charged, begun_at=begun_at)
        case "SUCCEEDED":
            raise Unavailable("SUCCEEDED, and image_urls are missing")
        case "FAILED":
            failure = Failure(FailureCode.GENERATION_FAILED, task.task_error)
            return Generation(GenerationState.FAILED, failure=failure)
        case "CANCELED":
            failure = Failure(FailureCode.CANCELLED_UPSTREAM, task.task_error)
            return Generation(GenerationState.FAILED, failure=failure)
    progress = None if task.progress is None else min(task.progress, 100)
    return Generation(
        GenerationState.PROCESSING,
        progress_percent=progress,
        preceding_tasks=task.preceding_tasks,
        is_begun=task.status.upper() != "PENDING",
        begun_at=task.started_at,
    )


def read_page(answer: Answer, now: float) -> tuple[list[Listed], int]:
    """The answer of List: the tasks that could be read, and how many there were. Raises LookupFailed."""
    _raise_for_failure(answer, now)
    try:
        entries = _TASKS.validate_json(answer.body)
    except ValidationError:
        raise Unavailable("the list of tasks is none") from None
    ahead_seconds = clock_ahead_seconds(answer.head.headers, now)
    return [listed for entry in entries if (listed := _listed(entry, ahead_seconds)) is not None], len(entries)


def _listed(entry: object, ahead_seconds: float) -> Listed | None:
    """By our clock: what was made before our own submission is not ours."""
    try:
        task = Task.model_validate(entry)
    except ValidationError:
        return None
    if task.created_at is None or task.prompt is None or task.ai_model is None:
        return None
    return Listed(task.id, task.prompt, task.ai_model, task.created_at - ahead_seconds)


def read_balance(answer: Answer, now: float) -> Balance:
    """Raises LookupFailed."""
    return Balance(read_lookup(_Balance, answer, now).balance)


def read_key_check(answer: Answer, now: float) -> KeyCheck:
    """The answer of Balance to whoever wants to know whether a key is good."""
    match answer.status:
        case 401 | 403 if _is_problem(answer.body):
            return KeyCheck(KeyVerdict.WRONG)
        case 429:
            return KeyCheck(KeyVerdict.RATE_LIMITED, retry_after_seconds(answer.head.headers, now))
    try:
        read_balance(answer, now)
    except LookupFailed:
        return KeyCheck(KeyVerdict.UNTOLD)
    return KeyCheck(KeyVerdict.RIGHT)


def read_lookup(shape: type[P], answer: Answer, now: float) -> P:
    """The answer of any GET. Raises LookupFailed."""
    _raise_for_failure(answer, now)
    try:
        return parse(shape, answer.body)
    except Unreadable as error:
        raise Unavailable(str(error)) from None


def _raise_for_failure(answer: Answer, now: float) -> None:
    if not answer.head.is_success:
        raise lookup_failure(answer, now)


def lookup_failure(answer: Answer, now: float) -> LookupFailed:
    """What an answer other than 2xx means, where it is no submission's."""
    retry_after = retry_after_seconds(answer.head.headers, now)
    return _lookup_failure(answer.status, _problem(answer.body).reason, retry_after)


def _lookup_failure(status: int, reason: str, retry_after: float | None) -> LookupFailed:
    detail = f"HTTP {status} {reason}".rstrip()
    if status == 404:  # noqa: PLR2004  Not Found
        return NotFound(detail)
    return Unavailable(detail, retry_after, key_rejected=status == 401)  # noqa: PLR2004  Unauthorized


def _problem(body: bytes) -> _Problem:
    try:
        return parse(_Problem, body)
    except Unreadable:
        return _Problem()


def _is_problem(body: bytes) -> bool:
    """Not so the pages that something in between answers with."""
    return bool(_problem(body).reason)
