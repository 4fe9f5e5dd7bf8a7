"""What members ask about: credits and usual times."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain.catalog import Model
from bot.domain.gate import PauseReason
from bot.domain.jobs import Job
from bot.domain.views import AccountCredits, Usage
from bot.errors import (
    KeyRejected,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    QueueFull,
    RateLimited,
    Rejected,
    StoreDown,
    SubmissionError,
    Unavailable,
)
from bot.ports import Accepted, Balance, Claim
from bot.services.catalogue import Catalogue
from bot.services.keys import Keyring
from bot.services.queries import Queries
from bot.store.store import Store, assemble
from tests.support.builders import BEGAN_AT, GUILD, MEMBER, MODERATOR, account, claimed, completed, model, running, sets
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer
from tests.support.keys import OWN_KEY, keyring_of

DAY_SECONDS = 86_400.0
MIDNIGHT = BEGAN_AT - BEGAN_AT % DAY_SECONDS


class Office:
    """Queries with all that is behind them."""

    def __init__(self, store: Store, driver: AtOnce, clock: HandClock, queries: Queries, keyring: Keyring) -> None:
        self.store = store
        self.driver = driver
        self.clock = clock
        self.queries = queries
        self.keyring = keyring
        self.mine = account(0)

    async def finished(self, seconds: float) -> Job:
        job = await running(self.store, self.mine)
        self.clock.at += seconds
        await self.store.watching.finish(job.id, completed())
        return job


@pytest.fixture
async def office() -> Office:
    clock, driver = HandClock(), AtOnce()
    store = await assemble(driver, clock, RotSealer(), "me")
    mine = account(await store.accounts.enter("meigen", "f"))
    catalogue = Catalogue([FakeProvider(clock)], store.asking, clock)
    await catalogue.refresh()
    keyring = keyring_of(store.keys, mine, provider=FakeProvider(clock), clock=clock)
    made = Office(store, driver, clock, Queries(store.asking, store.guilds, catalogue, keyring, clock), keyring)
    made.mine = mine
    return made


async def test_before_anything_happened(office: Office) -> None:
    view = await office.queries.credits(GUILD, MEMBER)
    assert view.accounts == (AccountCredits("meigen", None, is_unlimited=False, told_at=None, pause_reason=None),)
    assert view.guild == view.member == Usage(0, 0, 0)
    assert view.day_began_at == MIDNIGHT


async def test_the_balance_as_last_told_with_its_time(office: Office) -> None:
    job = await claimed(office.store, office.mine)
    office.clock.at += 2
    await office.store.submissions.record(office.mine, job.id, Accepted("g", balance=Balance(120)))
    office.clock.at += 100
    view = await office.queries.credits(GUILD, MEMBER)
    assert view.accounts == (
        AccountCredits("meigen", 120, is_unlimited=False, told_at=BEGAN_AT + 2, pause_reason=None),
    )


async def test_a_guild_with_a_key_of_its_own_sees_its_own_balance_and_nobody_elses(office: Office) -> None:
    job = await claimed(office.store, office.mine)
    await office.store.submissions.record(office.mine, job.id, Accepted("g", balance=Balance(120)))
    await office.keyring.enter(GUILD, MODERATOR, "meigen", OWN_KEY)
    own = AccountCredits("meigen", None, is_unlimited=False, told_at=None, pause_reason=None, is_own=True)
    operators = AccountCredits("meigen", 120, is_unlimited=False, told_at=BEGAN_AT, pause_reason=None)
    assert (await office.queries.credits(GUILD, MEMBER)).accounts == (own,)
    assert (await office.queries.credits(6, MEMBER)).accounts == (operators,)
    assert (await office.queries.credits(None, MEMBER)).accounts == (operators,)


async def test_a_locked_key_is_told(office: Office) -> None:
    await office.keyring.enter(GUILD, MODERATOR, "meigen", OWN_KEY)
    office.driver.rows("UPDATE guild_keys SET sealed_key = 'damaged'")
    keyring = keyring_of(office.store.keys, office.mine)
    await keyring.open()
    queries = Queries(
        office.store.asking,
        office.store.guilds,
        Catalogue([], office.store.asking, office.clock),
        keyring,
        office.clock,
    )
    (told,) = (await queries.credits(GUILD, MEMBER)).accounts
    assert (told.pause_reason, told.is_own) == (PauseReason.KEY_LOCKED, True)
    (told,) = (await queries.credits(6, MEMBER)).accounts
    assert (told.pause_reason, told.is_own) == (None, False)


async def test_guild_and_member_are_counted_each_for_itself(office: Office) -> None:
    await running(office.store, office.mine, guild_id=GUILD, user_id=MEMBER)
    await running(office.store, office.mine, guild_id=GUILD, user_id=8)
    await running(office.store, office.mine, guild_id=6, user_id=MEMBER)
    view = await office.queries.credits(GUILD, MEMBER)
    assert view.guild == Usage(10, 0, 2)
    assert view.member == Usage(10, 0, 2)
    other = await office.queries.credits(6, 8)
    assert (other.guild, other.member) == (Usage(5, 0, 1), Usage(5, 0, 1))


async def test_in_direct_messages_there_is_no_guild(office: Office) -> None:
    view = await office.queries.credits(None, MEMBER)
    assert view.guild is None
    assert view.member == Usage(0, 0, 0)


async def test_a_day_begins_by_the_guilds_own_clock(office: Office) -> None:
    await sets(office.store, time_zone="Asia/Tokyo")
    await running(office.store, office.mine)
    office.clock.at = BEGAN_AT + 8 * 3600  # in Tokyo it is past midnight
    view = await office.queries.credits(GUILD, MEMBER)
    assert view.guild == view.member == Usage(0, 0, 0)
    assert view.day_began_at == MIDNIGHT + 15 * 3600
    assert (await office.queries.credits(6, MEMBER)).member == Usage(5, 0, 1), "elsewhere it is the same day still"


async def test_a_day_begins_at_midnight_utc(office: Office) -> None:
    office.clock.at = MIDNIGHT + DAY_SECONDS - 1
    await running(office.store, office.mine, office.clock.at)
    assert (await office.queries.credits(GUILD, MEMBER)).member == Usage(5, 0, 1)
    office.clock.at = MIDNIGHT + DAY_SECONDS
    view = await office.queries.credits(GUILD, MEMBER)
    assert view.member == Usage(0, 0, 0)
    assert view.day_began_at == MIDNIGHT + DAY_SECONDS


async def test_a_store_that_fails_says_so(office: Office) -> None:
    office.driver.is_down = True
    with pytest.raises(StoreDown):
        await office.queries.credits(GUILD, MEMBER)


async def test_usual_times_are_the_catalogues_until_learnt(office: Office) -> None:
    assert await office.queries.usual_seconds() == {"swift-1": 20.0}
    for seconds in (5, 7, 30):
        await office.finished(seconds)
    assert await office.queries.usual_seconds() == {"swift-1": 7.0}


async def test_a_model_of_which_nothing_is_known_has_no_usual_time() -> None:
    class Untimed(FakeProvider):
        async def models(self) -> Sequence[Model]:
            return (model(timing=None),)

    clock, driver = HandClock(), AtOnce()
    store = await assemble(driver, clock, RotSealer(), "me")
    catalogue = Catalogue([Untimed(clock)], store.asking, clock)
    await catalogue.refresh()
    assert await Queries(store.asking, store.guilds, catalogue, keyring_of(store.keys), clock).usual_seconds() == {}


# ---- what works now


class Bank(FakeProvider):
    """Can be asked what is left."""

    left: Balance | Exception | None = Balance(77)
    """None: it never answers."""

    async def balance(self, key: str) -> Balance:
        if self.left is None:
            await asyncio.Event().wait()
        if not isinstance(self.left, Balance):
            assert isinstance(self.left, Exception)
            raise self.left
        return self.left


def make_bank(office: Office, left: Balance | Exception | None) -> None:
    provider: Any = office.keyring._providers["meigen"]
    provider.__class__ = Bank
    provider.left = left


async def test_where_the_balance_can_be_asked_for_it_is_asked(office: Office) -> None:
    make_bank(office, Balance(77))
    (told,) = (await office.queries.credits(GUILD, MEMBER)).accounts
    assert (told.purchased_credits, told.told_at) == (77, office.clock.at)


@pytest.mark.parametrize("left", [Unavailable("503"), None])
async def test_a_balance_that_does_not_come_stays_as_it_was(office: Office, left: Exception | None) -> None:
    make_bank(office, Balance(77))
    await office.queries.credits(GUILD, MEMBER)
    office.clock.at += 60
    make_bank(office, left)
    (told,) = (await office.queries.credits(GUILD, MEMBER)).accounts
    assert (told.purchased_credits, told.told_at) == (77, office.clock.at - 60)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (OutOfCredits(5, 0), PauseReason.OUT_OF_CREDITS),
        (KeyRejected("no"), PauseReason.KEY_REJECTED),
        (NotSent("refused"), PauseReason.UNREACHABLE),
        (OutcomeUnknown("500", is_answered=True), PauseReason.FAILING),
        (RateLimited(30.0), None),
        (QueueFull(), None),
        (Rejected("no"), None),
    ],
)
async def test_what_cannot_be_had_is_told_and_that_passes(
    office: Office, outcome: SubmissionError, reason: PauseReason | None
) -> None:
    job = await claimed(office.store, office.mine)
    await office.store.submissions.record(office.mine, job.id, outcome)
    assert await office.queries.troubles(GUILD) == ({} if reason is None else {"meigen": reason})
    office.clock.at += 900
    assert await office.queries.troubles(GUILD) == {}


async def test_what_works_again_is_no_trouble_at_once(office: Office) -> None:
    job = await claimed(office.store, office.mine)
    await office.store.submissions.record(office.mine, job.id, NotSent("refused"))
    office.clock.at += 1.5
    assert await office.queries.troubles(None) == {"meigen": PauseReason.UNREACHABLE}
    assert isinstance(await office.store.submissions.claim(office.mine, 0.0), Claim)
    await office.store.submissions.record(office.mine, job.id, Accepted("gen-1"))
    assert await office.queries.troubles(None) == {}


async def test_a_catalogue_that_does_not_come_is_trouble(office: Office) -> None:
    class Silent(FakeProvider):
        async def models(self) -> Sequence[Model]:
            raise Unavailable("503")

    (provider,) = office.queries._catalogue._providers
    told: Any = provider
    told.__class__ = Silent
    await office.queries._catalogue.refresh()
    assert await office.queries.troubles(GUILD) == {"meigen": PauseReason.UNREACHABLE}
    told.__class__ = FakeProvider
    await office.queries._catalogue.refresh()
    assert await office.queries.troubles(GUILD) == {}


async def test_a_guilds_own_key_has_its_own_troubles(office: Office) -> None:
    await office.keyring.enter(GUILD, MODERATOR, "meigen", OWN_KEY)
    job = await claimed(office.store, office.mine, guild_id=None)
    await office.store.submissions.record(office.mine, job.id, OutOfCredits())
    assert await office.queries.troubles(GUILD) == {}
    assert await office.queries.troubles(None) == {"meigen": PauseReason.OUT_OF_CREDITS}


async def test_while_the_store_fails_nothing_is_said_to_be_in_trouble(office: Office) -> None:
    office.driver.is_down = True
    assert await office.queries.troubles(GUILD) == {}
