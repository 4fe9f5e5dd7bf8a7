"""The keyring: every key at hand, the operator's and those that guilds brought, and who pays for whom."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.domain.gate import PAUSE_DEFAULT_SECONDS, GateLimit
from bot.domain.keys import KeyChange, KeyState, KeyView, last_four, trimmed
from bot.domain.problems import Problem, ProblemCode
from bot.errors import LookupFailed, Refused, StoreDown
from bot.ports import Account, CheckSlot, GuildKey, GuildKeys, KeyVerdict, Moved, NewGuildKey, Provider, TellsBalance
from bot.services.refusing import refusing_while_down
from bot.services.signals import Signals

log = logging.getLogger(__name__)

TRIES = 5
TRIES_SECONDS = 60.0
"""So many keys a guild may try in so long: nobody finds out by Easel which of many keys are good."""
BALANCE_SECONDS = 1.5
"""So long `/credits` waits for what upstreams tell."""


class Keyring:
    """Changes take effect at once: `accounts` is a live view, and whoever listens to `Signals.keys` is rung."""

    def __init__(  # noqa: PLR0913  what it stands on
        self,
        keys: GuildKeys,
        providers: Mapping[str, Provider],
        limits: Mapping[str, GateLimit],
        operators: Iterable[Account],
        fingerprint: Callable[[str], str],
        conceal: Callable[[str], None],
        signals: Signals,
        clock: Clock,
    ) -> None:
        """`limits`: of any key, by provider. `operators`: one account for each provider, at most.

        `fingerprint` tells by which account a key is known; `conceal` keeps a key out of the log.
        """
        self._store = keys
        self._providers = providers
        self._limits = limits
        self._operators = {account.provider: account for account in operators}
        self._fingerprint = fingerprint
        self._conceal = conceal
        self._signals = signals
        self._clock = clock
        self._keys: dict[tuple[int, str], GuildKey] = {}
        self._accounts = {account.id: account for account in self._operators.values()}
        self._tries: dict[int, Sequence[float]] = {}
        # Checked, stored and taken up: of two moderators at once the last one wins, as a whole.
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def open(self) -> None:
        """At start: take up what guilds have brought. Raises StoreDown."""
        kept = await self._store.all()
        self._keys = {(key.guild_id, key.provider): key for key in kept if key.provider in self._limits}
        for key in self._keys.values():
            if key.key is not None:
                self._conceal(key.key)
        self._take_up()
        locked = {guild_id for guild_id, provider in self._keys if self._is_locked(guild_id, provider)}
        if locked:
            log.warning(
                "servers whose own key cannot be opened with the secrets at hand, and which cannot ask for anything: "
                "%d. Put the old keys back into SECRET_KEYS, or let their moderators enter theirs anew",
                len(locked),
            )

    # ---- who pays

    @property
    def accounts(self) -> Mapping[int, Account]:
        """Every account that is known, by its id. Of a guild's that is locked the key is None.

        One that nobody uses any more stays until the process ends, so that what was sent with it is looked at.
        """
        return MappingProxyType(self._accounts)

    @property
    def used(self) -> Sequence[Account]:
        """Those by which something new may be sent."""
        return [account for account in self._accounts.values() if account.is_used]

    def account_for(self, guild_id: int | None, provider: str | None = None) -> Account | None:
        """Who pays for a guild (None: for direct messages) at a provider (None: the first at hand).

        None: there is no key. With a key of None: the guild's own is locked, and nobody else pays in its place.
        """
        if provider is None:
            return next(iter(self.accounts_for(guild_id)), None)
        own = None if guild_id is None else self._keys.get((guild_id, provider))
        account_id = self._default_id(provider) if own is None else own.account_id
        return None if account_id is None else self._accounts[account_id]

    def accounts_for(self, guild_id: int | None) -> Sequence[Account]:
        """Who pays for a guild, one for each provider that there is a key for."""
        found = (self.account_for(guild_id, provider) for provider in self._limits)
        return [account for account in found if account is not None]

    def providers_for(self, guild_id: int | None) -> Sequence[str]:
        """Where something can be made for a guild, by name."""
        return tuple(account.provider for account in self.accounts_for(guild_id))

    @property
    def at_hand(self) -> Collection[str]:
        """Providers that anybody brought a key for, by name."""
        return self._operators.keys() | {provider for _, provider in self._keys}

    async def ask_balances(self, guild_id: int | None) -> None:
        """Where upstreams can be asked what is left, ask them now; what does not come in time stays as it was."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BALANCE_SECONDS):
                await asyncio.gather(*(self._ask_balance(account) for account in self.accounts_for(guild_id)))

    async def _ask_balance(self, account: Account) -> None:
        provider = self._providers[account.provider]
        if account.key is None or not isinstance(provider, TellsBalance):
            return
        try:
            await self._store.tell_balance(account.id, await provider.balance(account.key))
        except (LookupFailed, StoreDown) as error:
            log.info("the balance at %s was not told: %s", account.provider, error)

    def _is_locked(self, guild_id: int, provider: str) -> bool:
        account = self.account_for(guild_id, provider)
        return account is not None and account.key is None

    # ---- what moderators do

    @property
    def providers(self) -> Sequence[str]:
        """Where a guild can bring a key to."""
        return tuple(self._limits)

    async def shown(self, guild_id: int) -> Sequence[KeyView]:
        """A guild's own keys. Raises Refused."""
        with refusing_while_down():
            views = await self._store.shown(guild_id)
        return [
            replace(view, state=KeyState.LOCKED, next_try_at=None) if self._is_locked(guild_id, view.provider) else view
            for view in views
        ]

    async def enter(self, guild_id: int, user_id: int, provider: str, text: str) -> KeyChange:
        """Take a key as it was typed: checked, kept, and used from now on by all that the guild asks for.

        What of the guild waits goes on with it. One that begins like another provider's is taken for that one: a key is
        shown to nobody else. Raises Refused.
        """
        key = trimmed(text)
        if key is None:
            raise Refused((Problem(ProblemCode.KEY_MALFORMED),))
        provider = self._maker_of(key) or provider
        async with self._lock(guild_id):
            self._take_try(guild_id)
            try:
                await self._check(provider, key)
                change = await self._keep(guild_id, user_id, provider, key)
            except StoreDown as error:
                log.exception("guild %d: its key could not be stored", guild_id)
                raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error
        log.info("guild %d: member %d entered a key of its own for %s", guild_id, user_id, provider)
        return change

    async def remove(self, guild_id: int, user_id: int, provider: str) -> KeyChange:
        """Forget a guild's key; from now on, and for what waits, the operator's is used. Raises Refused."""
        async with self._lock(guild_id):
            key = self._keys.get((guild_id, provider))
            if key is None:
                raise Refused((Problem(ProblemCode.KEY_ABSENT, provider),))
            try:
                moved = await self._store.remove(guild_id, user_id, provider, self._default_id(provider))
            except StoreDown as error:
                log.exception("guild %d: its key could not be removed", guild_id)
                raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error
            del self._keys[guild_id, provider]
            self._changed()
        log.info("guild %d: member %d removed its own key for %s", guild_id, user_id, provider)
        return KeyChange(provider, key.last_four, None, moved.moved, moved.cancelled)

    async def bring_home(self) -> int:
        """Let all that waits go on with the account that pays for it; tells how many did. Raises StoreDown."""
        moves = [await self._store.bring_home(provider, self._default_id(provider)) for provider in self._providers]
        moved = sum(each.moved for each in moves)
        if any(each != Moved() for each in moves):
            self._signals.queued.ring()
            self._signals.cards.ring()
        return moved

    def _maker_of(self, key: str) -> str | None:
        """The provider whose keys begin like that; None: anybody's may."""
        prefixes = ((name, self._providers[name].key_prefix) for name in self._limits)
        return next((name for name, prefix in prefixes if prefix and key.startswith(prefix)), None)

    def _lock(self, guild_id: int) -> asyncio.Lock:
        return self._locks.setdefault(guild_id, asyncio.Lock())

    def _take_try(self, guild_id: int) -> None:
        """Raises Refused."""
        now = self._clock.now()
        tries = [at for at in self._tries.get(guild_id, ()) if at > now - TRIES_SECONDS]
        if len(tries) >= TRIES:
            raise _busy(tries[0] + TRIES_SECONDS - now)
        self._tries[guild_id] = [*tries, now]

    async def _check(self, provider: str, key: str) -> None:
        """Ask the upstream, within the gate of the key's account. Raises Refused, StoreDown."""
        limit = self._limits[provider]
        slot = await self._store.begin_check(provider, self._fingerprint(key), limit)
        if not isinstance(slot, CheckSlot):
            raise _busy(slot)
        check = await self._providers[provider].check_key(key)
        await self._store.end_check(slot, check, limit)
        self._signals.queued.ring()
        match check.verdict:
            case KeyVerdict.WRONG:
                raise Refused((Problem(ProblemCode.KEY_WRONG, provider),))
            case KeyVerdict.UNTOLD:
                raise Refused((Problem(ProblemCode.KEY_UNCHECKED, provider),))
            case KeyVerdict.RATE_LIMITED:
                raise _busy(check.retry_after_seconds or PAUSE_DEFAULT_SECONDS)

    async def _keep(self, guild_id: int, user_id: int, provider: str, key: str) -> KeyChange:
        self._conceal(key)
        before = self._keys.get((guild_id, provider))
        new = NewGuildKey(guild_id, provider, key, self._fingerprint(key), last_four(key), user_id)
        kept, moved = await self._store.enter(new, self._limits[provider], self._default_id(provider))
        self._keys[guild_id, provider] = kept
        self._changed()
        replaced = None if before is None else before.last_four
        return KeyChange(provider, kept.last_four, replaced, moved.moved, moved.cancelled)

    def _default_id(self, provider: str) -> int | None:
        default = self._operators.get(provider)
        return None if default is None else default.id

    def _changed(self) -> None:
        self._take_up()
        for signal in (self._signals.keys, self._signals.queued, self._signals.cards):
            signal.ring()

    def _take_up(self) -> None:
        """Make the accounts say what the guilds' keys say."""
        owners: dict[int, set[int]] = {}
        for key in self._keys.values():
            owners.setdefault(key.account_id, set()).add(key.guild_id)
            known = self._accounts.get(key.account_id)
            if known is None or known.key is None:
                limit = self._limits[key.provider]
                self._accounts[key.account_id] = Account(
                    key.account_id, key.provider, limit, key.key, is_operators=False
                )
        for account_id, account in self._accounts.items():
            self._accounts[account_id] = replace(account, guild_ids=frozenset(owners.get(account_id, ())))


def _busy(seconds: float) -> Refused:
    return Refused((Problem(ProblemCode.KEY_CHECK_BUSY, limit=seconds),))
