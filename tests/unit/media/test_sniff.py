"""What a file is and how large, without decoding it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.media.sniff import GIF, JPEG, KINDS, MOV, MP4, PNG, WEBM, WEBP, Kind, dimensions, kind_of
from tests.unit.media import files


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (files.picture("PNG"), PNG),
        (files.picture("JPEG"), JPEG),
        (files.picture("WEBP"), WEBP),
        (files.picture("GIF"), GIF),
        (files.MP4, MP4),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00", MOV),
        (b"\x00\x00\x00\x14ftypmp42", MP4),
        (files.WEBM, WEBM),
        (b"", None),
        (b"\x89", None),
        (b"<!DOCTYPE html><html>", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"\x00\x00\x00\x1cftypavif", None),
        (b"\x00\x00\x00\x1cftypheic", None),
        (b"\x1a\x45\xdf\xa3\x42\x82\x88matroska", None),
        (b"BM\x00\x00", None),
        (b"PK\x03\x04", None),
    ],
)
def test_kinds(head: bytes, kind: Kind | None) -> None:
    assert kind_of(head[:64]) == kind


@pytest.mark.parametrize("size", [(40, 30), (1, 1), (1500, 17), (16000, 2)])
@pytest.mark.parametrize(
    ("form", "kind", "options"),
    [
        ("PNG", PNG, {}),
        ("JPEG", JPEG, {}),
        ("JPEG", JPEG, {"progressive": True}),
        ("JPEG", JPEG, {"icc_profile": b"p" * 200_000}),
        ("GIF", GIF, {}),
        ("WEBP", WEBP, {}),
        ("WEBP", WEBP, {"lossless": True}),
        ("WEBP", WEBP, {"exif": b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x00"}),
    ],
)
def test_dimensions(form: str, kind: Kind, options: dict[str, Any], size: tuple[int, int]) -> None:
    data = files.picture(form, size, **options)
    assert kind_of(data[:64]) == kind
    assert dimensions(BytesIO(data), kind) == size


@pytest.mark.parametrize(
    "data", [b"\xff\xd8\xff\xe0\x00\x04ab\xff\xd9", b"\xff\xd8\xff\xda", b"\xff\xd8\xff" + b"\xff" * 999]
)
def test_a_jpeg_without_a_frame_has_no_size(data: bytes) -> None:
    assert dimensions(BytesIO(data), JPEG) is None


def test_a_jpeg_may_have_its_tables_first() -> None:
    tables = b"\xff\xc4\x00\x07\x00\x63\x00\x63\x01\xff\xff\xcc\x00\x04\x01\x01"
    frame = b"\xff\xc0\x00\x0b\x08\x00\x1e\x00\x28\x01\x01\x11\x00"
    assert dimensions(BytesIO(b"\xff\xd8" + tables + frame), JPEG) == (40, 30)


@given(st.sampled_from(KINDS), st.binary(max_size=200))
@example(JPEG, b"\xff\xd8" + b"\xff\xe0\x00\x00" * 1000)
def test_any_bytes_have_a_size_or_none(kind: Kind, data: bytes) -> None:
    found = dimensions(BytesIO(data), kind)
    assert found is None or all(side >= 0 for side in found)


@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]), st.data())
def test_a_cut_header_never_raises(form: str, data: st.DataObject) -> None:
    whole = files.picture(form)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    kind = kind_of(cut[:64])
    assert kind is None or dimensions(BytesIO(cut), kind) in (None, (40, 30))
