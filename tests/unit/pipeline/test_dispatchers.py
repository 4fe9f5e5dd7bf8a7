"""A dispatcher for each key, as keys come and go: own gates, and nothing lost or paid for by somebody else."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from bot.domain.gate import GateLimit
from bot.domain.jobs import Job, JobState
from bot.errors import KeyRejected, NotSent, RateLimited, Refused, Unavailable
from bot.pipeline.dispatcher import PATIENCE_SECONDS, Dispatcher
from bot.pipeline.dispatchers import STRAYS_SECONDS, Dispatchers
from bot.ports import Accepted, Account, KeyCheck, KeyVerdict
from bot.services.catalogue import Catalogue
from tests.support.builders import BEGAN_AT, GUILD, MODERATOR, request
from tests.support.fakes import virtually
from tests.support.keys import OTHER_KEY, OWN_KEY
from tests.unit.pipeline.rig import Rig, open_rig

OTHER_GUILD = 6


async def enter(rig: Rig, key: str = OWN_KEY, guild_id: int = GUILD) -> Account:
    await rig.keyring.enter(guild_id, MODERATOR, "meigen", key)
    return paying(rig, guild_id)


async def remove(rig: Rig, guild_id: int = GUILD) -> None:
    await rig.keyring.remove(guild_id, MODERATOR, "meigen")


def paying(rig: Rig, guild_id: int = GUILD) -> Account:
    account = rig.keyring.account_for(guild_id, "meigen")
    assert account is not None
    return account


async def ask(rig: Rig, guild_id: int = GUILD, **changes: Any) -> Job:
    """As the door does: with whoever pays for the guild now."""
    return await rig.ask(guild_id=guild_id, account=paying(rig, guild_id), **changes)


def sent_with(rig: Rig) -> Counter[str]:
    return Counter(sent.key for sent in rig.provider.submitted)


def at_work(rig: Rig) -> int:
    return sum(task.get_name().startswith("dispatcher ") for task in asyncio.all_tasks())


# ---------------------------------------------------------------- coming and going


@virtually
async def test_a_key_that_comes_while_easel_runs_is_used_at_once() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await asyncio.sleep(1)
        await enter(rig)
        await ask(rig)
        await ask(rig, OTHER_GUILD)
        await rig.until(lambda: rig.states() == [JobState.RUNNING] * 2, within_seconds=10)
        assert sent_with(rig) == {OWN_KEY: 1, "key-1": 1}


@virtually
async def test_what_waited_for_the_operators_gate_leaves_by_the_guilds_own() -> None:
    async with open_rig() as rig:
        rig.provider.answers = [RateLimited(600.0)]
        rig.start("dispatcher")
        await ask(rig)
        await asyncio.sleep(1)
        assert rig.states() == [JobState.QUEUED]
        await enter(rig)
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=10)
        assert sent_with(rig) == {"key-1": 1, OWN_KEY: 1}


@virtually
async def test_each_key_has_a_gate_of_its_own() -> None:
    async with open_rig(GateLimit(4, 60.0)) as rig:
        rig.start("dispatcher")
        await enter(rig)
        for _ in range(6):
            await ask(rig)
            await ask(rig, OTHER_GUILD)
        await asyncio.sleep(30)
        # Of the guild's own the check was the first.
        assert sent_with(rig) == {OWN_KEY: 3, "key-1": 4}


@virtually
async def test_a_key_that_is_removed_sends_nothing_more_and_what_waits_is_the_operators() -> None:
    async with open_rig(GateLimit(2, 60.0)) as rig:
        rig.start("dispatcher")
        await enter(rig)
        await asyncio.sleep(61)
        for _ in range(4):
            await ask(rig)
        await asyncio.sleep(5)
        assert sent_with(rig) == {OWN_KEY: 2}
        await remove(rig)
        await rig.until(lambda: rig.states() == [JobState.RUNNING] * 4, within_seconds=5)
        assert sent_with(rig) == {OWN_KEY: 2, "key-1": 2}
        assert at_work(rig) == 1


@virtually
async def test_of_a_key_that_is_replaced_what_waits_goes_on_with_the_new_one() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        rig.provider.answers = [KeyRejected("revoked")]
        await ask(rig)
        await asyncio.sleep(1)
        assert rig.states() == [JobState.QUEUED]
        await enter(rig, OTHER_KEY)
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=10)
        assert sent_with(rig) == {OWN_KEY: 1, OTHER_KEY: 1}


@virtually
async def test_a_key_of_two_guilds_has_one_dispatcher_until_both_have_removed_it() -> None:
    async with open_rig(GateLimit(4, 60.0)) as rig:
        rig.start("dispatcher")
        await enter(rig)
        await asyncio.sleep(61)
        await enter(rig, guild_id=OTHER_GUILD)
        await asyncio.sleep(1)
        assert at_work(rig) == 2
        for _ in range(4):
            await ask(rig)
            await ask(rig, OTHER_GUILD)
        await asyncio.sleep(30)
        assert sent_with(rig) == {OWN_KEY: 3}, "and its second check"
        await remove(rig)
        await asyncio.sleep(1)
        assert at_work(rig) == 2
        await remove(rig, OTHER_GUILD)
        await asyncio.sleep(1)
        assert at_work(rig) == 1


@virtually
async def test_a_key_that_comes_back_is_used_again() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        for _ in range(3):
            await enter(rig)
            await ask(rig)
            await rig.until(lambda: set(rig.states()) == {JobState.RUNNING}, within_seconds=60)
            await remove(rig)
            await asyncio.sleep(61)
        assert sent_with(rig) == {OWN_KEY: 3}


@virtually
async def test_what_is_in_flight_lands_though_its_key_has_gone() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        rig.provider.answer_seconds = 30.0
        job = await ask(rig)
        await asyncio.sleep(1)
        await remove(rig)
        await asyncio.sleep(20)
        assert at_work(rig) == 2, "it still listens"
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=20)
        await asyncio.sleep(0.1)
        assert at_work(rig) == 1
        assert (await rig.job(job)).generation_id == "gen-1"
        assert sent_with(rig) == {OWN_KEY: 1}


@virtually
async def test_a_late_answer_lands_though_its_key_has_gone() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        rig.provider.answer_seconds = PATIENCE_SECONDS + 100
        await ask(rig)
        await asyncio.sleep(1)
        await remove(rig)
        await rig.until(lambda: rig.states() == [JobState.UNKNOWN])
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=200)


@virtually
@pytest.mark.parametrize("answer", [NotSent("refused"), RateLimited(600.0), KeyRejected("revoked")])
async def test_what_comes_back_to_the_line_of_a_removed_key_goes_on_with_the_operators(answer: Exception) -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        rig.provider.answers, rig.provider.answer_seconds = [answer], 20.0
        await ask(rig)
        await asyncio.sleep(1)
        await remove(rig)
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=60)
        assert [sent.key for sent in rig.provider.submitted] == [OWN_KEY, "key-1"]


@virtually
@pytest.mark.parametrize("comes", [True, False])
async def test_a_request_that_was_on_its_way_as_the_key_changed_is_found(comes: bool) -> None:  # noqa: FBT001  a parameter
    """The door had looked who pays, and stores it at an account that pays no more."""
    async with open_rig() as rig:
        rig.provider.answers = [RateLimited(600.0)]
        rig.start("dispatcher")
        await ask(rig, OTHER_GUILD)
        await asyncio.sleep(1)
        if not comes:
            await enter(rig)
        before = paying(rig)
        await (enter(rig) if comes else remove(rig))
        await asyncio.sleep(1)
        job = await rig.ask(account=before)
        await asyncio.sleep(STRAYS_SECONDS + 1)
        assert (await rig.job(job)).account_id == paying(rig).id


# ---------------------------------------------------------------- the process


@virtually
async def test_the_next_process_takes_all_keys_up_again() -> None:
    async with open_rig() as rig:
        await enter(rig)
        await ask(rig)
        await ask(rig, OTHER_GUILD)
        await rig.kill()
        async with open_rig(before=rig, owner="second") as after:
            after.start("dispatcher")
            await after.until(lambda: after.states() == [JobState.RUNNING] * 2, within_seconds=10)
            assert sent_with(after) == {OWN_KEY: 1, "key-1": 1}


@virtually
async def test_of_every_account_the_gate_is_recovered_at_the_start() -> None:
    """The clock was put back meanwhile: nobody waits for the old time to come again."""
    async with open_rig() as rig:
        rig.start("dispatcher")
        own = await enter(rig)
        rig.provider.answers = [KeyRejected("revoked")]
        await ask(rig)
        await asyncio.sleep(1)
        ahead = '"paused_until":' + str(BEGAN_AT + 50_000)
        (gate,) = rig.driver.rows("SELECT gate FROM accounts WHERE id = ?", own.id)[0]
        found = gate[gate.index('"paused_until"') :].split(",")[0]
        rig.driver.rows("UPDATE accounts SET gate = REPLACE(gate, ?, ?) WHERE id = ?", found, ahead, own.id)
        await rig.kill()
        async with open_rig(before=rig, owner="second") as after:
            after.start("dispatcher")
            await after.until(lambda: after.states() == [JobState.RUNNING], within_seconds=700)


@virtually
async def test_what_an_earlier_process_left_open_with_a_guilds_key_is_unknown() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        rig.provider.answer_seconds = 30.0
        await ask(rig)
        await asyncio.sleep(1)
        await rig.kill()
        async with open_rig(before=rig, owner="second") as after:
            after.start("dispatcher")
            await asyncio.sleep(100)
            assert after.states() == [JobState.UNKNOWN]
            assert len(after.provider.submitted) == 1


@virtually
async def test_a_stop_waits_for_all_that_is_in_flight_and_sends_nothing_more() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        rig.provider.answer_seconds = 3.0
        for _ in range(6):
            await ask(rig)
            await ask(rig, OTHER_GUILD)
        await asyncio.sleep(1)
        left = sent_with(rig)
        await rig.stop()
        assert sent_with(rig) == left == {OWN_KEY: 3, "key-1": 4}
        assert Counter(rig.states()) == {JobState.RUNNING: 7, JobState.QUEUED: 5}
        assert rig.clock.now() - BEGAN_AT < 6


@virtually
async def test_a_stop_does_not_wait_for_what_a_removed_key_still_listens_to() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        rig.provider.answer_seconds = 500.0
        await ask(rig)
        await asyncio.sleep(1)
        await remove(rig)
        await asyncio.sleep(PATIENCE_SECONDS + 1)
        before = rig.clock.now()
        await rig.stop()
        assert rig.clock.now() - before < 1
        assert rig.states() == [JobState.UNKNOWN]


@virtually
async def test_one_that_dies_takes_the_stage_down_with_it() -> None:
    class Dying(Dispatcher):
        async def run(self) -> None:
            raise ZeroDivisionError("a bug")

    async with open_rig() as rig:

        def dying(account: Account) -> Dispatcher:
            catalogue = Catalogue([rig.provider], rig.store.asking, rig.clock)
            return Dying(
                account, rig.store.submissions, rig.provider, catalogue, rig.references, rig.signals, rig.clock
            )

        dispatchers = Dispatchers(rig.keyring, dying, rig.signals, rig.clock)
        with pytest.raises(ExceptionGroup) as raised:
            await dispatchers.run()
        assert raised.group_contains(ZeroDivisionError)


@virtually
async def test_a_store_that_fails_at_the_start_is_outlived() -> None:
    async with open_rig() as rig:
        await enter(rig)
        await ask(rig)
        rig.driver.is_down = True
        rig.start("dispatcher")
        await asyncio.sleep(60)
        rig.driver.is_down = False
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=31)


# ---------------------------------------------------------------- what it costs, and what is said


@virtually
async def test_with_many_keys_and_nothing_to_do_nobody_looks_into_the_store() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher", "watcher")
        for guild_id in range(100, 120):
            await enter(rig, f"{OWN_KEY}-{guild_id}", guild_id)
        await asyncio.sleep(STRAYS_SECONDS + 1)
        looks: list[str] = []
        rig.driver.raw.set_trace_callback(looks.append)
        await asyncio.sleep(24 * 3600)
        assert not looks
        rig.driver.raw.set_trace_callback(None)


@virtually
@pytest.mark.parametrize("by", ["submission", "look"])
async def test_the_log_names_the_server_whose_key_is_refused(caplog: pytest.LogCaptureFixture, by: str) -> None:
    async with open_rig() as rig:
        rig.start("dispatcher", "watcher")
        await enter(rig)
        if by == "submission":
            rig.provider.answers = [KeyRejected("revoked")]
        else:
            rig.provider.stands["gen-1"] = [Unavailable("401", key_rejected=True)]
        await ask(rig)
        await asyncio.sleep(20)
        (record,) = [each for each in caplog.records if "does not take a key" in each.getMessage()]
        assert f"the own key of server {GUILD}" in record.getMessage()
        assert "MEIGEN_API_KEY" not in record.getMessage()


@virtually
async def test_the_log_names_the_servers_that_brought_a_key_later(caplog: pytest.LogCaptureFixture) -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        await asyncio.sleep(61)
        await enter(rig, guild_id=OTHER_GUILD)
        rig.provider.answers = [KeyRejected("revoked")]
        await ask(rig)
        await asyncio.sleep(1)
        assert f"the own key of server {GUILD}, {OTHER_GUILD}" in caplog.text


@virtually
async def test_a_check_that_finds_the_key_good_again_ends_its_pause() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        rig.provider.answers = [KeyRejected("suspended"), Accepted("gen-2")]
        await ask(rig)
        await asyncio.sleep(61)
        assert rig.states() == [JobState.QUEUED]
        await enter(rig)
        await rig.until(lambda: rig.states() == [JobState.RUNNING], within_seconds=30)


@virtually
async def test_a_wrong_key_entered_again_pauses_those_who_use_it() -> None:
    async with open_rig() as rig:
        rig.start("dispatcher")
        await enter(rig)
        await asyncio.sleep(61)
        rig.provider.checks = [KeyCheck(KeyVerdict.WRONG)]
        with pytest.raises(Refused):
            await enter(rig, guild_id=OTHER_GUILD)
        await ask(rig, request=request("one more"))
        await asyncio.sleep(100)
        assert rig.states() == [JobState.QUEUED]
