"""The files that the stand-in upstreams give out: real PNG, JPEG and MP4, painted from the prompt."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
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
ENCODERS: Final = ("libx264", "libopenh264", "mpeg4")
"""The first at hand is used; browsers play the first two."""


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
def video(scene: Scene, size: tuple[int, int], seconds: float) -> bytes:
    """An MP4 file of `seconds` at 24 frames a second, ready to play from its first bytes; both sides even."""
    # Moving the index to the front makes FFmpeg open its output a second time, by name.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "video.mp4")
        _encode(path, scene, size, seconds)
        return path.read_bytes()


def _encode(path: Path, scene: Scene, size: tuple[int, int], seconds: float) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        codec = next(name for name in ENCODERS if name in av.codecs_available)
        speed = {"preset": "veryfast", "crf": "26"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=FRAMES_PER_SECOND, options=speed)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for index, drawing in enumerate(_drawings(scene, size, seconds)):
            frame = av.VideoFrame.from_image(drawing)  # type: ignore[no-untyped-call]  # PyAV left it untyped
            frame.pts, frame.time_base = index, Fraction(1, FRAMES_PER_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _drawings(scene: Scene, size: tuple[int, int], seconds: float) -> Iterator[Image.Image]:
    """One image for each frame."""
    frames = round(seconds * FRAMES_PER_SECOND)
    for first in range(0, frames, FRAMES_PER_DRAWING):
        drawing = scene.paint(size, first / FRAMES_PER_SECOND)
        for _ in range(min(FRAMES_PER_DRAWING, frames - first)):
            yield drawing
