"""The commands and buttons as members meet them, over real sockets."""

from __future__ import annotations

import logging
from dataclasses import replace

import aiohttp
import pytest

from bot.domain.jobs import JobState
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import Reference
from bot.domain.views import ShownReference
from bot.errors import Refused, StoreDown
from bot.ports import CardKind
from bot.services.origin import Origin
from sandbox.discord import Delay, DropAnswer, DropRequest, File, Outcome, SentInteraction
from tests.chat.world import Scene
from tests.support.discord_bot import eventually, picture

CALLBACK = "/interactions/*"


def text_of(sent: SentInteraction) -> str:
    assert sent.message is not None
    return sent.message.text


async def test_imagine_answers_with_its_card_and_confirms_it(scene: Scene) -> None:
    sent = await scene.mia.slash(scene.channel, "imagine", prompt="a cat @everyone", aspect_ratio=" 16:9 ")
    assert sent.outcome is Outcome.MESSAGE
    assert sent.message is not None
    assert "Place 3" in sent.message.text
    assert "@everyone" not in sent.message.text
    assert not sent.message.pinged_user_ids
    assert not sent.message.ephemeral
    assert await eventually(lambda: scene.intake.confirmed) == {1: sent.message.id}
    request, origin = scene.intake.asked[0]
    assert (request.prompt, request.aspect_ratio, request.model_id) == ("a cat @everyone", "16:9", None)
    assert (origin.guild_id, origin.channel_id, origin.user_id) == (scene.guild.id, scene.channel.id, scene.mia.id)
    assert origin.card_kind is CardKind.CHANNEL
    assert origin.missing_permissions == ()
    assert not origin.is_moderator
    assert origin.attachment_limit_bytes == scene.world.attachment_size_limit_bytes
    assert abs(origin.token_expires_at - sent.sent_at - 900) < 5


async def test_private_means_that_nobody_else_sees_it(scene: Scene) -> None:
    sent = await scene.mia.slash(scene.channel, "imagine", prompt="a cat", private=True)
    assert sent.message is not None
    assert sent.message.ephemeral
    assert scene.intake.asked[0][1].card_kind is CardKind.PRIVATE


async def test_references_are_files_and_the_links_at_the_start(scene: Scene) -> None:
    await scene.mia.slash(
        scene.channel,
        "imagine",
        prompt="https://example.org/a.png a cat",
        reference=File("one.png", picture()),
        reference_3=File("two.png", picture("red")),
    )
    request, _ = scene.intake.asked[0]
    one, two, link = request.references
    assert request.prompt == "a cat"
    assert (one.filename, one.content_type, one.size_bytes) == ("one.png", "image/png", len(picture()))
    assert one.is_attachment
    assert two.filename == "two.png"
    assert link == Reference("https://example.org/a.png")


async def test_a_prompt_as_long_as_discord_takes_makes_a_card(scene: Scene) -> None:
    sent = await scene.mia.slash(scene.channel, "imagine", prompt="*" * 6000)
    assert sent.outcome is Outcome.MESSAGE
    assert len(text_of(sent)) <= 4000
    assert scene.intake.asked[0][0].prompt == "*" * 6000


async def test_what_easel_lacks_in_the_channel_is_told_to_intake(scene: Scene) -> None:
    scene.world.deny_bot(scene.channel, "attach_files", "send_messages")
    await scene.mia.slash(scene.channel, "imagine", prompt="a cat")
    assert scene.intake.asked[0][1].missing_permissions == ("send_messages", "attach_files")


async def test_direct_messages_have_no_guild(scene: Scene) -> None:
    await scene.mia.slash(scene.mia.dm, "imagine", prompt="a cat")
    origin = scene.intake.asked[0][1]
    assert (origin.guild_id, origin.card_kind, origin.missing_permissions) == (None, CardKind.CHANNEL, ())


async def test_a_refusal_is_a_sentence_for_the_member_alone(scene: Scene) -> None:
    scene.intake.error = Refused((Problem(ProblemCode.RATIO_UNSUPPORTED, "7:7", ("1:1", "16:9"), model_name="Flux"),))
    sent = await scene.mia.slash(scene.channel, "imagine", prompt="a cat")
    assert sent.message is not None
    assert sent.message.ephemeral
    assert "**Flux** has no ratio “7:7”. It can do 1:1, 16:9." in sent.message.text


