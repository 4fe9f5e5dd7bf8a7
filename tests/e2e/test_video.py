"""`/video` over sockets: every documented model, what it costs before and after, and what is refused unspent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import File, Message, Outcome
from sandbox.meigen.catalogue import BY_ID, listing
from sandbox.upstream.faults import Fault, FaultKind
from tests.e2e.harness import Stage, card_of, form_of, open_stage, png, results, seconds_of, together, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEEDANCE, VEO, HORSE = "seedance-2-0", "veo-3.1", "happyhorse-1.0"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel"), {"LOG_LEVEL": "DEBUG"}) as opened:
        yield opened


async def asked(stage: Stage, prompt: str, **options: Any) -> Message:
    """The card of a `/video`; where it is dear, after it was confirmed."""
    answer = await stage.ask(prompt, command="video", **options)
    if "Make this video?" not in answer.text:
        return answer
    assert answer.ephemeral
    return card_of(await stage.mia.click(answer, "Confirm"))


async def made(stage: Stage, prompt: str, **options: Any) -> Message:
    return await stage.ended(await asked(stage, prompt, **options), seconds=60)


async def refused(stage: Stage, prompt: str, **options: Any) -> str:
    sent = len(stage.submissions())
    said = await stage.refused(prompt, command="video", **options)
    assert len(stage.submissions()) == sent
    return said


# ---------------------------------------------------------------- what is offered


async def choices(stage: Stage, option: str, text: str = "", **filled: Any) -> list[Any]:
    sent = await stage.mia.autocomplete(stage.gallery, "video", option, text, **filled)
    assert sent.outcome is Outcome.AUTOCOMPLETE
    return [choice["value"] for choice in sent.choices or []]


async def test_only_what_a_model_has_is_offered(stage: Stage) -> None:
    assert await choices(stage, "model") == [SEEDANCE, HORSE, VEO]
    assert await choices(stage, "duration", model=VEO) == [4, 6, 8]
    assert await choices(stage, "duration", model=SEEDANCE) == list(range(4, 16))
    assert await choices(stage, "duration", "1", model=SEEDANCE) == [10, 11, 12, 13, 14, 15]
    assert await choices(stage, "duration", "no number", model=VEO) == []
    assert await choices(stage, "tier", model=VEO) == ["fast", "pro"]
    assert await choices(stage, "tier", model=HORSE) == []
    assert await choices(stage, "resolution", model=SEEDANCE) == ["480p", "720p"]
    assert await choices(stage, "resolution", model=SEEDANCE, tier="pro") == ["480p", "720p", "1080p"]
    assert await choices(stage, "resolution", model=VEO, tier="pro") == ["720p", "1080p"]
    assert await choices(stage, "aspect_ratio", model=VEO) == ["auto", "16:9", "9:16"]
    assert "adaptive" in await choices(stage, "aspect_ratio", model=SEEDANCE)


# ---------------------------------------------------------------- what it costs, and what comes of it


@pytest.mark.parametrize(
    ("model", "options", "credit_count", "told"),
    [
        (SEEDANCE, {"duration": 5}, 65, "5 s"),
        (SEEDANCE, {}, 65, "5 s"),
        (SEEDANCE, {"duration": 4, "tier": "pro", "resolution": "1080p"}, 168, "1080p · pro · 4 s"),
        (SEEDANCE, {"duration": 15, "resolution": "720p", "aspect_ratio": "9:16"}, 300, "9:16 · 720p · 15 s"),
        (VEO, {"duration": 6, "aspect_ratio": "16:9"}, 125, "16:9 · 6 s"),
        (VEO, {"duration": 8, "tier": "pro", "resolution": "1080p"}, 435, "1080p · pro · 8 s"),
        (VEO, {}, 80, "4 s"),
    ],
)
async def test_the_price_on_the_card_is_what_is_charged(
    stage: Stage, model: str, options: dict[str, Any], credit_count: int, told: str
) -> None:
    prompt = f"a crane of {model} {options}".replace("'", "")
    card = await asked(stage, prompt, model=model, **options)
    assert f"{told} · {credit_count} credits" in card.text
    done = await stage.ended(card, seconds=60)
    (generation,) = stage.generations(prompt)
    assert generation.credits == credit_count
    assert f"{credit_count} credits charged" in done.text
    (file,) = results(done)
    assert file.filename.endswith("-1.mp4")
    assert seconds_of(file.data) == generation.order.duration_seconds
    assert len(done.gallery) == 1
    assert f"/media/{generation.id}/0.mp4" in done.text, "the link stands beside the attached file"
    assert "The link works for a limited time." in done.text
    assert f"· {generation.ratio} ·" in done.text


async def test_a_price_that_nobody_tells_is_said_to_be_unknown(stage: Stage) -> None:
    card = await stage.ask("a horse of unknown price", command="video", model=HORSE, duration=3)
    assert "3 s · Cost not known" in card.text
    done = await stage.ended(card, seconds=60)
    assert "45 credits charged" in done.text


async def test_what_costs_more_than_a_hundred_is_confirmed_first(stage: Stage) -> None:
    panel = await stage.ask("a dear crane", command="video", model=VEO, duration=6)
    assert panel.ephemeral
    assert "It costs **125 credits**." in panel.text
    assert f"There are {stage.meigen.purchased():,} credits left." in panel.text
    assert not stage.jobs_of("a dear crane")
    await stage.mia.click(panel, "Never mind")
    assert "Nothing was spent" in stage.now(panel).text
    assert not stage.jobs_of("a dear crane")


async def test_a_video_too_large_for_discord_is_linked(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.BULKY, "media", prompt_contains="a huge crane", times=None))
    done = await made(stage, "a huge crane", model=SEEDANCE, duration=4)
    (generation,) = stage.generations("a huge crane")
    assert not results(done)
    assert "is too large for Discord. The link works for a limited time." in done.text
    assert f"/media/{generation.id}/0.mp4" in done.text


# ---------------------------------------------------------------- what it goes by


async def test_adaptive_needs_something_to_adapt_to(stage: Stage) -> None:
    said = await refused(stage, "a crane in any shape", model=SEEDANCE, aspect_ratio="adaptive")
    assert "follows a reference" in said
    reference = File("crane.png", png())
    done = await made(stage, "a crane in any shape", model=SEEDANCE, aspect_ratio="adaptive", reference=reference)
    (generation,) = stage.generations("a crane in any shape")
    assert generation.payload["aspectRatio"] == "adaptive"
    assert "Reference" in done.text
    assert "adaptive" not in done.text, "the ratio that was used is told"


async def test_two_pictures_are_the_first_and_the_last_frame(stage: Stage) -> None:
    files = {"reference": File("one.png", png("red")), "reference_2": File("two.png", png("blue"))}
    done = await made(stage, "a crane between two", model=VEO, **files)
    assert "First frame" in done.text
    assert "Last frame" in done.text
    (generation,) = stage.generations("a crane between two")
    links: Any = generation.payload["referenceImages"]
    first, last = links
    assert ("one.png" in first, "two.png" in last) == (True, True)


@pytest.mark.parametrize("filename", ["crane.webp", "crane.gif"])
async def test_what_the_documents_take_is_taken(stage: Stage, filename: str) -> None:
    await made(stage, f"a crane like {filename}", model=SEEDANCE, duration=4, reference=File(filename, png()))


# ---------------------------------------------------------------- refused before anything is spent


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"model": VEO, "duration": 7}, "makes no videos of 7 seconds. It can do, in seconds: 4, 6, 8."),
        ({"model": SEEDANCE, "duration": 3}, "makes no videos of 3 seconds"),
        ({"model": SEEDANCE, "resolution": "1080p"}, "has the resolution “1080p” only in the tier pro"),
        ({"model": SEEDANCE, "tier": "fast", "resolution": "1080p"}, "only in the tier pro"),
        ({"model": VEO, "resolution": "480p"}, "It can do 720p, 1080p."),
        ({"model": VEO, "tier": "mini"}, "has no tier “mini”. It can do fast, pro."),
        ({"model": HORSE, "tier": "pro"}, "has no tier “pro”"),
        ({"model": VEO, "aspect_ratio": "1:1"}, "It can do auto, 16:9, 9:16."),
        ({"model": VEO, "aspect_ratio": "adaptive"}, "has no ratio “adaptive”"),
        ({"model": "gpt-image-2"}, "does not make videos"),
        ({"model": "veo-99"}, "There is no model named “veo-99”"),
        ({"model": HORSE, "reference": File("a.png", png()), "reference_2": File("b.png", png())}, "takes 1 reference"),
        ({"reference": File("crane.heic", b"\x00\x00\x00\x18ftypheic")}, "is not a picture that I can use"),
        ({"reference": File("crane.mp4", b"\x00\x00\x00\x18ftypmp42")}, "is not a picture that I can use"),
        ({"reference": File("crane.png", b"")}, "is empty. Attach it once more"),
    ],
)
async def test_what_a_model_cannot_do_is_refused_naming_what_it_can(
    stage: Stage, options: dict[str, Any], says: str
) -> None:
    assert says in await refused(stage, "a crane as asked", **options)


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("a crane --chaos 9", "does not know \\--chaos"),
        ("a crane --nonsense", "I do not know “\\--nonsense”"),
        ("a crane --ar 5:4", "has no ratio “5:4”"),
        ("   ", "The prompt is empty"),
    ],
)
async def test_flags_are_looked_at_as_well(stage: Stage, prompt: str, says: str) -> None:
    assert says in await refused(stage, prompt, model=SEEDANCE)


# ---------------------------------------------------------------- changed before it starts


async def test_remix_of_a_video_leaves_its_card_alone_and_keeps_its_ratio(stage: Stage) -> None:
    done = await made(stage, "a crane to mix", model=SEEDANCE, duration=4, aspect_ratio="9:16")
    form = form_of(await stage.mia.click(done, "Remix"))
    assert (form.values["Prompt"], form.values["Options"]) == ("a crane to mix", "--ar 9:16")
    panel = card_of(await stage.mia.submit(form, {"Prompt": "a crane, mixed"}))
    assert panel.ephemeral
    assert stage.now(done).text == done.text
    await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=60)
    (generation,) = stage.generations("a crane, mixed")
    assert (generation.payload["aspectRatio"], generation.payload["duration"]) == ("9:16", 4)


async def test_a_mistake_in_the_form_stands_on_the_panel_and_cannot_be_confirmed(stage: Stage) -> None:
    panel = await stage.ask("a crane mistyped", command="video", model=VEO, duration=6)
    form = form_of(await stage.mia.click(panel, "Change the words"))
    await stage.mia.submit(form, {"Prompt": "mistyped --nonsense", "Options": "--ar 5:5"})
    panel = stage.now(panel)
    assert "I do not know “\\--nonsense”" in panel.text
    assert panel.button("Confirm").disabled
    form = form_of(await stage.mia.click(panel, "Change the words"))
    assert (form.values["Prompt"], form.values["Options"]) == ("mistyped --nonsense", "--ar 5:5")
    await stage.mia.submit(form, {"Prompt": "mended", "Options": "--ar 9:16"})
    panel = stage.now(panel)
    assert "mended" in panel.text
    await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=60)
    (generation,) = stage.generations("mended")
    assert generation.payload["aspectRatio"] == "9:16"


async def test_another_model_on_the_panel_leaves_out_what_it_lacks(stage: Stage) -> None:
    panel = await stage.ask(
        "a crane elsewhere", command="video", model=SEEDANCE, duration=15, resolution="720p", aspect_ratio="21:9"
    )
    await stage.mia.choose(panel, "Model", VEO)
    await stage.mia.choose(panel, "Seconds", "8")
    await stage.mia.choose(panel, "Tier", "pro")
    panel = stage.now(panel)
    assert "It costs **435 credits**." in panel.text
    await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=60)
    (generation,) = stage.generations("a crane elsewhere")
    sent = {name: generation.payload.get(name) for name in ("modelId", "duration", "tier", "resolution", "aspectRatio")}
    assert sent == {"modelId": VEO, "duration": 8, "tier": "pro", "resolution": "720p", "aspectRatio": None}


# ---------------------------------------------------------------- what the upstream refuses


async def test_a_source_that_the_upstream_does_not_have_any_more_is_told_in_its_words(stage: Stage) -> None:
    first = await made(stage, "a crane goes on", model=SEEDANCE, duration=4)
    promised = (await stage.mia.click(first, "Continue")).message
    assert promised is not None
    panel = await stage.shows(promised, "Go on from this video?")
    second = await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=60)
    refusal = Fault(FaultKind.REFUSED, error="Reference video could not be fetched", prompt_contains="a crane goes on")
    stage.meigen.faults.add(refusal)
    again = await stage.ended(card_of(await stage.mia.click(second, "Again")), Accent.FAILED)
    assert "It says: Reference video could not be fetched" in again.text
    assert "Nothing was charged." in again.text
    assert [button.label for button in again.buttons] == ["Again", "Remix", "Delete"]


async def test_deleted_twice_at_once_nobody_is_told_of_a_mistake(stage: Stage) -> None:
    done = await made(stage, "a crane to delete", model=SEEDANCE, duration=4)
    before = len(stage.everything())
    await together(stage.mia.click(done, "Delete"), stage.mia.click(done, "Delete"))
    await until(lambda: stage.world.message(done) is None, what="the card to be gone")
    assert len(stage.everything()) == before - 1, "and no apology"


# ---------------------------------------------------------------- other settings, other catalogues


async def test_with_a_threshold_of_none_everything_is_confirmed(tmp_path: Path) -> None:
    async with open_stage(tmp_path, {"CONFIRM_ABOVE_CREDITS": "0"}) as stage:
        for command, model in (("imagine", "z-image-turbo"), ("video", HORSE)):
            panel = await stage.ask(f"a crane by {command}", command=command, model=model)
            assert panel.ephemeral
            assert "Make this" in panel.text
        assert "What it costs is not known." in panel.text
        assert not stage.jobs()
        await stage.ended(card_of(await stage.mia.click(panel, "Confirm")), seconds=60)


async def test_a_balance_that_looks_too_low_warns_and_only_the_upstream_refuses(tmp_path: Path) -> None:
    async with open_stage(tmp_path, credits=70) as stage:
        await stage.ended(await stage.ask("a crane for 52", command="video", model=SEEDANCE, duration=4), seconds=60)
        warning = "Only 18 credits were left when last told"
        panel = await stage.ask("a crane for 125", command="video", model=VEO, duration=6)
        assert "There are 18 credits left." in panel.text
        assert warning in panel.text
        card = await stage.ask("a crane for 65", command="video", model=SEEDANCE)
        assert warning in card.text
        failed = await stage.ended(card, Accent.FAILED)
        assert "It needs 65 credits. 18 credits left." in failed.text


ODD = (
    {"id": "sound-1", "name": "Sound *One*", "media_type": "audio"},
    {"id": "bare-1", "media_type": "video"},
    {
        "id": "torn-1",
        "name": "Torn",
        "media_type": "video",
        "credits_per_generation": "many",
        "supported_ratios": "16:9",
        "max_reference_images": -3,
        "extra_config": {"durations": ["4s", 6, "soon", None], "tiers": {"fast": 1}, "pricingPerSec": [13]},
    },
    {"id": "z" * 300, "media_type": "video"},
    {"name": "nameless"},
    "nonsense",
    None,
)


async def test_a_catalogue_with_oddities_is_shown_as_far_as_it_is_known(tmp_path: Path) -> None:
    async with open_stage(tmp_path, is_started=False) as stage:
        listed = [listing(BY_ID[name], 0.004) for name in ("z-image-turbo", SEEDANCE)]
        odd = Fault(FaultKind.WRONG_SHAPE, "models", times=None, replace={"models": [*ODD, *listed]})
        stage.meigen.faults.add(odd)
        await stage.bot.start()
        await stage.knows_models()
        assert await choices(stage, "model") == ["bare-1", "torn-1", SEEDANCE]
        assert await choices(stage, "duration", model="torn-1") == [4, 6]
        for option in ("duration", "tier", "resolution"):
            assert await choices(stage, option, model="bare-1") == []
        assert await choices(stage, "aspect_ratio", model="bare-1") == ["auto"]
        page = card_of(await stage.mia.slash(stage.gallery, "models"))
        assert "### Other" in page.text
        assert "**Sound \\*One\\*** · price not known" in page.text
        assert "**bare-1** · price not known" in page.text
        assert "does not make videos" in await refused(stage, "a song", model="sound-1")
        assert "It can do, in seconds: 4, 6." in await refused(stage, "a crane", model="torn-1", duration=5)
        card = await stage.ask("a bare crane", command="video", model="bare-1")
        assert "bare-1 · Cost not known" in card.text
        failed = await stage.ended(card, Accent.FAILED)
        assert "It says: Unknown model: bare-1" in failed.text
