"""The sandbox's Discord with a real discord.py bot, over sockets."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from simcord.backend.errors import SetupError

from sandbox.discord import (
    Channel,
    DropAnswer,
    File,
    Guild,
    Member,
    Outcome,
    RateLimit,
    SandboxDiscord,
    SentInteraction,
    ServerError,
)
from tests.support.discord_bot import Card, CountButton, SmallBot, eventually, picture, pointed_at, running
from tests.support.discord_studio import form_of


@pytest.fixture
async def bot(world: SandboxDiscord, guild: Guild) -> AsyncIterator[SmallBot]:
    async with running(world) as client:
        yield client


async def answered(bot: SmallBot, sent: SentInteraction) -> discord.InteractionCallbackResponse[Any]:
    """What the bot got back for its answer; the world knows of the answer a moment before the bot does."""
    return await eventually(lambda: next((answer for answer in bot.answers if answer.id == sent.id), None))


async def until(what: asyncio.Event | Any) -> None:
    async with asyncio.timeout(5):
        await what.wait()


async def test_login_sync_and_the_guilds(world: SandboxDiscord, bot: SmallBot) -> None:
    assert {command["name"] for command in world.commands()} == {"draw", "slow", "late", "Measure"}
    assert [guild.name for guild in bot.guilds] == ["Here"]
    assert bot.application is not None
    assert (await bot.application_info()).owner.name == "operator"
    assert (bot.user.id if bot.user else None) == world.bot_id


async def test_a_wrong_token_is_a_failed_login(world: SandboxDiscord) -> None:
    async with pointed_at(world), SmallBot() as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("other")


async def test_a_slash_command_comes_back_as_a_card(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    reference = File("r.png", picture(size=(30, 20)))
    sent = await mia.slash(channel, "draw", prompt="a cat", style="oil", reference=reference)
    assert sent.outcome is Outcome.MESSAGE
    assert sent.seconds_to_answer is not None
    assert sent.seconds_to_answer < 3
    card = sent.message
    assert card is not None
    assert card.text == f"a cat in oil, {len(reference.data)} bytes"
    assert (card.v2, card.ephemeral, card.accent_color) == (True, False, 0x3366CC)
    assert [(item.filename, item.description, item.data) for item in card.attachments] == [
        ("a b.png", "alt text", picture())
    ]
    assert card.gallery[0]["media"]["url"].partition("?")[0] == card.attachments[0].url.partition("?")[0]
    assert [button.label for button in card.buttons] == ["Count 0", "Form"]
    assert (await answered(bot, sent)).message_id == card.id
    resource = bot.answers[-1].resource
    assert isinstance(resource, discord.InteractionMessage)
    assert await resource.attachments[0].read() == picture()


async def test_the_interaction_as_the_bot_sees_it(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    await mia.slash(channel, "draw", prompt="x")
    [seen] = bot.seen
    assert (seen.user.id, seen.user.name) == (mia.id, "mia")
    assert seen.filesize_limit == 10 * 1024 * 1024
    assert seen.app_permissions.attach_files
    assert seen.is_guild_integration()
    assert isinstance(seen.channel, discord.TextChannel)


async def test_use_in_direct_messages(bot: SmallBot, mia: Member) -> None:
    sent = await mia.slash(mia.dm, "draw", prompt="alone")
    assert sent.outcome is Outcome.MESSAGE
    assert bot.seen[0].guild is None
    assert bot.seen[0].app_permissions.send_messages


async def test_autocomplete(bot: SmallBot, channel: Channel, mia: Member) -> None:
    sent = await mia.autocomplete(channel, "draw", "style", "i", prompt="x")
    assert sent.outcome is Outcome.AUTOCOMPLETE
    assert [choice["name"] for choice in sent.choices or []] == ["ink", "oil"]


async def test_what_a_person_could_not_do_is_refused(bot: SmallBot, channel: Channel, mia: Member) -> None:
    with pytest.raises(SetupError):
        await mia.slash(channel, "unknown")
    with pytest.raises(SetupError):
        await mia.slash(channel, "draw", prompt="x" * 201)
    sent = await mia.slash(channel, "draw", prompt="x")
    assert sent.message is not None
    with pytest.raises(LookupError, match="Count 0"):
        await mia.click(sent.message, "Nothing")


async def test_buttons_work_also_after_a_restart(world: SandboxDiscord, channel: Channel, mia: Member) -> None:
    async with running(world):
        card = (await mia.slash(channel, "draw", prompt="x")).message
    assert card is not None
    async with running(world):
        sent = await mia.click(card, "Count 0")
        assert sent.outcome is Outcome.UPDATE
        assert sent.message is not None
        assert sent.message.id == card.id
        again = await mia.click(card, "count:1")
    assert again.message is not None
    assert [button.label for button in again.message.buttons] == ["Count 2", "Form"]


async def test_a_modal_with_words_and_files(bot: SmallBot, channel: Channel, mia: Member) -> None:
    card = (await mia.slash(channel, "draw", prompt="x")).message
    assert card is not None
    shown = await mia.click(card, "Form")
    assert shown.outcome is Outcome.MODAL
    files = [File("a.bin", bytes(5)), File("b.bin", bytes(7))]
    sent = await mia.submit(form_of(shown), {"Words": "hello", "files": files})
    assert sent.message is not None
    assert (sent.message.content, sent.message.ephemeral) == ("hello [5, 7]", True)


async def test_a_context_menu(bot: SmallBot, channel: Channel, mia: Member) -> None:
    sent = await mia.use_menu("Measure", mia.say(channel, "12345"))
    assert sent.message is not None
    assert sent.message.content == "5 letters"


async def test_deferral_edit_and_follow_up(
    world: SandboxDiscord, bot: SmallBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    sent = await mia.slash(channel, "slow")
    assert sent.outcome is Outcome.DEFERRED
    assert sent.message is not None
    assert sent.message.loading
    bot.go_on.set()
    await world.wait_for(lambda: sent.followups, what="the follow-up")
    assert (sent.message.text, sent.message.loading) == ("done", False)
    assert [item.description for item in sent.message.attachments] == ["a red square"]
    assert [(message.content, message.ephemeral) for message in sent.followups] == [("one more thing", True)]
    noor = guild.add_member("noor")
    assert len(world.messages(channel, viewer=mia)) == 2
    assert len(world.messages(channel, viewer=noor)) == 1
    assert bot.errors == []


async def test_an_edit_by_channel_and_message_id_keeps_and_adds_files(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    sent = await mia.slash(channel, "draw", prompt="x")
    message_id = (await answered(bot, sent)).message_id
    assert message_id is not None
    partial = bot.get_partial_messageable(channel.id).get_partial_message(message_id)
    kept = (await partial.fetch()).attachments
    added = discord.File(io.BytesIO(picture("red")), "b.png", description="a red one")
    await partial.edit(view=Card("two", CountButton(1), file="b.png"), attachments=[*kept, added])
    now = world.message(message_id)
    assert now is not None
    assert now.edited_at is not None
    assert [item.filename for item in now.attachments] == ["a b.png", "b.png"]
    assert [item.data for item in now.attachments] == [picture(), picture("red")]


async def test_an_ephemeral_message_is_out_of_reach_by_its_ids(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    sent = await mia.use_menu("Measure", mia.say(channel, "x"))
    assert sent.message is not None
    partial = bot.get_partial_messageable(channel.id).get_partial_message(sent.message.id)
    for attempt in (partial.fetch(), partial.edit(content="y")):
        with pytest.raises(discord.NotFound) as error:
            await attempt
        assert error.value.code == 10008


async def test_an_answer_after_three_seconds_is_lost(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    task = asyncio.create_task(mia.slash(channel, "late"))
    await world.wait_for(lambda: world.interactions, what="the command")
    world.advance(3.01)
    async with asyncio.timeout(1):
        sent = await task
    assert (sent.outcome, sent.seconds_to_answer) == (Outcome.FAILED, None)
    bot.go_on.set()
    await eventually(lambda: len(bot.errors) == 2)
    assert [getattr(error, "code", None) for error in bot.errors] == [10062, 10062]
    assert sent.outcome is Outcome.FAILED


async def test_a_second_answer_is_refused(world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member) -> None:
    bot.go_on.set()
    sent = await mia.slash(channel, "late")
    assert sent.message is not None
    assert sent.message.content == "too late"
    session, token = bot.http, sent.interaction.token
    route = discord.http.Route("POST", f"/interactions/{sent.id}/{token}/callback")
    with pytest.raises(discord.HTTPException) as error:
        await session.request(route, json={"type": 4, "data": {"content": "again"}})
    assert error.value.code == 40060


async def test_a_token_lives_a_quarter_of_an_hour(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    await mia.slash(channel, "draw", prompt="x")
    [seen] = bot.seen
    world.advance(14 * 60)
    await seen.edit_original_response(view=Card("in time"), attachments=[])
    world.advance(61)
    with pytest.raises(discord.HTTPException) as error:
        await seen.edit_original_response(view=Card("too late"), attachments=[])
    assert (error.value.status, error.value.code) == (401, 50027)
    assert [message.text for message in world.messages(channel)] == ["in time"]


async def test_nothing_can_follow_before_the_answer(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    task = asyncio.create_task(mia.slash(channel, "late"))
    [sent] = await world.wait_for(lambda: world.interactions)
    webhook = discord.Webhook.partial(world.application_id, sent.interaction.token, client=bot)
    with pytest.raises(discord.NotFound) as error:
        await webhook.send("too early")
    assert error.value.code == 10015
    bot.go_on.set()
    assert (await task).outcome is Outcome.MESSAGE


async def test_a_card_that_was_deleted(world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member) -> None:
    sent = await mia.slash(channel, "draw", prompt="x")
    assert sent.message is not None
    world.delete_message(sent.message)
    assert sent.message is None
    with pytest.raises(discord.NotFound) as error:
        await bot.seen[0].edit_original_response(view=Card("x"), attachments=[])
    assert error.value.code == 10008


async def test_many_members_at_once(world: SandboxDiscord, bot: SmallBot, guild: Guild, channel: Channel) -> None:
    members = [guild.add_member(f"m{number}") for number in range(20)]
    sent = await asyncio.gather(*(member.slash(channel, "draw", prompt=member.name) for member in members))
    assert [item.user_id for item in sent] == [member.id for member in members]
    texts = [item.message.text for item in sent if item.message is not None]
    assert texts == [f"{member.name} in ink, 0 bytes" for member in members]


async def test_a_lost_connection_is_resumed(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    await world.gateway.drop()
    await until(bot.resumed)
    assert (world.gateway.resumes, world.gateway.identifies) == (1, 1)
    assert (await mia.slash(channel, "draw", prompt="x")).outcome is Outcome.MESSAGE


async def test_an_interaction_sent_while_the_bot_was_away_arrives_after_the_resume(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    world.gateway.refuse(connects=1)
    await world.gateway.drop()
    sent = await mia.slash(channel, "draw", prompt="x")
    assert sent.outcome in (Outcome.MESSAGE, Outcome.FAILED)  # discord.py takes 1 to 4 s to try again
    await until(bot.resumed)
    assert bot.seen[0].id == sent.id


async def test_a_kicked_bot_leaves(world: SandboxDiscord, bot: SmallBot, guild: Guild) -> None:
    world.remove_bot(guild)
    left = await eventually(lambda: bot.guilds_left)
    assert [item.id for item in left] == [guild.id]


@pytest.mark.parametrize("path", ["/interactions/*", "/webhooks/*"])
async def test_a_rate_limit_with_via_is_waited_for(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member, path: str
) -> None:
    world.faults.add(RateLimit(path, retry_after_seconds=0.05))
    sent = await mia.slash(channel, "draw", prompt="x")
    assert sent.outcome is Outcome.MESSAGE
    await answered(bot, sent)
    await bot.seen[0].edit_original_response(view=Card("edited"), attachments=[])
    assert [message.text for message in world.messages(channel)] == ["edited"]
    assert [request.status for request in world.requests].count(429) == 1


async def test_a_rate_limit_without_via_is_raised(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    await answered(bot, await mia.slash(channel, "draw", prompt="x"))
    world.faults.add(RateLimit("/webhooks/*", via=False))
    with pytest.raises(discord.HTTPException) as error:
        await bot.seen[0].edit_original_response(view=Card("edited"), attachments=[])
    assert error.value.status == 429


async def test_a_lost_answer_leaves_the_edit_applied(
    world: SandboxDiscord, bot: SmallBot, channel: Channel, mia: Member
) -> None:
    await answered(bot, await mia.slash(channel, "draw", prompt="x"))
    world.faults.add(DropAnswer("/webhooks/*", "PATCH"))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.seen[0].edit_original_response(view=Card("applied"), attachments=[])
    assert [message.text for message in world.messages(channel)] == ["applied"]


async def test_an_unavailable_service_is_raised_at_once_by_the_bots_own_routes(
    world: SandboxDiscord, bot: SmallBot, channel: Channel
) -> None:
    world.faults.add(ServerError("/channels/*", status=503))
    with pytest.raises(discord.DiscordServerError):
        await bot.get_partial_messageable(channel.id).send("x")
    assert world.messages(channel) == []


async def test_messages_reach_a_bot_with_the_intents(world: SandboxDiscord, guild: Guild, mia: Member) -> None:
    intents = discord.Intents(guilds=True, guild_messages=True, message_content=True)
    async with running(world, SmallBot(intents=intents)) as bot:
        mia.say(guild.channel("general"), "hello", [File("a.bin", b"12")])
        [message] = await eventually(lambda: bot.messages_seen)
        assert message.content == "hello"
        assert await message.attachments[0].read() == b"12"


async def test_waiting_in_vain_says_for_what(world: SandboxDiscord) -> None:
    with pytest.raises(TimeoutError, match=r"0\.01 s for a sign"):
        await world.wait_for(lambda: None, 0.01, what="a sign")
