"""Small real videos, and the building blocks of odd ones."""

from __future__ import annotations

import functools
import struct
import tempfile
from fractions import Fraction
from pathlib import Path

import av

RATE = 24
SIZE = 64, 48


@functools.cache
def video(form: str, codec: str, seconds: float = 2.0, **options: str) -> bytes:
    """A black video made by FFmpeg, 24 frames a second; `options` ("": not set) go to its container."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "video")
        with av.open(str(path), "w", format=form, options={k: v for k, v in options.items() if v}) as container:
            stream = container.add_stream(codec, rate=RATE, options={"g": "12"})
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuv420p"
            for index in range(round(seconds * RATE)):
                frame = av.VideoFrame(*SIZE, "yuv420p")
                for plane in frame.planes:
                    plane.update(bytes(plane.buffer_size))
                frame.pts, frame.time_base = index, Fraction(1, RATE)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path.read_bytes()


# ---- ISO/IEC 14496-12, box by box


def box(kind: bytes, *parts: bytes, is_wide: bool = False) -> bytes:
    """`is_wide`: with a size of 64 bits."""
    body = b"".join(parts)
    if is_wide:
        return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, kind) + body


FTYP = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2avc1mp41")


def movie_header(timescale: int, duration: int, version: int = 0) -> bytes:
    times = (
        struct.pack(">QQIQ", 0, 0, timescale, duration) if version else struct.pack(">4I", 0, 0, timescale, duration)
    )
    return box(b"mvhd", bytes([version, 0, 0, 0]), times, bytes(80))


UPRIGHT = (1, 0, 0, 0, 1, 0, 0, 0, 1)
A_QUARTER_TURNED = (0, 1, 0, -1, 0, 0, 0, 0, 1)


def track(  # noqa: PLR0913  what a track's boxes tell
    size: tuple[int, int] = SIZE,
    handler: bytes = b"vide",
    version: int = 0,
    matrix: tuple[int, ...] = UPRIGHT,
    samples: tuple[tuple[int, int], ...] = (),
    number: int = 1,
    timescale: int = 1000,
) -> bytes:
    """`samples` as time to sample has them: (how many, duration of each)."""
    ids = struct.pack(">QQIIQ", 0, 0, number, 0, 0) if version else struct.pack(">5I", 0, 0, number, 0, 0)
    across, down = (side << 16 for side in size)
    header = box(b"tkhd", bytes([version, 0, 0, 3]), ids, bytes(16), struct.pack(">9i2I", *matrix, across, down))
    stts = box(b"stts", bytes(4), struct.pack(">I", len(samples)), *(struct.pack(">II", *run) for run in samples))
    times = struct.pack(">QQIQ", 0, 0, timescale, 0) if version else struct.pack(">4I", 0, 0, timescale, 0)
    media = box(
        b"mdia",
        box(b"mdhd", bytes([version, 0, 0, 0]), times, bytes(4)),
        box(b"hdlr", bytes(8), handler, bytes(13)),
        box(b"minf", box(b"stbl", stts)),
    )
    return box(b"trak", header, media)


def fragment(*runs: bytes, number: int = 1, default: int | None = None) -> bytes:
    """`default`: duration of a sample whose run does not tell."""
    flags, told = (0, b"") if default is None else (0x8, struct.pack(">I", default))
    return box(b"moof", box(b"traf", box(b"tfhd", struct.pack(">II", flags, number), told), *runs))


def run(count: int, *durations: int) -> bytes:
    """A track run with the samples' durations and sizes, or neither."""
    if not durations:
        return box(b"trun", struct.pack(">II", 0, count))
    entries = b"".join(struct.pack(">II", duration, 100) for duration in durations)
    return box(b"trun", struct.pack(">III", 0x301, count, 0), entries)


# ---- RFC 8794, element by element


def element(name: str, *parts: bytes, size_bytes: int = 1) -> bytes:
    """`name`: the id in hex. `size_bytes` 0: of unknown size."""
    body = b"".join(parts)
    size = b"\x01" + b"\xff" * 7 if size_bytes == 0 else (len(body) | 1 << 7 * size_bytes).to_bytes(size_bytes, "big")
    return bytes.fromhex(name) + size + body


EBML = element("1a45dfa3", element("4282", b"webm"))


def tracks(width: int, height: int) -> bytes:
    sides = element("b0", width.to_bytes(2, "big")), element("ba", height.to_bytes(2, "big"))
    return element("1654ae6b", element("ae", element("83", b"\x02")), element("ae", element("e0", *sides)))
