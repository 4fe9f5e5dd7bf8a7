"""Keys at upstreams: the same key, wherever entered, is one account with one gate."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from bot.domain.gate import Gate
from bot.domain.jobs import JobState
from bot.store.ledger import Ledger
from bot.store.rows import GATE, to_json
from bot.store.turns import join_line, leave_line
from bot.store.units import Driver, Unit, do, one


class AccountStore:
    """Implements `bot.ports.Accounts`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def enter(self, provider: str, fingerprint: str) -> int:
        return await self._driver.run(lambda: enter(self._ledger, provider, fingerprint))

    async def adopt(self, provider: str, at_hand: Sequence[int], account_id: int) -> int:
        return await self._driver.run(lambda: adopt(provider, at_hand, account_id))


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


def adopt(provider: str, at_hand: Sequence[int], account_id: int) -> Unit[int]:
    """Waiting jobs of keys that are not at hand any more go on with this one: nothing of them was spent yet."""
    rows = yield from do("waiting_of_provider", provider=provider)
    homeless = [row for row in rows if row["account_id"] not in at_hand]
    for row in sorted(homeless, key=itemgetter("id")):
        if row["state"] == JobState.QUEUED:
            yield from leave_line(row["account_id"], row["flow_id"], row["user_id"])
            yield from join_line(account_id, row["flow_id"], row["user_id"], row["id"])
        yield from do("rehome_job", id=row["id"], account_id=account_id)
    return len(homeless)
