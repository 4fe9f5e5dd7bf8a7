"""What services say while the store fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused, StoreDown


@contextmanager
def refusing_while_down() -> Iterator[None]:
    """StoreDown becomes Refused."""
    try:
        yield
    except StoreDown as error:
        raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error
