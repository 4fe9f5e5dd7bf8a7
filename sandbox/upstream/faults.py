"""What can go wrong on the way: one fault is what happens to one request. Pure; the server makes them come true."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """What happens. Except where "not handled" is said, the request is handled (so charged) and then the fault acts."""

    DELAY = "delay"
    """Waits, then handles and answers as usual."""
    DELAY_AFTER = "delay_after"
    """Handles at once and answers late."""
    DROP_BEFORE = "drop_before"
    """Connection closed; not handled."""
    DROP_AFTER = "drop_after"
    """Handled; connection closed."""
    RESET_AFTER = "reset_after"
    """Handled; connection reset (RST)."""
    ERROR_BEFORE = "error_before"
    """Answers `status` and `error`; not handled."""
    ERROR_AFTER = "error_after"
    """Handled; answers `status` and `error`."""
    RATE_LIMITED = "rate_limited"
    """429 with `retry_after` word for word (None: without the header); not handled."""
    QUEUE_FULL = "queue_full"
    """Meshy: 429 because too many tasks are unfinished; not handled."""
    REFUSED = "refused"
    """MeiGen: 200 with success false and `error`; not handled."""
    REDIRECT = "redirect"
    """307 to `location`; not handled."""
    GARBAGE = "garbage"
    """A body that is not JSON, or not what its name says."""
    TRUNCATED = "truncated"
    """Half of the body, as if it were all."""
    CUT = "cut"
    """Half of the announced body, then the connection closes."""
    WRONG_SHAPE = "wrong_shape"
    """Without `remove` (none given: what the route requires), with `replace`."""
    SLOW_DRIP = "slow_drip"
    """The body byte by byte over `seconds`."""
    HUGE = "huge"
    """`body_bytes` of white space, then the body; no length announced."""
    GZIP_BOMB = "gzip_bomb"
    """Content-Encoding gzip; unpacks to `body_bytes`."""
    NEVER_FINISHES = "never_finishes"
    """The generation, made or asked about, is never finished."""
    FINISHES_LATE = "finishes_late"
    """The generation takes `seconds` longer."""
    FAILS = "fails"
    """The generation ends as failed with `error`."""
    CANCELS = "cancels"
    """Meshy: the task ends as canceled."""
    STREAM_ENDS = "stream_ends"
    """Stream: after `after_events` events it ends as if that were all."""
    STREAM_CUT = "stream_cut"
    """Stream: after `after_events` events comes half of another one, then the connection closes."""
    STREAM_SILENT = "stream_silent"
    """Stream: after `after_events` events nothing more comes, though the connection stays open."""
    STREAM_DISORDER = "stream_disorder"
    """Stream: behind each event its predecessor comes once more, so that the last word is not the newest."""
    STREAM_LATE_END = "stream_late_end"
    """Stream: the last event is held back for `seconds`; whoever asks sees the task finished before."""
    STREAM_GARBAGE = "stream_garbage"
    """Stream: after `after_events` events comes one that is not JSON, then it goes on."""
    GONE = "gone"
    """Media: 404; not handled."""
    EXPIRED = "expired"
    """Media: 403 in XML, as a signed link past its day; not handled."""
    HTML = "html"
    """Media: a web page under the picture's name and type."""
    EMPTY = "empty"
    """Media: 0 bytes."""
    ONE_BYTE = "one_byte"
    """Media: 1 byte."""
    BULKY = "bulky"
    """Media: the same picture as a PNG of full size, unpacked and so several times as large."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and the requests that it befalls."""

    kind: FaultKind
    route: str = "generate"
    """generate, status, media, or one that the service alone has; * is any."""
    times: int | None = 1
    """How often it strikes; None: always."""
    probability: float = 1.0
    skip: int = 0
    """Fitting requests to let pass first."""
    prompt_contains: str = ""
    """Only where the prompt (of the body, or of the generation asked about) holds this."""
    seconds: float = 0.0
    """What DELAY, DELAY_AFTER, DROP, RESET and ERROR wait before they act, SLOW_DRIP takes, and what is late adds."""
    after_events: int = 0
    status: int = 500
    error: str = "Internal server error"
    retry_after: str | None = "60"
    location: str = "http://169.254.169.254/latest/meta-data/"
    body_bytes: int = 64 * 2**20
    remove: tuple[str, ...] = ()
    replace: Mapping[str, object] = field(default_factory=dict)


class Faults:
    """The switches. The first one that fits and fires has the request."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
        self._waiting: list[_Switch] = []

    def add(self, *faults: Fault) -> None:
        self._waiting += [_Switch(fault, fault.times, fault.skip) for fault in faults]

    def clear(self) -> None:
        self._waiting.clear()

    @property
    def pending(self) -> list[Fault]:
        """Those that can still strike."""
        return [switch.fault for switch in self._waiting]

    def take(self, route: str, prompt: str = "") -> Fault | None:
        """The fault that befalls a request of `route`; it is used up by that."""
        for switch in self._waiting:
            if not switch.fits(route, prompt) or self._random.random() >= switch.fault.probability:
                continue
            if switch.skip:
                switch.skip -= 1
                continue
            if switch.left is not None:
                switch.left -= 1
            self._waiting = [kept for kept in self._waiting if kept.left != 0]
            return switch.fault
        return None


@dataclass(slots=True)
class _Switch:
    fault: Fault
    left: int | None
    skip: int

    def fits(self, route: str, prompt: str) -> bool:
        return self.fault.route in (route, "*") and self.fault.prompt_contains in prompt
