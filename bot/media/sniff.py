"""What a file is, by its first bytes, and how large a picture is, by its header: nothing is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from bot.domain.catalog import Medium

HEADER_BYTES = 64
# A JPEG may carry this many blocks (profiles, thumbnails) before the one that tells its size.
JPEG_MAX_SEGMENTS = 500

# Start of frame, in all its coding processes; the codes between them mean other things.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of file that Discord shows."""

    content_type: str
    extension: str
    medium: Medium


PNG = Kind("image/png", "png", Medium.IMAGE)
JPEG = Kind("image/jpeg", "jpg", Medium.IMAGE)
WEBP = Kind("image/webp", "webp", Medium.IMAGE)
GIF = Kind("image/gif", "gif", Medium.IMAGE)
MP4 = Kind("video/mp4", "mp4", Medium.VIDEO)
MOV = Kind("video/quicktime", "mov", Medium.VIDEO)
WEBM = Kind("video/webm", "webm", Medium.VIDEO)
KINDS = (PNG, JPEG, WEBP, GIF, MP4, MOV, WEBM)

_MAGIC = ((b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG), (b"GIF87a", GIF), (b"GIF89a", GIF))
# Still pictures in the container of MP4, which Discord does not show as either.
_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"crx ")


def kind_of(head: bytes) -> Kind | None:
    """The kind of a file that begins with `head` (64 bytes do); None for anything that Discord does not show."""
    if head[4:8] == b"ftyp":
        return _iso_kind(head[8:12])
    if head[:4] == b"RIFF":
        return WEBP if head[8:12] == b"WEBP" else None
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"webm" in head[:HEADER_BYTES] else None
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def _iso_kind(brand: bytes) -> Kind | None:
    if brand in _STILL_BRANDS:
        return None
    return MOV if brand == b"qt  " else MP4


def dimensions(file: BinaryIO, kind: Kind) -> tuple[int, int] | None:
    """(width, height) in pixels, as a picture's header tells; None for videos and damaged headers."""
    file.seek(0)
    try:
        if kind == JPEG:
            return _jpeg_size(file)
        head = file.read(HEADER_BYTES)
        if kind == PNG:
            return _size(">II", head, 16)
        if kind == GIF:
            return _size("<HH", head, 6)
        return _webp_size(head) if kind == WEBP else None
    except struct.error:
        return None


def _size(layout: str, head: bytes, offset: int) -> tuple[int, int]:
    width, height = struct.unpack_from(layout, head, offset)
    return width, height


def _webp_size(head: bytes) -> tuple[int, int] | None:
    """WebP Container Specification: lossy (VP8), lossless (VP8L) and extended (VP8X) files."""
    match head[12:16]:
        case b"VP8 ":
            width, height = _size("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            low, high = struct.unpack_from("<IH", head, 24)
            bits = low | high << 32
            return (bits & 0xFFFFFF) + 1, (bits >> 24) + 1
    return None


def _jpeg_size(file: BinaryIO) -> tuple[int, int] | None:
    """ITU-T T.81, B.2: the frame header (SOF) tells the size."""
    file.seek(2)
    for _ in range(JPEG_MAX_SEGMENTS):
        marker = _next_marker(file)
        if marker is None:
            return None
        (length,) = struct.unpack(">H", file.read(2))
        if marker in _JPEG_FRAMES:
            _, height, width = struct.unpack(">BHH", file.read(5))
            return width, height
        file.seek(max(length - 2, 0), 1)
    return None


def _next_marker(file: BinaryIO) -> int | None:
    """The code after the next 0xFF; None at the image data or the end of the file, where no frame header came."""
    if file.read(1) != b"\xff":
        return None
    code = b"\xff"
    while code == b"\xff":
        code = file.read(1)
    return None if code in (b"", b"\xd9", b"\xda") else code[0]
