"""`/inspire`: pictures of the gallery and what can be made of their prompts, the whole bot over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import Message, Outcome, SentInteraction
from sandbox.discord.forms import Form
from sandbox.meigen import Fault, FaultKind, Generation
from sandbox.meigen.gallery import BY_ID
from tests.e2e.harness import Stage, card_of, open_stage, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

HILLS, LANTERNS, LIGHTHOUSE, BARE = (f"310000000000000000{n}" for n in (1, 2, 3, 4))
BOAT, STORYBOARD = "3100000000000000008", "3100000000000000009"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        yield opened


def labels(message: Message) -> list[str | None]:
    return [button.label for button in message.buttons]


async def kept(sent: SentInteraction, seconds: float = 10.0) -> Message:
    """What a promise, given in time, was kept with."""
    assert sent.outcome is Outcome.DEFERRED
    assert sent.seconds_to_answer is not None
    assert sent.seconds_to_answer < 3
    return await until(
        lambda: sent.message if sent.message is not None and not sent.message.loading else None,
        seconds,
        what="a promise to be kept",
    )


async def inspired(stage: Stage, what: str, seconds: float = 10.0) -> Message:
    message = await kept(await stage.mia.slash(stage.gallery, "inspire", what=what), seconds)
    assert message.ephemeral
    return message


def form_of(sent: SentInteraction) -> Form:
    assert sent.outcome is Outcome.MODAL
    assert sent.form is not None
    return sent.form


def newest(stage: Stage) -> Generation:
    return list(stage.meigen.generations.values())[-1]


# ---------------------------------------------------------------- one picture


async def test_an_id_brings_the_picture_with_all_that_is_known_of_it(stage: Stage) -> None:
    card = await inspired(stage, HILLS)
    assert "**By Mira**\n" in card.text
    assert "Layered blue hills at sunrise, risograph print" in card.text
    assert "Nano Banana · 900 likes · 70,000 views · <t:1767276780:D>" in card.text
    (picture,) = card.gallery
    assert picture["media"]["url"].endswith(f"/gallery/{HILLS}/0.jpg")
    assert picture["description"].startswith("Layered blue hills")
    assert labels(card) == ["Use this prompt", "Use as it is", "Share"]


@pytest.mark.parametrize(
    "link", [f"https://www.meigen.ai/prompt/{LIGHTHOUSE}", f"<https://images.meigen.ai/tweets/{LIGHTHOUSE}/0.jpg>"]
)
async def test_a_link_brings_all_its_pictures_and_its_prompt_in_parts(stage: Stage, link: str) -> None:
    card = await inspired(stage, link)
    assert len(card.gallery) == 4
    assert "**Subject:** A lighthouse on a cliff\n**Camera:** Wide shot" in card.text
    assert "Midjourney · --sref 2304871" in card.text


async def test_a_prompt_in_json_is_made_readable(stage: Stage) -> None:
    card = await inspired(stage, LANTERNS)
    assert "**Scene / Place:** a harbour at dusk" in card.text
    assert "{" not in card.text


async def test_a_very_long_prompt_is_cut_kindly(stage: Stage) -> None:
    card = await inspired(stage, STORYBOARD)
    assert "The beginning of a prompt of 16,000 characters." in card.text
    assert len(card.text) < 4000


async def test_a_picture_without_a_prompt_offers_none(stage: Stage) -> None:
    card = await inspired(stage, BARE)
    assert "Its prompt is not known" in card.text
    assert labels(card) == ["Share"]
    unready = await inspired(stage, "3100000000000000010")
    assert "A stone gate at night" in unready.text
    assert "no prompt that can be used" in unready.text
    assert labels(unready) == ["Share"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("3199999999999999999", "The gallery has no picture “3199999999999999999”."),
        ("https://example.com/a.png", "does not lead to a picture of the gallery"),
        ("\N{ZERO WIDTH SPACE}", "Say what to look for"),
        ("no such thing anywhere", "nothing for “no such thing anywhere”"),
    ],
)
async def test_what_is_not_there_ends_in_a_sentence(stage: Stage, what: str, said: str) -> None:
    assert said in (await inspired(stage, what)).text


async def test_a_gallery_that_fails_is_said_to(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.ERROR_BEFORE, route="image", times=1))
    told = await inspired(stage, "3100000000000000007")
    assert "The gallery does not answer" in told.text
    assert told.accent_color == Accent.FAILED
    assert "Poster of a garden fair" in (await inspired(stage, "3100000000000000007")).text


# ---------------------------------------------------------------- words


async def test_words_bring_pages_that_turn_in_place(stage: Stage) -> None:
    page = await inspired(stage, "a")
    assert "**“a” in the gallery**" in page.text
    assert len(page.thumbnails) == 5
    assert labels(page) == [*["Look closer"] * 5, "Next"]
    sent = await stage.mia.click(page, "Next")
    assert sent.outcome is Outcome.DEFERRED_UPDATE
    second = await stage.shows(page, "page 2")
    assert "Back" in labels(second)
    assert "Next" not in labels(second)
    assert not second.text.startswith(page.text[:80])
    await stage.mia.click(second, "Back")
    await until(lambda: stage.now(page).text == page.text, what="the first page again")


async def test_a_closer_look_is_the_card_of_that_picture(stage: Stage) -> None:
    page = await inspired(stage, "boat")
    card = await kept(await stage.mia.click(page, "Look closer"))
    assert "A small red boat on a calm sea" in card.text
    assert card.ephemeral
    assert "Use this prompt" in labels(card)


async def test_many_words_are_cut_to_what_a_button_carries(stage: Stage) -> None:
    long = await inspired(stage, "garden fair " + "and many more words " * 10)
    assert "nothing for “garden fair and many more words and many more words and many”" in long.text


async def test_where_the_search_does_not_answer_an_id_still_works(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.ERROR_BEFORE, route="search", status=404, error="Not found", times=1))
    told = await inspired(stage, "hills")
    assert "search does not answer" in told.text
    assert "`/inspire` with the id or the link" in told.text
    assert "Layered blue hills" in (await inspired(stage, HILLS)).text


async def test_a_page_that_cannot_be_turned_stays_and_says_why(stage: Stage) -> None:
    page = await inspired(stage, "o")
    stage.meigen.faults.add(Fault(FaultKind.ERROR_BEFORE, route="search", times=1))
    sent = await stage.mia.click(page, "Next")
    (told,) = await until(lambda: sent.followups, what="a sentence")
    assert "search does not answer" in told.text
    assert told.ephemeral
    assert stage.now(page).text == page.text


async def test_a_search_of_four_seconds_is_answered(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.DELAY, route="search", seconds=4.0, times=1))
    assert "A city of glass towers" in (await inspired(stage, "glass towers")).text


# ---------------------------------------------------------------- prompts


async def test_a_prompt_of_midjourneys_keeps_its_style(stage: Stage) -> None:
    card = await inspired(stage, LIGHTHOUSE)
    form = form_of(await stage.mia.click(card, "Use this prompt"))
    assert form.field("Prompt").value == BY_ID[LIGHTHOUSE].text
    assert form.field("Options").value == "--sref 2304871"
    assert form.field("Model").value == ("midjourney-v8.1",)
    made = card_of(await stage.mia.submit(form, {"Options": "--sref 2304871 --ar 16:9"}))
    assert not made.ephemeral
    await stage.ended(made)
    payload = newest(stage).payload
    assert payload["prompt"] == BY_ID[LIGHTHOUSE].text
    assert payload["modelId"] == "midjourney-v8.1"
    assert payload["niji7Options"] == {"sref": "2304871"}
    assert payload["aspectRatio"] == "16:9"


async def test_the_family_is_never_sent_as_a_model(stage: Stage) -> None:
    made = card_of(await stage.mia.click(await inspired(stage, HILLS), "Use as it is"))
    assert not made.ephemeral
    await stage.ended(made)
    assert newest(stage).payload["prompt"] == BY_ID[HILLS].text
    assert newest(stage).payload.get("modelId", "gpt-image-2") == "gpt-image-2"


async def test_a_prompt_of_sixteen_thousand_characters_goes_through_the_form(stage: Stage) -> None:
    form = form_of(await stage.mia.click(await inspired(stage, STORYBOARD), "Use this prompt"))
    assert form.field("Prompt").value == ""
    await stage.ended(card_of(await stage.mia.submit(form)))
    assert newest(stage).payload["prompt"] == BY_ID[STORYBOARD].text


async def test_a_prompt_that_is_too_long_for_the_model_can_be_mended_with_another(stage: Stage) -> None:
    form = form_of(await stage.mia.click(await inspired(stage, STORYBOARD), "Use this prompt"))
    told = card_of(await stage.mia.submit(form, {"Model": "nanobanana-2"}))
    assert "takes prompts of up to 4,000 characters, and yours has 16,000" in told.text
    again = form_of(await stage.mia.click(told, "Change it"))
    await stage.ended(card_of(await stage.mia.submit(again, {"Model": "gpt-image-2"})))
    assert newest(stage).payload["prompt"] == BY_ID[STORYBOARD].text


async def test_as_it_is_pressed_twice_makes_one_and_by_two_members_two(stage: Stage) -> None:
    card = await inspired(stage, BOAT)
    sent = await stage.mia.click(card, "Share")
    (shared,) = await until(lambda: sent.followups, what="the shared card")
    assert not shared.ephemeral
    assert not shared.pinged_user_ids
    assert f"Found by {stage.mia.mention}" in shared.text
    assert labels(shared) == ["Use this prompt", "Use as it is"]
    ben = stage.guild.add_member("ben")
    await asyncio.gather(*(who.click(shared, "Use as it is") for who in (stage.mia, stage.mia, ben)))
    jobs = stage.jobs_of(BY_ID[BOAT].text)
    assert sorted(job["user_id"] for job in jobs) == sorted((stage.mia.id, ben.id))
    await until(lambda: len(stage.generations(BY_ID[BOAT].text)) == 2, what="both to be made")


# ---------------------------------------------------------------- restarts and slowness


async def test_all_buttons_outlive_a_restart_and_a_slow_gallery_ends_in_a_panel(stage: Stage) -> None:
    card, page = await inspired(stage, LANTERNS), await inspired(stage, "a")
    await stage.bot.restart()
    await stage.knows_models()
    await stage.mia.click(page, "Next")
    await stage.shows(page, "page 2")
    # What was looked up before the restart is not at hand any more.
    stage.meigen.faults.add(Fault(FaultKind.DELAY, route="image", seconds=2.6, times=1))
    panel = await kept(await stage.mia.click(card, "Use this prompt"))
    assert "**Make this picture?**" in panel.text
    assert panel.ephemeral
    form = form_of(await stage.mia.click(panel, "Change the words"))
    assert form.field("Prompt").value == BY_ID[LANTERNS].text
    assert form_of(await stage.mia.click(card, "Use this prompt")).title == form.title


async def test_a_slow_gallery_that_fails_in_the_end_says_so(stage: Stage) -> None:
    card = await inspired(stage, "3100000000000000005")
    await stage.bot.restart()
    await stage.knows_models()
    stage.meigen.faults.add(Fault(FaultKind.DROP_BEFORE, route="image", seconds=2.6, times=1))
    told = await kept(await stage.mia.click(card, "Use as it is"))
    assert "The gallery does not answer" in told.text
    assert not stage.jobs_of(BY_ID["3100000000000000005"].text)


async def test_what_cannot_be_shared_is_told_to_the_member_alone(stage: Stage) -> None:
    card = await inspired(stage, HILLS)
    await stage.bot.restart()
    await stage.knows_models()
    before = len(stage.world.messages(stage.gallery, stage.guild.add_member("eve")))
    stage.meigen.faults.add(Fault(FaultKind.ERROR_BEFORE, route="image", times=1))
    sent = await stage.mia.click(card, "Share")
    (told,) = await until(lambda: sent.followups, what="a sentence")
    assert told.ephemeral
    assert "The gallery does not answer" in told.text
    assert len(stage.world.messages(stage.gallery, stage.guild.add_member("joe"))) == before


async def test_in_direct_messages_all_can_be_looked_at_and_nothing_made(stage: Stage) -> None:
    card = await kept(await stage.mia.slash(stage.mia.dm, "inspire", what=HILLS))
    assert "Layered blue hills" in card.text
    told = card_of(await stage.mia.click(card, "Use as it is"))
    assert "direct messages" in told.text
    form = form_of(await stage.mia.click(card, "Use this prompt"))
    assert "direct messages" in card_of(await stage.mia.submit(form)).text
