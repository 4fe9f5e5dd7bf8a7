"""Results as files on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.domain.catalog import Medium


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A result on this machine's disk."""

    path: Path
    content_type: str
    size_bytes: int
    width: int | None = None
    height: int | None = None


class Media(Protocol):
    """Brings results here."""

    async def fetch(self, job_id: int, index: int, url: str, medium: Medium) -> MediaFile:
        """The file behind `url`, kept in the data folder until dropped; fetched once. Raises MediaError."""
        ...

    async def fit(self, file: MediaFile, limit_bytes: int) -> MediaFile | None:
        """`file` itself where it fits, a picture re-encoded once, else None: link it."""
        ...

    async def drop(self, job_id: int) -> None:
        """Remove what was kept for a job."""
        ...
