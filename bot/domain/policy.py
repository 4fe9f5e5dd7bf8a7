"""May this member ask this now? One answer, with every reason against it and when each will be over.

Given at the door, and once more before the POST leaves: limits as they are then, roles as when it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.domain.catalog import Medium, Model
from bot.domain.jobs import Job
from bot.domain.limits import ALLOWANCES, Limits, Unit
from bot.domain.problems import Problem, ProblemCode
from bot.domain.ranks import is_above
from bot.domain.requests import Circumstances, GenerationRequest, made_of
from bot.domain.words import blocked_in


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, with whoever asks it."""

    guild_id: int | None
    user_id: int
    request: GenerationRequest
    circumstances: Circumstances
    price_credits: int | None
    """None: not known."""

    @property
    def medium(self) -> Medium:
        return self.request.medium

    @property
    def texts(self) -> tuple[str, ...]:
        """All words in it that are the member's own."""
        options = self.request.midjourney
        return (self.request.prompt, options.sref or "" if options is not None else "")


@dataclass(frozen=True, slots=True)
class Use:
    """What was used: in its guild, and by its member in it, spent or held. Of a member by what an allowance names."""

    guild_day_credits: int = 0
    guild_month_credits: int = 0
    member_day: Mapping[Unit, int] = field(default_factory=dict)
    day_ends_at: float = 0.0
    month_ends_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """What waits already: of the member in this guild, and of the whole guild."""

    queued_of_member: int
    queued_of_guild: int
    wait_seconds: float | None = None
    """Until the guild's line is short enough again; None: not known."""
    last_asked_at: float | None = None
    """When the member asked last; None: long ago."""


def ask_of(job: Job) -> Ask:
    """What a job asks."""
    return Ask(job.guild_id, job.user_id, job.request, job.circumstances, job.reserved_credits)


def circumstances_of(
    request: GenerationRequest,
    model: Model | None,
    *,
    channel_ids: Iterable[int] = (),
    role_ids: Iterable[int] = (),
    is_age_restricted: bool = False,
) -> Circumstances:
    """Where and as whom something is asked, and what its model makes of what was left open."""
    return Circumstances(tuple(channel_ids), tuple(role_ids), is_age_restricted, made_of(request, model))


def verdict(ask: Ask, limits: Limits, use: Use, load: Load | None, now: float) -> tuple[Problem, ...]:
    """Every reason against it; none: it may be made. `load` None: it has been let in, so its place is not looked at."""
    problems = [*_who(ask, limits, now), *_where(ask, limits), *_what(ask, limits), *_words(ask, limits)]
    problems += _budgets(ask, limits, use)
    if load is not None:
        problems += _line(limits, load, now)
    return tuple(problems)


def _who(ask: Ask, limits: Limits, now: float) -> Iterator[Problem]:
    for block in limits.blocked_members:
        if block.user_id == ask.user_id and block.holds_at(now):
            yield Problem(ProblemCode.MEMBER_BLOCKED, block.reason, again_at=block.until)
    roles = set(ask.circumstances.role_ids)
    if limits.roles_allowed and not roles & set(limits.roles_allowed):
        yield Problem(ProblemCode.ROLE_MISSING, allowed=_ids(limits.roles_allowed))
    if excluded := [role for role in limits.roles_excluded if role in roles]:
        yield Problem(ProblemCode.ROLE_EXCLUDED, allowed=_ids(excluded))
    if ask.medium is Medium.VIDEO and limits.video_roles and not roles & set(limits.video_roles):
        yield Problem(ProblemCode.VIDEO_ROLE_MISSING, allowed=_ids(limits.video_roles))


def _where(ask: Ask, limits: Limits) -> Iterator[Problem]:
    if limits.channels and not set(ask.circumstances.channel_ids) & set(limits.channels):
        yield Problem(ProblemCode.CHANNEL_NOT_ALLOWED, allowed=_ids(limits.channels))
    if limits.age_restricted_only and ask.guild_id is not None and not ask.circumstances.is_age_restricted:
        yield Problem(ProblemCode.CHANNEL_NOT_AGE_RESTRICTED)


