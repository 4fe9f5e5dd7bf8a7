"""Stages never call each other: one changes a state and rings, the next looks into the store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


class Signal:
    """Something changed. Rings that nobody has heard yet are one."""

    def __init__(self) -> None:
        self._listeners: list[asyncio.Event] = []
        self.rings = 0
        """How often it was rung, for a listener that is woken by other things, too."""

    def listen(self) -> asyncio.Event:
        """An event of the listener's own: clear it, then look, then wait."""
        event = asyncio.Event()
        self._listeners.append(event)
        return event

    def forget(self, event: asyncio.Event) -> None:
        """Its listener has gone."""
        self._listeners.remove(event)

    def ring(self) -> None:
        self.rings += 1
        for event in self._listeners:
            event.set()


@dataclass(frozen=True, slots=True)
class Signals:
    """One for each kind of work that can appear."""

    doubts: Signal = field(default_factory=Signal)
    """An offered card may not stand."""
    queued: Signal = field(default_factory=Signal)
    """A job joined or left a line, or a gate changed."""
    running: Signal = field(default_factory=Signal)
    """The upstream took a job."""
    cards: Signal = field(default_factory=Signal)
    """A card is behind."""
    shown: Signal = field(default_factory=Signal)
    """The end of a job was shown."""
    forgotten: Signal = field(default_factory=Signal)
    """A member asked to be forgotten."""
    keys: Signal = field(default_factory=Signal)
    """A key came or went, or something waits at the account of one that has gone."""
    stop_asked: Signal = field(default_factory=Signal)
    """Rung once, at the stop: for those who may end before it."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Every stage ends what it is at, and begins nothing."""
        self.stopping.set()
        for signal in (
            self.doubts,
            self.queued,
            self.running,
            self.cards,
            self.shown,
            self.forgotten,
            self.keys,
            self.stop_asked,
        ):
            signal.ring()
