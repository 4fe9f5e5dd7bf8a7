"""What members do on a good day, and what they type on a bad one: the whole bot over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import Delay, File, Message, Outcome
from tests.e2e.harness import Stage, card_of, open_stage, pictures_of, png, results

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINK = "https://example.com/a/fox.png"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot for all tests here, as talkative as it can be, so that the log is searched for secrets at its worst."""
    async with open_stage(tmp_path_factory.mktemp("easel"), {"LOG_LEVEL": "DEBUG"}) as opened:
        yield opened


def labels(message: Message) -> list[str | None]:
    return [button.label for button in message.buttons]


async def delivered(stage: Stage, card: Message, prompt: str) -> Message:
    """The card at its end, with exactly what MeiGen made for that prompt."""
    done = await stage.ended(card)
    (generation,) = stage.generations(prompt)
    assert [file.data for file in results(done)] == pictures_of(generation)
    shown = [item["media"]["url"].partition("?")[0] for item in done.gallery]
    assert shown == [file.url.partition("?")[0] for file in results(done)]
    assert all(file.description for file in results(done))
    assert not done.pinged_user_ids
    return done


# ---------------------------------------------------------------- the way of a request


async def test_a_prompt_becomes_a_picture_on_its_own_message(stage: Stage) -> None:
    there = len(stage.world.messages(stage.gallery))
    card = await stage.ask("a fox in the snow", aspect_ratio="3:2", resolution="1K", quality="low")
    assert "a fox in the snow" in card.text
    assert "GPT Image 2.0 · 3:2 · 1K · low · 2 credits" in card.text
    assert "You are next" in card.text
    assert labels(card) == ["Cancel"]
    done = await delivered(stage, card, "a fox in the snow")
    assert done.id == card.id
    assert len(stage.world.messages(stage.gallery)) == there + 1
    assert results(done)[0].description == "Picture: a fox in the snow"
    assert "2 credits charged" in done.text
    assert labels(done) == ["Vary", "Animate", "Use as reference", "Again", "Remix", "Delete"]
    assert (results(done)[0].width or 0) > (results(done)[0].height or 0)


async def test_midjourney_brings_four_pictures_in_one_gallery(stage: Stage) -> None:
    card = await stage.ask("four foxes", model="midjourney-v8.1")
    done = await delivered(stage, card, "four foxes")
    assert [file.description for file in results(done)] == [f"Picture {n}: four foxes" for n in (1, 2, 3, 4)]
    assert len({file.data for file in results(done)}) == 4


async def test_a_private_request_stays_private(stage: Stage) -> None:
    ben = stage.guild.add_member("ben")
    card = await stage.ask("a secret fox", private=True)
    done = await delivered(stage, card, "a secret fox")
    assert card.ephemeral
    assert done.ephemeral
    assert done.id not in {message.id for message in stage.world.messages(stage.gallery, ben)}
    assert not stage.world.messages(stage.mia.dm)
    again = card_of(await stage.mia.click(done, "Again"))
    assert again.ephemeral
    await stage.ended(again)


async def test_again_makes_another_one_beside_the_first(stage: Stage) -> None:
    ben = stage.guild.add_member("ben")
    first = await stage.ended(await stage.ask("a fox again"))
    second = await stage.ended(card_of(await ben.click(first, "Again")))
    assert second.id != first.id
    assert stage.now(first).text == first.text
    one, two = stage.generations("a fox again")
    assert [results(first)[0].data, results(second)[0].data] == [*pictures_of(one), *pictures_of(two)]


async def test_a_double_click_on_again_makes_one(stage: Stage) -> None:
    first = await stage.ended(await stage.ask("a fox clicked twice"))
    stage.world.faults.add(Delay(path="/interactions/*", times=1, seconds=0.5))
    clicks = await asyncio.gather(*(stage.mia.click(first, "Again") for _ in range(2)))
    cards = [card_of(sent) for sent in clicks]
    (refusal,) = [card for card in cards if card.ephemeral]
    (again,) = [card for card in cards if not card.ephemeral]
    assert "just pressed that" in refusal.text
    await stage.ended(again)
    assert len(stage.generations("a fox clicked twice")) == 2


# ---------------------------------------------------------------- references


async def test_a_file_and_a_link_are_handed_on_and_the_file_is_carried_by_the_card(stage: Stage) -> None:
    card = await stage.ask(f"<{LINK}> a fox like these", reference=File("Mein Fuchs.PNG", png()))
    done = await delivered(stage, card, "a fox like these")
    (generation,) = stage.generations("a fox like these")
    links: Any = generation.payload["referenceImages"]
    file, link = links
    assert link == LINK
    assert file.startswith(f"http://{stage.world.host}/attachments/")
    assert [(kept.filename, kept.data) for kept in done.attachments[1:]] == [("reference-1.png", png())]
    again = await stage.ended(card_of(await stage.mia.click(done, "Again")))
    assert [kept.data for kept in again.attachments if kept.filename == "reference-1.png"] == [png()]


