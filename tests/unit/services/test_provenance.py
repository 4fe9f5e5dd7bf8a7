"""Who had a picture made: what is told to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from bot.domain.jobs import Job
from bot.domain.problems import Problem, ProblemCode
from bot.domain.provenance import Forebear
from bot.errors import Refused
from bot.ports import Account, CardKind
from bot.services.catalogue import Catalogue
from bot.services.provenance import FOREBEARS_TOLD, Tracing
from bot.store.store import Store, assemble
from tests.support.builders import GUILD, MEMBER, account, queued
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer

OTHER = 8


@dataclass(slots=True)
class Desk:
    tracing: Tracing
    store: Store
    driver: AtOnce
    mine: Account

    async def job(self, **changes: Any) -> Job:
        return await queued(self.store, self.mine, **changes)


@pytest.fixture
async def desk() -> Desk:
    clock, driver = HandClock(), AtOnce()
    store = await assemble(driver, clock, RotSealer(), "me")
    mine = account(await store.accounts.enter("meigen", "f"))
    catalogue = Catalogue([FakeProvider(clock)], store.asking, clock)
    await catalogue.refresh()
    return Desk(Tracing(store.asking, catalogue), store, driver, mine)


PRIVATE: dict[str, Any] = {"is_private": True, "card_kind": CardKind.PRIVATE}


async def test_a_private_job_is_told_of_to_its_member_alone(desk: Desk) -> None:
    job = await desk.job(**PRIVATE)
    assert await desk.tracing.job(job.id, MEMBER) == job
    with pytest.raises(Refused) as refused:
        await desk.tracing.job(job.id, OTHER)
    assert refused.value.problems == (Problem(ProblemCode.NOT_YOURS),)


async def test_what_is_not_known_any_more_is_none(desk: Desk) -> None:
    assert await desk.tracing.job(1, MEMBER) is None


async def test_the_chain_is_told_with_its_links_the_nearest_last(desk: Desk) -> None:
    first = await desk.job()
    second = await desk.job(parent_id=first.id, user_id=OTHER)
    third = await desk.job(parent_id=second.id)
    found = await desk.tracing.of(third, OTHER, GUILD)
    assert [each.job for each in found.forebears] == [first, second]
    assert all(each.url and each.url.startswith(f"https://discord.com/channels/{GUILD}/") for each in found.forebears)
    assert not found.has_earlier
    assert found.model is not None
    assert found.model.name == "Swift One"


async def test_a_beginning_comes_from_nothing(desk: Desk) -> None:
    assert (await desk.tracing.of(await desk.job(), OTHER, GUILD)).forebears == ()


@pytest.mark.parametrize("changes", [PRIVATE, {"guild_id": 6}, {"guild_id": None}], ids=["private", "server", "direct"])
async def test_of_what_others_made_in_private_or_elsewhere_nothing_is_told(desk: Desk, changes: dict[str, Any]) -> None:
    hidden = await desk.job(**changes)
    job = await desk.job(parent_id=hidden.id, user_id=OTHER)
    assert (await desk.tracing.of(job, OTHER, GUILD)).forebears == (Forebear(None, None),)
    (own,) = (await desk.tracing.of(job, MEMBER, GUILD)).forebears
    assert own.job == hidden


async def test_in_direct_messages_nobody_elses_are_told_of(desk: Desk) -> None:
    elsewhere = await desk.job(guild_id=None)
    job = await desk.job(parent_id=elsewhere.id, user_id=OTHER, guild_id=None)
    assert (await desk.tracing.of(job, OTHER, None)).forebears == (Forebear(None, None),)


async def test_of_a_long_chain_the_nearest_are_told(desk: Desk) -> None:
    job = await desk.job()
    for _ in range(FOREBEARS_TOLD):
        job = await desk.job(parent_id=job.id)
    assert not (await desk.tracing.of(job, MEMBER, GUILD)).has_earlier
    job = await desk.job(parent_id=job.id)
    found = await desk.tracing.of(job, MEMBER, GUILD)
    assert len(found.forebears) == FOREBEARS_TOLD
    assert found.has_earlier


async def test_a_store_that_fails_is_said_to(desk: Desk) -> None:
    job = await desk.job()
    desk.driver.is_down = True
    for asking in (desk.tracing.job(job.id, MEMBER), desk.tracing.of(job, MEMBER, GUILD)):
        with pytest.raises(Refused) as refused:
            await asking
        assert refused.value.problems == (Problem(ProblemCode.STORE_FAILING),)
