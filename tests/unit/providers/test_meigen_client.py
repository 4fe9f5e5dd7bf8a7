"""The whole client against a stand-in at the edge: what goes out, and what every way of failing means."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.domain.requests import GenerationRequest
from bot.errors import (
    EaselError,
    KeyRejected,
    LookupFailed,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SubmissionError,
    Unavailable,
)
from bot.net import Net
from bot.ports import Gallery, GalleryItem, GenerationState, KeyCheck, KeyVerdict
from bot.providers.meigen import Meigen
from bot.providers.meigen.client import SEARCHES_CACHED
from tests.unit.providers.samples import (
    CREATED,
    GALLERY,
    GPT_IMAGE,
    KEY,
    MARCH_COMPLETED,
    NOW,
    RATIO_REFUSED,
)

REQUEST = GenerationRequest("a fox")


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> float:
        return self.at


class Upstream:
    """Answers by `reply`, and keeps the requests."""

    def __init__(self, reply: Callable[[httpx.Request], httpx.Response]) -> None:
        self.reply = reply
        self.requests: list[httpx.Request] = []
        self.clock = HandClock()
        self.client = Meigen(Net(transport=httpx.MockTransport(self)), self.clock, "https://upstream.test/api/")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.reply(request)


def telling(status: int, body: object = None, headers: dict[str, str] | None = None) -> Upstream:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Upstream(lambda _: httpx.Response(status, headers=headers, stream=Whole(content)))


def failing(error: Exception) -> Upstream:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    return Upstream(fail)


class Whole(httpx.AsyncByteStream):
    """A body as it comes over the wire, whatever the headers say of it."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


class Broken(httpx.AsyncByteStream):
    """A body that never ends well."""

    def __aiter__(self) -> Broken:
        return self

    async def __anext__(self) -> bytes:
        raise httpx.ReadError("reset by peer")


def breaking(status: int, headers: dict[str, str] | None = None) -> Upstream:
    return Upstream(lambda _: httpx.Response(status, headers=headers, stream=Broken()))


# ---------------------------------------------------------------- what goes out


async def test_submits_with_the_key_and_reads_the_answer() -> None:
    upstream = telling(200, CREATED)
    accepted = await upstream.client.submit(REQUEST, None, KEY)
    assert accepted.generation_id == CREATED["generationId"]
    (request,) = upstream.requests
    assert (request.method, str(request.url)) == ("POST", "https://upstream.test/api/generate/v2")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == {"prompt": "a fox"}


async def test_looks_with_the_key() -> None:
    upstream = telling(200, MARCH_COMPLETED)
    assert (await upstream.client.look("a/b?c", KEY)).state is GenerationState.COMPLETED
    (request,) = upstream.requests
    assert request.method == "GET"
    assert request.url.raw_path == b"/api/generate/v2/status/a%2Fb%3Fc"
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_a_key_is_checked_by_a_request_that_can_start_nothing() -> None:
    upstream = telling(400, {"success": False, "error": "Prompt is required"})
    assert await upstream.client.check_key(KEY) == KeyCheck(KeyVerdict.RIGHT)
    (request,) = upstream.requests
    assert (request.method, str(request.url)) == ("POST", "https://upstream.test/api/generate/v2")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(request.content) == {}


