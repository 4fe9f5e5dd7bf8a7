"""The seam: what the pipeline asks of an upstream, and what one tells. A new one is a package in `bot/providers`.

It must be a `Provider`. Whatever else it can do it shows by having what Follows, Lists, Recalls or
TellsBalance have; the pipeline asks with `isinstance` and knows no upstream by name.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.domain.catalog import Model, Skill
from bot.domain.gate import GateLimit
from bot.domain.jobs import Failure, Job, Result
from bot.domain.requests import GenerationRequest


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits that requests with the key can spend; None: not told."""

    purchased_credits: int | None
    is_unlimited: bool = False


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """`X-RateLimit-*` of an answer; None where not sent."""

    limit: int | None = None
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The upstream took a submission."""

    generation_id: str
    model_id: str | None = None
    """As told; None leaves it as asked for."""
    charged_credits: int | None = None
    balance: Balance | None = None
    rate: RateHeaders = RateHeaders()


class GenerationState(StrEnum):
    """What a poll tells."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Taken back before it began; its credits come back."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One look at a generation. `result` when completed, `failure` when failed; progress is None where not told."""

    state: GenerationState
    result: Result | None = None
    failure: Failure | None = None
    progress_percent: int | None = None
    is_begun: bool = True
    """False while it waits in the upstream's own line."""
    preceding_tasks: int | None = None
    """How many of that line come before it; None where not told."""
    begun_at: float | None = None
    """When it left that line (epoch seconds, by the upstream's clock); None where not told."""
    charged_credits: int | None = None
    """Of a completed one; None where not told."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A generation as the upstream's own list has it. `created_at`: epoch seconds, by our clock."""

    generation_id: str
    prompt: str
    model: str
    """By the upstream's name for it."""
    created_at: float


class KeyVerdict(StrEnum):
    """What an upstream thinks of a key."""

    RIGHT = "right"
    WRONG = "wrong"
    RATE_LIMITED = "rate_limited"
    """It wants to be asked later."""
    UNTOLD = "untold"
    """It does not answer, or not so that it could be understood."""


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The answer to a check. `retry_after_seconds` of RATE_LIMITED; None where the upstream named no usable time."""

    verdict: KeyVerdict
    retry_after_seconds: float | None = None


class Provider(Protocol):
    """One upstream."""

    name: str
    skills: frozenset[Skill]
    key_prefix: str
    """Its keys begin with it, and nobody else's; "": with anything."""

    async def models(self) -> Sequence[Model]:
        """The live catalogue. Raises LookupFailed."""
        ...

    async def submit(self, request: GenerationRequest, model: Model | None, key: str) -> Accepted:
        """Ask for a generation, once: no retry, no redirect. Raises SubmissionError, and nothing else."""
        ...

    async def look(self, generation_id: str, key: str) -> Generation:
        """How a generation stands. Raises LookupFailed."""
        ...

    async def check_key(self, key: str) -> KeyCheck:
        """Whether a key is taken, by one request that can start nothing and cost nothing. Raises nothing."""
        ...


@runtime_checkable
class Follows(Protocol):
    """Tells by itself how a generation comes along; looks fill the gaps."""

    poll_seconds: float
    """Least time between two looks at a generation."""

    def follow(self, generation_id: str, key: str) -> AsyncGenerator[Generation, None]:
        """How it stands, at each news, until the upstream ends it. Raises LookupFailed."""
        ...


@runtime_checkable
class Lists(Protocol):
    """Lists what was made with a key: what became of a submission without an answer can be told."""

    async def made_since(self, since: float, key: str) -> Sequence[Listed]:
        """What was created since (epoch seconds). Raises LookupFailed."""
        ...

    def is_of(self, listed: Listed, job: Job) -> bool:
        """Whether it is what the job asks for, by prompt and model."""
        ...


@runtime_checkable
class Recalls(Protocol):
    """Takes a generation back that has not begun."""

    async def recall(self, generation_id: str, key: str) -> bool:
        """Of one that was just seen waiting. True: gone, nothing is paid; False: refused. Raises LookupFailed."""
        ...


@runtime_checkable
class TellsBalance(Protocol):
    """Can be asked what is left."""

    async def balance(self, key: str) -> Balance:
        """Raises LookupFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """A key at an upstream. The same key, wherever entered, is one account with one gate."""

    id: int
    provider: str
    limit: GateLimit
    key: str | None
    """None: the key is not at hand (not in the settings any more, or sealed with a lost secret)."""
    is_operators: bool = True
    """It is in the settings: whoever brought no key of their own uses it."""
    guild_ids: frozenset[int] = frozenset()
    """Guilds that brought the key as their own."""

    @property
    def is_used(self) -> bool:
        """Something new may be sent with it."""
        return self.key is not None and (self.is_operators or bool(self.guild_ids))

    def __repr__(self) -> str:
        return f"Account(id={self.id}, provider={self.provider!r})"
