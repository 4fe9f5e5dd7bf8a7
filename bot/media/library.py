"""The data folder's media: `<root>/<job id>/<index>.<extension>`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.domain.catalog import Medium
from bot.errors import MediaDown, MediaError
from bot.media.fetch import IMAGE_MAX_BYTES, VIDEO_MAX_BYTES, Sighting, download, look, sight
from bot.media.fit import reencoded, thumbnail
from bot.media.sniff import KINDS
from bot.net import Pool
from bot.ports import MediaFile

FETCHES_AT_ONCE = 4
QUOTA_BYTES = 2 * 1024**3
KEPT_SECONDS = 30 * 24 * 3600.0
# Younger files may be on their way to Discord at this moment, quota or not.
UNTOUCHED_SECONDS = 900.0
WARNED_EVERY_SECONDS = 86_400.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How much is kept, and how long after it was last asked for."""

    quota_bytes: int = QUOTA_BYTES
    """Of all that lies in the data folder together."""
    kept_seconds: float = KEPT_SECONDS


class MediaLibrary:
    """Implements `bot.ports.Media`. `beside_bytes` tells what lies in the data folder beside results: the database."""

    def __init__(
        self,
        root: Path,
        pool: Pool,
        clock: Clock,
        keeping: Keeping = Keeping(),
        beside_bytes: Callable[[], int] = lambda: 0,
    ) -> None:
        self._root = root
        self._pool = pool
        self._clock = clock
        self._keeping = keeping
        self._beside_bytes = beside_bytes
        self._warned_at: float | None = None
        self._fetching = asyncio.Semaphore(FETCHES_AT_ONCE)
        # A decoded picture is large: one at a time.
        self._decoding = asyncio.Semaphore(1)
        self._locks: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def fetch(self, job_id: int, index: int, url: str, medium: Medium) -> MediaFile:
        """The file behind `url`: fetched where it is not kept yet, kept until dropped or swept. Raises MediaError."""
        lock = self._locks.setdefault((job_id, index), asyncio.Lock())
        async with lock, self._fetching:
            with _disk():
                kept = await asyncio.to_thread(self._kept, job_id, index)
                return kept or await self._brought(job_id, index, url, medium)

    async def look(self, url: str) -> None:
        """Nothing where there is a file behind `url`; it is not fetched. Raises MediaError."""
        await look(self._pool, url)

    async def kept(self, job_id: int, index: int) -> MediaFile | None:
        """The file if it is here; nothing is fetched. Raises MediaDown (disk)."""
        with _disk():
            return await asyncio.to_thread(self._kept, job_id, index)

    async def fit(self, file: MediaFile, limit_bytes: int) -> MediaFile | None:
        """`file` itself where it fits, a picture re-encoded once, else None: link it. Raises MediaDown (disk)."""
        if file.size_bytes <= limit_bytes:
            return file
        return await self._beside(file, f"{limit_bytes}", lambda: reencoded(file.path, limit_bytes))

    async def thumbnail(self, file: MediaFile, side_pixels: int, limit_bytes: int) -> MediaFile | None:
        """A small JPEG of a picture, made once; None for videos and what cannot be decoded. Raises MediaDown (disk)."""
        name = f"{side_pixels}px-{limit_bytes}"
        return await self._beside(file, name, lambda: thumbnail(file.path, side_pixels, limit_bytes))

    async def _beside(self, file: MediaFile, name: str, make: Callable[[], bytes | None]) -> MediaFile | None:
        if not file.content_type.startswith("image/"):
            return None
        path = file.path.with_name(f"{file.path.stem}-{name}.jpg")
        async with self._decoding:
            with _disk():
                return await asyncio.to_thread(self._made, path, make)

    async def drop(self, job_id: int) -> None:
        """Remove what was kept for a job."""
        await asyncio.to_thread(shutil.rmtree, self._root / str(job_id), ignore_errors=True)

    async def sweep(self) -> int:
        """Remove what is too old, then the oldest while the folder is over the quota. Tells how many files went."""
        return await asyncio.to_thread(self._swept)

    def _kept(self, job_id: int, index: int) -> MediaFile | None:
        paths = (self._root / str(job_id) / f"{index}.{kind.extension}" for kind in KINDS)
        return next((file for path in paths if (file := self._intact(path)) is not None), None)

    def _made(self, path: Path, make: Callable[[], bytes | None]) -> MediaFile | None:
        """The JPEG at `path`, made where it is not there yet."""
        file = self._intact(path)
        if file is not None:
            return file
        data = make()
        if data is None:
            return None
        part = path.with_suffix(".part")
        part.write_bytes(data)
        part.replace(path)
        return _file(path, sight(path))

    def _intact(self, path: Path) -> MediaFile | None:
        """The file at `path`, which counts as asked for; None where there is none."""
        if not path.exists():
            return None
        try:
            file = _file(path, sight(path))
        except MediaError:
            # A power cut can leave the name without the bytes.
            path.unlink(missing_ok=True)
            return None
        os.utime(path, (self._clock.now(),) * 2)
        return file

    async def _brought(self, job_id: int, index: int, url: str, medium: Medium) -> MediaFile:
        folder = self._root / str(job_id)
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        part = folder / f"{index}.part"
        try:
            await download(self._pool, url, part, VIDEO_MAX_BYTES if medium is Medium.VIDEO else IMAGE_MAX_BYTES)
            return await asyncio.to_thread(_settled, part, medium)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def _swept(self) -> int:
        now = self._clock.now()
        entries = sorted(self._entries(), key=lambda entry: entry.stat.st_mtime)
        beside_bytes = self._beside_bytes()
        self._warn_of(beside_bytes, now)
        total = beside_bytes + sum(entry.stat.st_size for entry in entries)
        gone = 0
        for entry in entries:
            age = now - entry.stat.st_mtime
            if age > self._keeping.kept_seconds or (total > self._keeping.quota_bytes and age > UNTOUCHED_SECONDS):
                try:
                    entry.path.unlink(missing_ok=True)
                except OSError as error:
                    log.warning("%s cannot be removed: %s", entry.path, error.strerror)
                    continue
                total -= entry.stat.st_size
                gone += 1
        self._remove_empty_folders()
        return gone

    def _warn_of(self, beside_bytes: int, now: float) -> None:
        """Once a day: no result that is removed makes room enough."""
        is_due = self._warned_at is None or now - self._warned_at >= WARNED_EVERY_SECONDS
        if beside_bytes > self._keeping.quota_bytes and is_due:
            self._warned_at = now
            log.warning(
                "the database and its backups take %d MiB, more than MEDIA_QUOTA_MIB allows for the whole data folder "
                "(%d MiB): results are kept for minutes only. Raise it, or have words kept for fewer days",
                beside_bytes // 1024**2,
                self._keeping.quota_bytes // 1024**2,
            )

    def _entries(self) -> Iterator[_Entry]:
        for folder in _listed(self._root):
            for path in _listed(folder):
                with contextlib.suppress(OSError):
                    yield _Entry(path, path.stat())

    def _remove_empty_folders(self) -> None:
        for folder in _listed(self._root):
            # Not empty, or filled again meanwhile.
            with contextlib.suppress(OSError):
                folder.rmdir()


def _listed(folder: Path) -> Sequence[Path]:
    """What is in a folder; nothing where it is none, or was dropped meanwhile."""
    try:
        return list(folder.iterdir())
    except OSError:
        return ()


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    stat: os.stat_result


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MediaDown(f"disk: {error.strerror}") from error


def _file(path: Path, sighting: Sighting) -> MediaFile:
    return MediaFile(
        path,
        sighting.kind.content_type,
        sighting.size_bytes,
        sighting.width,
        sighting.height,
        sighting.duration_seconds,
    )


def _settled(part: Path, medium: Medium) -> MediaFile:
    """The file under its final name, which only whole files ever have."""
    sighting = sight(part, medium)
    return _file(part.replace(part.with_suffix(f".{sighting.kind.extension}")), sighting)