@pytest.mark.parametrize(
    "upstream",
    [
        failing(httpx.ConnectError(f"no route for {KEY}")),
        failing(httpx.ReadTimeout(f"slow with {KEY}")),
        failing(ZeroDivisionError(f"a bug with {KEY}")),
        breaking(400),
        telling(400, {"error": KEY}, {"content-encoding": "gzip"}),
        telling(302, b"", {"location": "https://elsewhere.test/"}),
    ],
)
async def test_without_a_whole_answer_nothing_is_told_of_a_key(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert await upstream.client.check_key(KEY) == KeyCheck(KeyVerdict.UNTOLD)
    assert len(upstream.requests) == 1, "it is not tried again by itself"
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", ["", "two words", "k\u00fcrzel-1234567890", "line\nbreak-1234567890"])
async def test_a_key_that_no_header_carries_is_wrong_without_a_request(key: str) -> None:
    upstream = telling(400, {"error": "Prompt is required"})
    assert await upstream.client.check_key(key) == KeyCheck(KeyVerdict.WRONG)
    assert upstream.requests == []


async def test_the_catalogue_is_asked_without_a_key_and_kept_for_five_minutes() -> None:
    upstream = telling(200, {"success": True, "models": [GPT_IMAGE]})
    for age in (0.0, 299.0, 300.0):
        upstream.clock.at = NOW + age
        assert [model.id for model in await upstream.client.models()] == ["gpt-image-2"]
    assert [str(request.url) for request in upstream.requests] == ["https://upstream.test/api/models"] * 2
    assert "authorization" not in upstream.requests[0].headers


async def test_gallery_items_are_kept_for_an_hour_each() -> None:
    upstream = telling(200, GALLERY)
    for age, image_id in ((0.0, "1"), (1.0, "2"), (3599.0, "1"), (3600.0, "1"), (3600.5, "2")):
        upstream.clock.at = NOW + age
        assert (await upstream.client.image(image_id)).id == "2009629483448627597"
    assert [request.url.path for request in upstream.requests] == [f"/api/images/{image_id}" for image_id in "121"]


FOUND = {"success": True, "data": [{"id": "1", "text": "a fox", "rank": 1}]}


async def test_a_search_is_asked_without_a_key_and_kept_for_five_minutes() -> None:
    upstream = telling(200, FOUND)
    gallery: Gallery = upstream.client
    for age in (0.0, 299.0, 300.0):
        upstream.clock.at = NOW + age
        assert await gallery.search(" red  fox &q=x", 5, 10) == (GalleryItem("1", "a fox"),)
    asked = "https://upstream.test/api/search?q=red+fox+%26q%3Dx&type=posts&limit=5&offset=10"
    assert [str(request.url) for request in upstream.requests] == [asked] * 2
    assert "authorization" not in upstream.requests[0].headers


async def test_every_question_to_the_search_is_its_own() -> None:
    upstream = telling(200, FOUND)
    for question in (("fox", 5, 0), ("fox", 5, 5), ("fox", 4, 0), ("owl", 5, 0), ("fox", 5, 0)):
        await upstream.client.search(*question)
    assert len(upstream.requests) == 4


async def test_only_so_many_searches_are_kept_and_the_oldest_goes_first() -> None:
    upstream = telling(200, FOUND)
    for number in (*range(SEARCHES_CACHED + 1), 1, SEARCHES_CACHED):
        await upstream.client.search(f"{number}", 5, 0)
    assert len(upstream.requests) == SEARCHES_CACHED + 1
    await upstream.client.search("0", 5, 0)
    assert len(upstream.requests) == SEARCHES_CACHED + 2


@pytest.mark.parametrize(
    "upstream",
    [
        telling(404, {"error": "Not found"}),
        telling(401, {"error": "Unauthorized"}),
        telling(429),
        telling(500),
        telling(302, None, {"location": "https://upstream.test/"}),
        telling(200, b"<html>"),
        telling(200, {"success": False, "error": "x", "data": []}),
        telling(200, {"data": None}),
        telling(200, []),
        breaking(200),
        failing(httpx.ReadTimeout("slow")),
        failing(httpx.ConnectError("refused")),
    ],
)
async def test_a_search_that_fails_is_unavailable_and_not_kept(upstream: Upstream) -> None:
    for _ in range(2):
        with pytest.raises(Unavailable):
            await upstream.client.search("fox", 5, 0)
    assert len(upstream.requests) == 2


async def test_a_failed_catalogue_is_not_kept() -> None:
    upstream = telling(500)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await upstream.client.models()
    assert len(upstream.requests) == 2


async def test_an_odd_model_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        await telling(200, {"models": [GPT_IMAGE, {"name": "x"}]}).client.models()
    assert "models.1: id" in caplog.text


# ---------------------------------------------------------------- how submissions fail

UNKNOWN_HEADERS = {"content-encoding": "gzip"}


@pytest.mark.parametrize(
    ("upstream", "kind"),
    [
        (failing(httpx.ConnectError("refused")), NotSent),
        (failing(httpx.ConnectTimeout("slow")), NotSent),
        (failing(httpx.PoolTimeout("busy")), NotSent),
        (failing(httpx.ReadTimeout("slow")), OutcomeUnknown),
        (failing(httpx.WriteError("broken pipe")), OutcomeUnknown),
        (failing(httpx.RemoteProtocolError("closed")), OutcomeUnknown),
        (failing(RuntimeError("surprise")), OutcomeUnknown),
        (telling(200, CREATED, UNKNOWN_HEADERS), OutcomeUnknown),
        (telling(200, b" " * 2_000_000), OutcomeUnknown),
        (telling(200, b"{"), OutcomeUnknown),
        (telling(302, None, {"location": "https://upstream.test/api/generate/v2"}), OutcomeUnknown),
        (telling(500, {"error": "x"}), OutcomeUnknown),
        (breaking(200), OutcomeUnknown),
        (breaking(500), OutcomeUnknown),
        (breaking(401), KeyRejected),
        (breaking(400), Rejected),
        (telling(429, b"x" * 2_000_000), RateLimited),
        (telling(400, RATIO_REFUSED), Rejected),
    ],
)
async def test_submissions_end_in_one_kind_of_error(upstream: Upstream, kind: type[SubmissionError]) -> None:
    with pytest.raises(SubmissionError) as caught:
        await upstream.client.submit(REQUEST, None, KEY)
    assert type(caught.value) is kind
    assert len(upstream.requests) == 1


async def test_a_rate_limit_counts_though_its_body_broke_off() -> None:
    with pytest.raises(RateLimited) as caught:
        await breaking(429, {"Retry-After": "Thu, 28 May 2026 20:27:40 GMT"}).client.submit(REQUEST, None, KEY)
    assert caught.value.retry_after_seconds == 60


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "ключ", "tab\t"])
async def test_a_key_that_no_header_carries_is_rejected_unsent(key: str) -> None:
    upstream = telling(200, CREATED)
    with pytest.raises(KeyRejected):
        await upstream.client.submit(REQUEST, None, key)
    with pytest.raises(Unavailable) as caught:
        await upstream.client.look("g", key)
    assert caught.value.key_rejected
    assert upstream.requests == []


