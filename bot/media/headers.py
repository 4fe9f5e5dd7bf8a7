"""A file's header, read at a bounded price however the file was made up."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

READ_MAX_BYTES = 1024 * 1024
# The price of the smallest read, which keeps a file of a million tiny parts from taking seconds.
READ_LEAST_BYTES = 16
# No upstream makes longer ones: a header that says so lies.
DURATION_MAX_SECONDS = 24 * 3600.0


class Damaged(ValueError):
    """The file breaks its format's rules, ends too early, or costs too much to read."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a video's header tells; None where it does not. Pixels as shown, so after a turn."""

    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file: from `start` up to `end`, in bytes from the beginning of the file."""

    start: int
    end: int


class HeaderReader:
    """Reads here and there in a file, `budget_bytes` in all. As every step of a parser reads, this bounds its steps."""

    def __init__(self, file: BinaryIO, size_bytes: int, budget_bytes: int = READ_MAX_BYTES) -> None:
        self._file = file
        self._budget_bytes = budget_bytes
        self.whole = Span(0, size_bytes)

    def bytes_at(self, span: Span, offset: int, count: int) -> bytes:
        """`count` bytes from `offset` within the span. Raises Damaged."""
        start = span.start + offset
        if offset < 0 or start + count > min(span.end, self.whole.end):
            raise Damaged("beyond the end")
        self._budget_bytes -= max(count, READ_LEAST_BYTES)
        if self._budget_bytes < 0:
            raise Damaged("too much to read")
        self._file.seek(start)
        data = self._file.read(count)
        if len(data) != count:
            raise Damaged("shorter than it was")
        return data

    def numbers(self, layout: str, span: Span, offset: int = 0) -> tuple[Any, ...]:
        """The fields of a `struct` layout. Raises Damaged."""
        return struct.unpack(layout, self.bytes_at(span, offset, struct.calcsize(layout)))


def plausible_seconds(seconds: float) -> float | None:
    """`seconds` where a video can be that long, else None."""
    return seconds if 0 < seconds <= DURATION_MAX_SECONDS else None
