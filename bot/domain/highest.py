"""What a guild can allow up to a certain one: resolutions, qualities and tiers, as the catalogue offers them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from bot.domain.catalog import Medium, Model
from bot.domain.ranks import ascending


def _resolutions(model: Model) -> tuple[str, ...]:
    return (*model.resolutions, *(each for some in model.tier_resolutions.values() for each in some))


_CHOICES: Mapping[str, Callable[[Model], tuple[str, ...]]] = MappingProxyType(
    {
        "picture_resolution": lambda model: _resolutions(model) if model.medium is Medium.IMAGE else (),
        "video_resolution": lambda model: _resolutions(model) if model.medium is Medium.VIDEO else (),
        "quality": lambda model: model.qualities,
        "tier": lambda model: model.tiers,
    }
)

HIGHEST = tuple(_CHOICES)
"""The settings, by their names in `Limits`."""


def highest_choices(name: str, models: Iterable[Model]) -> tuple[str, ...]:
    """What can be the highest one, the least first."""
    return ascending(choice for model in models for choice in _CHOICES[name](model))
