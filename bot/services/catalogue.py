"""The live catalogue: kept fresh, kept at hand while an upstream is down, and searched as members type."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from bot.clock import Clock, wait_until
from bot.domain.catalog import AUTO_RATIO, Catalog, Medium, Model, Skill
from bot.domain.ranks import lines_of
from bot.errors import LookupFailed, StoreError
from bot.ports import DocumentStore, Provider

REFRESH_SECONDS = 300.0
RETRY_FIRST_SECONDS = 5.0
CHOICES_MAX = 25
"""Discord shows no more (Application Commands, Autocomplete)."""

_MODELS = TypeAdapter(tuple[Model, ...])

log = logging.getLogger(__name__)


class Keys(Protocol):
    """Who has keys for what; providers by their names."""

    @property
    def at_hand(self) -> Collection[str]:
        """Anybody's."""
        ...

    def providers_for(self, guild_id: int | None) -> Collection[str]:
        """Those that pay for a guild (None: for direct messages)."""
        ...


class Catalogue:
    """All models of all providers. Once told, `current` stays, however long an upstream is down."""

    def __init__(
        self,
        providers: Iterable[Provider],
        cache: DocumentStore,
        clock: Clock,
        keyring: Keys | None = None,
    ) -> None:
        """What there is no key for in `keyring` is left out. None: there is one for everything."""
        self._every = tuple(providers)
        self._keyring = keyring
        self._cache = cache
        self._clock = clock
        self._told: dict[str, tuple[tuple[Model, ...], float]] = {}
        self._silent: set[str] = set()
        self.current = Catalog()

    @property
    def _providers(self) -> Sequence[Provider]:
        return self._every if self._keyring is None else self._named(self._keyring.at_hand)

    def _named(self, names: Collection[str]) -> Sequence[Provider]:
        return [provider for provider in self._every if provider.name in names]

    @property
    def silent(self) -> Collection[str]:
        """Providers that did not tell when last asked."""
        return frozenset(self._silent)

    @property
    def skills(self) -> frozenset[Skill]:
        """What the providers at hand are good for, whatever they list just now."""
        return _skills(self._providers)

    def at(self, guild_id: int | None) -> Catalog:
        """What there are keys for in a guild (None: in direct messages)."""
        return self.current if self._keyring is None else self.current.at(self._keyring.providers_for(guild_id))

    def skills_at(self, guild_id: int | None) -> frozenset[Skill]:
        """What those are good for that there are keys for in a guild."""
        return self.skills if self._keyring is None else _skills(self._named(self._keyring.providers_for(guild_id)))

    async def run(self, stop: asyncio.Event, rung: asyncio.Event) -> None:
        """Refresh every 5 minutes until `stop`; after a failure sooner, at 5, 10, 20 … seconds, and when rung."""
        await self.restore()
        failures = 0
        while not stop.is_set():
            rung.clear()
            failures = 0 if await self.refresh() else failures + 1
            wait_seconds = min(RETRY_FIRST_SECONDS * 2.0 ** min(failures - 1, 10), REFRESH_SECONDS)
            await wait_until(rung, self._clock.now() + (wait_seconds if failures else REFRESH_SECONDS), self._clock)

    async def restore(self) -> None:
        """Take what was last told in an earlier life, where nothing newer is known."""
        for provider in self._providers:
            if provider.name not in self._told and (found := await self._load(provider.name)) is not None:
                self._told[provider.name] = found
        self._assemble()

    async def refresh(self) -> bool:
        """Ask all providers now; those that fail keep what they told last. Tells whether all answered."""
        # What is known of a new one is shown before the others have answered.
        self._assemble()
        asked = self._providers
        answered = await asyncio.gather(*map(self._refresh_one, asked))
        self._silent = {each.name for each, is_told in zip(asked, answered, strict=True) if not is_told}
        return all(answered)

    async def _refresh_one(self, provider: Provider) -> bool:
        try:
            models = tuple(await provider.models())
        except LookupFailed as error:
            log.warning("The catalogue of %s did not come: %s", provider.name, error)
            return False
        except Exception:
            # A fault of our own with what was told: the process must not end with it.
            log.exception("The catalogue of %s could not be read", provider.name)
            return False
        at = self._clock.now()
        self._told[provider.name] = (models, at)
        # Nobody's models wait for another upstream that is slow.
        self._assemble()
        await self._save(provider.name, models, at)
        return True

    async def _load(self, provider: str) -> tuple[tuple[Model, ...], float] | None:
        try:
            found = await self._cache.load(_key(provider))
            return None if found is None else (_MODELS.validate_json(found[0]), found[1])
        except (StoreError, ValidationError) as error:
            # A catalogue kept by another version is no loss: a new one comes with the first refresh.
            log.info("The kept catalogue of %s is of no use: %s", provider, type(error).__name__)
            return None

    async def _save(self, provider: str, models: tuple[Model, ...], at: float) -> None:
        try:
            await self._cache.save(_key(provider), _MODELS.dump_json(models).decode(), at)
        except StoreError as error:
            log.warning("The catalogue of %s could not be kept: %s", provider, error)

    def _assemble(self) -> None:
        told = [self._told[provider.name] for provider in self._providers if provider.name in self._told]
        models = tuple(model for some, _ in told for model in some)
        ids = {model.id.casefold() for model in models}
        self.current = Catalog(
            models=models,
            fetched_at=min((at for _, at in told), default=None),
            aliases={
                old.casefold(): model.id.casefold()
                for model in models
                for old in model.former_ids
                if old.casefold() not in ids
            },
        )

    # ------------------------------------------------------------ as members type

    def models_matching(
        self, text: str, medium: Medium, limit: int = CHOICES_MAX, within: Catalog | None = None
    ) -> tuple[Model, ...]:
        """Models whose name, id or maker holds `text`; the default first, then those that begin with it.

        `within`: what may be chosen; None: everything.
        """
        wanted = text.strip().casefold()
        here = within or self.current
        found = [model for model in here.of(medium) if _rank(model, wanted) is not None]
        usual = here.default(medium)
        return tuple(sorted(found, key=lambda model: (model != usual, _rank(model, wanted))))[:limit]

    def ratios_for(
        self, model_name: str | None, text: str = "", medium: Medium = Medium.IMAGE, limit: int = CHOICES_MAX
    ) -> tuple[str, ...]:
        """Aspect ratios of the model chosen (None or unknown: of all of the medium), `auto` first."""
        ratios = self._choices(model_name, medium, lambda model: model.ratios)
        return _matching((AUTO_RATIO, *ratios), text, limit)

    def resolutions_for(
        self,
        model_name: str | None,
        text: str = "",
        medium: Medium = Medium.IMAGE,
        tier: str | None = None,
        limit: int = CHOICES_MAX,
    ) -> tuple[str, ...]:
        """Resolutions of the model chosen (None or unknown: of all of the medium) in a tier, smallest first."""
        resolutions = self._choices(model_name, medium, lambda model: model.resolutions_in(tier))
        return _matching(sorted(resolutions, key=lines_of), text, limit)

    def qualities_for(
        self, model_name: str | None, text: str = "", medium: Medium = Medium.IMAGE, limit: int = CHOICES_MAX
    ) -> tuple[str, ...]:
        """Qualities of the model chosen (None or unknown: of all of the medium)."""
        return _matching(self._choices(model_name, medium, lambda model: model.qualities), text, limit)

    def poses_for(self, model_name: str | None, text: str = "", limit: int = CHOICES_MAX) -> tuple[str, ...]:
        """Poses that the model chosen (None or unknown: any for pictures) knows."""
        return _matching(self._choices(model_name, Medium.IMAGE, lambda model: model.poses), text, limit)

    def durations_for(self, model_name: str | None, text: str = "", limit: int = CHOICES_MAX) -> tuple[int, ...]:
        """Seconds that the model chosen (None or unknown: any for videos) can make, shortest first."""
        seconds = self._choices(model_name, Medium.VIDEO, lambda model: tuple(map(str, model.durations)))
        return tuple(map(int, _matching(sorted(seconds, key=int), text, limit)))

    def tiers_for(self, model_name: str | None, text: str = "", limit: int = CHOICES_MAX) -> tuple[str, ...]:
        """Tiers of the model chosen (None or unknown: of all for videos)."""
        return _matching(self._choices(model_name, Medium.VIDEO, lambda model: model.tiers), text, limit)

    def _choices(
        self, model_name: str | None, medium: Medium, choices: Callable[[Model], tuple[str, ...]]
    ) -> tuple[str, ...]:
        chosen = self.current.find(model_name) if model_name and model_name.strip() else None
        models = (chosen,) if chosen is not None else self.current.of(medium)
        return tuple(choice for model in models for choice in choices(model))


def _skills(providers: Iterable[Provider]) -> frozenset[Skill]:
    return frozenset(skill for provider in providers for skill in provider.skills)


def _key(provider: str) -> str:
    return f"catalogue:{provider}"


def _rank(model: Model, wanted: str) -> int | None:
    """0: begins with it, 1: holds it, None: has nothing to do with it."""
    names = [name.casefold() for name in (model.name, model.id, model.maker, *model.former_ids)]
    if any(name.startswith(wanted) for name in names):
        return 0
    return 1 if any(wanted in name for name in names) else None


def _matching(choices: Iterable[str], text: str, limit: int) -> tuple[str, ...]:
    wanted = text.strip().casefold()
    return tuple(choice for choice in dict.fromkeys(choices) if wanted in choice.casefold())[:limit]
