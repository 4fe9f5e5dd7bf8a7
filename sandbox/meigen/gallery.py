"""The stand-in's curated gallery (`GET /api/images/:id`, `GET /api/search`): a few made-up items of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One picture of the gallery."""

    id: str
    text: str
    model: str | None
    size_pixels: tuple[int, int] | None
    author: str
    segments: tuple[tuple[str, str], ...] = ()
    """Labelled parts of the prompt; empty: it has just one."""
    is_ready: bool = True
    sref: str | None = None
    pictures: int = 1

    @property
    def painted(self) -> str:
        """What the pictures show: of a very long prompt the beginning."""
        return self.text[:400]


LONG_CHARACTERS = 16_000


def _storyboard() -> str:
    """A prompt as JSON, nested and of LONG_CHARACTERS characters: the longest that occur are about so long."""
    board: dict[str, object] = {
        "title": "The lighthouse keeper's year",
        "format": {"kind": "storyboard", "panels": 60, "colour": True, "grain": 0.35},
        "style": {"medium": "ink and watercolour", "palette": ["indigo", "amber", "foam white"], "avoid": ["text"]},
        "panels": [_panel(number) for number in range(1, 61)],
        "closing": "",
    }
    missing = LONG_CHARACTERS - len(json.dumps(board))
    board["closing"] = ("The lamp is lit again. " * LONG_CHARACTERS)[: max(0, missing)]
    return json.dumps(board)


def _panel(number: int) -> dict[str, object]:
    place = ("the lamp room", "the spiral stairs", "the rocks below", "the small kitchen")[number % 4]
    weather = ("first snow", "a clear morning", "heavy rain")[number % 3]
    return {
        "number": number,
        "place": place,
        "camera": {"shot": "wide" if number % 2 else "close", "lens_mm": 24 + number},
        "action": f"The keeper walks through {place}, {weather} behind the glass, a lantern in one hand.",
        "mood": ["quiet", weather],
    }


_LANTERNS = {
    "scene": {"place": "a harbour at dusk", "subject": "paper lanterns drifting over the water"},
    "style": {"medium": "gouache", "palette": ["indigo", "amber"]},
}

ITEMS = (
    Item("3100000000000000001", "Layered blue hills at sunrise, risograph print", "nanobanana", (1650, 2048), "mira"),
    Item("3100000000000000002", json.dumps(_LANTERNS), "gptimage", (2048, 1152), "tomasz"),
    Item(
        "3100000000000000003",
        "A lighthouse on a cliff. Wide shot. Soft evening light, film grain.",
        "midjourney",
        (1456, 816),
        "ines",
        (("subject", "A lighthouse on a cliff"), ("camera", "Wide shot"), ("light", "Soft evening light, film grain")),
        sref="2304871",
        pictures=4,
    ),
    Item("3100000000000000004", "", None, None, "kofi", is_ready=False),
    Item("3100000000000000005", "月夜の竹林、静かな雪", "midjourney", (1024, 1024), "haru", sref="88120"),
    Item("3100000000000000006", "A city of glass towers in the rain, neon, night", "gptimage", (1152, 2048), "dana"),
    Item("3100000000000000007", "Poster of a garden fair, bold geometric shapes", "nanobanana", (1536, 2048), "luis"),
    Item(
        "3100000000000000008", "A small red boat on a calm sea, seen from far above", "nanobanana", (2048, 2048), "ada"
    ),
    Item("3100000000000000009", _storyboard(), "gptimage", (1536, 1024), "petra", pictures=2),
    Item("3100000000000000010", "A stone gate at night", "midjourney", (1024, 1536), "yuki", is_ready=False),
)
BY_ID = {item.id: item for item in ITEMS}


def image(item: Item, media_url: str) -> dict[str, object]:
    """The `data` of Get Image, with all fields of its table; `media_url` as in MeigenEngine."""
    width, height = item.size_pixels or (None, None)
    rank = ITEMS.index(item) + 1
    return {
        "id": item.id,
        "text": item.text,
        "prompt_ready": item.is_ready,
        "prompt_segments": [{"label": label, "text": text} for label, text in item.segments] or None,
        "media_urls": [_media_url(item, media_url, number) for number in range(item.pictures)],
        "thumbnail_url": _media_url(item, media_url),
        "image_width": width,
        "image_height": height,
        "model": item.model,
        "sref": item.sref,
        "created_at": f"2026-01-{rank:02d}T14:13:00+00:00",
        "likes": 900 // rank,
        "views": 70_000 // rank,
        "retweets": 40 // rank,
        "author_username": item.author,
        "author_display_name": item.author.title(),
        "author_avatar_url": _media_url(item, media_url),
    }


def search(query: str, limit: int, offset: int, media_url: str) -> list[dict[str, object]]:
    """The `data` of the (undocumented) search: items that hold every word of `query`, best known first."""
    words = query.casefold().split()
    found = [item for item in ITEMS if all(word in item.text.casefold() for word in words)]
    return [_result(item, media_url) for item in found[offset : offset + limit]]


def _result(item: Item, media_url: str) -> dict[str, object]:
    names = (
        *("id", "text", "thumbnail_url", "media_urls", "author_username", "author_display_name"),
        *("likes", "views", "model", "prompt_ready", "image_width", "image_height"),
    )
    whole = image(item, media_url)
    return {**{name: whole[name] for name in names}, "rank": ITEMS.index(item) + 1}


def _media_url(item: Item, media_url: str, number: int = 0) -> str:
    return f"{media_url}/gallery/{item.id}/{number}.jpg"
