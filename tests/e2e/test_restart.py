"""The bot killed and stopped at its worst moments, and started again: nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import Delay, DropRequest, Message
from sandbox.meigen import Fault, FaultKind, SeenRequest
from tests.e2e.harness import Stage, card_of, open_stage, pictures_of, results, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

STOP_SECONDS = 8.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One world and one data folder in which the bot lives again and again."""
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        yield opened


async def delivered_once(stage: Stage, card: Message, prompt: str) -> None:
    done = await stage.ended(card)
    (generation,) = stage.generations(prompt)
    assert [file.data for file in results(done)] == pictures_of(generation)
    assert len([message for message in stage.everything() if prompt in message.text]) == 1


async def seen_by_meigen(stage: Stage, prompt: str) -> SeenRequest:
    """The POST of that prompt, as soon as it is there."""

    def look() -> SeenRequest | None:
        posts = (seen for seen in stage.meigen.requests if seen.route == "generate")
        return next(
            (seen for seen in posts if isinstance(seen.payload, dict) and seen.payload["prompt"] == prompt), None
        )

    return await until(look, what=f"the POST of {prompt}")


# ---------------------------------------------------------------- SIGKILL


async def test_what_waited_still_waits_and_the_gate_still_holds(tmp_path: Path) -> None:
    async with open_stage(tmp_path, rate_limit=1, rate_window_seconds=4.0) as stage:
        first, second, third = [await stage.ask(prompt) for prompt in ("first", "second", "third")]
        await delivered_once(stage, first, "first")
        await stage.bot.restart()
        assert stage.submissions() == ["first"]
        await stage.mia.click(third, "Cancel")
        await stage.ended(third, Accent.STOPPED)
        await delivered_once(stage, second, "second")
        assert stage.meigen.rate_limited == 0
        assert sum(request.method == "PUT" for request in stage.world.requests) == 1, "commands were synced again"
        again = card_of(await stage.mia.click(first, "Again"))
        await stage.shows(again, "You are next")


async def test_killed_while_a_post_is_open_it_may_have_been_charged(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.DELAY_AFTER, seconds=2))
    card = await stage.ask("interrupted")
    await seen_by_meigen(stage, "interrupted")
    await stage.bot.restart()
    unsure = await stage.ended(card, Accent.UNSURE)
    assert "may have been charged" in unsure.text
    await stage.ended(await stage.ask("the next one"))
    assert stage.submissions()[-2:] == ["interrupted", "the next one"]


async def test_killed_while_it_is_being_made_it_is_delivered(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=1.5))
    card = await stage.ask("half done")
    await stage.shows(card, "Being made")
    await stage.bot.restart()
    await delivered_once(stage, card, "half done")


async def test_killed_during_delivery_it_is_delivered_once(stage: Stage) -> None:
    card = await stage.ask("on its way")
    await until(lambda: stage.job("on its way")["state"] == "succeeded", what="the generation's end")
    await stage.bot.kill()
    stage.world.faults.add(Delay("/webhooks/*", "PATCH", times=1, seconds=1.0))
    await stage.bot.start()
    edits = len(stage.world.requests)
    await until(lambda: len(stage.world.requests) > edits or stage.now(card).accent_color == Accent.DONE, what="edit")
    await stage.bot.restart()
    await delivered_once(stage, card, "on its way")


async def test_killed_while_a_direct_message_is_posted_there_is_one(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=1.0))
    card = await stage.ask("between us", private=True)
    await stage.shows(card, "Being made")
    stage.world.advance(15 * 60 + 1)
    stage.world.faults.add(Delay("/channels/*/messages", "POST", seconds=1.0))

    def posts() -> list[int | None]:
        return [r.status for r in stage.world.requests if r.method == "POST" and r.path.endswith("/messages")]

    await until(posts, what="the post")
    await stage.bot.restart()
    await until(lambda: posts() == [200, 200], what="both posts to be answered")
    (message,) = stage.world.messages(stage.mia.dm)
    assert len(results(message)) == 1


