"""What an unlucky operator has: a disk, a gateway, a channel or a server that is gone, and bodies without end."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.discord import Message, Outcome
from sandbox.meigen import Fault, FaultKind
from tests.e2e.harness import Stage, card_of, open_stage, pictures_of, results, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCKED_SECONDS = 1.2
"""Less than the store's patience of 2 s, and than a member's of 3 s."""
TOKEN_SECONDS = 15 * 60 + 1
REFUSED_CONNECTS = 2
BACK_SECONDS = 40.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        yield opened


async def begin_slowly(stage: Stage, prompt: str, seconds: float = 1.0, channel: str = "gallery") -> Message:
    """Ask for something that takes `seconds`, and wait until MeiGen has it."""
    stage.meigen.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=seconds))
    card = card_of(await stage.mia.slash(stage.guild.channel(channel), "imagine", prompt=prompt))
    await stage.shows(card, "Being made")
    return card


async def direct_message(stage: Stage, prompt: str) -> None:
    """Wait for the one that brings the picture of that prompt."""

    def look() -> list[Message]:
        return [message for message in stage.world.messages(stage.mia.dm) if prompt in message.text]

    (message,) = await stage.world.wait_for(look, 15, what=f"the direct message of {prompt}")
    (generation,) = stage.generations(prompt)
    assert [file.data for file in results(message)] == pictures_of(generation)


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.SLOW_DRIP, seconds=0.7),
        Fault(FaultKind.SLOW_DRIP, "status", seconds=0.7),
        Fault(FaultKind.SLOW_DRIP, "media", seconds=0.7),
        Fault(FaultKind.HUGE, "status", body_bytes=8 * 2**20),
        Fault(FaultKind.GZIP_BOMB, "status", body_bytes=2**24),
        Fault(FaultKind.REDIRECT, "status"),
    ],
    ids=lambda fault: f"{fault.route} {fault.kind}",
)
async def test_odd_bodies_on_the_way_change_nothing(stage: Stage, fault: Fault) -> None:
    prompt = f"through {fault.route} {fault.kind}"
    stage.meigen.faults.add(fault)
    done = await stage.ended(await stage.ask(prompt))
    (generation,) = stage.generations(prompt)
    assert [file.data for file in results(done)] == pictures_of(generation)
    assert not stage.meigen.faults.pending


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(FaultKind.HUGE, "media", times=None, body_bytes=65 * 2**20), "too large for Discord. The link works"),
        (
            Fault(FaultKind.GZIP_BOMB, "media", times=None, body_bytes=2**24),
            "could not be brought here. The link works",
        ),
        (Fault(FaultKind.ONE_BYTE, "media", times=None), "could not be brought here. The link works"),
        (
            Fault(FaultKind.REDIRECT, "media", times=None, location="https://127.0.0.1/"),
            "could not be brought here. The link works",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_files_that_are_none_are_linked(stage: Stage, fault: Fault, says: str) -> None:
    stage.meigen.faults.add(fault)
    done = await stage.ended(await stage.ask(f"a file: {fault.kind}"))
    stage.meigen.faults.clear()
    assert says in done.text
    assert not results(done)


# ---------------------------------------------------------------- Discord


async def test_a_file_that_discord_finds_too_large_after_all_is_linked(stage: Stage) -> None:
    """40005: the limit was lowered after the interaction had named it."""
    card = await begin_slowly(stage, "over the new limit")
    limit_bytes, stage.world.attachment_size_limit_bytes = stage.world.attachment_size_limit_bytes, 1000
    done = await stage.ended(card)
    stage.world.attachment_size_limit_bytes = limit_bytes
    assert "is too large for Discord. The link works for a limited time." in done.text
    assert not results(done)
    refused = [r for r in stage.world.requests if isinstance(r.answer, dict) and r.answer.get("code") == 40005]
    assert len(refused) == 1


async def test_a_deleted_channel_takes_its_cards_with_it(stage: Stage) -> None:
    """Discord says the same as of a deleted message, so nothing is posted anew."""
    channel = stage.guild.create_channel("soon gone")
    await begin_slowly(stage, "gone with its channel", channel="soon gone")
    stage.world.delete_channel(channel)
    await until(lambda: card_row(stage, "gone with its channel")["state"] == "unwanted", what="the card to be given up")
    assert stage.job("gone with its channel")["state"] == "succeeded"


async def test_after_fifteen_minutes_a_deleted_channel_brings_a_direct_message(stage: Stage) -> None:
    channel = stage.guild.create_channel("gone as well")
    await begin_slowly(stage, "without a channel", channel="gone as well")
    stage.world.advance(TOKEN_SECONDS)
    stage.world.delete_channel(channel)
    await direct_message(stage, "without a channel")


async def test_with_the_gateway_down_jobs_go_on_and_cards_are_edited(stage: Stage) -> None:
    gateway = stage.world.gateway
    stage.meigen.faults.add(Fault(FaultKind.DELAY, seconds=0.8))
    cards = [await stage.ask(f"gateway down {number}") for number in range(3)]
    gateway.refuse(REFUSED_CONNECTS)
    await gateway.drop()
    for card in cards:
        await stage.ended(card)
    assert gateway.refused_connects or not gateway.connected, "it was back before the cards were"
    await stage.world.wait_for(lambda: gateway.connected, BACK_SECONDS, what="the bot to come back")
    await stage.ended(await stage.ask("gateway up"))


async def test_what_is_under_way_is_delivered_though_the_first_connection_is_refused(stage: Stage) -> None:
    gateway = stage.world.gateway
    card = await begin_slowly(stage, "before the gateway", seconds=2.0)
    await stage.bot.kill()
    gateway.refuse(REFUSED_CONNECTS)
    await stage.bot.spawn()
    done = await stage.ended(card)
    assert len(results(done)) == 1
    assert not gateway.connected
    await stage.world.wait_for(lambda: gateway.connected, BACK_SECONDS, what="the bot to log in")
    await stage.ended(await stage.ask("after the gateway"))


async def test_what_was_begun_in_a_server_that_easel_is_removed_from_comes_by_direct_message(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        await begin_slowly(stage, "begun before the removal")
        stage.world.advance(TOKEN_SECONDS)
        stage.world.remove_bot(stage.guild)
        await direct_message(stage, "begun before the removal")


def card_row(stage: Stage, prompt: str) -> dict[str, object]:
    job_id = stage.job(prompt)["id"]
    return next(row for row in stage.rows("cards") if row["job_id"] == job_id)


# ---------------------------------------------------------------- the store


async def test_while_the_database_is_locked_everything_waits_and_nothing_is_lost(stage: Stage) -> None:
    """As by a backup: the POST is out when it begins, and somebody asks while it lasts."""
    stage.meigen.faults.add(Fault(FaultKind.DELAY_AFTER, seconds=0.5))
    begun = await stage.ask("answered into the lock")
    await until(lambda: "answered into the lock" in stage.submissions(), what="the POST")
    with closing(sqlite3.connect(stage.folder / "easel.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asking = asyncio.create_task(stage.mia.slash(stage.gallery, "imagine", prompt="asked into the lock"))
        await asyncio.sleep(LOCKED_SECONDS)
        assert not asking.done()
        other.execute("ROLLBACK")
    asked = await asking
    assert asked.outcome is Outcome.MESSAGE
    for card, prompt in ((begun, "answered into the lock"), (card_of(asked), "asked into the lock")):
        await stage.ended(card)
        assert len(stage.generations(prompt)) == 1
        assert stage.submissions().count(prompt) == 1


async def test_while_the_database_stays_locked_a_member_is_told_in_time(tmp_path: Path) -> None:
    """Discord gives up on an interaction after three seconds."""
    async with open_stage(tmp_path) as stage:
        with closing(sqlite3.connect(tmp_path / "easel.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            told = await stage.mia.slash(stage.gallery, "imagine", prompt="asked before a lock without end")
            other.execute("ROLLBACK")
        assert told.outcome is Outcome.MESSAGE
        assert card_of(told).ephemeral
        assert "I cannot write anything down right now" in card_of(told).text
        assert not stage.generations("asked before a lock without end")
        await stage.ended(await stage.ask("asked after the lock"))
        await stage.bot.terminate()
        assert "database is locked" in stage.bot.log
        stage.bot.log_path.write_text("")  # it was loud for a reason


async def test_without_its_database_it_begins_anew_and_old_cards_say_so(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        card = await stage.ended(await stage.ask("of the lost database"))
        await stage.bot.terminate()
        lose_database(tmp_path)
        await stage.bot.start()
        told = card_of(await stage.mia.click(card, "Again"))
        assert told.ephemeral
        assert "I do not know that request any more" in told.text
        await stage.knows_models()
        await stage.ended(await stage.ask("of the new database"))


def lose_database(folder: Path) -> None:
    for path in folder.glob("easel.db*"):
        path.unlink()


@pytest.mark.parametrize("damage", ["rubbish", "cut"])
async def test_a_damaged_database_is_told_in_a_sentence_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    async with open_stage(tmp_path) as stage:
        await stage.ended(await stage.ask("before the damage"))
        await stage.bot.terminate()
        path = tmp_path / "easel.db"
        content = path.read_bytes()
        path.write_bytes(b"this is no database " * 400 if damage == "rubbish" else content[: 3 * 4096])
        left = path.read_bytes()
        process = await stage.bot.spawn()
        async with asyncio.timeout(30):
            assert await process.wait() == 1
        assert stage.bot.log.count("The database is no use: ") == 1
        assert "Traceback" not in stage.bot.log
        assert path.read_bytes() == left


async def test_a_database_of_a_newer_easel_is_told_in_a_sentence(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        await stage.bot.terminate()
        with closing(sqlite3.connect(tmp_path / "easel.db")) as raw, raw:
            raw.execute("INSERT INTO schema_version SELECT MAX(version) + 1 FROM schema_version")
        process = await stage.bot.spawn()
        async with asyncio.timeout(30):
            assert await process.wait() == 1
        assert "The database was made by a newer Easel" in stage.bot.log
        assert "Traceback" not in stage.bot.log
