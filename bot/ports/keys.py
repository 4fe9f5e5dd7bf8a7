"""Keys that guilds bring to an upstream, as the keyring keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.gate import GateLimit
from bot.domain.keys import KeyView
from bot.ports.upstream import Balance, KeyCheck


@dataclass(frozen=True, slots=True)
class GuildKey:
    """A guild's own key at an upstream."""

    guild_id: int
    provider: str
    account_id: int
    key: str | None
    """None: it was sealed with a secret that is lost."""
    last_four: str
    entered_by: int
    entered_at: float

    def __repr__(self) -> str:
        return f"GuildKey(guild_id={self.guild_id}, provider={self.provider!r}, account_id={self.account_id})"


@dataclass(frozen=True, slots=True)
class NewGuildKey:
    """A key that was found good, and who brought it. `fingerprint` tells which account it is."""

    guild_id: int
    provider: str
    key: str
    fingerprint: str
    last_four: str
    entered_by: int

    def __repr__(self) -> str:
        return f"NewGuildKey(guild_id={self.guild_id}, provider={self.provider!r})"


@dataclass(frozen=True, slots=True)
class CheckSlot:
    """Room for one request that checks a key. Both are None of a key that is new here: nothing counts for it yet."""

    account_id: int | None = None
    send_id: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What waits and took to another account; `cancelled` had none to go to."""

    moved: int = 0
    cancelled: int = 0


class GuildKeys(Protocol):
    """Every call is one transaction; all raise StoreDown."""

    async def all(self) -> Sequence[GuildKey]: ...

    async def shown(self, guild_id: int) -> Sequence[KeyView]:
        """The keys of a guild as they may be shown; whether one can be opened is not told."""
        ...

    async def begin_check(self, provider: str, fingerprint: str, limit: GateLimit) -> CheckSlot | float:
        """Take room in the gate of the key's account; where it has none: in how many seconds it may have."""
        ...

    async def end_check(self, slot: CheckSlot, check: KeyCheck, limit: GateLimit) -> None:
        """What became of the request."""
        ...

    async def enter(self, new: NewGuildKey, limit: GateLimit, default_id: int | None) -> tuple[GuildKey, Moved]:
        """Keep a key, in the place of the guild's earlier one; what of the guild waits goes on with it."""
        ...

    async def remove(self, guild_id: int, user_id: int, provider: str, default_id: int | None) -> Moved:
        """Drop a guild's key; what waits goes on with the operator's account, or is cancelled where that is None."""
        ...

    async def tell_balance(self, account_id: int, balance: Balance) -> None:
        """What the upstream says is left."""
        ...

    async def bring_home(self, provider: str, default_id: int | None) -> Moved:
        """What waits at another account than pays for it goes there: nothing of it was spent yet.

        A guild's own account pays for it, else the operator's (`default_id`; None: what nobody pays for is cancelled).
        """
        ...
