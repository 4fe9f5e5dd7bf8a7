"""What moderators decide about their guild: read, changed, and put into force at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bot.clock import Clock
from bot.domain.days import time_zone_named
from bot.domain.highest import HIGHEST, highest_choices
from bot.domain.jobs import FailureCode, Job
from bot.domain.limits import (
    ALLOWANCES,
    REASON_MAX_CHARACTERS,
    Block,
    Change,
    House,
    Limits,
    RoleRule,
    Unit,
    is_open,
    read_figure,
    with_role,
)
from bot.domain.moments import read_moment
from bot.domain.policy import Use
from bot.domain.problems import Problem, ProblemCode
from bot.domain.views import LimitsView
from bot.domain.words import blocked_in, same_phrase, tidy_phrase
from bot.errors import Refused
from bot.ports import Asking, Changed, Door, Guilds
from bot.services.catalogue import Catalogue
from bot.services.refusing import refusing_while_down
from bot.services.signals import Signals

T = TypeVar("T")

LISTED_MAX = 100
"""Channels, roles, models or tiers in one list."""
BLOCKS_MAX = 500
WORDS_MAX = 500
WORD_MAX_CHARACTERS = 100
LETTERS_MAX = 10_000
"""Of all blocked words together: looking for them takes memory and time."""
CHANGES_SHOWN = 10

LISTS = ("channels", "roles_allowed", "roles_excluded", "video_roles")
SWITCHES = ("spoilers", "age_restricted_only")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a moderator did, and what holds since."""

    view: LimitsView
    changed: Changed