async def test_killed_before_its_answer_arrived_it_is_made_if_the_card_stands_after_all(stage: Stage) -> None:
    stage.world.faults.add(Delay("/interactions/*", "POST", seconds=0.5))
    asking = asyncio.create_task(stage.mia.slash(stage.gallery, "imagine", prompt="answered by a ghost"))
    await until(lambda: stage.jobs_of("answered by a ghost"), what="the offer")
    await stage.bot.kill()
    card = card_of(await asking)
    assert "answered by a ghost" not in stage.submissions()
    await stage.bot.start()
    await delivered_once(stage, card, "answered by a ghost")


async def test_killed_before_its_answer_arrived_it_is_dropped_if_no_card_stands(stage: Stage) -> None:
    stage.world.faults.add(DropRequest("/interactions/*", "POST"))
    asking = asyncio.create_task(stage.mia.slash(stage.gallery, "imagine", prompt="never answered"))
    await until(lambda: stage.jobs_of("never answered"), what="the offer")
    await stage.bot.restart()
    await until(lambda: stage.job("never answered")["state"] == "cancelled", what="the job to be dropped")
    await asking
    assert "never answered" not in stage.submissions()
    assert not [message for message in stage.everything() if "never answered" in message.text]


# ---------------------------------------------------------------- SIGTERM and SIGINT


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_stopping_lets_an_answer_in_flight_land(stage: Stage, number: signal.Signals) -> None:
    prompt, later = f"landing on {number.name}", f"waiting on {number.name}"
    stage.meigen.faults.add(Fault(FaultKind.DELAY_AFTER, seconds=1.5))
    card = await stage.ask(prompt)
    await seen_by_meigen(stage, prompt)
    waiting = await stage.ask(later)
    assert await stage.bot.terminate(number) < STOP_SECONDS
    await stage.bot.start()
    await delivered_once(stage, card, prompt)
    await delivered_once(stage, waiting, later)


async def test_stopping_does_not_wait_for_an_answer_that_does_not_come(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.DELAY_AFTER, seconds=30))
    card = await stage.ask("hanging")
    await seen_by_meigen(stage, "hanging")
    assert await stage.bot.terminate() < STOP_SECONDS
    await stage.bot.start()
    await stage.ended(card, Accent.UNSURE)
    assert stage.submissions().count("hanging") == 1


async def test_a_second_process_takes_over_as_soon_as_the_first_has_ended(tmp_path: Path) -> None:
    async with open_stage(tmp_path, rate_limit=1, rate_window_seconds=3.0) as stage:
        await stage.ended(await stage.ask("by the first"))
        card = await stage.ask("by the second")
        first = stage.bot.process
        second = asyncio.create_task(stage.bot.start())
        await until(lambda: stage.bot.process is not first, what="the second process")
        assert first is not None
        first.send_signal(signal.SIGTERM)
        await first.wait()
        await second
        await delivered_once(stage, card, "by the second")
        assert stage.meigen.rate_limited == 0


# ---------------------------------------------------------------- no start at all


async def test_wrong_settings_are_told_in_one_message_with_code_2(tmp_path: Path) -> None:
    async with open_stage(tmp_path, is_started=False) as stage:
        wrong = {
            "DISCORD_TOKEN": "",
            "MEIGEN_API_KEY": "",
            "MEIGEN_RATE_LIMIT": "many",
            "DATABASE_URL": "postgresql://x",
        }
        process = await stage.bot.spawn(**wrong)
        assert await process.wait() == 2
        for name in wrong:
            assert stage.bot.log.count(f"  {name} ") == 1
        assert "Traceback" not in stage.bot.log


async def test_a_wrong_discord_token_is_said_plainly(tmp_path: Path) -> None:
    async with open_stage(tmp_path, is_started=False) as stage:
        process = await stage.bot.spawn(DISCORD_TOKEN="AAAAAAAAAAAAAAAAAAAAAAAA.BBBBBB.CCCCCCCCCCCCCCCCCCCCCCCCCCC")
        async with asyncio.timeout(30):
            assert await process.wait() == 1
        assert stage.bot.log.count("Discord did not accept the bot's token.") == 1
        assert "CCCCCC" not in stage.bot.log
