"""Keys at upstreams: the same key, wherever entered, is one account with one gate."""

from __future__ import annotations

from bot.domain.gate import Gate
from bot.ports import Balance
from bot.store.ledger import Ledger
from bot.store.rows import GATE, to_json
from bot.store.units import Driver, Unit, do, one


class AccountStore:
    """Implements `bot.ports.Accounts`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def enter(self, provider: str, fingerprint: str) -> int:
        return await self._driver.run(lambda: enter(self._ledger, provider, fingerprint))


def save_balance(ledger: Ledger, account_id: int, balance: Balance) -> Unit[None]:
    """What is left, as just told."""
    yield from do(
        "save_balance",
        id=account_id,
        purchased_credits=balance.purchased_credits,
        is_unlimited=int(balance.is_unlimited),
        now=ledger.now(),
    )


def enter(ledger: Ledger, provider: str, fingerprint: str) -> Unit[int]:
    """The account of a key, made if new."""
    row = yield from one("account_by_fingerprint", provider=provider, fingerprint=fingerprint)
    if row is not None:
        found: int = row["id"]
        return found
    account_id = ledger.ids.next()
    yield from do(
        "insert_account",
        id=account_id,
        provider=provider,
        fingerprint=fingerprint,
        gate=to_json(GATE, Gate()),
    )
    return account_id
