"""Drafts, as services keep them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.domain.drafts import Draft
from bot.domain.requests import GenerationRequest


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A request that is not asked for yet."""

    user_id: int
    request: GenerationRequest
    options: str = ""
    parent_id: int | None = None
    is_private: bool = False


class Drafts(Protocol):
    """Kept for a day. Every call is one transaction; all raise StoreDown."""

    async def begin(self, new: NewDraft) -> Draft: ...

    async def read(self, draft_id: int) -> Draft | None:
        """None where it was started, discarded, or is too old."""
        ...

    async def change(self, draft: Draft) -> None:
        """Store its request, options and words; nothing where it is gone."""
        ...

    async def discard(self, draft_id: int) -> None: ...
