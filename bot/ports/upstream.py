"""Upstreams: what the pipeline asks of one, and what one tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.catalog import Model
from bot.domain.gate import GateLimit
from bot.domain.jobs import Failure, Result
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


@dataclass(frozen=True, slots=True)
class Generation:
    """One look at a generation. `result` when completed, `failure` when failed; progress is None where not told."""

    state: GenerationState
    result: Result | None = None
    failure: Failure | None = None
    progress_percent: int | None = None


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
