"""`/usage` over real sockets: for moderators alone, with a chart that can be seen and files that can be read."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from PIL import Image
from simcord.backend.errors import SetupError

from bot.chat.client import Easel, Offered
from bot.clock import SystemClock
from bot.domain.limits import House
from bot.media.chart import HEIGHT, WIDTH, PillowCharts
from bot.ports import Account
from bot.services.catalogue import Catalogue
from bot.services.exporting import Exporting
from bot.services.overview import Overview
from bot.store.store import Store, assemble
from cogs.buttons import Buttons
from cogs.usage import Usage
from sandbox.discord import Channel, Guild, Member, Message, Outcome, SandboxDiscord, SentInteraction
from tests.chat.world import MadeUpDocuments, MadeUpIntake, connected
from tests.chat.world import Scene as Ready
from tests.support.builders import ENDLESS, WIDE, account, queued, request, sets
from tests.support.discord_bot import eventually
from tests.support.fakes import AtOnce, FakeProvider, RotSealer

CLOCK = SystemClock()


@dataclass(frozen=True)
class Scene:
    world: SandboxDiscord
    client: Easel
    driver: AtOnce
    store: Store
    mine: Account
    guild: Guild
    channel: Channel
    mod: Member
    mia: Member

    async def asks(self, prompt: str = "a cat", member: Member | None = None) -> None:
        now = CLOCK.now()
        user_id = (member or self.mia).id
        await queued(self.store, self.mine, now, guild_id=self.guild.id, user_id=user_id, request=request(prompt))

    async def page(self, member: Member | None = None) -> Message:
        return await brought(await (member or self.mod).slash(self.channel, "usage"))

    async def post_button(self, custom_id: str) -> Message:
        """A message of the bot's with a button labelled `Old`."""
        return await Ready(self.world, self.client, MadeUpIntake(), self.guild, self.channel, self.mia).post_button(
            custom_id
        )

    def now(self, message: Message) -> Message:
        found = self.world.message(message)
        assert found is not None
        return found


async def brought(sent: SentInteraction) -> Message:
    assert sent.outcome is Outcome.DEFERRED
    assert sent.seconds_to_answer is not None
    assert sent.seconds_to_answer < 3
    message = await eventually(lambda: sent.message if sent.message and not sent.message.loading else None)
    assert message.ephemeral
    return message


@pytest.fixture
async def scene(world: SandboxDiscord) -> AsyncIterator[Scene]:
    driver = AtOnce()
    store = await assemble(driver, CLOCK, RotSealer(), "me", House(ENDLESS.defaults))
    mine = account(await store.accounts.enter("meigen", "fingerprint-1"), WIDE)
    catalogue = Catalogue([FakeProvider(CLOCK)], store.asking, CLOCK)
    await catalogue.refresh()
    usage = Usage(
        Overview(store.guilds, store.seeing, PillowCharts(), catalogue, CLOCK),
        Exporting(store.guilds, store.seeing, CLOCK),
    )
    client = Easel(Offered((usage, Buttons(usage.handlers, {}))), documents=MadeUpDocuments(), clock=CLOCK)
    guild = world.guild("Here")
    async with connected(world, client):
        mod = guild.add_member("mod", moderator=True)
        yield Scene(world, client, driver, store, mine, guild, guild.channel("gallery"), mod, guild.add_member("mia"))
    await driver.close()


async def click(scene: Scene, message: Message, label: str, says: str) -> Message:
    """Press a button of a page and wait until it says that."""
    sent = await scene.mod.click(message, label)
    assert sent.outcome is Outcome.DEFERRED_UPDATE
    return await eventually(lambda: now if says in (now := scene.now(message)).text else None)


# ---------------------------------------------------------------- the page


async def test_a_moderator_sees_figures_and_a_chart(scene: Scene) -> None:
    await scene.asks()
    await scene.asks()
    page = await scene.page()
    assert "### Used today" in page.text
    assert "**0 credits** spent, 10 held for what is under way, 0 given back." in page.text
    assert f"1. <@{scene.mia.id}> · 0 credits spent · 10 held · 2 requests" in page.text
    (picture,) = page.attachments
    assert Image.open(io.BytesIO(picture.data)).size == (WIDTH, HEIGHT)
    assert picture.description is not None
    assert picture.description.startswith("Credits per hour, today (UTC). ")
    assert page.pinged_user_ids == ()


