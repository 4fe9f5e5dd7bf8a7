"""The files that the stand-in upstreams give out: real PNG, JPEG and MP4, painted from the prompt."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Final

import av
from PIL import Image

from sandbox.scenes import Scene

LONG_SIDES_PIXELS: Final = {"1K": 1024, "2K": 2048, "3K": 3072, "4K": 4096}
SHORT_SIDES_PIXELS: Final = {"480p": 480, "720p": 720, "1080p": 1080}
FRAMES_PER_SECOND: Final = 24
FRAMES_PER_DRAWING: Final = 2
"""As in hand-drawn films: each drawing is shown twice, which halves the work."""
SECONDS_PER_DRAWING: Final = FRAMES_PER_DRAWING / FRAMES_PER_SECOND
MOST_DRAWINGS: Final = 36
"""Three seconds. What is longer goes back and forth, so that it costs little more."""
ENCODERS: Final = ("libx264", "libopenh264", "mpeg4")
"""The first at hand is used; browsers play the first two."""
BULKY_VIDEO_BYTES: Final = 11 * 2**20
"""Just more than Discord takes without boosts."""
CONTENT_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "mp4": "video/mp4"}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that is made when it is asked for."""

    scene: Scene
    size: tuple[int, int]
    suffix: str
    seconds: float = 0.0
    starts_at_seconds: float = 0.0

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.suffix]

    def content(self) -> bytes:
        """Takes up to seconds: not for the event loop. Lately made files are kept."""
        if self.suffix == "mp4":
            return video(self.scene, self.size, self.seconds, self.starts_at_seconds)
        return picture(self.scene, self.size, "PNG" if self.suffix == "png" else "JPEG")

    def bulky_content(self) -> bytes:
        """A PNG of the same size without compression, whatever the file's name says; of a video one of 11 MiB."""
        if self.suffix == "mp4":
            return bulky_video(self.content(), BULKY_VIDEO_BYTES)
        return bulky_picture(self.scene, self.size)


def picture_size(ratio: str, resolution: str | None, scale: float = 1.0) -> tuple[int, int]:
    """Width and height in pixels; `resolution` (1K to 4K, None: 1K) is the long side, of which `scale` is made."""
    across, down = map(int, ratio.split(":"))
    long_side = LONG_SIDES_PIXELS[resolution or "1K"] * scale
    unit = long_side / max(across, down)
    return max(1, round(across * unit)), max(1, round(down * unit))


def video_size(ratio: str, resolution: str | None, most_pixels: int = 480) -> tuple[int, int]:
    """Width and height, both even; `resolution` (480p to 1080p) is the short side, of which `most_pixels` are made."""
    across, down = map(int, ratio.split(":"))
    short_side = min(SHORT_SIDES_PIXELS[resolution or "480p"], most_pixels)
    unit = short_side / min(across, down)
    return 2 * round(across * unit / 2), 2 * round(down * unit / 2)


@lru_cache(maxsize=32)
def picture(scene: Scene, size: tuple[int, int], file_format: str = "PNG") -> bytes:
    """A file in `file_format`, PNG or JPEG."""
    file = io.BytesIO()
    image = scene.paint(size)
    if file_format == "PNG":
        image.save(file, "PNG", compress_level=1)
    else:
        image.save(file, file_format, quality=90)
    return file.getvalue()


def bulky_picture(scene: Scene, size: tuple[int, int]) -> bytes:
    """The same as a PNG without compression: three bytes a pixel."""
    file = io.BytesIO()
    scene.paint(size).save(file, "PNG", compress_level=0)
    return file.getvalue()


@lru_cache(maxsize=8)
def video(scene: Scene, size: tuple[int, int], seconds: float, starts_at_seconds: float = 0.0) -> bytes:
    """An MP4 file of `seconds` at 24 frames a second, ready to play from its first bytes; both sides even.

    `starts_at_seconds` is where in the scene's own time it begins.
    """
    # Moving the index to the front makes FFmpeg open its output a second time, by name.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "video.mp4")
        _encode(path, scene, size, seconds, starts_at_seconds)
        return path.read_bytes()


def bulky_video(content: bytes, size_bytes: int) -> bytes:
    """The same MP4 file, made `size_bytes` long by a box at its end that players skip."""
    padding_bytes = max(8, size_bytes - len(content))
    return content + struct.pack(">I4s", padding_bytes, b"free") + bytes(padding_bytes - 8)


def _encode(path: Path, scene: Scene, size: tuple[int, int], seconds: float, starts_at_seconds: float) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        codec = next(name for name in ENCODERS if name in av.codecs_available)
        speed = {"preset": "veryfast", "crf": "26"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=FRAMES_PER_SECOND, options=speed)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for index, frame in enumerate(_frames(scene, size, seconds, starts_at_seconds)):
            frame.pts, frame.time_base = index, Fraction(1, FRAMES_PER_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def last_moment(seconds: float) -> float:
    """How far into the scene's own time a video of `seconds` has come at its end, in seconds."""
    count = round(seconds * FRAMES_PER_SECOND)
    return _there_and_back(max(0, count - 1) // FRAMES_PER_DRAWING, _drawings(count)) * SECONDS_PER_DRAWING


def _drawings(frames: int) -> int:
    return min(MOST_DRAWINGS, -(-frames // FRAMES_PER_DRAWING))


def _frames(scene: Scene, size: tuple[int, int], seconds: float, starts_at_seconds: float) -> Iterator[av.VideoFrame]:
    count = round(seconds * FRAMES_PER_SECOND)
    needed = _drawings(count)
    drawings = [_frame(scene.paint(size, starts_at_seconds + n * SECONDS_PER_DRAWING)) for n in range(needed)]
    for index in range(count):
        yield drawings[_there_and_back(index // FRAMES_PER_DRAWING, needed)]


def _frame(image: Image.Image) -> av.VideoFrame:
    frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]  # PyAV left it untyped
    return frame.reformat(format="yuv420p")  # type: ignore[no-any-return]  # as above


def _there_and_back(step: int, count: int) -> int:
    """Of 3: 0 1 2 1 0 1 …"""
    place = step % max(1, 2 * count - 2)
    return min(place, max(1, 2 * count - 2) - place)
