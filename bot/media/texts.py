"""Prompts that members upload as text files."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.errors import NotText
from bot.media.fetch import read
from bot.net import Pool
from bot.ports.media import TEXT_MAX_BYTES


class UploadedTexts:
    """Implements `bot.ports.TextFiles`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self, url: str) -> str:
        """The text behind the link of an uploaded .txt file, without a byte order mark. Raises MediaError."""
        if not _is_txt(url):
            raise NotText("not a .txt file")
        return decoded(await read(self._pool, url, TEXT_MAX_BYTES))


def decoded(data: bytes) -> str:
    """UTF-8 as text. Raises NotText."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotText(f"not UTF-8: {error.reason}") from error
    # Valid UTF-8, but nobody types it: UTF-16 without its mark, or no text at all.
    if "\x00" in text:
        raise NotText("has zeros in it")
    return text


def _is_txt(url: str) -> bool:
    """Discord ends an attachment's path in its file name."""
    try:
        return urlsplit(url).path.lower().endswith(".txt")
    except ValueError:
        return False
