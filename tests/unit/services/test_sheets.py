"""Tables packed for Discord: as they are, in an archive, or the newest rows of it."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from bot.services.sheets import ZIP_NAME, Sheet, packed
from bot.ui.messages import Generated

HEAD = b"head\r\n"
DICE = random.Random(1)


def sheet(name: str, pages: int, page_bytes: int = 1000, *, is_noise: bool = False) -> Sheet:
    """Pages of ten rows: of one letter each, or of noise that hardly gets smaller."""
    made = Sheet(name, HEAD)
    for number in range(pages):
        content = DICE.randbytes(page_bytes) if is_noise else bytes([65 + number % 26]) * page_bytes
        made.add(content, 10)
    return made


def unpacked(file: Generated) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_what_fits_is_not_packed() -> None:
    files = packed((sheet("a.csv", 2), sheet("b.csv", 0)), 2006)
    assert [(file.filename, len(file.content)) for file in files] == [("a.csv", 2006), ("b.csv", 6)]
    assert files[0].content == HEAD + b"A" * 1000 + b"B" * 1000


def test_one_byte_too_many_makes_an_archive_of_both() -> None:
    a, b = sheet("a.csv", 2), sheet("b.csv", 1)
    (file,) = packed((a, b), 2005)
    assert file.filename == ZIP_NAME
    assert len(file.content) <= 2005
    assert unpacked(file) == {"a.csv": a.content(), "b.csv": b.content()}
    assert not a.is_cut
    assert not b.is_cut


def test_files_that_fit_alone_and_not_together_are_packed() -> None:
    sheets = [sheet(name, 20, 1024**2) for name in ("a.csv", "b.csv")]
    (file,) = packed(sheets, 25 * 1024**2)
    assert {name: len(content) for name, content in unpacked(file).items()} == dict.fromkeys(
        ("a.csv", "b.csv"), 20 * 1024**2 + len(HEAD)
    )


@pytest.mark.parametrize("limit_bytes", [1500, 5000, 9_900, 19_000])
def test_what_is_still_too_large_keeps_its_newest_rows(limit_bytes: int) -> None:
    a, b = sheet("a.csv", 20, is_noise=True), sheet("b.csv", 2)
    newest = a.content()
    (file,) = packed((a, b), limit_bytes)
    assert len(file.content) <= limit_bytes
    found = unpacked(file)
    assert newest.startswith(found["a.csv"])
    assert found["b.csv"] == b.content(), "the small one loses nothing"
    assert a.is_cut
    assert not b.is_cut
    assert a.rows == 10 * ((len(found["a.csv"]) - len(HEAD)) // 1000)
    assert limit_bytes - len(file.content) < 2500, "as many as fit"


def test_both_are_cut_where_both_are_too_large() -> None:
    sheets = [sheet(name, 10, is_noise=True) for name in ("a.csv", "b.csv")]
    (file,) = packed(sheets, 4000)
    assert len(file.content) <= 4000
    assert all(each.is_cut for each in sheets)


def test_what_is_cut_to_nothing_at_last_fails_loudly() -> None:
    with pytest.raises(ValueError, match="nothing fits"):
        packed((sheet("a.csv", 3, is_noise=True), sheet("b.csv", 0)), 10)


def test_the_same_rows_make_the_same_archive() -> None:
    first, second = (packed((sheet("a.csv", 3), sheet("b.csv", 1)), 100 + 3000)[0].content for _ in range(2))
    assert first == second
