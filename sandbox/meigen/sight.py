"""Looking at references: how large they are, and whether they were made here."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from PIL import Image, UnidentifiedImageError

FETCH_SECONDS = 5.0
FETCH_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Picture:
    """A reference that could be seen."""

    width: int
    height: int
    made: tuple[str, int] | None
    """Generation and file number, counted from 0; None: it was not made here."""


class Sight:
    """Remembers the files that were given out."""

    def __init__(self) -> None:
        self._made: dict[bytes, tuple[str, int]] = {}

    def remember(self, content: bytes, generation_id: str, number: int) -> None:
        self._made[hashlib.sha256(content).digest()] = generation_id, number

    async def look(self, url: str, hosts: Collection[str]) -> Picture | None:
        """Fetch a reference that lies on one of `hosts` (`host[:port]`); None where it is no picture, or not there."""
        if urlsplit(url).netloc not in hosts:
            return None
        try:
            content = await _fetch(url)
            with Image.open(io.BytesIO(content)) as image:
                return Picture(image.width, image.height, self._made.get(hashlib.sha256(content).digest()))
        except (aiohttp.ClientError, TimeoutError, UnidentifiedImageError, OSError):
            return None


async def _fetch(url: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
        response.raise_for_status()
        return await response.content.read(FETCH_BYTES)
