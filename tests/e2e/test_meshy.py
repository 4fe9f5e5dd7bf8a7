"""Meshy, with a MeiGen beside it and without, from a command to the pictures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.clock import SystemClock
from bot.domain.gate import GateLimit
from bot.domain.keys import last_four
from bot.ports import NewGuildKey
from bot.store.store import open_store
from bot.ui.messages import Accent
from bot.vault import Vault, fingerprint, load_pepper
from sandbox.discord import Channel, Member
from sandbox.meshy import Fault, FaultKind, SandboxMeshy, Status, Task
from tests.e2e.harness import Stage, card_of, open_stage, results, until
from tests.e2e.moderator import Moderator, people
from tests.e2e.test_history import filled
from tests.e2e.test_keys import MODERATOR

OPTIONS: dict[str, Any] = {"time_scale": 0.02, "picture_scale": 0.25, "rate_limit": 1000}


@dataclass
class Two:
    """A stage with a Meshy."""

    stage: Stage
    meshy: SandboxMeshy

    def tasks(self, prompt: str) -> list[Task]:
        return [task for task in self.meshy.tasks.values() if task.prompt == prompt]

    async def task(self, prompt: str) -> Task:
        """The only one with that prompt, once it is there."""
        await until(lambda: self.tasks(prompt), what=f"a task for {prompt}")
        (task,) = self.tasks(prompt)
        return task

    def hold(self, task: Task, seconds: float = 1e6) -> None:
        task.queued_until = self.meshy.now() + seconds


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


@asynccontextmanager
async def open_two(
    folder: Path, *, has_meigen: bool = True, is_started: bool = True, **options: Any
) -> AsyncIterator[Two]:
    async with SandboxMeshy(**{**OPTIONS, **options}) as meshy:
        settings = {
            "MESHY_API_KEY": meshy.key,
            "MESHY_BASE_URL": meshy.base_url,
            "MESHY_RATE_LIMIT": "1000",
        }
        async with open_stage(folder, settings, is_started=False) as stage:
            stage.bot.environment["MEDIA_TRUSTED_HOSTS"] += f",{meshy.host}"
            if not has_meigen:
                stage.bot.environment["MEIGEN_API_KEY"] = ""
            if is_started:
                await stage.bot.start()
                await stage.knows_models()
            yield Two(stage, meshy)
        assert meshy.own_faults == []
        assert not [path for path in files_of(folder) if meshy.key.encode() in path.read_bytes()]


async def test_from_words_to_a_picture_at_meshy_alone(tmp_path: Path) -> None:
    async with open_two(tmp_path, has_meigen=False) as two:
        commands = {command["name"]: command for command in two.stage.world.commands()}
        assert "imagine" in commands
        assert not commands.keys() & {"video", "inspire", "Animate this", "Imagine from this"}
        options = {option["name"] for name in ("imagine", "preferences") for option in commands[name]["options"]}
        assert {"pose_mode", "multi_view", "model"} <= options
        assert not options & {"reference", "reference_5", "video_model"}
        told = card_of(await two.stage.mia.slash(two.stage.gallery, "help")).text
        assert "ideo" not in told
        card = await two.stage.ask("a dragon")
        done = await two.stage.ended(card)
        assert len(results(done)) == 1
        assert not {"Animate", "Use as reference", "Vary"} & {button.label for button in done.buttons}
        (task,) = two.tasks("a dragon")
        assert task.payload == {"ai_model": "nano-banana", "prompt": "a dragon"}
        assert "3 credits" in done.text
        job = two.stage.job("a dragon")
        assert (job["provider"], job["model_id"], job["generation_id"]) == ("meshy", "meshy/nano-banana", task.id)
        assert two.stage.meigen.requests == []


async def test_every_option_reaches_the_api_and_views_are_a_gallery(tmp_path: Path) -> None:
    async with open_two(tmp_path) as two:
        card = await two.stage.ask(
            "a knight",
            model="meshy/nano-banana-pro",
            aspect_ratio="3:4",
            pose_mode="t-pose",
            multi_view=True,
        )
        done = await two.stage.ended(card)
        assert len(results(done)) == 3
        (task,) = two.tasks("a knight")
        assert task.payload == {
            "ai_model": "nano-banana-pro",
            "prompt": "a knight",
            "aspect_ratio": "3:4",
            "pose_mode": "t-pose",
            "generate_multi_view": True,
        }
        sentence = await two.stage.refused("a knight", model="gpt-image-2", pose_mode="t-pose")
        assert "knows no poses" in sentence


async def test_without_its_key_there_is_no_trace_of_meshy(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        (imagine,) = [command for command in stage.world.commands() if command["name"] == "imagine"]
        assert not {option["name"] for option in imagine["options"]} & {"pose_mode", "multi_view"}
        assert "meshy" not in repr(stage.world.commands()).casefold()
        found = await stage.mia.autocomplete(stage.gallery, "imagine", "model", "")
        assert "meshy" not in repr(found.choices).casefold()


async def test_the_same_model_shows_both_prices(tmp_path: Path) -> None:
    async with open_two(tmp_path) as two:
        found = await two.stage.mia.autocomplete(two.stage.gallery, "imagine", "model", "gpt image")
        names = [choice["name"] for choice in found.choices or ()]
        assert any("GPT Image 2.0" in name and "Meshy: 9 credits" in name for name in names), names
        assert any("GPT Image 2 at Meshy · 9 credits (MeiGen:" in name for name in names), names


async def test_credits_are_told_of_both(tmp_path: Path) -> None:
    async with open_two(tmp_path) as two:
        told = card_of(await two.stage.mia.slash(two.stage.gallery, "credits"))
        left = two.meshy.engine.accounts[two.meshy.key].purchased
        assert f"{left:,}" in told.text
        assert "Meshy" in told.text
        assert "MeiGen" in told.text


async def test_what_waits_at_meshy_is_deleted_there_and_costs_nothing(tmp_path: Path) -> None:
    async with open_two(tmp_path, start_seconds=1e9) as two:
        before = two.meshy.engine.accounts[two.meshy.key].purchased
        card = await two.stage.ask("a mistake", model="meshy/nano-banana")
        await two.stage.shows(card, "Waiting at the service")
        await two.stage.mia.click(two.stage.now(card), "Cancel")
        ended = await two.stage.ended(card, Accent.STOPPED)
        assert "came back" in ended.text
        (task,) = two.tasks("a mistake")
        assert task.is_deleted
        assert two.meshy.engine.accounts[two.meshy.key].purchased == before
        assert two.stage.job("a mistake")["charged_credits"] == 0


async def test_what_has_begun_at_meshy_goes_on_and_is_paid_for(tmp_path: Path) -> None:
    async with open_two(tmp_path, start_seconds=0.0) as two:
        two.meshy.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=6.0))
        card = await two.stage.ask("a regret", model="meshy/nano-banana")
        await two.stage.shows(card, "%")
        await two.stage.mia.click(two.stage.now(card), "Cancel")
        await two.stage.shows(card, "so it is being paid for")
        await two.stage.ended(card, Accent.DONE)
        (task,) = two.tasks("a regret")
        assert not task.is_deleted
        assert [seen for seen in two.meshy.requests if seen.route == "delete"] == []


@pytest.mark.parametrize(
    ("kind", "error"), [(FaultKind.FAILS, "The model refused."), (FaultKind.CANCELS, "cancelled at the service")]
)
async def test_what_meshy_does_not_make(kind: FaultKind, error: str, tmp_path: Path) -> None:
    async with open_two(tmp_path) as two:
        two.meshy.faults.add(Fault(kind, error="The model refused."))
        card = await two.stage.ask("a failure", model="meshy/nano-banana")
        ended = await two.stage.ended(card, Accent.FAILED)
        assert error in ended.text


async def test_too_many_tasks_is_no_rate_and_everything_is_made(tmp_path: Path) -> None:
    async with open_two(tmp_path, task_limit=1, time_scale=0.01) as two:
        two.meshy.faults.add(Fault(FaultKind.QUEUE_FULL))
        cards = [await two.stage.ask(f"one of {n}", model="meshy/nano-banana") for n in range(2)]
        for card in cards:
            await two.stage.ended(card, seconds=40.0)
        assert len(two.meshy.tasks) == 2


@pytest.mark.parametrize("candidates", [1, 2])
async def test_killed_between_create_and_its_answer(candidates: int, tmp_path: Path) -> None:
    async with open_two(tmp_path) as two:
        two.meshy.faults.add(Fault(FaultKind.DELAY_AFTER, seconds=20.0))
        card = await two.stage.ask("a lost one", model="meshy/nano-banana")
        await two.task("a lost one")
        await two.stage.bot.kill()
        if candidates == 2:
            payload = {"ai_model": "nano-banana", "prompt": "a lost one"}
            two.meshy.engine.create(two.meshy.now(), two.meshy.key, payload)
        await two.stage.bot.start()
        if candidates == 1:
            done = await two.stage.ended(card)
            assert len(results(done)) == 1
            assert len(two.tasks("a lost one")) == 1
        else:
            await two.stage.ended(card, Accent.UNSURE)
            await asyncio.sleep(5.0)
            await two.stage.ended(card, Accent.UNSURE)
            assert two.stage.job("a lost one")["state"] == "unknown"
        assert len([seen for seen in two.meshy.requests if seen.route == "generate"]) == 1


async def test_history_shows_what_has_expired_there(tmp_path: Path) -> None:
    async with open_two(tmp_path) as two:
        card = await two.stage.ask("a memory", model="meshy/nano-banana")
        await two.stage.ended(card)
        (task,) = two.tasks("a memory")
        assert task.status is Status.SUCCEEDED
        two.meshy.expire(task.id)
        page = await filled(await two.stage.mia.slash(two.stage.gallery, "history"))
        assert "a memory" in page.text
        assert page.attachments


@pytest.mark.parametrize(
    "kind", [FaultKind.STREAM_CUT, FaultKind.STREAM_ENDS, FaultKind.STREAM_GARBAGE, FaultKind.STREAM_DISORDER]
)
async def test_a_stream_that_fails_at_any_event(kind: FaultKind, tmp_path: Path) -> None:
    async with open_two(tmp_path, time_scale=0.2) as two:
        for after in range(13):
            fault = Fault(kind, route="stream", prompt_contains=f"number {after}.", times=None, after_events=after)
            two.meshy.faults.add(fault)
        two.meshy.faults.add(
            Fault(FaultKind.ERROR_BEFORE, route="stream", prompt_contains="refused", times=None, status=503)
        )
        prompts = [f"number {after}." for after in range(13)] + ["refused"]
        cards = [await two.stage.ask(prompt, model="meshy/nano-banana") for prompt in prompts]
        for card in cards:
            await two.stage.ended(card, seconds=60.0)
        for task in two.meshy.tasks.values():
            polls = two.meshy.polled_at(task.id)
            assert all(later - earlier >= 2.9 for earlier, later in pairwise(polls)), polls


@pytest.mark.parametrize("after", [0, 1, 5])
async def test_a_stream_that_falls_silent(after: int, tmp_path: Path) -> None:
    """For longer than its patience of ten seconds, while the task has long been done."""
    async with open_two(tmp_path, time_scale=0.1) as two:
        two.meshy.faults.add(Fault(FaultKind.STREAM_SILENT, route="stream", times=1, after_events=after))
        card = await two.stage.ask("a silence", model="meshy/nano-banana")
        await two.stage.ended(card, seconds=40.0)
        (task,) = two.tasks("a silence")
        polls = two.meshy.polled_at(task.id)
        assert 1 <= len(polls) <= 3
        assert two.meshy.open_streams[task.id] == 0


async def test_an_end_that_the_stream_holds_back(tmp_path: Path) -> None:
    async with open_two(tmp_path, time_scale=0.05) as two:
        two.meshy.faults.add(Fault(FaultKind.STREAM_LATE_END, route="stream", seconds=3.0))
        card = await two.stage.ask("a late one", model="meshy/nano-banana")
        await two.stage.ended(card)


async def test_a_servers_own_meshy_key_pays_there(tmp_path: Path) -> None:
    async with open_two(tmp_path, is_started=False) as two:
        secret = Fernet.generate_key().decode()
        key = two.meshy.add_key()
        new = NewGuildKey(
            two.stage.guild.id, "meshy", key, fingerprint(key, load_pepper(tmp_path)), last_four(key), MODERATOR
        )
        async with open_store(tmp_path / "easel.db", SystemClock(), Vault([secret]), "earlier") as store:
            await store.keys.enter(new, GateLimit(20, 1.0, 10), None)
        # Of the operator's there is but MeiGen's.
        await two.stage.bot.start(SECRET_KEYS=secret, MESHY_API_KEY="")
        await two.stage.knows_models()
        await two.stage.ended(await two.stage.ask("with our own", model="meshy/nano-banana"))
        (task,) = two.tasks("with our own")
        assert task.key == key
        told = card_of(await two.stage.mia.slash(two.stage.gallery, "credits"))
        assert "Meshy" in told.text


async def test_the_first_meshy_key_of_a_server_and_the_last(tmp_path: Path) -> None:
    """Under an operator who has none: everything of Meshy's comes with it, there alone, and goes with it."""
    async with open_two(tmp_path, is_started=False) as two:
        stage, world = two.stage, two.stage.world
        people(stage)
        elsewhere = world.create_guild("Elsewhere")
        noa = elsewhere.add_member("noa")
        await stage.bot.start(MESHY_API_KEY="")
        await stage.knows_models()

        def options() -> set[str]:
            (imagine,) = [command for command in world.commands() if command["name"] == "imagine"]
            return {option["name"] for option in imagine["options"]} & {"pose_mode", "multi_view"}

        async def offers_meshy(member: Member, channel: Channel) -> bool:
            found = await member.autocomplete(channel, "imagine", "model", "")
            listed = card_of(await member.slash(channel, "models")).text
            told = card_of(await member.slash(channel, "credits")).text
            seen = ["meshy" in text.casefold() for text in (repr(found.choices), listed, told)]
            assert len(set(seen)) == 1, seen
            return seen[0]

        assert not options()
        assert not await offers_meshy(stage.mia, stage.gallery)
        sam, key = Moderator(stage), two.meshy.add_key()
        panel = await sam.open("Own key")
        assert "Meshy" not in panel.text
        await sam.member.submit(await sam.form(panel, "Enter a key"), {"key": key, "provider": "meshy"})
        await stage.shows(panel, f"**Meshy has accepted the key …{key[-4:]}**")
        await until(options, what="the options that come with it")
        assert await offers_meshy(stage.mia, stage.gallery)
        assert not await offers_meshy(noa, elsewhere.channel("general"))
        await stage.ended(await stage.ask("with our own", model="meshy/nano-banana", pose_mode="a-pose"))
        (task,) = two.tasks("with our own")
        assert (task.key, task.payload["pose_mode"]) == (key, "a-pose")
        told = card_of(
            await noa.slash(elsewhere.channel("general"), "imagine", prompt="theirs", model="meshy/nano-banana")
        )
        assert "There is no key for this service here" in told.text

        await sam.click(await sam.click(panel, "Remove the key"), "Remove the key")
        await until(lambda: not options(), what="them to go")
        assert not await offers_meshy(stage.mia, stage.gallery)