async def test_all_five_references(stage: Stage) -> None:
    pictures = [png(colour) for colour in ("red", "green", "blue", "white", "black")]
    names = ("reference", "reference_2", "reference_3", "reference_4", "reference_5")
    files: dict[str, Any] = {name: File(f"{name}.png", data) for name, data in zip(names, pictures, strict=True)}
    card = await stage.ask("five foxes", **files)
    done = await delivered(stage, card, "five foxes")
    (generation,) = stage.generations("five foxes")
    assert len(generation.payload["referenceImages"]) == 5  # type: ignore[arg-type]  # JSON, as it came in
    assert sorted(kept.data for kept in done.attachments[1:]) == sorted(pictures)


# ---------------------------------------------------------------- what is offered and told


async def choices(stage: Stage, option: str, text: str, **filled: str) -> list[str]:
    sent = await stage.mia.autocomplete(stage.gallery, "imagine", option, text, **filled)
    assert sent.outcome is Outcome.AUTOCOMPLETE
    return [choice["value"] for choice in sent.choices or []]


async def test_options_complete_as_one_types_narrowed_by_the_model(stage: Stage) -> None:
    everything = await choices(stage, "model", "")
    assert everything[0] == "gpt-image-2"
    assert "veo-3.1" not in everything
    assert await choices(stage, "model", "banana") == ["nanobanana-2", "gemini-3-pro-image-preview"]
    assert await choices(stage, "model", "no such thing") == []
    assert await choices(stage, "aspect_ratio", "", model="flux2-klein") == [
        *("auto", "1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3"),
    ]
    assert await choices(stage, "aspect_ratio", "16", model="midjourney-v8.1") == ["16:9", "9:16"]
    assert await choices(stage, "resolution", "", model="seedream-5.0-lite") == ["2K", "3K"]
    assert await choices(stage, "resolution", "", model="flux2-klein") == []
    assert await choices(stage, "quality", "", model="gpt-image-2") == ["low", "medium", "high"]
    assert await choices(stage, "quality", "", model="midjourney-v8.1") == ["1", "4"]


async def test_models_are_listed_whole_or_by_medium(stage: Stage) -> None:
    for options, shown, hidden in (({}, ["Pictures", "Videos"], []), ({"medium": "video"}, ["Videos"], ["Pictures"])):
        sent = await stage.mia.slash(stage.gallery, "models", **options)
        pages = [card_of(sent), *sent.followups]
        text = "\n".join(page.text for page in pages)
        assert all(page.ephemeral for page in pages)
        assert all(word in text for word in shown)
        assert not any(word in text for word in hidden)
    assert "**Veo 3.1** · 80 to 435 credits" in text
    assert "Midjourney" not in text


async def test_credits_tell_what_a_guild_and_a_member_used(stage: Stage) -> None:
    guild = stage.world.create_guild("Thrifty", ("gallery",))
    kim = guild.add_member("kim")
    before = card_of(await kim.slash(guild.channel("gallery"), "credits")).text
    assert "**This server** today: 0 credits used" in before
    sent = await kim.slash(guild.channel("gallery"), "imagine", prompt="a dear fox", model="midjourney-v8.1")
    await stage.ended(card_of(sent))
    after = card_of(await kim.slash(guild.channel("gallery"), "credits")).text
    assert "**This server** today: 15 credits used, 0 credits held for what is under way (1 request)" in after
    assert "**You** today: 15 credits used" in after
    assert f"{stage.meigen.purchased():,} credits left" in after


async def test_a_failed_generation_gives_its_credits_back(stage: Stage) -> None:
    held = stage.meigen.purchased()
    failed = await stage.ended(await stage.ask("a fox that must not be [fail]"), Accent.FAILED)
    assert "Content policy violation" in failed.text
    assert "Your 2 credits came back." in failed.text
    assert not results(failed)
    assert labels(failed) == ["Again", "Remix", "Delete"]
    assert stage.meigen.purchased() == held
    assert stage.job("a fox that must not be [fail]")["charged_credits"] == 0


