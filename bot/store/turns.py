"""Turns as stored: who is next, what a turn costs, and where in the line a job stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.fairness import TURN_COST, Flow, in_turn, position, started, turns_before
from bot.domain.jobs import Job
from bot.domain.limits import House
from bot.domain.views import Hold
from bot.store.brakes import Brakes, read_brakes
from bot.store.units import Row, Unit, do, one

TOLD_MAX = 50
"""So many cards are drawn anew at once; those further back wait for longer than this anyway."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The next job of an account's line."""

    job_id: int
    guild: Flow
    user: Flow
    brakes: Brakes


def next_turn(house: House, account_id: int) -> Unit[Turn | None]:
    """Whose turn it is; None where nobody waits, or all who do are held up."""
    guilds = in_turn(_flow(row) for row in (yield from do("guild_flows", account_id=account_id)))
    if not guilds:
        return None
    brakes = yield from read_brakes(house, account_id)
    passed: list[Flow] = []
    for guild in guilds:
        if brakes.hold(guild.id) is None:
            turn = yield from _turn_in(account_id, guild, brakes)
            if turn is not None:
                yield from _keep_up(account_id, passed, guild.virtual_time)
                return turn
        passed.append(guild)
    return None


def _turn_in(account_id: int, guild: Flow, brakes: Brakes) -> Unit[Turn | None]:
    """The turn of a guild; None where all members of it that wait are held up."""
    users = in_turn(_flow(row) for row in (yield from do("user_flows", account_id=account_id, flow_id=guild.id)))
    passed: list[Flow] = []
    for user in users:
        if brakes.hold(guild.id, user.id) is None:
            first = yield from one("first_of_user", account_id=account_id, flow_id=guild.id, user_id=user.id)
            assert first is not None
            for each in passed:
                yield from do(
                    "lift_user",
                    account_id=account_id,
                    flow_id=guild.id,
                    user_id=each.id,
                    virtual_time=user.virtual_time,
                )
            return Turn(first["id"], guild, user, brakes)
        passed.append(user)
    return None


def _keep_up(account_id: int, passed: Sequence[Flow], virtual_time: float) -> Unit[None]:
    """Who is held up loses the turns meanwhile, as who does not wait: afterwards nobody floods the others."""
    for flow in passed:
        yield from do("lift_guild", account_id=account_id, flow_id=flow.id, virtual_time=virtual_time)


def charge_turn(account_id: int, turn: Turn) -> Unit[None]:
    """The guild and the member whose turn it was move on by one; call after the job has left the line."""
    guild, user = turn.guild, turn.user
    yield from do("save_reached", id=account_id, reached=guild.virtual_time)
    yield from do(
        "move_guild_on",
        account_id=account_id,
        flow_id=guild.id,
        virtual_time=guild.virtual_time + TURN_COST,
        reached=user.virtual_time,
    )
    yield from do(
        "move_user_on",
        account_id=account_id,
        flow_id=guild.id,
        user_id=user.id,
        virtual_time=user.virtual_time + TURN_COST,
    )
    yield from do("forget_idle_users", account_id=account_id, flow_id=guild.id, reached=user.virtual_time)
    for idle in (yield from do("forget_idle_guilds", account_id=account_id, reached=guild.virtual_time)):
        yield from do("forget_users", account_id=account_id, flow_id=idle["flow_id"])


def tell_who_waits_behind(account_id: int, turn: Turn) -> Unit[None]:
    """Draw the cards anew of those who are held up since this turn was taken: they say when they would begin."""
    guild, user = turn.guild.id, turn.user.id
    brakes = turn.brakes.after(guild, user)
    if not brakes.of(guild).has_caps:
        return
    is_guild_full = brakes.hold(guild) is not None
    if not is_guild_full and brakes.hold(guild, user) is None:
        return
    for row in (yield from do("waiting_of_flow", account_id=account_id, flow_id=guild, count=TOLD_MAX)):
        if is_guild_full or row["user_id"] == user:
            yield from do("want_card", job_id=row["id"])


