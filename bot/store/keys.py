"""Keys that guilds bring: kept encrypted, checked within their account's gate, and what waits goes where it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from bot.domain import gate as gates
from bot.domain.gate import Gate, GateLimit, PauseReason
from bot.domain.jobs import Failure, FailureCode, JobState
from bot.domain.keys import KeyState, KeyView
from bot.domain.limits import OWN_KEY
from bot.errors import VaultError
from bot.ports import Balance, CheckSlot, GuildKey, KeyCheck, KeyVerdict, Moved, NewGuildKey
from bot.store.accounts import enter as enter_account
from bot.store.accounts import save_balance
from bot.store.ledger import Ledger, end_job, read_gate, read_job, read_slots, save_gate, window_began
from bot.store.limits import new_change, note_change
from bot.store.rows import GATE
from bot.store.turns import join_line, leave_line
from bot.store.units import Driver, Row, Unit, do, one

CHECK_SECONDS = 15.0
"""Longer than a check takes, whatever comes of it: until then its slot is held though nobody may ever answer for it."""

_STATES = {PauseReason.KEY_REJECTED: KeyState.REFUSED, PauseReason.OUT_OF_CREDITS: KeyState.OUT_OF_CREDITS}


class KeyStore:
    """Implements `bot.ports.GuildKeys`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def all(self) -> Sequence[GuildKey]:
        return await self._driver.run(lambda: read_all(self._ledger))

    async def shown(self, guild_id: int) -> Sequence[KeyView]:
        return await self._driver.run(lambda: shown(self._ledger, guild_id))

    async def begin_check(self, provider: str, fingerprint: str, limit: GateLimit) -> CheckSlot | float:
        return await self._driver.run(lambda: begin_check(self._ledger, provider, fingerprint, limit))

    async def end_check(self, slot: CheckSlot, check: KeyCheck, limit: GateLimit) -> None:
        await self._driver.run(lambda: end_check(self._ledger, slot, check, limit))

    async def enter(self, new: NewGuildKey, limit: GateLimit, default_id: int | None) -> tuple[GuildKey, Moved]:
        return await self._driver.run(lambda: enter(self._ledger, new, limit, default_id))

    async def remove(self, guild_id: int, user_id: int, provider: str, default_id: int | None) -> Moved:
        return await self._driver.run(lambda: remove(self._ledger, guild_id, user_id, provider, default_id))

    async def tell_balance(self, account_id: int, balance: Balance) -> None:
        await self._driver.run(lambda: save_balance(self._ledger, account_id, balance))

    async def bring_home(self, provider: str, default_id: int | None) -> Moved:
        return await self._driver.run(lambda: bring_home(self._ledger, provider, default_id))


def purpose_of(guild_id: int, provider: str) -> str:
    """What a key is sealed for, so that one copied to another row does not open there."""
    return f"key of guild {guild_id} at {provider}"


# ---------------------------------------------------------------- keeping


def read_all(ledger: Ledger) -> Unit[Sequence[GuildKey]]:
    rows = yield from do("guild_keys")
    return [
        GuildKey(
            row["guild_id"],
            row["provider"],
            row["account_id"],
            _opened(ledger, row),
            row["last_four"],
            row["entered_by"],
            row["entered_at"],
        )
        for row in rows
    ]


def _opened(ledger: Ledger, row: Row) -> str | None:
    """None where the secret that sealed it is lost."""
    try:
        return ledger.sealer.open(row["sealed_key"], purpose_of(row["guild_id"], row["provider"]))
    except VaultError:
        return None


def shown(ledger: Ledger, guild_id: int) -> Unit[Sequence[KeyView]]:
    rows = yield from do("keys_of_guild", guild_id=guild_id)
    return [_view_of(row, GATE.validate_json(row["gate"]), ledger.now()) for row in rows]


def _view_of(row: Row, gate: Gate, now: float) -> KeyView:
    state = KeyState.GOOD if gate.pause_reason is None else _STATES.get(gate.pause_reason, KeyState.GOOD)
    return KeyView(
        row["provider"],
        row["last_four"],
        row["entered_by"],
        row["entered_at"],
        state,
        gate.paused_until if state is not KeyState.GOOD and gate.paused_until > now else None,
        None if row["is_unlimited"] else row["purchased_credits"],
    )


def enter(ledger: Ledger, new: NewGuildKey, limit: GateLimit, default_id: int | None) -> Unit[tuple[GuildKey, Moved]]:
    """Keep a key that was found good, and let what of the guild waits go on with it."""
    now = ledger.now()
    account_id = yield from _account_of(ledger, new, limit)
    yield from _note(ledger, new.guild_id, new.entered_by, new.provider, new.last_four)
    yield from do(
        "put_guild_key",
        guild_id=new.guild_id,
        provider=new.provider,
        account_id=account_id,
        sealed_key=ledger.sealer.seal(new.key, purpose_of(new.guild_id, new.provider)),
        last_four=new.last_four,
        entered_by=new.entered_by,
        now=now,
    )
    moved = yield from bring_home(ledger, new.provider, default_id)
    return GuildKey(new.guild_id, new.provider, account_id, new.key, new.last_four, new.entered_by, now), moved


