"""Answers read: what a status code and a body mean for the caller. Pure; the time is passed in."""

from __future__ import annotations

import re

from bot.domain.jobs import Failure, FailureCode, Result
from bot.errors import (
    KeyRejected,
    LookupFailed,
    NotFound,
    OutcomeUnknown,
    OutOfCredits,
    RateLimited,
    Rejected,
    SubmissionError,
    Unavailable,
)
from bot.net import Answer
from bot.ports import Accepted, Balance, Generation, GenerationState, KeyCheck, KeyVerdict
from bot.providers.headers import rate_headers, retry_after_seconds
from bot.providers.shapes import (
    Flag,
    Link,
    Links,
    Maybe,
    Message,
    P,
    Payload,
    Text,
    Texts,
    Unreadable,
    Whole,
    parse,
)

# 403 is not documented for the key alone: a model may be closed to an account (`model_not_available`). Words on the
# request tell the two apart; anything else concerns the key.
_ABOUT_REQUEST = re.compile(
    r"model|prompt|content|polic|moderat|safety|image|video|reference|resolution|ratio|tier|quality|duration",
    re.IGNORECASE,
)


class _Credits(Payload):
    purchased: Maybe[Whole] = None
    unlimited: Flag = False


class _Created(Payload):
    generation_id: Text
    model_id: Maybe[Text] = None
    credits_used: Maybe[Whole] = None
    credits: Maybe[_Credits] = None


class _Problem(Payload):
    success: Maybe[bool] = None
    error: Message = ""
    message: Message = ""
    code: Message = ""
    supported_ratios: Texts = ()
    required: Maybe[Whole] = None
    available: Maybe[Whole] = None

    @property
    def reason(self) -> str:
        return self.error or self.message


class _Status(Payload):
    status: Text
    image_url: Maybe[Link] = None
    image_urls: Links = ()
    video_url: Maybe[Link] = None
    media_type: Maybe[Text] = None
    aspect_ratio: Maybe[Text] = None
    error: Message = ""

    @property
    def media_urls(self) -> tuple[str, ...]:
        pictures = self.image_urls or ((self.image_url,) if self.image_url else ())
        videos = (self.video_url,) if self.video_url else ()
        return (pictures or videos) if self.media_type == "image" else (videos or pictures)


def read_submission(answer: Answer, now: float) -> Accepted:
    """The answer of Generate v2. Raises SubmissionError."""
    if not answer.head.is_success:
        raise _refusal(answer, now)
    problem = _problem(answer.body)
    if problem.success is False and problem.reason:
        raise Rejected(problem.reason, answer.status, problem.supported_ratios)
    if problem.success is False:
        raise OutcomeUnknown("success is false, and no error named", is_answered=True)
    try:
        created = parse(_Created, answer.body)
    except Unreadable as error:
        raise OutcomeUnknown(str(error), is_answered=True) from None
    balance = None if created.credits is None else Balance(created.credits.purchased, created.credits.unlimited)
    return Accepted(
        created.generation_id, created.model_id, created.credits_used, balance, rate_headers(answer.head.headers)
    )


def _refusal(answer: Answer, now: float) -> SubmissionError:
    status, problem = answer.status, _problem(answer.body)
    match status:
        case 429:
            return RateLimited(retry_after_seconds(answer.head.headers, now))
        case 402:
            return OutOfCredits(problem.required, problem.available)
        case 401:
            return KeyRejected(problem.reason)
        case 403 if not _is_about_request(problem):
            return KeyRejected(problem.reason)
        case _ if answer.head.is_client_error:
            return Rejected(problem.reason, status, problem.supported_ratios)
    return OutcomeUnknown(f"HTTP {status}", is_answered=True)


def read_key_check(answer: Answer, now: float) -> KeyCheck:
    """The answer of Generate v2 to a request without a prompt: the key is looked at before what it asks for.

    Pages that something in between answers with (a proxy, a bot check) tell nothing.
    """
    problem = _read_problem(answer.body)
    match answer.status:
        case 401:
            return KeyCheck(KeyVerdict.WRONG)
        case 429:
            return KeyCheck(KeyVerdict.RATE_LIMITED, retry_after_seconds(answer.head.headers, now))
        case 400 | 402 | 422 if problem is not None:
            return KeyCheck(KeyVerdict.RIGHT)
        case 403 if problem is not None and problem.reason and not _is_about_request(problem):
            return KeyCheck(KeyVerdict.WRONG)
    return KeyCheck(KeyVerdict.UNTOLD)


def _problem(body: bytes) -> _Problem:
    return _read_problem(body) or _Problem()


def _read_problem(body: bytes) -> _Problem | None:
    """None of what is no JSON object."""
    try:
        return parse(_Problem, body)
    except Unreadable:
        return None


def _is_about_request(problem: _Problem) -> bool:
    """Of a 403."""
    return _ABOUT_REQUEST.search(f"{problem.code} {problem.reason}") is not None


def read_generation(answer: Answer, now: float) -> Generation:
    """The answer of Check Generation Status. Raises LookupFailed.

    A status that is not documented counts as processing: the deadline, not a guess, ends it.
    """
    told = read_lookup(_Status, answer, now)
    match told.status.lower():
        case "failed":
            return Generation(GenerationState.FAILED, failure=Failure(FailureCode.GENERATION_FAILED, told.error))
        case "completed" if told.media_urls:
            return Generation(GenerationState.COMPLETED, Result(told.media_urls, told.aspect_ratio))
        case "completed":
            raise Unavailable("completed, and imageUrls, imageUrl and videoUrl are missing")
    return Generation(GenerationState.PROCESSING)


def read_lookup(shape: type[P], answer: Answer, now: float) -> P:
    """The answer of any GET. Raises LookupFailed."""
    if not answer.head.is_success:
        raise lookup_failure(answer, now)
    try:
        return parse(shape, answer.body)
    except Unreadable as error:
        raise Unavailable(str(error)) from None


def lookup_failure(answer: Answer, now: float) -> LookupFailed:
    """What an answer other than 2xx to a GET means."""
    detail = f"HTTP {answer.status} {_problem(answer.body).reason}".rstrip()
    match answer.status:
        case 404:
            return NotFound(detail)
        case 401:
            return Unavailable(detail, key_rejected=True)
    return Unavailable(detail, retry_after_seconds(answer.head.headers, now))
