"""Forms, menus and the whole life of an answer, with a real discord.py bot over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.enums import ComponentType

from sandbox.discord import Channel, File, Guild, Member, Message, Outcome, SandboxDiscord
from tests.support.discord_bot import Card, eventually, picture, running
from tests.support.discord_studio import COLORS, Answering, Board, RemixForm, StudioBot, file, files, form_of


async def show_board(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(view=Board(), files=files())


@pytest.fixture
async def bot(world: SandboxDiscord, guild: Guild) -> AsyncIterator[StudioBot]:
    client = StudioBot(show_board)
    async with running(world, client):
        yield client
        assert client.errors == []


async def board_of(mia: Member, channel: Channel) -> Message:
    sent = await mia.slash(channel, "studio")
    assert sent.message is not None
    return sent.message


def opening(form: RemixForm) -> Answering:
    async def open_form(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(form)

    return open_form


def telling() -> RemixForm:
    """A form that is answered with what was filled in."""

    async def tell(form: RemixForm, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(str(form.told), ephemeral=True)

    return RemixForm(tell)


# ---------------------------------------------------------------- messages and menus


async def test_a_message_of_forty_components_stands(bot: StudioBot, channel: Channel, mia: Member) -> None:
    board = await board_of(mia, channel)
    assert board.text.splitlines()[:3] == ["A board", "One", "Two"]
    assert [item["description"] for item in board.gallery] == [f"in {color}" for color in COLORS]
    assert [part["media"]["url"].partition("?")[0] for part in board.thumbnails] == [
        board.attachments[0].url.partition("?")[0]
    ]
    assert [button.label for button in board.buttons] == ["Open", "U1", "U2", "U3", "U4", "V1", "V2", "V3", "V4"]
    assert board.menu("Colours").labels == ["Teal", "Red", "Gold", "Navy"]
    assert (board.menu("colors").least, board.menu("colors").most) == (1, 2)


async def test_what_is_chosen_reaches_the_bot_and_its_answer_updates_the_message(
    bot: StudioBot, channel: Channel, mia: Member
) -> None:
    board = await board_of(mia, channel)

    async def update(interaction: discord.Interaction) -> None:
        assert interaction.data is not None
        chosen = interaction.data.get("values", [])
        await interaction.response.edit_message(view=Card(f"chosen: {chosen}"), attachments=[])

    bot.answer = update
    sent = await mia.choose(board, "Colours", ["Teal", "gold"])
    assert (sent.outcome, sent.message and sent.message.id) == (Outcome.UPDATE, board.id)
    assert sent.message is not None
    assert (sent.message.text, sent.message.attachments) == ("chosen: ['teal', 'gold']", ())


async def test_what_a_menu_does_not_offer_cannot_be_chosen(bot: StudioBot, channel: Channel, mia: Member) -> None:
    board = await board_of(mia, channel)
    with pytest.raises(LookupError, match="Teal"):
        await mia.choose(board, "Colours", "Pink")
    with pytest.raises(LookupError, match="Colours"):
        await mia.choose(board, "Sizes", "Teal")
    with pytest.raises(SetupError):
        await mia.choose(board, "Colours", ["teal", "red", "gold"])


async def test_a_second_member_uses_the_same_message_at_the_same_moment(
    bot: StudioBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    board, noor = await board_of(mia, channel), guild.add_member("noor")
    both_here = asyncio.Barrier(3)

    async def wait_for_all(interaction: discord.Interaction) -> None:
        await both_here.wait()
        await interaction.response.send_message(interaction.user.name, ephemeral=True)

    bot.answer = wait_for_all
    sent = await asyncio.gather(mia.click(board, "U1"), mia.click(board, "U1"), noor.click(board, "U1"))
    assert [item.message.content for item in sent if item.message is not None] == ["mia", "mia", "noor"]
    assert len({item.id for item in sent}) == 3


# ---------------------------------------------------------------- forms


async def test_a_form_is_seen_as_it_opened(bot: StudioBot, channel: Channel, mia: Member) -> None:
    bot.answer = opening(telling())
    form = form_of(await mia.slash(channel, "studio"))
    assert (form.title, form.texts) == ("Remix", ("Change what you like.",))
    assert form.values == {"Prompt": "a red fox", "Model": ("midjourney",), "Pictures": (), "Private": True}
    prompt = form.field("prompt")
    assert (prompt.label, prompt.description, prompt.required, prompt.most) == ("Prompt", "What to paint", True, 4000)
    assert form.field("Model").labels == ["Quick", "Fine"]
    assert (form.field("Pictures").kind, form.field("Pictures").required) == (ComponentType.FILE_UPLOAD, False)
    with pytest.raises(LookupError, match="Prompt"):
        form.field("Size")


async def test_a_form_sent_back_untouched_holds_what_was_prefilled(
    bot: StudioBot, channel: Channel, mia: Member
) -> None:
    bot.answer = opening(telling())
    sent = await mia.submit(form_of(await mia.slash(channel, "studio")))
    assert sent.message is not None
    assert sent.message.content == "('a red fox', ['midjourney'], [], True)"
    assert sent.message.ephemeral


async def test_a_form_is_filled_with_words_choices_and_files(bot: StudioBot, channel: Channel, mia: Member) -> None:
    read: list[bytes] = []

    async def take(form: RemixForm, interaction: discord.Interaction) -> None:
        assert isinstance(form.pictures.component, discord.ui.FileUpload)
        read.extend([await item.read() for item in form.pictures.component.values])
        await interaction.response.send_message(str(form.told), ephemeral=True)

    bot.answer = opening(RemixForm(take))
    form = form_of(await mia.slash(channel, "studio"))
    uploads = [File("a.png", picture("red")), File("b.txt", b"words")]
    values = {"Prompt": "two foxes", "model": "Quick", "Pictures": uploads, "Private": False}
    sent = await mia.submit(form, values)
    assert sent.message is not None
    assert sent.message.content == "('two foxes', ['flux'], ['a.png', 'b.txt'], False)"
    assert read == [picture("red"), b"words"]


async def test_a_submitted_form_comes_in_its_real_shape(
    world: SandboxDiscord, bot: StudioBot, channel: Channel, mia: Member
) -> None:
    kept: list[discord.Interaction] = []

    async def keep(_: RemixForm, interaction: discord.Interaction) -> None:
        kept.append(interaction)
        await interaction.response.send_message("ok")

    board = await board_of(mia, channel)
    bot.answer = opening(RemixForm(keep))
    form = form_of(await mia.click(board, "Open"))
    sent = await mia.submit(form, {"Pictures": File("a.png", picture())})
    [interaction] = kept
    assert interaction.type is discord.InteractionType.modal_submit
    assert interaction.message is not None
    assert interaction.message.id == board.id
    data: Any = interaction.data
    assert data["custom_id"] == "remix"
    parts = data["components"]
    assert [part["type"] for part in parts] == [10, 18, 18, 18, 18]
    assert [part["component"]["type"] for part in parts[1:]] == [4, 3, 19, 23]
    assert all(isinstance(part["id"], int) for part in parts)
    [upload] = parts[3]["component"]["values"]
    attachment = data["resolved"]["attachments"][upload]
    assert (attachment["filename"], attachment["content_type"], attachment["size"]) == (
        "a.png",
        "image/png",
        len(picture()),
    )
    assert sent.message is not None


async def test_what_a_form_does_not_allow_is_not_sent(bot: StudioBot, channel: Channel, mia: Member) -> None:
    bot.answer = opening(telling())
    form = form_of(await mia.slash(channel, "studio"))
    with pytest.raises(SetupError, match="cannot be empty"):
        await mia.submit(form, {"Prompt": ""})
    with pytest.raises(SetupError, match="max_length"):
        await mia.submit(form, {"Prompt": "x" * 4001})
    with pytest.raises(SetupError, match="between"):
        await mia.submit(form, {"Pictures": [File(f"{n}.png", picture()) for n in range(4)]})
    with pytest.raises(LookupError, match="Quick"):
        await mia.submit(form, {"Model": "Slow"})
    assert (await mia.submit(form)).outcome is Outcome.MESSAGE
    with pytest.raises(SetupError, match="already"):
        await mia.submit(form)


async def test_only_who_opened_a_form_can_send_it(bot: StudioBot, guild: Guild, channel: Channel, mia: Member) -> None:
    bot.answer = opening(telling())
    form = form_of(await mia.slash(channel, "studio"))
    with pytest.raises(SetupError, match="opener"):
        await guild.add_member("noor").submit(form)


async def test_a_form_from_a_button_can_update_its_message(bot: StudioBot, channel: Channel, mia: Member) -> None:
    async def update(form: RemixForm, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(view=Card(form.told[0]), attachments=[])

    board = await board_of(mia, channel)
    bot.answer = opening(RemixForm(update))
    sent = await mia.submit(form_of(await mia.click(board, "Open")), {"Prompt": "changed"})
    assert (sent.outcome, sent.message and sent.message.id) == (Outcome.UPDATE, board.id)
    assert sent.message is not None
    assert sent.message.text == "changed"


async def test_a_form_in_direct_messages(bot: StudioBot, mia: Member) -> None:
    bot.answer = opening(telling())
    sent = await mia.submit(form_of(await mia.slash(mia.dm, "studio")), {"Prompt": "alone"})
    assert sent.message is not None
    assert "alone" in sent.message.content


async def test_a_form_is_no_answer_to_a_form(bot: StudioBot, channel: Channel, mia: Member) -> None:
    async def again(_: RemixForm, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(telling())

    form = RemixForm(again)
    bot.answer = opening(form)
    pending = asyncio.create_task(mia.submit(form_of(await mia.slash(channel, "studio"))))
    await eventually(lambda: form.failures)
    [error] = form.failures
    assert isinstance(error, discord.HTTPException)
    assert (error.status, error.code) == (400, 50035)
    pending.cancel()


# ---------------------------------------------------------------- menus of messages


async def test_message_menus_are_synced_and_bring_the_message_with_its_pictures(
    world: SandboxDiscord, bot: StudioBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    async def tell(interaction: discord.Interaction) -> None:
        message: discord.Message = interaction.extras["message"]
        size = len(await message.attachments[0].read())
        links = [embed.url for embed in message.embeds]
        await interaction.response.send_message(f"{message.author.name} {size} {links}", ephemeral=True)

    bot.answer = tell
    types = {command["name"]: command["type"] for command in world.commands()}
    assert types == {"studio": 1, "Imagine from this": 3, "Who made this?": 3}
    embed = {"type": "image", "url": "https://example.org/cat.png"}
    theirs = guild.add_member("noor").say(channel, "mine", [File("n.png", picture())], embeds=[embed])
    sent = await mia.use_menu("Who made this?", theirs)
    assert sent.message is not None
    assert sent.message.content == f"noor {len(picture())} ['https://example.org/cat.png']"


async def test_a_menu_on_a_card_of_the_bots_own_opens_a_form(bot: StudioBot, channel: Channel, mia: Member) -> None:
    board = await board_of(mia, channel)
    bot.answer = opening(telling())
    shown = await mia.use_menu("Imagine from this", board)
    assert bot.seen[-1].extras["message"].id == board.id
    assert len(bot.seen[-1].extras["message"].attachments) == 4
    assert (await mia.submit(form_of(shown))).outcome is Outcome.MESSAGE


async def test_a_menu_in_direct_messages(bot: StudioBot, mia: Member) -> None:
    card = await board_of(mia, mia.dm)
    bot.answer = opening(telling())
    shown = await mia.use_menu("Imagine from this", card)
    assert form_of(shown).title == "Remix"
    with pytest.raises(SetupError, match="No application command"):
        await mia.use_menu("Unknown", card)


# ---------------------------------------------------------------- the life of an answer


async def finished(bot: StudioBot) -> None:
    async with asyncio.timeout(5):
        await bot.done.wait()
    bot.done.clear()


async def test_a_deferred_click_edits_its_message_later(bot: StudioBot, channel: Channel, mia: Member) -> None:
    board = await board_of(mia, channel)
    await finished(bot)

    async def later(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(view=Card("later", file="red.png"), attachments=[file("red")])

    bot.answer = later
    sent = await mia.click(board, "V1")
    assert sent.outcome is Outcome.DEFERRED_UPDATE
    await finished(bot)
    assert sent.message is not None
    assert (sent.message.id, sent.message.text) == (board.id, "later")
    assert [item.filename for item in sent.message.attachments] == ["red.png"]


async def test_a_deferred_answer_is_edited_followed_and_deleted(
    world: SandboxDiscord, bot: StudioBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    gone: list[discord.WebhookMessage] = []

    async def at_length(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        await interaction.edit_original_response(view=Board("done"), attachments=files())
        kept = await interaction.followup.send("kept", ephemeral=True, wait=True, file=file("gold"))
        dropped = await interaction.followup.send("dropped", ephemeral=True, wait=True)
        await kept.edit(content="kept and changed")
        await dropped.delete()
        gone.append(dropped)
        await interaction.delete_original_response()

    bot.answer = at_length
    sent = await mia.slash(channel, "studio")
    assert sent.outcome is Outcome.DEFERRED
    await finished(bot)
    assert sent.message is None
    assert [(m.content, m.ephemeral, len(m.attachments)) for m in sent.followups] == [("kept and changed", True, 1)]
    noor = guild.add_member("noor")
    assert world.messages(channel, viewer=noor) == []
    for attempt in (gone[0].edit(content="x"), gone[0].delete(), bot.seen[-1].original_response()):
        with pytest.raises(discord.NotFound) as error:
            await attempt
        assert error.value.code == 10008


async def test_a_card_is_deleted_by_its_ids(
    world: SandboxDiscord, bot: StudioBot, channel: Channel, mia: Member
) -> None:
    board = await board_of(mia, channel)
    partial = bot.get_partial_messageable(channel.id).get_partial_message(board.id)
    await partial.delete()
    assert world.message(board) is None
    with pytest.raises(discord.NotFound):
        await partial.delete()
    with pytest.raises(LookupError, match="deleted"):
        await mia.click(board, "U1")


async def test_a_click_can_delete_the_message_that_it_came_from(
    world: SandboxDiscord, bot: StudioBot, channel: Channel, mia: Member
) -> None:
    board = await board_of(mia, channel)
    await finished(bot)

    async def delete(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.delete_original_response()

    bot.answer = delete
    await mia.click(board, "U1")
    await finished(bot)
    assert world.message(board) is None


@pytest.mark.parametrize("kind", [6, 7, 8])
async def test_a_command_has_no_message_to_update_and_no_choices_to_offer(
    world: SandboxDiscord, bot: StudioBot, channel: Channel, mia: Member, kind: int
) -> None:
    raised: list[discord.HTTPException] = []

    async def wrongly(interaction: discord.Interaction) -> None:
        route = discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback")
        bodies: dict[int, dict[str, Any]] = {6: {}, 7: {"data": {"content": "x"}}, 8: {"data": {"choices": []}}}
        try:
            await bot.http.request(route, json={"type": kind, **bodies[kind]})
        except discord.HTTPException as error:
            raised.append(error)
        await interaction.response.send_message("instead")

    bot.answer = wrongly
    sent = await mia.slash(channel, "studio")
    assert [(error.status, error.code) for error in raised] == [(400, 50035)]
    assert sent.message is not None
    assert sent.message.content == "instead"


async def test_a_follow_up_pings_whom_it_is_allowed_to(
    world: SandboxDiscord, bot: StudioBot, channel: Channel, mia: Member
) -> None:
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("first")
        for allowed in (discord.AllowedMentions.none(), discord.AllowedMentions(users=[interaction.user])):
            await interaction.followup.send(interaction.user.mention, allowed_mentions=allowed)

    bot.answer = ping
    sent = await mia.slash(channel, "studio")
    await finished(bot)
    assert [message.pinged_user_ids for message in sent.followups] == [(), (mia.id,)]


async def test_a_member_who_added_the_bot_uses_it_where_it_is_not(
    world: SandboxDiscord, bot: StudioBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    async def tell(interaction: discord.Interaction) -> None:
        personally, by_guild = interaction.is_user_integration(), interaction.is_guild_integration()
        await interaction.response.send_message(f"{personally} {by_guild}", ephemeral=True)

    bot.answer = tell
    world.install_for(mia)
    sent = await mia.slash(channel, "studio")
    assert sent.message is not None
    assert sent.message.content == "True True"
    world.remove_bot(guild)
    sent = await mia.slash(channel, "studio")
    assert sent.message is not None
    assert sent.message.content == "True False"
    with pytest.raises(discord.HTTPException) as error:
        await bot.get_partial_messageable(channel.id).send("uninvited")
    assert error.value.status in (403, 404)
