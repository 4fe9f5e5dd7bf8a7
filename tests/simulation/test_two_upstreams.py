"""Both upstreams under load at once: each is used up, and neither waits for the other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.domain.gate import GateLimit
from bot.domain.jobs import JobState
from bot.pipeline.dispatcher import Dispatcher
from bot.pipeline.dispatchers import Dispatchers
from bot.pipeline.references import References
from bot.pipeline.watcher import Watcher
from bot.ports import Account, Provider
from bot.services.catalogue import Catalogue
from bot.services.keys import Keyring
from bot.services.signals import Signals
from bot.store.store import Store, assemble
from sandbox.meigen import MeigenEngine
from sandbox.meshy import MeshyEngine
from tests.simulation.meshy import SimulatedMeshy
from tests.simulation.upstream import FAULTLESS, Latency, MeigenFaults, SimulatedMeigen
from tests.simulation.virtual_loop import LoopClock
from tests.support.builders import BEGAN_AT, ENDLESS, new_job, request
from tests.support.fakes import AtOnce, FakeSurface, RotSealer, virtually
from tests.support.keys import print_of

MEIGEN, MESHY = GateLimit(12, 60.0), GateLimit(20, 1.0, tasks=10)
LATENCY = Latency()


@dataclass
class Town:
    """A process between two upstreams that are busy."""

    store: Store
    driver: AtOnce
    meigen: SimulatedMeigen
    meigen_engine: MeigenEngine
    meshy_engine: MeshyEngine
    filled: list[int] = field(default_factory=list)
    """How many of Meshy's slots were taken, twice a second."""

    async def watch(self, seconds: float) -> None:
        clock = LoopClock()
        ends_at = clock.now() + seconds
        while clock.now() < ends_at:
            self.meshy_engine.advance(clock.now())
            self.filled.append(len(self.meshy_engine._open))
            await asyncio.sleep(0.5)

    def sent_to_meigen(self, since: float, until: float) -> int:
        return sum(since <= made.created_at < until for made in self.meigen_engine.generations.values())

    def states(self, provider: str) -> set[JobState]:
        rows = self.driver.rows("SELECT DISTINCT state FROM jobs WHERE provider = ?", provider)
        return {JobState(state) for (state,) in rows}


@asynccontextmanager
async def busy_town() -> AsyncIterator[Town]:
    """More is asked of both than they make in twenty minutes."""
    clock, driver, dice, signals = LoopClock(), AtOnce(), random.Random(7), Signals()
    store = await assemble(driver, clock, RotSealer(), "me", ENDLESS)
    meigen_engine, meshy_engine = MeigenEngine(), MeshyEngine()
    keys = {"meigen": meigen_engine.add_key(), "meshy": meshy_engine.add_key()}
    meigen = SimulatedMeigen(meigen_engine, clock, dice, lambda _: None, LATENCY)
    providers: dict[str, Provider] = {
        "meigen": meigen,
        "meshy": SimulatedMeshy(meshy_engine, clock, dice, LATENCY),
    }
    limits = {"meigen": MEIGEN, "meshy": MESHY}
    accounts = [Account(await store.accounts.enter(name, key), name, limits[name], key) for name, key in keys.items()]
    keyring = Keyring(store.keys, providers, limits, accounts, print_of, lambda _: None, signals, clock)
    catalogue = Catalogue(list(providers.values()), store.asking, clock)
    await catalogue.refresh()
    references = References(store.cards, FakeSurface(clock))

    def dispatcher_of(account: Account) -> Dispatcher:
        provider = providers[account.provider]
        return Dispatcher(account, store.submissions, provider, catalogue, references, signals, clock)

    for account, model, count in zip(accounts, ("z-image-turbo", "meshy/nano-banana"), (300, 900), strict=True):
        for number in range(count):
            new = replace(
                new_job(account, clock.now(), request=request(f"picture {number}", model_id=model)),
                guild_id=number % 40 + 1,
                user_id=number % 40 + 1,
            )
            job, _ = await store.door.offer(new)
            await store.door.confirm(job.id, job.id)
    stages = [
        asyncio.create_task(Dispatchers(keyring, dispatcher_of, signals, clock).run()),
        asyncio.create_task(
            Watcher(store.watching, store.asking, providers, keyring.accounts, signals, clock, 3.0).run()
        ),
    ]
    try:
        yield Town(store, driver, meigen, meigen_engine, meshy_engine)
    finally:
        signals.stop()
        await asyncio.gather(*stages)


@virtually
async def test_both_are_used_up_at_once() -> None:
    async with busy_town() as town:
        await asyncio.sleep(60)
        await town.watch(600)
        assert town.sent_to_meigen(BEGAN_AT + 60, BEGAN_AT + 660) >= 0.99 * 120
        assert sum(town.filled) / len(town.filled) >= 0.95 * 10
        assert max(town.filled) <= 10
        assert town.meigen_engine.rate_limited == town.meshy_engine.rate_limited == town.meshy_engine.queue_limited == 0
        queued = town.driver.rows("SELECT provider, COUNT(*) FROM jobs WHERE state = 'queued' GROUP BY provider")
        assert {name for name, _ in queued} == {"meigen", "meshy"}, "the load was too small"


@virtually
async def test_one_that_is_down_for_five_minutes_leaves_the_other_alone() -> None:
    async with busy_town() as town:
        await asyncio.sleep(30)
        town.meigen._faults = MeigenFaults(unreachable=1.0, blind_looks=1.0, blind_seconds=15.0)
        down_at = LoopClock().now()
        await town.watch(300)
        assert town.sent_to_meigen(down_at + 1, down_at + 300) == 0
        town.meigen._faults = FAULTLESS
        assert sum(town.filled) / len(town.filled) >= 0.95 * 10
        assert town.states("meshy") <= {JobState.QUEUED, JobState.SUBMITTING, JobState.RUNNING, JobState.SUCCEEDED}
        await asyncio.sleep(60)
        assert town.sent_to_meigen(down_at + 300, down_at + 360) > 0
        assert JobState.FAILED not in town.states("meigen")
