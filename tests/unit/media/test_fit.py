"""A picture under a limit: once, and only where that keeps what it is."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.media.fit import DECODE_MAX_PIXELS, reencoded, thumbnail
from tests.unit.media import files


def saved(folder: Path, picture: Image.Image, form: str = "PNG", **options: Any) -> Path:
    path = folder / "a"
    picture.save(path, form, **options)
    return path


def opened(data: bytes | None) -> Image.Image:
    assert data is not None
    return Image.open(BytesIO(data), formats=("JPEG",))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_quality_alone_where_that_does(form: str, tmp_path: Path) -> None:
    path = saved(tmp_path, files.noise((200, 150)), form, quality=100)
    assert opened(reencoded(path, 60_000)).size == (200, 150)


@pytest.mark.parametrize("limit_bytes", [3_000, 10_000, 30_000])
def test_scaled_down_once_where_it_must(limit_bytes: int, tmp_path: Path) -> None:
    data = reencoded(saved(tmp_path, files.noise((400, 200))), limit_bytes)
    assert data is not None
    assert limit_bytes / 3 < len(data) <= limit_bytes
    width, height = opened(data).size
    assert width < 400
    assert width / height == pytest.approx(2, rel=0.05)


def test_a_large_noisy_picture(tmp_path: Path) -> None:
    data = reencoded(saved(tmp_path, files.noise((1500, 1500)), "JPEG", quality=100), 500_000)
    assert len(data or b"") in range(1, 500_001)


def test_transparency_becomes_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert opened(reencoded(saved(tmp_path, clear), 5_000)).getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16"])
def test_every_kind_of_colour(mode: str, tmp_path: Path) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert opened(reencoded(saved(tmp_path, Image.new(mode, (20, 20), 1), form), 5_000)).mode == "RGB"


def test_stays_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    path = saved(tmp_path, Image.new("RGB", (40, 20)), "JPEG", exif=exif)
    assert opened(reencoded(path, 5_000)).size == (20, 40)


def test_a_limit_below_any_picture(tmp_path: Path) -> None:
    path = saved(tmp_path, files.noise((50, 50)))
    assert reencoded(path, 100) is None
    assert reencoded(path, 0) is None


@pytest.mark.parametrize("form", ["WEBP", "PNG", "GIF"])
def test_what_moves_is_left_alone(form: str, tmp_path: Path) -> None:
    frames = [files.noise((50, 50)) for _ in range(3)]
    path = saved(tmp_path, frames[0], form, save_all=True, append_images=frames[1:])
    assert reencoded(path, 5_000) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", files.MP4, files.picture("PNG", (300, 300))[:60], files.picture("BMP"), files.picture("TIFF")],
    ids=["empty", "html", "video", "cut", "bmp", "tiff"],
)
def test_what_cannot_be_decoded(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    assert reencoded(path, 10) is None


@pytest.mark.parametrize("side", [int(DECODE_MAX_PIXELS**0.5) + 1, 13_000])
def test_a_decompression_bomb_is_not_decoded(side: int, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(files.bomb(side, side))
    with warnings.catch_warnings():
        # Without the filter of this test run: the size alone is enough.
        warnings.simplefilter("ignore")
        assert reencoded(path, 1_000_000) is None


# ---------------------------------------------------------------- thumbnails


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_thumbnail_fits_its_square_and_its_bytes(form: str, tmp_path: Path) -> None:
    data = thumbnail(saved(tmp_path, files.noise((800, 400)), form), 256, 40_000)
    assert opened(data).size == (256, 128)
    assert len(data or b"") <= 40_000


def test_a_thumbnail_is_scaled_further_where_its_bytes_ask_for_it(tmp_path: Path) -> None:
    data = thumbnail(saved(tmp_path, files.noise((800, 400))), 256, 4_000)
    assert len(data or b"") in range(1, 4_001)
    assert opened(data).width < 256


def test_a_small_picture_does_not_grow(tmp_path: Path) -> None:
    assert opened(thumbnail(saved(tmp_path, files.noise((30, 40))), 256, 10_000)).size == (30, 40)


def test_a_thumbnail_stays_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    path = saved(tmp_path, Image.new("RGB", (800, 400)), "JPEG", exif=exif)
    assert opened(thumbnail(path, 256, 40_000)).size == (128, 256)


def test_of_what_moves_the_first_picture_is_enough(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
    path = saved(tmp_path, frames[0], "WEBP", save_all=True, append_images=frames[1:])
    red, _, blue = opened(thumbnail(path, 256, 40_000)).getpixel((25, 25))  # type: ignore[misc]  # three, in RGB
    assert (red > 200, blue < 50) == (True, True)


@pytest.mark.parametrize("data", [b"", files.MP4, files.picture("PNG", (300, 300))[:60], files.bomb(13_000, 13_000)])
def test_what_has_no_thumbnail(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert thumbnail(path, 256, 40_000) is None


def test_no_thumbnail_under_a_limit_below_any_picture(tmp_path: Path) -> None:
    assert thumbnail(saved(tmp_path, files.noise((50, 50))), 256, 100) is None
