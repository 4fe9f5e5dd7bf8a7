"""What answers mean: the documents' examples, what they leave open, and anything at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.gallery import PromptSegment
from bot.domain.jobs import Failure, FailureCode, Result
from bot.errors import (
    EaselError,
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
from bot.ports import (
    Accepted,
    Balance,
    GalleryItem,
    Generation,
    GenerationState,
    KeyCheck,
    KeyVerdict,
    RateHeaders,
)
from bot.providers.meigen.answers import read_generation, read_key_check, read_submission
from bot.providers.meigen.gallery import read_gallery_item
from tests.unit.providers.samples import (
    APRIL_PROCESSING,
    CREATED,
    GALLERY,
    JSON,
    MARCH_COMPLETED,
    MARCH_FAILED,
    MARCH_PROCESSING,
    NO_CREDITS,
    NOW,
    RATIO_REFUSED,
    answer,
)

ID = "550e8400-e29b-41d4-a716-446655440000"


def same(error: EaselError, expected: EaselError) -> None:
    assert (type(error), vars(error)) == (type(expected), vars(expected))


# ---------------------------------------------------------------- Generate v2


def test_the_documented_answer() -> None:
    headers = {"x-ratelimit-limit": "12", "x-ratelimit-remaining": "11"}
    assert read_submission(answer(200, CREATED, headers), NOW) == Accepted(
        ID, "gemini-3-pro-image-preview", 5, Balance(50), RateHeaders(12, 11)
    )


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        ({"success": True, "generationId": "abc-123", "status": "processing"}, Accepted("abc-123")),
        ({"generationId": "g"}, Accepted("g")),
        ({"generationId": 7}, Accepted("7")),
        ({"generationId": "g", "creditsUsed": None, "modelId": None, "credits": None}, Accepted("g")),
        ({"generationId": "g", "creditsUsed": "many", "modelId": [], "credits": "none"}, Accepted("g")),
        ({"generationId": "g", "creditsUsed": -1}, Accepted("g")),
        ({"generationId": "g", "creditsUsed": 1e300}, Accepted("g")),
        ({"generationId": "g", "creditsUsed": 5.0}, Accepted("g", charged_credits=5)),
        ({"generationId": "g", "credits": {}}, Accepted("g", balance=Balance(None))),
        (
            {"generationId": "g", "credits": {"purchased": 0, "unlimited": True}},
            Accepted("g", balance=Balance(0, is_unlimited=True)),
        ),
        ({"generationId": "g", "error": None, "tomorrow": [1]}, Accepted("g")),
    ],
)
def test_what_may_be_missing_or_odd(body: object, accepted: Accepted) -> None:
    assert read_submission(answer(200, body), NOW) == accepted


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, RATIO_REFUSED, Rejected(RATIO_REFUSED["error"], 400, tuple(RATIO_REFUSED["supportedRatios"]))),  # type: ignore[arg-type]  # a sample's values
        (400, {"error": "Bad\n  prompt"}, Rejected("Bad prompt", 400)),
        (400, {"error": {"message": "nested"}}, Rejected("nested", 400)),
        (400, {"message": "other name"}, Rejected("other name", 400)),
        (400, {"error": "x", "supportedRatios": [None, 1, "1:1", " ", "1:1"]}, Rejected("x", 400, ("1:1",))),
        (400, {"error": "x" * 2000}, Rejected("x" * 500, 400)),
        (400, b"<html>", Rejected("", 400)),
        (404, {"success": False, "error": "Not found"}, Rejected("Not found", 404)),
        (401, {"error": "Invalid token"}, KeyRejected("Invalid token")),
        (401, b"", KeyRejected("")),
        (403, {"error": "API key suspended"}, KeyRejected("API key suspended")),
        (403, b"<html>", KeyRejected("")),
        (403, {"error": "Not available", "code": "model_not_available"}, Rejected("Not available", 403)),
        (403, {"error": "Prompt flagged by moderation"}, Rejected("Prompt flagged by moderation", 403)),
        (402, NO_CREDITS, OutOfCredits(10, 4)),
        (402, {"error": "Insufficient credits"}, OutOfCredits()),
        (402, b"no json", OutOfCredits()),
        (429, {"error": "Rate limited"}, RateLimited(None)),
        (200, {"success": False, "error": "Flagged"}, Rejected("Flagged", 200)),
        (200, {**CREATED, "success": False, "error": "Flagged"}, Rejected("Flagged", 200)),
    ],
)
def test_refusals(status: int, body: object, error: SubmissionError) -> None:
    with pytest.raises(SubmissionError) as caught:
        read_submission(answer(status, body), NOW)
    same(caught.value, error)


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (400, {"success": False, "error": "Prompt is required"}, KeyVerdict.RIGHT),
        (400, {"errors": ["prompt"]}, KeyVerdict.RIGHT),
        (400, b"<html>", KeyVerdict.UNTOLD),
        (402, NO_CREDITS, KeyVerdict.RIGHT),
        (422, {"error": "Unprocessable"}, KeyVerdict.RIGHT),
        (401, {"error": "Invalid or missing API token"}, KeyVerdict.WRONG),
        (401, b"", KeyVerdict.WRONG),
        (403, {"error": "API key suspended"}, KeyVerdict.WRONG),
        (403, {"error": "Not available", "code": "model_not_available"}, KeyVerdict.UNTOLD),
        (403, b"<html>Just a moment", KeyVerdict.UNTOLD),
        (403, {}, KeyVerdict.UNTOLD),
        (404, {"error": "Not found"}, KeyVerdict.UNTOLD),
        (200, {"success": True}, KeyVerdict.UNTOLD),
        (302, b"", KeyVerdict.UNTOLD),
        (500, {"error": "Invalid token"}, KeyVerdict.UNTOLD),
        (503, b"", KeyVerdict.UNTOLD),
    ],
)
def test_what_an_answer_tells_of_a_key(status: int, body: object, verdict: KeyVerdict) -> None:
    assert read_key_check(answer(status, body), NOW) == KeyCheck(verdict)


@pytest.mark.parametrize(("headers", "seconds"), [({"retry-after": "60"}, 60.0), ({}, None)])
def test_a_check_that_comes_too_soon_tells_when_to_come_again(headers: dict[str, str], seconds: float | None) -> None:
    told = read_key_check(answer(429, {"error": "x"}, headers), NOW)
    assert told == KeyCheck(KeyVerdict.RATE_LIMITED, seconds)


def test_a_rate_limit_tells_how_long() -> None:
    with pytest.raises(RateLimited) as caught:
        read_submission(answer(429, {"error": "x"}, {"retry-after": "60"}), NOW)
    assert caught.value.retry_after_seconds == 60


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (200, {"success": True, "status": "processing"}, "generationId"),
        (200, {"success": True, "generationId": None}, "generationId"),
        (200, {"success": True, "generationId": "  "}, "generationId"),
        (200, {"success": True, "generationId": {}}, "generationId"),
        (200, {"success": False}, "success"),
        (200, {"error": "and no success"}, "generationId"),
        (200, [], "the answer"),
        (200, b"", "the answer"),
        (200, b'{"success": true, "generationId": "g"', "the answer"),
        (200, b"\xff\xfe", "the answer"),
        (200, b"[" * 5000, "the answer"),
        (204, b"", "the answer"),
        (302, b"", "HTTP 302"),
        (304, b"", "HTTP 304"),
        (500, {"error": "x"}, "HTTP 500"),
        (502, b"<html>", "HTTP 502"),
        (503, {"success": False, "error": "try later"}, "HTTP 503"),
        (504, b"", "HTTP 504"),
        (599, CREATED, "HTTP 599"),
        (101, b"", "HTTP 101"),
    ],
)
def test_what_cannot_be_read_may_have_been_charged(status: int, body: object, detail: str) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        read_submission(answer(status, body), NOW)
    assert detail in caught.value.detail


@given(st.integers(100, 599), JSON | st.binary() | st.fixed_dictionaries({"generationId": JSON, "credits": JSON}))
def test_a_submission_ends_in_an_id_or_a_declared_error(status: int, body: object) -> None:
    try:
        accepted = read_submission(answer(status, body), NOW)
    except SubmissionError:
        return
    assert accepted.generation_id.strip()
    assert 200 <= status < 300


# ---------------------------------------------------------------- status

PROCESSING = Generation(GenerationState.PROCESSING)


def done(*urls: str, ratio: str | None = None) -> Generation:
    return Generation(GenerationState.COMPLETED, Result(urls, ratio))


def failed(message: str) -> Generation:
    return Generation(GenerationState.FAILED, failure=Failure(FailureCode.GENERATION_FAILED, message))


A, B, C, D, V = (f"https://images.meigen.ai/{name}" for name in ("a.png", "b.png", "c.png", "d.png", "v.mp4"))


@pytest.mark.parametrize(
    ("body", "generation"),
    [
        (MARCH_PROCESSING, PROCESSING),
        (MARCH_COMPLETED, done("https://images.meigen.art/generations/xxx.png")),
        (MARCH_FAILED, failed("Content policy violation")),
        (APRIL_PROCESSING, PROCESSING),
        ({**APRIL_PROCESSING, "status": "completed", "imageUrl": A, "imageUrls": [A]}, done(A, ratio="16:9")),
        (
            {**APRIL_PROCESSING, "status": "completed", "imageUrl": A, "imageUrls": [A, B, C, D]},
            done(A, B, C, D, ratio="16:9"),
        ),
        (
            {**APRIL_PROCESSING, "status": "completed", "videoUrl": V, "mediaType": "video"},
            done(V, ratio="16:9"),
        ),
        ({"status": "completed", "videoUrl": V, "imageUrl": A}, done(V)),
        ({"status": "completed", "videoUrl": V, "imageUrl": A, "mediaType": "image"}, done(A)),
        ({"status": "completed", "videoUrl": V, "mediaType": "image"}, done(V)),
        ({"status": "completed", "imageUrl": A, "mediaType": "video"}, done(A)),
        ({"status": "completed", "imageUrl": A, "imageUrls": []}, done(A)),
        ({"status": "completed", "imageUrls": [None, "", "ftp://x", A, A, 3]}, done(A)),
        ({"status": "Completed", "imageUrl": A, "aspectRatio": 3, "mediaType": 1}, done(A, ratio="3")),
        ({"status": "failed"}, failed("")),
        ({"status": "failed", "error": None}, failed("")),
        ({"status": "failed", "error": {"message": "why"}}, failed("why")),
        ({"status": "pending"}, PROCESSING),
        ({"status": "queued", "expectedWaitSeconds": 9}, PROCESSING),
        ({"status": "reticulating"}, PROCESSING),
    ],
)
def test_looks(body: object, generation: Generation) -> None:
    assert read_generation(answer(200, body), NOW) == generation


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "status"),
        ({"status": None}, "status"),
        ({"status": ""}, "status"),
        ({"success": False, "error": "Generation not found"}, "status"),
        ({"status": "completed"}, "imageUrls, imageUrl and videoUrl"),
        ({"status": "completed", "imageUrl": "generations/xxx.png"}, "imageUrls, imageUrl and videoUrl"),
        ([], "the answer"),
        (b"<html>", "the answer"),
        (b'{"status": "comp', "the answer"),
    ],
)
def test_looks_that_cannot_be_read_name_what_is_missing(body: object, named: str) -> None:
    with pytest.raises(Unavailable) as caught:
        read_generation(answer(200, body), NOW)
    assert named in caught.value.detail


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (404, {}, NotFound("HTTP 404 why")),
        (401, {}, Unavailable("HTTP 401 why", key_rejected=True)),
        (403, {}, Unavailable("HTTP 403 why")),
        (429, {"retry-after": "9"}, Unavailable("HTTP 429 why", 9)),
        (429, {}, Unavailable("HTTP 429 why")),
        (503, {"retry-after": "30"}, Unavailable("HTTP 503 why", 30)),
        (500, {}, Unavailable("HTTP 500 why")),
        (302, {}, Unavailable("HTTP 302 why")),
    ],
)
def test_looks_that_fail(status: int, headers: dict[str, str], error: LookupFailed) -> None:
    with pytest.raises(LookupFailed) as caught:
        read_generation(answer(status, {"error": "why"}, headers), NOW)
    same(caught.value, error)


STATUSES = st.fixed_dictionaries(
    {"status": st.sampled_from(["completed", "failed", "processing"]) | JSON},
    optional=dict.fromkeys(("imageUrl", "imageUrls", "videoUrl", "mediaType", "error", "aspectRatio"), JSON),
)


@given(st.sampled_from([200, 200, 404, 500]), STATUSES | JSON | st.binary())
def test_a_look_ends_in_a_generation_or_a_declared_error(status: int, body: object) -> None:
    try:
        generation = read_generation(answer(status, body), NOW)
    except LookupFailed:
        return
    assert (generation.state is GenerationState.COMPLETED) == (generation.result is not None)
    assert generation.result is None or generation.result.media_urls


# ---------------------------------------------------------------- gallery


def test_the_documented_gallery_item() -> None:
    item = read_gallery_item(answer(200, GALLERY), NOW)
    assert item == GalleryItem(
        id="2009629483448627597",
        prompt="A serene Japanese garden with cherry blossoms",
        media_urls=("https://images.meigen.ai/tweets/2009629483448627597/0.jpg",),
        thumbnail_url="https://images.meigen.ai/tweets/2009629483448627597/0.jpg",
        width=1650,
        height=2048,
        model_family="midjourney",
        created_at=1767967980.0,
        likes=113,
        views=9266,
        retweets=8,
        author_username="creator",
        author_name="Creator Name",
        author_avatar_url="https://pbs.twimg.com/profile_images/.../normal.jpg",
    )


def test_the_fields_of_the_table() -> None:
    data = {
        "id": 5,
        "prompt_ready": True,
        "sref": "2304871",
        "prompt_segments": [{"label": "subject", "text": "a cliff"}, "plain", {"text": None}],
    }
    assert read_gallery_item(answer(200, {"data": data}), NOW) == GalleryItem(
        "5",
        is_prompt_ready=True,
        sref="2304871",
        segments=(PromptSegment("subject", "a cliff"), PromptSegment("", "plain"), PromptSegment("", "")),
    )


def test_a_gallery_item_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        read_gallery_item(answer(404, {"success": False, "error": "Image not found"}), NOW)


@pytest.mark.parametrize("body", [{"success": False, "error": "x"}, {"data": {}}, {"data": None}, [], b""])
def test_a_gallery_answer_without_an_item(body: object) -> None:
    with pytest.raises(Unavailable):
        read_gallery_item(answer(200, body), NOW)


@given(JSON | st.fixed_dictionaries({"data": st.dictionaries(st.sampled_from(list(GALLERY["data"])), JSON)}))  # type: ignore[call-overload]  # a sample's values
def test_any_gallery_answer(body: object) -> None:
    try:
        read_gallery_item(answer(200, body), NOW)
    except LookupFailed:
        return
