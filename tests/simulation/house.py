"""The real services, pipeline and store over a simulated outside: one process, from start to crash."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.clock import Clock
from bot.domain.catalog import Medium
from bot.domain.gate import GateLimit
from bot.pipeline.courier import Courier
from bot.pipeline.delivery import Delivery
from bot.pipeline.dispatcher import Dispatcher
from bot.pipeline.doorkeeper import Doorkeeper
from bot.pipeline.exhibits import Exhibits
from bot.pipeline.references import References
from bot.pipeline.watcher import Watcher
from bot.ports import Account, MediaFile
from bot.services.catalogue import Catalogue
from bot.services.intake import Intake, Rules
from bot.services.signals import Signals
from bot.services.viewing import CardViews
from bot.store.sqlite import prepare, run_batch
from bot.store.store import Store, assemble
from bot.store.submissions import SubmissionStore
from bot.store.units import Unit
from sandbox.meigen import MeigenEngine
from tests.simulation.discord import DiscordState, SimulatedDiscord
from tests.simulation.upstream import Latency, SimulatedMeigen

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

    async def fit(self, file: MediaFile, limit_bytes: int) -> MediaFile | None:
        return file

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
    key: str


@dataclass(slots=True)
class House:
    """One running process."""

    raw: sqlite3.Connection
    store: Store
    intake: Intake
    upstream: SimulatedMeigen
    account: Account
    signals: Signals
    stages: list[asyncio.Task[None]]

    def check_stages(self) -> None:
        for stage in self.stages:
            if stage.done():
                stage.result()


async def open_house(  # noqa: PLR0913  the knobs of a scenario
    outside: Outside,
    clock: Clock,
    dice: random.Random,
    effect: Effect,
    limit: GateLimit,
    owner: str,
    submissions: type[SubmissionStore] = SubmissionStore,
    latency: Latency = LATENCY,
) -> House:
    """Start a process as `bot.app` does: recover, then run all stages."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    raw.deserialize(outside.database)
    driver = DirectDriver(raw, effect)
    store = await assemble(driver, clock, PlainSealer(), owner)
    if submissions is not SubmissionStore:
        store = _with_submissions(store, submissions(driver, store.door._ledger, owner))
    upstream = SimulatedMeigen(outside.engine, clock, dice, effect, latency)
    surface = SimulatedDiscord(outside.discord, clock, dice, effect)
    account = Account(await store.accounts.enter("meigen", "simulated"), "meigen", limit, outside.key)
    accounts = {account.id: account}
    signals = Signals()
    await store.submissions.recover((account,))
    catalogue = Catalogue([upstream], store.asking, clock)
    await catalogue.refresh()
    views = CardViews(store.asking, catalogue, accounts, clock)
    references = References(store.cards, surface)
    delivery = Delivery(store.cards, surface, Exhibits(PaperMedia(), views), clock)
    running = [
        Dispatcher(account, store.submissions, upstream, catalogue, references, signals, clock).run(),
        Watcher(store.watching, store.asking, {"meigen": upstream}, accounts, signals, clock, 3.0).run(),
        Courier(store.cards, store.asking, delivery, accounts, signals, clock).run(),
        Doorkeeper(store.door, store.cards, surface, signals, clock).run(),
    ]
    intake = Intake(store.door, store.asking, catalogue, views, {"meigen": account}, signals, Rules())
    return House(raw, store, intake, upstream, account, signals, [asyncio.create_task(stage) for stage in running])


def _with_submissions(store: Store, submissions: SubmissionStore) -> Store:
    return Store(store.door, submissions, store.watching, store.cards, store.asking, store.accounts)
