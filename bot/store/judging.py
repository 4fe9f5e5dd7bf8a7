"""The verdict on a request, out of what stands in the store at this moment."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.jobs import flow_of
from bot.domain.limits import Limits
from bot.domain.policy import Ask, Load, Use, verdict
from bot.domain.problems import Problem, ProblemCode
from bot.ports import Account
from bot.store.ledger import Ledger
from bot.store.limits import limits_in_force
from bot.store.turns import next_place_of_flow
from bot.store.units import Unit, one
from bot.store.usage import read_use
from bot.store.waits import waiting_at


def judged(ledger: Ledger, account: Account, ask: Ask) -> Unit[tuple[Problem, ...]]:
    """At the door: what is held counts like what is spent, so that of many at once none overspends."""
    limits = yield from limits_in_force(ledger, ask.guild_id)
    use = yield from _use(ask, limits, ledger.now(), with_held=True)
    load = yield from _load(ledger, account, ask, limits)
    return (*_serving(ledger, ask), *verdict(ask, limits, use, load, ledger.now()))


def judged_again(ledger: Ledger, ask: Ask, asked_at: float) -> Unit[tuple[Problem, ...]]:
    """Before it is sent. Only what was sent counts: if a budget has become smaller, who has waited longest goes."""
    limits = yield from limits_in_force(ledger, ask.guild_id)
    use = yield from _use(ask, limits, asked_at, with_held=False)
    return (*_serving(ledger, ask), *verdict(ask, limits, use, None, ledger.now()))


def _serving(ledger: Ledger, ask: Ask) -> Iterator[Problem]:
    """The operator may have taken the guild off the list since."""
    if ask.guild_id is not None and not ledger.house.serves(ask.guild_id):
        yield Problem(ProblemCode.GUILD_NOT_SERVED)


def _use(ask: Ask, limits: Limits, at: float, *, with_held: bool) -> Unit[Use]:
    return (
        yield from read_use(flow_of(ask.guild_id, ask.user_id), ask.user_id, at, limits.time_zone, with_held=with_held)
    )


def _load(ledger: Ledger, account: Account, ask: Ask, limits: Limits) -> Unit[Load]:
    flow_id = flow_of(ask.guild_id, ask.user_id)
    last_asked_at = None
    if limits.cooldown_seconds:
        since = ledger.now() - limits.cooldown_seconds
        last = yield from one("last_asked", user_id=ask.user_id, flow_id=flow_id, since=since)
        last_asked_at = None if last is None else last["created_at"]
    row = yield from one("count_waiting", account_id=account.id, flow_id=flow_id, user_id=ask.user_id)
    assert row is not None
    place = None
    if row["of_flow"] >= limits.queued_per_guild:
        place = yield from next_place_of_flow(account.id, flow_id)
    if place is None or limits.is_paused:
        return Load(row["of_member"], row["of_flow"], None, last_asked_at)
    waiting = yield from waiting_at(ledger, account.id, account.limit, place)
    return Load(row["of_member"], row["of_flow"], waiting.wait_seconds, last_asked_at)
