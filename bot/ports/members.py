"""What members chose, as services keep it."""

from __future__ import annotations

from typing import Protocol

from bot.domain.preferences import Usual


class Members(Protocol):
    """Every call is one transaction; all raise StoreDown."""

    async def usual(self, user_id: int) -> Usual: ...

    async def choose(self, user_id: int, usual: Usual) -> None: ...