def join_line(account_id: int, flow_id: int, user_id: int, job_id: int, *, refund: bool = False) -> Unit[None]:
    """Take a place for a job. `refund` gives the turn back that it had already paid for."""
    back = TURN_COST if refund else 0.0
    account = yield from one("account", id=account_id)
    assert account is not None
    guild = yield from one("guild_turn", account_id=account_id, flow_id=flow_id)
    virtual_time, since = _arrived(guild, account["reached"], job_id, back)
    yield from do("join_guild", account_id=account_id, flow_id=flow_id, virtual_time=virtual_time, since=since)
    user = yield from one("user_turn", account_id=account_id, flow_id=flow_id, user_id=user_id)
    virtual_time, since = _arrived(user, 0.0 if guild is None else guild["reached"], job_id, back)
    yield from do(
        "join_user",
        account_id=account_id,
        flow_id=flow_id,
        user_id=user_id,
        virtual_time=virtual_time,
        since=since,
    )


def leave_line(account_id: int, flow_id: int, user_id: int) -> Unit[None]:
    """Give a place up."""
    yield from do("leave_guild", account_id=account_id, flow_id=flow_id)
    yield from do("leave_user", account_id=account_id, flow_id=flow_id, user_id=user_id)


def _arrived(turn: Row | None, reached: float, job_id: int, back: float) -> tuple[float, int]:
    """(virtual time, since) of a flow as one more job joins it."""
    if turn is not None and turn["queued"]:
        return turn["virtual_time"] - back, min(turn["since"], job_id) if back else turn["since"]
    if turn is not None and back:
        return turn["virtual_time"] - back, job_id
    return started(None if turn is None else turn["virtual_time"], reached), job_id


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the line a job stands, from 1, and what holds it up there (None: nothing)."""

    position: int
    hold: Hold | None = None


def place_in_line(house: House, job: Job) -> Unit[Place]:
    """The place of a queued or offered job: an offered one as if it joined now. Who is held up is before nobody."""
    account_id, flow_id, user_id = job.account_id, job.flow_id, job.user_id
    brakes = yield from read_brakes(house, account_id, flow_id)
    guilds = {row["id"]: row for row in (yield from do("guild_flows", account_id=account_id))}
    users = {row["id"]: _flow(row) for row in (yield from do("user_flows", account_id=account_id, flow_id=flow_id))}
    older = yield from one("older_of_user", account_id=account_id, flow_id=flow_id, user_id=user_id, id=job.id)
    account = yield from one("account", id=account_id)
    assert account is not None
    assert older is not None
    mine = guilds.pop(flow_id, None)
    guild_turn = yield from one("guild_turn", account_id=account_id, flow_id=flow_id)
    user_turn = yield from one("user_turn", account_id=account_id, flow_id=flow_id, user_id=user_id)
    reached_in_guild = 0.0 if guild_turn is None else guild_turn["reached"]
    guild = _flow(mine) if mine else _newcomer(flow_id, guild_turn, account["reached"], job.id)
    user = users.pop(user_id, None) or _newcomer(user_id, user_turn, reached_in_guild, job.id)
    others = [_flow(row) for row in guilds.values() if brakes.hold(row["id"]) is None]
    place = position(guild, others, user, users.values(), older["older"])
    return Place(place, brakes.hold(flow_id, user_id))


def next_place_of_flow(account_id: int, flow_id: int) -> Unit[int | None]:
    """The place in the line at which the flow has its next turn, from 1; None where nobody of it is in the line."""
    flows = {row["id"]: _flow(row) for row in (yield from do("guild_flows", account_id=account_id))}
    mine = flows.pop(flow_id, None)
    return None if mine is None else 1 + turns_before(mine, 0, flows.values())


def _newcomer(flow_id: int, turn: Row | None, reached: float, job_id: int) -> Flow:
    return Flow(flow_id, started(None if turn is None else turn["virtual_time"], reached), job_id, 1)


def _flow(row: Row) -> Flow:
    return Flow(row["id"], row["virtual_time"], row["since"], row["queued"])
