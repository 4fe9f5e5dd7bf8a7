"""How long and how large a WebM video is, by its header (RFC 8794, EBML, and RFC 9559, Matroska)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bot.media.headers import Damaged, HeaderReader, Measures, Span, plausible_seconds

_EBML = 0x1A45DFA3
_SEGMENT = 0x18538067
_INFO, _TIMESTAMP_SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _VIDEO, _WIDTH, _HEIGHT = 0x1654AE6B, 0xAE, 0xE0, 0xB0, 0xBA
_SCALE_DEFAULT_NANOSECONDS = 1_000_000
_ID_MAX_BYTES, _SIZE_MAX_BYTES = 4, 8

Element = tuple[int, Span]
"""Its id and its content."""


def measure_webm(reader: HeaderReader) -> Measures:
    """Reads up to where both the length and the tracks are known. Raises Damaged."""
    top = _elements(reader, reader.whole)
    if next(top, (0, None))[0] != _EBML:
        raise Damaged("no EBML header")
    parts: dict[int, Span] = {}
    for element_id, span in _elements(reader, _part(top, _SEGMENT)):
        if element_id in (_INFO, _TRACKS):
            parts.setdefault(element_id, span)
        if len(parts) == 2:  # noqa: PLR2004  both of them
            break
    width, height = _size_pixels(reader, parts[_TRACKS]) if _TRACKS in parts else (0, 0)
    seconds = _seconds(reader, parts[_INFO]) if _INFO in parts else 0.0
    return Measures(plausible_seconds(seconds), width or None, height or None)


def _elements(reader: HeaderReader, within: Span) -> Iterator[Element]:
    start = within.start
    while start < within.end:
        element_id, id_bytes, _ = _number(reader, Span(start, within.end), _ID_MAX_BYTES)
        size, size_bytes, is_unknown = _number(reader, Span(start + id_bytes, within.end), _SIZE_MAX_BYTES)
        content = start + id_bytes + size_bytes
        end = within.end if is_unknown else content + (size - (1 << 7 * size_bytes))
        if end > within.end:
            raise Damaged("an element beyond the end")
        yield element_id, Span(content, end)
        start = end


def _number(reader: HeaderReader, span: Span, most_bytes: int) -> tuple[int, int, bool]:
    """(a number of variable length with its length's mark, how many bytes it has, whether all its bits are set)."""
    (first,) = reader.bytes_at(span, 0, 1)
    count = 9 - first.bit_length()
    if count > most_bytes:
        raise Damaged("a number of too many bytes")
    value = int.from_bytes(bytes([first]) + reader.bytes_at(span, 1, count - 1), "big")
    return value, count, value == (1 << 7 * count + 1) - 1


def _part(elements: Iterator[Element], element_id: int) -> Span:
    for found, span in elements:
        if found == element_id:
            return span
    raise Damaged(f"no element {element_id:x}")


def _seconds(reader: HeaderReader, info: Span) -> float:
    """0 where it does not tell, as in what was recorded live."""
    parts = dict(_elements(reader, info))
    if _DURATION not in parts:
        return 0.0
    scale = _whole(reader, parts[_TIMESTAMP_SCALE]) if _TIMESTAMP_SCALE in parts else _SCALE_DEFAULT_NANOSECONDS
    seconds = _fraction(reader, parts[_DURATION]) * scale / 1e9
    return seconds if math.isfinite(seconds) else 0.0


def _size_pixels(reader: HeaderReader, tracks: Span) -> tuple[int, int]:
    """(width, height) of the first video track; zeros where there is none."""
    for element_id, track in _elements(reader, tracks):
        video = dict(_elements(reader, track)).get(_VIDEO) if element_id == _TRACK else None
        if video is not None:
            parts = dict(_elements(reader, video))
            width, height = (_whole(reader, parts[side]) if side in parts else 0 for side in (_WIDTH, _HEIGHT))
            return width, height
    return 0, 0


def _whole(reader: HeaderReader, span: Span) -> int:
    count = span.end - span.start
    if count > 8:  # noqa: PLR2004  RFC 8794, 7.2
        raise Damaged("a whole number of too many bytes")
    return int.from_bytes(reader.bytes_at(span, 0, count), "big")


def _fraction(reader: HeaderReader, span: Span) -> float:
    layouts = {4: ">f", 8: ">d"}
    layout = layouts.get(span.end - span.start)
    return 0.0 if layout is None else float(reader.numbers(layout, span)[0])