# ---------------------------------------------------------------- refused before anything is spent


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"model": "nanobanana-2", "aspect_ratio": "7:9"}, "It can do auto, 1:1, 3:4"),
        ({"model": "seedream-5.0-lite", "resolution": "4K"}, "It can do 2K, 3K"),
        ({"quality": "ultra"}, "It can do low, medium, high"),
        ({"model": "flux2-klein", "quality": "high"}, "has no quality “high”. Leave it out."),
        ({"model": "dall-e-9"}, "There is no model named “dall-e-9”. There are GPT Image 2.0, Nanobanana 2"),
        ({"model": "veo-3.1"}, "does not make pictures"),
        ({"model": "flux2-klein", "reference": File("fox.png", png())}, "takes no references"),
        ({"reference": File("fox.txt", b"a fox")}, "is not a picture that I can use"),
        ({"reference": File("fox.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")}, "is not a picture"),
        ({"reference": File("fox.png", b"")}, "is empty. Attach it once more"),
        ({"reference": File("fox.png", bytes(26 * 2**20))}, "is too large. Up to 25 MiB can be used."),
    ],
)
async def test_what_a_model_cannot_do_is_refused_naming_what_it_can(
    stage: Stage, options: dict[str, Any], says: str
) -> None:
    sent = len(stage.submissions())
    assert says in await stage.refused("a fox as asked", **options)
    assert len(stage.submissions()) == sent


@pytest.mark.parametrize(
    ("prompt", "model", "says"),
    [
        ("   ", "gpt-image-2", "The prompt is empty"),
        (f"{LINK} ", "gpt-image-2", "The prompt is empty"),
        ("fox", "nanobanana-2", "at least 5 characters"),
        ("x" * 4001, "nanobanana-2", "up to 4,000 characters, and yours has 4,001"),
        ("x" * 6000, "seedream-4.5", "up to 2,000 characters"),
        (f"{LINK} {LINK} a fox", "midjourney-v8.1", "takes 1 reference, and you gave 2"),
        (f"http://example.com/fox.png {LINK} a fox", "gpt-image-2", "Use a public link that begins with https"),
        ("https://127.0.0.1/fox.png a fox", "gpt-image-2", "cannot be reached from everywhere"),
    ],
)
async def test_prompts_that_a_model_does_not_take(stage: Stage, prompt: str, model: str, says: str) -> None:
    assert says in await stage.refused(prompt, model=model)


async def test_a_channel_where_pictures_cannot_be_shown_is_told_at_once(stage: Stage) -> None:
    closed = stage.guild.channel("closed")
    stage.world.deny_bot(closed, "attach_files")
    assert "*Attach Files*" in await stage.refused("a fox out of place", channel=closed)
    stage.world.deny_bot(closed)
    await stage.ended(card_of(await stage.mia.slash(closed, "imagine", prompt="a fox in its place")))


async def test_direct_messages_are_refused_kindly(stage: Stage) -> None:
    told = card_of(await stage.mia.slash(stage.mia.dm, "imagine", prompt="a fox between us"))
    assert "Ask me on a server." in told.text
    assert "a fox between us" not in stage.submissions()


# ---------------------------------------------------------------- prompts of all kinds

JSON_PROMPT = '{"subject": "a fox @everyone", "style": {"lens": "35mm", "```": ["<@1>", "\\u202e"]}, "n": [1, 2, 3]}'
ODD_PROMPTS = {
    "one emoji": "🦊",
    "a family of joined emoji": "👩‍👩‍👧‍👦 and a 🏳️‍🌈 " * 20,
    "right to left": "ثعلب في الثلج، بأسلوب الزيت",
    "turned around": "a fox \u202egnp.exe \u2066hidden",
    "stacked accents": "f" + "\u0301\u0323" * 200 + "ox",
    "mentions": "@everyone @here <@{mia}> <@!{mia}> <@&{guild}> <#{gallery}> </imagine:1> <:fox:1>",
    "markdown": "# fox\n> quote\n- item\n1. one\n**b** __u__ ~~s~~ ||spoiler|| `code` \\* [link](https://example.com)",
    "fences": "```` ``` fox ```\n``",
    "json": JSON_PROMPT,
    "broken json": JSON_PROMPT[:-1],
    "many lines": "\n".join("fox" for _ in range(1000)),
    "markup alone": "*_~`|>" * 100,
    "six thousand characters": "a fox, " * 857 + "!",
    "six thousand that need escaping": "*" * 6000,
    "six thousand of the astral planes": "🦊" * 6000,
    "a long json": '{"foxes": [' + ", ".join(f'"fox {n}"' for n in range(500)) + "]}",
    "a control character": "a fox\x00\x1b[31m in red",
}


@pytest.mark.parametrize("kind", ODD_PROMPTS)
async def test_no_prompt_pings_or_breaks_the_card(stage: Stage, kind: str) -> None:
    ids = {"{mia}": stage.mia.id, "{guild}": stage.guild.id, "{gallery}": stage.gallery.id}
    prompt = ODD_PROMPTS[kind]
    for name, value in ids.items():
        prompt = prompt.replace(name, str(value))
    card = await stage.ask(prompt)
    done = await delivered(stage, card, prompt)
    for shown in (card, done):
        assert len(shown.text) <= 4000
        assert not shown.pinged_user_ids
        assert "@everyone" not in shown.text
        assert f"<@{stage.mia.id}>" not in shown.text
