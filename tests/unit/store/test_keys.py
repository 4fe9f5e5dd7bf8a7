"""Keys that guilds bring: kept encrypted, checked within the gate, and what waits goes where it is paid for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.domain.gate import GateLimit, PauseReason
from bot.domain.jobs import FailureCode, JobState
from bot.domain.keys import KeyState, KeyView
from bot.errors import KeyRejected, OutOfCredits
from bot.ports import (
    Accepted,
    Account,
    Balance,
    CheckSlot,
    Claim,
    GuildKey,
    Idle,
    KeyCheck,
    KeyVerdict,
    Moved,
    NewGuildKey,
    Wait,
)
from bot.store.keys import CHECK_SECONDS
from bot.store.store import Store, open_store
from bot.vault import Vault, fingerprint
from tests.support.builders import (
    BEGAN_AT,
    GUILD,
    LIMIT,
    MEMBER,
    MODERATOR,
    account,
    claimed,
    new_job,
    offered,
    queued,
    read,
    running,
)
from tests.support.fakes import HandClock
from tests.unit.store.conftest import Look
from tests.unit.store.test_secrets import on_disk

KEY = "meigen_sk_AbCdEfGhIjKlMnOpQrStUvWxYz0123"
RIGHT, WRONG = KeyCheck(KeyVerdict.RIGHT), KeyCheck(KeyVerdict.WRONG)


def new_key(guild_id: int = GUILD, key: str = KEY, provider: str = "meigen") -> NewGuildKey:
    return NewGuildKey(guild_id, provider, key, f"print of {key}", key[-4:], MODERATOR)


async def entered(
    store: Store, default: Account | None, guild_id: int = GUILD, key: str = KEY, limit: GateLimit = LIMIT
) -> Account:
    kept, _ = await store.keys.enter(new_key(guild_id, key), limit, None if default is None else default.id)
    return account(kept.account_id, limit, key)


async def order_of(store: Store, of: Account, count: int) -> list[int]:
    order = []
    for _ in range(count):
        found = await store.submissions.claim(of, 0.0)
        assert isinstance(found, Claim)
        order.append(found.job.id)
    return order


# ---------------------------------------------------------------- keeping


async def test_a_key_is_kept_with_who_brought_it_and_when(store: Store, mine: Account, clock: HandClock) -> None:
    clock.at += 5
    own = await entered(store, mine)
    expected = GuildKey(GUILD, "meigen", own.id, KEY, "0123", MODERATOR, BEGAN_AT + 5)
    assert list(await store.keys.all()) == [expected]
    assert own.id != mine.id


async def test_another_one_takes_its_place(store: Store, mine: Account) -> None:
    await entered(store, mine)
    await entered(store, mine, key="another-key-of-guild-9999")
    (kept,) = await store.keys.all()
    assert (kept.key, kept.last_four) == ("another-key-of-guild-9999", "9999")


async def test_who_brings_a_key_and_who_takes_it_away_is_noted_by_its_last_four(store: Store, mine: Account) -> None:
    await entered(store, mine)
    await entered(store, mine, key="another-key-of-guild-9999")
    await store.keys.remove(GUILD, 98, "meigen", mine.id)
    changes = await store.guilds.changes(GUILD, 10)
    assert [(each.name, each.user_id, each.old, each.new) for each in changes] == [
        ("own_key", 98, '"9999"', "null"),
        ("own_key", MODERATOR, '"0123"', '"9999"'),
        ("own_key", MODERATOR, "null", '"0123"'),
    ]


async def test_a_request_that_was_looked_at_before_is_paid_for_by_the_key_that_came_meanwhile(
    store: Store, mine: Account
) -> None:
    looked_at = new_job(mine)
    own = await entered(store, mine)
    job, _ = await store.door.offer(looked_at)
    assert job.account_id == own.id
    other, _ = await store.door.offer(new_job(mine, guild_id=6))
    assert other.account_id == mine.id


async def test_the_same_key_in_two_guilds_is_one_account(store: Store, mine: Account) -> None:
    first, second = await entered(store, mine), await entered(store, mine, guild_id=6)
    assert first.id == second.id
    assert [key.guild_id for key in await store.keys.all()] == [GUILD, 6]


async def test_the_operators_own_key_entered_by_a_guild_is_the_operators_account(store: Store) -> None:
    operators = await store.accounts.enter("meigen", f"print of {KEY}")
    assert (await entered(store, account(operators))).id == operators


async def test_a_guild_has_one_key_for_each_upstream(store: Store, mine: Account) -> None:
    await entered(store, mine)
    await store.keys.enter(new_key(key="msy-key-of-guild-7777", provider="meshy"), LIMIT, None)
    await store.keys.remove(GUILD, MODERATOR, "meigen", mine.id)
    assert [key.provider for key in await store.keys.all()] == ["meshy"]


async def test_a_key_is_nowhere_in_clear(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, Vault([Fernet.generate_key().decode()]), "me", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", fingerprint("operator", b"pepper")))
        new = replace(new_key(), fingerprint=fingerprint(KEY, b"pepper"))
        slot = await store.keys.begin_check("meigen", new.fingerprint, LIMIT)
        assert isinstance(slot, CheckSlot)
        await store.keys.end_check(slot, RIGHT, LIMIT)
        kept, _ = await store.keys.enter(new, LIMIT, mine.id)
        await running(store, account(kept.account_id, key=KEY))
        assert KEY.encode() not in on_disk(path)
        assert KEY.removeprefix("meigen_sk_").encode() not in on_disk(path)
        assert KEY not in repr(kept)
        assert KEY not in repr(new)
    assert KEY.encode() not in on_disk(path)


async def test_what_no_secret_at_hand_opens_is_told_and_left_alone(path: Path, clock: HandClock, look: Look) -> None:
    async with open_store(path, clock, Vault([Fernet.generate_key().decode()]), "me", 0.0) as store:
        own = await entered(store, None)
    before = look("SELECT * FROM guild_keys")
    async with open_store(path, clock, Vault([Fernet.generate_key().decode()]), "me", 0.0) as store:
        (kept,) = await store.keys.all()
        assert (kept.key, kept.last_four, kept.account_id) == (None, "0123", own.id)
    assert look("SELECT * FROM guild_keys") == before


@pytest.mark.parametrize("copy", ["UPDATE guild_keys SET guild_id = 6", "UPDATE guild_keys SET provider = 'meshy'"])
async def test_a_sealed_key_copied_to_another_row_does_not_open(path: Path, clock: HandClock, copy: str) -> None:
    vault = Vault([Fernet.generate_key().decode()])
    async with open_store(path, clock, vault, "me", 0.0) as store:
        await entered(store, None)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(copy)
    async with open_store(path, clock, vault, "me", 0.0) as store:
        assert [key.key for key in await store.keys.all()] == [None]


# ---------------------------------------------------------------- showing


async def test_shown_is_how_the_account_stands(store: Store, mine: Account, clock: HandClock) -> None:
    own = await entered(store, mine)
    good = KeyView("meigen", "0123", MODERATOR, BEGAN_AT)
    assert list(await store.keys.shown(GUILD)) == [good]
    assert list(await store.keys.shown(6)) == []
    clock.at += 60
    job = await claimed(store, own)
    await store.submissions.record(own, job.id, Accepted("g", balance=Balance(120)))
    assert list(await store.keys.shown(GUILD)) == [replace(good, balance_credits=120)]


@pytest.mark.parametrize(
    ("told", "state"),
    [(KeyRejected(), KeyState.REFUSED), (OutOfCredits(5, 2), KeyState.OUT_OF_CREDITS)],
)
async def test_what_the_upstream_objects_to_is_shown_with_the_next_try(
    store: Store, mine: Account, clock: HandClock, told: KeyRejected | OutOfCredits, state: KeyState
) -> None:
    own = await entered(store, mine)
    clock.at += 60
    await store.submissions.record(own, (await claimed(store, own)).id, told)
    (view,) = await store.keys.shown(GUILD)
    assert (view.state, view.next_try_at) == (state, clock.at + 600)
    clock.at += 601
    (view,) = await store.keys.shown(GUILD)
    assert (view.state, view.next_try_at) == (state, None), "nobody has found out yet that it is otherwise"


async def test_a_break_of_the_upstreams_is_no_fault_of_the_key(store: Store, mine: Account) -> None:
    await entered(store, mine)
    slot = await store.keys.begin_check("meigen", f"print of {KEY}", LIMIT)
    assert isinstance(slot, CheckSlot)
    await store.keys.end_check(slot, KeyCheck(KeyVerdict.RATE_LIMITED, 30.0), LIMIT)
    (view,) = await store.keys.shown(GUILD)
    assert view.state is KeyState.GOOD


# ---------------------------------------------------------------- checking


async def checked(store: Store, check: KeyCheck = RIGHT, limit: GateLimit = LIMIT) -> CheckSlot | float:
    slot = await store.keys.begin_check("meigen", f"print of {KEY}", limit)
    if isinstance(slot, CheckSlot):
        await store.keys.end_check(slot, check, limit)
    return slot


async def test_a_check_of_a_new_key_leaves_no_trace_unless_it_is_good(store: Store, look: Look) -> None:
    assert await checked(store, WRONG) == CheckSlot()
    assert look("SELECT id FROM accounts") == look("SELECT id FROM sends") == []


async def test_the_check_of_a_new_key_is_the_first_slot_of_its_gate(store: Store, clock: HandClock) -> None:
    one = GateLimit(1, 60.0)
    await checked(store, limit=one)
    own = await entered(store, None, limit=one)
    await queued(store, own)
    assert await store.submissions.claim(own, 0.0) == Wait(BEGAN_AT + 60.1)
    clock.at += 60.2
    assert isinstance(await store.submissions.claim(own, 0.0), Claim)


async def test_a_check_of_a_known_key_takes_a_slot_like_somebody_elses_request(store: Store, look: Look) -> None:
    two = GateLimit(2, 60.0)
    own = await entered(store, None, limit=two)
    await checked(store, limit=two)
    assert (
        look("SELECT job_id, sent_at, answered_at FROM sends")
        == [{"job_id": None, "sent_at": BEGAN_AT, "answered_at": BEGAN_AT}] * 2
    )
    await queued(store, own)
    assert await store.submissions.claim(own, 0.0) == Wait(BEGAN_AT + 60.1)


async def test_without_room_there_is_no_check(store: Store, clock: HandClock, look: Look) -> None:
    own = await entered(store, None, limit=GateLimit(1, 60.0))
    assert await checked(store, limit=own.limit) == pytest.approx(60.1)
    clock.at += 20
    assert await checked(store, limit=own.limit) == pytest.approx(40.1)
    assert len(look("SELECT id FROM sends")) == 1


async def test_while_a_submission_is_open_in_the_only_slot_a_window_is_named(store: Store, clock: HandClock) -> None:
    own = await entered(store, None, limit=GateLimit(1, 60.0))
    clock.at += 61
    await claimed(store, own)
    assert await checked(store, limit=own.limit) == 60.0


async def test_a_check_that_nobody_ends_holds_its_slot_for_a_while_only(store: Store, clock: HandClock) -> None:
    own = await entered(store, None, limit=GateLimit(1, 60.0))
    clock.at += 61
    assert isinstance(await store.keys.begin_check("meigen", f"print of {KEY}", own.limit), CheckSlot)
    await queued(store, own)
    assert await store.submissions.claim(own, 0.0) == Wait(clock.at + CHECK_SECONDS + 60.1)


async def test_a_wrong_key_pauses_its_account_and_a_right_one_lets_it_go_on(store: Store, clock: HandClock) -> None:
    own = await entered(store, None)
    await queued(store, own)
    await checked(store, WRONG)
    assert isinstance(await store.submissions.claim(own, 0.0), Wait)
    clock.at += 10
    await checked(store, RIGHT)
    assert isinstance(await store.submissions.claim(own, 0.0), Claim), "long before the probe"


async def test_a_right_key_is_no_answer_to_a_want_of_credits(store: Store, clock: HandClock) -> None:
    own = await entered(store, None)
    await store.submissions.record(own, (await claimed(store, own)).id, OutOfCredits(5, 2))
    clock.at += 60
    assert isinstance(await checked(store, RIGHT), CheckSlot), "it is made all the same"
    await queued(store, own)
    assert await store.submissions.claim(own, 0.0) == Wait(BEGAN_AT + 600, PauseReason.OUT_OF_CREDITS)


async def test_a_check_that_came_too_soon_pauses_as_told_and_the_next_waits_for_it(store: Store) -> None:
    await entered(store, None)
    await checked(store, KeyCheck(KeyVerdict.RATE_LIMITED, 30.0))
    assert await checked(store) == 30.0


async def test_a_check_without_an_answer_changes_nothing_but_the_slot(store: Store, look: Look) -> None:
    own = await entered(store, None)
    before = look("SELECT gate FROM accounts WHERE id = ?", own.id)
    slot = await store.keys.begin_check("meigen", f"print of {KEY}", LIMIT)
    assert isinstance(slot, CheckSlot)
    sent = look("SELECT gate FROM accounts WHERE id = ?", own.id)
    await store.keys.end_check(slot, KeyCheck(KeyVerdict.UNTOLD), LIMIT)
    assert look("SELECT gate FROM accounts WHERE id = ?", own.id) == sent != before


# ---------------------------------------------------------------- moving


async def test_what_waits_goes_on_with_the_guilds_own_key(store: Store, mine: Account, look: Look) -> None:
    waiting, at_the_door = await queued(store, mine), await offered(store, mine)
    elsewhere, directly = await queued(store, mine, guild_id=6), await queued(store, mine, guild_id=None)
    before = look("SELECT job_id, wanted FROM cards")
    _, moved = await store.keys.enter(new_key(), LIMIT, mine.id)
    redrawn = [row["job_id"] for row in look("SELECT job_id, wanted FROM cards") if row not in before]
    assert redrawn == [waiting.id, at_the_door.id]
    own = account((await store.keys.all())[0].account_id)
    assert moved == Moved(2)
    assert {(await read(store, job.id)).account_id for job in (waiting, at_the_door)} == {own.id}
    assert {(await read(store, job.id)).account_id for job in (elsewhere, directly)} == {mine.id}
    assert await order_of(store, own, 1) == [waiting.id]
    await store.door.confirm(at_the_door.id, 1)
    assert await order_of(store, own, 1) == [at_the_door.id]
    assert set(await order_of(store, mine, 2)) == {elsewhere.id, directly.id}


async def test_of_a_key_that_is_replaced_or_removed_what_waits_moves_along(store: Store, mine: Account) -> None:
    first = await entered(store, mine)
    job = await queued(store, first)
    second = await entered(store, mine, key="another-key-of-guild-9999")
    assert (await read(store, job.id)).account_id == second.id
    assert await store.keys.remove(GUILD, MODERATOR, "meigen", mine.id) == Moved(1)
    assert (await read(store, job.id)).account_id == mine.id
    assert await store.submissions.claim(second, 0.0) == await store.submissions.claim(first, 0.0) == Idle()
    assert await order_of(store, mine, 1) == [job.id]


async def test_where_the_operator_has_no_key_what_waits_is_cancelled_unspent(store: Store) -> None:
    own = await entered(store, None)
    waiting, at_the_door, paid = await queued(store, own), await offered(store, own), await queued(store, own)
    assert await order_of(store, own, 1) == [waiting.id]
    await store.submissions.record(own, waiting.id, Accepted("g"))
    assert await store.keys.remove(GUILD, MODERATOR, "meigen", None) == Moved(0, 2)
    ended = [await read(store, job.id) for job in (at_the_door, paid)]
    assert [job.state for job in ended] == [JobState.CANCELLED] * 2
    assert {job.failure and job.failure.code for job in ended} == {FailureCode.KEY_REMOVED}
    assert (await read(store, waiting.id)).state is JobState.RUNNING


async def test_what_is_under_way_stays_with_the_key_that_paid(store: Store, mine: Account) -> None:
    jobs = [await claimed(store, mine), await running(store, mine)]
    assert (await store.keys.enter(new_key(), LIMIT, mine.id))[1] == Moved()
    assert [await read(store, job.id) for job in jobs] == jobs


async def test_waiting_jobs_of_a_key_that_is_gone_go_on_with_the_present_one(store: Store, mine: Account) -> None:
    waiting, at_the_door = await queued(store, mine), await offered(store, mine)
    new = account(await store.accounts.enter("meigen", "new"))
    assert await store.keys.bring_home("meigen", new.id) == Moved(2)
    assert await store.keys.bring_home("meigen", new.id) == Moved()
    assert await store.submissions.claim(mine, 0.0) == Idle()
    assert await order_of(store, new, 1) == [waiting.id]
    await store.door.confirm(at_the_door.id, 1)
    assert await order_of(store, new, 1) == [at_the_door.id]


async def test_what_waits_at_a_guilds_own_key_stays_there_and_other_upstreams_are_left_alone(
    store: Store, mine: Account
) -> None:
    own = await entered(store, mine)
    job = await queued(store, own)
    new = account(await store.accounts.enter("meigen", "new"))
    assert await store.keys.bring_home("meigen", new.id) == Moved()
    assert await store.keys.bring_home("meshy", new.id) == Moved()
    assert await read(store, job.id) == job


async def test_what_is_brought_home_keeps_its_order_and_is_fair(store: Store, mine: Account) -> None:
    flood = [await queued(store, mine, guild_id=1, user_id=1) for _ in range(3)]
    other = await queued(store, mine, guild_id=2, user_id=2)
    new = account(await store.accounts.enter("meigen", "new"))
    await store.keys.bring_home("meigen", new.id)
    assert await order_of(store, new, 4) == [flood[0].id, other.id, flood[1].id, flood[2].id]


async def test_a_members_own_line_in_the_guilds_line(store: Store, mine: Account) -> None:
    """The guild's members take turns with its own key as they did with the operator's."""
    flood = [await queued(store, mine, user_id=MEMBER) for _ in range(3)]
    other = await queued(store, mine, user_id=8)
    own = await entered(store, mine)
    # The check took one of the four that may leave at once.
    assert await order_of(store, own, 3) == [flood[0].id, other.id, flood[1].id]


async def test_a_key_that_comes_back_brings_no_times_of_another_clock(store: Store, clock: HandClock) -> None:
    own = await entered(store, None)
    clock.at += 100
    await store.submissions.record(own, (await claimed(store, own)).id, KeyRejected())
    await store.keys.remove(GUILD, MODERATOR, "meigen", None)
    clock.at -= 50_000
    own = await entered(store, None)
    await queued(store, own, clock.at)
    found = await store.submissions.claim(own, 0.0)
    assert isinstance(found, Wait)
    assert (found.until or 0) <= clock.at + 600
