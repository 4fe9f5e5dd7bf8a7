"""A request that is still being prepared: what a member may choose of it before it starts, and what it would cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.catalog import ADAPTIVE_RATIO, AUTO_RATIO, Catalog, Model
from bot.domain.flags import Typed, parse_flags, typed_request, with_flags, without_flags
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import FLAG_NAMES, GenerationRequest


@dataclass(frozen=True, slots=True)
class Draft:
    """What was begun by a button, a menu or a form, or asks for a confirmation. Kept for a day."""

    id: int
    user_id: int
    request: GenerationRequest
    options: str
    """The options as its form shows them: flags, or what was typed in their place and is still wrong."""
    parent_id: int | None
    """The job that it goes on from."""
    is_private: bool
    created_at: float
    words: str | None = None
    """The prompt as it was typed, while something in it or in `options` is wrong; "": as `request` has it."""

    @property
    def prompt(self) -> str:
        """As its form shows it."""
        return self.words or self.request.prompt


@dataclass(frozen=True, slots=True)
class DraftView:
    """All that the panel of a draft shows."""

    draft: Draft
    model: Model | None
    models: tuple[Model, ...]
    """Models that could make it."""
    problems: tuple[Problem, ...]
    price_credits: int | None
    """None: not known."""
    balance_credits: int | None = None
    """As last told; None: not known, or without limit."""


def typed(draft: Draft) -> Typed:
    """What its words and options ask for, and what is wrong with the typing."""
    if draft.words is None:
        return Typed(draft.request)
    base = without_flags(draft.request)
    of_words = typed_request(draft.words, base) if draft.words else Typed(base)
    beside = parse_flags(draft.options)
    request, twice = with_flags(of_words.request, beside.flags)
    stray = (Problem(ProblemCode.FLAG_UNKNOWN, beside.words, FLAG_NAMES),) if beside.words.strip() else ()
    return Typed(request, (*of_words.problems, *beside.problems, *stray, *twice))


def candidates(catalog: Catalog, request: GenerationRequest) -> tuple[Model, ...]:
    """The models of its medium that can use what the request goes by."""
    return tuple(
        model
        for model in catalog.of(request.medium)
        if model.max_references >= len(request.references)
        and (request.reference_video is None or model.takes_reference_video)
    )


def fitted(request: GenerationRequest, model: Model) -> GenerationRequest:
    """The request for another model: choices that it does not have are left to it."""
    tier = request.tier if request.tier in model.tiers else None
    return replace(
        request,
        model_id=model.id,
        aspect_ratio=_ratio(request, model),
        tier=tier,
        resolution=request.resolution if request.resolution in model.resolutions_in(tier) else None,
        quality=request.quality if request.quality in model.qualities else None,
        duration_seconds=request.duration_seconds if request.duration_seconds in model.durations else None,
        pose_mode=request.pose_mode if request.pose_mode in model.poses else None,
        multi_view=request.multi_view if model.has_multi_view else None,
        midjourney=request.midjourney if model.is_midjourney else None,
        reference_type=request.reference_type if model.is_midjourney else None,
    )


def _ratio(request: GenerationRequest, model: Model) -> str | None:
    ratio = request.aspect_ratio
    if ratio == ADAPTIVE_RATIO and not (request.references or request.reference_video):
        return None
    return ratio if ratio == AUTO_RATIO or ratio in model.ratios else None


def is_dear(price_credits: int | None, above_credits: int) -> bool:
    """Whether a price asks for a confirmation. `above_credits` 0: always, also where the price is not known."""
    return above_credits == 0 or (price_credits is not None and price_credits > above_credits)


def price_seen(price_credits: int | None) -> str:
    """A price as the button says it that confirms it; never empty."""
    return "unknown" if price_credits is None else str(price_credits)


def first_choice(catalog: Catalog, request: GenerationRequest) -> Model | None:
    """The model to begin with: the one asked for where it can, else the upstream's default, else the first that can."""
    able = candidates(catalog, request)
    asked = catalog.find(request.model_id)
    for model in (asked, catalog.default(request.medium)):
        if model is not None and model in able:
            return model
    return next(iter(able), None)
