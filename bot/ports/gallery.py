"""A gallery of other people's pictures and their prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.gallery import PromptSegment


@dataclass(frozen=True, slots=True)
class GalleryItem:
    """A curated picture. None and "" where the gallery does not say; `model_family` is no model id."""

    id: str
    prompt: str = ""
    """Plain text, or JSON as text; `bot.domain.gallery.readable_prompt` makes it readable."""
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


class Gallery(Protocol):
    """Looks pictures up; nothing of it costs credits."""

    async def image(self, image_id: str) -> GalleryItem:
        """Raises LookupFailed: NotFound where no picture has that id."""
        ...

    async def search(self, words: str, limit: int, offset: int) -> Sequence[GalleryItem]:
        """At most `limit` pictures from the `offset`th on, best first; an item tells less here than `image` does.

        Raises Unavailable where the search does not answer.
        """
        ...
