"""How long and how large an MP4 or QuickTime video is, by its header (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.media.headers import Damaged, HeaderReader, Measures, Span, plausible_seconds

Box = tuple[bytes, Span]
"""Its type and its payload."""

# Of a sample in a track run (trun): each flag adds four bytes.
_DURATION_TOLD = 0x100
_SAMPLE_FLAGS = (0x100, 0x200, 0x400, 0x800)


@dataclass(frozen=True, slots=True)
class _Track:
    id: int
    is_video: bool
    size_pixels: tuple[int, int]
    timescale: int
    listed: int
    """Duration of the samples that the movie box itself lists, in units of the timescale."""


def measure_mp4(reader: HeaderReader) -> Measures:
    """Walks over all boxes of the file, so that a cut one is noticed. Raises Damaged."""
    top = list(_boxes(reader, reader.whole))
    movie = list(_boxes(reader, _part(top, b"moov")))
    tracks = [_track(reader, span) for kind, span in movie if kind == b"trak"]
    width, height = next((track.size_pixels for track in tracks if track.is_video), (0, 0))
    seconds = plausible_seconds(_movie_seconds(reader, top, movie, tracks))
    return Measures(seconds, width or None, height or None)


def _movie_seconds(reader: HeaderReader, top: Sequence[Box], movie: Sequence[Box], tracks: Sequence[_Track]) -> float:
    """0 where the file does not tell."""
    timescale, duration = _times(reader, _part(movie, b"mvhd"))
    extends = dict(movie).get(b"mvex")
    if extends is not None:
        # mvhd leaves the fragments out, or tells nothing at all.
        extension = list(_boxes(reader, extends))
        duration = _fragments_duration(reader, extension)
        if not duration:
            return _fragments_seconds(reader, [span for kind, span in top if kind == b"moof"], extension, tracks)
    return duration / timescale if timescale else 0.0


def _boxes(reader: HeaderReader, within: Span) -> Iterator[Box]:
    start = within.start
    while start < within.end:
        size, kind = reader.numbers(">I4s", Span(start, within.end))
        head = 8
        if size == 1:
            (size,) = reader.numbers(">Q", Span(start, within.end), head)
            head = 16
        elif size == 0:
            size = within.end - start
        if size < head or start + size > within.end:
            raise Damaged("a box of an impossible size")
        yield kind, Span(start + head, start + size)
        start += size


def _part(boxes: Sequence[Box], kind: bytes) -> Span:
    for found, span in boxes:
        if found == kind:
            return span
    raise Damaged(f"no {kind!r}")


def _version(reader: HeaderReader, span: Span) -> int:
    (version,) = reader.numbers(">B", span)
    if version not in (0, 1):
        raise Damaged("a version from the future")
    return int(version)


def _times(reader: HeaderReader, span: Span) -> tuple[int, int]:
    """(units per second, duration in units; 0: unknown) of mvhd and mdhd."""
    if _version(reader, span) == 1:
        timescale, duration = reader.numbers(">IQ", span, 20)
        return timescale, 0 if duration == 2**64 - 1 else duration
    timescale, duration = reader.numbers(">II", span, 12)
    return timescale, 0 if duration == 2**32 - 1 else duration


def _track(reader: HeaderReader, span: Span) -> _Track:
    track = list(_boxes(reader, span))
    media = list(_boxes(reader, _part(track, b"mdia")))
    track_id, size_pixels = _track_header(reader, _part(track, b"tkhd"))
    (handler,) = reader.numbers(">4s", _part(media, b"hdlr"), 8)
    timescale, _ = _times(reader, _part(media, b"mdhd"))
    return _Track(track_id, handler == b"vide", size_pixels, timescale, _listed(reader, media))


def _track_header(reader: HeaderReader, span: Span) -> tuple[int, tuple[int, int]]:
    id_offset, matrix_offset = (20, 52) if _version(reader, span) == 1 else (12, 40)
    (track_id,) = reader.numbers(">I", span, id_offset)
    a, b, _, c, d, _, _, _, _, width, height = reader.numbers(">11i", span, matrix_offset)
    # Fixed point, 16.16.
    size = max(width >> 16, 0), max(height >> 16, 0)
    is_turned = a == d == 0 and b != 0 and c != 0
    return track_id, size[::-1] if is_turned else size


def _listed(reader: HeaderReader, media: Sequence[Box]) -> int:
    """Time to sample (stts): runs of samples of the same duration."""
    samples = _boxes(reader, _part(list(_boxes(reader, _part(media, b"minf"))), b"stbl"))
    span = dict(samples).get(b"stts")
    if span is None:
        return 0
    (count,) = reader.numbers(">I", span, 4)
    runs = struct.iter_unpack(">II", reader.bytes_at(span, 8, count * 8))
    return sum(samples * duration for samples, duration in runs)


# ---- fragments


def _fragments_duration(reader: HeaderReader, extension: Sequence[Box]) -> int:
    """All of the movie, fragments included (mehd), in units of the movie; 0 where it does not tell."""
    span = dict(extension).get(b"mehd")
    if span is None:
        return 0
    (duration,) = reader.numbers(">Q" if _version(reader, span) == 1 else ">I", span, 4)
    return int(duration)


def _fragments_seconds(
    reader: HeaderReader, fragments: Sequence[Span], extension: Sequence[Box], tracks: Sequence[_Track]
) -> float:
    """The longest track's samples, summed up."""
    defaults = dict(reader.numbers(">I4xI", span, 4) for kind, span in extension if kind == b"trex")
    durations = Counter({track.id: track.listed for track in tracks})
    for fragment in fragments:
        for kind, span in _boxes(reader, fragment):
            if kind == b"traf":
                track_id, duration = _fragment(reader, span, defaults)
                durations[track_id] += duration
    return max((durations[track.id] / track.timescale for track in tracks if track.timescale), default=0.0)


def _fragment(reader: HeaderReader, span: Span, defaults: Mapping[int, int]) -> tuple[int, int]:
    """(track, duration in its units) of a track fragment (traf)."""
    boxes = list(_boxes(reader, span))
    header = _part(boxes, b"tfhd")
    flags, track_id = reader.numbers(">II", header)
    sample_duration = defaults.get(track_id, 0)
    if flags & 0x8:
        # Behind the base offset and the sample description, where those are told.
        offset = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
        (sample_duration,) = reader.numbers(">I", header, offset)
    return track_id, sum(_run(reader, run, sample_duration) for kind, run in boxes if kind == b"trun")


def _run(reader: HeaderReader, span: Span, sample_duration: int) -> int:
    flags, count = reader.numbers(">II", span)
    if not flags & _DURATION_TOLD:
        return int(count) * sample_duration
    # Behind the data offset and the flags of the first sample, where those are told.
    offset = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    entry_bytes = 4 * sum(bool(flags & flag) for flag in _SAMPLE_FLAGS)
    data = reader.bytes_at(span, offset, count * entry_bytes)
    return sum(struct.unpack_from(">I", data, start)[0] for start in range(0, len(data), entry_bytes))
