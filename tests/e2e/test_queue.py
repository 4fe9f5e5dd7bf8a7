"""What waits in line: positions, cancelling, and the member who asks too much. The gate is shut after one request."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import Delay, File, Message, Outcome
from tests.e2e.harness import Stage, card_of, open_stage, png, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

WINDOW_SECONDS = 600


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot that has sent the only request that ten minutes allow."""
    limits: dict[str, Any] = {"rate_limit": 1, "rate_window_seconds": WINDOW_SECONDS}
    settings = {"ALLOW_DIRECT_MESSAGES": "on"}
    async with open_stage(tmp_path_factory.mktemp("easel"), settings, **limits) as opened:
        await opened.ended(await opened.ask("the one that left"))
        yield opened
        assert opened.submissions() == ["the one that left"]


def seconds_until_begin(card: Message) -> float:
    (stamp,) = re.findall(r"begins <t:(\d+):R>", card.text)
    return int(stamp) - time.time()


async def cancelled(stage: Stage, card: Message) -> Message:
    """The card at its end, nothing spent."""
    done = await stage.ended(card, Accent.STOPPED)
    assert "**Cancelled**" in done.text
    assert "Nothing was charged." in done.text
    assert [button.label for button in done.buttons] == ["Again", "Remix", "Delete"]
    return done


async def test_the_card_tells_place_and_time_and_its_member_may_cancel(stage: Stage) -> None:
    first = await stage.ask("first in line")
    second = await stage.ask("second in line")
    assert "**You are next**" in first.text
    assert "**Place 2 in line**" in second.text
    assert WINDOW_SECONDS * 0.9 < seconds_until_begin(first) < WINDOW_SECONDS * 1.1
    assert WINDOW_SECONDS * 1.9 < seconds_until_begin(second) < WINDOW_SECONDS * 2.1
    for card in (first, second):
        sent = await stage.mia.click(card, "Cancel")
        assert sent.outcome is Outcome.DEFERRED_UPDATE
        await cancelled(stage, card)


async def test_nobody_else_may_cancel_but_moderators(stage: Stage) -> None:
    ben, max_ = stage.guild.add_member("ben"), stage.guild.add_member("max", moderator=True)
    card = await stage.ask("not for ben to stop")
    clicked = await ben.click(card, "Cancel")
    told = await stage.world.wait_for(lambda: clicked.followups, what="a word to ben")
    assert [message.text for message in told] == ["Only who asked for this, or a moderator, can do that."]
    assert all(message.ephemeral for message in told)
    assert stage.job("not for ben to stop")["state"] == "queued"
    assert [button.label for button in stage.now(card).buttons] == ["Cancel"]
    await max_.click(card, "Cancel")
    await cancelled(stage, card)


async def test_a_cancelled_request_may_be_asked_again_and_a_private_one_cancelled(stage: Stage) -> None:
    card = await stage.ask("on second thoughts", private=True)
    await stage.mia.click(card, "Cancel")
    again = card_of(await stage.mia.click(await cancelled(stage, card), "Again"))
    assert again.ephemeral
    await stage.mia.click(again, "Cancel")
    await cancelled(stage, again)


async def test_direct_messages_are_taken_where_the_operator_allows_it(stage: Stage) -> None:
    card = card_of(await stage.mia.slash(stage.mia.dm, "imagine", prompt="between us"))
    assert "**You are next**" in card.text
    await stage.mia.click(card, "Cancel")
    await cancelled(stage, card)


async def test_a_click_brings_a_fresh_token_to_an_old_card(stage: Stage) -> None:
    card = await stage.ask("waited long")
    stage.world.advance(15 * 60 + 1)
    already = len(stage.world.requests)
    await stage.mia.click(card, "Cancel")
    await cancelled(stage, card)
    edits = [request for request in stage.world.requests[already:] if request.method == "PATCH"]
    assert {edit.path.split("/")[1] for edit in edits} == {"webhooks"}


async def test_one_member_may_hold_twenty_places(stage: Stage) -> None:
    tom = stage.guild.add_member("tom")
    cards = [await stage.ask(f"tom's wish {n}", member=tom) for n in range(20)]
    refusal = await stage.ask("tom's last wish", member=tom)
    assert refusal.ephemeral
    assert "You have 20 requests waiting already" in refusal.text
    for card in cards:
        await tom.click(card, "Cancel")
    for card in cards:
        await cancelled(stage, card)


async def test_a_server_that_easel_is_removed_from_waits_no_more(stage: Stage) -> None:
    guild = stage.world.create_guild("Elsewhere", ("gallery",))
    kim = guild.add_member("kim")
    card_of(await kim.slash(guild.channel("gallery"), "imagine", prompt="out of sight"))
    stage.world.remove_bot(guild)
    await until(lambda: stage.job("out of sight")["state"] == "cancelled", what="the job to be cancelled")


async def test_a_deleted_card_cancels_what_waits_and_nothing_is_posted_anew(stage: Stage) -> None:
    # The card of a request with a file is edited at once, to carry that file.
    stage.world.faults.add(Delay(path="/webhooks/*", method="PATCH", seconds=0.5))
    card = await stage.ask("deleted while it waits", reference=File("fox.png", png()))
    there = len(stage.world.messages(stage.gallery))
    stage.world.delete_message(card)
    await until(lambda: stage.job("deleted while it waits")["state"] == "cancelled", what="the job to be cancelled")
    assert len(stage.world.messages(stage.gallery)) == there - 1
