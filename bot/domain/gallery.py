"""What the curated gallery tells of a picture, made readable; and what members type to name one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_ID = re.compile(r"(?:[a-z]+_)?(?:[0-9]{10,25}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)*meigen\.(?:ai|art)")
_FENCE = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL | re.IGNORECASE)
# Numbers stay as they were written.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)
_WORDS = {True: "yes", False: "no", None: ""}


@dataclass(frozen=True, slots=True)
class PromptSegment:
    """A labelled part of a gallery prompt; "" where it has no label."""

    label: str
    text: str

    def __str__(self) -> str:
        return f"{self.label}: {self.text}" if self.label else self.text


@dataclass(frozen=True, slots=True)
class GalleryItem:
    """A curated picture. None and "" where the gallery does not say; `model_family` is no model id."""

    id: str
    prompt: str = ""
    """Plain text, or JSON as text; `readable_prompt` makes it readable."""
    is_prompt_ready: bool | None = None
    segments: tuple[PromptSegment, ...] = ()
    media_urls: tuple[str, ...] = ()
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None
    model_family: str | None = None
    sref: str | None = None
    """A Midjourney style reference."""
    created_at: float | None = None
    likes: int | None = None
    views: int | None = None
    retweets: int | None = None
    author_username: str | None = None
    author_name: str | None = None
    author_avatar_url: str | None = None

    @property
    def has_usable_prompt(self) -> bool:
        """Whether something can be made with its prompt."""
        return self.is_prompt_ready is not False and bool(self.readable.sendable.strip())

    @property
    def readable(self) -> ReadablePrompt:
        return readable_prompt(self.prompt, self.segments)


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """Some of the pictures that a search found, each of them once."""

    words: str
    number: int
    """From 0."""
    items: tuple[GalleryItem, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class ReadablePrompt:
    """A prompt for reading, part by part, none of them empty; and as it is to be sent."""

    segments: tuple[PromptSegment, ...]
    sendable: str


def gallery_id(typed: str) -> str | None:
    """The id of a gallery picture in what a member typed: the id itself, or a link to MeiGen with one; else None.

    Pages are `www.meigen.ai/prompt/<id>`, pictures `images.meigen.ai/tweets/<id>/0.jpg`. The last id of the path
    counts, then one in the query.
    """
    text = typed.strip().removeprefix("<").removesuffix(">")
    if _ID.fullmatch(text):
        return text
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
        named = [value for _, value in parse_qsl(parts.query)]
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return None
    steps = [step.partition(".")[0] for step in reversed(parts.path.split("/"))]
    return next((step for step in (*steps, *named) if _ID.fullmatch(step)), None)


def readable_prompt(text: str, segments: Sequence[PromptSegment] = ()) -> ReadablePrompt:
    """`text` (plain, or JSON as text) for reading, by `segments` where there are any. What is sent is `text` itself."""
    parts = [PromptSegment(segment.label.strip(), segment.text.strip()) for segment in segments]
    parts = [part for part in parts if part.text] or list(_parts(text))
    return ReadablePrompt(tuple(parts), text if text.strip() else "\n".join(part.text for part in parts))


def _parts(text: str) -> Iterator[PromptSegment]:
    """JSON leaf by leaf; what is none, or stands behind it, line by line."""
    fenced = _FENCE.fullmatch(text)
    rest = (fenced[1] if fenced else text).strip()
    # Pages indent with spaces that do not break, which JSON does not know.
    spaced = rest.replace("\xa0", " ")
    try:
        value, end = _JSON.raw_decode(spaced)
    except (ValueError, RecursionError):
        value, end = None, 0
    # "[BRAND] on a shelf" and "4 cats" only begin like JSON.
    if _is_nested(value):
        yield from _leaves(value)
        rest = spaced[end:]
    yield from (PromptSegment("", line.strip()) for line in rest.splitlines() if line.strip())


def _is_nested(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(each, dict | list) for each in value))


def _leaves(value: object) -> Iterator[PromptSegment]:
    """Each leaf under the names of the two nearest steps to it, in the order in which they were written."""
    todo: list[tuple[tuple[str, ...], object]] = [((), value)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            inner = [((*path[-1:], _title(key)), each) for key, each in value.items()]
        elif isinstance(value, list) and _is_nested(value):
            inner = [(_numbered(path, number), each) for number, each in enumerate(value, 1)]
        else:
            text = ", ".join(filter(None, map(_words, value))) if isinstance(value, list) else _words(value)
            inner = []
            if text:
                yield PromptSegment(" / ".join(path), text)
        todo += reversed(inner)


def _numbered(path: tuple[str, ...], number: int) -> tuple[str, ...]:
    return (*path[:-1], f"{path[-1]} {number}") if path else (f"{number}",)


def _title(key: str) -> str:
    words = " ".join(key.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def _words(value: object) -> str:
    """A leaf in words. JSON's numbers have stayed texts."""
    if isinstance(value, str):
        return " ".join(value.split())
    return _WORDS[value] if value is None or isinstance(value, bool) else str(value)
