"""The surface against the sandbox's Discord, with discord.py's own transports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.surface import DiscordSurface
from bot.errors import (
    ChannelClosed,
    MediaDown,
    MessageGone,
    PayloadTooLarge,
    ShowRefused,
    SurfaceDown,
    TokenDead,
)
from bot.ports import Shown, Surface
from bot.ui.messages import Accent, Action, Button, Kept, Message, Picture, Upload
from sandbox.discord import DropAnswer, DropRequest, RateLimit, ServerError
from tests.chat.world import MadeUpIntake, Scene, client_of
from tests.support.discord_bot import eventually, picture

PLAIN = Message(Accent.DONE, ("done",), rows=((Button(Action.AGAIN, 77, "Again"),),))


@pytest.fixture
def surface(scene: Scene) -> Surface:
    return DiscordSurface(scene.client)


@pytest.fixture
def with_picture(tmp_path: Path) -> Message:
    file = tmp_path / "made.png"
    file.write_bytes(picture())
    return replace(
        PLAIN,
        gallery=(Picture("attachment://easel-77-1.png", "a cat"),),
        attachments=(Upload(file, "easel-77-1.png", "a cat"),),
    )


async def token_of(scene: Scene) -> str:
    await scene.card()
    return scene.intake.asked[-1][1].token


# ---------------------------------------------------------------- edits


async def test_edit_by_token_shows_the_picture_with_its_alt_text(
    scene: Scene, surface: Surface, with_picture: Message
) -> None:
    token = await token_of(scene)
    patches = len(scene.world.requests)
    shown = await surface.edit_by_token(token, with_picture)
    card = scene.world.message(shown.message_id)
    assert card is not None
    assert card.text == "done"
    assert card.accent_color == Accent.DONE
    assert [(a.filename, a.description, a.data) for a in card.attachments] == [("easel-77-1.png", "a cat", picture())]
    assert card.gallery[0]["description"] == "a cat"
    assert [(a.attachment_id, a.filename) for a in shown.attachments] == [(card.attachments[0].id, "easel-77-1.png")]
    assert len(scene.world.requests) == patches + 1


async def test_edits_are_complete_so_they_can_be_repeated(
    scene: Scene, surface: Surface, with_picture: Message
) -> None:
    token = await token_of(scene)
    await surface.edit_by_token(token, with_picture)
    shown = await surface.edit_by_token(token, with_picture)
    assert [a.filename for a in shown.attachments] == ["easel-77-1.png"]


async def test_a_kept_attachment_stays_and_others_go(scene: Scene, surface: Surface, with_picture: Message) -> None:
    token = await token_of(scene)
    first = (await surface.edit_by_token(token, with_picture)).attachments[0]
    kept = Kept(first.attachment_id, first.filename, first.url)
    small = replace(PLAIN, references=(Picture(f"attachment://{first.filename}", "Reference"),), attachments=(kept,))
    shown = await surface.edit_by_token(token, small)
    assert [a.attachment_id for a in shown.attachments] == [first.attachment_id]
    assert (await surface.edit_by_token(token, PLAIN)).attachments == ()


async def test_edit_by_ids_needs_no_token(scene: Scene, surface: Surface, with_picture: Message) -> None:
    card = await scene.card()
    scene.world.advance(16 * 60)
    shown = await surface.edit_by_ids(card.channel_id, card.id, with_picture)
    assert (shown.channel_id, shown.message_id) == (card.channel_id, card.id)
    assert [a.filename for a in shown.attachments] == ["easel-77-1.png"]


# ---------------------------------------------------------------- posts


async def test_post_pings_only_who_is_meant(scene: Scene, surface: Surface, with_picture: Message) -> None:
    leo = scene.guild.add_member("leo")
    message = replace(
        with_picture, texts=(f"<@{scene.mia.id}> and <@{leo.id}> and @everyone",), mention_user_id=scene.mia.id
    )
    shown = await surface.post(scene.channel.id, message, "n1")
    posted = scene.world.message(shown.message_id)
    assert posted is not None
    assert list(posted.pinged_user_ids) == [scene.mia.id]


async def test_the_same_nonce_posts_once(scene: Scene, surface: Surface) -> None:
    first = await surface.post(scene.channel.id, PLAIN, "same")
    again = await surface.post(scene.channel.id, PLAIN, "same")
    other = await surface.post(scene.channel.id, PLAIN, "other")
    assert again.message_id == first.message_id != other.message_id


async def test_post_directly(scene: Scene, surface: Surface) -> None:
    shown = await surface.post_directly(scene.mia.id, PLAIN, "n1")
    assert shown.channel_id == scene.mia.dm.id
    assert await surface.find_direct_post(scene.mia.id, 77, time.time()) == shown


# ---------------------------------------------------------------- looks


async def test_find_answer(scene: Scene, surface: Surface) -> None:
    card = await scene.card()
    token = scene.intake.asked[-1][1].token
    assert await surface.find_answer(token) == Shown(card.channel_id, card.id, actions=frozenset({"cancel"}), job_id=1)
    scene.world.delete_message(card)
    assert await surface.find_answer(token) is None


async def test_an_answer_without_buttons_is_no_jobs(scene: Scene, surface: Surface) -> None:
    token = await token_of(scene)
    await surface.edit_by_token(token, Message(Accent.FAILED, ("Something went wrong.",)))
    answer = await surface.find_answer(token)
    assert answer is not None
    assert (answer.actions, answer.job_id) == (frozenset(), None)


async def test_an_interaction_that_was_never_answered_has_no_answer(scene: Scene, surface: Surface) -> None:
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def look(origin: object) -> None:
        asked.put_nowait(scene.intake.asked[-1][1].token)
        raise RuntimeError

    scene.intake.meanwhile = look
    scene.world.faults.add(DropRequest(path="/interactions/*"))
    await scene.mia.slash(scene.channel, "imagine", prompt="a cat")
    assert await surface.find_answer(await asked.get()) is None


async def test_find_message(scene: Scene, surface: Surface) -> None:
    card = await scene.card()
    assert await surface.find_message(card.channel_id, card.id) == Shown(
        card.channel_id, card.id, actions=frozenset({"cancel"}), job_id=1
    )
    scene.world.delete_message(card)
    assert await surface.find_message(card.channel_id, card.id) is None


async def test_find_post_finds_ours_of_that_job_alone(scene: Scene, surface: Surface) -> None:
    since = time.time()
    assert await surface.find_post(scene.channel.id, 77, since) is None
    scene.mia.say(scene.channel, "easel:again:77")
    await surface.post(scene.channel.id, replace(PLAIN, rows=((Button(Action.AGAIN, 777, "Again"),),)), "n0")
    shown = await surface.post(scene.channel.id, PLAIN, "n1")
    assert await surface.find_post(scene.channel.id, 77, since) == shown
    assert await surface.find_post(scene.channel.id, 7, since) is None
    assert await surface.find_post(scene.channel.id, 77, since, besides=shown.message_id) is None


async def test_find_post_looks_beyond_the_first_hundred(scene: Scene, surface: Surface) -> None:
    for number in range(120):
        scene.mia.say(scene.channel, f"{number}")
    shown = await surface.post(scene.channel.id, PLAIN, "n1")
    assert await surface.find_post(scene.channel.id, 77, time.time() - 60) == shown


# ---------------------------------------------------------------- refusals


async def test_a_deleted_card_is_gone_by_token_and_by_ids(scene: Scene, surface: Surface) -> None:
    card = await scene.card()
    scene.world.delete_message(card)
    with pytest.raises(MessageGone):
        await surface.edit_by_token(scene.intake.asked[-1][1].token, PLAIN)
    with pytest.raises(MessageGone):
        await surface.edit_by_ids(card.channel_id, card.id, PLAIN)


async def test_an_old_token_is_dead(scene: Scene, surface: Surface) -> None:
    token = await token_of(scene)
    scene.world.advance(16 * 60)
    with pytest.raises(TokenDead):
        await surface.edit_by_token(token, PLAIN)
    with pytest.raises(TokenDead):
        await surface.find_answer(token)


async def test_a_closed_channel(scene: Scene, surface: Surface) -> None:
    card = await scene.card()
    scene.world.deny_bot(scene.channel, "send_messages")
    with pytest.raises(ChannelClosed):
        await surface.post(scene.channel.id, PLAIN, "n1")
    scene.world.delete_channel(scene.channel)
    with pytest.raises(ChannelClosed):
        await surface.edit_by_ids(card.channel_id, card.id, PLAIN)
    with pytest.raises(ChannelClosed):
        await surface.find_post(scene.channel.id, 77, time.time())


async def test_a_file_beyond_the_limit(scene: Scene, surface: Surface, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(bytes(scene.world.attachment_size_limit_bytes + 1))
    with pytest.raises(PayloadTooLarge):
        await surface.edit_by_token(
            await token_of(scene), replace(PLAIN, attachments=(Upload(large, "easel-77-1.png"),))
        )


async def test_a_file_that_is_not_there_is_to_be_brought_again_before_anything_is_sent(
    scene: Scene, surface: Surface, tmp_path: Path
) -> None:
    message = replace(PLAIN, attachments=(Upload(tmp_path / "none.png", "easel-77-1.png"),))
    with pytest.raises(MediaDown):
        await surface.post(scene.channel.id, message, "n1")
    assert scene.world.messages(scene.channel) == []


async def test_what_discord_cannot_show_is_refused(scene: Scene, surface: Surface) -> None:
    with pytest.raises(ShowRefused):
        await surface.post(scene.channel.id, replace(PLAIN, gallery=(Picture("attachment://none.png"),)), "n1")


# ---------------------------------------------------------------- failures


async def test_a_rate_limit_is_waited_for(scene: Scene, surface: Surface) -> None:
    token = await token_of(scene)
    scene.world.faults.add(RateLimit(path="/webhooks/*", retry_after_seconds=0.05))
    scene.world.faults.add(RateLimit(path="/channels/*", retry_after_seconds=0.05))
    shown = await surface.edit_by_token(token, PLAIN)
    again = await surface.edit_by_ids(shown.channel_id, shown.message_id, PLAIN)
    assert again.message_id == shown.message_id


@pytest.mark.parametrize(
    "fault",
    [
        ServerError(path="/channels/*", status=503),
        DropRequest(path="/channels/*"),
        DropAnswer(path="/channels/*"),
        RateLimit(path="/channels/*", via=False, retry_after_seconds=7.0),
    ],
)
async def test_discord_failing_is_worth_another_try(
    scene: Scene, surface: Surface, fault: ServerError | DropRequest | DropAnswer | RateLimit
) -> None:
    scene.world.faults.add(fault)
    with pytest.raises(SurfaceDown) as caught:
        await surface.post(scene.channel.id, PLAIN, "n1")
    assert caught.value.retry_after_seconds == (7.0 if isinstance(fault, RateLimit) else None)
    # Posting anew with the same nonce makes no second message, even where only the answer was lost.
    await surface.post(scene.channel.id, PLAIN, "n1")
    assert len(scene.world.messages(scene.channel)) == 1


async def test_discord_py_s_repetitions_can_be_interrupted(scene: Scene, surface: Surface) -> None:
    token = await token_of(scene)
    scene.world.faults.add(ServerError(path="/webhooks/*", times=None))
    editing = asyncio.create_task(surface.edit_by_token(token, PLAIN))
    await eventually(lambda: any(request.status == 500 for request in scene.world.requests))
    editing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await editing
    scene.world.faults.clear()
    await surface.edit_by_token(token, PLAIN)


async def test_a_call_takes_no_longer_than_it_may(scene: Scene) -> None:
    token = await token_of(scene)
    scene.world.faults.add(ServerError(path="/webhooks/*", times=None))
    async with asyncio.timeout(5):  # discord.py's own repetitions take 25
        with pytest.raises(SurfaceDown):
            await DiscordSurface(scene.client, timeout_seconds=0.2).edit_by_token(token, PLAIN)


CALLS: list[Callable[[Surface], Awaitable[object]]] = [
    lambda surface: surface.edit_by_token("token", PLAIN),
    lambda surface: surface.edit_by_ids(1, 2, PLAIN),
    lambda surface: surface.post(1, PLAIN, "n1"),
    lambda surface: surface.post_directly(1, PLAIN, "n1"),
    lambda surface: surface.find_answer("token"),
    lambda surface: surface.find_message(1, 2),
    lambda surface: surface.find_post(1, 2, 1.7e9),
    lambda surface: surface.find_direct_post(1, 2, 1.7e9),
]


@pytest.mark.parametrize("call", CALLS)
async def test_before_the_login_everything_is_to_be_tried_later(call: Callable[[Surface], Awaitable[object]]) -> None:
    with pytest.raises(SurfaceDown):
        await call(DiscordSurface(client_of(MadeUpIntake())))
