"""Crash at every effect: run a scenario once, keep the world at each effect, and let a new process go on from each."""

from __future__ import annotations

import asyncio
import copy
import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.gate import GateLimit
from bot.domain.jobs import FINAL_STATES, JobState
from bot.domain.requests import GenerationRequest
from bot.errors import Refused
from bot.ports import CardKind
from bot.services.origin import Origin
from bot.store.submissions import SubmissionStore
from bot.ui.cards import draw
from bot.ui.messages import Accent
from sandbox.meigen import MeigenEngine, MeigenOptions, State
from tests.simulation.discord import TOKEN_SECONDS, DiscordState
from tests.simulation.house import House, Outside, fresh_database, open_house
from tests.simulation.virtual_loop import LoopClock, run_virtually

BEGAN_AT = 1_800_000_000.0
LIMIT = GateLimit(12, 60.0)
QUIET_WITHIN_SECONDS = 3 * 3600.0
DOWN_SECONDS = (0.5, 5.0, 70.0, 1000.0)
"""How long the process stays away, in turn: the last outlives every token."""

ACCENTS = {
    JobState.SUCCEEDED: Accent.DONE,
    JobState.FAILED: Accent.FAILED,
    JobState.CANCELLED: Accent.STOPPED,
    JobState.TIMED_OUT: Accent.UNSURE,
    JobState.UNKNOWN: Accent.UNSURE,
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What members do, and how the world is."""

    name: str
    seed: int
    jobs: int = 18
    guilds: int = 3
    users: int = 5
    cancels: int = 2
    deletions: int = 1
    failing: int = 2
    spread_seconds: float = 20.0
    limit: GateLimit = LIMIT


@dataclass(slots=True)
class CrashPoint:
    """The world at one effect."""

    label: str
    at: float
    outside: Outside
    open_posts: frozenset[str]


@dataclass(slots=True)
class Recorder:
    """Keeps the world at each effect."""

    outside: Outside
    points: list[CrashPoint] = field(default_factory=list)
    house: House | None = None

    def __call__(self, label: str) -> None:
        house = self.house
        if house is None:
            return
        self.points.append(
            CrashPoint(
                label,
                LoopClock().now(),
                Outside(
                    house.raw.serialize(),
                    copy.deepcopy(self.outside.engine),
                    copy.deepcopy(self.outside.discord),
                    self.outside.key,
                ),
                open_submissions(house.raw),
            )
        )


def open_submissions(raw: sqlite3.Connection) -> frozenset[str]:
    """Prompts whose POST may be on its way: from the claim's commit to the answer's."""
    rows = raw.execute("SELECT json_extract(request, '$.prompt') FROM jobs WHERE state = 'submitting'")
    return frozenset(prompt for (prompt,) in rows)


def new_world(scenario: Scenario) -> Outside:
    engine = MeigenEngine(
        MeigenOptions(
            rate_limit=scenario.limit.requests,
            rate_window_seconds=scenario.limit.window_seconds,
            counting="sliding",
            seed=scenario.seed,
            time_scale=0.5,
        )
    )
    return Outside(fresh_database(), engine, DiscordState(), engine.add_key(100_000))


def record(scenario: Scenario) -> tuple[Sequence[CrashPoint], Outside]:
    """Run without a crash; every point at which one can be tried, and the world at the end."""
    outside = new_world(scenario)
    recorder = Recorder(outside)

    async def main() -> None:
        clock = LoopClock()
        dice = random.Random(scenario.seed)
        house = await open_house(outside, clock, dice, recorder, scenario.limit, "first")
        recorder.house = house
        await asyncio.gather(*(_act(house, outside.discord, recorder, scenario, n) for n in range(scenario.jobs)))
        await _until_quiet(house)
        outside.database = house.raw.serialize()

    run_virtually(BEGAN_AT, main())
    return recorder.points, outside


def recover(
    point: CrashPoint, scenario: Scenario, number: int, submissions: type[SubmissionStore] = SubmissionStore
) -> Outside:
    """A new process, some time after the crash, until nothing is left to do. Changes `point.outside`."""
    outside = point.outside

    async def main() -> None:
        clock = LoopClock()
        house = await open_house(
            outside, clock, random.Random(number), lambda _: None, scenario.limit, "second", submissions
        )
        await _until_quiet(house)
        outside.database = house.raw.serialize()
        house.raw.close()

    run_virtually(point.at + DOWN_SECONDS[number % len(DOWN_SECONDS)], main())
    return outside


async def _act(house: House, discord: DiscordState, effect: Recorder, scenario: Scenario, number: int) -> None:
    """One member asks; some call back, or delete the message, a little later."""
    dice = random.Random(f"{scenario.seed} {number}")
    await asyncio.sleep(dice.uniform(0, scenario.spread_seconds))
    user_id = 1 + number % scenario.users
    guild_id = 100 + user_id % scenario.guilds
    token = f"token-{number}"
    now = LoopClock().now()
    discord.tokens[token] = now
    origin = Origin(guild_id, guild_id * 10, user_id, token, now + TOKEN_SECONDS, CardKind.CHANNEL, 10_000_000)
    prompt = f"picture number {number}{' [fail]' if number < scenario.failing else ''}"
    try:
        offer = await house.intake.offer(GenerationRequest(prompt, model_id="z-image-turbo"), origin)
    except Refused:
        return
    await asyncio.sleep(dice.uniform(0.02, 0.2))
    message_id = discord.answer(token, origin.channel_id, draw(offer.view))
    effect("answered")
    await asyncio.sleep(dice.uniform(0.02, 0.2))
    await house.intake.confirm(offer.job.id, message_id)
    if scenario.failing <= number < scenario.failing + scenario.cancels:
        await asyncio.sleep(dice.uniform(0, 30))
        await house.intake.cancel(offer.job.id, origin)
    elif number >= scenario.jobs - scenario.deletions:
        await asyncio.sleep(dice.uniform(0, 30))
        discord.delete(message_id)
        effect("deleted")


async def _until_quiet(house: House) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + QUIET_WITHIN_SECONDS
    while loop.time() < until:
        await asyncio.sleep(10)
        house.check_stages()
        if _is_quiet(house.raw):
            return


def _is_quiet(raw: sqlite3.Connection) -> bool:
    (live,) = raw.execute(
        "SELECT COUNT(*) FROM jobs WHERE state IN ('offered', 'queued', 'submitting', 'running')"
    ).fetchone()
    (late,) = raw.execute("SELECT COUNT(*) FROM jobs WHERE next_look_at IS NOT NULL").fetchone()
    (behind,) = raw.execute("SELECT COUNT(*) FROM cards WHERE state = 'live' AND wanted > shown").fetchone()
    return not (live or late or behind)


def violations(outside: Outside, open_posts: frozenset[str]) -> list[str]:
    """What the promises forbid, at the end of a run. `open_posts`: prompts whose POST was open at the crash."""
    raw = sqlite3.connect(":memory:")
    raw.row_factory = sqlite3.Row
    raw.deserialize(outside.database)
    jobs = raw.execute(
        "SELECT j.*, json_extract(j.request, '$.prompt') AS prompt, c.message_id, c.state AS card_state "
        "FROM jobs AS j JOIN cards AS c ON c.job_id = j.id"
    ).fetchall()
    raw.close()
    found = [line for job in jobs for line in _job_violations(job, outside, open_posts)]
    if outside.engine.rate_limited:
        found.append(f"{outside.engine.rate_limited} requests were refused with 429")
    return found


def _job_violations(job: sqlite3.Row, outside: Outside, open_posts: frozenset[str]) -> list[str]:
    found: list[str] = []
    state = JobState(job["state"])
    made = [g for g in outside.engine.generations.values() if g.prompt == job["prompt"]]
    if state not in FINAL_STATES:
        found.append(f"{job['prompt']}: is left {state}")
    if len(made) > 1:
        found.append(f"{job['prompt']}: was paid for {len(made)} times")
    if state is JobState.UNKNOWN and job["prompt"] not in open_posts:
        found.append(f"{job['prompt']}: is unknown though its POST was not open")
    if state is JobState.FAILED and any(g.state is not State.FAILED for g in made):
        found.append(f"{job['prompt']}: failed here alone")
    if state is JobState.CANCELLED and made:
        found.append(f"{job['prompt']}: was cancelled and paid for")
    if state is JobState.SUCCEEDED and sum(g.credits for g in made if not g.refunded) != job["charged_credits"]:
        found.append(f"{job['prompt']}: the books do not balance")
    return found + _card_violations(job, state, outside)


def _card_violations(job: sqlite3.Row, state: JobState, outside: Outside) -> list[str]:
    discord = outside.discord
    shown = [s for s in discord.standing.values() if _shows(s.message.texts, job["prompt"])]
    if len(shown) > 1:
        return [f"{job['prompt']}: stands {len(shown)} times"]
    if shown and state in FINAL_STATES and shown[0].message.accent is not ACCENTS[state]:
        return [f"{job['prompt']}: is {state}, but its card does not say so"]
    if shown and state is JobState.SUCCEEDED and job["cancel_asked_at"] is None and not shown[0].message.gallery:
        return [f"{job['prompt']}: its card has no picture"]
    was_deleted = job["message_id"] in discord.deleted
    if not shown and not was_deleted and state is not JobState.CANCELLED:
        return [f"{job['prompt']}: has no card"]
    return []


def _shows(texts: Sequence[str], prompt: str) -> bool:
    words = " ".join(texts).replace("\\", "").split()
    wanted = prompt.split()
    return any(words[i : i + len(wanted)] == wanted for i in range(len(words)))


class RequeueOnRestart(SubmissionStore):
    """The mutant that the harness must catch: what was interrupted is simply sent again."""

    async def recover(self, accounts: object) -> int:
        def unit():  # type: ignore[no-untyped-def]  # noqa: ANN202  a mutant
            from bot.store.units import do  # noqa: PLC0415

            rows = yield from do("interrupted_jobs", owner=self._owner)
            for row in rows:
                yield from do("requeue_job", id=row["id"])
            yield from do("close_interrupted_sends", now=self._ledger.now())
            return len(rows)

        return await self._driver.run(unit)
