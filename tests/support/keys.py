"""Keyrings to test with: real ones, over a store in memory and an upstream in the test's hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from bot.clock import Clock
from bot.ports import Account, GuildKeys, Provider
from bot.services.keys import Keyring
from bot.services.signals import Signals
from tests.support.builders import LIMIT
from tests.support.fakes import FakeProvider, HandClock

OWN_KEY, OTHER_KEY = "own-key-of-guild-1234", "other-key-of-guild-5678"
"""As guilds bring them."""


def print_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def keyring_of(  # noqa: PLR0913  what a test wants otherwise
    keys: GuildKeys,
    *operators: Account,
    provider: Provider | None = None,
    signals: Signals | None = None,
    clock: Clock | None = None,
    conceal: Callable[[str], None] = lambda _: None,
    also: Iterable[str] = (),
) -> Keyring:
    """`also`: upstreams for which the operator has no key."""
    clock = clock or HandClock()
    provider = provider or FakeProvider(clock)
    limits = dict.fromkeys(("meigen", *also), LIMIT) | {account.provider: account.limit for account in operators}
    providers = dict.fromkeys(limits, provider)
    return Keyring(keys, providers, limits, operators, print_of, conceal, signals or Signals(), clock)
