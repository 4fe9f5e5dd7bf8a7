"""What a card shows of a job, gathered from where it is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.domain.gate import PauseReason
from bot.domain.jobs import JobState
from bot.domain.requests import Reference
from bot.domain.views import CardView, ShownMedia, ShownReference, Waiting
from bot.errors import StoreDown
from bot.ports import Accepted, Account, Balance
from bot.services.catalogue import Catalogue
from bot.services.viewing import CardViews
from bot.store.store import Store, assemble
from tests.support.builders import (
    BEGAN_AT,
    GUILD,
    account,
    attachment,
    claimed,
    completed,
    offered,
    queued,
    read,
    request,
    running,
)
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer


@dataclass(slots=True)
class Desk:
    views: CardViews
    store: Store
    driver: AtOnce
    clock: HandClock
    mine: Account
    accounts: dict[int, Account]


@pytest.fixture
async def desk() -> Desk:
    clock, driver = HandClock(), AtOnce()
    store = await assemble(driver, clock, RotSealer(), "me")
    mine = account(await store.accounts.enter("meigen", "f"))
    catalogue = Catalogue([FakeProvider(clock)], store.asking, clock)
    await catalogue.refresh()
    accounts = {mine.id: mine}
    return Desk(CardViews(store.asking, store.guilds, catalogue, accounts, clock), store, driver, clock, mine, accounts)


async def test_who_waits_is_shown_place_and_time(desk: Desk) -> None:
    jobs = [await queued(desk.store, desk.mine) for _ in range(6)]
    view = await desk.views.of(jobs[-1])
    assert view.waiting is not None
    assert view.waiting.position == 6
    assert view.waiting.wait_seconds == pytest.approx(10.0)
    assert (view.now, view.job) == (BEGAN_AT, jobs[-1])


async def test_a_wait_that_is_known_is_not_looked_up(desk: Desk) -> None:
    job = await queued(desk.store, desk.mine)
    known = Waiting(7, 70.0)
    assert (await desk.views.of(job, waiting=known)).waiting == known


async def test_who_does_not_wait_is_shown_no_wait(desk: Desk) -> None:
    for make in (offered, claimed, running):
        assert (await desk.views.of(await make(desk.store, desk.mine))).waiting is None


async def test_a_job_of_a_key_that_is_gone_is_shown_without_a_wait(desk: Desk) -> None:
    gone = account(await desk.store.accounts.enter("meigen", "gone"))
    assert (await desk.views.of(await queued(desk.store, gone))).waiting is None


async def test_a_guilds_own_key_is_told_apart_from_the_operators(desk: Desk) -> None:
    job, elsewhere = await queued(desk.store, desk.mine), await queued(desk.store, desk.mine, guild_id=6)
    assert not (await desk.views.of(job)).is_own_key
    desk.accounts[desk.mine.id] = replace(desk.mine, guild_ids=frozenset({GUILD}))
    assert (await desk.views.of(job)).is_own_key
    assert not (await desk.views.of(elsewhere)).is_own_key


async def test_what_waits_for_a_locked_key_says_so_and_is_not_drawn_again_and_again(desk: Desk) -> None:
    job = await queued(desk.store, desk.mine)
    desk.accounts[desk.mine.id] = replace(desk.mine, key=None, is_operators=False, guild_ids=frozenset({GUILD}))
    view = await desk.views.of(job)
    assert view.waiting == Waiting(1, None, PauseReason.KEY_LOCKED)
    assert view.redraw_at is None
    told = await desk.views.of(job, waiting=Waiting(1, 5.0, PauseReason.KEY_REJECTED, BEGAN_AT + 600))
    assert told.waiting == Waiting(1, None, PauseReason.KEY_LOCKED)


async def test_the_model_by_its_name_in_the_catalogue(desk: Desk) -> None:
    named = await desk.views.of(await queued(desk.store, desk.mine))
    assert named.model is not None
    assert named.model.name == "Swift One"
    gone = await desk.views.of(await queued(desk.store, desk.mine, request=request(model_id="gone")))
    assert (gone.model, gone.pace) == (None, None)
    unnamed = await desk.views.of(await queued(desk.store, desk.mine, request=request(model_id=None)))
    assert (unnamed.model, unnamed.pace) == (None, None)


def half(view: CardView) -> float | None:
    return None if view.pace is None else view.pace.half_seconds


async def test_the_usual_time_is_the_catalogues_until_learnt(desk: Desk) -> None:
    job = await running(desk.store, desk.mine)
    assert half(await desk.views.of(job)) == 20.0
    desk.clock.at += 8
    await desk.store.watching.finish(job.id, completed())
    assert half(await desk.views.of(await running(desk.store, desk.mine))) == 8.0


async def test_what_is_over_has_no_usual_time(desk: Desk) -> None:
    job = await running(desk.store, desk.mine)
    await desk.store.watching.finish(job.id, completed())
    ended = await read(desk.store, job.id)
    assert ended.state is JobState.SUCCEEDED
    assert (await desk.views.of(ended)).pace is None


async def test_while_the_store_fails_the_usual_time_is_the_catalogues(desk: Desk) -> None:
    job = await running(desk.store, desk.mine)
    desk.clock.at += 8
    await desk.store.watching.finish(job.id, completed())
    job = await running(desk.store, desk.mine)
    desk.driver.is_down = True
    assert half(await desk.views.of(job)) == 20.0


async def test_a_wait_that_cannot_be_read_is_the_stores_fault(desk: Desk) -> None:
    job = await queued(desk.store, desk.mine)
    desk.driver.is_down = True
    with pytest.raises(StoreDown):
        await desk.views.of(job)


async def test_references_are_links_unless_told_otherwise(desk: Desk) -> None:
    given = (attachment(None, "cat.png"), Reference("https://a.test/x.png"))
    job = await queued(desk.store, desk.mine, request=request(references=given))
    assert (await desk.views.of(job)).references == (
        ShownReference("cat.png", given[0].url),
        ShownReference("", given[1].url),
    )
    told = ShownReference("reference-1.png", given[0].url, Path("/kept/1"))
    assert (await desk.views.of(job, references=[told])).references == (told,)
    assert (await desk.views.of(job, references=[])).references == ()


async def test_media_and_mention_are_passed_on(desk: Desk) -> None:
    job = await running(desk.store, desk.mine)
    media = ShownMedia("https://img.test/1.png")
    view = await desk.views.of(job, media=[media], mentions_member=True)
    assert (view.media, view.mentions_member) == ((media,), True)
    plain = await desk.views.of(job)
    assert (plain.media, plain.mentions_member) == ((), False)


# ---- balance, what it goes on from


async def told_balance(desk: Desk, balance: Balance) -> None:
    job = await claimed(desk.store, desk.mine)
    await desk.store.submissions.record(desk.mine, job.id, Accepted("g", balance=balance))
    desk.clock.at += 60


async def test_while_it_waits_its_balance_is_told(desk: Desk) -> None:
    await told_balance(desk, Balance(3))
    for make in (offered, queued):
        job = await make(desk.store, desk.mine)
        assert (await desk.views.of(job)).balance_credits == 3
        await desk.store.door.ask_cancel(job.id)


async def test_a_balance_that_would_warn_of_nothing_is_not_told(desk: Desk) -> None:
    await told_balance(desk, Balance(3))
    assert (await desk.views.of(await queued(desk.store, desk.mine, reserved_credits=None))).balance_credits is None
    assert (await desk.views.of(await read(desk.store, (await queued(desk.store, desk.mine)).id))).balance_credits == 3


async def test_after_it_began_no_balance_warns(desk: Desk) -> None:
    await told_balance(desk, Balance(3))
    assert (await desk.views.of(await running(desk.store, desk.mine))).balance_credits is None


async def test_without_an_end_there_is_no_balance(desk: Desk) -> None:
    await told_balance(desk, Balance(3, is_unlimited=True))
    assert (await desk.views.of(await queued(desk.store, desk.mine))).balance_credits is None


async def test_of_what_it_goes_on_from_the_nearest_is_told(desk: Desk) -> None:
    first = await queued(desk.store, desk.mine)
    second = await queued(desk.store, desk.mine, parent_id=first.id)
    third = await queued(desk.store, desk.mine, parent_id=second.id)
    assert (await desk.views.of(first)).ancestors == ()
    assert [each.job_id for each in (await desk.views.of(third)).ancestors] == [second.id]


async def test_of_a_continuation_all_are_looked_through(desk: Desk) -> None:
    """Between two parts of a video others may stand, which were made again."""
    job = await queued(desk.store, desk.mine)
    on = request(reference_video="https://v.test/1.mp4", reference_video_seconds=4.0)
    for _ in range(12):
        job = await queued(desk.store, desk.mine, parent_id=job.id, request=on)
    assert len((await desk.views.of(job)).ancestors) == 12


async def test_while_the_store_fails_a_card_goes_without(desk: Desk) -> None:
    first = await queued(desk.store, desk.mine)
    second = await offered(desk.store, desk.mine, parent_id=first.id)
    desk.driver.is_down = True
    view = await desk.views.of(second)
    assert (view.ancestors, view.balance_credits) == ((), None)
