"""The store as a whole: one driver, seen from every side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.clock import Clock
from bot.domain.limits import OPEN_HOUSE, House
from bot.ports import Sealer
from bot.store.accounts import AccountStore
from bot.store.asking import AskingStore
from bot.store.cards import CardStore
from bot.store.door import DoorStore
from bot.store.drafts import DraftStore
from bot.store.forgetting import ForgettingStore
from bot.store.history import HistoryStore
from bot.store.keys import KeyStore
from bot.store.ledger import Ids, Ledger
from bot.store.limits import GuildStore
from bot.store.logbook import LogStore
from bot.store.members import MemberStore
from bot.store.retention import RetentionStore
from bot.store.rotation import RotationStore
from bot.store.seeing import SeeingStore
from bot.store.sqlite import SqliteDriver
from bot.store.submissions import SubmissionStore
from bot.store.units import Driver, one
from bot.store.watching import WatchStore


@dataclass(frozen=True, slots=True)
class Store:
    """One side for each of its users; all of it one database."""

    door: DoorStore
    submissions: SubmissionStore
    watching: WatchStore
    cards: CardStore
    asking: AskingStore
    accounts: AccountStore
    drafts: DraftStore
    members: MemberStore
    history: HistoryStore
    forgetting: ForgettingStore
    guilds: GuildStore
    keys: KeyStore
    rotation: RotationStore
    seeing: SeeingStore
    logbook: LogStore
    retention: RetentionStore


async def assemble(driver: Driver, clock: Clock, sealer: Sealer, owner: str, house: House = OPEN_HOUSE) -> Store:
    """The store over an open driver. `owner` names this start of this process."""
    last = await driver.run(lambda: one("last_id"))
    assert last is not None
    ledger = Ledger(clock, Ids(clock, last["id"]), sealer, house)
    return Store(
        DoorStore(driver, ledger),
        SubmissionStore(driver, ledger, owner),
        WatchStore(driver, ledger),
        CardStore(driver, ledger),
        AskingStore(driver, ledger),
        AccountStore(driver, ledger),
        DraftStore(driver, ledger),
        MemberStore(driver),
        HistoryStore(driver, ledger),
        ForgettingStore(driver, ledger),
        GuildStore(driver, ledger),
        KeyStore(driver, ledger),
        RotationStore(driver),
        SeeingStore(driver),
        LogStore(driver, ledger),
        RetentionStore(driver, ledger),
    )


@asynccontextmanager
async def open_store(  # noqa: PLR0913  what it stands on
    path: Path,
    clock: Clock,
    sealer: Sealer,
    owner: str,
    lock_patience_seconds: float = 30.0,
    house: House = OPEN_HOUSE,
) -> AsyncIterator[Store]:
    """The SQLite store. Raises StoreHeld, StoreTooNew, StoreDown."""
    driver = await SqliteDriver.open(path, lock_patience_seconds)
    try:
        yield await assemble(driver, clock, sealer, owner, house)
    finally:
        await driver.close()
