"""The keyring: who pays for whom, and what a moderator is told of a key."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.jobs import FailureCode
from bot.domain.keys import KEY_MAX_CHARACTERS, KEY_MIN_CHARACTERS, KeyChange, KeyState, KeyView
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused, StoreDown
from bot.ports import Account, GuildKey, GuildKeys, KeyCheck, KeyVerdict
from bot.services.keys import TRIES, TRIES_SECONDS, Keyring
from bot.services.signals import Signals
from bot.store.store import Store, assemble
from tests.support.builders import BEGAN_AT, GUILD, LIMIT, MODERATOR, WIDE, account, queued, read
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer
from tests.support.keys import OTHER_KEY, OWN_KEY, keyring_of, print_of
from tests.unit.services.studio import refusal

P = ProblemCode


class Office:
    """A keyring, and what it stands on."""

    def __init__(self, store: Store, driver: AtOnce, mine: Account, clock: HandClock) -> None:
        self.store, self.driver, self.mine, self.clock = store, driver, mine, clock
        self.provider = FakeProvider(clock)
        self.provider.answer_seconds = 0.0
        self.signals, self.concealed = Signals(), list[str]()
        self.keyring = self.ring()

    def ring(self, keys: GuildKeys | None = None, *operators: Account, **changes: Any) -> Keyring:
        return keyring_of(
            keys or self.store.keys,
            *(operators or (self.mine,)),
            provider=self.provider,
            signals=self.signals,
            clock=self.clock,
            conceal=self.concealed.append,
            **changes,
        )

    async def enter(self, key: str = OWN_KEY, guild_id: int = GUILD) -> KeyChange:
        return await self.keyring.enter(guild_id, MODERATOR, "meigen", key)

    async def restarted(self) -> Keyring:
        ring = self.ring()
        await ring.open()
        return ring


@pytest.fixture
async def office() -> Office:
    clock, driver = HandClock(), AtOnce()
    store = await assemble(driver, clock, RotSealer(), "me")
    mine = account(await store.accounts.enter("meigen", print_of("key-1")))
    return Office(store, driver, mine, clock)


class LostSecret:
    """Keys that were sealed with a secret that is lost."""

    def __init__(self, inner: GuildKeys) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def all(self) -> list[GuildKey]:
        return [replace(key, key=None) for key in await self._inner.all()]


# ---------------------------------------------------------------- who pays


def test_without_a_key_of_its_own_a_guild_uses_the_operators(office: Office) -> None:
    assert office.keyring.account_for(GUILD, "meigen") == office.mine
    assert office.keyring.account_for(None, "meigen") == office.keyring.account_for(GUILD) == office.mine
    assert office.keyring.accounts_for(GUILD) == office.keyring.used == [office.mine]


def test_where_nobody_has_a_key_nobody_pays(office: Office) -> None:
    ring = office.ring(also=["meshy"])
    assert ring.account_for(GUILD, "meshy") is None
    assert ring.accounts_for(GUILD) == [office.mine]
    assert keyring_of(office.store.keys).account_for(GUILD) is None


async def test_from_the_entry_on_the_guild_pays_for_itself_and_the_others_do_not(office: Office) -> None:
    await office.enter()
    own = office.keyring.account_for(GUILD, "meigen")
    assert own is not None
    assert (own.key, own.limit, own.is_operators) == (OWN_KEY, LIMIT, False)
    assert own.guild_ids == {GUILD}
    assert office.keyring.account_for(6, "meigen") == office.keyring.account_for(None, "meigen") == office.mine
    assert office.keyring.account_for(GUILD) == own
    assert office.keyring.used == [office.mine, own]


async def test_the_view_of_all_accounts_is_alive(office: Office) -> None:
    accounts = office.keyring.accounts
    await office.enter()
    assert len(accounts) == 2
    assert {each.key for each in accounts.values()} == {"key-1", OWN_KEY}


async def test_after_a_restart_all_is_as_before(office: Office) -> None:
    await office.enter()
    assert (await office.restarted()).accounts == office.keyring.accounts


async def test_a_key_of_an_upstream_with_no_other_makes_it_the_only_one(office: Office) -> None:
    office.keyring = ring = office.ring(also=["meshy"])
    await ring.enter(GUILD, MODERATOR, "meshy", OWN_KEY)
    own = ring.account_for(GUILD, "meshy")
    assert own is not None
    assert ring.accounts_for(GUILD) == [office.mine, own]
    assert ring.account_for(6, "meshy") is None


async def test_the_same_key_in_two_guilds_is_one_account_until_both_have_removed_it(office: Office) -> None:
    await office.enter()
    await office.enter(guild_id=6)
    own = office.keyring.account_for(6, "meigen")
    assert own is not None
    assert own.guild_ids == {GUILD, 6}
    await office.keyring.remove(GUILD, MODERATOR, "meigen")
    assert own.id in {each.id for each in office.keyring.used}
    await office.keyring.remove(6, MODERATOR, "meigen")
    assert office.keyring.used == [office.mine]


async def test_the_operators_key_entered_by_a_guild_is_the_operators_account(office: Office) -> None:
    office.keyring = office.ring(None, replace(office.mine, key=OWN_KEY, id=await own_id(office)))
    await office.enter()
    (only,) = office.keyring.used
    assert only.is_operators
    assert only.guild_ids == {GUILD}
    await office.keyring.remove(GUILD, MODERATOR, "meigen")
    (only,) = office.keyring.used
    assert only.is_operators
    assert not only.guild_ids


async def own_id(office: Office) -> int:
    return await office.store.accounts.enter("meigen", print_of(OWN_KEY))


async def test_a_removed_key_is_remembered_for_what_was_sent_with_it(office: Office) -> None:
    await office.enter()
    own = office.keyring.account_for(GUILD, "meigen")
    assert own is not None
    await office.keyring.remove(GUILD, MODERATOR, "meigen")
    gone = office.keyring.accounts[own.id]
    assert (gone.key, gone.is_used) == (OWN_KEY, False)
    assert own.id not in (await office.restarted()).accounts


def test_no_account_tells_its_key(office: Office) -> None:
    assert "key-1" not in repr(office.keyring.accounts)


# ---------------------------------------------------------------- entering


async def test_what_waits_goes_along_and_everybody_is_rung(office: Office) -> None:
    job = await queued(office.store, office.mine)
    heard = [office.signals.keys.listen(), office.signals.queued.listen(), office.signals.cards.listen()]
    assert await office.enter() == KeyChange("meigen", OWN_KEY[-4:], None, moved=1)
    own = office.keyring.account_for(GUILD, "meigen")
    assert own is not None
    assert (await read(office.store, job.id)).account_id == own.id
    assert all(event.is_set() for event in heard)


async def test_another_key_says_whose_place_it_took(office: Office) -> None:
    await office.enter()
    assert await office.enter(OTHER_KEY) == KeyChange("meigen", OTHER_KEY[-4:], OWN_KEY[-4:])
    own = office.keyring.account_for(GUILD, "meigen")
    assert own is not None
    assert own.key == OTHER_KEY


async def test_white_space_around_a_key_is_nothing_of_it(office: Office) -> None:
    await office.enter(f"  {OWN_KEY}\n")
    assert office.provider.checked == [OWN_KEY]
    assert [key.key for key in await office.store.keys.all()] == [OWN_KEY]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "k" * (KEY_MIN_CHARACTERS - 1),
        "k" * (KEY_MAX_CHARACTERS + 1),
        "own key of a guild 1234",
        "own-key-of-\u00fcs-all-1234",
        "own-key\x00of-guild-1234",
        "own-key\nof-guild-1234",
        "\u2018own-key-of-guild-1234\u2019",
    ],
)
async def test_what_can_be_no_key_is_refused_and_nobody_is_asked(office: Office, text: str) -> None:
    problem = await refusal(office.enter(text))
    assert problem == Problem(P.KEY_MALFORMED)
    assert office.provider.checked == []
    assert await office.store.keys.all() == []


@pytest.mark.parametrize("length", [KEY_MIN_CHARACTERS, KEY_MAX_CHARACTERS])
async def test_the_shortest_and_the_longest_key_are_taken(office: Office, length: int) -> None:
    await office.enter("k" * length)
    assert len(office.provider.checked) == 1


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        (KeyCheck(KeyVerdict.WRONG), Problem(P.KEY_WRONG, "meigen")),
        (KeyCheck(KeyVerdict.UNTOLD), Problem(P.KEY_UNCHECKED, "meigen")),
        (KeyCheck(KeyVerdict.RATE_LIMITED, 30.0), Problem(P.KEY_CHECK_BUSY, limit=30.0)),
        (KeyCheck(KeyVerdict.RATE_LIMITED), Problem(P.KEY_CHECK_BUSY, limit=60.0)),
    ],
)
async def test_what_is_not_found_good_changes_nothing(office: Office, check: KeyCheck, problem: Problem) -> None:
    await office.enter()
    before, accounts = await office.store.keys.all(), dict(office.keyring.accounts)
    office.provider.checks = [check]
    assert await refusal(office.enter(OTHER_KEY)) == problem
    assert await office.store.keys.all() == before
    assert office.keyring.accounts == accounts


async def test_a_key_whose_gate_has_no_room_is_not_asked_about(office: Office) -> None:
    narrow = replace(LIMIT, requests=1)
    office.mine = replace(office.mine, limit=narrow)
    office.keyring = office.ring()
    await office.enter()
    office.clock.at += 20
    problem = await refusal(office.enter())
    assert problem.code is P.KEY_CHECK_BUSY
    assert problem.limit == pytest.approx(40.1)
    assert len(office.provider.checked) == 1


async def test_a_guild_may_try_so_many_keys_a_minute_and_others_are_not_in_its_way(office: Office) -> None:
    office.provider.checks = [KeyCheck(KeyVerdict.WRONG)] * TRIES
    for number in range(TRIES):
        assert (await refusal(office.enter(f"{OWN_KEY}-{number}"))).code is P.KEY_WRONG
        office.clock.at += 1
    assert await refusal(office.enter()) == Problem(P.KEY_CHECK_BUSY, limit=TRIES_SECONDS - TRIES)
    assert len(office.provider.checked) == TRIES
    await office.enter(guild_id=6)
    office.clock.at += TRIES_SECONDS - TRIES
    await office.enter(OTHER_KEY)


async def test_of_two_at_once_the_last_one_wins_as_a_whole(office: Office) -> None:
    office.provider.answer_seconds = 0.02
    first = asyncio.create_task(office.enter(OWN_KEY))
    await asyncio.sleep(0)
    assert office.provider.checked == [OWN_KEY]
    office.provider.answer_seconds = 0.0
    assert (await office.enter(OTHER_KEY)).replaced_last_four == (await first).last_four
    (kept,) = await office.store.keys.all()
    own = office.keyring.account_for(GUILD, "meigen")
    assert own is not None
    assert (kept.key, kept.account_id) == (own.key, own.id) == (OTHER_KEY, own.id)
    assert {each.key for each in office.keyring.used} == {"key-1", OTHER_KEY}


async def test_good_keys_are_concealed_before_they_are_kept_and_others_are_not(office: Office) -> None:
    office.provider.checks = [KeyCheck(KeyVerdict.WRONG)]
    await refusal(office.enter())
    assert office.concealed == [], "nobody fills the log's memory with what is no key"
    office.provider.checks = []
    await office.enter()
    await office.restarted()
    assert office.concealed == [OWN_KEY, OWN_KEY]


async def test_what_is_logged_names_guild_and_member_and_nothing_of_the_key(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await office.enter()
    await office.keyring.remove(GUILD, MODERATOR, "meigen")
    assert f"guild {GUILD}: member {MODERATOR} entered" in caplog.text
    assert f"guild {GUILD}: member {MODERATOR} removed" in caplog.text
    assert OWN_KEY not in caplog.text
    assert OWN_KEY[-4:] not in caplog.text


# ---------------------------------------------------------------- removing


async def test_once_removed_the_operators_key_pays_again(office: Office) -> None:
    await office.enter()
    own = office.keyring.account_for(GUILD, "meigen")
    assert own is not None
    job = await queued(office.store, own)
    heard = office.signals.keys.listen()
    assert await office.keyring.remove(GUILD, MODERATOR, "meigen") == KeyChange("meigen", OWN_KEY[-4:], None, moved=1)
    assert office.keyring.account_for(GUILD, "meigen") == office.mine
    assert (await read(office.store, job.id)).account_id == office.mine.id
    assert heard.is_set()


async def test_with_no_other_key_what_waits_is_cancelled(office: Office) -> None:
    office.keyring = office.ring(also=["meshy"])
    await office.keyring.enter(GUILD, MODERATOR, "meshy", OWN_KEY)
    own = office.keyring.account_for(GUILD, "meshy")
    assert own is not None
    job = await queued(office.store, own)
    assert await office.keyring.remove(GUILD, MODERATOR, "meshy") == KeyChange("meshy", OWN_KEY[-4:], cancelled=1)
    failure = (await read(office.store, job.id)).failure
    assert failure is not None
    assert failure.code is FailureCode.KEY_REMOVED


async def test_what_is_not_there_cannot_be_removed(office: Office) -> None:
    assert await refusal(office.keyring.remove(GUILD, MODERATOR, "meigen")) == Problem(P.KEY_ABSENT, "meigen")


# ---------------------------------------------------------------- locked


async def locked(office: Office) -> Keyring:
    """After a restart without the secret that sealed the guild's key."""
    await office.enter()
    office.keyring = office.ring(LostSecret(office.store.keys))
    await office.keyring.open()
    return office.keyring


