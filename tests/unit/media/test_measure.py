"""A video's length, from its header or not at all."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.media.headers import DURATION_MAX_SECONDS, READ_MAX_BYTES, Measures
from bot.media.measure import measure
from bot.media.sniff import MOV, MP4, PNG, WEBM, Kind, kind_of
from tests.unit.media import files
from tests.unit.media.videos import (
    A_QUARTER_TURNED,
    EBML,
    FTYP,
    box,
    element,
    fragment,
    movie_header,
    run,
    track,
    tracks,
    video,
)

NOTHING = Measures()


class Counted(BytesIO):
    """Keeps how many bytes were read of it."""

    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.read_bytes += len(data)
        return data


def measured(data: bytes, kind: Kind | None = None) -> Measures:
    kind = kind or kind_of(data[:64])
    assert kind is not None
    file = Counted(data)
    found = measure(file, kind, len(data))
    assert file.read_bytes <= READ_MAX_BYTES
    return found


# ---------------------------------------------------------------- what FFmpeg makes


@pytest.mark.parametrize("seconds", [0.25, 2.0, 5.5])
@pytest.mark.parametrize(
    ("form", "codec", "movflags", "kind"),
    [
        ("mp4", "mpeg4", "", MP4),
        ("mp4", "mpeg4", "+faststart", MP4),
        ("mov", "mpeg4", "", MOV),
        ("mp4", "mpeg4", "+frag_keyframe", MP4),
        ("mp4", "mpeg4", "+frag_keyframe+empty_moov", MP4),
        ("mp4", "mpeg4", "+frag_keyframe+empty_moov+default_base_moof+dash", MP4),
        ("mp4", "mpeg4", "+frag_keyframe+empty_moov+global_sidx", MP4),
        ("webm", "libvpx", "", WEBM),
    ],
)
def test_real_files_tell_length_and_size(form: str, codec: str, movflags: str, kind: Kind, seconds: float) -> None:
    data = video(form, codec, seconds, movflags=movflags)
    assert kind_of(data[:64]) == kind
    found = measured(data)
    assert found.duration_seconds == pytest.approx(seconds, abs=0.002)
    assert (found.width, found.height) == (64, 48)


def test_a_live_recording_has_a_size_and_no_length() -> None:
    assert measured(video("webm", "libvpx", live="1")) == Measures(None, 64, 48)


@pytest.mark.parametrize("movflags", ["", "+faststart", "+frag_keyframe+empty_moov"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_tells_nothing(movflags: str, share: float) -> None:
    data = video("mp4", "mpeg4", movflags=movflags)
    assert measured(data[: int(len(data) * share)]).duration_seconds is None


@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_a_cut_webm_tells_nothing(share: float) -> None:
    data = video("webm", "libvpx")
    assert measured(data[: int(len(data) * share)], WEBM) == NOTHING


# ---------------------------------------------------------------- MP4 by hand


def mp4(*movie: bytes, after: bytes = b"") -> bytes:
    return FTYP + box(b"moov", *movie) + after


@pytest.mark.parametrize("version", [0, 1])
def test_both_versions_of_the_headers(version: int) -> None:
    data = mp4(movie_header(600, 3300, version), track((1920, 1080), version=version))
    assert measured(data) == Measures(5.5, 1920, 1080)


def test_sizes_of_64_bits_and_a_last_box_without_one() -> None:
    movie = box(b"moov", movie_header(1000, 5000), is_wide=True)
    data = FTYP + box(b"mdat", bytes(100), is_wide=True) + movie
    assert measured(data).duration_seconds == 5
    assert measured(FTYP + movie + struct.pack(">I4s", 0, b"mdat") + bytes(99)).duration_seconds == 5


def test_a_turned_video_is_as_it_is_shown() -> None:
    found = measured(mp4(movie_header(1000, 1), track((1920, 1080), matrix=A_QUARTER_TURNED)))
    assert (found.width, found.height) == (1080, 1920)


def test_only_a_video_track_has_a_size() -> None:
    sound = track((300, 200), handler=b"soun")
    assert measured(mp4(movie_header(1000, 1), sound)) == Measures(0.001)
    assert measured(mp4(movie_header(1000, 1), sound, track((64, 48)))) == Measures(0.001, 64, 48)


@pytest.mark.parametrize(
    ("timescale", "duration", "version"),
    [
        (1000, 0, 0),
        (1000, 2**32 - 1, 0),
        (1000, 2**64 - 1, 1),
        (0, 5000, 0),
        (1, int(DURATION_MAX_SECONDS) + 1, 0),
        (1, 2**64 - 2, 1),
    ],
)
def test_a_length_that_is_none(timescale: int, duration: int, version: int) -> None:
    assert measured(mp4(movie_header(timescale, duration, version), track())) == Measures(None, 64, 48)


EXTENDS = box(b"trex", struct.pack(">6I", 0, 1, 1, 40, 0, 0))
FRAGMENTED = box(b"mvex", EXTENDS)


def test_fragments_are_summed_up_however_they_tell() -> None:
    after = (
        fragment(run(2), run(2, 100, 150))  # twice 40 from the movie, 250 told
        + fragment(run(3), default=500)
        + fragment(run(9), number=7, default=10_000)  # of a track that is not there
    )
    data = mp4(movie_header(1000, 0), track(), FRAGMENTED, after=after)
    assert measured(data) == Measures(0.08 + 0.25 + 1.5, 64, 48)


def test_the_offsets_that_a_fragment_tells_are_skipped() -> None:
    header = box(b"tfhd", struct.pack(">IIQII", 0xB, 1, 4711, 1, 250))
    entries = struct.pack(">8I", 10, 1, 2, 3, 20, 1, 2, 3)
    runs = box(b"trun", struct.pack(">IIII", 0xF05, 2, 0, 0), entries) + box(b"trun", struct.pack(">II", 0, 4))
    data = mp4(movie_header(1000, 0), track(), FRAGMENTED, after=box(b"moof", box(b"traf", header, runs)))
    assert measured(data).duration_seconds == 1.03


def test_samples_before_the_fragments_count() -> None:
    data = mp4(movie_header(1000, 80), track(samples=((2, 40),)), FRAGMENTED, after=fragment(run(3)))
    assert measured(data).duration_seconds == 0.2


def test_the_longest_track_counts_each_in_its_own_units() -> None:
    parts = (movie_header(1000, 0), track(), track(handler=b"soun", number=2, timescale=48_000), FRAGMENTED)
    data = mp4(*parts, after=fragment(run(10)) + fragment(run(30), number=2, default=1024))
    assert measured(data).duration_seconds == 0.64


@pytest.mark.parametrize("payload", [struct.pack(">II", 0, 7000), struct.pack(">IQ", 0x01000000, 7000)])
def test_the_length_with_fragments_may_be_told_at_the_front(payload: bytes) -> None:
    extends = box(b"mvex", box(b"mehd", payload), EXTENDS)
    assert measured(mp4(movie_header(1000, 80), track(), extends, after=fragment(run(3)))).duration_seconds == 7


# ---------------------------------------------------------------- WebM by hand


def info(*parts: bytes) -> bytes:
    return element("1549a966", *parts)


def duration(value: float, layout: str = ">f") -> bytes:
    return element("4489", struct.pack(layout, value))


SCALE = element("2ad7b1", (1_000_000).to_bytes(3, "big"))


def webm(*parts: bytes, size_bytes: int = 8) -> bytes:
    return EBML + element("18538067", *parts, size_bytes=size_bytes)


@pytest.mark.parametrize("size_bytes", [0, 4, 8])
@pytest.mark.parametrize("layout", [">f", ">d"])
def test_a_webm_tells_length_and_size(layout: str, size_bytes: int) -> None:
    parts = (element("ec", bytes(40)), info(SCALE, duration(5500, layout)), tracks(1280, 720))
    assert measured(webm(*parts, size_bytes=size_bytes)) == Measures(5.5, 1280, 720)
    assert measured(webm(*reversed(parts), size_bytes=size_bytes)) == Measures(5.5, 1280, 720)


def test_the_scale_may_be_left_out_or_be_another() -> None:
    assert measured(webm(info(duration(5500)))).duration_seconds == 5.5
    scale = element("2ad7b1", (100_000).to_bytes(4, "big"))
    assert measured(webm(info(duration(5500), scale))).duration_seconds == 0.55


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [info(SCALE)],
        [info(duration(float("nan")))],
        [info(duration(float("inf")))],
        [info(duration(-5.0))],
        [info(duration(1e30))],
        [info(element("4489", bytes(3)))],
        [info(element("4489"))],
        [info(element("2ad7b1", bytes(9)), duration(5500))],
        [element("1f43b675", bytes(9), size_bytes=0), info(duration(5500))],
    ],
)
def test_a_webm_without_a_usable_length(parts: list[bytes]) -> None:
    assert measured(webm(*parts)).duration_seconds is None


# ---------------------------------------------------------------- hostile files


def oversize(kind: bytes, size: int) -> bytes:
    return struct.pack(">I4s", size, kind)


@pytest.mark.parametrize(
    "data",
    [
        FTYP,
        mp4(),
        mp4(track()),
        FTYP + oversize(b"moov", 2),
        FTYP + oversize(b"moov", 7),
        FTYP + oversize(b"moov", 2**31),
        FTYP + struct.pack(">I4sQ", 1, b"moov", 2**64 - 1),
        FTYP + struct.pack(">I4sQ", 1, b"moov", 15),
        FTYP + struct.pack(">I4s", 1, b"moov"),
        FTYP + b"\x00\x00",
        mp4(movie_header(1000, 5000)) + b"\x00\x00\x00",
        mp4(movie_header(1000, 5000)) + b"\x00\x00\x00\x04\x00\x00\x00\x08free",  # one box begins within another
        mp4(movie_header(1000, 5000)) + oversize(b"mdat", 9),
        mp4(movie_header(1000, 5000), oversize(b"trak", 5)),
        mp4(movie_header(1000, 5000), oversize(b"trak", 0)),
        mp4(box(b"mvhd", b"\x00" * 12)),
        mp4(box(b"mvhd", b"\x02" + b"\x00" * 99)),
        mp4(
            movie_header(1000, 0),
            track(),
            FRAGMENTED,
            after=fragment(box(b"trun", struct.pack(">II", 0x100, 2**32 - 1))),
        ),
        mp4(movie_header(1000, 0), track(), box(b"mvex", box(b"trex", bytes(3))), after=fragment(run(1))),
        mp4(movie_header(1000, 0), track(), FRAGMENTED, after=box(b"moof", box(b"traf"))),
        FTYP + box(b"free") * (READ_MAX_BYTES // 8) + box(b"moov", movie_header(1000, 5000)),
        FTYP + box(b"moov") * (READ_MAX_BYTES // 8),
    ],
)
def test_a_hostile_mp4_tells_nothing(data: bytes) -> None:
    assert measured(data, MP4) == NOTHING


@pytest.mark.parametrize(
    "data",
    [
        b"",
        EBML,
        EBML + bytes(20),
        EBML + b"\x18\x53\x80\x67",
        EBML + b"\x18\x53\x80\x67\x00" + bytes(20),
        EBML + b"\x18\x53\x80\x67\x01" + b"\xff" * 6 + b"\xfe",
        element("18538067", info(duration(5500))),
        webm(element("1549a966", b"\x44\x89\x90")),
        webm(bytes.fromhex("1549a966"), b"\xfe"),
        webm(element("ec") * (READ_MAX_BYTES // 2), info(duration(5500))),
    ],
)
def test_a_hostile_webm_tells_nothing(data: bytes) -> None:
    assert measured(data, WEBM) == NOTHING


def test_other_files_tell_nothing() -> None:
    assert measured(files.picture("PNG"), PNG) == NOTHING


def test_a_file_that_shrinks_meanwhile_tells_nothing() -> None:
    data = mp4(movie_header(1000, 5000))
    assert measure(BytesIO(data[:-90]), MP4, len(data)) == NOTHING


WHOLE: dict[Kind, tuple[Callable[[], bytes], ...]] = {
    MP4: (
        lambda: video("mp4", "mpeg4"),
        lambda: video("mp4", "mpeg4", movflags="+frag_keyframe+empty_moov"),
        lambda: mp4(movie_header(1000, 80, 1), track(samples=((2, 40),)), FRAGMENTED, after=fragment(run(2, 4, 5))),
    ),
    WEBM: (lambda: video("webm", "libvpx"), lambda: webm(info(SCALE, duration(5500)), tracks(64, 48))),
}


@settings(deadline=None)
@given(st.data())
def test_a_mutated_file_never_raises_nor_costs_much(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(WHOLE)))
    mutated = bytearray(data.draw(st.sampled_from(WHOLE[kind]))())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(mutated) - 1))
        mutated[place] = data.draw(st.sampled_from([0, 1, 7, 8, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    cut = data.draw(st.none() | st.integers(0, len(mutated)))
    found = measured(bytes(mutated[:cut]), kind)
    assert found.duration_seconds is None or 0 < found.duration_seconds <= DURATION_MAX_SECONDS


@given(st.sampled_from([MP4, MOV, WEBM]), st.binary(max_size=300))
def test_any_bytes_tell_something_or_nothing(kind: Kind, data: bytes) -> None:
    measured(data, kind)
