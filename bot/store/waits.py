"""How long a place in the line takes."""

from __future__ import annotations

from bot.domain import gate as gates
from bot.domain.gate import GateLimit
from bot.domain.views import Hold, Waiting
from bot.store.ledger import Ledger, read_gate, read_slots, room_at, window_began
from bot.store.units import Unit


def waiting_at(
    ledger: Ledger, account_id: int, limit: GateLimit, position: int, hold: Hold | None = None
) -> Unit[Waiting]:
    """What a place means in time; while something holds it up nobody knows."""
    now = ledger.now()
    gate = yield from read_gate(account_id)
    slots = yield from read_slots(account_id, window_began(limit, now))
    # Until one of many is done: nobody knows when that is.
    has_room = (yield from room_at(account_id, gate, limit, now)) == now
    leaves_at = gates.leaves_at(gate, limit, slots, position, now) if has_room else None
    paused = gate.paused_until > now
    return Waiting(
        position,
        None if leaves_at is None or hold is not None else max(0.0, leaves_at - now),
        gate.pause_reason if paused else None,
        gate.paused_until if paused else None,
        hold,
    )
