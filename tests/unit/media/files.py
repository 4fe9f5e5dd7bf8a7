"""Small real files, and a host that serves them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from io import BytesIO
from typing import Any

import httpx
from PIL import Image

from bot.net import Net

PUBLIC = "93.184.216.34"
MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + b"\x00" * 40
WEBM = (
    b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"
    + b"\x00" * 40
)


def picture(form: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> bytes:
    """A picture made by Pillow; `options` go to its encoder."""
    out = BytesIO()
    Image.new(mode, size, 100).save(out, form, **options)
    return out.getvalue()


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """A picture that hardly compresses."""
    return Image.merge(mode, [Image.effect_noise(size, 90) for _ in mode])


def bomb(width: int, height: int) -> bytes:
    """A whole PNG of so many black pixels in next to no bytes."""
    rows = zlib.compressobj(9)
    row = b"\x00" * (width // 8 + 2)
    data = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


Reply = Callable[[httpx.Request], httpx.Response]


class Host:
    """Media hosts of the world: `replies` by path; keeps the requests."""

    def __init__(self, replies: dict[str, Reply | bytes] | None = None, addresses: Sequence[str] = (PUBLIC,)) -> None:
        self.replies = replies or {}
        self.addresses = dict.fromkeys(("images.test",), tuple(addresses))
        self.requests: list[httpx.Request] = []
        self.net = Net(["trusted.lan"], resolve=self.resolve, transport=httpx.MockTransport(self))

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        return self.addresses.get(host, (host,))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.get(request.url.path)
        if reply is None:
            return httpx.Response(404)
        return httpx.Response(200, stream=Chunks([reply])) if isinstance(reply, bytes) else reply(request)


class Chunks(httpx.AsyncByteStream):
    """A body in pieces; an error among them is raised at its place."""

    def __init__(self, pieces: Sequence[bytes | Exception]) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def status(code: int, headers: dict[str, str] | None = None, pieces: Sequence[bytes | Exception] = ()) -> Reply:
    return lambda _: httpx.Response(code, headers=headers, stream=Chunks(pieces))


def redirect(location: str) -> Reply:
    return status(302, {"location": location})


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    out = BytesIO()
    image.save(out, form)
    return out.getvalue()
