"""List Models read: tolerant of every single model, for only five keys of `extra_config` may be relied on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, ValidationError

from bot.domain.catalog import Medium, Model, Prices, Timing
from bot.domain.midjourney import option_set
from bot.providers.prompt_limits import MEIGEN, NO_LIMIT
from bot.providers.shapes import Flag, Maybe, Payload, T, Text, Texts, Unreadable, Whole, parse

PROVIDER = "meigen"

MOST_REFERENCES = 5
"""Of a model that does not tell (MeiGen API, Generate V2: most accept up to 5); the upstream has the last word."""

# Generate v2: requests for the old name are still accepted.
FORMER_IDS: Mapping[str, tuple[str, ...]] = MappingProxyType({"midjourney-v8.1": ("midjourney-v7",)})
# Generate v2, `tier`: "fast (default) or pro".
DOCUMENTED_DEFAULT_TIER = "fast"
# Before there was `resolutions`: 2K, and 4K where the model has it (Generate v2 of March).
RESOLUTIONS_WITH_4K = ("2K", "4K")

_SECONDS = re.compile(r"([0-9]{1,4})s?")


def _price(value: object) -> int | None:
    """Whole credits; None for anything else, as a price that is not understood is not known. 0 is what is unset."""
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 10**6 and value % 1 == 0
    return int(value) if is_whole and isinstance(value, int | float) else None


def _row(value: object) -> dict[str, int]:
    """name → credits."""
    cells = value.items() if isinstance(value, Mapping) else ()
    return {str(name): price for name, cell in cells if (price := _price(cell)) is not None}


def _rows(value: object) -> dict[str, dict[str, int]]:
    """name → name → credits; the cells of a table of one level stand under ""."""
    if not isinstance(value, Mapping):
        return {}
    rows = {str(name): _row(cell) for name, cell in value.items() if isinstance(cell, Mapping)}
    return {name: row for name, row in {**rows, "": _row(value)}.items() if row}


def _by_resolution(value: object) -> dict[str, dict[str, int]]:
    """resolution → quality → credits; a price for any quality stands under ""."""
    table = _rows(value)
    any_quality = table.pop("", {})
    return {**table, **{resolution: {"": price} for resolution, price in any_quality.items()}}


def _by_seconds(row: Mapping[str, int]) -> dict[int, int]:
    found = ((_SECONDS.fullmatch(name), price) for name, price in row.items())
    return {int(match[1]): price for match, price in found if match}


def _per_call(value: object) -> dict[str, dict[int, int]]:
    """tier → seconds → credits."""
    return {tier: seconds for tier, row in _rows(value).items() if (seconds := _by_seconds(row))}


def _floor(value: object) -> dict[int, int]:
    """seconds → least billable seconds; where tiers differ, the dearer one."""
    floor: dict[int, int] = {}
    for row in _rows(value).values():
        for seconds, least in _by_seconds(row).items():
            floor[seconds] = max(least, floor.get(seconds, 0))
    return floor


def _whole_seconds(value: object) -> tuple[int, ...]:
    given = value if isinstance(value, list | tuple) else ()
    matches = (_SECONDS.fullmatch(str(seconds)) for seconds in given)
    return tuple(sorted({int(match[1]) for match in matches if match} - {0}))


def _texts_by_name(value: object) -> dict[str, object]:
    return {str(name): texts for name, texts in value.items()} if isinstance(value, Mapping) else {}


class _Timing(BaseModel):
    p50: Annotated[float, Field(gt=0, le=3600)]
    p90: Annotated[float, Field(gt=0, le=3600)]


class _Extra(Payload):
    resolutions: Texts = ()
    default_resolution: Maybe[Text] = None
    qualities: Texts = ()
    default_quality: Maybe[Text] = None
    tiers: Texts = ()
    default_tier: Maybe[Text] = None
    tier_resolutions: Annotated[dict[str, Texts], BeforeValidator(_texts_by_name)] = Field(default_factory=dict)
    durations: Annotated[tuple[int, ...], BeforeValidator(_whole_seconds)] = ()
    default_duration: Maybe[Whole] = None
    pricing: Annotated[dict[str, dict[str, int]], BeforeValidator(_by_resolution)] = Field(default_factory=dict)
    pricing_per_call: Annotated[dict[str, dict[int, int]], BeforeValidator(_per_call)] = Field(default_factory=dict)
    pricing_per_sec: Annotated[dict[str, dict[str, int]], BeforeValidator(_rows)] = Field(default_factory=dict)
    pricing_per_sec_with_video: Annotated[dict[str, dict[str, int]], BeforeValidator(_rows)] = Field(
        default_factory=dict
    )
    min_billable_table: Annotated[dict[int, int], BeforeValidator(_floor)] = Field(default_factory=dict)
    supports_reference_video: Flag = False
    hidden: Flag = False
    is_default: Flag = Field(default=False, validation_alias=AliasChoices("is_default", "isDefault"))
    estimated_timing: Maybe[_Timing] = None


class _Entry(BaseModel):
    id: Text
    name: Maybe[Text] = None
    provider: Maybe[Text] = None
    credits_per_generation: Any = None
    supported_ratios: Texts = ()
    max_reference_images: Maybe[Whole] = None
    media_type: Maybe[Text] = None
    supports_4k: Flag = False
    is_default: Flag = False
    estimated_timing: Maybe[_Timing] = Field(default=None, alias="estimatedTiming")
    extra_config: Maybe[_Extra] = None


class _Listing(BaseModel):
    models: list[Any]


def read_models(body: bytes) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """The models of List Models, and what was wrong with those that are left out, for the log.

    Hidden models are left out silently. Raises Unreadable where not a single model is left.
    """
    models: dict[str, Model] = {}
    oddities: list[str] = []
    for place, raw in enumerate(parse(_Listing, body).models):
        try:
            entry = _Entry.model_validate(raw)
        except ValidationError as error:
            oddities.append(f"models.{place}: {_first_field(error)}")
            continue
        extra = entry.extra_config or _Extra()
        if not extra.hidden:
            models.setdefault(entry.id, _model(entry, extra))
    if not models:
        raise Unreadable("models: not one can be read")
    return tuple(models.values()), tuple(oddities)


def _first_field(error: ValidationError) -> str:
    return ".".join(str(step) for step in error.errors(include_url=False)[0]["loc"]) or "not an object"


def _model(entry: _Entry, extra: _Extra) -> Model:
    limit = MEIGEN.get(entry.id, NO_LIMIT)
    timing = entry.estimated_timing or extra.estimated_timing
    resolutions = extra.resolutions or (RESOLUTIONS_WITH_4K if entry.supports_4k else ())
    # The catalogue does not tell Midjourney's options; the quality is one of them.
    options = option_set(entry.id)
    qualities = extra.qualities or (options.qualities if options else ())
    usual_quality = options.default_quality if options and options.default_quality in qualities else None
    fallback_tier = DOCUMENTED_DEFAULT_TIER if DOCUMENTED_DEFAULT_TIER in extra.tiers else None
    return Model(
        provider=PROVIDER,
        id=entry.id,
        name=entry.name or entry.id,
        maker=entry.provider or "",
        medium=_medium(entry.media_type),
        ratios=entry.supported_ratios,
        resolutions=resolutions,
        default_resolution=_default(extra.default_resolution, resolutions),
        qualities=qualities,
        default_quality=_default(extra.default_quality, qualities) or usual_quality,
        tiers=extra.tiers,
        default_tier=_default(extra.default_tier, extra.tiers) or fallback_tier,
        tier_resolutions=extra.tier_resolutions,
        durations=extra.durations,
        default_duration=_default(extra.default_duration, extra.durations),
        max_references=MOST_REFERENCES if entry.max_reference_images is None else entry.max_reference_images,
        takes_reference_video=extra.supports_reference_video or bool(extra.pricing_per_sec_with_video),
        prompt_min_characters=limit.least,
        prompt_max_characters=limit.most,
        prices=_prices(entry, extra),
        timing=None if timing is None else Timing(timing.p50, timing.p90),
        is_default=entry.is_default or extra.is_default,
        is_midjourney=options is not None,
        former_ids=FORMER_IDS.get(entry.id, ()),
    )


def _medium(media_type: str | None) -> Medium | None:
    """Without a media type it is an image: the field is as young as the first video model."""
    known: Iterable[Medium] = Medium
    return Medium.IMAGE if media_type is None else next((m for m in known if m == media_type.lower()), None)


def _default(told: T | None, choices: tuple[T, ...]) -> T | None:
    if told in choices:
        return told
    return choices[0] if len(choices) == 1 else None


def _prices(entry: _Entry, extra: _Extra) -> Prices:
    """Of a model with a choice of durations the flat figure is for show and not what is charged (List Models)."""
    return Prices(
        per_generation=None if len(extra.durations) > 1 else _price(entry.credits_per_generation),
        by_resolution=extra.pricing,
        per_call=extra.pricing_per_call,
        per_second=extra.pricing_per_sec,
        per_second_with_video=extra.pricing_per_sec_with_video,
        minimum_seconds=extra.min_billable_table,
    )
