"""Afterwards: what was asked for, what is under way, what is chosen once for all, and what is forgotten."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from PIL import Image

from bot.ui.messages import Accent
from sandbox.discord import Channel, Delay, Member, Message, Outcome, SentInteraction
from sandbox.meigen import Fault, FaultKind
from tests.e2e.harness import Stage, card_of, open_stage, results, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN = "I do not know that request any more"
EDITS = "/webhooks/*/messages/@original"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        yield opened


async def filled(sent: SentInteraction) -> Message:
    """What a promise brought."""
    assert sent.outcome in (Outcome.DEFERRED, Outcome.DEFERRED_UPDATE), sent.outcome
    assert sent.seconds_to_answer is not None
    assert sent.seconds_to_answer < 3
    return await until(lambda: sent.message if sent.message and not sent.message.loading else None, what="the answer")


async def history(stage: Stage, member: Member, channel: Channel | None = None, **options: Any) -> Message:
    page = await filled(await member.slash(channel or stage.gallery, "history", **options))
    assert page.ephemeral
    return page


async def turned(stage: Stage, member: Member, page: Message, button: str) -> Message:
    """The page after a click on Back or Next."""
    sent = await member.click(page, button)
    assert sent.outcome is Outcome.DEFERRED_UPDATE
    await until(lambda: stage.now(page).edited_at != page.edited_at, what="the page to turn")
    return stage.now(page)


async def shown(stage: Stage, member: Member, page: Message, prompt: str) -> Message:
    sent = await member.click(page, f"easel:show:{stage.job(prompt)['id']}")
    return await filled(sent)


async def post_button(stage: Stage, custom_id: str) -> Message:
    """A message of the bot's with one button, as nobody's page holds it."""
    button = {"type": 2, "style": 2, "label": "Old", "custom_id": custom_id}
    payload = {"flags": 1 << 15, "components": [{"type": 1, "components": [button]}]}
    address = f"{stage.world.api_url}/channels/{stage.gallery.id}/messages"
    headers = {"Authorization": f"Bot {stage.world.token}"}
    async with aiohttp.ClientSession() as http, http.post(address, json=payload, headers=headers) as answer:
        posted = stage.world.message(int((await answer.json())["id"]))
    assert posted is not None
    return posted


def told(sent: SentInteraction) -> str:
    """What the member alone was told."""
    message = card_of(sent)
    assert message.ephemeral
    return message.text


async def done(stage: Stage, prompt: str, member: Member, **options: Any) -> Message:
    return await stage.ended(await stage.ask(prompt, member=member, **options))


# ---------------------------------------------------------------- /history


async def test_the_history_shows_pictures_and_brings_a_card_back_with_working_buttons(stage: Stage) -> None:
    ann = stage.guild.add_member("ann")
    elsewhere = stage.guild.channel("closed")
    card = await done(stage, "ann's grid", ann, model="midjourney-v8.1")
    await done(stage, "ann's single", ann)
    page = await history(stage, ann, elsewhere)
    assert page.text.index("ann's single") < page.text.index("ann's grid")
    assert "**Ready** · Midjourney V8.1 · 15 credits charged" in page.text
    assert f"https://discord.com/channels/{stage.guild.id}/{stage.gallery.id}/{card.id}" in page.text
    sizes = [Image.open(io.BytesIO(file.data)) for file in page.attachments]
    assert [(picture.format, max(picture.size) <= 256) for picture in sizes] == [("JPEG", True)] * 2
    assert [thumbnail["description"] for thumbnail in page.thumbnails] == ["ann's single", "ann's grid"]
    again = await shown(stage, ann, page, "ann's grid")
    assert again.channel_id == elsewhere.id
    assert not again.ephemeral
    assert [file.data for file in results(again)] == [file.data for file in results(card)]
    assert [button.label for button in again.buttons] == [button.label for button in card.buttons]
    large = await filled(await ann.click(again, "U2"))
    assert results(large)[0].data == results(card)[1].data
    assert await stage.ended(card_of(await ann.click(again, "Again")))
    await ann.click(again, "Delete")
    await until(lambda: stage.world.message(again) is None, what="the copy to go")
    assert stage.now(card).text == card.text, "the card itself stays"


async def test_pages_turn_also_after_a_restart_and_keep_what_was_chosen(stage: Stage) -> None:
    bob = stage.guild.add_member("bob")
    for number in range(6):
        await done(stage, f"bob {number}", bob)
    await done(stage, "bob's flux", bob, model="flux2-klein")
    first = await history(stage, bob, model="gpt-image-2", medium="image")
    assert "Your pictures with **GPT Image 2.0**" in first.text
    assert re.findall(r"bob \d|flux", first.text) == ["bob 5", "bob 4", "bob 3", "bob 2", "bob 1"]
    assert [button.label for button in first.buttons] == ["Show"] * 5 + ["Next"]
    await stage.bot.restart()
    second = await turned(stage, bob, first, "Next")
    assert re.findall(r"bob \d|flux", second.text) == ["bob 0"]
    assert len(second.attachments) == len(second.thumbnails) == 1
    assert [button.label for button in second.buttons] == ["Show", "Back"]
    assert (await turned(stage, bob, second, "Back")).text == first.text
    await stage.bot.restart()
    assert results(await shown(stage, bob, first, "bob 5"))


async def test_filters_are_completed_out_of_what_was_used(stage: Stage) -> None:
    cleo = stage.guild.add_member("cleo")
    assert "not asked for anything yet" in (await history(stage, cleo)).text
    await done(stage, "cleo's flux", cleo, model="flux2-klein")
    await done(stage, "cleo's other", cleo)
    choices = (await cleo.autocomplete(stage.gallery, "history", "model", "")).choices
    assert [choice["value"] for choice in choices or []] == ["gpt-image-2", "flux2-klein"]
    choices = (await cleo.autocomplete(stage.gallery, "history", "model", "FLUX")).choices
    assert [choice["value"] for choice in choices or []] == ["flux2-klein"]
    assert "cleo's other" not in (await history(stage, cleo, model="flux2-klein")).text
    unfitting: list[dict[str, Any]] = [{"medium": "video"}, {"model": "dall-e-9"}, {"model": "**x**\n# y" * 12}]
    for nothing in unfitting:
        page = await history(stage, cleo, **nothing)
        assert "nothing of that kind" in page.text
        assert not page.buttons


async def test_a_private_one_comes_back_to_its_member_alone(stage: Stage) -> None:
    dan = stage.guild.add_member("dan")
    await done(stage, "dan's secret", dan, private=True)
    page = await history(stage, dan)
    assert "Go to its card" not in page.text
    again = await shown(stage, dan, page, "dan's secret")
    assert again.ephemeral
    assert results(again)


async def test_only_own_ones_are_brought_back(stage: Stage) -> None:
    eve, kim = stage.guild.add_member("eve"), stage.guild.add_member("kim")
    await done(stage, "eve's own", eve)
    job_id = stage.job("eve's own")["id"]
    mine, page, queue, forget = [
        await post_button(stage, custom_id)
        for custom_id in (
            f"easel:show:{job_id}",
            f"easel:history:{eve.id}:0:/",
            f"easel:queue:{eve.id}:0",
            f"easel:forget:{eve.id}:1",
        )
    ]
    for message in (mine, page, queue, forget):
        assert "Only who asked for this" in told(await kim.click(message, "Old"))
    unknown = await post_button(stage, "easel:show:12345")
    assert UNKNOWN in told(await eve.click(unknown, "Old"))
    assert "eve's own" in (await history(stage, eve)).text
    assert results(await filled(await eve.click(mine, "Old")))


async def test_a_double_click_on_show_brings_one(stage: Stage) -> None:
    fay = stage.guild.add_member("fay")
    await done(stage, "fay's own", fay)
    page = await history(stage, fay)
    stage.world.faults.add(Delay(path="/interactions/*", times=1, seconds=0.5))
    one, two = await asyncio.gather(*(fay.click(page, "Show") for _ in range(2)))
    outcomes = {one.outcome, two.outcome}
    assert outcomes == {Outcome.DEFERRED, Outcome.MESSAGE}
    refused, brought = (one, two) if one.outcome is Outcome.MESSAGE else (two, one)
    assert "just pressed that" in told(refused)
    assert results(await filled(brought))


async def test_what_is_gone_upstream_and_not_kept_says_so_and_can_be_made_again(stage: Stage) -> None:
    gus = stage.guild.add_member("gus")
    await done(stage, "gus long ago", gus)
    stage.expire("gus long ago")
    assert len((await history(stage, gus)).thumbnails) == 1, "it is kept here"
    shutil.rmtree(stage.folder / "media" / str(stage.job("gus long ago")["id"]))
    page = await history(stage, gus)
    assert "The service does not keep this any more." in page.text
    assert not page.thumbnails
    again = await shown(stage, gus, page, "gus long ago")
    assert "is gone" in again.text
    assert {"Again", "Remix"} <= {button.label for button in again.buttons}
    await stage.ended(card_of(await gus.click(again, "Again")))
    assert len(stage.generations("gus long ago")) == 2


async def test_files_that_do_not_come_delay_the_history_only_a_little(stage: Stage) -> None:
    hal = stage.guild.add_member("hal")
    await done(stage, "hal's slow one", hal)
    shutil.rmtree(stage.folder / "media" / str(stage.job("hal's slow one")["id"]))
    stage.meigen.faults.add(Fault(FaultKind.DELAY, route="media", seconds=6.0))
    began_at = asyncio.get_running_loop().time()
    page = await history(stage, hal)
    assert asyncio.get_running_loop().time() - began_at < 5
    assert "hal's slow one" in page.text
    assert not page.thumbnails
    stage.meigen.faults.clear()


async def test_what_was_cancelled_too_late_is_kept_and_shown_when_asked_for(stage: Stage) -> None:
    ida = stage.guild.add_member("ida")
    stage.meigen.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=1.0))
    stage.world.faults.add(Delay(EDITS, "PATCH", seconds=0.7))
    card = await stage.ask("ida changes her mind", member=ida)
    await until(lambda: stage.job("ida changes her mind")["state"] == "running", what="MeiGen to have it")
    await ida.click(card, "Cancel")
    assert not results(await stage.ended(card))
    page = await history(stage, ida)
    assert "**Finished after it was cancelled**" in page.text
    assert len(page.thumbnails) == 1
    again = await shown(stage, ida, page, "ida changes her mind")
    assert results(again)
    assert "is ready" in again.text


async def test_a_failure_says_why(stage: Stage) -> None:
    jon = stage.guild.add_member("jon")
    stage.meigen.faults.add(Fault(FaultKind.FAILS, error="Content policy violation"))
    await stage.ended(await stage.ask("jon's bad luck", member=jon), Accent.FAILED)
    page = await history(stage, jon)
    assert "**Did not work out**" in page.text
    assert "Content policy violation" in page.text
    assert "Again" in {button.label for button in (await shown(stage, jon, page, "jon's bad luck")).buttons}


# ---------------------------------------------------------------- /preferences, /help


async def test_choices_are_kept_and_count_from_then_on(stage: Stage) -> None:
    liv = stage.guild.add_member("liv")
    assert "**Seen by:** everybody in the channel" in told(await liv.slash(stage.gallery, "preferences"))
    changed = told(
        await liv.slash(stage.gallery, "preferences", model="flux2-klein", aspect_ratio="16:9", private=True)
    )
    assert "Noted" in changed
    assert "**Model for pictures:** Flux" in changed
    await stage.bot.restart()
    card = await stage.ask("liv's usual", member=liv)
    assert card.ephemeral
    assert "16:9" in card.text
    await stage.ended(card)
    (generation,) = stage.generations("liv's usual")
    assert (generation.payload["modelId"], generation.payload["aspectRatio"]) == ("flux2-klein", "16:9")
    back = told(await liv.slash(stage.gallery, "preferences", model="usual", aspect_ratio="usual", private=False))
    assert "**Model for pictures:** The usual model" in back
    assert not (await done(stage, "liv's other", liv)).ephemeral


async def test_bad_choices_are_refused_with_what_is_allowed(stage: Stage) -> None:
    for options, says in (
        ({"model": "dall-e-9"}, "There are GPT Image 2.0"),
        ({"model": "veo-3.1"}, "does not make pictures"),
        ({"video_model": "gpt-image-2"}, "does not make videos"),
        ({"aspect_ratio": "7:77"}, "There are auto, 1:1"),
        ({"aspect_ratio": "adaptive"}, "no ratio that can be chosen for every request"),
    ):
        assert says in told(await stage.mia.slash(stage.gallery, "preferences", **options))
    assert "**Ratio:** as the model likes" in told(await stage.mia.slash(stage.gallery, "preferences"))


async def test_choices_are_completed_with_the_way_back_first(stage: Stage) -> None:
    for option, known in (("model", "gpt-image-2"), ("video_model", "veo-3.1"), ("aspect_ratio", "16:9")):
        choices = (await stage.mia.autocomplete(stage.gallery, "preferences", option, "")).choices or []
        values = [choice["value"] for choice in choices]
        assert values[0] == "usual"
        assert known in values
        assert "adaptive" not in values
        assert len(values) <= 25


async def test_help_says_what_there_is(stage: Stage) -> None:
    text = told(await stage.mia.slash(stage.gallery, "help"))
    for word in ("`/imagine`", "`/history`", "`/forget`", "**U1 to U4**", "`--stylize`", "moderator"):
        assert word in text
    assert len(text) <= 4000


# ---------------------------------------------------------------- /forget


async def test_forgetting_is_asked_first_and_can_be_left(stage: Stage) -> None:
    max_ = stage.guild.add_member("max")
    await done(stage, "max's only one", max_)
    question = card_of(await max_.slash(stage.gallery, "forget"))
    assert "Forget your only request, everywhere?" in question.text
    assert "*Delete* button below each removes it" in question.text
    await max_.click(question, "Never mind")
    assert "Nothing was forgotten." in stage.now(question).text
    assert not stage.now(question).buttons
    assert "max's only one" in (await history(stage, max_)).text


async def test_what_was_forgotten_is_nowhere_any_more(stage: Stage) -> None:
    ned = stage.guild.add_member("ned")
    grid = await done(stage, "ned's unforgettable grid", ned, model="midjourney-v8.1")
    private = await done(stage, "ned's unforgettable secret", ned, private=True)
    folder = stage.folder / "media" / str(stage.job("ned's unforgettable grid")["id"])
    assert folder.exists()
    stage.meigen.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=2.0))
    made = await stage.ask("ned's unforgettable late one", member=ned)
    await until(lambda: stage.job("ned's unforgettable late one")["state"] == "running", what="MeiGen to have it")
    used = told(await ned.slash(stage.gallery, "credits"))
    question = card_of(await ned.slash(stage.gallery, "forget"))
    await stage.bot.restart()
    await ned.click(question, "Forget it all")
    await stage.shows(question, "**3 requests are forgotten.** One of them is being made right now")
    await stage.shows(made, "**To be forgotten**")
    await stage.bot.restart()
    forgotten = await stage.shows(made, "**Forgotten**")
    assert not forgotten.attachments
    assert [button.label for button in forgotten.buttons] == ["Delete"]
    assert not [job for job in stage.jobs() if "unforgettable" in job["prompt"]]
    assert not folder.exists()
    assert "not asked for anything yet" in (await history(stage, ned)).text
    for button in ("U1", "V1", "Again", "Remix"):
        assert UNKNOWN in told(await ned.click(grid, button))
    for message in (grid, private, forgotten):
        await ned.click(message, "Delete")
        await until(lambda message=message: stage.world.message(message) is None, what="the message to go")  # type: ignore[misc]  # bound at once
    spent, after = (
        re.findall(r"You\*\* today: (\S+) credits used", text)
        for text in (used, told(await ned.slash(stage.gallery, "credits")))
    )
    assert spent == after == ["19"]


# ---------------------------------------------------------------- /queue


async def test_the_queue_tells_places_and_cancels(tmp_path_factory: pytest.TempPathFactory) -> None:
    limits: dict[str, Any] = {"rate_limit": 1, "rate_window_seconds": 600}
    async with open_stage(tmp_path_factory.mktemp("easel"), **limits) as stage:
        page = card_of(await stage.mia.slash(stage.gallery, "queue"))
        assert "Nothing is under way" in page.text
        stage.meigen.faults.add(Fault(FaultKind.NEVER_FINISHES))
        await stage.ask("the one that left")
        await until(lambda: stage.job("the one that left")["state"] == "running", what="MeiGen to have it")
        cards = [await stage.ask(f"waits {number}") for number in range(2)]
        sent = await stage.mia.click(page, "Refresh")
        assert sent.outcome is Outcome.UPDATE
        now = stage.now(page)
        assert now.ephemeral
        assert "1 being made, 2 waiting" in now.text
        assert now.text.index("Being made") < now.text.index("You are next") < now.text.index("Place 2 in line")
        await stage.bot.restart()
        await stage.mia.click(now, f"easel:queue:{stage.mia.id}:0:{stage.job('waits 0')['id']}")
        now = stage.now(page)
        assert "1 being made, 1 waiting" in now.text
        assert "waits 0" not in now.text
        cancelled = await stage.ended(cards[0], Accent.STOPPED)
        assert "Nothing was charged." in cancelled.text
        await stage.mia.click(now, f"easel:queue:{stage.mia.id}:0:{stage.job('the one that left')['id']}")
        now = stage.now(page)
        assert "it is being paid for" in now.text
        assert now.button(f"easel:queue:{stage.mia.id}:0:{stage.job('the one that left')['id']}").disabled
        assert "1 being made, 1 waiting" in now.text, "the page was not taken for a card"
        tom = stage.guild.add_member("tom")
        assert "Nothing is under way" in told(await tom.slash(stage.gallery, "queue"))
        question = card_of(await stage.mia.slash(stage.gallery, "forget"))
        await stage.mia.click(question, "Forget it all")
        forgotten = await stage.shows(cards[1], "**Forgotten**")
        assert "waits 1" not in forgotten.text
        assert stage.submissions() == ["the one that left"]
