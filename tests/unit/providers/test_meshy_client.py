"""The whole client against a stand-in at the edge: what goes out, and what every way of failing means."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from email.utils import format_datetime

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
    QueueFull,
    Rejected,
    SubmissionError,
    Unavailable,
)
from bot.net import Net
from bot.ports import (
    Accepted,
    Balance,
    Follows,
    Generation,
    GenerationState,
    KeyCheck,
    KeyVerdict,
    Lists,
    Provider,
    Recalls,
    TellsBalance,
)
from bot.providers.meshy import Meshy
from bot.providers.meshy.client import PAGES_MOST
from tests.simulation.virtual_loop import LoopClock
from tests.support.builders import BEGAN_AT
from tests.support.fakes import HandClock, virtually
from tests.support.meshy_samples import CREATE, CREATED, STREAM_ERROR, STREAM_PENDING, TASK

KEY = "msy_0123456789abcdefghijklmnopqrstuvwxyz"
ID = TASK["id"]
REQUEST = GenerationRequest(CREATE["prompt"], model_id="meshy/nano-banana", aspect_ratio="16:9")


class Upstream:
    """Answers by `reply`, and keeps the requests."""

    def __init__(self, reply: Callable[[httpx.Request], httpx.Response]) -> None:
        self.reply = reply
        self.requests: list[httpx.Request] = []
        self.client = Meshy(Net(transport=httpx.MockTransport(self)), HandClock(), "https://upstream.test/", 1000)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.reply(request)

    async def news(self, key: str = KEY) -> list[Generation]:
        async with aclosing(self.client.follow(ID, key)) as news:
            return [generation async for generation in news]


def telling(status: int, body: object = None) -> Upstream:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Upstream(lambda _: httpx.Response(status, content=content))


def failing(error: Exception) -> Upstream:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    return Upstream(fail)


def streamed(*events: tuple[str, object]) -> bytes:
    return "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events).encode()


def test_it_is_all_that_an_upstream_can_be() -> None:
    client = telling(200).client
    provider: Provider = client
    assert provider.name == "meshy"
    assert isinstance(client, Follows)
    assert isinstance(client, Lists)
    assert isinstance(client, Recalls)
    assert isinstance(client, TellsBalance)


# ---- what goes out


async def test_the_documents_create() -> None:
    upstream = telling(202, CREATED)
    assert await upstream.client.submit(REQUEST, None, KEY) == Accepted(CREATED["result"])
    (sent,) = upstream.requests
    assert (sent.method, str(sent.url)) == ("POST", "https://upstream.test/openapi/v1/text-to-image")
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["content-type"] == "application/json"
    assert json.loads(sent.content) == CREATE


async def test_every_other_endpoint() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("balance"):
            return httpx.Response(200, json={"balance": 5})
        return httpx.Response(200, json=TASK if request.url.path.endswith(ID) else [TASK])

    upstream = Upstream(reply)
    assert (await upstream.client.look(ID, KEY)).state is GenerationState.COMPLETED
    assert await upstream.client.recall(ID, KEY)
    assert (await upstream.client.page(KEY, 2, 10, newest_first=False))[1] == 1
    assert await upstream.client.balance(KEY) == Balance(5)
    assert await upstream.client.check_key(KEY) == KeyCheck(KeyVerdict.RIGHT)
    base = "https://upstream.test/openapi/v1"
    assert [(sent.method, str(sent.url)) for sent in upstream.requests] == [
        ("GET", f"{base}/text-to-image/{ID}"),
        ("DELETE", f"{base}/text-to-image/{ID}"),
        ("GET", f"{base}/text-to-image?page_num=2&page_size=10&sort_by=%2Bcreated_at"),
        ("GET", f"{base}/balance"),
        ("GET", f"{base}/balance"),
    ]
    assert {sent.headers["authorization"] for sent in upstream.requests} == {f"Bearer {KEY}"}


async def test_an_id_is_no_path() -> None:
    upstream = telling(404, {"message": "no"})
    with pytest.raises(NotFound):
        await upstream.client.look("../../balance", KEY)
    assert upstream.requests[0].url.raw_path == b"/openapi/v1/text-to-image/..%2F..%2Fbalance"


# ---- submissions


@pytest.mark.parametrize(
    ("upstream", "kind"),
    [
        (failing(httpx.ConnectError("refused")), NotSent),
        (failing(httpx.ConnectTimeout("slow")), NotSent),
        (failing(httpx.ReadTimeout("silent")), OutcomeUnknown),
        (failing(httpx.ReadError("reset")), OutcomeUnknown),
        (telling(500, {"message": "oops"}), OutcomeUnknown),
        (telling(307, b""), OutcomeUnknown),
        (telling(200, b"<html>"), OutcomeUnknown),
        (telling(400, {"message": "no"}), Rejected),
        (telling(429, {"message": "NoMorePendingTasks"}), QueueFull),
    ],
)
async def test_submissions_end_in_one_kind_of_error(upstream: Upstream, kind: type[SubmissionError]) -> None:
    with pytest.raises(SubmissionError) as caught:
        await upstream.client.submit(REQUEST, None, KEY)
    assert type(caught.value) is kind
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("key", ["", "msy_with space", "msy_schlüssel", "msy_line\nbreak"])
async def test_a_key_that_no_header_carries(key: str) -> None:
    upstream = telling(200, CREATED)
    with pytest.raises(KeyRejected):
        await upstream.client.submit(REQUEST, None, key)
    with pytest.raises(Unavailable) as caught:
        await upstream.client.look(ID, key)
    assert caught.value.key_rejected
    with pytest.raises(Unavailable):
        await upstream.news(key)
    assert await upstream.client.check_key(key) == KeyCheck(KeyVerdict.WRONG)
    assert not upstream.requests


async def test_a_key_that_is_echoed_is_nowhere_to_be_seen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    upstream = telling(400, {"message": f"the key {KEY} is odd"})
    found: list[EaselError] = []
    for asked in (upstream.client.submit(REQUEST, None, KEY), upstream.client.look(ID, KEY)):
        with pytest.raises(EaselError) as caught:
            await asked
        found.append(caught.value)
    assert await failing(httpx.ReadError(KEY)).client.check_key(KEY) == KeyCheck(KeyVerdict.UNTOLD)
    with pytest.raises(Unavailable) as beside:
        await telling(200, streamed(("error", {"status_code": 500, "message": KEY}))).news()
    assert KEY not in caplog.text + repr(found) + repr(beside.value)


# ---- streams


async def test_a_stream_tells_until_the_end() -> None:
    upstream = telling(200, streamed(("message", STREAM_PENDING), ("message", TASK)))
    states = [(each.state, each.is_begun) for each in await upstream.news()]
    assert states == [(GenerationState.PROCESSING, False), (GenerationState.COMPLETED, True)]
    (sent,) = upstream.requests
    assert str(sent.url).endswith(f"/openapi/v1/text-to-image/{ID}/stream")
    assert sent.headers["accept"] == "text/event-stream"


async def test_progress_never_goes_back() -> None:
    steps = [("message", {"id": ID, "status": "IN_PROGRESS", "progress": n}) for n in (10, 0, 20, 10, 20, 30)]
    news = await telling(200, streamed(*steps)).news()
    assert [each.progress_percent for each in news] == [10, 20, 20, 30]


@pytest.mark.parametrize(
    ("upstream", "kind"),
    [
        (telling(200, streamed(("error", STREAM_ERROR))), NotFound),
        (telling(404, {"message": "no"}), NotFound),
        (telling(401, {"message": "no"}), Unavailable),
        (telling(503), Unavailable),
        (telling(200, b"data: <html>\n\n"), Unavailable),
        (telling(200, b"data: \xff\n\n"), Unavailable),
        (failing(httpx.ConnectError("refused")), Unavailable),
        (failing(httpx.ReadTimeout("silent")), Unavailable),
        (failing(httpx.RemoteProtocolError("cut")), Unavailable),
    ],
)
async def test_streams_end_in_one_kind_of_error(upstream: Upstream, kind: type[LookupFailed]) -> None:
    with pytest.raises(LookupFailed) as caught:
        await upstream.news()
    assert type(caught.value) is kind


async def test_a_stream_that_just_ends_is_no_error() -> None:
    assert await telling(200, b"").news() == []


async def test_what_has_begun_waits_no_more() -> None:
    steps = [
        ("message", {"id": ID, "status": status, "progress": 0})
        for status in ("PENDING", "IN_PROGRESS", "PENDING", "IN_PROGRESS")
    ]
    news = await telling(200, streamed(*steps, ("message", TASK))).news()
    assert [each.is_begun for each in news] == [False, True, True, True]


# ---- taking back


@pytest.mark.parametrize(
    ("status", "is_gone"), [(200, True), (204, True), (404, True), (400, False), (403, False), (409, False)]
)
async def test_taking_back(status: int, *, is_gone: bool) -> None:
    assert await telling(status, {"message": "Task is in progress"}).client.recall(ID, KEY) is is_gone


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_taking_back_may_have_to_be_tried_again(status: int) -> None:
    with pytest.raises(Unavailable):
        await telling(status, {"message": "no"}).client.recall(ID, KEY)


# ---- lists


def tasks_at(*created: float) -> list[dict[str, object]]:
    return [TASK | {"id": f"task-{at}", "created_at": at * 1000} for at in created]


def paged(every: list[dict[str, object]]) -> Upstream:
    def reply(request: httpx.Request) -> httpx.Response:
        number, size = (int(request.url.params[name]) for name in ("page_num", "page_size"))
        return httpx.Response(200, json=every[(number - 1) * size : number * size])

    return Upstream(reply)


async def test_a_list_is_read_as_far_back_as_wanted() -> None:
    upstream = paged(tasks_at(*range(1000, 800, -1)))
    found = await upstream.client.made_since(930.0, KEY)
    assert [each.created_at for each in found] == [float(at) for at in range(1000, 929, -1)]
    assert len(upstream.requests) == 2


async def test_what_it_lists_is_told_by_our_clock() -> None:
    """Its own is 30 seconds behind, as the Date of its answer tells."""
    date = format_datetime(datetime.fromtimestamp(BEGAN_AT - 30.0, UTC), usegmt=True)
    upstream = Upstream(lambda _: httpx.Response(200, json=tasks_at(BEGAN_AT - 40.0), headers={"date": date}))
    (found,) = await upstream.client.made_since(0.0, KEY)
    assert found.created_at == pytest.approx(BEGAN_AT - 10.0, abs=0.6)


async def test_a_short_page_is_the_last() -> None:
    upstream = paged(tasks_at(1000, 999))
    assert len(await upstream.client.made_since(0.0, KEY)) == 2
    assert len(upstream.requests) == 1


async def test_what_slips_to_the_next_page_is_met_once() -> None:
    pages = [tasks_at(*range(1000, 950, -1)), tasks_at(951, 950, 949)]
    upstream = Upstream(lambda request: httpx.Response(200, json=pages[int(request.url.params["page_num"]) - 1]))
    assert len(await upstream.client.made_since(0.0, KEY)) == 52


async def test_a_list_without_end_is_left() -> None:
    upstream = Upstream(lambda _: httpx.Response(200, json=tasks_at(*range(1000, 950, -1))))
    await upstream.client.made_since(0.0, KEY)
    assert len(upstream.requests) == PAGES_MOST


async def test_a_list_that_does_not_come() -> None:
    with pytest.raises(Unavailable):
        await telling(500).client.made_since(0.0, KEY)


# ---- pace


@virtually
async def test_no_second_sees_more_requests_of_a_key_than_it_may() -> None:
    clock = LoopClock()
    sent: dict[str, list[float]] = {}

    def reply(request: httpx.Request) -> httpx.Response:
        sent.setdefault(request.headers["authorization"], []).append(clock.now())
        return httpx.Response(202, json=CREATED) if request.method == "POST" else httpx.Response(200, json=TASK)

    client = Meshy(Net(transport=httpx.MockTransport(reply)), clock, "https://upstream.test", 5)
    other = KEY[::-1]
    asked = [client.look(ID, KEY) for _ in range(8)] + [client.submit(REQUEST, None, KEY) for _ in range(4)]
    await asyncio.gather(*asked, client.look(ID, other))
    times = sent[f"Bearer {KEY}"]
    assert len(times) == 12
    assert all(later - earlier > 1.0 for earlier, later in zip(times, times[5:], strict=False))
    assert times[-1] - times[0] < 3.0
    assert sent[f"Bearer {other}"] == [times[0]]
