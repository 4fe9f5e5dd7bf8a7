"""The seam to httpx: what each error means, what is refused, and what really goes over the wire."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest

from bot.net import Answer, Budget, Encoded, Net, NoAnswer, Overlong, Pool, Unsent, translated
from tests.support.fakes import virtually

UNSENT, NO_ANSWER = Unsent, NoAnswer

MEANING = {
    "CloseError": NO_ANSWER,
    "ConnectError": UNSENT,
    "ConnectTimeout": UNSENT,
    "CookieConflict": NO_ANSWER,
    "DecodingError": NO_ANSWER,
    "HTTPError": NO_ANSWER,
    "HTTPStatusError": NO_ANSWER,
    "InvalidURL": UNSENT,
    "LocalProtocolError": NO_ANSWER,
    "NetworkError": NO_ANSWER,
    "PoolTimeout": UNSENT,
    "ProtocolError": NO_ANSWER,
    "ProxyError": UNSENT,
    "ReadError": NO_ANSWER,
    "ReadTimeout": NO_ANSWER,
    "RemoteProtocolError": NO_ANSWER,
    "RequestError": NO_ANSWER,
    "RequestNotRead": NO_ANSWER,
    "ResponseNotRead": NO_ANSWER,
    "StreamClosed": NO_ANSWER,
    "StreamConsumed": NO_ANSWER,
    "StreamError": NO_ANSWER,
    "TimeoutException": NO_ANSWER,
    "TooManyRedirects": NO_ANSWER,
    "TransportError": NO_ANSWER,
    "UnsupportedProtocol": UNSENT,
    "WriteError": NO_ANSWER,
    "WriteTimeout": NO_ANSWER,
}

SMALL = Budget(4, 0, connect_seconds=2, read_seconds=2, total_seconds=0.3, body_bytes=10)


def made(kind: type[Exception]) -> Exception:
    """An instance without running an initializer of unknown taste."""
    return kind.__new__(kind)


def test_every_exception_of_httpx_has_its_meaning() -> None:
    theirs = {name for name, kind in inspect.getmembers(httpx, inspect.isclass) if issubclass(kind, Exception)}
    assert theirs == set(MEANING)


@pytest.mark.parametrize(("name", "meaning"), MEANING.items())
async def test_errors_of_httpx_never_get_past_the_pool(name: str, meaning: type[Exception]) -> None:
    error = made(getattr(httpx, name))

    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises((Unsent, NoAnswer)) as caught:
        await Pool(SMALL, httpx.MockTransport(fail)).request("POST", "https://upstream.test/")
    assert type(caught.value) is meaning


def test_what_is_not_known_may_have_left() -> None:
    assert type(translated(RuntimeError("surprise"))) is NoAnswer


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("https://[::1", {}),
        ("no-scheme", {}),
        ("ftp://upstream.test/", {}),
        ("https://upstream.test/", {"authorization": "Bearer ключ"}),
        ("https://" + "a" * 70000, {}),
    ],
)
async def test_what_is_no_request_was_not_sent(url: str, headers: dict[str, str]) -> None:
    async with Net() as net:
        with pytest.raises(Unsent):
            await net.submissions.request("GET", url, headers)


# ---------------------------------------------------------------- over real sockets


@contextlib.asynccontextmanager
async def server(reply: Sequence[bytes], *, hang: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answers every request on a connection with `reply`, piece by piece; `hang` keeps the connection open after it.

    Gives its address and what it got: requests, and "EOF" for each connection that ended.
    """
    got: list[bytes] = []
    done = asyncio.Event()
    tasks: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            got.append(await reader.readuntil(b"\r\n\r\n"))
            writer.writelines(reply)
            if hang:
                await done.wait()
            if not reply or b"connection: close" in got[-1].lower():
                return

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await answer(reader, writer)
        got.append(b"EOF")
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(serve(reader, writer)))

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", got
    finally:
        done.set()
        listening.close()
        await listening.wait_closed()
        await asyncio.gather(*tasks)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_each_submission_has_a_connection_of_its_own_and_polls_share_theirs() -> None:
    async with server([OK]) as (url, requests), Net() as net:
        for _ in range(2):
            assert (await net.polls.request("GET", url)).body == b"ok"
        assert b"EOF" not in requests
    async with server([OK]) as (url, requests), Net() as net:
        for _ in range(2):
            assert (await net.submissions.request("POST", url, content=b"{}")).body == b"ok"
        assert all(b"connection: close" in request.lower() for request in requests if request != b"EOF")


