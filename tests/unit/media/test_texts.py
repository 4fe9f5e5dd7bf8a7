"""Prompts out of uploaded text files: UTF-8 and nothing else, small, and from the public internet."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import MediaDown, MediaError, MediaGone, MediaTooLarge, MediaUnsafe, NotText
from bot.media.texts import UploadedTexts, decoded
from bot.ports import TextFiles
from bot.ports.media import TEXT_MAX_BYTES
from tests.unit.media import files
from tests.unit.media.files import Host, Reply, redirect, status

URL = "https://images.test/attachments/1/2/prompt.txt?ex=1&hm=2"
PATH = "/attachments/1/2/prompt.txt"


async def read(reply: bytes | Reply, url: str = URL, path: str = PATH) -> str:
    texts: TextFiles = UploadedTexts(Host({path: reply}).net.media)
    return await texts.read(url)


@pytest.mark.parametrize("text", ["a fox", "", "月夜の竹林\r\nščeň 🦊\n", '{"scene": "x"}'])
async def test_the_text_comes_as_it_is(text: str) -> None:
    assert await read(text.encode()) == text


async def test_a_byte_order_mark_is_no_part_of_it() -> None:
    assert await read(codecs.BOM_UTF8 + b"a fox") == "a fox"


async def test_exactly_the_limit_passes_and_one_byte_more_does_not() -> None:
    assert len(await read(b"x" * TEXT_MAX_BYTES)) == TEXT_MAX_BYTES
    with pytest.raises(MediaTooLarge):
        await read(b"x" * (TEXT_MAX_BYTES + 1))


@pytest.mark.parametrize(
    "data",
    [
        "ein Füchslein".encode("latin-1"),
        "a fox".encode("utf-16"),
        "a fox".encode("utf-16-le"),
        "a fox".encode("utf-32"),
        "月夜".encode("shift-jis"),
        files.picture("PNG"),
        files.MP4,
    ],
    ids=["latin-1", "utf-16", "utf-16 without its mark", "utf-32", "shift-jis", "picture", "video"],
)
async def test_other_encodings_and_other_files_are_no_text(data: bytes) -> None:
    with pytest.raises(NotText):
        await read(data)


@pytest.mark.parametrize("name", ["prompt.md", "prompt.txt.png", "txt", "prompt", "a.pdf?x=.txt"])
async def test_other_types_are_not_even_fetched(name: str) -> None:
    host = Host()
    with pytest.raises(NotText):
        await UploadedTexts(host.net.media).read(f"https://images.test/1/{name}")
    assert host.requests == []


async def test_the_ending_may_be_in_capitals() -> None:
    assert await read(b"a fox", "https://images.test/PROMPT.TXT", "/PROMPT.TXT") == "a fox"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (status(404), MediaGone),
        (status(403), MediaGone),
        (status(500), MediaDown),
        (status(200, {"content-encoding": "gzip"}, [b"x"]), MediaUnsafe),
        (redirect("https://127.0.0.1/a.txt"), MediaUnsafe),
        (redirect(URL), MediaUnsafe),
    ],
)
async def test_hosts_that_fail(reply: Reply, kind: type[MediaError]) -> None:
    with pytest.raises(MediaError) as caught:
        await read(reply)
    assert type(caught.value) is kind


@pytest.mark.parametrize("url", ["http://images.test/a.txt", "https://127.0.0.1/a.txt", "file:///etc/motd.txt"])
async def test_only_public_links_are_followed(url: str) -> None:
    with pytest.raises(MediaUnsafe):
        await read(b"a fox", url, "/a.txt")


async def test_a_link_that_is_none_is_no_text() -> None:
    with pytest.raises(NotText):
        await read(b"a fox", "https://[images.test/a.txt")


async def test_a_trusted_host_may_be_plain() -> None:
    assert await read(b"a fox", "http://trusted.lan:8000/a.txt", "/a.txt") == "a fox"


@given(st.binary())
def test_any_bytes_are_text_or_none(data: bytes) -> None:
    try:
        text = decoded(data)
    except NotText:
        return
    assert text.encode() == data.removeprefix(codecs.BOM_UTF8)
