"""What members ask about, beyond pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.clock import Clock
from bot.domain.views import CreditsView
from bot.ports import Account, Asking
from bot.services.catalogue import Catalogue

DAY_SECONDS = 86_400.0


class Queries:
    """Answers from the store and the catalogue."""

    def __init__(self, asking: Asking, catalogue: Catalogue, accounts: Sequence[Account], clock: Clock) -> None:
        self._asking = asking
        self._catalogue = catalogue
        self._accounts = accounts
        self._clock = clock

    async def credits(self, guild_id: int | None, user_id: int) -> CreditsView:
        """Balances, and what this guild and this member used since midnight UTC."""
        now = self._clock.now()
        day_began_at = now - now % DAY_SECONDS
        guild = None
        if guild_id is not None:
            guild = await self._asking.usage(since=day_began_at, guild_id=guild_id)
        return CreditsView(
            accounts=tuple(await self._asking.credits(self._accounts)),
            guild=guild,
            member=await self._asking.usage(since=day_began_at, user_id=user_id),
            day_began_at=day_began_at,
        )

    async def usual_seconds(self) -> Mapping[str, float]:
        """Model id → how long it usually takes: learnt from our own jobs, else as the catalogue tells."""
        usual: dict[str, float] = {}
        for model in self._catalogue.current.models:
            learnt = await self._asking.durations(model.provider, model.id)
            if learnt is not None:
                usual[model.id] = learnt.pace.half_seconds
            elif model.timing is not None:
                usual[model.id] = model.timing.p50_seconds
        return usual
