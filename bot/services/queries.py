"""What members ask about, beyond pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.clock import Clock
from bot.domain.days import day_of
from bot.domain.gate import PauseReason
from bot.domain.views import AccountCredits, CreditsView
from bot.errors import StoreDown
from bot.ports import Asking, Guilds
from bot.services.catalogue import Catalogue
from bot.services.keys import Keyring

TROUBLE_SECONDS = 60.0
"""So long after a pause it is not known to be over, while a try may be under way."""


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
        await self._keyring.ask_balances(guild_id)
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

    async def troubles(self, guild_id: int | None) -> Mapping[str, PauseReason]:
        """Providers with which nothing can be made here for now, and why. Nobody has to clear that: it passes."""
        try:
            told = await self._balances(guild_id)
        except StoreDown:
            return {}
        since = self._clock.now() - TROUBLE_SECONDS
        serious = {
            each.provider: each.pause_reason
            for each in told
            if each.pause_reason is not None
            and each.pause_reason is not PauseReason.RATE_LIMITED
            and (each.paused_until > since or each.pause_reason is PauseReason.KEY_LOCKED)
        }
        return dict.fromkeys(self._catalogue.silent, PauseReason.UNREACHABLE) | serious

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