def _what(ask: Ask, limits: Limits) -> Iterator[Problem]:
    made = ask.circumstances.made
    if limits.models and ask.request.model_id not in limits.models:
        yield Problem(ProblemCode.MODEL_NOT_ALLOWED, ask.request.model_id or "", limits.models)
    is_video = ask.medium is Medium.VIDEO
    resolution = limits.video_resolution if is_video else limits.picture_resolution
    for code, chosen, highest in (
        (ProblemCode.RESOLUTION_TOO_HIGH, made.resolution, resolution),
        (ProblemCode.QUALITY_TOO_HIGH, made.quality, limits.quality),
        (ProblemCode.TIER_TOO_HIGH, made.tier, limits.tier),
    ):
        if chosen is not None and highest is not None and is_above(chosen, highest):
            yield Problem(code, chosen, (highest,))
    if made.seconds is not None and limits.video_seconds is not None and made.seconds > limits.video_seconds:
        yield Problem(ProblemCode.VIDEO_TOO_LONG, str(made.seconds), limit=limits.video_seconds)


def _words(ask: Ask, limits: Limits) -> Iterator[Problem]:
    met = dict.fromkeys(phrase for text in ask.texts for phrase in blocked_in(text, limits.blocked_words))
    if met:
        yield Problem(ProblemCode.WORDS_BLOCKED, allowed=tuple(met))


def _budgets(ask: Ask, limits: Limits, use: Use) -> Iterator[Problem]:
    allowance = limits.allowance(ask.circumstances.role_ids)
    asked = {
        Unit.CREDITS: ask.price_credits,
        Unit.PICTURES: int(ask.medium is Medium.IMAGE),
        Unit.VIDEOS: int(ask.medium is Medium.VIDEO),
    }
    day, month = limits.guild_credits_per_day, limits.guild_credits_per_month
    budgets = (
        (ProblemCode.GUILD_DAY_SPENT, ask.price_credits, use.guild_day_credits, day, use.day_ends_at),
        (ProblemCode.GUILD_MONTH_SPENT, ask.price_credits, use.guild_month_credits, month, use.month_ends_at),
        *(
            (_OF_MEMBER[unit], asked[unit], use.member_day.get(unit, 0), allowance[unit], use.day_ends_at)
            for unit in ALLOWANCES
        ),
    )
    standing = [budget for budget in budgets if budget[3] is not None]
    if any(price is None for _, price, *_ in standing):
        # What it costs is told only by its bill: it might overspend.
        yield Problem(ProblemCode.PRICE_UNKNOWN)
    for code, price, used, limit, ends_at in standing:
        if price and limit is not None and used + price > limit:
            # A budget that is too small for it is so tomorrow, too.
            again_at = ends_at if price <= limit else None
            yield Problem(code, str(used), limit=limit, again_at=again_at, credits=price)


_OF_MEMBER: Mapping[Unit, ProblemCode] = MappingProxyType(
    {
        Unit.CREDITS: ProblemCode.MEMBER_CREDITS_SPENT,
        Unit.PICTURES: ProblemCode.MEMBER_PICTURES_SPENT,
        Unit.VIDEOS: ProblemCode.MEMBER_VIDEOS_SPENT,
    }
)


def _line(limits: Limits, load: Load, now: float) -> Iterator[Problem]:
    again_at = None if load.last_asked_at is None else load.last_asked_at + limits.cooldown_seconds
    if again_at is not None and now < again_at:
        yield Problem(ProblemCode.COOLING_DOWN, limit=limits.cooldown_seconds, again_at=again_at)
    if load.queued_of_member >= limits.queued_per_member:
        yield Problem(ProblemCode.QUEUE_FULL_MEMBER, str(load.queued_of_member), limit=limits.queued_per_member)
    if load.queued_of_guild >= limits.queued_per_guild:
        wait = "" if load.wait_seconds is None else f"{load.wait_seconds:.0f}"
        yield Problem(ProblemCode.QUEUE_FULL_GUILD, wait, limit=limits.queued_per_guild)


def _ids(ids: Iterable[int]) -> tuple[str, ...]:
    return tuple(map(str, ids))