class Moderation:
    """Every change is one transaction, holds from then on for all that is asked or still waits, and is noted down.

    All that changes something raises Refused, and then nothing is changed.
    """

    def __init__(  # noqa: PLR0913  its neighbours
        self,
        guilds: Guilds,
        door: Door,
        asking: Asking,
        catalogue: Catalogue,
        signals: Signals,
        house: House,
        clock: Clock,
    ) -> None:
        self._guilds = guilds
        self._door = door
        self._asking = asking
        self._catalogue = catalogue
        self._signals = signals
        self._house = house
        self._clock = clock

    async def view(self, guild_id: int, user_id: int) -> LimitsView:
        """All that is set, and what was used. Raises StoreDown."""
        limits = await self._guilds.limits(guild_id)
        use = await self._guilds.use(guild_id, user_id, limits.time_zone)
        return self._view(guild_id, limits, use, await self._guilds.log_closed_since(guild_id))

    async def changes(self, guild_id: int, before: int | None = None) -> Sequence[Change]:
        """The latest changes, newest first. Raises StoreDown."""
        return await self._guilds.changes(guild_id, CHANGES_SHOWN, before)

    # ------------------------------------------------------------ how much

    async def set_figures(self, guild_id: int, user_id: int, typed: Mapping[str, str]) -> Outcome:
        """Figures by their names in `Limits`, as they were typed; `none` and nothing are no limit."""
        figures = {name: read_figure(name, text, self._house.ceiling) for name, text in typed.items()}
        wanted = _good(figures)

        def edit(limits: Limits) -> Limits:
            # A form is filled with what holds: what is left at that is not chosen, be it the operator's ceiling.
            held = self._house.capped(limits)
            return _replaced(limits, **{name: each for name, each in wanted.items() if each != getattr(held, name)})

        return await self._change(guild_id, user_id, edit)

    async def set_tier(
        self, guild_id: int, user_id: int, role_id: int, typed: Mapping[Unit, str], *, is_whole: bool = True
    ) -> Outcome:
        """What the members of a role may use: nothing typed is as for everybody; with nothing at all it is no tier.

        `is_whole` False: what is not typed stays as it was.
        """
        wanted = {unit: text for unit, text in typed.items() if text.strip()}
        figures = {unit: read_figure(ALLOWANCES[unit], text, self._house.ceiling) for unit, text in wanted.items()}
        chosen = _good(figures)

        def edit(limits: Limits) -> Limits:
            allowance = chosen if is_whole else {**limits.tiers.get(role_id, {}), **chosen}
            tiers = {role: tier for role, tier in limits.tiers.items() if role != role_id}
            _refuse_too_many([*tiers, *([role_id] if allowance else [])], LISTED_MAX)
            return replace(limits, tiers={**tiers, role_id: allowance} if allowance else tiers)

        return await self._change(guild_id, user_id, edit)

    async def set_time_zone(self, guild_id: int, user_id: int, typed: str) -> Outcome:
        """The time zone by which days begin, as people write it: `Europe/Berlin`."""
        zone = time_zone_named(typed)
        if zone is None:
            raise Refused((Problem(ProblemCode.TIME_ZONE_UNKNOWN, typed),))
        return await self._set(guild_id, user_id, time_zone=zone)

    # ------------------------------------------------------------ what

    async def set_models(self, guild_id: int, user_id: int, names: Sequence[str]) -> Outcome:
        """The models that may be used, by id or name; none: all. Those that were retired may stay."""
        wanted = self._model_ids(guild_id, names, (await self._limits(guild_id)).models)
        return await self._change(
            guild_id, user_id, lambda limits: replace(limits, models=_in_order(limits.models, wanted))
        )

    async def set_model(self, guild_id: int, user_id: int, name: str, *, is_allowed: bool) -> Outcome:
        """One model more or less. Where all are allowed, so is this one; taking it away leaves the others."""
        (model_id,) = self._model_ids(guild_id, [name], (await self._limits(guild_id)).models)
        all_ids = tuple(model.id for model in self._catalogue.at(guild_id).models)

        def edit(limits: Limits) -> Limits:
            if is_allowed:
                return replace(limits, models=limits.models and _with(limits.models, model_id))
            left = tuple(each for each in limits.models or all_ids if each != model_id)
            if not left:
                raise Refused((Problem(ProblemCode.NO_MODEL_LEFT, model_id),))
            return replace(limits, models=left)

        return await self._change(guild_id, user_id, edit)

    async def set_highest(self, guild_id: int, user_id: int, typed: Mapping[str, str]) -> Outcome:
        """The highest resolutions, quality and tier, by their names in `Limits`; `none`: as high as they like.

        What no model offers any more may stay.
        """
        assert set(typed) <= set(HIGHEST)
        known = await self._limits(guild_id)
        read = {
            name: None if is_open(text) else self._highest(guild_id, name, text, getattr(known, name))
            for name, text in typed.items()
        }
        return await self._set(guild_id, user_id, **_good(read))

    def _highest(self, guild_id: int, name: str, typed: str, kept: str | None) -> str | Problem:
        choices = highest_choices(name, self._catalogue.at(guild_id).models)
        wanted = typed.strip().casefold()
        found = next((each for each in (*choices, kept or "") if each.casefold() == wanted), None)
        if found is None and self._catalogue.current.fetched_at is None:
            return Problem(ProblemCode.CATALOGUE_UNKNOWN)
        return found or Problem(ProblemCode.HIGHEST_UNKNOWN, typed, (name, *choices))

    # ------------------------------------------------------------ where and who

    async def set_list(self, guild_id: int, user_id: int, name: str, ids: Sequence[int]) -> Outcome:
        """Channels or roles, by the list's name in `Limits`; none: no restriction."""
        assert name in LISTS
        _refuse_too_many(ids, LISTED_MAX)

        def edit(limits: Limits) -> Limits:
            return _replaced(limits, **{name: _in_order(getattr(limits, name), ids)})

        return await self._change(guild_id, user_id, edit)

    async def set_listed(self, guild_id: int, user_id: int, name: str, each: int, *, is_listed: bool) -> Outcome:
        """One channel or role more or less in a list."""
        assert name in LISTS

        def edit(limits: Limits) -> Limits:
            before: tuple[int, ...] = getattr(limits, name)
            after = _with(before, each) if is_listed else tuple(other for other in before if other != each)
            _refuse_too_many(after, LISTED_MAX)
            return _replaced(limits, **{name: after})

        return await self._change(guild_id, user_id, edit)

    async def set_role(self, guild_id: int, user_id: int, role_id: int, rule: RoleRule) -> Outcome:
        """Whether the members of a role may ask."""

        def edit(limits: Limits) -> Limits:
            after = with_role(limits, role_id, rule)
            _refuse_too_many(after.roles_allowed, LISTED_MAX)
            _refuse_too_many(after.roles_excluded, LISTED_MAX)
            return after

        return await self._change(guild_id, user_id, edit)

    async def block(self, guild_id: int, user_id: int, member_id: int, until: str = "", reason: str = "") -> Outcome:
        """Keep a member from asking. `until`: a time from now (`3 h`) or a date; empty: until it is lifted."""
        if member_id == user_id:
            raise Refused((Problem(ProblemCode.BLOCKED_SELF),))
        zone = (await self._limits(guild_id)).time_zone
        moment = read_moment(until, self._clock.now(), zone) if until.strip() else None
        if isinstance(moment, Problem):
            raise Refused((moment,))
        block = Block(member_id, moment, " ".join(reason.split())[:REASON_MAX_CHARACTERS])

        def edit(limits: Limits) -> Limits:
            blocks = (*self._others(limits, member_id), block)
            _refuse_too_many(blocks, BLOCKS_MAX)
            return replace(limits, blocked_members=blocks)

        return await self._change(guild_id, user_id, edit)

    async def unblock(self, guild_id: int, user_id: int, member_id: int) -> Outcome:
        return await self._change(
            guild_id, user_id, lambda limits: replace(limits, blocked_members=self._others(limits, member_id))
        )

    def _others(self, limits: Limits, member_id: int) -> tuple[Block, ...]:
        """Blocks that still hold, but that one."""
        now = self._clock.now()
        return tuple(each for each in limits.blocked_members if each.user_id != member_id and each.holds_at(now))

    # ------------------------------------------------------------ words

    async def add_words(self, guild_id: int, user_id: int, typed: str) -> Outcome:
        """Words and phrases that no request may hold: one in a line, or parted by commas."""
        phrases = _phrases(typed)
        _refuse_too_many(phrases, WORDS_MAX)

        def edit(limits: Limits) -> Limits:
            words = _without_twins((*limits.blocked_words, *phrases))
            _refuse_too_many(words, WORDS_MAX)
            if sum(map(len, words)) > LETTERS_MAX:
                raise Refused((Problem(ProblemCode.WORDS_TOO_LONG, limit=LETTERS_MAX),))
            return replace(limits, blocked_words=words)

        return await self._change(guild_id, user_id, edit)

    async def drop_words(self, guild_id: int, user_id: int, words: Sequence[str]) -> Outcome:
        """Take words off the list again."""

        def edit(limits: Limits) -> Limits:
            left = [word for word in limits.blocked_words if not _is_among(word, tuple(words))]
            if len(left) == len(limits.blocked_words):
                raise Refused((Problem(ProblemCode.WORD_NOT_LISTED, ", ".join(words)),))
            return replace(limits, blocked_words=tuple(left))

        return await self._change(guild_id, user_id, edit)

    async def test_words(self, guild_id: int, text: str) -> tuple[str, ...]:
        """The blocked words that a text would meet. Raises StoreDown."""
        return blocked_in(text, (await self._guilds.limits(guild_id)).blocked_words)

    # ------------------------------------------------------------ how it is shown

    async def switch(self, guild_id: int, user_id: int, switched: Mapping[str, bool]) -> Outcome:
        """Spoilers, and age-restricted channels only, by their names in `Limits`."""
        assert set(switched) <= set(SWITCHES)
        return await self._set(guild_id, user_id, **switched)

    async def set_log_channel(self, guild_id: int, user_id: int, channel_id: int | None) -> Outcome:
        """Where each generation and each change is told of; None: nowhere."""
        return await self._set(guild_id, user_id, log_channel=channel_id)

    # ------------------------------------------------------------ stop and go

    async def pause(self, guild_id: int, user_id: int, *, is_paused: bool) -> Outcome:
        """Nothing of the guild is begun any more, or everything goes on; what is asked keeps its place in the line."""
        return await self._set(guild_id, user_id, is_paused=is_paused)

    async def queue(self, guild_id: int) -> Sequence[Job]:
        """All of a guild that has not ended: first what is being made, then what waits, oldest first.

        Raises StoreDown.
        """
        return await self._asking.under_way_in(guild_id)

    async def cancel(self, guild_id: int, user_id: int, job_id: int) -> Job:
        """Call any job of the guild back."""
        with refusing_while_down():
            job = await self._asking.job(job_id)
            if job is None or job.guild_id != guild_id:
                raise Refused((Problem(ProblemCode.JOB_UNKNOWN),))
            code = FailureCode.CANCELLED_BY_MODERATOR
            job = await self._door.ask_cancel(job_id, code, noted_by=user_id) or job
        self._ring()
        self._signals.running.ring()
        return job

    async def clear(self, guild_id: int, user_id: int) -> int:
        """Call back all that waits in the guild; tells how many jobs that were."""
        with refusing_while_down():
            count = await self._door.clear_guild(guild_id, FailureCode.CANCELLED_BY_MODERATOR, noted_by=user_id)
        self._ring()
        return count

    # ------------------------------------------------------------ behind all of it

    async def _set(self, guild_id: int, user_id: int, **values: Any) -> Outcome:
        return await self._change(guild_id, user_id, lambda limits: _replaced(limits, **values))

    async def _change(self, guild_id: int, user_id: int, edit: Callable[[Limits], Limits]) -> Outcome:
        with refusing_while_down():
            changed = await self._guilds.change(guild_id, user_id, edit)
        self._ring()
        return Outcome(self._view(guild_id, changed.limits, changed.use, changed.log_closed_since), changed)

    async def _limits(self, guild_id: int) -> Limits:
        with refusing_while_down():
            return await self._guilds.limits(guild_id)

    def _view(self, guild_id: int, limits: Limits, use: Use, log_closed_since: float | None) -> LimitsView:
        models, now = self._catalogue.at(guild_id).models, self._clock.now()
        return LimitsView(guild_id, limits, self._house, use, models, now, log_closed_since)

    def _model_ids(self, guild_id: int, names: Iterable[str], kept: Sequence[str]) -> tuple[str, ...]:
        catalog = self._catalogue.at(guild_id)
        found = {name: name if name in kept else getattr(catalog.find(name), "id", None) for name in names}
        unknown = [name for name, model_id in found.items() if model_id is None]
        if unknown and catalog.fetched_at is None:
            raise Refused((Problem(ProblemCode.CATALOGUE_UNKNOWN),))
        if unknown:
            known = tuple(model.name for model in catalog.models)
            raise Refused(tuple(Problem(ProblemCode.MODEL_UNKNOWN, name, known) for name in unknown))
        return tuple(dict.fromkeys(model_id for model_id in found.values() if model_id is not None))

    def _ring(self) -> None:
        """Cards say otherwise, jobs may go, and there is something to tell in the log channel."""
        self._signals.cards.ring()
        self._signals.queued.ring()