@pytest.mark.parametrize(("error", "said"), [(ValueError("boom"), "my side"), (StoreDown("disk"), "write anything")])
async def test_what_breaks_ends_in_a_kind_sentence_and_in_the_log(
    scene: Scene, caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    scene.intake.error = error
    sent = await scene.mia.slash(scene.channel, "imagine", prompt="a cat")
    assert sent.message is not None
    assert sent.message.ephemeral
    assert said in sent.message.text
    assert "boom" not in sent.message.text
    assert any(record.exc_info and record.exc_info[1] is error for record in caplog.records)


# ---------------------------------------------------------------- answers that do not arrive


async def test_an_answer_that_comes_too_late_withdraws_the_request(scene: Scene) -> None:
    scene.world.faults.add(Delay(path=CALLBACK, seconds=3.3))
    sent = await scene.mia.slash(scene.channel, "imagine", prompt="a cat")
    assert sent.outcome is Outcome.FAILED
    await eventually(lambda: scene.intake.withdrawn == [1])
    assert not scene.intake.confirmed


@pytest.mark.parametrize("fault", [DropRequest(path=CALLBACK), DropAnswer(path=CALLBACK)])
async def test_an_answer_that_may_have_arrived_is_doubted(scene: Scene, fault: DropRequest | DropAnswer) -> None:
    scene.world.faults.add(fault)
    await scene.mia.slash(scene.channel, "imagine", prompt="a cat")
    await eventually(lambda: scene.intake.doubted == [1])
    assert not scene.intake.confirmed
    assert not scene.intake.withdrawn


async def test_an_answer_that_discord_had_already_taken_counts(scene: Scene) -> None:
    async def answer_first(origin: Origin) -> None:
        url = f"{scene.world.api_url}/interactions/{scene.world.interactions[-1].id}/{origin.token}/callback"
        async with aiohttp.ClientSession() as session:
            await session.post(url, json={"type": 4, "data": {"content": "here"}})

    scene.intake.meanwhile = answer_first
    await scene.mia.slash(scene.channel, "imagine", prompt="a cat")
    assert await eventually(lambda: scene.intake.confirmed) == {1: None}
    assert not scene.intake.withdrawn


async def test_a_card_that_discord_refuses_is_withdrawn_and_the_member_told(scene: Scene) -> None:
    scene.intake.alter = lambda view: replace(view, references=(ShownReference("a.png", "", attachment_id=5),))
    sent = await scene.mia.slash(scene.channel, "imagine", prompt="a cat")
    assert await eventually(lambda: scene.intake.withdrawn) == [1]
    assert "my side" in text_of(sent)


# ---------------------------------------------------------------- autocomplete


async def test_options_complete_as_typed(scene: Scene) -> None:
    assert await offered(scene, "model", "gpt") == {"GPT Image 2.0 · 10 credits": "gpt-image-2"}
    assert await offered(scene, "aspect_ratio", "16", model="gpt-image-2") == {"16:9": "16:9"}
    assert await offered(scene, "aspect_ratio", "") == {"auto": "auto"}
    assert await offered(scene, "resolution", "") == {"1K": "1K", "2K": "2K"}
    assert await offered(scene, "quality", "") == {"low": "low", "high": "high"}


async def offered(scene: Scene, option: str, typed: str, **filled: str) -> dict[str, str]:
    """Names and values that an option completes to."""
    sent = await scene.mia.autocomplete(scene.channel, "imagine", option, typed, **filled)
    assert sent.choices is not None
    return {choice["name"]: choice["value"] for choice in sent.choices}


# ---------------------------------------------------------------- /models, /credits


async def test_models_lists_what_can_be_made(scene: Scene) -> None:
    sent = await scene.mia.slash(scene.channel, "models")
    assert sent.message is not None
    assert sent.message.ephemeral
    assert "**GPT Image 2.0** · 10 credits · about 38 s · the usual one" in sent.message.text
    assert "Flux 2 Klein" in sent.message.text


async def test_models_of_a_medium_that_nothing_makes(scene: Scene) -> None:
    sent = await scene.mia.slash(scene.channel, "models", medium="video")
    assert "No model makes videos" in text_of(sent)


async def test_credits_tells_balance_and_use(scene: Scene) -> None:
    sent = await scene.mia.slash(scene.channel, "credits")
    assert sent.message is not None
    assert sent.message.ephemeral
    assert "**MeiGen**: 1,240 credits left, as told <t:1780000000:R>" in sent.message.text
    assert "**This server** today: 30 credits used, 10 credits held" in sent.message.text


# ---------------------------------------------------------------- buttons


async def test_cancel_takes_the_click_and_leaves_the_drawing_to_the_courier(scene: Scene) -> None:
    card = await scene.card()
    sent = await scene.mia.click(card, "Cancel")
    assert sent.outcome is Outcome.DEFERRED_UPDATE
    await eventually(lambda: len(scene.intake.clicks) == 2)
    assert [(what, job_id) for what, job_id, _ in scene.intake.clicks] == [("clicked", 1), ("cancel", 1)]
    assert not sent.followups


async def test_others_may_not_cancel_and_are_told_so(scene: Scene) -> None:
    card = await scene.card()
    sent = await scene.guild.add_member("leo").click(card, "Cancel")
    await eventually(lambda: sent.followups)
    assert sent.followups[0].ephemeral
    assert "Only who asked" in sent.followups[0].text


async def test_moderators_may_cancel(scene: Scene) -> None:
    card = await scene.card()
    await scene.guild.add_member("mod", moderator=True).click(card, "Cancel")
    await eventually(lambda: ("cancel", 1) in [click[:2] for click in scene.intake.clicks])


async def test_a_click_that_cannot_be_taken_still_cancels(scene: Scene) -> None:
    card = await scene.card()
    scene.world.faults.add(DropRequest(path=CALLBACK))
    await scene.mia.click(card, "Cancel")
    await eventually(lambda: scene.intake.clicks)
    assert [click[:2] for click in scene.intake.clicks] == [("cancel", 1)]


async def test_an_unknown_request_is_said_to_be_unknown(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    card = await scene.card()
    scene.intake.jobs.clear()
    with caplog.at_level(logging.ERROR):
        sent = await scene.mia.click(card, "Cancel")
        await eventually(lambda: sent.followups)
    assert "I do not know that request any more" in sent.followups[0].text
    assert not caplog.records


async def test_again_answers_with_a_new_card(scene: Scene) -> None:
    card = await scene.finished_card()
    sent = await scene.mia.click(card, "Again")
    assert sent.outcome is Outcome.MESSAGE
    assert sent.message is not None
    assert sent.message.id != card.id
    assert not sent.message.ephemeral
    assert await eventually(lambda: scene.intake.confirmed.get(2)) == sent.message.id
    assert scene.intake.asked[1][0] == scene.intake.asked[0][0]


async def test_again_on_a_private_card_stays_private(scene: Scene) -> None:
    card = await scene.finished_card(private=True)
    sent = await scene.mia.click(card, "Again")
    assert sent.message is not None
    assert sent.message.ephemeral
    assert scene.intake.asked[1][1].card_kind is CardKind.PRIVATE


async def test_again_that_is_refused_is_told_to_the_member_alone(scene: Scene) -> None:
    card = await scene.finished_card()
    scene.intake.error = Refused((Problem(ProblemCode.ALREADY_PRESSED),))
    sent = await scene.mia.click(card, "Again")
    assert sent.message is not None
    assert sent.message.ephemeral
    assert "just pressed that" in sent.message.text


async def test_asking_again_for_what_may_have_been_charged_asks_first(scene: Scene) -> None:
    scene.intake.state = JobState.UNKNOWN
    sent = await scene.mia.slash(scene.channel, "imagine", prompt="a cat")
    assert sent.message is not None
    asked = await scene.mia.click(sent.message, "Ask again")
    assert asked.message is not None
    assert asked.message.ephemeral
    assert "may have been charged" in asked.message.text
    assert len(scene.intake.asked) == 1
    confirmed = await scene.mia.click(asked.message, "Confirm")
    assert confirmed.message is not None
    assert not confirmed.message.ephemeral, "the new card is for all who saw the first"
    assert scene.intake.asked[1][0] == scene.intake.asked[0][0]


async def test_a_server_that_is_left_is_told_to_intake(scene: Scene) -> None:
    scene.world.remove_bot(scene.guild)
    await eventually(lambda: scene.intake.left == [scene.guild.id])


async def test_the_servers_are_told_to_intake_at_the_start(scene: Scene) -> None:
    await eventually(lambda: scene.intake.joined == [frozenset({scene.guild.id})], 5)


@pytest.mark.parametrize("custom_id", ["easel:paint:1:2", "easel:again:404"])
async def test_a_button_of_another_time_says_that_it_is_not_known(scene: Scene, custom_id: str) -> None:
    sent = await scene.mia.click(await scene.post_button(custom_id), "Old")
    assert "do not know" in text_of(sent)
