"""The checker of the bot's requests: it must let through what discord.py sends and catch what Discord refuses."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from sandbox.discord import RecordedRequest
from tests.support.discord_rules import broken_rules
from tests.support.discord_spec import check_requests, needs_spec

V2 = 1 << 15
CREATE = "/channels/11/messages"
EDIT = "/channels/11/messages/12"
ORIGINAL = "/webhooks/13/token/messages/@original"
CALLBACK = "/interactions/14/token/callback"
SYNC = "/applications/13/commands"


def request(method: str, path: str, body: Any = None, **more: Any) -> RecordedRequest:
    return RecordedRequest(method, path, more.get("query", {}), body, more.get("files", ()), received_at=0.0)


def button(**changes: Any) -> dict[str, Any]:
    return {"type": 2, "style": 2, "label": "Go", "custom_id": "go"} | changes


def row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(parts)}


def text(content: str = "words") -> dict[str, Any]:
    return {"type": 10, "content": content}


def layout(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"flags": V2, "components": [{"type": 17, "components": list(parts)}]}


def shown(url: str) -> dict[str, Any]:
    return {"type": 12, "items": [{"media": {"url": url}, "description": "alt"}]}


def option(**changes: Any) -> dict[str, Any]:
    return {"type": 3, "name": "prompt", "description": "What to draw", "required": True} | changes


def command(**changes: Any) -> dict[str, Any]:
    return {"name": "imagine", "description": "Draws", "type": 1, "options": [option()], "nsfw": False} | changes


def modal(rows: int) -> dict[str, Any]:
    fields = [
        {"type": 18, "label": "L", "component": {"type": 4, "style": 1, "custom_id": f"f{number}"}}
        for number in range(rows)
    ]
    return {"type": 9, "data": {"custom_id": "m", "title": "T", "components": fields}}


def select(kind: int, **changes: Any) -> dict[str, Any]:
    return row({"type": kind, "custom_id": "s", "placeholder": "Some", "min_values": 0, "max_values": 2} | changes)


def options(*values: str, chosen: str = "") -> list[dict[str, Any]]:
    return [{"label": value, "value": value, "default": value in chosen} for value in values]


def defaults(kind: str, *ids: int) -> list[dict[str, Any]]:
    return [{"type": kind, "id": identity} for identity in ids]


UPLOAD = (("files[0]", "a.png", 10),)
TOLD = {"attachments": [{"id": 0, "filename": "a.png", "description": "alt"}]}
KEPT = {"id": 1573344076852363264, "filename": "a.png", "url": "https://x.y/a.png", "size": 5, "spoiler": False}

GOOD = {
    "read the user": request("GET", "/users/@me"),
    "sync": request("PUT", SYNC, [command(), {"name": "Use it", "type": 3, "description": ""}]),
    "localised": request("PUT", SYNC, [command(name_localizations={"de": "vorstellen"})]),
    "subcommands": request(
        "PUT", SYNC, [command(options=[{"type": 1, "name": "model", "description": "x", "options": [option()]}])]
    ),
    "message": request("POST", CREATE, {"content": "x", "tts": False, "nonce": "1", "enforce_nonce": True}),
    "mentions as integers": request("POST", CREATE, {"content": "x", "allowed_mentions": {"users": [5]}}),
    "reply": request("POST", CREATE, {"content": "x", "message_reference": {"message_id": 5, "channel_id": 6}}),
    "card": request("POST", CREATE, layout(text(), shown("attachment://a.png"), row(button())) | TOLD, files=UPLOAD),
    "edit": request("PATCH", EDIT, layout(text()) | {"attachments": [KEPT], "tts": False}),
    "edit by token": request("PATCH", ORIGINAL, layout(text(), shown("http://127.0.0.1:1/a.png"))),
    "answer": request("POST", CALLBACK, {"type": 4, "data": layout(text())}, query={"with_response": "True"}),
    "deferral": request("POST", CALLBACK, {"type": 5, "data": {"flags": 64}}),
    "select": request("PATCH", EDIT, layout(select(3, options=options("a", "b", "c", chosen="ab")))),
    "select of roles": request("PATCH", EDIT, layout(select(6, default_values=defaults("role", 5, 6)))),
    "select of members": request("POST", CREATE, layout(select(5, default_values=defaults("user", 5)))),
    "select of channels": request("PATCH", ORIGINAL, layout(select(8, channel_types=[0, 5, 15], disabled=True))),
    "a file": request(
        "POST",
        CREATE,
        layout({"type": 13, "file": {"url": "attachment://a.csv"}}) | {"attachments": [{"id": 0, "filename": "a.csv"}]},
        files=(("files[0]", "a.csv", 10),),
    ),
    "update": request("POST", CALLBACK, {"type": 7, "data": layout(text()) | {"tts": False}}),
    "choices": request("POST", CALLBACK, {"type": 8, "data": {"choices": [{"name": "a", "value": "a"}]}}),
    "modal": request("POST", CALLBACK, modal(5)),
    "direct messages": request("POST", "/users/@me/channels", {"recipient_id": 5}),
    "deletion": request("DELETE", EDIT),
    "history": request("GET", CREATE, query={"limit": "5"}),
}

BAD = {
    "no such operation": request("GET", "/made/up"),
    "wrong method": request("DELETE", "/users/@me"),
    "unknown query": request("GET", CREATE, query={"count": "5"}),
    "body missing": request("POST", "/users/@me/channels"),
    "body where none is": request("GET", "/users/@me", {"a": 1}),
    "wrong type": request("POST", CREATE, {"content": 5}),
    "unknown key": request("POST", CREATE, {"content": "x", "contents": "y"}),
    "unknown key deep down": request("POST", CREATE, layout(row(button(color="red")))),
    "unknown key in an answer": request("POST", CALLBACK, {"type": 4, "data": {"content": "x", "ephemeral": True}}),
    "unknown key in a command": request("PUT", SYNC, [command(options=[option(minimum=1)])]),
    "label too long": request("POST", CREATE, layout(row(button(label="x" * 81)))),
    "alt text too long": request("POST", CREATE, layout({"type": 11, "media": {"url": "https://x"}, "description": 3})),
    "26 choices": request(
        "POST", CALLBACK, {"type": 8, "data": {"choices": [{"name": "a", "value": "a"}] * 26}}
    ),
    "26 options": request("PUT", SYNC, [command(options=[option(name=f"o{n}") for n in range(26)])]),
    "modal without title": request("POST", CALLBACK, {"type": 9, "data": {"custom_id": "m", "components": []}}),
    "26 roles chosen": request("PATCH", EDIT, layout(select(6, default_values=defaults("role", *range(1, 27))))),
    "a member chosen among roles": request("PATCH", EDIT, layout(select(6, default_values=defaults("user", 5)))),
    "channel types of roles": request("PATCH", EDIT, layout(select(6, channel_types=[0]))),
    "no such channel type": request("PATCH", EDIT, layout(select(8, channel_types=[77]))),
    "select without options": request("PATCH", EDIT, layout(select(3))),
    "11 attachments": request("POST", CREATE, {"content": "x", "attachments": [{"id": str(n)} for n in range(11)]}),
}  # fmt: skip

BROKEN = {
    "content of 2001": request("POST", CREATE, {"content": "x" * 2001}),
    "content of 2001 in an answer": request("POST", CALLBACK, {"type": 4, "data": {"content": "x" * 2001}}),
    "embeds over 6000": request("POST", CREATE, {"embeds": [{"description": "x" * 3500}, {"title": "y" * 2501}]}),
    "text displays over 4000": request("POST", CREATE, layout(text("x" * 3000), text("y" * 1001))),
    "empty": request("POST", CREATE, {}),
    "button without custom_id": request("PATCH", EDIT, layout(row({"type": 2, "style": 1, "label": "x"}))),
    "link without url": request("PATCH", EDIT, layout(row({"type": 2, "style": 5, "label": "x"}))),
    "button without label": request("PATCH", EDIT, layout(row(button(label=None)))),
    "custom_id twice": request("PATCH", EDIT, layout(row(button(), button()))),
    "six rows": request("POST", CREATE, {"components": [row(button(custom_id=str(n))) for n in range(6)]}),
    "41 components": request("PATCH", ORIGINAL, layout(*[text()] * 40)),
    "V2 beside content": request("PATCH", EDIT, layout(text()) | {"content": "x"}),
    "V2 beside embeds": request("PATCH", EDIT, layout(text()) | {"embeds": [{"title": "x"}]}),
    "V2 without flag": request("POST", CREATE, layout(text()) | {"flags": 0}),
    "plain http": request("PATCH", EDIT, layout(shown("http://example.org/a.png"))),
    "a file by link": request("PATCH", EDIT, layout({"type": 13, "file": {"url": "https://x.y/a.zip"}})),
    "upload not told of": request("POST", CREATE, {"content": "x"}, files=UPLOAD),
    "told of what is not there": request("POST", CREATE, {"content": "x"} | TOLD),
    "upload by another name": request("POST", CREATE, {"content": "x"}, files=(("file", "a.png", 1),)),
    "more choices than options": request("PATCH", EDIT, layout(select(3, options=options("a")))),
    "more options chosen than can be": request(
        "PATCH", EDIT, layout(select(3, options=options("a", "b", "c", chosen="abc")))
    ),
    "more roles chosen than can be": request(
        "PATCH", EDIT, layout(select(6, default_values=defaults("role", 1, 2, 3)))
    ),
    "fewer roles chosen than must be": request(
        "PATCH", EDIT, layout(select(6, min_values=2, default_values=defaults("role", 1)))
    ),
    "more choices than options in a form": request("POST", CALLBACK, {"type": 9, "data": {
        "custom_id": "m", "title": "T", "components": [
            {"type": 18, "label": "L", "component": select(3, options=options("a"))["components"][0]}]}}),
    "six labels": request("POST", CALLBACK, modal(6)),
    "upper case": request("PUT", SYNC, [command(name="Imagine")]),
    "no description": request("PUT", SYNC, [command(description="")]),
    "no description of an option": request("PUT", SYNC, [command(options=[option(description="")])]),
    "bad name of an option": request("PUT", SYNC, [command(options=[option(name="two words")])]),
    "required after optional": request(
        "PUT", SYNC, [command(options=[option(required=False), option(name="later")])]
    ),
    "101 commands": request("PUT", SYNC, [command(name=f"c{n}") for n in range(101)]),
}  # fmt: skip


@needs_spec
@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)
def test_what_fits_passes(good: RecordedRequest) -> None:
    before = deepcopy(good)
    assert check_requests([good]) == []
    assert good == before


@needs_spec
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_what_the_description_forbids_is_caught(bad: RecordedRequest) -> None:
    assert check_requests([bad]) != []


@needs_spec
def test_a_problem_names_the_request_and_the_place() -> None:
    [problem] = check_requests([*GOOD.values(), BAD["unknown key in a command"]])
    assert problem == f"PUT {SYNC}: key '[].options[].minimum' is not described"


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)
def test_what_fits_breaks_no_rule(good: RecordedRequest) -> None:
    assert list(broken_rules(good)) == []


@pytest.mark.parametrize("bad", BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_caught(bad: RecordedRequest) -> None:
    assert len(list(broken_rules(bad))) == 1
