"""The thin shell that sends: keys go into headers and nowhere else."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from bot.clock import Clock
from bot.domain.catalog import Model, Skill
from bot.domain.requests import GenerationRequest
from bot.errors import Unavailable
from bot.net import Answer, Net, NetError
from bot.ports import Accepted, GalleryItem, Generation, KeyCheck, KeyVerdict
from bot.providers.keys import bearer, blotted, is_sendable, without
from bot.providers.meigen.answers import lookup_failure, read_generation, read_key_check, read_submission
from bot.providers.meigen.build import generation_body
from bot.providers.meigen.catalogue import PROVIDER, read_models
from bot.providers.meigen.gallery import read_gallery_item, read_search
from bot.providers.sending import asked, submitted
from bot.providers.shapes import Unreadable

# MeiGen API, Introduction, Caching.
MODELS_CACHE_SECONDS = 300.0
IMAGES_CACHE_SECONDS = 3600.0
IMAGES_CACHED = 256
SEARCHES_CACHE_SECONDS = 300.0
SEARCHES_CACHED = 64

log = logging.getLogger(__name__)

T = TypeVar("T")


class Meigen:
    """Implements `bot.ports.Provider` and `bot.ports.Gallery`."""

    name = PROVIDER
    key_prefix = "meigen_sk_"
    skills = frozenset({Skill.VIDEOS, Skill.REFERENCES, Skill.MIDJOURNEY, Skill.GALLERY})

    def __init__(self, net: Net, clock: Clock, base_url: str) -> None:
        """`base_url` ends in `/api`; a slash behind it does not matter."""
        self._net = net
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._models: tuple[Sequence[Model], float] | None = None
        self._images: _Recent[GalleryItem] = _Recent(IMAGES_CACHED, IMAGES_CACHE_SECONDS)
        self._searches: _Recent[Sequence[GalleryItem]] = _Recent(SEARCHES_CACHED, SEARCHES_CACHE_SECONDS)

    async def submit(self, request: GenerationRequest, model: Model | None, key: str) -> Accepted:
        """`POST /generate/v2`, once. Raises SubmissionError, and nothing else."""
        url, body = f"{self._base_url}/generate/v2", generation_body(request, model)
        return read_submission(await submitted(self._net.submissions, url, body, key), self._clock.now())

    async def look(self, generation_id: str, key: str) -> Generation:
        """`GET /generate/v2/status/:id`. Raises LookupFailed."""
        answer = await self._get(f"/generate/v2/status/{quote(generation_id, safe='')}", key)
        return read_generation(answer, self._clock.now())

    async def check_key(self, key: str) -> KeyCheck:
        """`POST /generate/v2` without a prompt, which can start nothing. Raises nothing."""
        if not is_sendable(key):
            return KeyCheck(KeyVerdict.WRONG)
        headers = {**bearer(key), "content-type": "application/json"}
        try:
            answer = await self._net.polls.request("POST", f"{self._base_url}/generate/v2", headers, b"{}")
        except NetError as error:
            log.info("%s does not answer whether a key is good: %s", self.name, blotted(error.detail, key))
            return KeyCheck(KeyVerdict.UNTOLD)
        return read_key_check(without(key, answer), self._clock.now())

    async def models(self) -> Sequence[Model]:
        """`GET /models`, at most every 5 minutes. Raises LookupFailed."""
        now = self._clock.now()
        if self._models is not None and now - self._models[1] < MODELS_CACHE_SECONDS:
            return self._models[0]
        answer = await self._get("/models")
        if not answer.head.is_success:
            raise lookup_failure(answer, now)
        try:
            models, oddities = read_models(answer.body)
        except Unreadable as error:
            raise Unavailable(str(error)) from error
        for oddity in oddities:
            log.warning("The catalogue of %s has an entry that cannot be read: %s", self.name, oddity)
        self._models = (models, now)
        return models

    async def image(self, image_id: str) -> GalleryItem:
        """`GET /images/:id`, a picture of the curated gallery, at most once an hour. Raises LookupFailed."""
        now = self._clock.now()
        item = self._images.get(image_id, now)
        if item is None:
            item = read_gallery_item(await self._get(f"/images/{quote(image_id, safe='')}"), now)
            self._images.put(image_id, item, now)
        return item

    async def search(self, words: str, limit: int, offset: int) -> Sequence[GalleryItem]:
        """`GET /search` (undocumented), the same question at most every 5 minutes. Raises Unavailable."""
        now = self._clock.now()
        question = urlencode({"q": " ".join(words.split()), "type": "posts", "limit": limit, "offset": offset})
        items = self._searches.get(question, now)
        if items is None:
            items = read_search(await self._get(f"/search?{question}"), now)
            self._searches.put(question, items, now)
        return items

    async def _get(self, path: str, key: str | None = None) -> Answer:
        """A free question, with a key where the endpoint wants one. Raises Unavailable."""
        return await asked(self._net.polls, "GET", self._base_url + path, key)


class _Recent(Generic[T]):
    """Answers that are good for a while; the oldest go first."""

    def __init__(self, most: int, good_seconds: float) -> None:
        self._most = most
        self._good_seconds = good_seconds
        self._answers: OrderedDict[str, tuple[T, float]] = OrderedDict()

    def get(self, question: str, now: float) -> T | None:
        answer, at = self._answers.get(question, (None, now))
        return answer if now - at < self._good_seconds else None

    def put(self, question: str, answer: T, now: float) -> None:
        self._answers[question] = (answer, now)
        self._answers.move_to_end(question)
        if len(self._answers) > self._most:
            self._answers.popitem(last=False)
