"""Members type and click at random while both sides fail and the bot restarts: nothing fails without a sentence."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sandbox.discord import Outcome, RecordedRequest, SentInteraction
from sandbox.meigen import Fault, FaultKind
from tests.e2e.harness import ENDS, Stage, open_stage, pictures_of, results, until
from tests.torture.soak import DISCORD_FAULTS, upstream_faults
from tests.torture.visitors import Act, Room, Visitor, jobs_of

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
ANSWER_SECONDS = 3.0
READY_SECONDS = 1.0
"""So long after a connection stands its first events may take to get through, on a machine that is busy."""
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


@dataclass(slots=True)
class Troubles:
    """What was done to the bot. `away` are the times (epoch seconds) in which it was not connected."""

    away: list[tuple[float, float]] = field(default_factory=list)
    restarts: int = 0
    faults_discord: int = 0

    async def during(self, stage: Stage, trouble: Awaitable[object]) -> None:
        """Do it, and wait until the bot is connected again."""
        began_at = time.time()
        await trouble
        await until(lambda: stage.world.gateway.connected, 60, what="the bot to be connected again")
        self.away.append((began_at, time.time() + READY_SECONDS))

    def was_away(self, sent_at: float, seconds: float = ANSWER_SECONDS) -> bool:
        """Whether that was so at any time within `seconds` after `sent_at`."""
        return any(began_at <= sent_at + seconds and sent_at <= over_at for began_at, over_at in self.away)


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


# ---------------------------------------------------------------- what must be true


class Judge:
    """Looks at all that was sent, asked for, charged and shown."""

    def __init__(self, stage: Stage, troubles: Troubles, acts: Sequence[Act]) -> None:
        self._stage = stage
        self._troubles = troubles
        self._acts = acts
        self._jobs = {job["id"]: job for job in stage.jobs()}
        self._requests = _by_token(stage.world.requests)

    def violations(self) -> Iterator[str]:
        """Everything that is not as promised, a line each."""
        yield from (f"failed without reason: {self.name(sent)}" for sent in self.failed()["without_reason"])
        yield from self._refused_requests()
        yield from self._charges()
        yield from self._origins()
        yield from self._ends()
        yield from self._broken_promises()

    def name(self, sent: SentInteraction) -> str:
        """What was done, by whom and when."""
        known = (act.name for act in self._acts if sent in act.sent)
        return f"{next(known, sent.command_name)} of {sent.user_id} at {sent.sent_at:.2f}"

    def failed(self) -> Mapping[str, Sequence[SentInteraction]]:
        """“This interaction failed”, by why."""
        found: dict[str, list[SentInteraction]] = {"while_away": [], "by_fault": [], "without_reason": []}
        for sent in self._stage.world.interactions:
            if sent.outcome is not Outcome.FAILED:
                continue
            was_away = self._troubles.was_away(sent.sent_at)
            reason = "while_away" if was_away else "by_fault" if self._was_disturbed(sent) else "without_reason"
            found[reason].append(sent)
        return found

    def _has_card(self, sent: SentInteraction) -> bool:
        """Whether it was answered with a message at once, as new jobs are; what comes later shows one of before."""
        requests = self._requests.get(sent.interaction.token, ())
        return any(each.path.endswith("/callback") and each.body.get("type") == 4 for each in requests)

    def _was_disturbed(self, sent: SentInteraction) -> bool:
        """Whether a fault was put on a request of that interaction."""
        requests = self._requests.get(sent.interaction.token, ())
        return any(each.status is None or each.status == 429 or each.status >= 500 for each in requests)

    def _refused_requests(self) -> Iterator[str]:
        """What Discord found wrong in itself; a repeated answer, after one that was lost, aside."""
        for each in self._stage.world.requests:
            code = each.answer.get("code") if isinstance(each.answer, dict) else None
            if each.status in (400, 403, 413) and code != 40060:
                yield f"refused: {each.method} {each.path[:60]}: {each.answer}"

    def _charges(self) -> Iterator[str]:
        """Each generation is one job's; where the answer was lost, that of a job of which nobody knows."""
        made = self._stage.meigen.generations
        claimed = Counter(job["generation_id"] for job in self._jobs.values() if job["generation_id"] is not None)
        yield from (f"{count} jobs have generation {key}" for key, count in claimed.items() if count > 1)
        yield from (f"no such generation: {key}" for key in claimed if key not in made)
        # Of what its member has had forgotten the words are gone.
        unknown = Counter(
            "" if job["forget_asked_at"] else job["prompt"] for job in self._jobs.values() if job["state"] == "unknown"
        )
        for generation in (each for key, each in made.items() if key not in claimed):
            prompt = generation.prompt if unknown[generation.prompt] else ""
            unknown[prompt] -= 1
            if unknown[prompt] < 0:
                yield f"charged for no job: {generation.prompt!r}"

    def _origins(self) -> Iterator[str]:
        """Each job that was sent comes from one command or click, and none of these made two."""
        shown = {card["message_id"]: card["job_id"] for card in self._stage.rows("cards")}
        origins: Counter[int] = Counter()
        for act in self._acts:
            answered = [each for each in act.sent if self._has_card(each)]
            by_id = {shown[message_id] for each in answered if (message_id := each.interaction.message_id) in shown}
            jobs = by_id | act.job_ids if answered else set()
            origins.update(jobs)
            if len(jobs) > 1:
                yield f"{len(jobs)} jobs of one {act.name}: {sorted(jobs)}"
        for number, job in self._jobs.items():
            if job["submitted_at"] is not None and origins[number] != 1:
                yield f"job {number} has {origins[number]} origins: {job['prompt']!r}"
        yield from (f"a card of no job: {number}" for number in origins if number not in self._jobs)

    def _ends(self) -> Iterator[str]:
        """The card of each job tells its end, and shows what was made."""
        deleted = {
            sent.interaction.source_message_id for act in self._acts for sent in act.sent if "delete" in act.name
        }
        for act in self._acts:
            for sent in act.sent:
                card = sent.message
                number = next(iter(act.job_ids), None)
                if number is None or not self._has_card(sent) or number not in self._jobs:
                    continue
                if card is None:
                    if sent.interaction.message_id not in deleted:
                        yield f"the card of job {number} is gone"
                elif number in jobs_of(card):
                    yield from (f"job {number}: {problem}" for problem in self._problems(card, self._jobs[number]))

    def _problems(self, card: Any, job: Mapping[str, Any]) -> Iterator[str]:
        if card.accent_color not in ENDS:
            yield f"no end is shown, though it is {job['state']}: {card.text!r}"
        if job["state"] != "succeeded" or job["cancel_asked_at"] is not None or job["forget_asked_at"] is not None:
            return
        files = [file.data for file in results(card)]
        if files and files != pictures_of(self._stage.meigen.generations[job["generation_id"]]):
            yield f"{len(files)} files that are not its own"
        if not files and "http" not in card.text:
            yield f"no result is shown: {card.text!r}"

    def _broken_promises(self) -> Iterator[str]:
        """What was to come and never came, though the bot lived and no fault was put on it."""
        for sent in self._stage.world.interactions:
            message = sent.message
            if message is None or not message.loading:
                continue
            if not self._was_disturbed(sent) and not self._troubles.was_away(sent.sent_at, 30.0):
                yield f"promised and never brought: {self.name(sent)}"


def _by_token(requests: Sequence[RecordedRequest]) -> Mapping[str, Sequence[RecordedRequest]]:
    """The requests of each interaction."""
    found: dict[str, list[RecordedRequest]] = {}
    for each in requests:
        parts = each.path.split("/")
        if len(parts) > 3 and parts[1] in ("interactions", "webhooks"):
            found.setdefault(parts[3], []).append(each)
    return found


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
        interactions=sum(len(act.sent) for act in acts),
        used=dict(sorted(Counter(act.name for act in acts).items())),
        outcomes=dict(sorted(Counter(outcome.value for act in acts for outcome in act.outcomes).items())),
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
