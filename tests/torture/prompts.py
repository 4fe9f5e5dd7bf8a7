"""Real prompts of real people, by 20 members in 5 guilds, at the upstream's limit."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.flags import parse_flags
from bot.ui.messages import Accent
from sandbox.meigen import Counting
from sandbox.meigen.catalogue import BY_ID, DEFAULT_MODEL_ID, RETIRED_BY_SUMMER
from tests.e2e.harness import open_stage
from tests.torture.company import LATENCY_SECONDS, RATE, Company, Wish

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
TYPED_LIMIT = 6000
"""Of a text option: what is longer cannot be typed."""
ON_SALE = [model for model in BY_ID.values() if not model.is_retired and model.id not in RETIRED_BY_SUMMER]
MODELS = (None, *(model.id for model in ON_SALE if model.media_type == "image"))


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of it."""

    asked: int
    refused: int
    delivered: int
    credits: int
    slowest_answer_seconds: float
    backlog_seconds: float
    """From the first submission to the last."""
    least_seconds: float
    """What the limit makes of so many."""
    took_seconds: float
    violations: tuple[str, ...]


def sample(parti: int, gallery: int, seed: int = 0) -> list[str]:
    """So many prompts of each source, all different, all of a length that can be typed."""
    dice = random.Random(seed)
    lines = (DATA / "prompts.tsv").read_text(encoding="utf-8").splitlines()[1:]
    short = list(dict.fromkeys(line.split("\t")[0] for line in lines if line.strip()))
    items = json.loads((DATA / "gallery-prompts.json").read_text(encoding="utf-8"))
    long = [text for text in dict.fromkeys(item["prompt"] for item in items) if len(text) <= TYPED_LIMIT]
    chosen = dice.sample(short, parti) + dice.sample(long, gallery)
    dice.shuffle(chosen)
    return chosen


def is_allowed(wish: Wish) -> bool:
    """Whether the model's documents let that prompt through; many of these have Midjourney's flags in them."""
    model = BY_ID[wish.model or DEFAULT_MODEL_ID]
    parsed = parse_flags(wish.prompt)
    ratio = parsed.flags.get("aspect_ratio")
    is_shape = ratio is None or ratio in ("auto", *model.ratios)
    is_for_all = model.id.startswith("midjourney") or set(parsed.flags) <= {"aspect_ratio"}
    least, most = model.prompt_characters
    return not parsed.problems and is_shape and is_for_all and least <= len(parsed.words) <= (most or TYPED_LIMIT)


async def run(folder: Path, prompts: Sequence[str], counting: Counting, members: int = 20, guilds: int = 5) -> Tally:
    """Ask for all at once and wait for all ends. Raises AssertionError for what the bot's log and requests tell."""
    began_at = time.monotonic()
    wishes = [Wish(prompt, MODELS[n % len(MODELS)]) for n, prompt in enumerate(prompts)]
    async with open_stage(folder, counting=counting, latency_seconds=LATENCY_SECONDS, **RATE) as stage:
        company = Company(stage, members, guilds)
        await company.ask_all(wishes)
        await company.all_over(60 + len(wishes))
        posts = [seen.received_at for seen in stage.meigen.requests if seen.route == "generate"]
        paid = stage.meigen.engine.net_credits(stage.meigen.key)
        answers = [
            wish.sent.seconds_to_answer for wish in wishes if wish.sent and wish.sent.seconds_to_answer is not None
        ]
        violations = [*company.violations(), *_wrongly_judged(wishes)]
        if len(posts) != company.ends().total():
            violations.append(f"{len(posts)} submissions for {company.ends().total()} cards")
    return Tally(
        asked=len(wishes),
        refused=sum(wish.card is None for wish in wishes),
        delivered=company.ends()[Accent.DONE.name.lower()],
        credits=paid,
        slowest_answer_seconds=max(answers),
        backlog_seconds=max(posts) - min(posts),
        least_seconds=(len(posts) - 1) * RATE["rate_window_seconds"] / RATE["rate_limit"],
        took_seconds=time.monotonic() - began_at,
        violations=tuple(violations),
    )


def _wrongly_judged(wishes: Sequence[Wish]) -> list[str]:
    """Refused though the model allows it, taken though it does not, or not ended well."""
    problems = []
    for wish in wishes:
        card = wish.card
        if wish.answer is None:
            problems.append(f"not answered: {wish.prompt[:80]!r}")
        elif is_allowed(wish) != (card is not None):
            problems.append(f"judged wrongly for {wish.model}, {len(wish.prompt)} characters: {wish.answer.text[:200]}")
        elif card is not None and card.accent_color != Accent.DONE:
            problems.append(f"not delivered: {card.text[:200]}")
    return problems
