"""A gallery of other people's pictures and their prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.gallery import GalleryItem


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
