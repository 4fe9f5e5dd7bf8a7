"""Drafts as members work on them: begun by a button, changed by menus and a form, started by a confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.drafts import Draft, DraftView, candidates, fitted
from bot.domain.flags import Typed, flags_of, parse_flags, typed_request, with_flags, without_flags
from bot.domain.pricing import estimate_credits
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import FLAG_NAMES, GenerationRequest, check
from bot.errors import Refused, StoreDown
from bot.ports import Account, Asking, Drafts, NewDraft
from bot.services.catalogue import Catalogue
from bot.services.origin import Origin
from bot.ui.drafts import TYPED_MAX_CHARACTERS
from bot.ui.messages import Action


class Drafting:
    """`accounts`: the default account of each provider."""

    def __init__(self, drafts: Drafts, asking: Asking, catalogue: Catalogue, accounts: Mapping[str, Account]) -> None:
        self._drafts = drafts
        self._asking = asking
        self._catalogue = catalogue
        self._accounts = accounts

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
        request = draft.request
        catalog = self._catalogue.current
        model = catalog.default(request.medium) if request.model_id is None else catalog.find(request.model_id)
        return DraftView(
            draft=draft,
            model=model,
            models=candidates(catalog, request),
            problems=check(request, model, catalog.models),
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
        draft = await self.read(draft_id, user_id)
        return await self._change(draft, self._chosen(draft.request, what, value), draft.options)

    async def hand_in(
        self, draft: Draft, prompt: str, options: str, model_id: str | None
    ) -> tuple[DraftView, tuple[Problem, ...]]:
        """What was typed into its form, and what is wrong with the typing. All of it is kept. Raises Refused.

        An empty prompt leaves one that is too long for the form as it is; `model_id` None leaves the model.
        """
        base = without_flags(self._chosen(draft.request, Action.MODEL, model_id or ""))
        if not prompt.strip() and len(draft.request.prompt) > TYPED_MAX_CHARACTERS:
            typed = Typed(base)
        else:
            typed = typed_request(prompt, base)
        beside = parse_flags(options)
        request, twice = with_flags(typed.request, beside.flags)
        stray = (Problem(ProblemCode.FLAG_UNKNOWN, beside.words, FLAG_NAMES),) if beside.words.strip() else ()
        problems = (*typed.problems, *beside.problems, *stray, *twice)
        if problems:
            # As it was typed, to be mended in the form.
            raw = replace(base, prompt=prompt or draft.request.prompt)
            return await self._change(draft, raw, options), problems
        return await self._change(draft, request, flags_of(request)), ()

    async def _change(self, draft: Draft, request: GenerationRequest, options: str) -> DraftView:
        try:
            await self._drafts.change(draft.id, request, options)
        except StoreDown as error:
            raise Refused((Problem(ProblemCode.STORE_FAILING),)) from error
        return await self.view(replace(draft, request=request, options=options))

    async def discard(self, draft_id: int, user_id: int) -> None:
        """Raises Refused."""
        await self._drafts.discard((await self.read(draft_id, user_id)).id)

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
