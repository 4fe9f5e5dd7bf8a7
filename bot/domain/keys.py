"""Keys that guilds bring: what one looks like, and what is shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KEY_MIN_CHARACTERS = 16
KEY_MAX_CHARACTERS = 256
"""MeiGen's have 42, Meshy's 40; whatever is much shorter or longer was copied wrongly."""
SHOWN_CHARACTERS = 4
KEY_FIELD = "key"
"""The name of a form's field for a key: whatever is typed into it is masked in the log."""


class KeyState(StrEnum):
    """How a guild's key stands."""

    GOOD = "good"
    REFUSED = "refused"
    """The upstream did not take it when it was last used."""
    OUT_OF_CREDITS = "out_of_credits"
    LOCKED = "locked"
    """It was sealed with a secret that is lost: nothing can be sent with it."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """A guild's own key, as it may be shown."""

    provider: str
    last_four: str
    entered_by: int
    entered_at: float
    state: KeyState = KeyState.GOOD
    next_try_at: float | None = None
    """Before this nothing is sent with it (epoch seconds); None: as soon as somebody asks."""
    balance_credits: int | None = None
    """As last told; None: never told, or without limit."""


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What came of entering or removing a key. `moved` jobs wait at another account now, `cancelled` had none left."""

    provider: str
    last_four: str
    replaced_last_four: str | None = None
    """Of the one that it took the place of."""
    moved: int = 0
    cancelled: int = 0


def trimmed(text: str) -> str | None:
    """A key as it was typed, without white space around it; None where it can be none."""
    key = text.strip()
    is_plain = key.isascii() and key.isprintable() and " " not in key
    return key if is_plain and KEY_MIN_CHARACTERS <= len(key) <= KEY_MAX_CHARACTERS else None


def last_four(key: str) -> str:
    """All that is ever shown of a key."""
    return key[-SHOWN_CHARACTERS:]
