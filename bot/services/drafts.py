"""Drafts as members work on them: begun by a button, changed by menus and a form, started by a confirmation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from bot.domain.drafts import Draft, DraftView, candidates, fitted, typed
from bot.domain.flags import flags_of
from bot.domain.pricing import estimate_credits
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, Reference, check
from bot.errors import Refused, StoreDown
from bot.ports import Account, Asking, Drafts, NewDraft
from bot.services.catalogue import Catalogue
from bot.services.origin import Origin
from bot.ui.drafts import TYPED_MAX_CHARACTERS
from bot.ui.messages import Action


@dataclass(frozen=True, slots=True)
class Typing:
    """What a member put into a draft's form."""

    prompt: str
    """Empty leaves one that is too long for the form as it is."""
    options: str
    model_id: str | None = None
    """None leaves the model."""
    references: tuple[Reference, ...] = ()
    """None of them leaves those that it has."""


class Drafting:
    """`accounts`: the default account of each provider."""

    def __init__(self, drafts: Drafts, asking: Asking, catalogue: Catalogue, accounts: Mapping[str, Account]) -> None:
        self._drafts = drafts
        self._asking = asking
        self._catalogue = catalogue
        self._accounts = accounts
        # A choice is read, changed and stored: of two at once none may be lost.
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def begin(self, request: GenerationRequest, origin: Origin, *, parent_id: int | None = None) -> DraftView:
        """Keep a request until it is started. Raises Refused (the store fails)."""
        new = NewDraft(origin.user_id, request, flags_of(request), parent_id, origin.is_private)
        try:
            return await self.view(await self._drafts.begin(new))
        except StoreDown as error:
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error

    async def read(self, draft_id: int, user_id: int) -> Draft:
        """A member's own draft. Raises Refused."""
        try:
            draft = await self._drafts.read(draft_id)
        except StoreDown as error:
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error
        if draft is None:
            raise Refused((Problem(ProblemCode.DRAFT_GONE),))
        if draft.user_id != user_id:
            raise Refused((Problem(ProblemCode.NOT_YOURS),))
        return draft

    async def view(self, draft: Draft) -> DraftView:
        """What its panel shows."""
        asked = typed(draft)
        request = asked.request
        catalog = self._catalogue.current
        model, problems = catalog.resolve(request.model_id, request.medium)
        return DraftView(
            draft=draft,
            model=model,
            models=candidates(catalog, request),
            problems=(*problems, *asked.problems, *check(request, model, catalog.models)),
            price_credits=estimate_credits(request, model),
            balance_credits=await self.balance(None if model is None else model.provider),
        )

    async def balance(self, provider: str | None) -> int | None:
        """Credits left at a provider (None: the first at hand), as last told; None: not known, or without limit."""
        accounts = [each for each in self._accounts.values() if provider in (None, each.provider)][:1]
        try:
            told = await self._asking.credits(accounts)
        except StoreDown:
            return None
        return next((each.purchased_credits for each in told if not each.is_unlimited), None)

    async def choose(self, draft_id: int, user_id: int, what: Action, value: str) -> DraftView:
        """A choice out of one of the panel's menus. Raises Refused."""
        async with self._lock(draft_id):
            draft = await self.read(draft_id, user_id)
            request = self._chosen(draft.request, what, value)
            options = flags_of(request) if draft.words is None else draft.options
            return await self._keep(replace(draft, request=request, options=options))

    async def hand_in(self, draft_id: int, user_id: int, typing: Typing) -> DraftView:
        """What was typed into its form. All of it is kept, right or wrong. Raises Refused."""
        async with self._lock(draft_id):
            draft = await self.read(draft_id, user_id)
            handed = self._handed_in(draft, typing)
            asked = typed(handed)
            if not asked.problems:
                handed = replace(handed, request=asked.request, options=flags_of(asked.request), words=None)
            return await self._keep(handed)

    def _handed_in(self, draft: Draft, typing: Typing) -> Draft:
        request = self._chosen(draft.request, Action.MODEL, typing.model_id or "")
        words = typing.prompt if typing.prompt.strip() else ""
        if not words and len(draft.prompt) > TYPED_MAX_CHARACTERS:
            words = draft.words or ""
        elif not words:
            request = replace(request, prompt="")
        references = typing.references or request.references
        return replace(draft, request=replace(request, references=references), options=typing.options, words=words)

    def _lock(self, draft_id: int) -> asyncio.Lock:
        return self._locks.setdefault(draft_id, asyncio.Lock())

    async def _keep(self, draft: Draft) -> DraftView:
        try:
            await self._drafts.change(draft)
        except StoreDown as error:
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error
        return await self.view(draft)

    async def discard(self, draft_id: int, user_id: int) -> None:
        """Raises Refused."""
        draft = await self.read(draft_id, user_id)
        try:
            await self._drafts.discard(draft.id)
        except StoreDown as error:
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error

    def _chosen(self, request: GenerationRequest, what: Action, value: str) -> GenerationRequest:
        model = self._catalogue.current.find(value if what is Action.MODEL else request.model_id or "")
        match what:
            case Action.DURATION if value.isdecimal():
                changed = replace(request, duration_seconds=int(value))
            case Action.TIER:
                changed = replace(request, tier=value)
            case Action.RESOLUTION:
                changed = replace(request, resolution=value)
            case _:
                changed = request
        return changed if model is None else fitted(changed, model)
