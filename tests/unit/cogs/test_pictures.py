"""What is read off a message that somebody points at, by Discord's own payloads."""

from __future__ import annotations

from typing import Any, cast

import discord
import pytest

from bot.domain.requests import Reference
from cogs.pictures import Seen, look_at

EASEL, MIA = 1, 7
URL = "https://cdn.test/attachments/1/"
LINK = "https://example.com/a/fox.png"


def file(filename: str, content_type: str | None = "image/png", number: int = 1) -> dict[str, Any]:
    told = {} if content_type is None else {"content_type": content_type}
    return {"id": str(number), "filename": filename, "size": 10, "url": URL + filename, "proxy_url": URL} | told


def picture(filename: str) -> Reference:
    return Reference(URL + filename, is_attachment=True, filename=filename, content_type="image/png", size_bytes=10)


def card(*custom_ids: str) -> list[dict[str, Any]]:
    buttons = [{"type": 2, "style": 1, "label": "x", "custom_id": each} for each in custom_ids]
    return [{"type": 17, "components": [{"type": 1, "components": buttons}]}]


def seen(author_id: int = MIA, **changes: Any) -> Seen:
    client = discord.Client(intents=discord.Intents.none())
    data = {
        "id": "1200000000000000000",
        "channel_id": "6",
        "author": {"id": str(author_id), "username": "mia", "discriminator": "0", "avatar": None},
        "content": "",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        "components": [],
    } | changes
    channel = cast("Any", discord.Object(6))
    return look_at(discord.Message(state=client._connection, channel=channel, data=cast("Any", data)), EASEL)


# ---- anybody's


async def test_files_go_before_links() -> None:
    found = seen(attachments=[file("a.png")], embeds=[{"type": "image", "image": {"url": LINK}}])
    assert found == Seen((picture("a.png"),), is_ours=False)


@pytest.mark.parametrize(
    ("filename", "content_type", "is_picture"),
    [
        ("a.png", None, True),
        ("a.JPEG", None, True),
        ("a.bin", None, False),
        ("a.heic", "image/heic", True),
        ("a.png", "text/plain; charset=utf-8", False),
        ("a.mp4", "video/mp4", False),
    ],
)
async def test_which_files_are_pictures(filename: str, content_type: str | None, is_picture: bool) -> None:  # noqa: FBT001  a parameter
    assert bool(seen(attachments=[file(filename, content_type)]).pictures) is is_picture


@pytest.mark.parametrize(
    "embed",
    [
        {"type": "image", "url": LINK, "thumbnail": {"url": LINK}},
        {"type": "rich", "image": {"url": LINK}, "thumbnail": {"url": "https://example.com/small.png"}},
    ],
)
async def test_links_show_pictures(embed: dict[str, Any]) -> None:
    assert seen(embeds=[embed]).pictures == (Reference(LINK),)


async def test_components_show_pictures() -> None:
    media = {"url": LINK, "content_type": "image/png"}
    thumbnail = {"type": 11, "media": {"url": LINK + "?2"}}
    section = {"type": 9, "components": [{"type": 10, "content": "x"}], "accessory": thumbnail}
    gallery = {"type": 12, "items": [{"media": media}, {"media": media}]}
    video = {"type": 12, "items": [{"media": {"url": LINK + "?3", "content_type": "video/mp4"}}]}
    found = seen(components=[{"type": 17, "components": [section, gallery, video]}])
    assert found.pictures == (Reference(LINK + "?2"), Reference(LINK, content_type="image/png"))


async def test_what_is_forwarded_shows_its_pictures() -> None:
    forwarded = {
        "type": 0,
        "content": "",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "embeds": [],
        "attachments": [file("a.png")],
    }
    assert seen(message_snapshots=[{"message": forwarded}]).pictures == (picture("a.png"),)


@pytest.mark.parametrize("url", ["http://example.com/a.png", "https://10.0.0.1/a.png", "https://localhost/a.png"])
async def test_links_that_are_not_public_are_passed_by(url: str) -> None:
    assert seen(embeds=[{"type": "image", "image": {"url": url}}]).pictures == ()


async def test_no_more_than_ten() -> None:
    assert len(seen(embeds=[{"type": "image", "image": {"url": f"{LINK}?{n}"}} for n in range(12)]).pictures) == 10


# ---- Easel's


async def test_a_result_names_its_job_and_references_beside_it_are_left_out() -> None:
    files = [file("easel-77-1.png"), file("easel-77-2.png", number=2), file("reference-1.png", number=3)]
    assert seen(EASEL, attachments=files) == Seen(
        (picture("easel-77-1.png"), picture("easel-77-2.png")), is_ours=True, job_id=77
    )


async def test_a_card_without_files_names_its_job_by_its_buttons() -> None:
    found = seen(EASEL, attachments=[file("reference-1.png")], components=card("easel:again:77", "easel:delete:77"))
    assert found == Seen((), is_ours=True, job_id=77)


async def test_a_video_is_no_picture() -> None:
    assert seen(EASEL, attachments=[file("easel-77-1.mp4", "video/mp4")]) == Seen((), is_ours=True, job_id=77)


@pytest.mark.parametrize(
    "custom_ids",
    [
        ("easel:cancel:77", "easel:cancel:78"),
        ("easel:start:77",),
        ("easel:use_prompt:0:1:3100000000000000001",),
        ("x",),
    ],
    ids=["a page of several", "a draft", "a gallery picture", "nothing of ours"],
)
async def test_what_is_no_card_names_no_job(custom_ids: tuple[str, ...]) -> None:
    assert seen(EASEL, components=card(*custom_ids)) == Seen((), is_ours=True)


async def test_nobody_else_is_believed() -> None:
    found = seen(attachments=[file("easel-77-1.png")], components=card("easel:again:77"))
    assert found == Seen((picture("easel-77-1.png"),), is_ours=False)
