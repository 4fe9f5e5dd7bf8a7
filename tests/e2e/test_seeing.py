"""What moderators see, through the real process: the log channel across a kill, a closed one, figures and files."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import Channel, Message, Outcome
from tests.e2e.harness import Stage, card_of, open_stage, until
from tests.e2e.moderator import Moderator, people

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        people(opened)
        opened.guild.create_channel("log")
        await Moderator(opened).command("log", channel=opened.guild.channel("log"))
        yield opened


def log_of(stage: Stage) -> Channel:
    return stage.guild.channel("log")


def told(stage: Stage, text: str) -> list[Message]:
    """Entries that hold `text`."""
    return [message for message in stage.world.messages(log_of(stage)) if text in message.text]


async def entry(stage: Stage, text: str) -> Message:
    return (await until(lambda: told(stage, text), 20, what=f"an entry with “{text}”"))[0]


async def page(stage: Stage, member: Any, command: str) -> Message:
    sent = await member.slash(stage.gallery, command)
    assert sent.outcome is Outcome.DEFERRED
    return await until(lambda: sent.message if sent.message and not sent.message.loading else None, what="the page")


async def after(stage: Stage, message: Message, says: str) -> Message:
    return await stage.shows(message, says, 20)


async def test_changes_and_generations_are_told_in_the_log(stage: Stage) -> None:
    sam = stage.guild.member("sam")
    first = await entry(stage, "**Log channel:**")
    assert f"<@{sam.id}> has changed a setting." in first.text
    card = await stage.ask("a fox in the log")
    await stage.ended(card)
    found = await entry(stage, "a fox in the log")
    assert f"**Ready** · <@{stage.mia.id}>" in found.text
    assert f"/{stage.gallery.id}/{card.id}" in found.text
    assert found.pinged_user_ids == ()
    hidden = await stage.ask("a hidden fox", private=True)
    await stage.ended(hidden)
    found = await entry(stage, "a hidden fox")
    assert "only the member sees it" in found.text
    assert str(hidden.id) not in found.text


async def test_across_a_kill_each_end_is_told_once(stage: Stage) -> None:
    cards = [await stage.ask(f"a fox for the kill {number}") for number in range(5)]
    await until(lambda: told(stage, "a fox for the kill"), 20, what="the first entry")
    await stage.bot.restart()
    for card in cards:
        await stage.ended(card)
    for number in range(5):
        await entry(stage, f"a fox for the kill {number}")
    assert len(told(stage, "a fox for the kill")) == 5


async def test_a_log_that_is_closed_is_said_on_the_panel_and_works_again(stage: Stage) -> None:
    stage.world.deny_bot(log_of(stage), "view_channel", "send_messages")
    await stage.ended(await stage.ask("a fox that nobody hears of"))
    await until(lambda: "is closed" in stage.bot.log or None, 20, what="the log line")
    assert stage.rows("log_entries") == [row for row in stage.rows("log_entries") if row["message_id"] is not None]
    assert "I cannot write there" in (await Moderator(stage).open("How it is shown")).text
    stage.world.deny_bot(log_of(stage))
    assert "I could not write there" in (await Moderator(stage).open("How it is shown")).text
    await stage.ended(await stage.ask("a fox that is heard of"))
    await entry(stage, "a fox that is heard of")
    assert "could not write" not in (await Moderator(stage).open("How it is shown")).text
    assert not told(stage, "a fox that nobody hears of")


async def test_a_moderator_sees_what_was_used_and_takes_it_along(stage: Stage) -> None:
    sam = stage.guild.member("sam")
    usage = await page(stage, sam, "usage")
    assert f"1. <@{stage.mia.id}> ·" in usage.text
    assert [file.filename for file in usage.attachments] == ["usage.png"]
    asked = card_of(await sam.click(usage, "Export"))
    await sam.click(asked, "Everything")
    files = (await after(stage, asked, "of settings.")).attachments
    generations, changes = (
        list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"), newline=""))) for file in files
    )
    jobs = stage.jobs()
    assert [row["prompt"] for row in generations] == [job["prompt"] for job in reversed(jobs)]
    assert [row["setting"] for row in changes] == ["Log channel"]
    content = b"".join(file.data for file in files)
    assert stage.meigen.key.encode() not in content
    assert b"hm=" not in content


async def test_who_is_forgotten_leaves_no_words_in_the_log(stage: Stage) -> None:
    card = await stage.ask("an unforgettable fox")
    await stage.ended(card)
    found = await entry(stage, "an unforgettable fox")
    question = card_of(await stage.mia.slash(stage.gallery, "forget"))
    await stage.mia.click(question, "Forget it all")
    now = await after(stage, found, "The words are forgotten.")
    assert "unforgettable" not in now.text
    await until(lambda: not told(stage, "fox") or None, 60, what="all entries to lose their words")
    await stage.shows(card, "", 1)
    assert stage.now(card).accent_color == Accent.DONE, "a message of the member's own stays where it is"