def _replaced(limits: Limits, **values: Any) -> Limits:
    return replace(limits, **values)


def _with(before: tuple[Any, ...], each: object) -> tuple[Any, ...]:
    return before if each in before else (*before, each)


def _in_order(before: Sequence[T], after: Sequence[T]) -> tuple[T, ...]:
    """`after`, each once, what was there before in its old place: another order is no change."""
    return tuple(dict.fromkeys((*(each for each in before if each in after), *after)))


def _good(read: Mapping[Any, T | Problem]) -> dict[Any, T]:
    """What was typed, if all of it is good. Raises Refused with all that is not."""
    problems = tuple(each for each in read.values() if isinstance(each, Problem))
    if problems:
        raise Refused(problems)
    return {name: each for name, each in read.items() if not isinstance(each, Problem)}


def _phrases(typed: str) -> list[str]:
    phrases = [tidy_phrase(part) for line in typed.splitlines() for part in line.split(",")]
    found = list(dict.fromkeys(phrase for phrase in phrases if phrase))
    if not found:
        raise Refused((Problem(ProblemCode.WORD_EMPTY),))
    too_long = [phrase for phrase in found if len(phrase) > WORD_MAX_CHARACTERS]
    if too_long:
        raise Refused(tuple(Problem(ProblemCode.WORD_TOO_LONG, each, limit=WORD_MAX_CHARACTERS) for each in too_long))
    return found


def _without_twins(phrases: tuple[str, ...]) -> tuple[str, ...]:
    """Of those that find each other the first. All are looked for at once: the store waits meanwhile."""
    kept: list[str] = []
    for phrase in phrases:
        if not any(same_phrase(phrase, other) for other in blocked_in(phrase, phrases) if other in kept):
            kept.append(phrase)
    return tuple(kept)


def _is_among(word: str, phrases: tuple[str, ...]) -> bool:
    """However it is spelled."""
    return word in phrases or any(same_phrase(word, each) for each in blocked_in(word, phrases))


def _refuse_too_many(things: Sequence[object], most: int) -> None:
    if len(things) > most:
        raise Refused((Problem(ProblemCode.LIST_FULL, str(len(things)), limit=most),))
