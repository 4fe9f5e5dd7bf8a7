"""MeiGen as a state machine: no sockets, no clock, plain data; `copy.deepcopy` of it is a whole second world.

`now` is epoch seconds and never goes back. Sources: MeiGen API, Introduction, Generate V2, List Models, Get Image.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar
from urllib.parse import urlsplit

from sandbox.meigen import catalogue, gallery
from sandbox.meigen.orders import Order, Refusal, credits_of, read_order
from sandbox.upstream.engine import POLICY_ERROR, Account, Answer, UpstreamEngine, UpstreamOptions

FREE_RATIOS = ("auto", "adaptive")
AUTO_RATIOS = ("16:9", "1:1", "3:4", "3:2", "2:3")


class Counted(StrEnum):
    """Which requests count towards the rate limit; the documents leave it open."""

    ACCEPTED = "accepted"
    """Only those that were charged."""
    ADMITTED = "admitted"
    """All that the limiter let through, so 400 and 402 too."""
    ALL = "all"
    """429 too."""


class Dialect(StrEnum):
    """Whose answers to give."""

    SUMMER = "summer"
    MARCH = "march"
    """Status without imageUrls and aspectRatio and with r2Key; models without is_default and estimatedTiming."""


class State(StrEnum):
    """Of a generation."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeigenOptions(UpstreamOptions):
    """How this MeiGen behaves."""

    rate_limit: int = 12
    rate_window_seconds: float = 60.0
    counted: Counted | str = Counted.ACCEPTED
    rate_headers: bool = True
    """Send X-RateLimit-* on accepted requests as well."""
    dialect: Dialect | str = Dialect.SUMMER
    has_search: bool = True
    trusted_hosts: Collection[str] = ()
    """`host[:port]` whose references may be plain http and private."""
    sees_references: bool = False
    """Over HTTP: fetch references from trusted hosts, to take their ratio and to know its own pictures again."""


@dataclass(slots=True)
class Generation:
    """One generation: the truth about it, whatever the client got to see."""

    id: str
    key: str
    order: Order
    payload: dict[str, object]
    """The body as it came."""
    credits: int
    """Charged at creation; given back when `refunded`."""
    created_at: float
    ready_at: float
    """`math.inf`: never finishes."""
    failure: str | None
    """The error it will end with; None: it will be completed."""
    ratio: str
    """The ratio that is used, never "auto" or "adaptive"."""
    state: State = State.PROCESSING
    refunded: bool = False
    source: Generation | None = None
    """Of a video: the generation whose result it goes on from; None: it goes on from none of this service."""
    source_number: int = 0
    """Which of its files, counted from 0."""
    expired: set[str] = field(default_factory=set)
    """Names of its files that are served no more."""

    @property
    def prompt(self) -> str:
        return self.order.prompt

    @property
    def model_id(self) -> str:
        return self.order.model_id