async def marked(stage: Stage) -> list[str]:
    """How models that cannot be had now are called, as members type."""
    found = await stage.mia.autocomplete(stage.gallery, "imagine", "model", "nano banana at")
    return [choice["name"] for choice in found.choices or () if choice["name"].startswith("⚠")]


async def test_what_cannot_be_paid_is_marked(tmp_path: Path) -> None:
    async with open_two(tmp_path) as two:
        assert not await marked(two.stage)
        two.meshy.engine.accounts[two.meshy.key].purchased = 0
        card = await two.stage.ask("too dear", model="meshy/nano-banana")
        await two.stage.ended(card, Accent.FAILED)
        assert await marked(two.stage) == ["⚠ out of credits · Nano Banana at Meshy · 3 credits"]
        told = card_of(await two.stage.mia.slash(two.stage.gallery, "models"))
        assert "out of credits" in told.text


async def test_what_fails_is_marked_and_comes_back_by_itself(tmp_path: Path) -> None:
    async with open_two(tmp_path) as two:
        two.meshy.faults.add(Fault(FaultKind.ERROR_BEFORE, status=503))
        card = await two.stage.ask("in vain", model="meshy/nano-banana")
        await two.stage.ended(card, Accent.UNSURE)
        assert await marked(two.stage) == ["⚠ not reachable · Nano Banana at Meshy · 3 credits"]
        await two.stage.ended(await two.stage.ask("once more", model="meshy/nano-banana"), seconds=40.0)
        assert not await marked(two.stage)
