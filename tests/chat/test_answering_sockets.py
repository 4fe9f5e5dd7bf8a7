"""Answers with native selects, files and forms, as a panel for moderators uses them, over sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from simcord.enums import ComponentType

from bot.ui.messages import Accent, Generated, Message, Upload
from cogs.common import Click
from sandbox.discord import Channel, Guild, Member, Outcome, SandboxDiscord, SentInteraction
from sandbox.discord import Message as Seen
from tests.chat.panel import CHART, CSV, Panel, panel_client
from tests.chat.world import connected
from tests.support.discord_bot import eventually


@dataclass(frozen=True)
class Scene:
    world: SandboxDiscord
    guild: Guild
    channel: Channel
    sam: Member
    panel: Panel

    async def open(self) -> Seen:
        return seen(await self.sam.slash(self.channel, "panel"))


@pytest.fixture
async def scene(world: SandboxDiscord) -> AsyncIterator[Scene]:
    guild, panel = world.guild("Here"), Panel()
    async with connected(world, panel_client(panel)):
        yield Scene(world, guild, guild.channel("gallery"), guild.add_member("sam", moderator=True), panel)


def seen(sent: SentInteraction) -> Seen:
    assert sent.message is not None, sent.outcome
    assert sent.message.ephemeral
    return sent.message


# ---------------------------------------------------------------- selects


async def test_native_selects_tell_ids_and_show_them_as_chosen_from_then_on(scene: Scene) -> None:
    artists, guests = scene.guild.create_role("Artists"), scene.guild.create_role("Guests")
    panel = await scene.open()
    assert [menu.kind for menu in panel.menus[:3]] == [
        ComponentType.ROLE_SELECT,
        ComponentType.CHANNEL_SELECT,
        ComponentType.USER_SELECT,
    ]
    sent = await scene.sam.choose(panel, "Role", [artists, guests])
    assert (sent.outcome, seen(sent).id) == (Outcome.UPDATE, panel.id)
    await scene.sam.choose(panel, "Channel", "gallery")
    now = seen(await scene.sam.choose(panel, "Member", scene.sam))
    assert [click.index for click in scene.panel.clicks] == [0, 1, 2]
    assert [menu.chosen for menu in now.menus[:3]] == [
        (str(artists.id), str(guests.id)),
        (str(scene.channel.id),),
        (str(scene.sam.id),),
    ]
    now = seen(await scene.sam.choose(panel, "Role", ()))
    assert scene.panel.clicks[-1].values == now.menu("Role").chosen == ()


async def test_of_a_menu_several_options_can_be_chosen(scene: Scene) -> None:
    panel = await scene.open()
    await scene.sam.choose(panel, "Models", ["fine", "swift"])
    assert scene.panel.clicks == [Click("tier", 7, 1, "x", ("fine", "swift"))]
    assert panel.menu("Later").disabled
    assert (panel.menu("Later").least, panel.menu("Later").most) == (1, 1)


async def test_all_kinds_of_channels_that_can_be_asked_in_are_offered_and_categories(scene: Scene) -> None:
    category = scene.guild.handle.create_category("Rooms")
    forum = scene.guild.handle.create_forum_channel("ideas")
    voice = scene.guild.handle.create_voice_channel("talk")
    await scene.sam.choose(await scene.open(), "Channel", [category, forum, voice])
    assert scene.panel.clicks[0].values == tuple(str(each.id) for each in (category, forum, voice))


# ---------------------------------------------------------------- forms


async def test_a_form_from_a_button_changes_the_message_that_one_member_alone_sees(scene: Scene) -> None:
    panel = await scene.open()
    form = (await scene.sam.click(panel, "Credits")).form
    assert form is not None
    credits_a_day = form.field("Credits a day")
    assert (credits_a_day.most, credits_a_day.placeholder) == (6, "no limit")
    sent = await scene.sam.submit(form, {"Credits a day": "100"})
    assert (sent.outcome, seen(sent).id) == (Outcome.UPDATE, panel.id)
    assert seen(sent).text == "7: 100 credits, for no reason"
    assert seen(sent).menu("Role").placeholder == "Role"


async def test_a_form_that_is_handed_in_can_change_what_shows_as_chosen(scene: Scene) -> None:
    chosen = seen(await scene.sam.choose(await scene.open(), "Member", scene.sam))
    form = (await scene.sam.click(chosen, "Credits")).form
    assert form is not None
    assert chosen.menu("Member").chosen == (str(scene.sam.id),)
    assert seen(await scene.sam.submit(form)).menu("Member").chosen == ()


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("command", ["report_now", "report_later"])
async def test_what_was_made_in_memory_is_shown_and_given_to_download(scene: Scene, command: str) -> None:
    sent = await scene.sam.slash(scene.channel, command)
    await eventually(lambda: sent.message and sent.message.attachments)
    assert_report(seen(sent))


async def test_files_go_with_what_is_said_after_the_answer(scene: Scene) -> None:
    sent = await scene.sam.click(await scene.open(), "Report")
    await eventually(lambda: sent.followups)
    (report,) = sent.followups
    assert report.ephemeral
    assert_report(report)


async def test_files_take_a_messages_place_and_are_kept_by_the_next(scene: Scene) -> None:
    panel = await scene.open()
    first = seen(await scene.sam.click(panel, "Chart"))
    assert first.id == panel.id
    assert_report(first)
    again = seen(await scene.sam.click(panel, "Chart"))
    assert_report(again)
    assert [each.id for each in again.attachments] == [each.id for each in first.attachments]


def assert_report(message: Seen) -> None:
    assert message.text == "The last 7 days"
    assert [(each.filename, each.description, each.data) for each in message.attachments] == [
        ("usage.png", "A chart", CHART),
        ("usage.csv", None, CSV),
    ]
    assert [item["description"] for item in message.gallery] == ["A chart"]
    (file,) = message.walk(ComponentType.FILE)
    assert file["file"]["url"].partition("?")[0] == message.attachments[1].url.partition("?")[0]


async def test_a_file_that_cannot_be_read_is_apologised_for(scene: Scene, tmp_path: Path) -> None:
    scene.panel.report = Message(Accent.DONE, ("x",), attachments=(Upload(tmp_path / "none", "a.csv"),))
    message = seen(await scene.sam.slash(scene.channel, "report_now"))
    assert "Something went wrong on my side" in message.text
    assert message.attachments == ()


async def test_a_file_too_large_for_discord_is_apologised_for(scene: Scene) -> None:
    content = bytes(scene.world.attachment_size_limit_bytes + 1)
    scene.panel.report = Message(Accent.DONE, ("x",), attachments=(Generated("a.csv", content),), files=("a.csv",))
    message = seen(await scene.sam.slash(scene.channel, "report_now"))
    assert "Something went wrong on my side" in message.text


async def test_a_file_that_nothing_brings_is_refused(scene: Scene) -> None:
    scene.panel.report = Message(Accent.DONE, ("x",), files=("a.csv",))
    message = seen(await scene.sam.slash(scene.channel, "report_now"))
    assert "Something went wrong on my side" in message.text
