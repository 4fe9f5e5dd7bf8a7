"""What Midjourney's models take besides what every model takes (MeiGen API, Generate v2, `niji7Options`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ID_PREFIX = "midjourney"
REFERENCE_KINDS = ("content", "style")
"""How a reference is read (Generate v2, `referenceType`)."""


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that an option can have, both ends included, and the one that it has where none is named."""

    least: float
    most: float
    default: float
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class OptionSet:
    """The options of one model. `raw`, `sref` and how a reference is read are part of every set."""

    ranges: Mapping[str, Range]
    """Options that are numbers, by their name in `niji7Options`."""
    is_raw: bool
    """The default of `raw`."""
    qualities: tuple[str, ...] = ()
    default_quality: str | None = None

    def takes(self, field: str) -> bool:
        """Whether the model has a use for that field of MidjourneyOptions, or for `reference_type`."""
        return field in ("raw", "sref", "reference_type") or field in self.ranges


V8 = OptionSet(
    ranges=MappingProxyType(
        {
            "stylize": Range(0, 1000, 100),
            "chaos": Range(0, 100, 5),
            "iw": Range(0, 2, 1, is_whole=False),
            "sw": Range(0, 1000, 100),
        }
    ),
    is_raw=False,
    qualities=("1", "4"),
    default_quality="4",
)
# Generate v2 of March 2026.
NIJI7 = OptionSet(
    ranges=MappingProxyType(
        {
            "stylize": Range(0, 1000, 150),
            "chaos": Range(0, 100, 0),
            "weird": Range(0, 3000, 0),
            "iw": Range(0, 3, 1.5, is_whole=False),
            "sw": Range(0, 1000, 100),
            "sv": Range(1, 4, 4),
        }
    ),
    is_raw=True,
)
_BY_ID: Mapping[str, OptionSet] = MappingProxyType({"midjourney-niji7": NIJI7})


def option_set(model_id: str) -> OptionSet | None:
    """The options of a model; None where it is not one of Midjourney's. A model yet unheard of has those of V8.1."""
    return _BY_ID.get(model_id, V8) if model_id.startswith(ID_PREFIX) else None
