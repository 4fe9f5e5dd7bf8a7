"""Tables that are written page by page, squeezed at once, and packed into files that Discord takes."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.ports.cards import REQUEST_LIMIT_BYTES
from bot.ui.messages import Generated

ZIP_NAME = "easel-export.zip"


@dataclass(frozen=True, slots=True)
class _Page:
    squeezed: bytes
    size_bytes: int
    rows: int


@dataclass(slots=True)
class Sheet:
    """A file of rows, newest first, held in memory at a fraction of its size."""

    name: str
    head: bytes
    pages: list[_Page] = field(default_factory=list)
    is_cut: bool = False
    """Older rows are missing."""

    @property
    def rows(self) -> int:
        return sum(page.rows for page in self.pages)

    @property
    def size_bytes(self) -> int:
        return len(self.head) + sum(page.size_bytes for page in self.pages)

    @property
    def squeezed_bytes(self) -> int:
        return sum(len(page.squeezed) for page in self.pages)

    def add(self, content: bytes, rows: int) -> None:
        self.pages.append(_Page(zlib.compress(content), len(content), rows))

    def content(self) -> bytes:
        return self.head + b"".join(zlib.decompress(page.squeezed) for page in self.pages)

    def write(self, archive: zipfile.ZipFile) -> None:
        """One page at a time."""
        # Without a time of its own the same rows make the same file.
        member = zipfile.ZipInfo(self.name)
        member.compress_type = archive.compression
        with archive.open(member, "w") as file:
            file.write(self.head)
            for page in self.pages:
                file.write(zlib.decompress(page.squeezed))


def packed(sheets: Sequence[Sheet], limit_bytes: int) -> tuple[Generated, ...]:
    """The sheets as files of at most `limit_bytes` each: as they are, else in an archive.

    Where that is too large, too, the oldest rows of the largest sheet go.
    """
    sizes = [sheet.size_bytes for sheet in sheets]
    if max(sizes) <= limit_bytes and sum(sizes) <= REQUEST_LIMIT_BYTES:
        return tuple(Generated(sheet.name, sheet.content()) for sheet in sheets)
    archive = _archive(sheets)
    while len(archive) > limit_bytes:
        largest = max(sheets, key=lambda sheet: sheet.squeezed_bytes)
        if not largest.pages:
            raise ValueError(f"nothing fits {limit_bytes} bytes")
        _cut(largest, len(archive) - limit_bytes)
        archive = _archive(sheets)
    return (Generated(ZIP_NAME, archive),)


def _cut(sheet: Sheet, excess_bytes: int) -> None:
    """Pages that held so much of an archive, at least one."""
    while sheet.pages:
        excess_bytes -= len(sheet.pages.pop().squeezed)
        if excess_bytes <= 0:
            break
    sheet.is_cut = True


def _archive(sheets: Sequence[Sheet]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for sheet in sheets:
            sheet.write(archive)
    return file.getvalue()
