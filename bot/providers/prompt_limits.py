"""How long a prompt may be. No field of an upstream tells; these are from the prose of its model pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PromptLimit:
    """Characters. `most` is None where no limit is known."""

    least: int = 1
    most: int | None = None


NO_LIMIT = PromptLimit()

# MeiGen, Models (May to July 2026). Of flux2-klein and the video models nothing is said.
MEIGEN: Mapping[str, PromptLimit] = MappingProxyType(
    {
        "gpt-image-2": NO_LIMIT,
        "nanobanana-2": PromptLimit(5, 4000),
        "gemini-3-pro-image-preview": PromptLimit(5, 4000),
        "seedream-5.0-lite": PromptLimit(5, 2000),
        "seedream-4.5": PromptLimit(5, 2000),
        "midjourney-v8.1": PromptLimit(1, 8192),
        "z-image-turbo": PromptLimit(5, 4000),
    }
)
