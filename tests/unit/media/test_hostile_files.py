"""Hostile results over real sockets: each has its stated end and its sentence, and none of them fills the memory."""

from __future__ import annotations

import asyncio
import functools
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from bot.domain.jobs import Job, JobState, Result
from bot.errors import MediaDown
from bot.media.fetch import IMAGE_MAX_BYTES
from bot.media.library import MediaLibrary
from bot.net import MEDIA_BUDGET, Budget, Pool, PublicOnly
from bot.pipeline.exhibits import Exhibits
from bot.ports import Card
from bot.services.catalogue import Catalogue
from bot.services.viewing import CardViews
from bot.store.store import assemble
from bot.ui.cards import draw
from bot.ui.messages import Message, Upload
from tests.support.builders import account, queued
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer
from tests.unit.media import files
from tests.unit.ui.make import text_of

MOST_MORE_BYTES = 60 * 1024 * 1024
LIMIT_BYTES = 10_000_000
"""Of an attachment, as the interaction named it."""
CHUNK_BYTES = 256 * 1024
DRIP_BUDGET = replace(MEDIA_BUDGET, total_seconds=1.0)
"""Two minutes outside of tests."""

TOO_LARGE = "is too large for Discord. The link works for a limited time."
NOT_BROUGHT = "could not be brought here. The link works for a limited time."
READY = "Your picture is ready"

PNG = files.picture("PNG")
BOMB = files.bomb(13_000, 13_000)
PAGE = b"<!doctype html><title>Just a moment...</title>"


@functools.cache
def gzip_bomb() -> bytes:
    """A picture that unpacks to 128 MiB, packed piece by piece."""
    packer = zlib.compressobj(level=1, wbits=31)
    pieces = [packer.compress(PNG), *(packer.compress(bytes(CHUNK_BYTES)) for _ in range(512)), packer.flush()]
    return b"".join(pieces)


class Peak:
    """How much more memory than at its making this process held at any moment since."""

    def __init__(self) -> None:
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            pytest.skip("this system does not tell how much memory was held at most")
        self._before_bytes = _held_bytes("VmRSS")

    @property
    def more_bytes(self) -> int:
        return _held_bytes("VmHWM") - self._before_bytes


def _held_bytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


class BadHost:
    """Serves what its path says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        match request.path:
            case "/page.png":
                return web.Response(body=PAGE, content_type="image/png")
            case "/bomb":
                return web.Response(body=BOMB, content_type="image/png")
            case "/gzip":
                return web.Response(body=gzip_bomb(), headers={"Content-Encoding": "gzip"})
            case "/inward":
                raise web.HTTPFound("https://127.0.0.1/latest/meta-data/")
            case "/drip":
                return await self._drip(request)
        sizes = {"/0": 0, "/1": 1, "/limit": IMAGE_MAX_BYTES, "/over": IMAGE_MAX_BYTES + 1, "/endless": None}
        return await self._picture(request, sizes[request.path])

    async def _picture(self, request: web.Request, size_bytes: int | None) -> web.StreamResponse:
        """A small picture and zeros behind it; no length is told. None: without end."""
        response = web.StreamResponse()
        await response.prepare(request)
        head = PNG[:size_bytes]
        await response.write(head)
        left = (size_bytes if size_bytes is not None else 16 * IMAGE_MAX_BYTES) - len(head)
        while left > 0:
            await response.write(bytes(min(CHUNK_BYTES, left)))
            left -= CHUNK_BYTES
        return response

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(PNG))})
        await response.prepare(request)
        for byte in PNG:
            await response.write(bytes([byte]))
            await asyncio.sleep(0.1)
        return response


class Exhibition:
    """A finished job whose result lies at a bad host, and the card that is drawn of it."""

    def __init__(self, exhibits: Exhibits, host: BadHost, library: Path, job: Job, card: Card) -> None:
        self.exhibits = exhibits
        self.host = host
        self.library = library
        self.job = job
        self.card = card

    async def shown(self, path: str, *, as_links: bool = False) -> Message:
        """The card of a job with that one result; `as_links`: after the bot's patience. Raises MediaDown."""
        url = path if "://" in path else f"http://127.0.0.1:{self.host.port}{path}"
        return draw(await self.exhibits.view(replace(self.job, result=Result((url,))), self.card, as_links=as_links))

    def kept(self) -> Sequence[str]:
        return [path.name for path in self.library.rglob("*") if path.is_file()]


