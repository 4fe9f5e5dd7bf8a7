"""Accounts, models, requests and jobs to test with; every builder takes what a test wants otherwise."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from bot.domain.catalog import Medium, Model, Prices, Timing
from bot.domain.gate import GateLimit
from bot.domain.jobs import Job, Result
from bot.domain.limits import House, Limits
from bot.domain.requests import GenerationRequest, Reference
from bot.ports import Accepted, Account, CardKind, Claim, Generation, GenerationState, NewJob
from bot.services.origin import Origin
from bot.store.store import Store

BEGAN_AT = 1_800_000_000.0
LIMIT = GateLimit(12, 60.0)
WIDE = GateLimit(100_000, 60.0)
"""A gate that is never in the way."""
GUILD, CHANNEL, MEMBER = 5, 50, 7
TOKEN_SECONDS = 900.0
ENDLESS = House(Limits(queued_per_member=10_000, queued_per_guild=10_000))
"""No line is ever too long."""

_numbers = count(1)


def model(**changes: Any) -> Model:
    """A picture model at 5 credits that takes two references."""
    made = Model(
        provider="meigen",
        id="swift-1",
        name="Swift One",
        maker="Acme",
        medium=Medium.IMAGE,
        ratios=("1:1", "16:9"),
        resolutions=("1K", "2K"),
        max_references=2,
        prompt_max_characters=2000,
        prices=Prices(per_generation=5),
        timing=Timing(20.0, 40.0),
        is_default=True,
    )
    return replace(made, **changes)


def request(prompt: str = "a cat", **changes: Any) -> GenerationRequest:
    return replace(GenerationRequest(prompt, model_id="swift-1"), **changes)


def attachment(expires_at: float | None = None, filename: str = "cat.png", number: int = 1) -> Reference:
    """A file given to Discord, whose signed link dies at `expires_at`."""
    signed = "" if expires_at is None else f"?ex={int(expires_at):x}&is=0&hm=0"
    url = f"https://cdn.test/attachments/{number}/{filename}{signed}"
    return Reference(url, is_attachment=True, filename=filename, content_type="image/png", size_bytes=1000)


def account(account_id: int = 1, limit: GateLimit = LIMIT, key: str | None = "key-1") -> Account:
    return Account(account_id, "meigen", limit, key)


def new_job(of: Account, at: float = BEGAN_AT, **changes: Any) -> NewJob:
    made = NewJob(
        account=of,
        guild_id=GUILD,
        channel_id=CHANNEL,
        user_id=MEMBER,
        request=request(),
        reserved_credits=5,
        is_private=False,
        card_kind=CardKind.CHANNEL,
        token=f"token-{next(_numbers)}",
        token_expires_at=at + TOKEN_SECONDS,
        attachment_limit_bytes=10_000_000,
    )
    return replace(made, **changes)


def origin(at: float = BEGAN_AT, **changes: Any) -> Origin:
    made = Origin(
        guild_id=GUILD,
        channel_id=CHANNEL,
        user_id=MEMBER,
        token=f"token-{next(_numbers)}",
        token_expires_at=at + TOKEN_SECONDS,
        card_kind=CardKind.CHANNEL,
        attachment_limit_bytes=10_000_000,
    )
    return replace(made, **changes)


def completed(*urls: str) -> Generation:
    return Generation(GenerationState.COMPLETED, Result(urls or ("https://img.test/1.png",)))


PROCESSING = Generation(GenerationState.PROCESSING)


# ---- jobs, as far along as a test needs them


async def offered(store: Store, of: Account, at: float = BEGAN_AT, **changes: Any) -> Job:
    job, _ = await store.door.offer(new_job(of, at, **changes))
    return job


async def queued(store: Store, of: Account, at: float = BEGAN_AT, **changes: Any) -> Job:
    """A job in the line, its card standing as message number 1,000 + the job's number of this run."""
    job = await offered(store, of, at, **changes)
    confirmed = await store.door.confirm(job.id, 1000 + next(_numbers))
    assert confirmed is not None
    return confirmed


async def claimed(store: Store, of: Account, at: float = BEGAN_AT, **changes: Any) -> Job:
    """Queued and claimed: the gate must be open, and nobody else in the line."""
    job = await queued(store, of, at, **changes)
    claim = await store.submissions.claim(of, 0.0)
    assert isinstance(claim, Claim)
    assert claim.job.id == job.id
    return await read(store, job.id)


async def running(store: Store, of: Account, at: float = BEGAN_AT, **changes: Any) -> Job:
    job = await claimed(store, of, at, **changes)
    accepted = await store.submissions.record(of, job.id, Accepted(f"gen-{job.id}", charged_credits=5))
    assert accepted is not None
    return accepted


async def read(store: Store, job_id: int) -> Job:
    job = await store.asking.job(job_id)
    assert job is not None
    return job


MODERATOR = 99


async def sets(store: Store, guild_id: int = GUILD, **values: Any) -> None:
    """A moderator sets limits, by their names."""
    await store.guilds.change(guild_id, MODERATOR, lambda limits: replace(limits, **values))
