"""The curated gallery (MeiGen API, Get Image, and its undocumented search)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError

from bot.domain.gallery import PromptSegment
from bot.errors import LookupFailed, Unavailable
from bot.net import Answer
from bot.ports import GalleryItem
from bot.providers.meigen.answers import read_lookup
from bot.providers.shapes import Link, Links, Maybe, Text, Whole


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


class _SearchAnswer(BaseModel):
    success: Maybe[bool] = None
    data: list[Any]


def read_gallery_item(answer: Answer, now: float) -> GalleryItem:
    """The answer of Get Image. Raises LookupFailed."""
    return _item(read_lookup(_ImageAnswer, answer, now).data)


def read_search(answer: Answer, now: float) -> Sequence[GalleryItem]:
    """The answer of the search, without the entries that cannot be read. Raises Unavailable, and nothing else."""
    try:
        told = read_lookup(_SearchAnswer, answer, now)
    except Unavailable:
        raise
    except LookupFailed as error:
        # The search itself is not there.
        raise Unavailable(str(error)) from error
    if told.success is False:
        raise Unavailable("success is false")
    return tuple(_item(image) for entry in told.data if (image := _image(entry)) is not None)


def _image(entry: Any) -> _Image | None:
    try:
        return _Image.model_validate(entry)
    except ValidationError:
        return None


def _item(image: _Image) -> GalleryItem:
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
