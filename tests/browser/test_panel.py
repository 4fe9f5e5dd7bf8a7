"""The page in a browser, with a panel as moderators would have it: native selects, forms, files, persons."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed (extra dev)")

from playwright.async_api import Locator, expect

from bot.ui.messages import EntityKind
from sandbox.discord import Guild, SandboxDiscord
from sandbox.discord.preview import make_demo_world, start_preview
from tests.browser.visit import BROWSERS, Visitor, find_browser, opened
from tests.chat.panel import CSV, Panel, panel_client
from tests.chat.world import connected

BROWSER_PATH = find_browser()
pytestmark = pytest.mark.skipif(BROWSER_PATH is None, reason=f"there is none of {', '.join(BROWSERS)}")


@dataclass(frozen=True)
class Scene:
    visitor: Visitor
    panel: Panel
    guild: Guild

    async def open(self) -> Locator:
        await self.visitor.begin_command("panel")
        return await self.visitor.send()

    def role(self, name: str) -> int:
        return self.guild.role(name).id


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    assert BROWSER_PATH is not None
    async with await SandboxDiscord.start() as world:
        guild, panel = make_demo_world(world), Panel()
        async with connected(world, panel_client(panel)):
            address = await start_preview(world, guild.channel("gallery"))
            async with opened(address, BROWSER_PATH) as page:
                # Where a test fails, a picture of each step is in that folder.
                yield Scene(Visitor(page, tmp_path, print), panel, guild)
        assert world.own_faults == []


async def test_a_moderator_chooses_fills_in_and_takes_files_away(scene: Scene) -> None:
    visitor, chosen = scene.visitor, scene.panel.chosen
    await visitor.become("sam")
    panel = await scene.open()
    await visitor.choose(panel, "Role", "Artists", "Moderator")
    assert chosen[EntityKind.ROLE] == (scene.role("Artists"), scene.role("Moderator"))
    await visitor.choose(panel, "Role", "Moderator")
    assert chosen[EntityKind.ROLE] == (scene.role("Artists"),)
    await visitor.choose(panel, "Channel", "gallery", "general")
    await visitor.choose(panel, "Member", "noor")
    assert chosen[EntityKind.MEMBER] == (scene.guild.member("noor").id,)
    await visitor.choose(panel, "Models", "fine", "swift")
    assert scene.panel.clicks[-1].values == ("fine", "swift")
    await visitor.look("all chosen")
    await visitor.choose(panel, "Role", "Artists")
    assert chosen[EntityKind.ROLE] == ()

    await panel.get_by_role("button", name="Credits").click()
    await visitor.page.get_by_role("button", name="Cancel").click()
    await expect(panel.get_by_role("combobox", name="Channel")).to_contain_text("general")
    await visitor.look("form left")
    await panel.get_by_role("button", name="Credits").click()
    await visitor.fill(Credits_a_day="120", Why="the contest")
    await expect(panel).to_contain_text("7: 120 credits, for the contest")
    await expect(panel.get_by_role("combobox", name="Channel")).to_have_text("Channel")
    await visitor.look("form handed in")

    report = await visitor.press(panel, "Report")
    await expect(report.locator("img.gallery-image")).to_have_count(1)
    await expect(report).to_contain_text("usage.csv")
    await visitor.look("report")
    async with visitor.page.expect_download() as downloading:
        await report.get_by_role("button", name="Download usage.csv").click()
    download = await downloading.value
    assert download.suggested_filename == "usage.csv"
    assert content(await download.path()) == CSV


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_each_person_sees_what_is_for_them_alone_and_acts_as_themselves(scene: Scene) -> None:
    visitor = scene.visitor
    await visitor.become("sam")
    await visitor.choose(await scene.open(), "Role", "Artists")
    for person in ("noor", "mia"):
        await visitor.become(person)
        await expect(visitor.messages).to_have_count(0)
    visitor.seen = 0
    await visitor.choose(await scene.open(), "Member", "sam")
    await visitor.become("sam")
    await expect(visitor.messages).to_have_count(1)
    await expect(visitor.messages.get_by_role("combobox", name="Role")).to_contain_text("Artists")
    await visitor.look("sam again")
    people = {sent.user_id for sent in scene.guild.world.interactions}
    assert people == {scene.guild.member("sam").id, scene.guild.member("mia").id}
