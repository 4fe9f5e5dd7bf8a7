from __future__ import annotations

from pathlib import Path
from typing import Any

import discord
import pytest
from discord.http import handle_message_parameters

from bot.chat.render import attachments, close, layout, mentions
from bot.errors import MediaDown
from bot.ui.messages import Accent, Action, Button, ButtonStyle, Kept, Message, Picture, Upload

FULL = Message(
    Accent.DONE,
    ("a cat", "**done**"),
    gallery=(Picture("attachment://easel-1-1.png", "a cat", is_spoiler=True), Picture("https://x.y/b.png")),
    references=(Picture("attachment://reference-1.png", "Reference"),),
    rows=(
        (
            Button(Action.AGAIN, 77, "Again", ButtonStyle.PRIMARY),
            Button(Action.CANCEL, 77, "Cancel", ButtonStyle.DANGER, index=2, is_disabled=True),
        ),
    ),
)


def strip(component: Any) -> Any:
    """Without what discord.py adds by itself (nothing, or None)."""
    if isinstance(component, dict):
        return {key: strip(value) for key, value in component.items() if value is not None}
    return [strip(item) for item in component] if isinstance(component, list) else component


def container_of(message: Message) -> dict[str, Any]:
    (container,) = strip(layout(message).to_components())  # type: ignore[no-untyped-call]  # discord.py leaves it open
    assert container["type"] == 17
    return dict(container)


async def test_one_container_from_top_to_bottom() -> None:
    container = container_of(FULL)
    assert container["accent_color"] == Accent.DONE
    text, more, gallery, section, row = container["components"]
    assert [text, more] == [{"type": 10, "content": "a cat"}, {"type": 10, "content": "**done**"}]
    assert gallery["type"] == 12
    assert [(i["media"]["url"], i.get("description"), i["spoiler"]) for i in gallery["items"]] == [
        ("attachment://easel-1-1.png", "a cat", True),
        ("https://x.y/b.png", None, False),
    ]
    assert section["type"] == 9
    assert section["accessory"]["media"] == {"url": "attachment://reference-1.png"}
    assert section["accessory"]["description"] == "Reference"
    assert section["components"] == [{"type": 10, "content": "-# Reference"}]
    again, cancel = row["components"]
    assert (again["custom_id"], again["label"], again["style"], again["disabled"]) == (
        "easel:again:77",
        "Again",
        1,
        False,
    )
    assert (cancel["custom_id"], cancel["style"], cancel["disabled"]) == ("easel:cancel:77:2", 4, True)


async def test_a_text_alone_is_enough() -> None:
    container = container_of(Message(Accent.FAILED, ("no",)))
    assert container["components"] == [{"type": 10, "content": "no"}]


async def test_discord_py_keeps_no_view() -> None:
    view = layout(FULL)
    assert view.is_finished()
    assert view.timeout is None
    assert view.has_components_v2()


@pytest.mark.parametrize(("user_id", "pinged"), [(None, []), (7, [7])])
def test_nobody_is_pinged_but_who_is_meant(user_id: int | None, pinged: list[int]) -> None:
    allowed = mentions(Message(Accent.DONE, ("@everyone",), mention_user_id=user_id)).to_dict()
    assert allowed["parse"] == []
    assert list(allowed.get("users", [])) == pinged
    assert "roles" not in allowed


def test_uploads_and_kept_ones_in_order(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"bytes")
    kept = Kept(5, "reference-1.png", "https://x.y")
    message = Message(Accent.DONE, ("a",), attachments=(kept, Upload(file, "easel-1-1.png", "a cat", is_spoiler=True)))
    with handle_message_parameters(attachments=attachments(message)) as parameters:
        assert parameters.files is not None
        assert [made.fp.read() for made in parameters.files] == [b"bytes"]
        assert parameters.multipart is not None
        assert '"attachments":[{"id":"5"},{"id":0,"filename":"SPOILER_easel-1-1.png","description":"a cat"}]' in (
            parameters.multipart[0]["value"].replace(": ", ":").replace(", ", ",")
        )


def test_a_missing_file_closes_the_others_and_can_be_brought_again(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"bytes")
    message = Message(Accent.DONE, ("a",), attachments=(Upload(file, "a.png"), Upload(tmp_path / "none", "b.png")))
    with pytest.raises(MediaDown):
        attachments(message)  # a file left open would be a ResourceWarning, which is an error here


def test_closing_leaves_nothing_open(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"bytes")
    opened = attachments(Message(Accent.DONE, ("a",), attachments=(Upload(file, "a.png"), Kept(5, "b", "https://x"))))
    close(opened)
    (upload,) = (item for item in opened if isinstance(item, discord.File))
    assert upload.fp.closed
