"""Rules of Discord that its API description does not hold; each is in its documents or in what it answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sandbox.discord import RecordedRequest

COMPONENTS_V2 = 1 << 15
CREATE_MESSAGE, UPDATE_MESSAGE, MODAL = 4, 7, 9
ACTION_ROW, BUTTON, STRING_SELECT, FILE = 1, 2, 3, 13
SELECTS = {STRING_SELECT, 5, 6, 7, 8}
V2_KINDS = {9, 10, 11, 12, 13, 14, 17}
SUBCOMMANDS = {1, 2}
LINK, PREMIUM = 5, 6

_CALLBACK = re.compile(r"/interactions/\d+/[^/]+/callback")
_CREATE = re.compile(r"/channels/\d+/messages|/webhooks/\d+/[^/]+")
_EDIT = re.compile(r"/(?:channels/\d+|webhooks/\d+/[^/]+)/messages/[^/]+")
_COMMANDS = re.compile(r"/applications/\d+/(?:guilds/\d+/)?commands")
_COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")
_INDEXED = re.compile(r"files\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The message in a request, wherever it stands."""

    data: Mapping[str, Any]
    is_new: bool
    files: Sequence[tuple[str, str, int]]

    @property
    def parts(self) -> list[Mapping[str, Any]]:
        return list(_walk(self.data.get("components") or []))

    @property
    def v2(self) -> bool:
        return bool((self.data.get("flags") or 0) & COMPONENTS_V2)


def broken_rules(request: RecordedRequest) -> Iterator[str]:
    """What is wrong with a request, a line each."""
    message = _message(request)
    if message is not None:
        for rule in (_texts, _layout, _controls, _selects, _media, _files):
            yield from rule(message)
    body = request.body
    if _CALLBACK.fullmatch(request.path) and body.get("type") == MODAL:
        yield from _modal(body["data"])
    if _COMMANDS.fullmatch(request.path) and request.method == "PUT":
        yield from _commands(body)


def _message(request: RecordedRequest) -> SentMessage | None:
    body = request.body or {}
    if _CALLBACK.fullmatch(request.path) and body.get("type") in (CREATE_MESSAGE, UPDATE_MESSAGE):
        return SentMessage(body.get("data") or {}, body["type"] == CREATE_MESSAGE, request.files)
    if request.method == "POST" and _CREATE.fullmatch(request.path):
        return SentMessage(body, is_new=True, files=request.files)
    if request.method == "PATCH" and _EDIT.fullmatch(request.path):
        return SentMessage(body, is_new=False, files=request.files)
    return None


def _texts(message: SentMessage) -> Iterator[str]:
    data = message.data
    if len(data.get("content") or "") > 2000:
        yield "content over 2000 characters"
    if sum(map(_embed_length, data.get("embeds") or [])) > 6000:
        yield "embeds over 6000 characters together"
    if sum(len(part["content"]) for part in message.parts if part["type"] == 10) > 4000:
        yield "text displays over 4000 characters together"
    something = ("content", "embeds", "components", "sticker_ids", "poll", "message_reference")
    if message.is_new and not message.files and not any(data.get(key) for key in something):
        yield "an empty message"


def _layout(message: SentMessage) -> Iterator[str]:
    kinds = [part["type"] for part in message.parts]
    if len(kinds) > 40:
        yield f"{len(kinds)} components, more than 40"
    if message.v2:
        if any(message.data.get(key) for key in ("content", "embeds", "poll", "sticker_ids")):
            yield "components V2 beside content, embeds, a poll or stickers"
    elif message.is_new and V2_KINDS.intersection(kinds):
        yield "V2 components without their flag"
    elif not V2_KINDS.intersection(kinds) and len(message.data.get("components") or []) > 5:
        yield "more than 5 rows"


def _controls(message: SentMessage) -> Iterator[str]:
    ids = Counter(part["custom_id"] for part in message.parts if part.get("custom_id"))
    yield from (f"custom_id {name!r} is there {count} times" for name, count in ids.items() if count > 1)
    for part in message.parts:
        if part["type"] != BUTTON:
            continue
        if part["style"] == LINK and not part.get("url"):
            yield "a link button without url"
        if part["style"] not in (LINK, PREMIUM) and not part.get("custom_id"):
            yield "a button without custom_id"
        if part["style"] != PREMIUM and not (part.get("label") or part.get("emoji")):
            yield "a button with neither label nor emoji"


def _selects(message: SentMessage) -> Iterator[str]:
    for part in message.parts:
        if part["type"] in SELECTS:
            yield from _select(part)


def _modal(data: Mapping[str, Any]) -> Iterator[str]:
    if len(data["components"]) > 5:
        yield "more than 5 rows in a modal"
    for part in _walk(data["components"]):
        if part["type"] in SELECTS:
            yield from _select(part)


def _select(part: Mapping[str, Any]) -> Iterator[str]:
    options = part.get("options") or []
    chosen = sum(bool(option.get("default")) for option in options) or len(part.get("default_values") or [])
    if part["type"] == STRING_SELECT and part.get("max_values", 1) > len(options):
        yield f"{part['custom_id']}: more can be chosen than there are options"
    if chosen and not part.get("min_values", 1) <= chosen <= part.get("max_values", 1):
        yield f"{part['custom_id']}: {chosen} are chosen by default, too many or too few"


def _media(message: SentMessage) -> Iterator[str]:
    for part in message.parts:
        for holder in (part, *part.get("items", [])):
            media = holder.get("media") or holder.get("file")
            if media is not None and not _may_show(media["url"], uploads_only=part["type"] == FILE):
                yield f"media from {media['url'][:100]!r}"


def _files(message: SentMessage) -> Iterator[str]:
    uploaded = {found[1] for name, _, _ in message.files if (found := _INDEXED.fullmatch(name))}
    if len(uploaded) != len(message.files):
        yield "an upload that is not named files[n]"
    told = {str(item.get("id")) for item in message.data.get("attachments") or []}
    if message.files and not uploaded <= told:
        yield "an upload that attachments do not tell of"
    if any(len(name) < 3 and name not in uploaded for name in told):
        yield "attachments tell of a file that is not there"


def _commands(commands: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    slash = [command for command in commands if command.get("type", 1) == 1]
    if len(slash) > 100:
        yield "more than 100 slash commands"
    for command in slash:
        yield from _command(command, str(command.get("name")))


def _command(node: Mapping[str, Any], path: str) -> Iterator[str]:
    name = node.get("name", "")
    if not _COMMAND_NAME.fullmatch(name) or name != name.lower():
        yield f"{path}: not a name of a command or option"
    if not node.get("description"):
        yield f"{path}: no description"
    options = node.get("options") or []
    required = [bool(option.get("required")) for option in options if option.get("type") not in SUBCOMMANDS]
    if required != sorted(required, reverse=True):
        yield f"{path}: a required option after an optional one"
    for option in options:
        yield from _command(option, f"{path} {option.get('name')}")


def _walk(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for part in components:
        yield part
        nested = [*part.get("components", []), *(part[key] for key in ("accessory", "component") if part.get(key))]
        yield from _walk(nested)


def _embed_length(embed: Mapping[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    texts += [field.get(key) for field in embed.get("fields") or [] for key in ("name", "value")]
    return sum(len(text) for text in texts if text)


def _may_show(url: str, *, uploads_only: bool) -> bool:
    """https and uploads; plain http from this machine alone, where the stand-ins serve."""
    parts = urlsplit(url)
    if parts.scheme == "attachment":
        return True
    if uploads_only:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
