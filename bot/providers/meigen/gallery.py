"""The curated gallery (MeiGen API, Get Image)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from bot.net import Answer
from bot.providers.meigen.answers import read_lookup
from bot.providers.meigen.shapes import Link, Links, Maybe, Text, Whole


@dataclass(frozen=True, slots=True)
class PromptSegment:
    """A labelled part of a gallery prompt; "" where it has no label."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class GalleryItem:
    """A curated picture (Get Image). None and "" where the gallery does not say; `model_family` is no model id."""

    id: str
    prompt: str = ""
    """Plain text, or JSON as text."""
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


def _segments(value: object) -> tuple[PromptSegment, ...]:
    return tuple(_segment(part) for part in value) if isinstance(value, list) else ()


def _segment(part: Any) -> PromptSegment:
    if isinstance(part, dict):
        return PromptSegment(str(part.get("label") or ""), str(part.get("text") or ""))
    return PromptSegment("", str(part))


class _Image(BaseModel):
    id: Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)]
    text: Maybe[str] = None
    prompt_ready: Maybe[bool] = None
    prompt_segments: Annotated[tuple[PromptSegment, ...], BeforeValidator(_segments)] = ()
    media_urls: Links = ()
    thumbnail_url: Maybe[Link] = None
    image_width: Maybe[Whole] = None
    image_height: Maybe[Whole] = None
    model: Maybe[Text] = None
    sref: Maybe[Text] = None
    created_at: Maybe[AwareDatetime] = None
    likes: Maybe[Whole] = None
    views: Maybe[Whole] = None
    retweets: Maybe[Whole] = None
    author_username: Maybe[Text] = None
    author_display_name: Maybe[Text] = None
    author_avatar_url: Maybe[Link] = None


class _ImageAnswer(BaseModel):
    data: _Image


def read_gallery_item(answer: Answer, now: float) -> GalleryItem:
    """The answer of Get Image. Raises LookupFailed."""
    image = read_lookup(_ImageAnswer, answer, now).data
    return GalleryItem(
        id=image.id,
        prompt=image.text or "",
        is_prompt_ready=image.prompt_ready,
        segments=image.prompt_segments,
        media_urls=image.media_urls,
        thumbnail_url=image.thumbnail_url,
        width=image.image_width,
        height=image.image_height,
        model_family=image.model,
        sref=image.sref,
        created_at=None if image.created_at is None else image.created_at.timestamp(),
        likes=image.likes,
        views=image.views,
        retweets=image.retweets,
        author_username=image.author_username,
        author_name=image.author_display_name,
        author_avatar_url=image.author_avatar_url,
    )
