"""The real services, pipeline and store over a simulated outside: one process, from start to crash."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from bot.clock import Clock
from bot.domain import limits
from bot.domain.catalog import Medium
from bot.domain.gate import GateLimit
from bot.pipeline.courier import Courier
from bot.pipeline.delivery import Delivery
from bot.pipeline.dispatcher import Dispatcher
from bot.pipeline.doorkeeper import Doorkeeper
from bot.pipeline.exhibits import Exhibits
from bot.pipeline.pinger import Pinger
from bot.pipeline.references import References
from bot.pipeline.watcher import Watcher
from bot.ports import Account, MediaFile
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.intake import Intake
from bot.services.signals import Signals
from bot.services.viewing import CardViews
from bot.store.cards import CardStore
from bot.store.sqlite import prepare, run_batch
from bot.store.store import Store, assemble
from bot.store.submissions import SubmissionStore
from bot.store.units import Unit
from bot.store.watching import WatchStore
from sandbox.meigen import MeigenEngine
from tests.simulation.discord import DiscordState, SimulatedDiscord
from tests.simulation.upstream import FAULTLESS, Latency, MeigenFaults, SimulatedMeigen
from tests.support.keys import keyring_of

T = TypeVar("T")

LATENCY = Latency()

Effect = Callable[[str], None]


class DirectDriver:
    """Units on SQLite in this very thread; a commit that changed something is an effect."""

    def __init__(self, raw: sqlite3.Connection, effect: Effect) -> None:
        self._raw = raw
        self._effect = effect

    async def run(self, unit: Callable[[], Unit[T]]) -> T:
        before = self._raw.total_changes
        (outcome,) = run_batch(self._raw, [unit])
        if self._raw.total_changes != before:
            self._effect("committed")
        await asyncio.sleep(0)
        if isinstance(outcome, Exception):
            raise outcome
        result: T = outcome
        return result

    async def close(self) -> None:
        self._raw.close()


class PlainSealer:
    """No secrets in a simulation."""

    def seal(self, text: str, purpose: str) -> str:
        return f"{purpose}:{text}"

    def open(self, sealed: str, purpose: str) -> str:
        return sealed.removeprefix(f"{purpose}:")


class PaperMedia:
    """Results that are always there."""

    async def fetch(self, job_id: int, index: int, url: str, medium: Medium) -> MediaFile:
        await asyncio.sleep(0.05)
        return MediaFile(Path(f"{job_id}-{index}.png"), "image/png", 1000)

    async def look(self, url: str) -> None:
        return None

    async def kept(self, job_id: int, index: int) -> MediaFile | None:
        return None

    async def fit(self, file: MediaFile, limit_bytes: int) -> MediaFile | None:
        return file

    async def thumbnail(self, file: MediaFile, side_pixels: int, limit_bytes: int) -> MediaFile | None:
        return None

    async def drop(self, job_id: int) -> None:
        return None


def fresh_database() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        prepare(raw, None)
        return raw.serialize()


@dataclass(slots=True)
class Outside:
    """What a crash leaves as it is."""

    database: bytes
    engine: MeigenEngine
    discord: DiscordState
    keys: tuple[str, ...]
    """One account each."""
    faults: MeigenFaults = FAULTLESS
    unanswered: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Mutant:
    """Parts that are replaced by worse ones, to see whether the harness notices."""

    submissions: type[SubmissionStore] = SubmissionStore
    watching: type[WatchStore] = WatchStore
    cards: type[CardStore] = CardStore


@dataclass(slots=True)
class House:
    """One running process."""

    raw: sqlite3.Connection
    store: Store
    intakes: list[Intake]
    """One for each account."""
    signals: Signals
    stages: list[asyncio.Task[None]]

    def check_stages(self) -> None:
        for stage in self.stages:
            if stage.done():
                stage.result()


HEALTHY = Mutant()


async def open_house(  # noqa: PLR0913  the knobs of a world
    outside: Outside,
    clock: Clock,
    dice: random.Random,
    effect: Effect,
    limit: GateLimit,
    owner: str,
    mutant: Mutant = HEALTHY,
    latency: Latency = LATENCY,
) -> House:
    """Start a process as `bot.app` does: recover, then run all stages."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    raw.deserialize(outside.database)
    driver = DirectDriver(raw, effect)
    store = _mutated(await assemble(driver, clock, PlainSealer(), owner), driver, owner, mutant)
    upstream = SimulatedMeigen(outside.engine, clock, dice, effect, latency, outside.faults, outside.unanswered)
    surface = SimulatedDiscord(outside.discord, clock, dice, effect)
    entered = [Account(await store.accounts.enter("meigen", key), "meigen", limit, key) for key in outside.keys]
    accounts = {account.id: account for account in entered}
    signals = Signals()
    await store.submissions.recover(tuple(entered))
    catalogue = Catalogue([upstream], store.asking, clock)
    await catalogue.refresh()
    views = CardViews(store.asking, store.guilds, catalogue, accounts, clock)
    references = References(store.cards, surface)
    delivery = Delivery(store.cards, surface, Exhibits(PaperMedia(), views), clock)
    stages = [
        Dispatcher(account, store.submissions, upstream, catalogue, references, signals, clock).run()
        for account in entered
    ]
    stages += [
        Watcher(store.watching, store.asking, {"meigen": upstream}, accounts, signals, clock, 3.0).run(),
        Courier(store.cards, delivery, signals, clock).run(),
        Doorkeeper(store.door, store.cards, surface, signals, clock).run(),
        Pinger(store.cards, surface, signals, clock).run(),
    ]
    keyrings = [keyring_of(store.keys, account, provider=upstream, clock=clock) for account in entered]
    intakes = [
        Intake(
            store.door,
            store.asking,
            catalogue,
            views,
            store.guilds,
            keyring,
            signals,
            limits.House(),
            Drafting(store.drafts, store.asking, store.guilds, catalogue, keyring),
        )
        for keyring in keyrings
    ]
    return House(raw, store, intakes, signals, [asyncio.create_task(stage) for stage in stages])


def _mutated(store: Store, driver: DirectDriver, owner: str, mutant: Mutant) -> Store:
    ledger = store.door._ledger
    return replace(
        store,
        submissions=mutant.submissions(driver, ledger, owner),
        watching=mutant.watching(driver, ledger),
        cards=mutant.cards(driver, ledger),
    )