class MeigenEngine(UpstreamEngine[MeigenOptions]):
    """The service behind the socket. Each call first lets happen what is due at `now`."""

    KEY_PREFIX: ClassVar = "meigen_sk_"
    KEY_LETTERS: ClassVar = 32

    def __init__(self, options: MeigenOptions | None = None, *, media_url: str = "http://127.0.0.1/media") -> None:
        """Results are said to be at `<media_url>/<generation id>/<n>.<ext>`."""
        super().__init__(options or MeigenOptions(), media_url)
        self.generations: dict[str, Generation] = {}
        """By id, oldest first."""
        self.catalogue: dict[str, catalogue.Model] = dict(catalogue.BY_ID)
        """By id; a test may put in others, and other prices."""
        is_march = Dialect(self.options.dialect) is Dialect.MARCH
        self.retired: set[str] = set() if is_march else set(catalogue.RETIRED_BY_SUMMER)
        """Ids of models that are sold no more."""
        self._open: set[str] = set()

    def create(self, now: float, key: str | None, payload: object) -> Answer:
        """POST /api/generate/v2: key, rate limit, validation, credits, charge, in this order."""
        self.advance(now)
        account = self._account(key)
        if account is None:
            return Answer(401, {"error": "Invalid or missing API token"})
        if not account.counter.room(now):
            return self._rate_limited(now, account)
        try:
            order = read_order(payload, self.retired, self._trusted_hosts(), self.catalogue)
            price = self._affordable(account, order)
        except Refusal as refusal:
            self._count(now, account, Counted.ADMITTED, Counted.ALL)
            return Answer(refusal.status, refusal.body)
        self._count(now, account, *Counted)
        account.purchased -= price
        generation = self._begin(now, account, order, price, payload if isinstance(payload, dict) else {})
        return self._accepted(now, account, generation)

    def status(self, now: float, generation_id: str, key: str | None = None) -> Answer:
        """GET /api/generate/v2/status/:id, without a key or with its owner's."""
        self.advance(now)
        if key is not None and self._account(key) is None:
            return Answer(401, {"error": "Invalid or missing API token"})
        generation = self.generations.get(generation_id)
        if generation is None or key not in (None, generation.key):
            return Answer(404, {"success": False, "error": "Generation not found"})
        return Answer(200, self._status_body(generation))

    def models(self, media_type: str | None = None, *, active_only: bool = True) -> Answer:
        """GET /api/models?media_type=&active=."""
        chosen = [
            model
            for model in self.catalogue.values()
            if media_type in (None, model.media_type) and not (active_only and self._is_retired(model))
        ]
        if Dialect(self.options.dialect) is Dialect.MARCH:
            listed = [catalogue.march_listing(model) for model in chosen]
        else:
            listed = [catalogue.listing(model, self.options.time_scale) for model in chosen]
        return Answer(200, {"success": True, "models": listed}, {"Cache-Control": "public, max-age=300"})

    def image(self, image_id: str) -> Answer:
        """GET /api/images/:id: curated gallery items only."""
        item = gallery.BY_ID.get(image_id)
        if item is None:
            return Answer(404, {"success": False, "error": "Image not found"})
        body: dict[str, object] = {"success": True, "data": gallery.image(item, self.media_url)}
        return Answer(200, body, {"Cache-Control": "public, max-age=3600"})

    def search(self, query: str, limit: int = 20, offset: int = 0) -> Answer:
        """GET /api/search?q=&limit=&offset= (undocumented)."""
        if not self.options.has_search:
            return Answer(404, {"error": "Not found"})
        return Answer(200, {"success": True, "data": gallery.search(query, limit, offset, self.media_url)})

    def advance(self, now: float) -> None:
        """Finish what is due; a failure gives its credits back."""
        for generation_id in [id_ for id_ in self._open if self.generations[id_].ready_at <= now]:
            generation = self.generations[generation_id]
            self._open.discard(generation_id)
            generation.state = State.FAILED if generation.failure else State.COMPLETED
            if generation.failure:
                generation.refunded = True
                self.accounts[generation.key].purchased += generation.credits

    def prompt_of(self, generation_id: str) -> str | None:
        generation = self.generations.get(generation_id)
        return None if generation is None else generation.prompt

    def postpone(self, generation_id: str, seconds: float) -> None:
        """Let a generation take `seconds` longer; `math.inf`: it never ends."""
        self.generations[generation_id].ready_at += seconds

    def condemn(self, generation_id: str, error: str = POLICY_ERROR) -> None:
        """Let a generation that is still processing end with `error`."""
        self.generations[generation_id].failure = error

    def expire(self, generation_id: str, *numbers: int) -> None:
        """Serve the files of a generation no more (404); with numbers, counted from 0, only those."""
        generation = self.generations[generation_id]
        names = [path.rpartition("/")[2] for path in result_names(generation)]
        generation.expired |= {names[number] for number in numbers or range(len(names))}

    def net_credits(self, key: str) -> int:
        """What `key` has paid in all, refunds taken off."""
        return sum(g.credits for g in self.generations.values() if g.key == key and not g.refunded)

    def _trusted_hosts(self) -> set[str]:
        """Those of the options, and its own: results may be references."""
        return {*self.options.trusted_hosts, urlsplit(self.media_url).netloc}

    def _is_retired(self, model: catalogue.Model) -> bool:
        return model.is_retired or model.id in self.retired

    def _count(self, now: float, account: Account, *when: Counted) -> None:
        if Counted(self.options.counted) in when:
            account.counter.count(now)

    def _rate_limited(self, now: float, account: Account) -> Answer:
        self.rate_limited += 1
        wait_seconds = account.counter.wait_seconds(now)
        self._count(now, account, Counted.ALL)
        headers = self._rate_headers(0) | {"Retry-After": str(max(1, math.ceil(wait_seconds)))}
        return Answer(429, {"error": "Too many requests. Please wait and try again."}, headers)

    def _rate_headers(self, remaining: int) -> dict[str, str]:
        return {"X-RateLimit-Limit": str(self.options.rate_limit), "X-RateLimit-Remaining": str(remaining)}

    def _affordable(self, account: Account, order: Order) -> int:
        price = credits_of(order)
        if price > account.purchased:
            raise Refusal("Insufficient credits", 402, required=price, available=account.purchased)
        return price

    def _begin(self, now: float, account: Account, order: Order, price: int, payload: dict[str, object]) -> Generation:
        typical_seconds, _ = order.model.typical_seconds
        takes_seconds = self._typical(typical_seconds)
        generation = Generation(
            id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            key=account.key,
            order=order,
            payload=payload,
            credits=price,
            created_at=now,
            ready_at=now + takes_seconds,
            failure=self._coming_failure(order.prompt),
            ratio=final_ratio(order),
        )
        self.generations[generation.id] = generation
        source_id, number = self._result_at(reference_of(payload))
        if source_id:
            self.go_on(generation.id, source_id, number)
        self._open.add(generation.id)
        return generation

    def go_on(self, generation_id: str, source_id: str, number: int = 0) -> None:
        """Let a video take up the scene, and where it is free in that the ratio, of another generation's file."""
        generation, source = self.generations[generation_id], self.generations[source_id]
        if generation.order.model.media_type != "video":
            return
        if generation.order.ratio in FREE_RATIOS and source.ratio in generation.order.model.ratios:
            generation.ratio = source.ratio
        generation.source, generation.source_number = source, number

    def fit(self, generation_id: str, width: int, height: int) -> None:
        """Let a generation that is free in its ratio take the one nearest to a reference of this size."""
        generation = self.generations[generation_id]
        ratios = [ratio for ratio in generation.order.model.ratios if ratio not in FREE_RATIOS]
        if generation.order.ratio in FREE_RATIOS and ratios:
            generation.ratio = min(ratios, key=lambda ratio: abs(math.log(_quotient(ratio) * height / width)))

    def _result_at(self, url: str) -> tuple[str, int]:
        """The generation whose file lies at `url`, and the file's number; "" where it is none of ours."""
        generation_id, _, name = url.removeprefix(f"{self.media_url}/").partition("/")
        number = name.partition(".")[0]
        return (generation_id if generation_id in self.generations else ""), int(number) if number.isdecimal() else 0

    def _accepted(self, now: float, account: Account, generation: Generation) -> Answer:
        body: dict[str, object] = {
            "success": True,
            "generationId": generation.id,
            "status": "processing",
            "creditsUsed": generation.credits,
            "modelId": generation.model_id,
            # Daily credits are shown and never touched: keys spend purchased ones only.
            "credits": {"daily": 10, "purchased": account.purchased, "unlimited": False},
        }
        headers = self._rate_headers(account.counter.room(now)) if self.options.rate_headers else {}
        return Answer(200, body, headers)

    def _status_body(self, generation: Generation) -> dict[str, object]:
        is_done = generation.state is State.COMPLETED
        names = result_names(generation) if is_done else []
        urls = [f"{self.media_url}/{name}" for name in names]
        is_image = generation.order.model.media_type == "image"
        body: dict[str, object] = {
            "jobId": generation.id,
            "status": generation.state.value,
            "imageUrl": urls[0] if urls and is_image else None,
            "imageUrls": urls if urls and is_image else None,
            "videoUrl": urls[0] if urls and not is_image else None,
            "mediaType": generation.order.model.media_type,
            "error": generation.failure if generation.state is State.FAILED else None,
            "aspectRatio": generation.ratio if is_done else generation.order.ratio,
        }
        if Dialect(self.options.dialect) is Dialect.MARCH:
            del body["imageUrls"], body["aspectRatio"]
            body["r2Key"] = f"generations/{names[0]}" if names else None
        return body


def reference_of(payload: Mapping[str, object]) -> str:
    """The reference that a body is most about: the video, or the first picture; "" where it has none."""
    pictures = payload.get("referenceImages")
    first = pictures[0] if isinstance(pictures, list) and pictures else ""
    return str(payload.get("referenceVideo") or first)


def _quotient(ratio: str) -> float:
    across, down = map(int, ratio.split(":"))
    return across / down


def final_ratio(order: Order) -> str:
    """The ratio that "auto" and "adaptive" become: the same for the same prompt; others stay as they are."""
    if order.ratio not in FREE_RATIOS:
        return order.ratio
    fitting = [ratio for ratio in AUTO_RATIOS if ratio in order.model.ratios]
    return fitting[hashlib.sha256(order.prompt.encode("utf-8", "replace")).digest()[0] % len(fitting)]


def result_names(generation: Generation) -> list[str]:
    """Where its files are, beneath the media address; large pictures are JPEG."""
    order = generation.order
    picture = "png" if order.resolution in (None, "1K") else "jpg"
    suffix = "mp4" if order.model.media_type == "video" else picture
    return [f"{generation.id}/{n}.{suffix}" for n in range(order.model.outputs)]