def _account_of(ledger: Ledger, new: NewGuildKey, limit: GateLimit) -> Unit[int]:
    """The account of the key. Of one that is new here the check was the first request: its slot is held from now on."""
    known = yield from one("account_by_fingerprint", provider=new.provider, fingerprint=new.fingerprint)
    account_id = yield from enter_account(ledger, new.provider, new.fingerprint)
    gate, now = (yield from read_gate(account_id)), ledger.now()
    if known is None:
        yield from _hold_slot(ledger, account_id, until=now)
        gate = gates.sent(gate, limit, now)
    # One that nobody has used lately may have times of another clock.
    yield from save_gate(account_id, gates.recovered(gate, limit, now))
    return account_id


def remove(ledger: Ledger, guild_id: int, user_id: int, provider: str, default_id: int | None) -> Unit[Moved]:
    yield from _note(ledger, guild_id, user_id, provider, None)
    yield from do("delete_guild_key", guild_id=guild_id, provider=provider)
    return (yield from bring_home(ledger, provider, default_id))


def _note(ledger: Ledger, guild_id: int, user_id: int, provider: str, last_four: str | None) -> Unit[None]:
    """Into the audit trail: who brought which key, or took it away, by the last four characters."""
    rows = yield from do("keys_of_guild", guild_id=guild_id)
    before = next((row["last_four"] for row in rows if row["provider"] == provider), None)
    yield from note_change(new_change(ledger, guild_id, user_id, OWN_KEY, before, last_four))


# ---------------------------------------------------------------- checking


def begin_check(ledger: Ledger, provider: str, fingerprint: str, limit: GateLimit) -> Unit[CheckSlot | float]:
    """Nobody knows whether the upstream counts a check: it is counted here, as somebody else's request with the key."""
    known = yield from one("account_by_fingerprint", provider=provider, fingerprint=fingerprint)
    if known is None:
        return CheckSlot()
    account_id, now = known["id"], ledger.now()
    gate = yield from read_gate(account_id)
    slots = yield from read_slots(account_id, window_began(limit, now))
    opens_at = gates.check_opens_at(gate, limit, slots, now)
    if opens_at is None:
        return limit.window_seconds
    if opens_at > now:
        return opens_at - now
    send_id = yield from _hold_slot(ledger, account_id, until=now + CHECK_SECONDS)
    yield from save_gate(account_id, gates.sent(gate, limit, now))
    return CheckSlot(account_id, send_id)


def _hold_slot(ledger: Ledger, account_id: int, until: float) -> Unit[int]:
    send_id = ledger.ids.next()
    yield from do(
        "insert_send", id=send_id, account_id=account_id, job_id=None, sent_at=ledger.now(), answered_at=until
    )
    return send_id


def end_check(ledger: Ledger, slot: CheckSlot, check: KeyCheck, limit: GateLimit) -> Unit[None]:
    """What the answer tells of the account: whoever else uses the key profits from it."""
    if slot.account_id is None or slot.send_id is None:
        return
    now = ledger.now()
    yield from do("answer_send", id=slot.send_id, now=now)
    gate = yield from read_gate(slot.account_id)
    yield from save_gate(slot.account_id, _gate_after(gate, check, limit, now))


def _gate_after(gate: Gate, check: KeyCheck, limit: GateLimit, now: float) -> Gate:
    match check.verdict:
        case KeyVerdict.RIGHT:
            return gates.key_accepted(gate)
        case KeyVerdict.WRONG:
            return gates.blocked(gate, now, PauseReason.KEY_REJECTED)
        case KeyVerdict.RATE_LIMITED:
            return gates.refused(gate, limit, now, check.retry_after_seconds)
    return gate


# ---------------------------------------------------------------- moving


def bring_home(ledger: Ledger, provider: str, default_id: int | None) -> Unit[Moved]:
    """What waits at another account than pays for it goes there; what nobody pays for any more is cancelled."""
    rows = yield from do("waiting_and_homes", provider=provider, default_id=default_id)
    strays = sorted((row for row in rows if row["home"] != row["account_id"]), key=itemgetter("id"))
    for row in strays:
        if row["home"] is None:
            yield from _cancel(ledger, row["id"])
        else:
            yield from _rehome(row, row["home"])
    cancelled = sum(row["home"] is None for row in strays)
    return Moved(len(strays) - cancelled, cancelled)


def _cancel(ledger: Ledger, job_id: int) -> Unit[None]:
    job = yield from read_job(ledger, job_id)
    assert job is not None
    yield from end_job(ledger, job, JobState.CANCELLED, failure=Failure(FailureCode.KEY_REMOVED))


def _rehome(row: Row, account_id: int) -> Unit[None]:
    if row["state"] == JobState.QUEUED:
        yield from leave_line(row["account_id"], row["flow_id"], row["user_id"])
        yield from join_line(account_id, row["flow_id"], row["user_id"], row["id"])
    yield from do("rehome_job", id=row["id"], account_id=account_id)
    yield from do("want_card", job_id=row["id"])
