"""SIGKILL at random moments: nothing is lost, charged twice or delivered twice, and every card comes to its end."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.ui.messages import Accent
from tests.e2e.harness import Stage, open_stage
from tests.torture.company import RATE, Company, Guest, Wish

LATENCY_SECONDS = (0.0, 0.5)
"""Long enough for many a POST to be open at a kill."""
LIFE_SECONDS = (0.05, 1.2)
"""Least and most between being ready and the next kill."""
STORED_SECONDS = 1.0
"""So long after MeiGen's answer it may not be stored yet, on a machine that is busy."""
RETRIES = 30
MEMBERS, GUILDS = 10, 5


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of it."""

    kills: int
    asked: int
    unanswered: int
    """Typed while the bot was away: the member tries again."""
    delivered: int
    failed: int
    unknown: int
    took_seconds: float
    violations: tuple[str, ...]


async def run(folder: Path, jobs: int, kills: int, seed: int) -> Tally:
    """`jobs` cards while the bot is killed `kills` times. Raises AssertionError for what the log and requests tell."""
    began_at = time.monotonic()
    dice = random.Random(seed)
    async with open_stage(folder, latency_seconds=LATENCY_SECONDS, **RATE) as stage:
        company = Company(stage, MEMBERS, GUILDS, most_waiting=2)
        asking = asyncio.gather(*(_ask(guest, n, jobs // MEMBERS) for n, guest in enumerate(company.guests)))
        killed_at = [await _kill(stage, dice) for _ in range(kills)]
        await asking
        await company.all_over(60 + jobs)
        violations = [*company.violations(), *_lost(stage, company), *_baseless_unknowns(stage, company, killed_at)]
        ends = company.ends()
    return Tally(
        kills=kills,
        asked=len(company.wishes),
        unanswered=sum(wish.answer is None for wish in company.wishes),
        delivered=ends[Accent.DONE.name.lower()],
        failed=ends[Accent.FAILED.name.lower()],
        unknown=ends[Accent.UNSURE.name.lower()],
        took_seconds=time.monotonic() - began_at,
        violations=tuple(violations),
    )


async def _ask(guest: Guest, number: int, count: int) -> None:
    """`count` cards: what nobody answered is typed again, as people do."""
    for n in range(count):
        for attempt in range(RETRIES):
            fate = " [fail]" if n % 9 == 4 else ""
            wish = Wish(f"fox {number}.{n}.{attempt} in the rain{fate}", is_private=n % 7 == 3)
            await guest.ask(wish)
            if wish.answer is not None:
                break


async def _kill(stage: Stage, dice: random.Random) -> float:
    await asyncio.sleep(dice.uniform(*LIFE_SECONDS))
    return await stage.bot.restart()


def _lost(stage: Stage, company: Company) -> Iterator[str]:
    """Jobs that live on for ever, and cards whose job ended without a word."""
    prompts = {wish.prompt for wish in company.wishes if wish.answer is not None}
    for job in stage.jobs():
        if job["state"] in ("offered", "queued", "submitting", "running"):
            yield f"still {job['state']}: {job['prompt']}"
        if job["state"] == "cancelled" and job["prompt"] in prompts:
            yield f"cancelled by nobody: {job['prompt']}"


def _baseless_unknowns(stage: Stage, company: Company, killed_at: Sequence[float]) -> Iterator[str]:
    """Unknown without a kill between the claim and the moment at which MeiGen's answer was stored."""
    posts = {seen.payload["prompt"]: seen for seen in stage.meigen.requests if isinstance(seen.payload, dict)}
    for wish in company.wishes:
        card = wish.card
        if card is None or card.accent_color != Accent.UNSURE:
            continue
        claimed_at = stage.job(wish.prompt)["submitted_at"]
        post = posts.get(wish.prompt)
        over_at = time.time() if post is None or post.answered_at is None else post.answered_at + STORED_SECONDS
        if not any(claimed_at <= kill <= over_at for kill in killed_at):
            yield f"unknown, though its POST was not open at a kill: {wish.prompt}"
