"""A client that obeys the gate, and a server that counts: pure, event by event."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.domain import gate as gates
from bot.domain.gate import Gate, GateLimit, Slot
from sandbox.upstream.limits import Counter

BEGAN_AT = 1_800_000_007.0


class Trip(NamedTuple):
    """How long a request travels, and its answer: the server decides in between."""

    up_seconds: float
    down_seconds: float


AT_ONCE = Trip(0.0, 0.0)


class _Event(NamedTuple):
    at: float
    number: int
    remaining: int | None
    """None: the request arrives; else its answer does, with what the server says is left (-1: refused)."""
    down_seconds: float = 0.0


@dataclass
class GateClient:
    """`decided_at` and `refused_at` are the server's, `sent_at` the client's."""

    limit: GateLimit
    server: Counter
    gate: Gate = field(default_factory=Gate)
    now: float = BEGAN_AT
    sent_at: list[float] = field(default_factory=list)
    decided_at: list[float] = field(default_factory=list)
    refused_at: list[float] = field(default_factory=list)
    foreign: int = 0
    most_probes: int = 0
    """Most requests under way at once while pauses were not over."""
    _slots: dict[int, Slot] = field(default_factory=dict)
    _events: list[_Event] = field(default_factory=list)

    def slots(self) -> list[Slot]:
        """As the store keeps them."""
        return list(self._slots.values())

    def opens_at(self) -> float | None:
        return gates.opens_at(self.gate, self.limit, self.slots(), self.now)

    def leave(self, arrivals: Iterable[tuple[float, Trip]], *, wait: bool = True) -> None:
        """Let one request leave for each arrival (seconds after the one before, at the earliest), then wait for all."""
        arrives_at = self.now
        for gap_seconds, trip in arrivals:
            arrives_at += gap_seconds
            self._pass_to(arrives_at)
            self._leave(trip)
        if wait:
            self._pass_to(math.inf)

    def restart(self, shift_seconds: float) -> None:
        """A new process, whose clock shows something else: what was under way arrives still, and is never answered."""
        for event in self._events:
            if event.remaining is None:
                self._decide()
        self._events.clear()
        self.now += shift_seconds
        for number, slot in self._slots.items():
            if slot.answered_at is None or slot.answered_at > self.now:
                self._slots[number] = Slot(slot.sent_at, self.now)
        self.gate = gates.recovered(self.gate, self.limit, self.now)

    def _leave(self, trip: Trip) -> None:
        while (opens := self.opens_at()) is None or opens > self.now:
            next_event = self._events[0].at if self._events else math.inf
            self._pass_to(min(next_event, math.inf if opens is None else opens))
        self.gate = gates.sent(self.gate, self.limit, self.now)
        number = len(self.sent_at)
        heapq.heappush(self._events, _Event(self.now + trip.up_seconds, number, None, trip.down_seconds))
        self.sent_at.append(self.now)
        self._slots[number] = Slot(self.now, None)
        if self.gate.consecutive_pauses:
            self.most_probes = max(self.most_probes, sum(slot.answered_at is None for slot in self._slots.values()))
        self._prune()

    def _pass_to(self, at: float) -> None:
        while self._events and self._events[0].at <= at:
            event = heapq.heappop(self._events)
            self.now = max(self.now, event.at)
            if event.remaining is None:
                remaining = self._decide()
                heapq.heappush(self._events, _Event(self.now + event.down_seconds, event.number, remaining))
            else:
                self._answer(event.number, event.remaining)
        self.now = max(self.now, at) if at < math.inf else self.now

    def _decide(self) -> int:
        if not self.server.room(self.now):
            self.refused_at.append(self.now)
            return -1
        self.server.count(self.now)
        self.decided_at.append(self.now)
        return self.server.room(self.now)

    def _answer(self, number: int, remaining: int) -> None:
        sent_at = self.sent_at[number]
        self._slots[number] = Slot(sent_at, self.now)
        if remaining < 0:
            retry_after_seconds = max(1.0, math.ceil(self.server.wait_seconds(self.now)))
            self.gate = gates.refused(self.gate, self.limit, self.now, retry_after_seconds)
            return
        since = sent_at - self.limit.window_seconds - 1.0
        held = sum(slot.answered_at is None or slot.answered_at > since for slot in self._slots.values())
        self.foreign += gates.foreign_slots(self.gate, self.limit, held, remaining)
        self.gate = gates.accepted(self.gate, self.now, self.limit.requests)

    def _prune(self) -> None:
        oldest = min((slot.sent_at for slot in self._slots.values() if slot.answered_at is None), default=self.now)
        before = oldest - self.limit.window_seconds - 2.0
        self._slots = {
            number: slot
            for number, slot in self._slots.items()
            if slot.answered_at is None or slot.answered_at > before
        }
