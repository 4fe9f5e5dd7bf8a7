"""What members ask about, beyond pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.clock import Clock
from bot.domain.days import day_of
from bot.domain.gate import PauseReason
from bot.domain.views import AccountCredits, CreditsView
from bot.ports import Asking, Guilds
from bot.services.catalogue import Catalogue
from bot.services.keys import Keyring


class Queries:
    """Answers from the store and the catalogue."""

    def __init__(self, asking: Asking, guilds: Guilds, catalogue: Catalogue, keyring: Keyring, clock: Clock) -> None:
        self._asking = asking
        self._guilds = guilds
        self._catalogue = catalogue
        self._keyring = keyring
        self._clock = clock

    async def credits(self, guild_id: int | None, user_id: int) -> CreditsView:
        """Balances of whatever keys pay here, and what this guild and this member used since its midnight."""
        zone = (await self._guilds.limits(guild_id)).time_zone
        day_began_at = day_of(self._clock.now(), zone).began_at
        guild = None
        if guild_id is not None:
            guild = await self._asking.usage(since=day_began_at, guild_id=guild_id)
        return CreditsView(
            accounts=tuple(await self._balances(guild_id)),
            guild=guild,
            member=await self._asking.usage(since=day_began_at, user_id=user_id),
            day_began_at=day_began_at,
        )

    async def _balances(self, guild_id: int | None) -> Sequence[AccountCredits]:
        paying = {account.provider: account for account in self._keyring.accounts_for(guild_id)}
        return [
            replace(
                told,
                is_own=guild_id in paying[told.provider].guild_ids,
                pause_reason=PauseReason.KEY_LOCKED if paying[told.provider].key is None else told.pause_reason,
            )
            for told in await self._asking.credits(list(paying.values()))
        ]

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
