"""What moderators have set, as services change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.limits import Change, Limits
from bot.domain.policy import Use


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change came to."""

    limits: Limits
    """As chosen now, whatever the ceiling."""
    use: Use
    """What was used by then, in the guild and by whoever changed it."""
    changes: tuple[Change, ...]
    """One for each setting that is another one now."""
    overridden: tuple[Change, ...] = ()
    """What somebody else had set in the last quarter of an hour, and that does not hold any more."""
    log_closed_since: float | None = None
    """As `Guilds.log_closed_since` tells it by then."""


class Guilds(Protocol):
    """Every call is one transaction; all raise StoreDown."""

    async def limits(self, guild_id: int | None) -> Limits:
        """As chosen, whatever the ceiling; None: of direct messages."""
        ...

    async def change(self, guild_id: int, user_id: int, edit: Callable[[Limits], Limits]) -> Changed:
        """Make of the limits what `edit` makes of those that hold at that moment. What it raises undoes all."""
        ...

    async def changes(self, guild_id: int, count: int, before: int | None = None) -> Sequence[Change]:
        """The latest changes, newest first; `before`: older than that one."""
        ...

    async def use(self, flow_id: int, user_id: int, time_zone: str) -> Use:
        """What was used today and this month, spent or held."""
        ...

    async def log_closed_since(self, guild_id: int) -> float | None:
        """Since when its log channel cannot be written to (epoch seconds); None: it can be, or there is none."""
        ...
