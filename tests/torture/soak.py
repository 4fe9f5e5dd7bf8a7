"""Minutes of random faults on both sides and SIGKILLs, members asking all the time: nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.ui.messages import Accent
from sandbox.discord import Delay, DropAnswer, DropRequest, RateLimit, ServerError
from sandbox.discord.faults import Fault as DiscordFault
from sandbox.meigen import Fault, FaultKind, SeenRequest
from tests.e2e.harness import ENDS, Stage, open_stage, pictures_of, results, until
from tests.torture.company import Company, Guest, Wish

RATE: Mapping[str, Any] = {"rate_limit": 12, "rate_window_seconds": 6.0}
"""The real limit, ten times as fast."""
LATENCY_SECONDS = (0.0, 0.4)
TIME_SCALE = 0.05
MEMBERS, GUILDS, MOST_WAITING = 12, 4, 2
PAUSE_SECONDS = (0.1, 2.0)
"""Least and most between two wishes of a member."""
PRIVATE, SHORT_LIVED = 0.3, 0.3
"""Shares of cards that their member alone sees, and of those whose token dies early: both leads to a new message."""
TOKENS_SECONDS = 0.5
DISCORD_FAULT_SECONDS = (0.2, 1.0)
GATEWAY_DROP_SECONDS = (8.0, 20.0)
SETTLING_SECONDS = 400.0
"""For the longest pause after a silence, and for answers in doubt."""
STORED_SECONDS = 1.0
"""So long after MeiGen's answer it may not be stored yet, on a machine that is busy."""

_SILENT = (FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.RESET_AFTER, FaultKind.ERROR_BEFORE)
_UNREADABLE = (FaultKind.ERROR_AFTER, FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.CUT, FaultKind.WRONG_SHAPE)
UNANSWERED = frozenset((*_SILENT, *_UNREADABLE))
"""After one of these on a submission nobody can tell whether it was charged."""

