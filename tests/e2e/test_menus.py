"""The menus on messages, on anybody's picture and on Easel's own: the whole bot over sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import File, Member, Message, Outcome, SentInteraction
from sandbox.discord.forms import Form
from sandbox.meigen import Fault, FaultKind
from tests.e2e.harness import Stage, card_of, open_stage, png, results, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANIMATE, IMAGINE, WHO = "Animate this", "Imagine from this", "Who made this?"
LINK = "https://example.com/a/fox.png"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ben(stage: Stage) -> Member:
    return stage.guild.add_member("ben")


def form_of(sent: SentInteraction) -> Form:
    assert sent.outcome is Outcome.MODAL
    assert sent.form is not None
    return sent.form


def alone(sent: SentInteraction) -> Message:
    """What the member alone was told."""
    message = card_of(sent)
    assert message.ephemeral
    return message


def referred_to(stage: Stage, prompt: str) -> list[str]:
    """The links that went upstream, without their signatures."""
    (generation,) = stage.generations(prompt)
    links = generation.payload["referenceImages"]
    assert isinstance(links, list)
    return [str(link).partition("?")[0] for link in links]


async def grid(stage: Stage, prompt: str) -> Message:
    return await stage.ended(await stage.ask(prompt, model="midjourney-v8.1"))


# ---------------------------------------------------------------- anybody's pictures


async def test_somebodys_picture_becomes_a_reference(stage: Stage, ben: Member) -> None:
    posted = ben.say(stage.gallery, "look", [File("owl.png", png())])
    form = form_of(await stage.mia.use_menu(IMAGINE, posted))
    card = card_of(await stage.mia.submit(form, {"Prompt": "an owl like this one"}))
    assert not card.ephemeral
    await stage.ended(card)
    assert referred_to(stage, "an owl like this one") == [posted.attachments[0].url.partition("?")[0]]


async def test_somebodys_picture_becomes_a_video(stage: Stage, ben: Member) -> None:
    posted = ben.say(stage.gallery, "look", [File("hare.png", png())])
    panel = alone(await stage.mia.use_menu(ANIMATE, posted))
    assert "**Make this video?**" in panel.text
    assert panel.button("Confirm").disabled, "it has no words yet"
    form = form_of(await stage.mia.click(panel, "Change the words"))
    await stage.mia.submit(form, {"Prompt": "the hare runs"})
    panel = await stage.shows(panel, "the hare runs")
    card = card_of(await stage.mia.click(panel, "Confirm"))
    await stage.ended(card, seconds=40)
    assert referred_to(stage, "the hare runs") == [posted.attachments[0].url.partition("?")[0]]


async def test_the_picture_of_a_link_will_do(stage: Stage, ben: Member) -> None:
    posted = ben.say(stage.gallery, LINK, embeds=[{"type": "image", "url": LINK, "thumbnail": {"url": LINK}}])
    form = form_of(await stage.mia.use_menu(IMAGINE, posted))
    await stage.ended(card_of(await stage.mia.submit(form, {"Prompt": "a fox like that"})))
    assert referred_to(stage, "a fox like that") == [LINK]


async def test_of_several_pictures_one_is_chosen_also_after_a_restart(stage: Stage, ben: Member) -> None:
    files = [File(f"{colour}.png", png(colour)) for colour in ("red", "green", "blue", "white", "black", "gray")]
    posted = ben.say(stage.gallery, "which?", files)
    asked = alone(await stage.mia.use_menu(IMAGINE, posted))
    assert "**Which of the 6 pictures?**" in asked.text
    assert [button.label for button in asked.buttons] == list("123456")
    await stage.bot.restart()
    await stage.knows_models()
    form = form_of(await stage.mia.click(asked, "3"))
    await stage.ended(card_of(await stage.mia.submit(form, {"Prompt": "blue like this"})))
    assert referred_to(stage, "blue like this") == [posted.attachments[2].url.partition("?")[0]]
    panel = alone(await stage.mia.click(alone(await stage.mia.use_menu(ANIMATE, posted)), "6"))
    assert "**Make this video?**" in panel.text


@pytest.mark.parametrize("menu", [ANIMATE, IMAGINE])
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "There is no picture in that message."),
        ([File("notes.txt", b"only words")], "There is no picture in that message."),
        ([File("photo.heic", b"\0" * 40)], "is not a picture that I can use"),
        ([File("empty.png", b"")], "is empty"),
    ],
    ids=["words", "text", "heic", "empty"],
)
async def test_what_cannot_be_gone_by_is_refused_at_once(
    stage: Stage, ben: Member, menu: str, files: list[File], said: str
) -> None:
    told = alone(await stage.mia.use_menu(menu, ben.say(stage.gallery, "hm", files)))
    assert said in told.text
    assert told.accent_color == Accent.FAILED


async def test_a_picture_that_is_not_public_is_none(stage: Stage, ben: Member) -> None:
    posted = ben.say(stage.gallery, "psst", embeds=[{"type": "image", "image": {"url": "http://10.0.0.1/a.png"}}])
    assert "no picture" in alone(await stage.mia.use_menu(IMAGINE, posted)).text


async def test_a_file_named_like_a_result_is_not_believed(stage: Stage, ben: Member) -> None:
    done = await stage.ended(await stage.ask("a real one", private=True))
    job = stage.job("a real one")
    posted = ben.say(stage.gallery, "mine!", [File(f"easel-{job['id']}-1.png", png())])
    told = alone(await ben.use_menu(WHO, posted))
    assert "a real one" not in told.text
    assert f"Posted by {ben.mention}" in told.text
    form = form_of(await ben.use_menu(IMAGINE, posted))
    card = card_of(await ben.submit(form, {"Prompt": "from a forgery"}))
    assert stage.job("from a forgery")["parent_id"] is None
    await stage.ended(card)
    assert done.ephemeral


# ---------------------------------------------------------------- Easel's own


async def test_a_result_of_a_grid_is_gone_on_from_as_from_its_button(stage: Stage) -> None:
    done = await grid(stage, "four herons")
    asked = alone(await stage.mia.use_menu(ANIMATE, done))
    assert [button.label for button in asked.buttons] == list("1234")
    panel = alone(await stage.mia.click(asked, "2"))
    assert "four herons" in panel.text
    card = card_of(await stage.mia.click(panel, "Confirm"))
    await stage.ended(card, seconds=40)
    grid_job, video = stage.jobs_of("four herons")
    assert video["parent_id"] == grid_job["id"]
    _, generation = stage.generations("four herons")
    links = generation.payload["referenceImages"]
    assert [str(link).partition("?")[0] for link in links] == [results(done)[1].url.partition("?")[0]]  # type: ignore[attr-defined]  # JSON, as it came in


async def test_one_of_them_large_needs_no_question(stage: Stage) -> None:
    done = await grid(stage, "four cranes")
    sent = await stage.mia.click(done, "U3")
    large = await until(
        lambda: sent.message if sent.message is not None and results(sent.message) else None, what="the large one"
    )
    form = form_of(await stage.mia.use_menu(IMAGINE, large))
    await stage.ended(card_of(await stage.mia.submit(form, {"Prompt": "a crane like the third"})))
    assert stage.job("a crane like the third")["parent_id"] == stage.job("four cranes")["id"]
    assert referred_to(stage, "a crane like the third") == [results(large)[0].url.partition("?")[0]]


async def test_a_card_without_a_result_has_no_picture(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.FAILS, error="the brush broke"))
    card = await stage.ended(await stage.ask("a broken heron", reference=File("a.png", png())), Accent.FAILED)
    assert "no picture" in alone(await stage.mia.use_menu(ANIMATE, card)).text


# ---------------------------------------------------------------- who made this


async def test_who_made_a_result_and_what_it_came_from(stage: Stage, ben: Member) -> None:
    done = await grid(stage, "four swans --stylize 300")
    again = await stage.ended(card_of(await ben.click(done, "V2")))
    told = alone(await stage.mia.use_menu(WHO, again))
    assert f"**Made with Easel** for {ben.mention}" in told.text
    assert not told.pinged_user_ids
    assert "four swans" in told.text
    assert "15 credits charged" in told.text
    assert "--stylize 300" in told.text
    assert "It goes by a picture." in told.text
    link = f"https://discord.com/channels/{stage.guild.id}/{stage.gallery.id}/{done.id}"
    assert f"1. a picture by {stage.mia.mention}, " in told.text
    assert f"[go to it]({link})" in told.text


async def test_who_made_a_card_that_waits(stage: Stage) -> None:
    card = await stage.ask("still to come")
    assert "still to come" in alone(await stage.mia.use_menu(WHO, card)).text
    await stage.ended(card)


async def test_a_member_is_told_of_their_own_private_ones_but_there_is_nowhere_to_go(stage: Stage) -> None:
    done = await stage.ended(await stage.ask("a secret swan", private=True))
    again = await stage.ended(card_of(await stage.mia.click(done, "Again")))
    assert "2 credits charged" in again.text
    told = alone(await stage.mia.use_menu(WHO, again))
    assert f"1. a picture by {stage.mia.mention}" in told.text
    assert "go to it" not in told.text


async def test_what_others_posted_was_not_made_here(stage: Stage, ben: Member) -> None:
    told = alone(await stage.mia.use_menu(WHO, ben.say(stage.gallery, "mine", [File("own.png", png())])))
    assert f"Posted by {ben.mention}" in told.text
    assert "not made with Easel" in told.text
    assert not told.pinged_user_ids


async def test_what_easel_posted_for_nobody_says_so(stage: Stage) -> None:
    refused = card_of(await stage.mia.slash(stage.gallery, "imagine", prompt=" "))
    assert "nothing that somebody had made" in alone(await stage.mia.use_menu(WHO, refused)).text


async def test_in_direct_messages_the_menus_answer_too(stage: Stage) -> None:
    posted = stage.mia.say(stage.mia.dm, "look", [File("owl.png", png())])
    assert f"Posted by {stage.mia.mention}" in card_of(await stage.mia.use_menu(WHO, posted)).text
    form = form_of(await stage.mia.use_menu(IMAGINE, posted))
    told = card_of(await stage.mia.submit(form, {"Prompt": "an owl in private"}))
    assert "direct messages" in told.text
    assert not stage.jobs_of("an owl in private")


async def test_the_question_which_one_can_be_answered_again(stage: Stage, ben: Member) -> None:
    posted = ben.say(stage.gallery, "which?", [File("a.png", png()), File("b.png", png("red"))])
    asked = alone(await stage.mia.use_menu(ANIMATE, posted))
    panel = alone(await stage.mia.click(asked, "1"))
    assert "**Make this video?**" in panel.text
    await stage.mia.click(panel, "Never mind")
    assert "**Make this video?**" in alone(await stage.mia.click(asked, "2")).text, "the question still stands"
