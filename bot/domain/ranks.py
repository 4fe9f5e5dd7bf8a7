"""What is more than what, among choices that upstreams name by words: `1080p` than `720p`, `high` than `low`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = (("low", "medium", "high"), ("mini", "fast", "pro"))
_NUMBERS, _SIZES, _OTHERS = range(len(_WORDS), len(_WORDS) + 3)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([pk])", re.IGNORECASE)


def lines_of(resolution: str) -> float:
    """The height that a resolution stands for: 480 of `480p`, 2000 of `2K`; infinite where it is neither."""
    match = _SIZE.fullmatch(resolution.strip())
    if match is None:
        return float("inf")
    return float(match[1]) * (1000.0 if match[2].lower() == "k" else 1.0)


def is_above(chosen: str, highest: str) -> bool:
    """Whether a choice is more than the highest one allowed, or may be: nobody can rank a word of no known scale.

    A number (Midjourney's quality `4`) is no more than a word, since the two are of different models.
    """
    (scale, rank), (other_scale, other_rank) = _place(chosen), _place(highest)
    if scale == _OTHERS:
        return chosen.strip().casefold() != highest.strip().casefold()
    return scale == other_scale and rank > other_rank


def ascending(choices: Iterable[str]) -> tuple[str, ...]:
    """Each once, scale by scale, the least first; those of no known scale last, as they came."""
    return tuple(sorted(dict.fromkeys(choices), key=_place))


def _place(choice: str) -> tuple[int, float]:
    """The number of its scale, and its rank there."""
    name = choice.strip().casefold()
    for scale, words in enumerate(_WORDS):
        if name in words:
            return scale, words.index(name)
    if _NUMBER.fullmatch(name):
        return _NUMBERS, float(name)
    return (_SIZES, lines_of(name)) if _SIZE.fullmatch(name) else (_OTHERS, 0.0)