EDITS, ANSWERS, POSTS = "/webhooks/*/messages/@original", "/interactions/*", "/channels/*/messages"
DISCORD_FAULTS: Sequence[Callable[[], DiscordFault]] = (
    lambda: RateLimit(EDITS, "PATCH", retry_after_seconds=0.5),
    lambda: RateLimit(EDITS, "PATCH", retry_after_seconds=0.5, is_global=True),
    lambda: ServerError(EDITS, "PATCH", status=503),
    lambda: DropRequest(EDITS, "PATCH"),
    lambda: DropAnswer(EDITS, "PATCH"),
    lambda: Delay(EDITS, "PATCH", seconds=0.5),
    lambda: RateLimit(ANSWERS, "POST", retry_after_seconds=0.2),
    lambda: ServerError(ANSWERS, "POST", status=500),
    lambda: DropRequest(ANSWERS, "POST"),
    lambda: DropAnswer(ANSWERS, "POST"),
    lambda: DropAnswer(POSTS, "POST"),
    lambda: ServerError(POSTS, "POST", status=502),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was done, not what came of it."""

    killed_at: Sequence[float]
    """Epoch seconds."""
    faults_discord: int
    waits_given_up: int
    took_seconds: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of it."""

    kills: int
    asked: int
    unanswered: int
    """Typed while the bot was away, or its answer was dropped: no card, no charge."""
    delivered: int
    posted_anew: int
    """Of those: in a direct message, since the card's token was dead."""
    failed: int
    lost: int
    double_charges: int
    double_deliveries: int
    unknown_with_open_post: int
    unknown_with_fault: int
    unknown_without_reason: int
    """Neither was its POST open at a kill nor was a fault put on it."""
    refusals_of_the_limit: int
    """429 that no fault made."""
    gate_steps_down: int
    """How many below the limit the gate held itself in the end."""
    waits_given_up: int
    """How often a member had two requests under way for two minutes, and so waited for nothing."""
    faults_upstream: int
    faults_discord: int
    took_seconds: float
    violations: tuple[str, ...]


def upstream_faults() -> Sequence[Fault]:
    """Of submissions, looks and files; the shares are of requests."""
    submissions = [Fault(kind, times=None, probability=0.01, status=502) for kind in (*_SILENT, *_UNREADABLE)]
    # Only some: each makes the gate hold itself to one fewer in a window, and no ten minutes would bring that back.
    limits = [Fault(FaultKind.RATE_LIMITED, times=2, probability=0.02, retry_after=told) for told in ("1", "2", "3")]
    slow = [Fault(kind, times=None, probability=0.05, seconds=1.5) for kind in (FaultKind.DELAY, FaultKind.DELAY_AFTER)]
    ends = [
        Fault(FaultKind.REFUSED, times=None, probability=0.02, error="not liked"),
        Fault(FaultKind.FAILS, times=None, probability=0.05, error="the brush broke"),
        Fault(FaultKind.FINISHES_LATE, times=None, probability=0.05, seconds=4.0),
    ]
    kinds = (FaultKind.ERROR_BEFORE, FaultKind.DROP_AFTER, FaultKind.CUT)
    spoilt = (*kinds, FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.WRONG_SHAPE)
    looks = [Fault(kind, "status", times=None, probability=0.02, status=502) for kind in spoilt]
    files = [Fault(kind, "media", times=None, probability=0.02, status=503) for kind in kinds]
    return [*submissions, *limits, *slow, *ends, *looks, *files]


async def run(folder: Path, minutes: float, kills: int, seed: int) -> Tally:
    """So many minutes, and as long as it takes to settle. Raises AssertionError for what log and requests tell."""
    began_at = time.monotonic()
    dice = random.Random(seed)
    async with open_stage(folder, latency_seconds=LATENCY_SECONDS, time_scale=TIME_SCALE, seed=seed, **RATE) as stage:
        company = Company(stage, MEMBERS, GUILDS, MOST_WAITING)
        stage.meigen.faults.add(*upstream_faults())
        until_at = time.monotonic() + minutes * 60
        members = asyncio.gather(*(_ask(guest, until_at, random.Random(dice.random())) for guest in company.guests))
        troubles = asyncio.gather(
            _trouble_discord(stage, until_at, dice),
            _drop_gateway(stage, until_at, dice),
            _let_tokens_die(stage, company, until_at, dice),
        )
        killed_at = await _kill(stage, kills, minutes * 60 / kills if kills else 0.0, dice)
        faults_discord, *_ = await troubles
        waits_given_up = sum(await members)
        stage.meigen.faults.clear()
        stage.world.faults.clear()
        unfinished = await _settled(stage, company)
        figures = Figures(killed_at, faults_discord, waits_given_up, time.monotonic() - began_at)
        return _tally(stage, company, figures, unfinished)


async def _settled(stage: Stage, company: Company) -> Sequence[str]:
    """Wait until every card shows an end, and every offer whose answer was lost has been looked into."""
    try:
        await company.all_over(SETTLING_SECONDS)
        await until(lambda: not any(job["state"] in _LIVE for job in stage.jobs()), 60, what="no job to be live")
    except TimeoutError as error:
        return [str(error)]
    return []


async def _ask(guest: Guest, until_at: float, dice: random.Random) -> int:
    """How often there was no room for two minutes: after silences only one goes ahead, ever more patiently."""
    given_up = 0
    for number in itertools.count():
        if time.monotonic() >= until_at:
            break
        try:
            await guest.ask(Wish(f"fox {number} of {guest.member.name}", is_private=dice.random() < PRIVATE))
        except TimeoutError:
            given_up += 1
        await asyncio.sleep(dice.uniform(*PAUSE_SECONDS))
    return given_up


async def _kill(stage: Stage, kills: int, every_seconds: float, dice: random.Random) -> Sequence[float]:
    """Epoch seconds of all kills."""
    killed_at = []
    next_at = time.monotonic()
    for _ in range(kills):
        # Without the lives' starts, which take their time as well, they would not all fit in.
        next_at += every_seconds
        await asyncio.sleep(max(dice.uniform(0.05, 1.0), next_at - time.monotonic() - dice.uniform(0.0, 2.0)))
        assert stage.bot.is_alive, f"the bot ended by itself:\n{stage.bot.log}"
        killed_at.append(await stage.bot.restart())
    return killed_at


async def _trouble_discord(stage: Stage, until_at: float, dice: random.Random) -> int:
    """One fault after another; how many."""
    for number in itertools.count():
        if time.monotonic() >= until_at:
            return number
        stage.world.faults.add(dice.choice(DISCORD_FAULTS)())
        await asyncio.sleep(dice.uniform(*DISCORD_FAULT_SECONDS))
    raise AssertionError  # it counts for ever


async def _drop_gateway(stage: Stage, until_at: float, dice: random.Random) -> None:
    while time.monotonic() < until_at:
        await asyncio.sleep(dice.uniform(*GATEWAY_DROP_SECONDS))
        await stage.world.gateway.drop(resumable=dice.random() < 0.7)


async def _let_tokens_die(stage: Stage, company: Company, until_at: float, dice: random.Random) -> None:
    while time.monotonic() < until_at:
        await asyncio.sleep(TOKENS_SECONDS)
        for guest in company.guests:
            for wish in guest.wishes[-MOST_WAITING:]:
                if not wish.is_over and dice.random() < SHORT_LIVED:
                    guest.let_token_die(wish, stage.world)


# ---------------------------------------------------------------- the count


def _tally(stage: Stage, company: Company, figures: Figures, unfinished: Sequence[str]) -> Tally:
    posts, killed_at = _posts(stage), figures.killed_at
    unknown = Counter(_reason(stage, wish, posts, killed_at) for wish in company.wishes if _ended(wish, Accent.UNSURE))
    baseless = [
        f"unknown without reason: {wish.prompt}"
        for wish in company.wishes
        if _ended(wish, Accent.UNSURE) and _reason(stage, wish, posts, killed_at) == "none"
    ]
    charged = Counter(generation.prompt for generation in stage.meigen.generations.values())
    charged_twice = [f"charged {count} times: {prompt}" for prompt, count in charged.items() if count > 1]
    shown_twice = [f"delivered {count} times: {name}" for name, count in _files(stage, company).items() if count > 1]
    lost = [*unfinished, *_lost(stage, company, posts)]
    refusals = sum(seen.status == 429 and seen.fault is None for seen in stage.meigen.requests)
    return Tally(
        kills=len(killed_at),
        asked=len(company.wishes),
        unanswered=sum(wish.card is None for wish in company.wishes),
        delivered=sum(_ended(wish, Accent.DONE) for wish in company.wishes),
        posted_anew=sum(_ended(wish, Accent.DONE) and wish.posted() is not None for wish in company.wishes),
        failed=sum(_ended(wish, Accent.FAILED) for wish in company.wishes),
        lost=len(lost),
        double_charges=len(charged_twice),
        double_deliveries=len(shown_twice),
        unknown_with_open_post=unknown["open"],
        unknown_with_fault=unknown["fault"],
        unknown_without_reason=unknown["none"],
        refusals_of_the_limit=refusals,
        gate_steps_down=max(json.loads(account["gate"])["steps_down"] for account in stage.rows("accounts")),
        waits_given_up=figures.waits_given_up,
        faults_upstream=sum(seen.fault is not None for seen in stage.meigen.requests),
        faults_discord=figures.faults_discord,
        took_seconds=figures.took_seconds,
        violations=(*lost, *charged_twice, *shown_twice, *baseless),
    )


def _ended(wish: Wish, accent: Accent) -> bool:
    return wish.card is not None and wish.card.accent_color == accent


def _posts(stage: Stage) -> Mapping[str, Sequence[SeenRequest]]:
    """The submissions of each prompt that reached MeiGen, oldest first."""
    found: dict[str, list[SeenRequest]] = {}
    for seen in stage.meigen.requests:
        if seen.route == "generate" and isinstance(seen.payload, dict):
            found.setdefault(str(seen.payload["prompt"]), []).append(seen)
    return found


def _reason(stage: Stage, wish: Wish, posts: Mapping[str, Sequence[SeenRequest]], killed_at: Sequence[float]) -> str:
    """Why nobody knows what became of a submission: "fault", "open" (at a kill), or "none"."""
    tries = posts.get(wish.prompt, ())
    last = tries[-1] if tries else None
    if last is not None and last.fault is not None and last.fault.kind in UNANSWERED:
        return "fault"
    claimed_at = stage.job(wish.prompt)["submitted_at"]
    over_at = time.time() if last is None or last.answered_at is None else last.answered_at + STORED_SECONDS
    return "open" if any(claimed_at <= kill <= over_at for kill in killed_at) else "none"


def _files(stage: Stage, company: Company) -> Counter[str]:
    """How often each result is to be seen anywhere."""
    messages = [m for guest in company.guests for m in stage.world.messages(guest.member.dm)]
    for channel in {guest.channel.id: guest.channel for guest in company.guests}.values():
        messages += stage.world.messages(channel)
    return Counter(file.filename for message in messages for file in results(message))


def _lost(stage: Stage, company: Company, posts: Mapping[str, Sequence[SeenRequest]]) -> Sequence[str]:
    """Whatever did not come to the end that it should have, or not to its own."""
    jobs = {job["prompt"]: job for job in stage.jobs()}
    found = [f"still {job['state']}: {prompt}" for prompt, job in jobs.items() if job["state"] in _LIVE]
    for wish in company.wishes:
        card = wish.card
        generations = stage.generations(wish.prompt)
        if card is None:
            if generations:
                found.append(f"charged, and no card stands: {wish.prompt}")
            continue
        if card.accent_color not in ENDS:
            found.append(f"no end: {wish.prompt}")
        if jobs[wish.prompt]["state"] == "cancelled":
            found.append(f"cancelled by nobody: {wish.prompt}")
        own = [picture for generation in generations for picture in pictures_of(generation)]
        if _ended(wish, Accent.DONE) and (not own or [file.data for file in results(card)] != own):
            found.append(f"not its own pictures: {wish.prompt}: {card.text}")
        is_refused = any(seen.fault and seen.fault.kind is FaultKind.REFUSED for seen in posts.get(wish.prompt, ()))
        if _ended(wish, Accent.FAILED) and not is_refused and not (generations and generations[0].failure):
            found.append(f"failed, and the upstream did not: {wish.prompt}: {card.text}")
    return found


_LIVE = ("offered", "queued", "submitting", "running")
