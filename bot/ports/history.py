"""What members ask about their own jobs, and how these are forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.history import Forgotten, PastJob, Wanted


class History(Protocol):
    """Every call is one transaction; all raise StoreDown. What was forgotten is not told of."""

    async def page(self, user_id: int, wanted: Wanted, skipped: int, count: int) -> Sequence[PastJob]:
        """At most `count` jobs of a member, newest first, after the `skipped` newest ones."""
        ...

    async def models(self, user_id: int, count: int) -> Sequence[str]:
        """Ids of the models that a member has used, latest first."""
        ...

    async def under_way(self, user_id: int) -> Sequence[PastJob]:
        """All that has not ended: first what is being made, then what waits, oldest first."""
        ...

    async def count(self, user_id: int) -> int: ...


@dataclass(frozen=True, slots=True)
class ToForget:
    """A job whose files are to go."""

    job_id: int
    is_over: bool
    """It has ended and its card says so, so nobody fetches a file for it any more."""
    asked_at: float


class Forgetting(Protocol):
    """Every call is one transaction; all raise StoreDown."""

    async def forget(self, user_id: int) -> Forgotten:
        """Empty what has ended, cancel what waits, and mark what is under way to be emptied with its end."""
        ...

    async def to_forget(self) -> Sequence[ToForget]:
        """Jobs whose files may still be here."""
        ...

    async def forgotten(self, job_ids: Sequence[int]) -> None:
        """Their files are gone for good."""
        ...