async def test_a_locked_key_is_nobodys_and_no_other_pays(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    ring = await locked(office)
    own = ring.account_for(GUILD, "meigen")
    assert own is not None
    assert (own.key, own.is_used) == (None, False)
    assert own.guild_ids == {GUILD}
    assert ring.used == [office.mine]
    (record,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert "cannot be opened with the secrets at hand, and which cannot ask for anything: 1." in record.getMessage()
    assert "SECRET_KEYS" in record.getMessage()


async def test_what_waits_for_a_locked_key_goes_on_waiting(office: Office) -> None:
    ring = await locked(office)
    own = ring.account_for(GUILD, "meigen")
    assert own is not None
    job = await queued(office.store, replace(own, limit=WIDE))
    assert await ring.bring_home() == 0
    assert await read(office.store, job.id) == job


@pytest.mark.parametrize("key", [OWN_KEY, OTHER_KEY])
async def test_entered_anew_it_is_good_again(office: Office, key: str) -> None:
    ring = await locked(office)
    before = ring.account_for(GUILD, "meigen")
    assert before is not None
    job = await queued(office.store, before)
    office.clock.at += 60
    await office.enter(key)
    own = ring.account_for(GUILD, "meigen")
    assert own is not None
    assert own.key == key
    assert (own.id == before.id) is (key == OWN_KEY)
    assert (await read(office.store, job.id)).account_id == own.id
    assert own in ring.used


async def test_a_locked_key_that_somebody_else_has_at_hand_is_open(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """The same key is the same account."""
    await office.enter()
    operators = replace(office.mine, id=await own_id(office), key=OWN_KEY)
    ring = office.ring(LostSecret(office.store.keys), operators)
    await ring.open()
    own = ring.account_for(GUILD, "meigen")
    assert own is not None
    assert own.key == OWN_KEY
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


async def test_keys_of_an_upstream_that_is_not_known_any_more_are_left_alone(office: Office) -> None:
    office.keyring = office.ring(also=["meshy"])
    await office.keyring.enter(GUILD, MODERATOR, "meshy", OWN_KEY)
    ring = await office.restarted()
    assert ring.used == [office.mine]
    assert len(await office.store.keys.all()) == 1


# ---------------------------------------------------------------- seeing


async def test_a_moderator_sees_the_last_four_and_how_it_stands(office: Office) -> None:
    assert await office.keyring.shown(GUILD) == []
    await office.enter()
    assert await office.keyring.shown(GUILD) == [KeyView("meigen", OWN_KEY[-4:], MODERATOR, BEGAN_AT)]
    assert await office.keyring.shown(6) == []


async def test_a_locked_key_is_shown_as_locked_whatever_its_account_says(office: Office) -> None:
    ring = await locked(office)
    office.clock.at += 60
    office.provider.checks = [KeyCheck(KeyVerdict.WRONG)]
    await refusal(office.enter())
    (view,) = await ring.shown(GUILD)
    assert (view.state, view.next_try_at, view.last_four) == (KeyState.LOCKED, None, OWN_KEY[-4:])


@pytest.mark.parametrize("what", ["enter", "remove", "shown"])
async def test_a_store_that_fails_is_told(office: Office, what: str) -> None:
    await office.enter()
    before = dict(office.keyring.accounts)
    office.driver.is_down = True
    asked: dict[str, Callable[[], Awaitable[object]]] = {
        "enter": lambda: office.enter(OTHER_KEY),
        "remove": lambda: office.keyring.remove(GUILD, MODERATOR, "meigen"),
        "shown": lambda: office.keyring.shown(GUILD),
    }
    with pytest.raises(Refused) as refused:
        await asked[what]()
    assert refused.value.problems == (Problem(P.STORE_FAILING),)
    assert office.keyring.accounts == before


async def test_at_the_start_a_store_that_fails_is_not_hidden(office: Office) -> None:
    office.driver.is_down = True
    with pytest.raises(StoreDown):
        await office.keyring.open()


async def test_a_key_that_begins_like_anothers_is_shown_to_nobody_else(office: Office) -> None:
    class Other(FakeProvider):
        key_prefix = "msy_"

    class First(FakeProvider):
        key_prefix = "meigen_sk_"

    first, other = First(office.clock), Other(office.clock)
    providers = {"meigen": first, "meshy": other}
    limits = dict.fromkeys(providers, office.mine.limit)
    ring = Keyring(
        office.store.keys, providers, limits, [office.mine], print_of, lambda _: None, office.signals, office.clock
    )
    change = await ring.enter(GUILD, MODERATOR, "meigen", "msy_0123456789abcdef")
    assert change.provider == "meshy"
    assert (first.checked, other.checked) == ([], ["msy_0123456789abcdef"])
    assert (await ring.enter(GUILD, MODERATOR, "meigen", "no-prefix-that-is-known")).provider == "meigen"
