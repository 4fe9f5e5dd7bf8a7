"""Results as files on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.domain.catalog import Medium


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A result on this machine's disk. What is None its header does not tell; pictures last no time."""

    path: Path
    content_type: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None


class Media(Protocol):
    """Brings results here and keeps them for a while."""

    async def fetch(self, job_id: int, index: int, url: str, medium: Medium) -> MediaFile:
        """The file behind `url`, kept for `(job_id, index)`; fetched once, from whichever link came first.

        Raises MediaError, and then nothing is kept: another link to the same file may be tried.
        """
        ...

    async def look(self, url: str) -> None:
        """Nothing where there is a file behind `url`; it is not fetched. Raises MediaError."""
        ...

    async def kept(self, job_id: int, index: int) -> MediaFile | None:
        """The file if it is here; nothing is fetched. Raises MediaDown."""
        ...

    async def fit(self, file: MediaFile, limit_bytes: int) -> MediaFile | None:
        """`file` itself where it fits, a picture re-encoded once, else None: link it. Raises MediaDown."""
        ...

    async def thumbnail(self, file: MediaFile, side_pixels: int, limit_bytes: int) -> MediaFile | None:
        """A small JPEG of a picture within a square; None for videos and what cannot be decoded. Raises MediaDown."""
        ...

    async def drop(self, job_id: int) -> None:
        """Remove what was kept for a job."""
        ...


TEXT_MAX_BYTES = 64 * 1024
"""Of a prompt that comes as a file."""


class TextFiles(Protocol):
    """Reads text that a member has uploaded."""

    async def read(self, url: str) -> str:
        """The text behind the link of an uploaded .txt file, without a byte order mark.

        Raises MediaError: NotText for another type or encoding than UTF-8, MediaTooLarge over 64 KiB.
        """
        ...
