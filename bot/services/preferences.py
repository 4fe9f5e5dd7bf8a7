"""Members' usual choices."""

from __future__ import annotations

import logging

from bot.domain.preferences import Usual, applied
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest
from bot.errors import Refused, StoreDown
from bot.ports import Members
from bot.services.catalogue import Catalogue

log = logging.getLogger(__name__)


class Preferences:
    """Read at each command; a store that fails costs nobody a picture."""

    def __init__(self, members: Members, catalogue: Catalogue) -> None:
        self._members = members
        self._catalogue = catalogue

    async def of(self, user_id: int) -> Usual:
        """What is usual where the store fails: nothing."""
        try:
            return await self._members.usual(user_id)
        except StoreDown:
            log.warning("a member's usual choices could not be read")
            return Usual()

    async def choose(self, user_id: int, usual: Usual) -> None:
        """Raises Refused (the store fails)."""
        try:
            await self._members.choose(user_id, usual)
        except StoreDown as error:
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error

    def applied(self, usual: Usual, request: GenerationRequest) -> GenerationRequest:
        """A request with what is usual, where it says nothing."""
        return applied(usual, request, self._catalogue.current)
