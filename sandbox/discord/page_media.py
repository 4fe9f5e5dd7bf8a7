"""Pictures and videos for the browser page, as they are.

SimCord decodes each file anew in a process of its own, one after the other, which takes a video many seconds; the files
here come from the bot and from the person at the page, and browsers show them themselves.
"""

from __future__ import annotations

import asyncio
import io

import av
from av.error import FFmpegError
from PIL import Image, UnidentifiedImageError
from simcord.preview._media import MediaError, MediaInfo, MediaWorker

VIDEO_TYPES = {b"ftyp": "video/mp4", b"\x42\x86": "video/webm"}


class PlainMedia(MediaWorker):
    """Reads what the page must know of a file, and leaves the file alone."""

    async def validate(self, key: str, blob: bytes, *, media_time: float | None = None) -> MediaInfo:  # noqa: ARG002 - the overridden signature
        """Raise MediaError where it is neither a picture nor a video."""
        return await asyncio.to_thread(read_media, blob)


def read_media(blob: bytes) -> MediaInfo:
    """Size and kind; of a video the length and its first picture, too. Raises MediaError."""
    kind = next((name for mark, name in VIDEO_TYPES.items() if mark in blob[:64]), None)
    try:
        return _picture(blob) if kind is None else _video(blob, kind)
    except (UnidentifiedImageError, FFmpegError, OSError, StopIteration) as error:
        raise MediaError(str(error)) from error


def _picture(blob: bytes) -> MediaInfo:
    with Image.open(io.BytesIO(blob)) as image:
        width, height = image.size
        known = Image.MIME.get(image.format or "", "application/octet-stream")
        frames = getattr(image, "n_frames", 1)
    size = width * height * 4
    return MediaInfo(known, width, height, frames, size, blob, known, poster=blob, memory_limited=True)


def _video(blob: bytes, kind: str) -> MediaInfo:
    with av.open(io.BytesIO(blob), "r") as container:
        stream = container.streams.video[0]
        seconds = (container.duration or 0) / 1_000_000
        first = next(container.decode(stream)).to_image()  # type: ignore[no-untyped-call]  # PyAV left it untyped
    poster = io.BytesIO()
    first.save(poster, "PNG", compress_level=1)
    return MediaInfo(
        kind,
        first.width,
        first.height,
        max(1, stream.frames),
        first.width * first.height * 4,
        blob,
        kind,
        kind="video",
        duration=seconds,
        capture=poster.getvalue(),
        poster=poster.getvalue(),
        memory_limited=True,
    )
