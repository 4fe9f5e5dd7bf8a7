"""Numbers of selects, for the sake of SimCord's page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from simcord.components import walk_components
from simcord.enums import SELECT_TYPES

FIRST = 1000
"""Below it SimCord counts the other components of a message."""


def select_numbers() -> Iterator[int]:
    return itertools.count(FIRST)


def numbered(body: Any, numbers: Iterator[int]) -> Any:
    """Copy a request's body in which each select without an id has the next number.

    SimCord's page keeps what was chosen in a select under its id, which would be its place in the message. With a new
    one each edit shows what the bot wants chosen from then on, as Discord's client does.
    """
    copy = deepcopy(body)
    message = copy if isinstance(copy, dict) else {}
    if "data" in message:  # the callback of an interaction keeps the message one level down
        message = message["data"] or {}
    for part in walk_components(message.get("components") or []):
        if part.get("type") in SELECT_TYPES and not part.get("id"):
            part["id"] = next(numbers)
    return copy