async def test_asks_for_no_encoding_and_sends_no_cookies_back() -> None:
    reply = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    async with server([reply]) as (url, requests), Net() as net:
        for _ in range(2):
            await net.polls.request("GET", url)
    assert b"accept-encoding: identity" in requests[0].lower()
    assert b"cookie" not in requests[1].lower()


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    reply = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with server([reply]) as (url, requests), Net() as net:
        answer = await net.submissions.request("POST", url)
    assert answer.status == 302
    assert sum(request != b"EOF" for request in requests) == 1


async def test_nobody_listening_means_not_sent() -> None:
    async with server([]) as (url, _):
        pass
    async with Net() as net:
        with pytest.raises(Unsent):
            await net.submissions.request("POST", url, content=b"{}")


@pytest.mark.parametrize(
    "reply",
    [
        [],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"],
        [b"not http at all\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    ],
    ids=["reset", "truncated", "garbage", "bad chunk"],
)
async def test_a_broken_answer_is_no_answer(reply: list[bytes]) -> None:
    async with server(reply) as (url, _), Net() as net:
        with pytest.raises(NoAnswer):
            await net.submissions.request("POST", url, content=b"{}")


async def test_the_head_of_a_broken_answer_is_told() -> None:
    async with (
        server([b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 100\r\n\r\nhalf"]) as (url, _),
        Net() as net,
    ):
        with pytest.raises(NoAnswer) as caught:
            await net.submissions.request("POST", url)
    assert caught.value.head is not None
    assert (caught.value.head.status, caught.value.head.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize(
    "reply",
    [[], [b"HTTP/1.1 200 OK\r\n"], [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"]],
    ids=["silence", "half a head", "half a body"],
)
async def test_the_whole_exchange_has_a_time(reply: list[bytes]) -> None:
    async with server(reply, hang=True) as (url, _):
        pool = Pool(SMALL, httpx.AsyncHTTPTransport())
        with pytest.raises(NoAnswer, match=r"not done in 0.3 s"):
            await pool.request("POST", url)
        await pool.aclose()


DRIP = Budget(4, 0, connect_seconds=2, read_seconds=2, total_seconds=0.5, body_bytes=100)


class Drip(httpx.AsyncByteStream):
    """A byte every tenth of a second: no single read takes long."""

    def __init__(self, length_bytes: int) -> None:
        self._length_bytes = length_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._length_bytes):
            await asyncio.sleep(0.1)
            yield b"."


def dripping(length_bytes: int) -> Pool:
    return Pool(DRIP, httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip(length_bytes))))


@virtually
async def test_a_drip_is_read_to_its_end_within_the_time_and_no_longer() -> None:
    assert (await dripping(4).request("GET", "https://upstream.test/")).body == b"...."
    began_at = asyncio.get_running_loop().time()
    with pytest.raises(NoAnswer, match=r"not done in 0.5 s"):
        await dripping(60).request("GET", "https://upstream.test/")
    assert asyncio.get_running_loop().time() - began_at == pytest.approx(0.5)


# ---------------------------------------------------------------- bodies


def answering(status: int, headers: dict[str, str], chunks: Sequence[bytes]) -> httpx.MockTransport:
    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=body()))


async def asked(headers: dict[str, str], chunks: Sequence[bytes]) -> Answer:
    return await Pool(SMALL, answering(200, headers, chunks)).request("GET", "https://upstream.test/")


async def test_a_body_of_just_the_budget_is_read() -> None:
    assert (await asked({}, [b"12345", b"67890"])).body == b"1234567890"


@pytest.mark.parametrize(
    ("headers", "chunks"),
    [({}, [b"12345", b"678901"]), ({"content-length": "11"}, []), ({"content-length": "9" * 5000}, [])],
)
async def test_a_body_over_the_budget_is_not(headers: dict[str, str], chunks: list[bytes]) -> None:
    with pytest.raises(Overlong):
        await asked(headers, chunks)


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip", "x"])
async def test_an_encoded_body_is_refused(encoding: str) -> None:
    with pytest.raises(Encoded):
        await asked({"content-encoding": encoding}, [b"1"])


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
async def test_identity_is_no_encoding(encoding: str) -> None:
    assert (await asked({"content-encoding": encoding}, [b"1"])).body == b"1"


async def test_what_the_reader_does_wrong_is_not_called_a_network_error() -> None:
    pool = Pool(SMALL, answering(200, {}, [b"1"]))

    async def read_badly() -> None:
        async with pool.stream("GET", "https://upstream.test/") as incoming:
            async for _ in incoming.chunks():
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await read_badly()
