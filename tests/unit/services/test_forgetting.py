"""Forgetting, as members meet it: who is woken, and what old buttons find."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from bot.domain.history import Forgotten
from bot.domain.jobs import JobState
from bot.domain.limits import House
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused, StoreDown
from bot.ports import Account, CardState
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.forgetting import Forgetting
from bot.services.intake import Intake
from bot.services.showing import Showing
from bot.services.signals import Signals
from bot.services.viewing import CardViews
from bot.store.store import Store, assemble
from bot.ui.cards import draw
from tests.support.builders import GUILD, MEMBER, account, completed, offered, origin, queued, running
from tests.support.fakes import AtOnce, FakeMedia, FakeProvider, HandClock, RotSealer
from tests.support.keys import keyring_of


@dataclass(slots=True)
class Desk:
    forgetting: Forgetting
    intake: Intake
    showing: Showing
    store: Store
    driver: AtOnce
    mine: Account
    bells: dict[str, asyncio.Event]


@pytest.fixture
async def desk() -> Desk:
    clock, driver, signals = HandClock(), AtOnce(), Signals()
    store = await assemble(driver, clock, RotSealer(), "me")
    mine = account(await store.accounts.enter("meigen", "f"))
    catalogue = Catalogue([FakeProvider(clock)], store.asking, clock)
    await catalogue.refresh()
    keyring = keyring_of(store.keys, mine, clock=clock)
    views = CardViews(store.asking, store.guilds, catalogue, keyring.accounts, clock)
    drafting = Drafting(store.drafts, store.asking, store.guilds, catalogue, keyring)
    intake = Intake(store.door, store.asking, catalogue, views, store.guilds, keyring, signals, House(), drafting)
    bells = {name: getattr(signals, name).listen() for name in ("forgotten", "cards", "queued", "running", "shown")}
    return Desk(Forgetting(store.forgetting, signals), intake, Showing(FakeMedia(), views), store, driver, mine, bells)


async def test_those_who_have_to_act_are_woken(desk: Desk) -> None:
    await offered(desk.store, desk.mine)
    assert await desk.forgetting.forget(MEMBER) == Forgotten(1, 0)
    assert {name for name, bell in desk.bells.items() if bell.is_set()} == {"forgotten", "cards", "queued", "running"}


async def test_where_the_store_fails_nobody_is_woken(desk: Desk) -> None:
    desk.driver.is_down = True
    with pytest.raises(StoreDown):
        await desk.forgetting.forget(MEMBER)
    assert not [name for name, bell in desk.bells.items() if bell.is_set()]


async def test_buttons_of_what_is_forgotten_find_nothing_but_delete(desk: Desk) -> None:
    job = await queued(desk.store, desk.mine)
    card = await desk.store.cards.read(job.id)
    assert card is not None
    await desk.forgetting.forget(MEMBER)
    for asking in (
        desk.intake.known(job.id),
        desk.intake.again(job.id, origin()),
        desk.intake.clicked(job.id, origin()),
    ):
        with pytest.raises(Refused) as refused:
            await asking
        assert refused.value.problems == (Problem(ProblemCode.JOB_UNKNOWN),)
    assert (await desk.intake.own(job.id, origin())).id == job.id
    await desk.intake.deleted(job.id, card[1].message_id)
    found = await desk.store.cards.read(job.id)
    assert found is not None
    assert found[1].state is CardState.UNWANTED


async def test_others_may_not_delete_what_is_forgotten_but_moderators(desk: Desk) -> None:
    job = await queued(desk.store, desk.mine)
    await desk.forgetting.forget(MEMBER)
    with pytest.raises(Refused):
        await desk.intake.own(job.id, origin(user_id=MEMBER + 1))
    moderator = origin(user_id=MEMBER + 1, is_moderator=True, guild_id=GUILD)
    assert (await desk.intake.own(job.id, moderator)).user_id == MEMBER


async def test_what_finished_after_it_was_cancelled_is_shown_away_from_its_card(desk: Desk) -> None:
    job = await running(desk.store, desk.mine)
    await desk.store.door.ask_cancel(job.id)
    done = await desk.store.watching.finish(job.id, completed("https://img.test/1.png"))
    assert done is not None
    assert (done.state, done.cancel_asked_at is None) == (JobState.SUCCEEDED, False)
    for view in (await desk.showing.all(done, 10**7, {}), await desk.showing.one(done, 1, 10**7, None)):
        message = draw(view)
        assert len(message.attachments) == 1
        assert "is ready" in "\n".join(message.texts)
