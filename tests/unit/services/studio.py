"""The services that members' clicks reach, on a store in memory and a catalogue in the test's hand."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.domain.catalog import Medium, Model, Prices
from bot.domain.drafts import Draft, DraftView
from bot.domain.jobs import Job
from bot.domain.limits import House
from bot.domain.problems import Problem
from bot.errors import Refused, Unavailable
from bot.ports import Accepted, Account, Balance, NewDraft
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.going_on import GoingOn
from bot.services.intake import Intake
from bot.services.keys import Keyring
from bot.services.preferences import Preferences
from bot.services.showing import Showing
from bot.services.signals import Signals
from bot.services.viewing import CardViews
from bot.store.store import Store, assemble
from tests.support.builders import MEMBER, WIDE, account, claimed, completed, model, running
from tests.support.fakes import AtOnce, FakeMedia, FakeProvider, HandClock, RotSealer
from tests.support.keys import keyring_of

GRID = model(
    id="midjourney-v8.1", name="Grid", is_midjourney=True, is_default=False, prices=Prices(15), qualities=("1", "4")
)
CINEMA = model(
    id="cinema-1",
    name="Cinema",
    medium=Medium.VIDEO,
    is_default=False,
    ratios=("adaptive", "16:9"),
    resolutions=("480p", "720p", "1080p"),
    default_resolution="480p",
    tiers=("fast", "pro"),
    default_tier="fast",
    tier_resolutions={"fast": ("480p", "720p")},
    durations=(4, 5, 10),
    default_duration=5,
    prices=Prices(
        per_second={"fast": {"480p": 13, "720p": 20}, "pro": {"480p": 14, "720p": 22, "1080p": 42}},
        per_second_with_video={"fast": {"480p": 8}},
        minimum_seconds={4: 7, 5: 9, 10: 17},
    ),
    takes_reference_video=True,
)
SHORT = model(
    id="short-1",
    name="Short",
    medium=Medium.VIDEO,
    is_default=False,
    ratios=("16:9",),
    resolutions=(),
    durations=(8,),
    default_duration=8,
    prices=Prices(),
    max_references=1,
)
MODELS = (model(), GRID, CINEMA, SHORT)


class Upstream(FakeProvider):
    """Tells of the models that a test leaves it; down without any."""

    def __init__(self, clock: HandClock, models: tuple[Model, ...]) -> None:
        super().__init__(clock)
        self.listed = models

    async def models(self) -> tuple[Model, ...]:
        if not self.listed:
            raise Unavailable("down")
        return self.listed


@dataclass(slots=True)
class Studio:
    store: Store
    driver: AtOnce
    clock: HandClock
    mine: Account
    upstream: Upstream
    catalogue: Catalogue
    media: FakeMedia
    views: CardViews
    signals: Signals
    keyring: Keyring
    preferences: Preferences
    drafting: Drafting
    intake: Intake
    showing: Showing
    going_on: GoingOn

    async def lists(self, *models: Model) -> None:
        """From now on the upstream has these."""
        self.upstream.listed = models
        await self.catalogue.refresh()

    async def finished(self, *urls: str, ratio: str | None = None, **changes: Any) -> Job:
        """A job with those results."""
        self.clock.at += 1
        job = await running(self.store, self.mine, **changes)
        done = completed(*urls)
        assert done.result is not None
        ended = await self.store.watching.finish(job.id, replace(done, result=replace(done.result, aspect_ratio=ratio)))
        assert ended is not None
        return ended

    async def has_left(self, credit_count: int | None, *, is_unlimited: bool = False) -> None:
        """The upstream tells of a balance."""
        self.clock.at += 1
        job = await claimed(self.store, self.mine)
        told = Accepted("g", balance=Balance(credit_count, is_unlimited))
        await self.store.submissions.record(self.mine, job.id, told)

    async def draft(self, view: DraftView | Draft) -> Draft | None:
        """As it is kept."""
        return await self.store.drafts.read(view.draft.id if isinstance(view, DraftView) else view.id)

    async def kept(self, new: NewDraft) -> Draft:
        return await self.store.drafts.begin(new)

    def jobs(self) -> int:
        return int(self.driver.rows("SELECT COUNT(*) FROM jobs")[0][0])


async def open_studio(*models: Model, house: House | None = None, driver: AtOnce | None = None) -> Studio:
    clock, driver, signals, media = HandClock(), driver or AtOnce(), Signals(), FakeMedia()
    house = house or House()
    store = await assemble(driver, clock, RotSealer(), "me", house)
    mine = account(await store.accounts.enter("meigen", "f"), WIDE)
    upstream = Upstream(clock, models or MODELS)
    catalogue = Catalogue([upstream], store.asking, clock)
    await catalogue.refresh()
    keyring = keyring_of(store.keys, mine, provider=upstream, signals=signals, clock=clock)
    views = CardViews(store.asking, store.guilds, catalogue, keyring.accounts, clock)
    preferences = Preferences(store.members, catalogue)
    drafting = Drafting(store.drafts, store.asking, store.guilds, catalogue, keyring)
    intake = Intake(store.door, store.asking, catalogue, views, store.guilds, keyring, signals, house, drafting)
    showing = Showing(media, views)
    going_on = GoingOn(intake, drafting, showing, catalogue, preferences)
    return Studio(
        store,
        driver,
        clock,
        mine,
        upstream,
        catalogue,
        media,
        views,
        signals,
        keyring,
        preferences,
        drafting,
        intake,
        showing,
        going_on,
    )


def new_draft(**changes: Any) -> NewDraft:
    return NewDraft(MEMBER, **changes)


async def refusal(asked: Awaitable[object]) -> Problem:
    """The one reason for which something is refused."""
    with pytest.raises(Refused) as refused:
        await asked
    (problem,) = refused.value.problems
    assert isinstance(problem, Problem)
    return problem
