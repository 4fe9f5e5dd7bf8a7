from __future__ import annotations

from pathlib import Path
from typing import Any

import discord
import pytest
from discord.http import handle_message_parameters

from bot.chat.render import attachments, close, files, layout, mentions
from bot.errors import MediaDown
from bot.ui.messages import (
    Accent,
    Action,
    Button,
    ButtonStyle,
    EntityKind,
    EntityMenu,
    Entry,
    Generated,
    Kept,
    Menu,
    Message,
    Option,
    Picture,
    Row,
    Upload,
)

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


def test_what_was_made_in_memory_goes_with_a_message_as_a_file_does() -> None:
    message = Message(
        Accent.DONE, ("a",), attachments=(Generated("a.csv", b"1,2", "numbers"), Kept(5, "b", "https://x"))
    )
    (made,) = files(message)
    assert (made.filename, made.description, made.spoiler, made.fp.read()) == ("a.csv", "numbers", False, b"1,2")


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


async def test_files_stand_below_pictures_and_above_buttons() -> None:
    again = Button(Action.AGAIN, 77, "Again")
    message = Message(Accent.DONE, ("a",), (Picture("attachment://a.png"),), files=("a.csv", "b.csv"), rows=((again,),))
    components = container_of(message)["components"]
    assert [part["type"] for part in components] == [10, 12, 13, 13, 1]
    assert [part["file"]["url"] for part in components[2:4]] == ["attachment://a.csv", "attachment://b.csv"]


# ---- menus, entries


async def test_a_menu_is_a_select_that_tells_what_is_chosen() -> None:
    options = (Option("4 seconds", "4"), Option("5 seconds", "5", is_chosen=True, description="the usual"))
    menu = Menu(Action.DURATION, 77, "Seconds", options)
    _, row = container_of(Message(Accent.WAITING, ("which?",), rows=((menu,),)))["components"]
    (select,) = row["components"]
    assert (select["type"], select["custom_id"], select["placeholder"]) == (3, "easel:duration:77", "Seconds")
    assert (select["min_values"], select["max_values"], select["disabled"]) == (1, 1, False)
    assert select["options"] == [
        {"label": "4 seconds", "value": "4", "default": False},
        {"label": "5 seconds", "value": "5", "default": True, "description": "the usual"},
    ]


async def test_a_menu_of_several_or_of_none() -> None:
    options = tuple(Option(each, each) for each in "abc")
    menu = Menu(Action.TIER, 77, "Some", options, index=3, note="n", least=0, most=2, is_disabled=True)
    select = select_of((menu,))
    assert select["custom_id"] == "easel:tier:77:3:n"
    assert (select["min_values"], select["max_values"], select["disabled"]) == (0, 2, True)


def select_of(row: Row) -> dict[str, Any]:
    _, sent = container_of(Message(Accent.WAITING, ("?",), rows=(row,)))["components"]
    (select,) = sent["components"]
    return dict(select)


async def test_a_menu_allows_no_more_than_it_offers() -> None:
    assert select_of((Menu(Action.TIER, 77, "Some", (Option("a", "a"), Option("b", "b")), most=25),))["max_values"] == 2


@pytest.mark.parametrize(
    ("kind", "type_", "default_type"),
    [(EntityKind.ROLE, 6, "role"), (EntityKind.CHANNEL, 8, "channel"), (EntityKind.MEMBER, 5, "user")],
)
async def test_a_native_select_shows_what_is_chosen(kind: EntityKind, type_: int, default_type: str) -> None:
    select = select_of((EntityMenu(Action.TIER, 77, "Whom", kind, (5, 6), most=25, index=1, note="n"),))
    assert (select["type"], select["custom_id"], select["placeholder"]) == (type_, "easel:tier:77:1:n", "Whom")
    assert [(each["type"], int(each["id"])) for each in select["default_values"]] == [
        (default_type, 5),
        (default_type, 6),
    ]
    assert (select["min_values"], select["max_values"], select["disabled"]) == (0, 25, False)


async def test_a_native_select_may_show_nothing_and_be_disabled() -> None:
    select = select_of((EntityMenu(Action.TIER, 77, "Whom", EntityKind.ROLE, least=1, is_disabled=True),))
    assert "default_values" not in select
    assert (select["custom_id"], select["min_values"], select["max_values"]) == ("easel:tier:77", 1, 1)
    assert select["disabled"]


async def test_channels_are_those_that_can_be_asked_in_and_categories() -> None:
    select = select_of((EntityMenu(Action.TIER, 77, "Where", EntityKind.CHANNEL),))
    assert set(select["channel_types"]) == {0, 2, 4, 5, 10, 11, 12, 13, 15}
    assert "channel_types" not in select_of((EntityMenu(Action.TIER, 77, "Whom", EntityKind.ROLE),))


async def test_entries_stand_between_texts_and_gallery_each_with_its_buttons() -> None:
    show = Button(Action.SHOW, 77, "Show")
    message = Message(
        Accent.WAITING,
        ("page",),
        gallery=(Picture("https://x.y/b.png"),),
        entries=(
            Entry("with a picture", Picture("https://x.y/a.png", "a cat"), (show,)),
            Entry("without", row=(show,)),
            Entry("bare"),
        ),
    )
    components = container_of(message)["components"]
    assert [part["type"] for part in components] == [10, 9, 1, 10, 1, 10, 12]
    section = components[1]
    assert section["components"] == [{"type": 10, "content": "with a picture"}]
    assert section["accessory"]["media"] == {"url": "https://x.y/a.png"}
    assert components[2]["components"][0]["custom_id"] == "easel:show:77"
    assert [part["content"] for part in (components[3], components[5])] == ["without", "bare"]


async def test_a_note_is_part_of_the_custom_id() -> None:
    button = Button(Action.START, 77, "Confirm", index=0, note="65")
    _, row = container_of(Message(Accent.WAITING, ("?",), rows=((button,),)))["components"]
    assert row["components"][0]["custom_id"] == "easel:start:77:0:65"
