"""Pictures of the gallery as a beginning: looked up, searched for, and made anew from their prompts."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.domain.catalog import Catalog, Medium, Model
from bot.domain.drafts import DraftView
from bot.domain.flags import parse_flags, with_flags
from bot.domain.gallery import GalleryItem, GalleryPage, gallery_id
from bot.domain.preferences import Usual, applied
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, MidjourneyOptions
from bot.errors import LookupFailed, NotFound, Refused, Unavailable
from bot.ports import Gallery, Press
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.intake import Intake, Offer
from bot.services.origin import Origin
from bot.services.preferences import Preferences
from bot.ui.markdown import plain

PAGE_ITEMS = 5
WORDS_LIMIT = 60
"""What the buttons of a page can carry, so that they outlive a restart; no search gains by more."""
MIDJOURNEY_FAMILY = "midjourney"
"""The gallery's label for all of Midjourney's models (MeiGen API, Get Image, `model`)."""

log = logging.getLogger(__name__)


class Inspiration:
    """What `/inspire` and its buttons ask for."""

    def __init__(
        self, gallery: Gallery, catalogue: Catalogue, preferences: Preferences, drafting: Drafting, intake: Intake
    ) -> None:
        self._gallery = gallery
        self._catalogue = catalogue
        self._preferences = preferences
        self._drafting = drafting
        self._intake = intake

    async def ask(self, what: str) -> GalleryItem | GalleryPage:
        """The picture whose id or link a member typed, else the first page of what the words find. Raises Refused."""
        text = " ".join(plain(what).split())
        image_id = gallery_id(text)
        if image_id is not None:
            return await self.picture(image_id)
        if "://" in text:
            raise Refused((Problem(ProblemCode.GALLERY_LINK_STRANGE, text),))
        if not text:
            raise Refused((Problem(ProblemCode.GALLERY_WORDS_MISSING),))
        return await self.page(within(text, WORDS_LIMIT), 0)

    async def picture(self, image_id: str) -> GalleryItem:
        """Raises Refused."""
        try:
            return await self._gallery.image(image_id)
        except NotFound as error:
            raise Refused((Problem(ProblemCode.GALLERY_UNKNOWN, image_id),)) from error
        except LookupFailed as error:
            log.info("the gallery does not answer: %s", error)
            raise Refused((Problem(ProblemCode.GALLERY_DOWN),)) from error

    async def page(self, words: str, number: int) -> GalleryPage:
        """What the words find, `number` counts from 0. Raises Refused."""
        try:
            # One more than is shown tells whether there is another page.
            found = await self._gallery.search(words, PAGE_ITEMS + 1, number * PAGE_ITEMS)
        except Unavailable as error:
            log.info("the gallery's search does not answer: %s", error)
            raise Refused((Problem(ProblemCode.SEARCH_DOWN),)) from error
        items = tuple({item.id: item for item in found[:PAGE_ITEMS]}.values())
        return GalleryPage(words, number, items, len(found) > PAGE_ITEMS)

    async def begin(self, item: GalleryItem, origin: Origin) -> DraftView:
        """A draft with the whole prompt, to be changed before it starts. Raises Refused."""
        return await self._drafting.begin(await self._request(item, origin.user_id), origin)

    async def start(self, item: GalleryItem, origin: Origin) -> Offer | DraftView:
        """Make something of the prompt as it is; a panel comes first where it is dear. Raises Refused."""
        press = Press(f"prompt:{item.id}:{origin.user_id}", Problem(ProblemCode.ALREADY_PRESSED))
        return await self._intake.ask(await self._request(item, origin.user_id), origin, press=press)

    async def _request(self, item: GalleryItem, user_id: int) -> GenerationRequest:
        if not item.has_usable_prompt:
            # It could be used when its card was drawn.
            raise Refused((Problem(ProblemCode.GALLERY_PROMPT_MISSING),))
        return request_of(item, await self._preferences.of(user_id), self._catalogue.current)


def request_of(item: GalleryItem, usual: Usual, catalog: Catalog) -> GenerationRequest:
    """What a gallery prompt asks for, with a member's usual choices.

    One of Midjourney's keeps its style, and its flags become choices where all of them are known; with no such model
    at hand, and of any other family, the words alone are taken.
    """
    request = GenerationRequest(item.readable.sendable)
    model = _midjourney(usual, catalog) if item.model_family == MIDJOURNEY_FAMILY else None
    if model is not None:
        request = _styled(replace(request, model_id=model.id), item.sref)
    return applied(usual, request, catalog)


def _midjourney(usual: Usual, catalog: Catalog) -> Model | None:
    models = [model for model in catalog.of(Medium.IMAGE) if model.is_midjourney]
    chosen = catalog.find(usual.image_model)
    return chosen if chosen in models else next(iter(models), None)


def _styled(request: GenerationRequest, sref: str | None) -> GenerationRequest:
    parsed = parse_flags(request.prompt)
    if not parsed.problems and parsed.words.strip():
        request, _ = with_flags(replace(request, prompt=parsed.words), parsed.flags)
    options = request.midjourney or MidjourneyOptions()
    if sref is None or options.sref is not None:
        return request
    return replace(request, midjourney=replace(options, sref=sref))


def within(words: str, limit: int) -> str:
    """As many whole words as fit `limit` characters; of one that is too long its beginning."""
    if len(words) <= limit:
        return words
    return (words[: limit + 1].rpartition(" ")[0] or words[:limit]).strip()
