"""What the state machines of all upstreams share: no sockets, no clock, plain data."""

from __future__ import annotations

import random
import string
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from sandbox.upstream.limits import Counter, Counting, counter

FAIL_MARK = "[fail]"
POLICY_ERROR = "Content policy violation"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamOptions:
    """How an upstream behaves."""

    rate_limit: int
    rate_window_seconds: float
    counting: Counting | str = Counting.FIXED
    time_scale: float = 1.0
    """0.05 makes a model of 45 s take 2.25 s."""
    failure_rate: float = 0.0
    """Share of generations that fail, 0 to 1."""
    credits: int = 100_000
    """What a new key holds."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: status, headers and a JSON body."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Account:
    """A key with its purchased credits and its own rate counter."""

    key: str
    purchased: int
    counter: Counter
    is_revoked: bool = False


OptionsT = TypeVar("OptionsT", bound=UpstreamOptions)


class UpstreamEngine(ABC, Generic[OptionsT]):
    """A service behind the socket. `now` is epoch seconds and never goes back."""

    KEY_PREFIX: ClassVar[str]
    KEY_LETTERS: ClassVar[int]
    """How many follow the prefix."""

    def __init__(self, options: OptionsT, media_url: str) -> None:
        self.options = options
        self.media_url = media_url
        """Results are said to be beneath it."""
        self.accounts: dict[str, Account] = {}
        self.rate_limited = 0
        """Requests that the limiter refused."""
        self._failures: list[str] = []
        self._random = random.Random(options.seed)  # noqa: S311 - reproducible, guards nothing

    def add_key(self, purchased: int | None = None, *, key: str | None = None) -> str:
        """Open an account with `purchased` credits (None: the option's); its key looks as documented."""
        letters = self._random.choices(string.ascii_letters + string.digits, k=self.KEY_LETTERS)
        key = key or self.KEY_PREFIX + "".join(letters)
        held = self.options.credits if purchased is None else purchased
        counting = Counting(self.options.counting)
        counts = counter(counting, self.options.rate_limit, self.options.rate_window_seconds)
        self.accounts[key] = Account(key, held, counts)
        return key

    def revoke_key(self, key: str) -> None:
        """From now on `key` is answered with 401."""
        self.accounts[key].is_revoked = True

    def fail_next(self, times: int = 1, error: str = POLICY_ERROR) -> None:
        """Let the next `times` generations be accepted and fail with `error`."""
        self._failures += [error] * times

    @abstractmethod
    def advance(self, now: float) -> None:
        """Let happen what is due; a failure gives its credits back."""

    @abstractmethod
    def prompt_of(self, generation_id: str) -> str | None:
        """None where nothing has that id."""

    @abstractmethod
    def postpone(self, generation_id: str, seconds: float) -> None:
        """Let a generation take `seconds` longer; `math.inf`: it never ends."""

    @abstractmethod
    def condemn(self, generation_id: str, error: str = POLICY_ERROR) -> None:
        """Let a generation that is not finished end with `error`."""

    def _account(self, key: str | None) -> Account | None:
        account = self.accounts.get(key or "")
        return None if account is None or account.is_revoked else account

    def _coming_failure(self, prompt: str) -> str | None:
        if self._failures:
            return self._failures.pop(0)
        is_unlucky = self._random.random() < self.options.failure_rate
        return POLICY_ERROR if is_unlucky or FAIL_MARK in prompt else None

    def _typical(self, seconds: float) -> float:
        """About what a generation that mostly takes `seconds` takes here."""
        return seconds * self.options.time_scale * self._random.uniform(0.85, 1.15)
