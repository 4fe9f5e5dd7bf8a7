"""Members type and click at random while both sides fail and the bot restarts: nothing fails without a sentence."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.meigen import Fault, FaultKind
from tests.e2e.harness import Stage, open_stage
from tests.torture.soak import DISCORD_FAULTS, upstream_faults
from tests.torture.verdicts import Judge, Troubles
from tests.torture.visitors import Act, Room, Visitor

OPTIONS: Mapping[str, Any] = {
    "rate_limit": 60,
    "rate_window_seconds": 2.0,
    "latency_seconds": (0.0, 0.1),
    "time_scale": 0.02,
    "credits": 100_000_000,
}
MEMBERS, GUILDS = 20, 4
FAULT_SHARE = 0.3
"""Of the soak's: after silences only one goes ahead, and little would come of all the clicks."""
DISCORD_FAULT_SECONDS = (1.0, 4.0)
GATEWAY_DROP_SECONDS = (15.0, 40.0)
SETTLING_SECONDS = 300.0
LIVE = ("offered", "queued", "submitting", "running")


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of it."""

    members: int
    seconds: float
    interactions: int
    used: Mapping[str, int]
    """How often each command, button, menu and form was used."""
    outcomes: Mapping[str, int]
    failed_while_away: int
    """“This interaction failed” while no bot was connected."""
    failed_by_fault: int
    """The same where a fault was put on the answer."""
    failed_without_reason: int
    slowest_answer_seconds: float
    jobs: Mapping[str, int]
    """By state."""
    generations: int
    restarts: int
    faults_upstream: int
    faults_discord: int
    took_seconds: float
    violations: tuple[str, ...]


async def run(folder: Path, seconds: float, restarts: int, seed: int, members: int = MEMBERS) -> Tally:
    """So long, and as long as it takes to settle. What log and requests tell counts as violations, too."""
    tallies: list[Tally] = []
    try:
        async with open_stage(folder, seed=seed, **OPTIONS) as stage:
            tallies.append(await _visit(stage, seconds, restarts, random.Random(seed), members))
    except AssertionError as error:
        if not tallies:
            raise
        return replace(tallies[0], violations=(*tallies[0].violations, *str(error).splitlines()))
    return tallies[0]


async def _visit(stage: Stage, seconds: float, restarts: int, dice: random.Random, members: int) -> Tally:
    began_at = time.monotonic()
    visitors = _visitors(stage, members, dice)
    stage.meigen.faults.add(*_upstream_faults())
    troubles = Troubles()
    over_at = time.monotonic() + seconds

    def is_over() -> bool:
        return time.monotonic() >= over_at

    strolls = [asyncio.create_task(visitor.stroll(is_over)) for visitor in visitors]
    await asyncio.gather(
        _trouble(stage, troubles, seconds, restarts, dice), _drop_answers(stage, troubles, is_over, dice)
    )
    await asyncio.gather(*strolls)
    stage.meigen.faults.clear()
    stage.world.faults.clear()
    # Into answers that were lost a new life looks at once, the same one only after half a minute.
    await troubles.during(stage, _restart(stage, is_killed=False))
    acts = [act for visitor in visitors for act in visitor.acts]
    unsettled = await _settled(stage)
    violations = (*unsettled, *Judge(stage, troubles, acts).violations())
    return _tally(stage, troubles, acts, (members, seconds, time.monotonic() - began_at), violations)


def _visitors(stage: Stage, count: int, dice: random.Random) -> Sequence[Visitor]:
    guilds = [stage.world.create_guild(f"Guild {number}", ("gallery",)) for number in range(GUILDS)]
    rooms = [Room(guild.channel("gallery")) for guild in guilds]
    return [
        Visitor(
            stage.world,
            guilds[number % GUILDS].add_member(f"member{number}", moderator=number < GUILDS),
            rooms[number % GUILDS],
            random.Random(dice.random()),
        )
        for number in range(count)
    ]


def _upstream_faults() -> Sequence[Fault]:
    gallery = [
        Fault(kind, route, times=None, probability=0.1, status=503, seconds=3.0)
        for kind in (FaultKind.ERROR_BEFORE, FaultKind.DROP_AFTER, FaultKind.GARBAGE, FaultKind.DELAY)
        for route in ("image", "search")
    ]
    return [*(replace(each, probability=each.probability * FAULT_SHARE) for each in upstream_faults()), *gallery]


async def _trouble(stage: Stage, troubles: Troubles, seconds: float, restarts: int, dice: random.Random) -> None:
    """Restarts at even distances, killed and stopped in turns, and lost connections in between."""
    until_at = time.monotonic() + seconds
    restart_at = [until_at - seconds * (restarts - number) / (restarts + 1) for number in range(restarts)]
    while (now := time.monotonic()) < until_at:
        next_drop_at = now + dice.uniform(*GATEWAY_DROP_SECONDS)
        if restart_at and restart_at[0] <= next_drop_at:
            await asyncio.sleep(max(0.0, restart_at.pop(0) - now))
            await troubles.during(stage, _restart(stage, is_killed=troubles.restarts % 2 == 0))
            troubles.restarts += 1
            continue
        await asyncio.sleep(min(next_drop_at, until_at) - now)
        await troubles.during(stage, stage.world.gateway.drop(resumable=dice.random() < 0.7))


async def _restart(stage: Stage, *, is_killed: bool) -> None:
    if is_killed:
        await stage.bot.kill()
    else:
        await stage.bot.terminate()
    await stage.bot.start()


async def _drop_answers(stage: Stage, troubles: Troubles, is_over: Callable[[], bool], dice: random.Random) -> None:
    while not is_over():
        stage.world.faults.add(dice.choice(DISCORD_FAULTS)())
        troubles.faults_discord += 1
        await asyncio.sleep(dice.uniform(*DISCORD_FAULT_SECONDS))


async def _settled(stage: Stage) -> Sequence[str]:
    """Wait until all has come to its end and is shown; whatever has not."""

    def behind() -> list[dict[str, Any]]:
        cards = stage.rows("cards")
        return [card for card in cards if card["state"] == "live" and card["wanted"] > card["shown"]]

    def live() -> list[dict[str, Any]]:
        return [job for job in stage.jobs() if job["state"] in LIVE]

    deadline = time.monotonic() + SETTLING_SECONDS
    with suppress(TimeoutError):
        while live() or behind():
            async with asyncio.timeout(deadline - time.monotonic()):
                await asyncio.sleep(0.2)
    still = [f"still {job['state']}: job {job['id']} {job['prompt']!r}" for job in live()]
    return [*still, *(f"its card is behind: job {card['job_id']}" for card in behind())]


def _tally(
    stage: Stage,
    troubles: Troubles,
    acts: Sequence[Act],
    measured: tuple[int, float, float],
    violations: Sequence[str],
) -> Tally:
    sent = stage.world.interactions
    failed = Judge(stage, troubles, acts).failed()
    return Tally(
        members=measured[0],
        seconds=measured[1],
        interactions=sum(len(act.steps) for act in acts),
        used=dict(sorted(Counter(act.name for act in acts).items())),
        outcomes=dict(sorted(Counter(step.outcome.value for act in acts for step in act.steps).items())),
        failed_while_away=len(failed["while_away"]),
        failed_by_fault=len(failed["by_fault"]),
        failed_without_reason=len(failed["without_reason"]),
        slowest_answer_seconds=max((each.seconds_to_answer or 0.0 for each in sent), default=0.0),
        jobs=dict(sorted(Counter(job["state"] for job in stage.jobs()).items())),
        generations=len(stage.meigen.generations),
        restarts=troubles.restarts,
        faults_upstream=sum(seen.fault is not None for seen in stage.meigen.requests),
        faults_discord=troubles.faults_discord,
        took_seconds=measured[2],
        violations=tuple(violations),
    )
