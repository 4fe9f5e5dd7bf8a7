"""The door: a request is looked at, stored and offered; once its card stands it is in the line."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.catalog import Model
from bot.domain.drafts import DraftView, is_dear, price_seen, typed
from bot.domain.jobs import FailureCode, Job
from bot.domain.policy import Limits
from bot.domain.pricing import estimate_credits
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, check
from bot.domain.views import CardView
from bot.errors import Refused, StoreDown
from bot.ports import Account, Asking, CardKind, Door, NewJob, Press
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.origin import Origin
from bot.services.signals import Signals
from bot.services.viewing import CardViews

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """What was stored, ready to be shown."""

    job: Job
    view: CardView


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator lets in."""

    limits: Limits = field(default_factory=Limits)
    allow_direct_messages: bool = False
    confirm_above_credits: int = 100
    """Dearer ones are confirmed first; 0: all of them."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A request that was found good."""

    request: GenerationRequest
    account: Account
    price_credits: int | None


def press_of(button: str, job_id: int, index: int | None, user_id: int) -> Press:
    """A click as the store tells it from others: one job for a member and button until its card has stood."""
    return Press(f"{button}:{job_id}:{index or 0}:{user_id}", Problem(ProblemCode.ALREADY_PRESSED))


class Intake:
    """What cogs call when a member asks for something, or calls it back."""

    def __init__(  # noqa: PLR0913  the parts that a request passes
        self,
        door: Door,
        asking: Asking,
        catalogue: Catalogue,
        views: CardViews,
        accounts: Mapping[str, Account],
        signals: Signals,
        rules: Rules,
        drafting: Drafting,
    ) -> None:
        """`accounts`: the default account of each provider."""
        self._door = door
        self._asking = asking
        self._catalogue = catalogue
        self._views = views
        self._accounts = accounts
        self._signals = signals
        self._rules = rules
        self._drafting = drafting

    async def offer(self, request: GenerationRequest, origin: Origin, *, parent_id: int | None = None) -> Offer:
        """Check, price and store a request, and say how its card looks. Raises Refused: nothing was stored."""
        return await self._offer(self._checked(request, origin), origin, parent_id)

    async def ask(
        self,
        request: GenerationRequest,
        origin: Origin,
        *,
        typing: Sequence[Problem] = (),
        parent_id: int | None = None,
        press: Press | None = None,
    ) -> Offer | DraftView:
        """As `offer`, but what is dear becomes a draft, to be confirmed first. Raises Refused.

        `typing`: what was wrong with the text that the request came from.
        """
        wish = self._checked(request, origin, typing)
        if is_dear(wish.price_credits, self._rules.confirm_above_credits):
            return await self._drafting.begin(wish.request, origin, parent_id=parent_id)
        return await self._offer(wish, origin, parent_id, press)

    async def start(self, draft_id: int, origin: Origin, *, seen_price: str = "") -> Offer | DraftView:
        """A draft becomes a job; its panel comes first where it is dear, or costs something else than it said.

        `seen_price`: the price as the panel showed it (`price_seen`); "": it was not shown. Raises Refused.
        """
        draft = await self._drafting.read(draft_id, origin.user_id)
        asked = typed(draft)
        wish = self._checked(asked.request, origin, asked.problems)
        is_agreed = seen_price == price_seen(wish.price_credits)
        if not is_agreed and (seen_price or is_dear(wish.price_credits, self._rules.confirm_above_credits)):
            return await self._drafting.view(draft)
        return await self._offer(wish, origin, draft.parent_id, draft_id=draft.id)

    async def again(self, job_id: int, origin: Origin, *, is_confirmed: bool = False) -> Offer | DraftView:
        """The same request once more, as a job of whoever pressed. Raises Refused."""
        parent = await self.known(job_id)
        press = press_of("again", job_id, None, origin.user_id)
        if is_confirmed:
            return await self._offer(self._checked(parent.request, origin), origin, parent.id, press)
        return await self.ask(parent.request, origin, parent_id=parent.id, press=press)

    async def confirm(self, job_id: int, message_id: int | None) -> None:
        """The answer arrived: the job is in the line. Failing that, the doorkeeper finds out."""
        try:
            await self._door.confirm(job_id, message_id)
        except StoreDown:
            log.exception("job %d: its card stands, but that could not be stored", job_id)
            self.doubt(job_id)
            return
        self._signals.queued.ring()
        self._signals.cards.ring()

    async def withdraw(self, job_id: int) -> None:
        """The answer certainly never arrived: nothing is made."""
        try:
            await self._door.drop(job_id, FailureCode.CARD_NEVER_SHOWN)
        except StoreDown:
            log.exception("job %d: not withdrawn", job_id)
            self.doubt(job_id)

    def doubt(self, job_id: int) -> None:
        """Nobody knows whether the answer arrived: the doorkeeper asks Discord."""
        log.info("job %d: its answer may not have arrived", job_id)
        self._signals.doubts.ring()

    async def clicked(self, job_id: int, origin: Origin) -> Job:
        """A click on a job's own card: the card stands, and can be edited for another 15 minutes. Raises Refused."""
        await self.known(job_id)
        try:
            await self._door.renew_token(job_id, origin.token, origin.token_expires_at)
            job = await self._door.confirm(job_id, None)
        except StoreDown as error:
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error
        self._signals.queued.ring()
        self._signals.cards.ring()
        return job or await self.known(job_id)

    async def cancel(self, job_id: int, origin: Origin) -> Job:
        """Call a job back; only its member and moderators may. Raises Refused."""
        job = await self.own(job_id, origin)
        try:
            job = await self._door.ask_cancel(job_id) or job
        except StoreDown as error:
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error
        self._signals.cards.ring()
        self._signals.queued.ring()
        return job

    async def own(self, job_id: int, origin: Origin) -> Job:
        """A job that its member, or a moderator where it is, decides about. Raises Refused."""
        # Also a forgotten one: what shows it can still be deleted.
        job = await self._known(job_id, or_forgotten=True)
        is_moderated = origin.is_moderator and origin.guild_id == job.guild_id
        if job.user_id != origin.user_id and not is_moderated:
            raise Refused((Problem(ProblemCode.NOT_YOURS),))
        return job

    async def deleted(self, job_id: int, message_id: int | None) -> None:
        """A message that shows a job was deleted by the button below it; where it was the card, nothing follows."""
        try:
            await self._door.deleted(job_id, message_id)
        except StoreDown:
            # The next edit of the card finds out.
            log.exception("job %d: its card is gone, but that could not be stored", job_id)
        self._signals.queued.ring()

    async def left_guild(self, guild_id: int) -> None:
        """Easel was removed from a guild: what waits there is not made."""
        try:
            count = await self._door.leave_guild(guild_id)
        except StoreDown:
            log.exception("guild %d: its jobs could not be cancelled", guild_id)
            return
        if count:
            log.info("guild %d: left, %d waiting jobs cancelled", guild_id, count)
            self._signals.cards.ring()
            self._signals.queued.ring()

    async def joined_guilds(self, guild_ids: Collection[int]) -> None:
        """All guilds that Easel is in: it may have been removed from others while it was away."""
        try:
            waiting = await self._door.waiting_guilds()
        except StoreDown:
            log.exception("the guilds of waiting jobs could not be read")
            return
        for guild_id in set(waiting) - set(guild_ids):
            await self.left_guild(guild_id)

    async def known(self, job_id: int) -> Job:
        """A job by its id, unless its member wants it to be forgotten. Raises Refused."""
        return await self._known(job_id)

    async def _known(self, job_id: int, *, or_forgotten: bool = False) -> Job:
        try:
            job = await self._asking.job(job_id, or_forgotten=or_forgotten)
        except StoreDown as error:
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error
        if job is None:
            raise Refused((Problem(ProblemCode.JOB_UNKNOWN),))
        return job

    def _checked(self, request: GenerationRequest, origin: Origin, typing: Sequence[Problem] = ()) -> _Wish:
        """The one check of all ways in, before anything is spent. Raises Refused."""
        if self._signals.stopping.is_set():
            raise Refused((Problem(ProblemCode.STOPPING),))
        model, problems = self._catalogue.current.resolve(request.model_id, request.medium)
        if model is not None:
            request = replace(request, model_id=model.id)
        problems += (*self._place_problems(origin), *typing, *check(request, model, self._catalogue.current.models))
        account = self._account_for(model)
        if account is None:
            problems += (Problem(ProblemCode.NO_ACCOUNT),)
        if problems or account is None:
            raise Refused(problems)
        return _Wish(request, account, estimate_credits(request, model))

    async def _offer(
        self,
        wish: _Wish,
        origin: Origin,
        parent_id: int | None,
        press: Press | None = None,
        draft_id: int | None = None,
    ) -> Offer:
        new = NewJob(
            account=wish.account,
            guild_id=origin.guild_id,
            channel_id=origin.channel_id,
            user_id=origin.user_id,
            request=wish.request,
            reserved_credits=wish.price_credits,
            is_private=origin.is_private,
            card_kind=origin.card_kind,
            token=origin.token,
            token_expires_at=origin.token_expires_at,
            attachment_limit_bytes=origin.attachment_limit_bytes,
            parent_id=parent_id,
            press=press,
            draft_id=draft_id,
        )
        try:
            job, waiting = await self._door.offer(new, self._rules.limits)
            self._signals.doubts.ring()
            return Offer(job, await self._views.of(job, waiting=waiting))
        except StoreDown as error:
            log.exception("a request could not be stored")
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error

    def _place_problems(self, origin: Origin) -> tuple[Problem, ...]:
        if origin.guild_id is None and not self._rules.allow_direct_messages:
            return (Problem(ProblemCode.DIRECT_MESSAGES_OFF),)
        if origin.card_kind is CardKind.CHANNEL and origin.missing_permissions:
            return (Problem(ProblemCode.CHANNEL_NOT_WRITABLE, allowed=origin.missing_permissions),)
        return ()

    def _account_for(self, model: Model | None) -> Account | None:
        if model is not None:
            return self._accounts.get(model.provider)
        return next(iter(self._accounts.values()), None)
