"""What the promises forbid, looked for in the world at the end of a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from bot.domain.jobs import FINAL_STATES, JobState
from bot.ui.messages import Accent
from sandbox.meigen import State
from tests.simulation.discord import Standing
from tests.simulation.house import Outside

ACCENTS = {
    JobState.SUCCEEDED: Accent.DONE,
    JobState.FAILED: Accent.FAILED,
    JobState.CANCELLED: Accent.STOPPED,
    JobState.TIMED_OUT: Accent.UNSURE,
    JobState.UNKNOWN: Accent.UNSURE,
}


def open_submissions(raw: sqlite3.Connection) -> frozenset[str]:
    """Prompts whose POST may be on its way: from the claim's commit to the answer's."""
    rows = raw.execute("SELECT json_extract(request, '$.prompt') FROM jobs WHERE state = 'submitting'")
    return frozenset(prompt for (prompt,) in rows)


def is_quiet(raw: sqlite3.Connection) -> bool:
    """Nothing is left to do."""
    counts = (
        "SELECT COUNT(*) FROM jobs WHERE state IN ('offered', 'queued', 'submitting', 'running')",
        "SELECT COUNT(*) FROM jobs WHERE next_look_at IS NOT NULL",
        "SELECT COUNT(*) FROM cards WHERE state = 'live' AND wanted > shown",
        "SELECT COUNT(*) FROM cards WHERE ping_since IS NOT NULL",
    )
    return not any(raw.execute(count).fetchone()[0] for count in counts)


def violations(outside: Outside, interrupted: frozenset[str]) -> list[str]:
    """Each in a sentence. `interrupted`: prompts whose POST was open at the crash."""
    with closing(sqlite3.connect(":memory:")) as raw:
        raw.row_factory = sqlite3.Row
        raw.deserialize(outside.database)
        jobs = raw.execute(
            "SELECT j.*, json_extract(j.request, '$.prompt') AS prompt, c.message_id, c.state AS card_state, "
            "(SELECT COUNT(*) FROM events AS e WHERE e.job_id = j.id "
            "AND e.to_state IN ('succeeded', 'failed', 'timed_out', 'unknown')) AS ends "
            "FROM jobs AS j JOIN cards AS c ON c.job_id = j.id"
        ).fetchall()
    found = [line for job in jobs for line in (*_job(job, outside, interrupted), *_card(job, outside))]
    if outside.engine.rate_limited:
        found.append(f"{outside.engine.rate_limited} requests were refused with 429")
    return found


def _job(job: sqlite3.Row, outside: Outside, interrupted: frozenset[str]) -> list[str]:
    state = JobState(job["state"])
    made = [g for g in outside.engine.generations.values() if g.prompt == job["prompt"]]
    may_be_unknown = job["prompt"] in interrupted or job["prompt"] in outside.unanswered
    spent = sum(generation.credits for generation in made if not generation.refunded)
    rules = {
        f"is left {state}": state not in FINAL_STATES,
        f"was paid for {len(made)} times": len(made) > 1,
        "is unknown though its POST was answered": state is JobState.UNKNOWN and not may_be_unknown,
        "failed here alone": state is JobState.FAILED and any(g.state is not State.FAILED for g in made),
        "was cancelled and paid for": state is JobState.CANCELLED and bool(made),
        "the books do not balance": state in {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}
        and spent != (job["charged_credits"] or 0),
    }
    return [f"{job['prompt']}: {rule}" for rule, is_broken in rules.items() if is_broken]


def _card(job: sqlite3.Row, outside: Outside) -> list[str]:
    state = JobState(job["state"])
    discord = outside.discord
    shown = [standing for standing in discord.standing.values() if _shows(standing, job["prompt"])]
    ends = [standing for standing in shown if standing.message.accent is ACCENTS.get(state)]
    was_deleted = job["card_state"] == "unwanted" or job["message_id"] in discord.deleted
    has_picture = state is JobState.SUCCEEDED and job["cancel_asked_at"] is None
    # Out of reach: what an edit may have left there before a crash can be neither seen nor changed any more.
    is_closed = job["channel_id"] in discord.faults.closed_channels
    reachable = [standing for standing in ends if not is_closed or standing.channel_id != job["channel_id"]]
    # A rescue is an end of its own, and has a nonce of its own.
    nonces = [ping.nonce for ping in discord.pings if ping.nonce.startswith(f"{job['id']}-")]
    rules = {
        f"ends {len(reachable)} times": len(reachable) > 1,
        f"is {state}, but no card says so": bool(shown) and not ends and not was_deleted and not is_closed,
        "has no card": not shown and not was_deleted and state is not JobState.CANCELLED,
        "pings twice for one end": len(set(nonces)) < len(nonces),
        "pings more often than it ended": len(nonces) > job["ends"],
        "its card has no picture": has_picture and any(not standing.message.gallery for standing in ends),
    }
    return [f"{job['prompt']}: {rule}" for rule, is_broken in rules.items() if is_broken]


def _shows(standing: Standing, prompt: str) -> bool:
    words = _words(standing.message.texts)
    wanted = prompt.split()
    return any(words[i : i + len(wanted)] == wanted for i in range(len(words)))


def _words(texts: Sequence[str]) -> list[str]:
    return " ".join(texts).replace("\\", "").split()
