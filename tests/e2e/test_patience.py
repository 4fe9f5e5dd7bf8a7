"""What takes the bot half a minute to decide: both at the same time, so that it takes no longer here."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sandbox.discord import DropAnswer, DropRequest, Outcome
from tests.e2e.harness import Bot, Stage, card_of, open_stage, until

PATIENCE_SECONDS = 45.0


async def test_half_a_minute_of_patience(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with open_stage(tmp_path) as stage:
        second = Bot(stage.world, stage.bot.environment, tmp_path / "other")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(refuses_a_database_in_use(stage, second))
                group.create_task(answers_in_doubt_are_settled(stage))
        finally:
            await second.close()
        assert stage.world.gateway.identifies == 1


async def refuses_a_database_in_use(stage: Stage, second: Bot) -> None:
    """A second process waits for the first to end, then says who has the database."""
    process = await second.spawn()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await process.wait() == 1
    assert stage.bot.process is not None
    assert f"process {stage.bot.process.pid} on " in second.log
    assert "Another Easel is already using this database" in second.log
    assert "Traceback" not in second.log


async def answers_in_doubt_are_settled(stage: Stage) -> None:
    """Nobody told whether the answer arrived: Discord is asked, and what stands is made, what does not is dropped."""
    stage.world.faults.add(DropAnswer("/interactions/*", "POST"))
    card = await stage.ask("arrived after all")
    stage.world.faults.add(DropRequest("/interactions/*", "POST"))
    lost = await stage.mia.slash(stage.gallery, "imagine", prompt="never arrived")
    assert lost.outcome is Outcome.FAILED
    await stage.ended(card, seconds=PATIENCE_SECONDS)
    await until(
        lambda: stage.job("never arrived")["state"] == "cancelled", PATIENCE_SECONDS, what="the job to be dropped"
    )
    assert stage.submissions() == ["arrived after all"]
    # A click on a card whose answer is in doubt proves that it stands.
    stage.world.faults.add(DropAnswer("/interactions/*", "POST"))
    again = card_of(await stage.mia.click(stage.now(card), "Again"))
    await stage.mia.click(again, "Cancel")
    await until(lambda: stage.jobs()[-1]["state"] in ("cancelled", "succeeded"), what="the click to be taken")