# ---------------------------------------------------------------- how lookups fail


@pytest.mark.parametrize(
    ("upstream", "error"),
    [
        (failing(httpx.ConnectError("refused")), Unavailable("ConnectError: refused")),
        (failing(httpx.ReadTimeout("slow")), Unavailable("ReadTimeout: slow")),
        (telling(200, MARCH_COMPLETED, UNKNOWN_HEADERS), Unavailable("content-encoding 'gzip'")),
        (telling(200, b" " * 5_000_000), Unavailable("more than 4194304 bytes")),
        (telling(404, {"error": "Generation not found"}), NotFound("HTTP 404 Generation not found")),
        (telling(401, {"error": "Invalid token"}), Unavailable("HTTP 401 Invalid token", key_rejected=True)),
        (breaking(404), NotFound("HTTP 404")),
        (breaking(429, {"retry-after": "5"}), Unavailable("HTTP 429", 5)),
        (breaking(200), Unavailable("ReadError: reset by peer")),
    ],
)
async def test_lookups_end_in_one_kind_of_error(upstream: Upstream, error: LookupFailed) -> None:
    for ask in (lambda: upstream.client.look("g", KEY), upstream.client.models, lambda: upstream.client.image("1")):
        with pytest.raises(LookupFailed) as caught:
            await ask()
        assert (type(caught.value), vars(caught.value)) == (type(error), vars(error))


# ---------------------------------------------------------------- the key stays secret


@pytest.mark.parametrize(
    "upstream",
    [
        telling(400, {"error": f"Bearer {KEY} may not"}),
        telling(401, {"error": f"Invalid token {KEY}"}),
        telling(403, {"error": KEY}),
        telling(200, {"success": False, "error": KEY}),
        telling(200, {"status": "failed", "error": KEY}),
        telling(500, {"error": KEY}),
        telling(200, KEY.encode()),
        failing(httpx.ReadError(f"while sending {KEY}")),
        failing(httpx.ConnectError(f"while sending {KEY}")),
    ],
)
async def test_an_echoed_key_goes_no_further(upstream: Upstream, caplog: pytest.LogCaptureFixture) -> None:
    told = ""
    with caplog.at_level(logging.DEBUG):
        try:
            await upstream.client.submit(REQUEST, None, KEY)
        except EaselError as error:
            told += f"{error!r} {error}"
        try:
            told += repr(await upstream.client.look("g", KEY))
        except EaselError as error:
            told += f"{error!r} {error}"
    assert KEY not in told + caplog.text + repr(upstream.client) + repr(vars(upstream.client))


async def test_a_key_that_no_header_carries_stays_out_of_the_traceback() -> None:
    key = KEY + "\n"
    with pytest.raises(KeyRejected) as caught:
        await telling(200, CREATED).client.submit(REQUEST, None, key)
    assert KEY not in "".join(traceback.format_exception(caught.value))
