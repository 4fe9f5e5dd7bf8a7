"""Bringing a result here safely: hop by hop over checked addresses, streamed to disk, judged by its bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import urljoin, urlsplit

from bot.domain.catalog import Medium
from bot.errors import MediaDown, MediaError, MediaGone, MediaTooLarge, MediaUnsafe
from bot.media.measure import measure
from bot.media.sniff import HEADER_BYTES, Kind, dimensions, kind_of
from bot.net import Encoded, Incoming, NetError, Overlong, Pool, Unsafe

T = TypeVar("T")

REDIRECTS_MAX = 3
IMAGE_MAX_BYTES = 64 * 1024 * 1024
VIDEO_MAX_BYTES = 128 * 1024 * 1024
# Pillow's own idea of a decompression bomb; whoever shows the picture has to unfold it.
PIXELS_MAX = 89_478_485

_REDIRECTS = (301, 302, 303, 307, 308)
# Storage services answer 403 for a signed link that has expired.
_GONE = (401, 403, 404, 410, 451)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a file turned out to be. What is None its header does not tell; pictures last no time."""

    kind: Kind
    size_bytes: int
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None


async def download(pool: Pool, url: str, target: Path, max_bytes: int) -> None:
    """The bytes behind `url` as the file `target`, following up to 3 redirects. Raises MediaError, OSError (disk)."""
    await _followed(pool, url, max_bytes, lambda incoming: _to_disk(incoming, target))


async def look(pool: Pool, url: str) -> None:
    """Whether something stands behind `url`; its bytes are not read. Raises MediaError."""
    await _followed(pool, url, VIDEO_MAX_BYTES, _unread)


async def _unread(_: Incoming) -> None:
    return


async def read(pool: Pool, url: str, max_bytes: int) -> bytes:
    """The bytes behind `url`, following up to 3 redirects. Raises MediaError."""
    return await _followed(pool, url, max_bytes, _to_memory)


async def _followed(pool: Pool, url: str, max_bytes: int, take: Callable[[Incoming], Awaitable[T]]) -> T:
    for _ in range(REDIRECTS_MAX + 1):
        try:
            async with pool.stream("GET", url, body_bytes=max_bytes) as incoming:
                if incoming.head.status not in _REDIRECTS:
                    _check_status(incoming.head.status)
                    return await take(incoming)
                url = _next_hop(url, incoming)
        except NetError as error:
            raise _media_error(error, url) from error
    raise MediaUnsafe(f"more than {REDIRECTS_MAX} redirects")


def _next_hop(url: str, incoming: Incoming) -> str:
    location = incoming.head.headers.get("location", "")
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise MediaUnsafe("a redirect to nowhere") from error


def _check_status(status: int) -> None:
    if status in _GONE:
        raise MediaGone(f"HTTP {status}")
    if status != 200:  # noqa: PLR2004  nothing else brings the whole file
        raise MediaDown(f"HTTP {status}")


async def _to_disk(incoming: Incoming, target: Path) -> None:
    file = await asyncio.to_thread(target.open, "wb")
    try:
        async for chunk in incoming.chunks():
            await asyncio.to_thread(file.write, chunk)
    finally:
        await asyncio.to_thread(file.close)


async def _to_memory(incoming: Incoming) -> bytes:
    return b"".join([chunk async for chunk in incoming.chunks()])


def _media_error(error: NetError, url: str) -> MediaError:
    """Links are signed: only the host goes into the detail."""
    detail = f"{_host(url)}: {error.detail}"
    kinds: tuple[tuple[type[NetError], Callable[[str], MediaError]], ...] = (
        (Overlong, MediaTooLarge),
        (Encoded, MediaUnsafe),
        (Unsafe, MediaUnsafe),
    )
    return next((make(detail) for kind, make in kinds if isinstance(error, kind)), MediaDown(detail))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"


def sight(path: Path, medium: Medium | None = None) -> Sighting:
    """What the file at `path` is; blocking, as all that touches a disk.

    Raises MediaUnsafe where it is no picture or video, or not of the medium expected (None: either); MediaTooLarge
    where its header tells of more pixels than anybody should unfold.
    """
    with path.open("rb") as file:
        kind = kind_of(file.read(HEADER_BYTES))
        if kind is None:
            raise MediaUnsafe("neither a picture nor a video")
        if medium is not None and kind.medium is not medium:
            raise MediaUnsafe(f"{kind.content_type} where {medium} was expected")
        return _measured(file, kind, path.stat().st_size)


def _measured(file: BinaryIO, kind: Kind, size_bytes: int) -> Sighting:
    if kind.medium is Medium.VIDEO:
        measures = measure(file, kind, size_bytes)
        return Sighting(kind, size_bytes, measures.width, measures.height, measures.duration_seconds)
    width, height = dimensions(file, kind) or (0, 0)
    if not width or not height:
        raise MediaUnsafe(f"{kind.content_type} with a damaged header")
    if width * height > PIXELS_MAX:
        raise MediaTooLarge(f"{width}x{height} pixels")
    return Sighting(kind, size_bytes, width, height)
