"""The real pipeline and store between stand-ins, in virtual time: one process, or one after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Clock
from bot.domain.gate import GateLimit
from bot.domain.jobs import Job, JobState
from bot.pipeline.chronicler import Chronicler
from bot.pipeline.courier import Courier
from bot.pipeline.delivery import Delivery
from bot.pipeline.dispatcher import Dispatcher
from bot.pipeline.dispatchers import Dispatchers
from bot.pipeline.doorkeeper import Doorkeeper
from bot.pipeline.exhibits import Exhibits
from bot.pipeline.pinger import Pinger
from bot.pipeline.references import References
from bot.pipeline.retention import Retention
from bot.pipeline.watcher import Watcher
from bot.ports import Account, Card, NewJob, Submissions
from bot.services.catalogue import Catalogue
from bot.services.keys import Keyring
from bot.services.signals import Signals
from bot.services.viewing import CardViews
from bot.store.store import Store, assemble
from tests.simulation.virtual_loop import LoopClock
from tests.support.builders import ENDLESS, LIMIT, account, new_job, read
from tests.support.fakes import AtOnce, FakeMedia, FakeProvider, FakeSurface, RotSealer
from tests.support.keys import keyring_of, print_of

POLL_SECONDS = 3.0


@dataclass(slots=True)
class Rig:
    """One process. Stages run once started by name."""

    clock: Clock
    driver: AtOnce
    store: Store
    provider: FakeProvider
    surface: FakeSurface
    media: FakeMedia
    account: Account
    signals: Signals
    stages: dict[str, Coroutine[Any, Any, None]]
    delivery: Delivery
    references: References
    keyring: Keyring
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        for name in names:
            self.running[name] = asyncio.create_task(self.stages.pop(name), name=name)

    async def kill(self) -> None:
        """The process dies: nothing more leaves it. (What its `finally` blocks store, they store too late.)"""
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        self.running.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def stop(self) -> None:
        """As at SIGTERM; a stage that failed raises."""
        self.signals.stop()
        await asyncio.gather(*self.running.values())

    # ---- what members do

    async def ask(self, *, is_answered: bool = True, **changes: Any) -> Job:
        """Offer, answer, confirm."""
        new = new_job(self.account, self.clock.now(), **changes)
        job, _ = await self.store.door.offer(new)
        if not is_answered:
            return job
        message = self.stand(new)
        confirmed = await self.store.door.confirm(job.id, message)
        assert confirmed is not None
        self.signals.queued.ring()
        self.signals.cards.ring()
        return confirmed

    def stand(self, new: NewJob) -> int:
        return self.surface.stand(new.channel_id, new.token).message_id

    async def running_job(self, **changes: Any) -> Job:
        """A job that the upstream has, by the dispatcher."""
        job = await self.ask(**changes)
        if "dispatcher" not in self.running:
            self.start("dispatcher")
        await self.until(lambda: self.states([job.id]) == [JobState.RUNNING])
        return await self.job(job)

    # ---- what came of it

    async def job(self, job: Job) -> Job:
        return await read(self.store, job.id)

    async def card(self, job: Job) -> Card:
        found = await self.store.cards.read(job.id)
        assert found is not None
        return found[1]

    def states(self, job_ids: list[int] | None = None) -> list[JobState]:
        found = dict(self.driver.rows("SELECT id, state FROM jobs ORDER BY id"))
        return [JobState(found[job_id]) for job_id in (job_ids or found)]

    def is_up_to_date(self) -> bool:
        return not self.driver.rows("SELECT 1 FROM cards WHERE state = 'live' AND wanted > shown")

    async def until(self, holds: Callable[[], bool], within_seconds: float = 4000.0) -> None:
        """Let virtual time pass until something holds."""
        ends_at = self.clock.now() + within_seconds
        while not holds():
            assert self.clock.now() < ends_at, "it never came to hold"
            for stage in self.running.values():
                if stage.done():
                    stage.result()
            await asyncio.sleep(0.05)

    async def settled(self) -> None:
        """Until every card shows what it should."""
        await self.until(self.is_up_to_date)


@asynccontextmanager
async def open_rig(
    limit: GateLimit = LIMIT,
    *,
    before: Rig | None = None,
    owner: str = "first",
    key: str | None = "key-1",
    wrap: Callable[[Submissions], Submissions] = lambda submissions: submissions,
) -> AsyncIterator[Rig]:
    """A process that begins; `before`: after another one, which died, in the same world.

    `wrap` puts something between the dispatcher and its store.
    """
    clock = LoopClock()
    driver = AtOnce(None if before is None else before.driver.raw.serialize())
    store = await assemble(driver, clock, RotSealer(), owner, ENDLESS)
    provider = FakeProvider(clock) if before is None else before.provider
    surface = FakeSurface(clock) if before is None else before.surface
    media = FakeMedia() if before is None else before.media
    mine = account(await store.accounts.enter("meigen", print_of(key or "")), limit, key)
    signals = Signals()
    keyring = keyring_of(store.keys, mine, provider=provider, signals=signals, clock=clock)
    await keyring.open()
    await store.submissions.recover(tuple(keyring.accounts.values()))
    catalogue = Catalogue([provider], store.asking, clock)
    await catalogue.refresh()
    views = CardViews(store.asking, store.guilds, catalogue, keyring.accounts, clock)
    references = References(store.cards, surface)
    delivery = Delivery(store.cards, surface, Exhibits(media, views), clock)
    submissions = wrap(store.submissions)

    def dispatcher_of(account: Account) -> Dispatcher:
        return Dispatcher(account, submissions, provider, catalogue, references, signals, clock)

    stages = {
        "dispatcher": Dispatchers(keyring, dispatcher_of, signals, clock).run(),
        "watcher": Watcher(
            store.watching, store.asking, {"meigen": provider}, keyring.accounts, signals, clock, POLL_SECONDS
        ).run(),
        "courier": Courier(store.cards, delivery, signals, clock).run(),
        "doorkeeper": Doorkeeper(store.door, store.cards, surface, signals, clock).run(),
        "chronicler": Chronicler(store.logbook, surface, catalogue, signals, clock).run(),
        "retention": Retention(store.retention, signals, clock).run(),
        "pinger": Pinger(store.cards, surface, signals, clock).run(),
    }
    rig = Rig(clock, driver, store, provider, surface, media, mine, signals, stages, delivery, references, keyring)
    try:
        yield rig
        await rig.stop()
    finally:
        for stage in rig.stages.values():
            stage.close()
