"""Faults that a test arranges: each is used up by the requests it matches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(slots=True)
class Fault:
    """`path` is a pattern over the path below `/api/v10`, as `/channels/*/messages`; `times` None: until removed."""

    path: str = "*"
    method: str = "*"
    times: int | None = 1

    def matches(self, method: str, path: str) -> bool:
        return self.times != 0 and self.method in ("*", method) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class RateLimit(Fault):
    """429. Without `via` it looks as if Cloudflare had refused, not Discord."""

    retry_after_seconds: float = 0.1
    is_global: bool = False
    via: bool = True


@dataclass(slots=True)
class ServerError(Fault):
    """A 5xx; nothing is applied."""

    status: int = 500


@dataclass(slots=True)
class DropRequest(Fault):
    """The connection ends before anything is applied."""


@dataclass(slots=True)
class DropAnswer(Fault):
    """What was asked is applied, then the connection ends: the answer is lost."""


@dataclass(slots=True)
class Delay(Fault):
    """The request is looked at only after this long."""

    seconds: float = 1.0


class Faults:
    """The faults that are arranged, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        self._faults = [item for item in self._faults if item is not fault]

    def clear(self) -> None:
        self._faults = []

    def take_delay_seconds(self, method: str, path: str) -> float:
        delays = [item for item in self._faults if isinstance(item, Delay) and item.matches(method, path)]
        return sum(item.seconds for item in self._use(delays) if isinstance(item, Delay))

    def take(self, method: str, path: str) -> Fault | None:
        """The oldest fault, delays aside, that matches; it is one use less afterwards."""
        others = (item for item in self._faults if not isinstance(item, Delay) and item.matches(method, path))
        return next(iter(self._use(others)), None)

    @staticmethod
    def _use(faults: Iterable[Fault]) -> Iterable[Fault]:
        for fault in faults:
            if fault.times is not None:
                fault.times -= 1
            yield fault
