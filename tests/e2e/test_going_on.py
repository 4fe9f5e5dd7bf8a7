"""Going on from a picture or a video: every button of a result, over sockets, with restarts and double clicks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import File, Message, Outcome
from sandbox.meigen import Fault, FaultKind
from tests.e2e.harness import Stage, card_of, form_of, open_stage, results, together, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRID = "midjourney-v8.1"
TEXT_FILE = "Or the prompt as a .txt file"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel"), {"LOG_LEVEL": "DEBUG"}) as opened:
        yield opened


def labels(message: Message) -> list[str | None]:
    return [button.label for button in message.buttons]


def posts(stage: Stage, prompt: str) -> list[dict[str, object]]:
    """The bodies of all POSTs with that prompt, oldest first."""
    seen = (request.payload for request in stage.meigen.requests if request.route == "generate")
    return [payload for payload in seen if isinstance(payload, dict) and payload["prompt"] == prompt]


async def grid(stage: Stage, prompt: str) -> Message:
    return await stage.ended(await stage.ask(prompt, model=GRID))


async def enlarged(stage: Stage, card: Message, button: str) -> Message:
    """What a U brings: promised at once, since its file takes as long as it takes."""
    sent = await stage.mia.click(card, button)
    assert sent.outcome is Outcome.DEFERRED
    promised = sent.message
    assert promised is not None
    return await stage.ended(promised)


async def continuation(stage: Stage, card: Message, says: str = "Go on from this video?") -> Message:
    """The panel, promised at once as well: the video may have to be brought here to be measured."""
    sent = await stage.mia.click(card, "Continue")
    assert sent.outcome is Outcome.DEFERRED
    assert sent.message is not None
    assert sent.message.ephemeral
    return await stage.shows(sent.message, says)


async def video(stage: Stage, prompt: str) -> Message:
    card = await stage.ask(prompt, command="video", model="seedance-2-0", duration=4)
    return await stage.ended(card, seconds=40)


# ---------------------------------------------------------------- four candidates


async def test_four_candidates_stand_in_one_gallery_with_their_buttons(stage: Stage) -> None:
    done = await grid(stage, "four herons")
    assert len(results(done)) == len(done.gallery) == 4
    candidates = [f"{letter}{number}" for letter in "UV" for number in range(1, 5)]
    assert labels(done) == [*candidates, "Again", "Remix", "Style", "Animate", "Delete"]


async def test_u_posts_one_large_and_costs_nothing(stage: Stage) -> None:
    done = await grid(stage, "a heron to enlarge")
    spent = len(stage.submissions())
    large = await enlarged(stage, done, "U2")
    assert [file.data for file in results(large)] == [results(done)[1].data]
    assert not large.ephemeral
    assert labels(large) == ["Vary", "Style", "Animate", "Use as reference", "Again", "Remix", "Delete"]
    assert len(stage.submissions()) == spent


async def test_u_pressed_twice_at_once_posts_one(stage: Stage) -> None:
    done = await grid(stage, "a heron pressed twice")
    there = len(stage.world.messages(stage.gallery))
    await together(stage.mia.click(done, "U1"), stage.mia.click(done, "U1"))
    assert len([m for m in stage.world.messages(stage.gallery)[there:] if not m.ephemeral]) == 1


async def test_v_makes_more_like_it(stage: Stage) -> None:
    done = await grid(stage, "a heron to vary")
    varied = await stage.ended(card_of(await stage.mia.click(done, "V3")))
    first, second = posts(stage, "a heron to vary")
    assert second["referenceType"] == "content"
    assert f"/{results(done)[2].filename}" in str(second["referenceImages"])
    assert {**second, "referenceType": None, "referenceImages": None} == {
        **first,
        "referenceType": None,
        "referenceImages": None,
    }
    assert len(results(varied)) == 4


async def test_style_asks_which_and_takes_its_look(stage: Stage) -> None:
    done = await grid(stage, "a heron in style")
    asked = card_of(await stage.mia.click(done, "Style"))
    assert asked.ephemeral
    assert labels(asked) == ["1", "2", "3", "4"]
    await stage.ended(card_of(await stage.mia.click(asked, "2")))
    _, styled = posts(stage, "a heron in style")
    assert styled["referenceType"] == "style"


@pytest.mark.parametrize("button", ["Style", "Animate"])
async def test_below_a_grid_discords_copy_is_gone_by_once_the_upstreams_file_is_gone(stage: Stage, button: str) -> None:
    done = await grid(stage, f"a heron kept by Discord {button}")
    stage.expire(f"a heron kept by Discord {button}")
    asked = card_of(await stage.mia.click(done, button))
    await stage.bot.restart()
    answer = card_of(await stage.mia.click(asked, "3"))
    card = answer if button == "Style" else card_of(await stage.mia.click(answer, "Confirm"))
    await stage.ended(card, seconds=40)
    _, going_by = posts(stage, f"a heron kept by Discord {button}")
    assert f"/{results(done)[2].filename}" in str(going_by["referenceImages"])


@pytest.mark.parametrize("button", ["V1", "Again"])
async def test_clicked_twice_by_one_member_one_job_and_one_more_by_another(stage: Stage, button: str) -> None:
    prompt = f"a heron twice {button}"
    done = await grid(stage, prompt)
    noa = stage.guild.add_member(f"noa-{button}")
    await together(stage.mia.click(done, button), stage.mia.click(done, button), noa.click(done, button))
    assert len(stage.jobs_of(prompt)) == 3, "the first, and one for each member"


async def test_buttons_outlive_a_restart(stage: Stage) -> None:
    done = await grid(stage, "a heron that waits")
    await stage.bot.restart()
    large = await enlarged(stage, done, "U4")
    panel = card_of(await stage.mia.click(large, "Animate"))
    form = form_of(await stage.mia.click(done, "Remix"))
    await stage.bot.restart()
    assert panel.ephemeral
    card = card_of(await stage.mia.submit(form, {"Prompt": "a heron that waited"}))
    await stage.ended(card)
    await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=40)
    assert len(posts(stage, "a heron that waited")) == 1


# ---------------------------------------------------------------- remix


async def test_remix_shows_what_was_asked_and_takes_what_is_changed(stage: Stage) -> None:
    card = await stage.ask("a heron to mix --ar 16:9 --stylize 250", model=GRID)
    form = form_of(await stage.mia.click(await stage.ended(card), "Remix"))
    assert form.values["Prompt"] == "a heron to mix"
    assert form.values["Options"] == "--ar 16:9 --stylize 250"
    mixed = card_of(await stage.mia.submit(form, {"Prompt": "a heron, mixed", "Options": "--ar 1:1 --chaos 9"}))
    await stage.ended(mixed)
    (body,) = posts(stage, "a heron, mixed")
    assert body["aspectRatio"] == "1:1"
    assert body["niji7Options"] == {"chaos": 9}


async def test_a_mistake_in_the_form_is_named_and_the_form_comes_back_as_typed(stage: Stage) -> None:
    done = await grid(stage, "a heron mistyped")
    form = form_of(await stage.mia.click(done, "Remix"))
    told = card_of(await stage.mia.submit(form, {"Prompt": "mistyped once", "Options": "--chaos 900"}))
    assert told.ephemeral
    assert "900" in told.text
    again = form_of(await stage.mia.click(told, "Change it"))
    assert (again.values["Prompt"], again.values["Options"]) == ("mistyped once", "--chaos 900")
    await stage.ended(card_of(await stage.mia.submit(again, {"Options": "--chaos 90"})))
    (body,) = posts(stage, "mistyped once")
    assert body["niji7Options"] == {"chaos": 90}


async def test_a_long_prompt_comes_as_a_file_and_one_that_is_no_text_leads_back_to_the_form(stage: Stage) -> None:
    done = await stage.ended(await stage.ask("a heron in a file", model="gpt-image-2"))
    form = form_of(await stage.mia.click(done, "Remix"))
    told = card_of(await stage.mia.submit(form, {TEXT_FILE: File("words.txt", b"\xff\xfe\x00")}))
    assert told.ephemeral
    assert "is not a text that I can read" in told.text
    words = "a heron, " * 1500
    again = form_of(await stage.mia.click(told, "Change it"))
    card = card_of(await stage.mia.submit(again, {TEXT_FILE: File("words.txt", f"{words}--ar 3:2".encode())}))
    await stage.ended(card)
    (body,) = posts(stage, words.strip())
    assert body["aspectRatio"] == "3:2"


# ---------------------------------------------------------------- videos


async def test_a_picture_is_animated_after_its_price_was_seen(stage: Stage) -> None:
    done = await grid(stage, "a heron to move")
    asked = card_of(await stage.mia.click(done, "Animate"))
    panel = card_of(await stage.mia.click(asked, "1"))
    assert panel.ephemeral
    assert "credits" in panel.text
    changed = await stage.mia.choose(panel, "Seconds", "5")
    assert changed.outcome is not Outcome.FAILED
    panel = stage.now(panel)
    assert "65 credits" in panel.text
    moving = await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=40)
    body = posts(stage, "a heron to move")[-1]
    assert (body["modelId"], body["duration"], body["aspectRatio"]) == ("seedance-2-0", 5, "adaptive")
    assert "65 credits charged" in moving.text
    assert labels(moving) == ["Continue", "Again", "Remix", "Delete"]


async def test_a_video_is_continued_by_its_measured_length_to_any_depth(stage: Stage) -> None:
    done = await video(stage, "a heron flies")
    panel = await continuation(stage, done)
    assert "4.0 s long" in panel.text
    second = await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=40)
    panel = await continuation(stage, second)
    third = await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=40)
    bodies = posts(stage, "a heron flies")
    assert [body.get("referenceVideoDuration") for body in bodies] == [None, 4, 4]
    assert "part 1" in third.text
    assert "part 2" in third.text


async def test_a_panel_is_its_members_own_and_starts_once(stage: Stage) -> None:
    done = await video(stage, "a heron flies once")
    panel = await continuation(stage, done)
    started = await stage.mia.click(panel, "Confirm")
    await stage.ended(card_of(started), seconds=40)
    refused = card_of(await stage.mia.click(panel, "Confirm"))
    assert refused.accent_color == Accent.FAILED
    assert len(posts(stage, "a heron flies once")) == 2


# ---------------------------------------------------------------- what is gone


async def test_a_candidate_that_expired_upstream_is_taken_from_discords_copy(stage: Stage) -> None:
    done = await grid(stage, "a heron long ago")
    stage.expire("a heron long ago")
    for kept in (stage.folder / "media").glob("*/*"):
        kept.unlink()
    large = await enlarged(stage, done, "U1")
    assert len(results(large)) == 1
    await stage.ended(card_of(await stage.mia.click(done, "V1")))


async def test_a_video_that_expired_upstream_is_continued_from_discords_copy(stage: Stage) -> None:
    done = await video(stage, "a heron gone")
    stage.expire("a heron gone")
    for kept in (stage.folder / "media").glob("*/*"):
        kept.unlink()
    panel = await continuation(stage, done)
    await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=40)
    body = posts(stage, "a heron gone")[-1]
    assert f"/{results(done)[0].filename}" in str(body["referenceVideo"])
    assert body["referenceVideoDuration"] == 4


async def test_a_picture_that_nobody_has_any_more_is_not_paid_for(stage: Stage) -> None:
    card = await stage.ask("a heron nowhere", model=GRID)
    stage.meigen.faults.add(Fault(FaultKind.EXPIRED, "media", times=None))
    done = await stage.ended(card)
    assert "is gone" in done.text
    spent = len(stage.submissions())
    for button in ("U3", "V3", "Animate"):
        told = card_of(await stage.mia.click(done, button))
        if button == "Animate":
            told = card_of(await stage.mia.click(told, "3"))
        assert told.ephemeral
        assert "not there any more" in told.text
    stage.meigen.faults.clear()
    assert len(stage.submissions()) == spent


# ---------------------------------------------------------------- delete


async def test_delete_removes_the_card_for_its_member_alone(stage: Stage) -> None:
    done = await grid(stage, "a heron to delete")
    noa = stage.guild.add_member("noa-deletes")
    told = card_of(await noa.click(done, "Delete"))
    assert told.accent_color == Accent.FAILED
    await stage.mia.click(done, "Delete")
    await until(lambda: stage.world.message(done) is None, what="the card to be gone")


async def test_who_has_enlarged_a_picture_may_take_it_away_again(stage: Stage) -> None:
    done = await grid(stage, "a heron for all")
    noa = stage.guild.add_member("noa-enlarges")
    sent = await noa.click(done, "U1")
    assert sent.message is not None
    large = await stage.ended(sent.message)
    await noa.click(large, "Delete")
    await until(lambda: stage.world.message(large) is None, what="the picture to be gone")
    assert stage.world.message(done) is not None


async def test_going_on_works_though_the_first_card_was_deleted(stage: Stage) -> None:
    done = await grid(stage, "a heron outlived")
    large = await enlarged(stage, done, "U2")
    await stage.mia.click(done, "Delete")
    await stage.ended(card_of(await stage.mia.click(large, "Vary")))