@asynccontextmanager
async def open_exhibition(
    folder: Path, addresses: Sequence[str] = (), budget: Budget = MEDIA_BUDGET
) -> AsyncIterator[Exhibition]:
    """`addresses`: what every other host resolves to."""
    host = BadHost()
    runner = web.AppRunner(_application(host), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host.port = runner.addresses[0][1]

    async def resolve(name: str, port: int) -> Sequence[str]:
        assert port == 443
        return addresses or (name,)

    trusted = [f"127.0.0.1:{host.port}"]
    pool = Pool(budget, PublicOnly(httpx.AsyncHTTPTransport(trust_env=False), trusted, resolve))
    clock = HandClock()
    store = await assemble(AtOnce(), clock, RotSealer(), "me")
    mine = account(await store.accounts.enter("meigen", "f"))
    waiting = await queued(store, mine, attachment_limit_bytes=LIMIT_BYTES)
    found = await store.cards.read(waiting.id)
    assert found is not None
    catalogue = Catalogue([FakeProvider(clock)], store.asking, clock)
    views = CardViews(store.asking, store.guilds, catalogue, {mine.id: mine}, clock)
    exhibits = Exhibits(MediaLibrary(folder, pool, clock), views)
    try:
        yield Exhibition(exhibits, host, folder, replace(waiting, state=JobState.SUCCEEDED), found[1])
    finally:
        await pool.aclose()
        await runner.cleanup()


def _application(host: BadHost) -> web.Application:
    application = web.Application()
    application.router.add_get("/{path:.*}", host.handle)
    return application


def uploads(message: Message) -> list[Upload]:
    return [file for file in message.attachments if isinstance(file, Upload)]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/0", NOT_BROUGHT),
        ("/1", NOT_BROUGHT),
        ("/over", TOO_LARGE),
        ("/endless", TOO_LARGE),
        ("/bomb", TOO_LARGE),
        ("/gzip", NOT_BROUGHT),
        ("/page.png", NOT_BROUGHT),
        ("/inward", NOT_BROUGHT),
    ],
)
async def test_what_cannot_be_attached_is_linked_and_fills_no_memory(path: str, sentence: str, tmp_path: Path) -> None:
    async with open_exhibition(tmp_path) as exhibition:
        peak = Peak()
        message = await exhibition.shown(path)
        assert peak.more_bytes < MOST_MORE_BYTES
        assert sentence in text_of(message)
        assert f"127.0.0.1:{exhibition.host.port}{path}" in text_of(message)
        assert not uploads(message)
        assert not message.gallery
        assert exhibition.kept() == []
        assert exhibition.host.asked == [path]


def test_the_bomb_is_as_small_as_it_is_said_to_be() -> None:
    assert len(BOMB) < 24 * 1024


async def test_a_file_of_exactly_the_limit_is_brought_and_made_smaller(tmp_path: Path) -> None:
    async with open_exhibition(tmp_path) as exhibition:
        peak = Peak()
        message = await exhibition.shown("/limit")
        assert peak.more_bytes < MOST_MORE_BYTES
        assert READY in text_of(message)
        (upload,) = uploads(message)
        assert upload.path.stat().st_size < LIMIT_BYTES
        assert sorted(exhibition.kept()) == ["0-10000000.jpg", "0.png"]


async def test_a_drip_is_given_up_after_its_time_and_linked_after_some_tries(tmp_path: Path) -> None:
    async with open_exhibition(tmp_path, budget=DRIP_BUDGET) as exhibition:
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        with pytest.raises(MediaDown, match="not done in 1 s"):
            await exhibition.shown("/drip")
        assert loop.time() - began_at < 3 * DRIP_BUDGET.total_seconds
        assert exhibition.kept() == []
        assert NOT_BROUGHT in text_of(await exhibition.shown("/drip", as_links=True))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "2002:a00:1::", "2002:7f00:1::", "64:ff9b::a00:1", "64:ff9b::7f00:1"],
)
async def test_a_host_that_resolves_to_a_private_address_is_never_connected_to(address: str, tmp_path: Path) -> None:
    async with open_exhibition(tmp_path, [address]) as exhibition:
        message = await exhibition.shown("https://images.test/1.png")
        assert NOT_BROUGHT in text_of(message)
        assert not uploads(message)
        assert exhibition.host.asked == []
