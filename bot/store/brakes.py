"""What keeps guilds and members in the line although it would be their turn: a pause, or enough of theirs under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.limits import House
from bot.domain.views import Hold
from bot.store.settings_rows import limits_of
from bot.store.units import Row, Rows, Unit, do

UnderWay = Mapping[int, Mapping[int, int]]
"""By flow and member: how many jobs the upstreams have."""


@dataclass(frozen=True, slots=True)
class Brake:
    """Of one flow; None: as many at once as the gate lets out."""

    is_paused: bool
    running_per_guild: int | None
    running_per_member: int | None

    @property
    def has_caps(self) -> bool:
        return self.running_per_guild is not None or self.running_per_member is not None

    def holds_flow(self, under_way: Mapping[int, int]) -> Hold | None:
        """Why nobody of it goes; None: nothing against it. `under_way`: its members' jobs."""
        if self.is_paused:
            return Hold.PAUSED
        if self.running_per_guild is not None and sum(under_way.values()) >= self.running_per_guild:
            return Hold.GUILD_BUSY
        return None

    def holds_member(self, user_id: int, under_way: Mapping[int, int]) -> Hold | None:
        """The same of one member."""
        if self.running_per_member is not None and under_way.get(user_id, 0) >= self.running_per_member:
            return Hold.MEMBER_BUSY
        return None


@dataclass(frozen=True, slots=True)
class Brakes:
    """Of all flows in an account's line."""

    by_flow: Mapping[int, Brake]
    otherwise: Brake
    under_way: UnderWay

    def of(self, flow_id: int) -> Brake:
        return self.by_flow.get(flow_id, self.otherwise)

    def hold(self, flow_id: int, user_id: int | None = None) -> Hold | None:
        """Why a flow does not go, or a member of it; None: nothing against it."""
        brake, under_way = self.of(flow_id), self.under_way.get(flow_id, {})
        held = brake.holds_flow(under_way)
        return held if held is not None or user_id is None else brake.holds_member(user_id, under_way)

    def after(self, flow_id: int, user_id: int) -> Brakes:
        """With one more under way."""
        of_flow = dict(self.under_way.get(flow_id, {}))
        of_flow[user_id] = of_flow.get(user_id, 0) + 1
        return replace(self, under_way={**self.under_way, flow_id: of_flow})


def read_brakes(house: House, account_id: int, flow_id: int | None = None) -> Unit[Brakes]:
    """Of all who wait in the account's line; `flow_id`: and of one who is about to."""
    rows = yield from do("brakes", account_id=account_id, flow_id=flow_id)
    chosen: dict[int, list[Row]] = {}
    for row in rows:
        chosen.setdefault(row["guild_id"], []).append(row)
    by_flow = {flow_id: _brake(house, settings) for flow_id, settings in chosen.items()}
    otherwise = _brake(house, ())
    needs_counts = any(brake.has_caps for brake in (otherwise, *by_flow.values()))
    under_way = (yield from _read_under_way()) if needs_counts else {}
    return Brakes(by_flow, otherwise, under_way)


def _brake(house: House, settings: Rows) -> Brake:
    limits = house.capped(limits_of(house.defaults, settings))
    return Brake(limits.is_paused, limits.running_per_guild, limits.running_per_member)


def _read_under_way() -> Unit[UnderWay]:
    found: dict[int, dict[int, int]] = {}
    for row in (yield from do("under_way_by_flow")):
        found.setdefault(row["flow_id"], {})[row["user_id"]] = row["jobs"]
    return found
