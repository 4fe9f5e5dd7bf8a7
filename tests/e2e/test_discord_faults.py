"""Discord failing in every way that it has: a card is shown once, where it belongs, or not made at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.discord import (
    Delay,
    DropAnswer,
    DropRequest,
    File,
    Message,
    Outcome,
    RateLimit,
    SentInteraction,
    ServerError,
)
from sandbox.meigen import Fault, FaultKind
from tests.e2e.harness import Stage, card_of, open_stage, pictures_of, png, results, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

EDITS = "/webhooks/*/messages/@original"
ANSWERS = "/interactions/*"
TOKEN_SECONDS = 15 * 60 + 1


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        yield opened


async def delivered_once(stage: Stage, card: Message, prompt: str) -> Message:
    """The card at its end: on its own message, with its own picture, and nowhere else."""
    done = await stage.ended(card)
    (generation,) = stage.generations(prompt)
    assert [file.data for file in results(done)] == pictures_of(generation)
    await until(lambda: card_state(stage, prompt)["delivered_at"], what="the delivery to be written down")
    (name,) = (file.filename for file in results(done))
    everywhere = [file.filename for message in stage.everything() for file in message.attachments]
    assert everywhere.count(name) == 1
    return done


def card_state(stage: Stage, prompt: str) -> dict[str, object]:
    job_id = stage.job(prompt)["id"]
    return next(row for row in stage.rows("cards") if row["job_id"] == job_id)


async def ask_slowly(stage: Stage, prompt: str, **options: Any) -> Message:
    """Ask for something that takes a second, and wait until MeiGen has it."""
    stage.meigen.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=1.0))
    card = await stage.ask(prompt, **options)
    await stage.shows(card, "Being made")
    return card


# ---------------------------------------------------------------- edits and answers that fail


@pytest.mark.parametrize(
    "fault",
    [
        RateLimit(EDITS, "PATCH", times=3, retry_after_seconds=0.2),
        RateLimit(EDITS, "PATCH", times=2, retry_after_seconds=0.2, is_global=True),
        RateLimit(EDITS, "PATCH", via=False),
        ServerError(EDITS, "PATCH", status=503),
        ServerError(EDITS, "PATCH", status=500),
        DropRequest(EDITS, "PATCH"),
        DropAnswer(EDITS, "PATCH"),
        RateLimit(ANSWERS, "POST", retry_after_seconds=0.2),
        ServerError(ANSWERS, "POST", status=500),
    ],
    ids=lambda fault: f"{fault.path} {type(fault).__name__} {getattr(fault, 'status', '')}",
)
async def test_what_fails_is_repeated_and_shown_once(
    stage: Stage, fault: RateLimit | ServerError | DropRequest | DropAnswer, request: pytest.FixtureRequest
) -> None:
    prompt = f"shown once: {request.node.name}"
    stage.world.faults.add(fault)
    card = await stage.ask(prompt)
    await delivered_once(stage, card, prompt)
    assert fault.times == 0


async def answer_lost(stage: Stage, prompt: str) -> SentInteraction:
    """The bot's answer comes after Discord's three seconds."""
    stage.world.faults.add(Delay(ANSWERS, "POST", seconds=0.5))
    already = len(stage.world.requests)
    asking = asyncio.create_task(stage.mia.slash(stage.gallery, "imagine", prompt=prompt))
    await until(lambda: len(stage.world.requests) > already, what="the answer to be on its way")
    stage.world.advance(4)
    return await asking


async def test_an_answer_that_discord_did_not_wait_for_makes_no_job(stage: Stage) -> None:
    sent = await answer_lost(stage, "too late")
    assert sent.outcome is Outcome.FAILED
    await until(lambda: stage.job("too late")["state"] == "cancelled", what="the job to be dropped")
    assert "too late" not in stage.submissions()
    assert not [message for message in stage.everything() if "too late" in message.text]


# ---------------------------------------------------------------- messages and tokens that are gone


async def test_a_message_deleted_meanwhile_is_not_posted_anew(stage: Stage) -> None:
    card = await ask_slowly(stage, "not wanted any more")
    stage.world.delete_message(card)
    await until(lambda: card_state(stage, "not wanted any more")["state"] == "unwanted", what="the card to be given up")
    await until(lambda: stage.job("not wanted any more")["state"] == "succeeded", what="the generation's end")
    assert not [message for message in stage.everything() if "not wanted any more" in message.text]


async def test_after_fifteen_minutes_the_card_is_edited_by_its_ids(stage: Stage) -> None:
    card = await ask_slowly(stage, "long in the making")
    stage.world.advance(TOKEN_SECONDS)
    await delivered_once(stage, card, "long in the making")
    by_ids = [r for r in stage.world.requests if r.path == f"/channels/{card.channel_id}/messages/{card.id}"]
    assert [(r.method, r.status) for r in by_ids] == [("PATCH", 200)]


async def test_what_is_cancelled_after_it_began_is_paid_for_and_not_shown(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=1.0))
    # The card is late, so its button is still there.
    stage.world.faults.add(Delay(EDITS, "PATCH", seconds=0.7))
    card = await stage.ask("a change of mind")
    await until(lambda: stage.job("a change of mind")["state"] == "running", what="MeiGen to have it")
    await stage.mia.click(card, "Cancel")
    await stage.shows(card, "it is being paid for")
    done = await stage.ended(card)
    assert "Finished after it was cancelled" in done.text
    assert not results(done)
    assert "2 credits charged" in done.text


async def test_a_private_picture_comes_by_direct_message_when_the_token_is_over(stage: Stage) -> None:
    card = await ask_slowly(stage, "for your eyes", private=True)
    stage.world.advance(TOKEN_SECONDS)
    await direct_message(stage, "for your eyes")
    assert not results(stage.now(card))
    gallery = [m.text for m in stage.world.messages(stage.gallery) if not m.ephemeral]
    assert not [text for text in gallery if "for your eyes" in text]


async def direct_message(stage: Stage, prompt: str) -> Message:
    """The one that brought the picture of that prompt."""

    def look() -> list[Message]:
        return [message for message in stage.world.messages(stage.mia.dm) if prompt in message.text]

    (message,) = await stage.world.wait_for(look, 15, what=f"the direct message of {prompt}")
    (generation,) = stage.generations(prompt)
    assert [file.data for file in results(message)] == pictures_of(generation)
    return message


async def test_a_channel_closed_meanwhile_brings_a_direct_message(stage: Stage) -> None:
    closed = stage.guild.channel("closed")
    stage.meigen.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=1.0))
    options = {"prompt": "behind the door", "reference": File("door.png", png())}
    card = card_of(await stage.mia.slash(closed, "imagine", **options))
    await stage.shows(card, "Being made")
    stage.world.advance(TOKEN_SECONDS)
    stage.world.deny_bot(closed, "view_channel", "send_messages", "attach_files")
    await direct_message(stage, "behind the door")
    stage.world.deny_bot(closed)


async def test_a_card_that_cannot_be_edited_is_followed_by_a_message_with_a_mention(stage: Stage) -> None:
    card = await ask_slowly(stage, "carved in stone", reference=File("stone.png", png()))
    stage.world.faults.add(ServerError(EDITS, "PATCH", status=400, times=None))
    stage.world.faults.add(ServerError("/channels/*/messages/*", "PATCH", status=400, times=None))
    there = len(stage.world.messages(stage.gallery))
    await stage.world.wait_for(lambda: len(stage.world.messages(stage.gallery)) > there, 15, what="a new message")
    stage.world.faults.clear()
    message = stage.world.messages(stage.gallery)[-1]
    (generation,) = stage.generations("carved in stone")
    assert [file.data for file in results(message)] == pictures_of(generation)
    assert message.text.startswith(stage.mia.mention)
    assert message.pinged_user_ids == (stage.mia.id,)
    assert not results(stage.now(card))


# ---------------------------------------------------------------- the gateway


@pytest.mark.parametrize("counts", [(1, 0), (0, 1)], ids=["resumed", "identified"])
async def test_a_dropped_gateway_is_taken_up_again(stage: Stage, counts: tuple[int, int]) -> None:
    prompt = f"after the break {counts}"
    gateway = stage.world.gateway
    resumes, identifies = gateway.resumes, gateway.identifies
    card = await ask_slowly(stage, f"during the break {counts}")
    await gateway.drop(resumable=counts == (1, 0))
    await stage.ended(card)
    await stage.world.wait_for(lambda: gateway.connected, 20, what="the bot to come back")
    assert (gateway.resumes - resumes, gateway.identifies - identifies) == counts
    await stage.ended(await stage.ask(prompt))


async def test_what_was_asked_during_the_break_is_replayed(stage: Stage) -> None:
    await stage.world.gateway.drop()
    await stage.ended(await stage.ask("into the break"))
