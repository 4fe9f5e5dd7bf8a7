"""HTTP outward, and the only import of httpx: pools, budgets of time and bytes, and one seam for its errors.

Requests go through httpx's transports directly: above them its client would log addresses (signed links and all), keep
cookies, follow redirects and read proxies from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from bot import __version__
from bot.domain.addresses import is_public_address

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) → addresses. Raises OSError or UnicodeError."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer; names in lower case, repeated ones joined by commas."""

    status: int
    headers: Mapping[str, str]

    @property
    def is_success(self) -> bool:
        return self.status // 100 == 2  # noqa: PLR2004  2xx

    @property
    def is_client_error(self) -> bool:
        return self.status // 100 == 4  # noqa: PLR2004  4xx


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `body` is as it came over the wire: encodings are neither asked for nor taken."""

    head: Head
    body: bytes

    @property
    def status(self) -> int:
        return self.head.status


@dataclass(eq=False)
class NetError(Exception):
    """`detail` is for the log."""

    detail: str = ""

    def __str__(self) -> str:
        return self.detail


class Unsent(NetError):
    """No byte of the request left."""


class Unsafe(Unsent):
    """Not https, or not a public address."""


@dataclass(eq=False)
class NoAnswer(NetError):
    """The request left, or may have, and no whole answer came. `head` is what came of one (None: nothing)."""

    head: Head | None = None


class Overlong(NoAnswer):
    """More bytes than the budget allows."""


class Encoded(NoAnswer):
    """A content encoding that was not asked for: a small body could unfold into a huge one."""


# A ConnectError may also come from the TLS handshake; requests are written only after that.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


def translated(error: Exception, head: Head | None = None) -> NetError:
    """What an exception out of httpx means for the request."""
    detail = f"{type(error).__name__}: {error}"
    return Unsent(detail) if isinstance(error, _NEVER_LEFT) else NoAnswer(detail, head)


@contextlib.contextmanager
def _seam(head: Head | None = None) -> Iterator[None]:
    try:
        yield
    except NetError:
        raise
    except Exception as error:  # whatever broke in the library, bytes may have left
        raise translated(error, head) from error


@dataclass(frozen=True, slots=True)
class Budget:
    """What one exchange may take. `total_seconds` bounds all of it, which the timeouts per read do not."""

    connections: int
    kept_alive: int
    """Idle connections kept for reuse; 0: every request has a fresh one."""
    connect_seconds: float
    read_seconds: float
    total_seconds: float
    body_bytes: int

    @property
    def timeouts(self) -> dict[str, float]:
        slow, quick = self.read_seconds, self.connect_seconds
        return {"connect": quick, "pool": quick, "read": slow, "write": slow}


# An answer is worth waiting for: it tells what became of credits. Who asks goes on without it much earlier.
SUBMISSION_BUDGET = Budget(1000, 0, connect_seconds=10, read_seconds=600, total_seconds=600, body_bytes=1024 * 1024)
# Enough for the looks at several upstreams, though one of them hangs.
POLL_BUDGET = Budget(80, 10, connect_seconds=5, read_seconds=10, total_seconds=15, body_bytes=4 * 1024 * 1024)
# A stream that is silent for so long is as good as none.
STREAM_BUDGET = Budget(1000, 0, connect_seconds=5, read_seconds=10, total_seconds=900, body_bytes=4 * 1024 * 1024)
MEDIA_BUDGET = Budget(8, 0, connect_seconds=10, read_seconds=30, total_seconds=120, body_bytes=128 * 1024 * 1024)


class Incoming:
    """An answer whose body is still to come."""

    def __init__(self, head: Head, stream: httpx.AsyncByteStream, body_bytes: int) -> None:
        self.head = head
        self._stream = stream
        self._body_bytes = body_bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece. Raises NoAnswer, Overlong, Encoded."""
        self._refuse_by_headers()
        got_bytes = 0
        pieces = aiter(self._stream)
        while True:
            with _seam(self.head):
                piece = await anext(pieces, None)
            if piece is None:
                return
            got_bytes += len(piece)
            if got_bytes > self._body_bytes:
                raise Overlong(f"more than {self._body_bytes} bytes", self.head)
            yield piece

    def _refuse_by_headers(self) -> None:
        encoding = self.head.headers.get("content-encoding", "")
        if encoding.strip().lower() not in ("", "identity"):
            raise Encoded(f"content-encoding {encoding[:40]!r}", self.head)
        length = self.head.headers.get("content-length", "")
        if length.isdecimal() and float(length) > self._body_bytes:
            raise Overlong(f"{length[:20]} bytes announced", self.head)