async def test_buttons_turn_the_page_and_change_what_it_is_about(scene: Scene) -> None:
    await scene.asks()
    page = await scene.page()
    page = await click(scene, page, "30 days", "### Used in the last 30 days")
    assert [file.filename for file in page.attachments] == ["usage.png"]
    page = await click(scene, page, "By model", "1. Swift One")
    assert "### Used in the last 30 days" in page.text
    page = await click(scene, page, "By outcome", "1. Waiting")
    page = await click(scene, page, "Today", "### Used today")
    assert "1. Waiting" in page.text, "what it is about stays"


async def test_where_nothing_was_asked_for_there_is_no_chart(scene: Scene) -> None:
    page = await scene.page()
    assert "Nothing was asked for." in page.text
    assert page.attachments == ()


async def test_it_is_for_who_may_manage_the_server(scene: Scene) -> None:
    with pytest.raises(SetupError, match="not visible"):
        await scene.mia.slash(scene.channel, "usage")


async def test_the_command_is_told_to_discord_as_one_for_moderators_of_servers(scene: Scene) -> None:
    (command,) = scene.world.commands()
    assert command["name"] == "usage"
    assert int(command["default_member_permissions"]) == 1 << 5, "Manage Server"
    assert (command["contexts"], command["integration_types"]) == ([0], [0]), "not in private, and not taken along"


@pytest.mark.parametrize("button", ["usage:{}:7:by/member", "export:{}", "export:{}:7"])
async def test_the_pages_of_others_are_left_alone(scene: Scene, button: str) -> None:
    old = await scene.post_button("easel:" + button.format(scene.mod.id))
    sent = await scene.mia.click(old, "Old")
    assert sent.message is not None
    assert "Only who asked for this" in sent.message.text


@pytest.mark.parametrize("label", ["7 days", "Export"])
async def test_who_is_no_moderator_any_more_sees_nothing_by_an_old_page(scene: Scene, label: str) -> None:
    await scene.asks("a secret cat")
    page = await scene.page()
    scene.guild.take(scene.mod, scene.guild.handle.roles["Moderator"])
    scene.world.advance(16 * 60)
    sent = await scene.mod.click(page, label)
    assert sent.message is not None
    assert "too old to be sure" in sent.message.text


@pytest.mark.parametrize("button", ["usage:{}:8:x", "usage:{}", "usage:{}:999:by/nothing"])
async def test_a_button_of_another_version_shows_something_sensible(scene: Scene, button: str) -> None:
    old = await scene.post_button("easel:" + button.format(scene.mod.id))
    await click(scene, old, "Old", "### Used today")


async def test_a_store_that_fails_is_said_kindly(scene: Scene) -> None:
    scene.driver.is_down = True
    page = await scene.page()
    assert "I cannot write anything down right now" in page.text


# ---------------------------------------------------------------- the export


async def export(scene: Scene, label: str = "7 days") -> Message:
    page = await scene.page()
    sent = await scene.mod.click(page, "Export")
    assert sent.message is not None
    assert sent.message.ephemeral
    assert "Handle it with care" in sent.message.text
    return await click(scene, sent.message, label, "changes of settings")


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def test_the_export_brings_two_tables(scene: Scene) -> None:
    await scene.asks("=HYPERLINK(1)")
    await scene.asks("a cat", scene.mod)
    await sets(scene.store, scene.guild.id, cooldown_seconds=5)
    await sets(scene.store, scene.guild.id, cooldown_seconds=6)
    message = await export(scene, "Everything")
    assert message.text == "2 requests and 2 changes of settings."
    generations, changes = message.attachments
    assert [file.filename for file in message.attachments] == ["generations.csv", "changes.csv"]
    assert [row["prompt"] for row in rows(generations.data)] == ["a cat", "'=HYPERLINK(1)"]
    assert [row["member"] for row in rows(generations.data)] == [f"<@{scene.mod.id}>", f"<@{scene.mia.id}>"]
    assert [(row["from"], row["to"]) for row in rows(changes.data)] == [("5", "6"), ("0", "5")]
    assert message.buttons == ()


async def test_what_is_too_large_for_discord_comes_packed(scene: Scene) -> None:
    scene.world.attachment_size_limit_bytes = 30_000
    for number in range(200):
        await scene.asks(f"cat number {number} of a great many cats that are all alike")
    message = await export(scene)
    (archive,) = message.attachments
    assert archive.filename == "easel-export.zip"
    assert len(archive.data) <= 30_000


async def test_a_store_that_fails_meanwhile_is_said_in_place_of_the_files(scene: Scene) -> None:
    page = await scene.page()
    sent = await scene.mod.click(page, "Export")
    assert sent.message is not None
    scene.driver.is_down = True
    await click(scene, sent.message, "30 days", "I cannot write anything down right now")
