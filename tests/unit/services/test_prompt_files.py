"""Prompts that come as a file: read in time, or refused by name."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import Reference
from bot.errors import MediaDown, MediaGone, MediaTooLarge, NotText
from bot.ports.media import TEXT_MAX_BYTES
from bot.services.prompt_files import READ_SECONDS, PromptFiles
from tests.support.fakes import virtually
from tests.unit.services.studio import refusal

FILE = Reference("https://cdn.test/attachments/1/words.txt?ex=1", is_attachment=True, filename="words.txt")


class Texts:
    """Files of one text, or of one trouble."""

    def __init__(self, found: str | Exception, seconds: float = 0.0) -> None:
        self._found, self._seconds = found, seconds
        self.read_urls: list[str] = []

    async def read(self, url: str) -> str:
        self.read_urls.append(url)
        await asyncio.sleep(self._seconds)
        if isinstance(self._found, Exception):
            raise self._found
        return self._found


async def test_a_file_is_read_as_it_is() -> None:
    texts = Texts(" a cat\n--ar 16:9\n")
    assert await PromptFiles(texts).read(FILE) == " a cat\n--ar 16:9\n"
    assert texts.read_urls == [FILE.url]


@pytest.mark.parametrize(
    ("trouble", "problem"),
    [
        (NotText("zeros"), Problem(ProblemCode.FILE_NOT_TEXT, "words.txt")),
        (MediaTooLarge("huge"), Problem(ProblemCode.FILE_TOO_LARGE, "words.txt", limit=TEXT_MAX_BYTES)),
        (MediaGone("404"), Problem(ProblemCode.FILE_UNREADABLE, "words.txt")),
        (MediaDown("down"), Problem(ProblemCode.FILE_UNREADABLE, "words.txt")),
    ],
)
async def test_what_cannot_be_read_is_named(trouble: Exception, problem: Problem) -> None:
    assert await refusal(PromptFiles(Texts(trouble)).read(FILE)) == problem


@virtually
async def test_the_form_is_answered_in_time() -> None:
    assert await PromptFiles(Texts("a cat", READ_SECONDS * 0.9)).read(FILE) == "a cat"
    slow = PromptFiles(Texts("a cat", 60.0))
    async with asyncio.timeout(READ_SECONDS * 1.1):
        assert (await refusal(slow.read(FILE))).code is ProblemCode.FILE_UNREADABLE
