"""Only https to public addresses, connected to as they were checked."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.net import Answer, Net, Unsafe, Unsent, pinned

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Names:
    """A resolver that counts how often it was asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        if not self.addresses:
            raise OSError("no such name")
        return self.addresses


class Wire:
    """Stands in for the connections: keeps what it was given; refuses to connect to some addresses."""

    def __init__(self, *closed: str) -> None:
        self.closed = closed
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host in self.closed:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, content=b"ok")


async def fetched(url: str, names: Names, wire: Wire, trusted: Sequence[str] = ()) -> Answer:
    async with Net(trusted, resolve=names, transport=wire.transport) as net:
        return await net.media.request("GET", url)


async def test_connects_to_the_address_that_was_checked_under_the_name() -> None:
    names, wire = Names("93.184.216.34"), Wire()
    assert (await fetched("https://Images.Test/a.png?sig=1", names, wire)).body == b"ok"
    (request,) = wire.requests
    assert str(request.url) == "https://93.184.216.34/a.png?sig=1"
    assert request.headers["host"] == "images.test"
    assert request.extensions["sni_hostname"] == "images.test"
    assert names.asked == [("images.test", 443)]


async def test_tries_the_next_address_where_one_is_closed() -> None:
    wire = Wire("2606:4700::1")
    assert (await fetched("https://images.test/", Names("2606:4700::1", "93.184.216.34"), wire)).status == 200
    assert [request.url.host for request in wire.requests] == ["2606:4700::1", "93.184.216.34"]


async def test_no_address_that_connects_is_not_sent() -> None:
    with pytest.raises(Unsent) as caught:
        await fetched("https://images.test/", Names("93.184.216.34"), Wire("93.184.216.34"))
    assert type(caught.value) is Unsent
    with pytest.raises(Unsent, match="no such name"):
        await fetched("https://images.test/", Names(), Wire())


@pytest.mark.parametrize(
    "url",
    [
        "http://images.test/",
        "https://images.test:8443/",
        "https://user@images.test/",
        "https://user:pw@images.test/",
        "ftp://images.test/",
        "file:///etc/passwd",
        "//images.test/",
    ],
)
async def test_only_plain_https_goes_out(url: str) -> None:
    wire = Wire()
    with pytest.raises(Unsent):
        await fetched(url, Names("93.184.216.34"), wire)
    assert wire.requests == []


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    wire = Wire()
    with pytest.raises(Unsafe):
        await fetched("https://images.test/", Names("93.184.216.34", "10.0.0.1"), wire)
    assert wire.requests == []


@pytest.mark.parametrize(
    ("trusted", "url", "passes"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/a", True),
        ("127.0.0.1:8000", "http://127.0.0.1:8001/a", False),
        ("127.0.0.1", "http://127.0.0.1:8001/a", True),
        ("cdn.lan:443", "https://cdn.lan/a", True),
        ("cdn.lan:80", "http://cdn.lan/a", True),
        ("CDN.lan", "http://cdn.LAN/a", True),
        ("[::1]:8000", "http://[::1]:8000/a", True),
        ("cdn.lan", "http://evil.cdn.lan/a", False),
        ("cdn.lan", "http://cdn.lan.evil.test/a", False),
        ("cdn.lan", "http://cdn.lan@evil.test/a", False),
    ],
)
async def test_trusted_hosts_may_be_plain_and_private(trusted: str, url: str, *, passes: bool) -> None:
    names, wire = Names("127.0.0.1"), Wire()
    if passes:
        assert (await fetched(url, names, wire, [trusted])).status == 200
        assert names.asked == []
    else:
        with pytest.raises(Unsafe):
            await fetched(url, names, wire, [trusted])


@pytest.mark.parametrize("entry", ["host:port", "host:99999", "[::1"])
def test_a_malformed_trusted_host_is_refused_at_once(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Net([entry])


async def test_tls_goes_by_the_name_though_the_connection_goes_by_the_address(tmp_path: Path) -> None:
    """A real handshake: the server has a certificate for the name alone."""
    certificate, key = self_signed("images.test", tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    names: list[str | None] = []
    serving.sni_callback = lambda _sock, name, _context: names.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=serving)
    port = listening.sockets[0].getsockname()[1]
    transport = httpx.AsyncHTTPTransport(verify=ssl.create_default_context(cafile=str(certificate)))
    async with listening, transport:
        good = pinned(httpx.Request("GET", f"https://images.test:{port}/"), "127.0.0.1")
        assert (await transport.handle_async_request(good)).status_code == 200
        other = pinned(httpx.Request("GET", f"https://other.test:{port}/"), "127.0.0.1")
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            await transport.handle_async_request(other)
    assert names == ["images.test", "other.test"]


def self_signed(name: str, folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
