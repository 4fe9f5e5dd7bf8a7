"""The door: a request is looked at, stored and offered; once its card stands it is in the line."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.domain.catalog import Catalog, Model
from bot.domain.drafts import DraftView, is_dear, price_seen, typed
from bot.domain.jobs import FailureCode, Job
from bot.domain.limits import House, Limits
from bot.domain.policy import Ask, circumstances_of
from bot.domain.pricing import estimate_credits
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, check
from bot.domain.views import CardView
from bot.errors import Refused, StoreDown
from bot.ports import Account, Asking, CardKind, Door, Guilds, NewJob, Press
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.keys import Keyring
from bot.services.origin import Origin
from bot.services.refusing import refusing_while_down
from bot.services.signals import Signals
from bot.services.viewing import CardViews

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """What was stored, ready to be shown."""

    job: Job
    view: CardView


@dataclass(frozen=True, slots=True)
class _Wish:
    """A request that was found good."""

    ask: Ask
    account: Account
    is_dear: bool
    """It is to be confirmed first."""


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
        guilds: Guilds,
        keyring: Keyring,
        signals: Signals,
        house: House,
        drafting: Drafting,
    ) -> None:
        self._door = door
        self._asking = asking
        self._catalogue = catalogue
        self._views = views
        self._guilds = guilds
        self._keyring = keyring
        self._signals = signals
        self._house = house
        self._drafting = drafting

    async def offer(self, request: GenerationRequest, origin: Origin, *, parent_id: int | None = None) -> Offer:
        """Check, price and store a request, and say how its card looks. Raises Refused: nothing was stored."""
        return await self._offer(await self._checked(request, origin), origin, parent_id)

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
        wish = await self._checked(request, origin, typing)
        if wish.is_dear:
            return await self._drafting.begin(wish.ask.request, origin, parent_id=parent_id)
        return await self._offer(wish, origin, parent_id, press)

    async def start(self, draft_id: int, origin: Origin, *, seen_price: str = "") -> Offer | DraftView:
        """A draft becomes a job; its panel comes first where it is dear, or costs something else than it said.

        `seen_price`: the price as the panel showed it (`price_seen`); "": it was not shown. Raises Refused.
        """
        draft = await self._drafting.read(draft_id, origin.user_id)
        asked = typed(draft)
        wish = await self._checked(asked.request, origin, asked.problems)
        is_agreed = seen_price == price_seen(wish.ask.price_credits)
        if not is_agreed and (seen_price or wish.is_dear):
            return await self._drafting.view(draft, origin.guild_id)
        return await self._offer(wish, origin, draft.parent_id, draft_id=draft.id)

    async def again(self, job_id: int, origin: Origin, *, is_confirmed: bool = False) -> Offer | DraftView:
        """The same request once more, as a job of whoever pressed. Raises Refused."""
        parent = await self.known(job_id)
        press = press_of("again", job_id, None, origin.user_id)
        if is_confirmed:
            return await self._offer(await self._checked(parent.request, origin), origin, parent.id, press)
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
        with refusing_while_down():
            await self._door.renew_token(job_id, origin.token, origin.token_expires_at)
            job = await self._door.confirm(job_id, None)
        self._signals.queued.ring()
        self._signals.cards.ring()
        return job or await self.known(job_id)

    async def cancel(self, job_id: int, origin: Origin) -> Job:
        """Call a job back; only its member and moderators may. Raises Refused."""
        job = await self.own(job_id, origin)
        is_own = job.user_id == origin.user_id
        code = FailureCode.CANCELLED_BY_MEMBER if is_own else FailureCode.CANCELLED_BY_MODERATOR
        with refusing_while_down():
            job = await self._door.ask_cancel(job_id, code, noted_by=None if is_own else origin.user_id) or job
        self._signals.cards.ring()
        self._signals.running.ring()
        self._signals.queued.ring()
        return job

    async def choices_for(self, guild_id: int | None) -> Catalog:
        """What may be chosen in a guild."""
        return await self._drafting.choices_for(guild_id)

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
        self._signals.running.ring()

    async def left_guild(self, guild_id: int) -> None:
        """Easel was removed from a guild: what waits there is not made."""
        try:
            count = await self._door.clear_guild(guild_id, FailureCode.GUILD_LEFT)
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
        with refusing_while_down():
            job = await self._asking.job(job_id, or_forgotten=or_forgotten)
        if job is None:
            raise Refused((Problem(ProblemCode.JOB_UNKNOWN),))
        return job

    async def _checked(self, request: GenerationRequest, origin: Origin, typing: Sequence[Problem] = ()) -> _Wish:
        """The one check of all ways in, before anything is spent. Raises Refused, with every reason."""
        if self._signals.stopping.is_set():
            raise Refused((Problem(ProblemCode.STOPPING),))
        with refusing_while_down():
            limits = self._house.capped(await self._guilds.limits(origin.guild_id))
            return await self._judged(request, origin, typing, limits)

    async def _judged(
        self, request: GenerationRequest, origin: Origin, typing: Sequence[Problem], limits: Limits
    ) -> _Wish:
        here = self._catalogue.at(origin.guild_id)
        model, problems = self._drafting.resolved(request, here, limits.models)
        if model is not None:
            request = replace(request, model_id=model.id)
        problems += (*self._place_problems(origin), *typing, *check(request, model, here.models))
        account = self._keyring.account_for(origin.guild_id, None if model is None else model.provider)
        if account is None:
            raise Refused((*problems, Problem(ProblemCode.NO_ACCOUNT)))
        if account.key is None:
            problems += (Problem(ProblemCode.KEY_LOCKED),)
        ask = _ask(request, model, origin)
        problems += tuple(_named(each, self._catalogue.current, here) for each in await self._door.judge(account, ask))
        if problems:
            raise Refused(problems)
        return _Wish(ask, account, is_dear(ask.price_credits, limits.confirm_above_credits))

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
            request=wish.ask.request,
            reserved_credits=wish.ask.price_credits,
            is_private=origin.is_private,
            card_kind=origin.card_kind,
            token=origin.token,
            token_expires_at=origin.token_expires_at,
            attachment_limit_bytes=origin.attachment_limit_bytes,
            parent_id=parent_id,
            press=press,
            draft_id=draft_id,
            circumstances=wish.ask.circumstances,
        )
        try:
            job, waiting = await self._door.offer(new)
            self._signals.doubts.ring()
            return Offer(job, await self._views.of(job, waiting=waiting))
        except StoreDown as error:
            log.exception("a request could not be stored")
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error

    def _place_problems(self, origin: Origin) -> tuple[Problem, ...]:
        if origin.guild_id is None and not self._house.serves(None):
            return (Problem(ProblemCode.DIRECT_MESSAGES_OFF),)
        if origin.card_kind is CardKind.CHANNEL and origin.missing_permissions:
            return (Problem(ProblemCode.CHANNEL_NOT_WRITABLE, allowed=origin.missing_permissions),)
        return ()


def _ask(request: GenerationRequest, model: Model | None, origin: Origin) -> Ask:
    circumstances = circumstances_of(
        request,
        model,
        channel_ids=origin.channel_ids,
        role_ids=origin.role_ids,
        is_age_restricted=origin.is_age_restricted,
    )
    price_credits = estimate_credits(request, model)
    return Ask(origin.guild_id, origin.user_id, request, circumstances, price_credits)


def _named(problem: Problem, catalog: Catalog, here: Catalog) -> Problem:
    """With models as members know them; those that were retired since, or have no key `here`, cannot be chosen."""
    if problem.code is not ProblemCode.MODEL_NOT_ALLOWED:
        return problem
    given = catalog.find(problem.given)
    names = tuple(model.name for model in here.models if model.id in problem.allowed)
    return replace(problem, given=problem.given if given is None else given.name, allowed=names)
