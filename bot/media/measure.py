"""A video's length and size, measured from its header alone."""

from __future__ import annotations

from typing import BinaryIO

from bot.media.headers import Damaged, HeaderReader, Measures
from bot.media.mp4 import measure_mp4
from bot.media.sniff import MOV, MP4, WEBM, Kind
from bot.media.webm import measure_webm


def measure(file: BinaryIO, kind: Kind, size_bytes: int) -> Measures:
    """What the header of a video tells; nothing at all where it is damaged, cut, or costs too much to read."""
    reader = HeaderReader(file, size_bytes)
    try:
        if kind in (MP4, MOV):
            return measure_mp4(reader)
        return measure_webm(reader) if kind == WEBM else Measures()
    except Damaged:
        return Measures()
