"""Drafts as members work on them: begun by a button, changed by menus and a form, started by a confirmation."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from bot.domain.catalog import Catalog, Model
from bot.domain.drafts import Draft, DraftView, candidates, fitted, typed
from bot.domain.flags import flags_of
from bot.domain.pricing import estimate_credits
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, Reference, check
from bot.errors import Refused, StoreDown
from bot.ports import Asking, Drafts, Guilds, NewDraft
from bot.services.catalogue import Catalogue
from bot.services.keys import Keyring
from bot.services.origin import Origin
from bot.services.refusing import refusing_while_down
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
    """`guild_id` is where a draft is worked on: its own key, if it has one, is what pays (None: direct messages)."""

    def __init__(self, drafts: Drafts, asking: Asking, guilds: Guilds, catalogue: Catalogue, keyring: Keyring) -> None:
        self._drafts = drafts
        self._asking = asking
        self._guilds = guilds
        self._catalogue = catalogue
        self._keyring = keyring
        # A choice is read, changed and stored: of two at once none may be lost.
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def begin(self, request: GenerationRequest, origin: Origin, *, parent_id: int | None = None) -> DraftView:
        """Keep a request until it is started. Raises Refused (the store fails)."""
        new = NewDraft(origin.user_id, request, flags_of(request), parent_id, origin.is_private)
        with refusing_while_down():
            return await self.view(await self._drafts.begin(new), origin.guild_id)

    async def read(self, draft_id: int, user_id: int) -> Draft:
        """A member's own draft. Raises Refused."""
        with refusing_while_down():
            draft = await self._drafts.read(draft_id)
        if draft is None:
            raise Refused((Problem(ProblemCode.DRAFT_GONE),))
        if draft.user_id != user_id:
            raise Refused((Problem(ProblemCode.NOT_YOURS),))
        return draft

    async def view(self, draft: Draft, guild_id: int | None) -> DraftView:
        """What its panel shows."""
        asked = typed(draft)
        request = asked.request
        here = self._catalogue.at(guild_id)
        model, problems = self.resolved(request, here)
        return DraftView(
            draft=draft,
            model=model,
            models=candidates(await self.choices_for(guild_id), request),
            problems=(*problems, *asked.problems, *check(request, model, here.models)),
            price_credits=estimate_credits(request, model),
            balance_credits=await self.balance(guild_id, None if model is None else model.provider),
        )

    async def choices_for(self, guild_id: int | None) -> Catalog:
        """What may be chosen in a guild. While nobody can tell: all that there are keys for."""
        try:
            allowed = (await self._guilds.limits(guild_id)).models
        except StoreDown:
            allowed = ()
        return self._catalogue.at(guild_id).only(allowed)

    def resolved(
        self, request: GenerationRequest, here: Catalog, allowed: Collection[str] = ()
    ) -> tuple[Model | None, tuple[Problem, ...]]:
        """As `Catalog.resolve`. A model that is named is found although there is no key for it `here`."""
        catalog = here if request.model_id is None else self._catalogue.current
        return catalog.resolve(request.model_id, request.medium, allowed)

    async def balance(self, guild_id: int | None, provider: str | None) -> int | None:
        """Credits left at a provider (None: the first at hand), as last told; None: not known, or without limit."""
        account = self._keyring.account_for(guild_id, provider)
        try:
            told = await self._asking.credits([] if account is None else [account])
        except StoreDown:
            return None
        return next((each.purchased_credits for each in told if not each.is_unlimited), None)

    async def choose(self, draft_id: int, user_id: int, guild_id: int | None, what: Action, value: str) -> DraftView:
        """A choice out of one of the panel's menus. Raises Refused."""
        async with self._lock(draft_id):
            draft = await self.read(draft_id, user_id)
            request = self._chosen(draft.request, what, value)
            options = flags_of(request) if draft.words is None else draft.options
            return await self._keep(replace(draft, request=request, options=options), guild_id)

    async def hand_in(self, draft_id: int, user_id: int, guild_id: int | None, typing: Typing) -> DraftView:
        """What was typed into its form. All of it is kept, right or wrong. Raises Refused."""
        async with self._lock(draft_id):
            draft = await self.read(draft_id, user_id)
            handed = self._handed_in(draft, typing)
            asked = typed(handed)
            if not asked.problems:
                handed = replace(handed, request=asked.request, options=flags_of(asked.request), words=None)
            return await self._keep(handed, guild_id)

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

    async def _keep(self, draft: Draft, guild_id: int | None) -> DraftView:
        with refusing_while_down():
            await self._drafts.change(draft)
        return await self.view(draft, guild_id)

    async def discard(self, draft_id: int, user_id: int) -> None:
        """Raises Refused."""
        draft = await self.read(draft_id, user_id)
        with refusing_while_down():
            await self._drafts.discard(draft.id)

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