class Pool:
    """Connections for one purpose. Never retries, never redirects, keeps no cookies."""

    def __init__(self, budget: Budget, transport: httpx.AsyncBaseTransport) -> None:
        self._budget = budget
        self._transport = transport
        self._headers = {"user-agent": f"easel/{__version__}", "accept": "*/*", "accept-encoding": "identity"}
        if budget.kept_alive == 0:
            self._headers["connection"] = "close"

    async def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Answer:
        """One exchange. Raises Unsent or NoAnswer."""
        async with self.stream(method, url, headers, content) as incoming:
            body = bytearray()
            async for chunk in incoming.chunks():
                body += chunk
        return Answer(incoming.head, bytes(body))

    @contextlib.asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        body_bytes: int | None = None,
    ) -> AsyncIterator[Incoming]:
        """One exchange, its body read inside the block; `body_bytes` overrides the budget's. Raises as `request`."""
        incoming: Incoming | None = None
        try:
            async with asyncio.timeout(self._budget.total_seconds):
                response = await self._open(method, url, headers, content)
                try:
                    incoming = self._incoming(response, body_bytes)
                    yield incoming
                finally:
                    # The answer is in hand or given up: how its connection ends changes nothing.
                    with contextlib.suppress(Exception):
                        await response.aclose()
        except TimeoutError as error:
            head = None if incoming is None else incoming.head
            raise NoAnswer(f"not done in {self._budget.total_seconds:g} s", head) from error

    async def _open(
        self, method: str, url: str, headers: Mapping[str, str] | None, content: bytes | None
    ) -> httpx.Response:
        try:
            request = httpx.Request(
                method,
                url,
                headers={**self._headers, **(headers or {})},
                content=content,
                extensions={"timeout": self._budget.timeouts},
            )
        except Exception as error:  # it was not even a request
            raise Unsent(f"{type(error).__name__}: {error}") from error
        with _seam():
            return await self._transport.handle_async_request(request)

    def _incoming(self, response: httpx.Response, body_bytes: int | None) -> Incoming:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        head = Head(response.status_code, dict(response.headers.items()))
        return Incoming(head, response.stream, self._budget.body_bytes if body_bytes is None else body_bytes)

    async def aclose(self) -> None:
        await self._transport.aclose()


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """All addresses of a host, in the system's order of preference."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class PublicOnly(httpx.AsyncBaseTransport):
    """Lets only https to public addresses through, and connects to the very addresses that it checked.

    Resolving once closes the door on names that resolve differently the second time. `trusted_hosts` (`host`, any port,
    or `host:port`) are let through unchecked.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, trusted_hosts: Iterable[str], resolve: Resolve) -> None:
        self._inner = inner
        self._trusted = frozenset(_host_and_port(entry) for entry in trusted_hosts)
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._trusts(request.url):
            return await self._inner.handle_async_request(request)
        if request.url.scheme != "https" or request.url.port is not None or request.url.userinfo:
            raise Unsafe("not plain https on its own port")
        failure: Exception = httpx.ConnectError("no address")
        for address in await self._checked_addresses(request.url):
            try:
                return await self._inner.handle_async_request(pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _trusts(self, url: httpx.URL) -> bool:
        host = url.host.lower()
        port = url.port or {"https": 443, "http": 80}.get(url.scheme)
        return not self._trusted.isdisjoint({(host, None), (host, port)})

    async def _checked_addresses(self, url: httpx.URL) -> Sequence[str]:
        host = url.raw_host.decode("ascii")
        try:
            addresses = await self._resolve(host, 443)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"{host}: {error}") from error
        if not all(is_public_address(address) for address in addresses):
            raise Unsafe(f"{host} is not a public address")
        return addresses


def pinned(request: httpx.Request, address: str) -> httpx.Request:
    """The same request to one address of its host; the Host header and TLS still go by the name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )


@functools.cache
def _tls() -> ssl.SSLContext:
    """One for all pools: reading the certificates takes a while."""
    return httpx.create_ssl_context(trust_env=False)


def _connections(budget: Budget) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(
        max_connections=budget.connections, max_keepalive_connections=budget.kept_alive, keepalive_expiry=30
    )
    return httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False, limits=limits, retries=0)


def _host_and_port(entry: str) -> tuple[str, int | None]:
    parts = urlsplit(f"//{entry.strip().lower()}")
    return parts.hostname or "", parts.port


class Net:
    """The four pools, closed together: `async with Net(…) as net`."""

    def __init__(
        self,
        trusted_hosts: Iterable[str] = (),
        *,
        resolve: Resolve = resolve_name,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` stands in for the network under all pools. Raises ValueError on a malformed trusted host."""

        def wire(budget: Budget) -> httpx.AsyncBaseTransport:
            return transport or _connections(budget)

        self.submissions = Pool(SUBMISSION_BUDGET, wire(SUBMISSION_BUDGET))
        self.polls = Pool(POLL_BUDGET, wire(POLL_BUDGET))
        self.streams = Pool(STREAM_BUDGET, wire(STREAM_BUDGET))
        self.media = Pool(MEDIA_BUDGET, PublicOnly(wire(MEDIA_BUDGET), trusted_hosts, resolve))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in (self.submissions, self.polls, self.streams, self.media):
            await pool.aclose()
