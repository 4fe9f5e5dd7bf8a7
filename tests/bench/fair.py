"""How long others wait while one member floods, and how evenly the turns of a full line are dealt out."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.domain.gate import BURST
from sandbox.meigen import MeigenEngine, MeigenOptions
from tests.bench.compared import Compared, compared
from tests.bench.line import LIMIT, POST_MAX_SECONDS, OpenQueue, Queue, Turn, in_virtual_time, open_line
from tests.bench.plain_line import open_plain_line

FLOODED_GUILD = 1
FLOODER, INNOCENT = 11, 12
LIGHT_GUILDS = (2, 3, 4, 5, 6)
FLOOD_JOBS = 600
ASK_EVERY_SECONDS = 180.0
TURN_SECONDS = LIMIT.window_seconds / LIMIT.requests
BACKLOGS = (1, 2, 4, 8)
WINDOW_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Flood:
    """Waits in seconds, from the line to the answer. `light` are members of guilds that ask now and then."""

    seed: int
    light_worst_seconds: float
    light_bound_seconds: float
    """What the wait that came closest to its bound was allowed to be."""
    light_headroom_seconds: float
    """By how much that one stayed below: negative breaks the promise."""
    innocent_worst_seconds: float
    """Of a member of the flooded guild who asks as rarely."""

    @property
    def keeps_promise(self) -> bool:
        return self.light_headroom_seconds >= 0.0


@dataclass(frozen=True, slots=True)
class Evenness:
    """Jain's index over guilds whose lines are never empty, of every window: 1 is perfectly even."""

    seed: int
    windows: int
    worst: float
    mean: float

    @property
    def keeps_promise(self) -> bool:
        return self.worst >= 0.99


def compare_fair(seed: int) -> Iterator[Compared]:
    """Against the plain bot, which serves whoever came first."""
    flood, plain_flood = measure_flood(seed), measure_flood(seed, opened=open_plain_line)
    of_light = flood.light_worst_seconds, plain_flood.light_worst_seconds
    yield compared("worst wait of a light guild while one floods, s", *of_light)
    of_innocent = flood.innocent_worst_seconds, plain_flood.innocent_worst_seconds
    yield compared("worst wait of another member of the flooded guild, s", *of_innocent)
    evenness, plain_evenness = measure_evenness(seed), measure_evenness(seed, opened=open_plain_line)
    yield compared("Jain's index over guilds with full lines, worst", evenness.worst, plain_evenness.worst)
    yield compared("Jain's index over guilds with full lines, mean", evenness.mean, plain_evenness.mean)


def measure_flood(seed: int, jobs: int = FLOOD_JOBS, opened: OpenQueue = open_line) -> Flood:
    """One member asks for `jobs` at once; until they are done, others ask once every three minutes."""
    seconds = jobs * TURN_SECONDS

    async def main() -> Flood:
        engine = MeigenEngine(MeigenOptions(credits=10**9, counting="sliding", seed=seed))
        async with opened(engine, engine.add_key(), seed) as line:
            await line.ask(FLOODED_GUILD, FLOODER, jobs)
            others = [(FLOODED_GUILD, INNOCENT), *((guild, guild * 10) for guild in LIGHT_GUILDS)]
            await asyncio.gather(*(_now_and_then(line, seed, seconds, *other) for other in others))
            await _until_empty(line)
            return _flood(seed, line.turns())

    return in_virtual_time(main())


def measure_evenness(seed: int, least_jobs: int = 75, opened: OpenQueue = open_line) -> Evenness:
    """Four guilds with 1, 2, 4 and 8 times as many jobs, until the first has none left."""

    async def main() -> Evenness:
        engine = MeigenEngine(MeigenOptions(credits=10**9, counting="sliding", seed=seed))
        async with opened(engine, engine.add_key(), seed) as line:
            asks = [guild for guild, share in enumerate(BACKLOGS) for _ in range(share * least_jobs)]
            random.Random(seed).shuffle(asks)
            for number, guild in enumerate(asks):
                await line.ask(guild, guild * 10 + number % 3)
            await asyncio.sleep(least_jobs * len(BACKLOGS) * TURN_SECONDS)
            indices = list(_jain_by_window(line.turns(), len(BACKLOGS) * least_jobs))
            return Evenness(seed, len(indices), min(indices), sum(indices) / len(indices))

    return in_virtual_time(main())


def jain(shares: Sequence[float]) -> float:
    """1 where all are equal, 1/n where one has everything."""
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


async def _now_and_then(line: Queue, seed: int, seconds: float, guild_id: int, user_id: int) -> None:
    dice = random.Random(f"{seed} {user_id}")
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    await asyncio.sleep(dice.uniform(0.0, ASK_EVERY_SECONDS))
    while loop.time() < ends_at:
        await line.ask(guild_id, user_id)
        await asyncio.sleep(dice.uniform(0.5, 1.5) * ASK_EVERY_SECONDS)


async def _until_empty(line: Queue) -> None:
    while line.waiting():  # noqa: ASYNC110  in virtual time, looking costs nothing
        await asyncio.sleep(TURN_SECONDS)
    await asyncio.sleep(2 * POST_MAX_SECONDS)


def _flood(seed: int, turns: Sequence[Turn]) -> Flood:
    light = [turn for turn in turns if turn.guild_id in LIGHT_GUILDS]
    closest = min(light, key=lambda turn: _bound_seconds(turn, turns) - _wait_seconds(turn))
    bound_seconds = _bound_seconds(closest, turns)
    return Flood(
        seed,
        light_worst_seconds=max(map(_wait_seconds, light)),
        light_bound_seconds=bound_seconds,
        light_headroom_seconds=bound_seconds - _wait_seconds(closest),
        innocent_worst_seconds=max(_wait_seconds(turn) for turn in turns if turn.user_id == INNOCENT),
    )


def _wait_seconds(turn: Turn) -> float:
    return turn.answered_at - turn.queued_at


def _bound_seconds(turn: Turn, turns: Iterable[Turn]) -> float:
    """(Active guilds + burst) turns and one POST; active are those in the line while this one was, itself included."""
    active = {other.guild_id for other in turns if other.queued_at <= turn.sent_at and other.sent_at >= turn.queued_at}
    return (len(active) + BURST) * TURN_SECONDS + POST_MAX_SECONDS


def _jain_by_window(turns: Sequence[Turn], count: int) -> Iterable[float]:
    """Of whole windows among the first `count` turns, while every guild still waits."""
    dealt = turns[:count]
    begins_at = dealt[0].sent_at
    while begins_at + WINDOW_SECONDS <= dealt[-1].sent_at:
        ends_at = begins_at + WINDOW_SECONDS
        shares = Counter(turn.guild_id for turn in dealt if begins_at <= turn.sent_at < ends_at)
        yield jain([shares[guild] for guild in range(len(BACKLOGS))])
        begins_at = ends_at
