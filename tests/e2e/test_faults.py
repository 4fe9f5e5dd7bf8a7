"""MeiGen failing in every way that it has: each card ends as it must, and nothing is paid for twice."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import Message
from sandbox.meigen import Fault, FaultKind, SandboxMeigen
from tests.e2e.harness import MEIGEN_OPTIONS, Stage, card_of, open_stage, pictures_of, results

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """For faults after which the bot goes on at once."""
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        yield opened


def labels(message: Message) -> list[str | None]:
    return [button.label for button in message.buttons]


# ---------------------------------------------------------------- answers that say no


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(FaultKind.ERROR_BEFORE, status=400, error="prompt was not liked"), "It says: prompt was not liked"),
        (Fault(FaultKind.ERROR_BEFORE, status=403, error="model not available to you"), "model not available to you"),
        (Fault(FaultKind.ERROR_BEFORE, status=422, error=""), "The service does not take this."),
        (Fault(FaultKind.REFUSED, error="too many @everyone in it"), "too many @\u200beveryone in it"),
    ],
)
async def test_a_request_that_is_refused_fails_with_the_reason_and_costs_nothing(
    stage: Stage, fault: Fault, says: str
) -> None:
    held, asked = stage.meigen.purchased(), len(stage.submissions())
    stage.meigen.faults.add(fault)
    failed = await stage.ended(await stage.ask("refused"), Accent.FAILED)
    assert says in failed.text
    assert "Nothing was charged." in failed.text
    assert labels(failed) == ["Again", "Remix", "Delete"]
    assert len(stage.submissions()) == asked + 1
    assert stage.meigen.purchased() == held


async def test_a_model_taken_off_sale_meanwhile_is_told(stage: Stage) -> None:
    stage.meigen.engine.retired.add("flux2-klein")
    failed = await stage.ended(await stage.ask("of yesterday", model="flux2-klein"), Accent.FAILED)
    assert "The service does not take this." in failed.text


async def test_429_puts_it_back_in_line_and_it_is_made_once(stage: Stage) -> None:
    stage.meigen.faults.add(Fault(FaultKind.RATE_LIMITED, retry_after="1"))
    card = await stage.ask("told to wait")
    await stage.shows(card, "The service asked for a short break.")
    await stage.ended(card)
    assert stage.submissions().count("told to wait") == 2
    assert len(stage.generations("told to wait")) == 1


async def test_a_generation_that_fails_is_given_back(stage: Stage) -> None:
    held = stage.meigen.purchased()
    stage.meigen.faults.add(Fault(FaultKind.FAILS, error="the brush broke"))
    failed = await stage.ended(await stage.ask("broken", model="midjourney-v8.1"), Accent.FAILED)
    assert "It says: the brush broke" in failed.text
    assert "Your 15 credits came back." in failed.text
    assert stage.meigen.purchased() == held


# ---------------------------------------------------------------- looks and files that fail


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ERROR_BEFORE, "status", status=502, times=2),
        Fault(FaultKind.ERROR_BEFORE, "status", status=404, error="Generation not found"),
        Fault(FaultKind.RATE_LIMITED, "status", retry_after="1"),
        Fault(FaultKind.GARBAGE, "status", times=2),
        Fault(FaultKind.WRONG_SHAPE, "status", times=2),
        Fault(FaultKind.DROP_AFTER, "status", times=2),
        Fault(FaultKind.ERROR_BEFORE, "media", status=503),
        Fault(FaultKind.CUT, "media"),
    ],
    ids=lambda fault: f"{fault.route} {fault.kind} {fault.status}",
)
async def test_looks_and_fetches_are_repeated_until_they_succeed(
    stage: Stage, fault: Fault, request: pytest.FixtureRequest
) -> None:
    prompt = f"seen late: {request.node.name}"
    stage.meigen.faults.add(fault)
    done = await stage.ended(await stage.ask(prompt))
    (generation,) = stage.generations(prompt)
    assert [file.data for file in results(done)] == pictures_of(generation)
    assert not stage.meigen.faults.pending


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (FaultKind.GONE, "is gone"),
        (FaultKind.EXPIRED, "is gone"),
        (FaultKind.HTML, "could not be brought here. The link works for a limited time."),
        (FaultKind.EMPTY, "could not be brought here. The link works for a limited time."),
    ],
)
async def test_a_result_that_cannot_be_brought_is_told_of(stage: Stage, kind: FaultKind, says: str) -> None:
    stage.meigen.faults.add(Fault(kind, "media", times=None))
    done = await stage.ended(await stage.ask(f"out of reach: {kind}"))
    stage.meigen.faults.clear()
    assert says in done.text
    assert not results(done)


async def test_a_picture_too_large_for_discord_is_made_smaller(stage: Stage) -> None:
    limit_bytes = stage.world.attachment_size_limit_bytes
    stage.world.attachment_size_limit_bytes = 300_000
    stage.meigen.faults.add(Fault(FaultKind.BULKY, "media"))
    done = await stage.ended(await stage.ask("a huge fox"))
    stage.world.attachment_size_limit_bytes = limit_bytes
    (picture,) = results(done)
    assert len(picture.data) <= 300_000
    assert picture.description == "Picture: a huge fox"


# ---------------------------------------------------------------- no readable answer

SILENCES: Mapping[str, Mapping[str, Any]] = {
    "500 before": {"kind": FaultKind.ERROR_BEFORE},
    "502 after": {"kind": FaultKind.ERROR_AFTER, "status": 502},
    "dropped before": {"kind": FaultKind.DROP_BEFORE},
    "dropped after": {"kind": FaultKind.DROP_AFTER},
    "reset after": {"kind": FaultKind.RESET_AFTER},
    "redirected": {"kind": FaultKind.REDIRECT},
    "garbage": {"kind": FaultKind.GARBAGE},
    "truncated": {"kind": FaultKind.TRUNCATED},
    "cut": {"kind": FaultKind.CUT},
    "without its id": {"kind": FaultKind.WRONG_SHAPE},
    "web page": {"kind": FaultKind.HTML},
    "endless": {"kind": FaultKind.HUGE, "body_bytes": 2**21},
    "bomb": {"kind": FaultKind.GZIP_BOMB, "body_bytes": 2**21},
}


async def test_without_a_readable_answer_it_may_have_been_charged_and_is_not_repeated(tmp_path: Path) -> None:
    """All under way at once, since after the first silence the bot sends one at a time."""
    async with open_stage(tmp_path, latency_seconds=(1.5, 1.5)) as stage:
        stage.meigen.faults.add(*(Fault(**fault, prompt_contains=name) for name, fault in SILENCES.items()))
        cards = await asyncio.gather(*(stage.ask(name) for name in SILENCES))
        for name, card in zip(SILENCES, cards, strict=True):
            unsure = await stage.ended(card, Accent.UNSURE)
            assert "may have been charged" in unsure.text, name
            assert labels(unsure) == ["Ask again", "Remix", "Delete"], name
        assert sorted(stage.submissions()) == sorted(SILENCES)
        told = card_of(await stage.mia.slash(stage.gallery, "credits")).text
        assert f"{2 * len(SILENCES)} credits used, 0 credits held" in told


async def test_after_a_silence_one_goes_ahead_and_asking_again_costs_anew(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        stage.meigen.faults.add(Fault(FaultKind.DROP_AFTER))
        unsure = await stage.ended(await stage.ask("unheard"), Accent.UNSURE)
        question = card_of(await stage.mia.click(unsure, "Ask again"))
        assert question.ephemeral
        assert "that costs 2 credits" in question.text
        assert stage.submissions() == ["unheard"]
        again = card_of(await stage.mia.click(question, "Confirm"))
        assert not again.ephemeral
        await stage.shows(again, "The service cannot be reached right now. Your place in line is kept.")
        await stage.ended(again)
        assert len(stage.generations("unheard")) == 2
        assert stage.now(unsure).accent_color == Accent.UNSURE


# ---------------------------------------------------------------- the account


async def test_402_tells_what_is_missing_and_the_others_keep_their_place(tmp_path: Path) -> None:
    async with open_stage(tmp_path, credits=3) as stage:
        failed = await stage.ended(await stage.ask("too dear", model="midjourney-v8.1"), Accent.FAILED)
        assert "It needs 15 credits. 3 credits left." in failed.text
        assert "Nothing was charged." in failed.text
        waiting = await stage.ask("cheaper")
        assert "The credits are used up. Your place in line is kept" in waiting.text
        assert stage.submissions() == ["too dear"]
        assert stage.meigen.purchased() == 3


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_is_not_accepted_keeps_the_line_until_there_is_another(tmp_path: Path, status: int) -> None:
    async with open_stage(tmp_path) as stage:
        stage.meigen.faults.add(Fault(FaultKind.ERROR_BEFORE, status=status, error="Forbidden"))
        card = await stage.ask("with an old key")
        await stage.shows(card, "The service does not accept the key.")
        assert "Cancel" in labels(stage.now(card))
        await stage.bot.terminate()
        await stage.bot.start(MEIGEN_API_KEY=(new_key := stage.meigen.add_key()))
        await stage.ended(card)
        (generation,) = stage.generations("with an old key")
        assert generation.key == new_key


async def test_a_look_that_finds_the_key_refused_holds_the_line_and_still_brings_the_picture(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        fault = Fault(FaultKind.ERROR_BEFORE, "status", status=401, error="Invalid or missing API token")
        stage.meigen.faults.add(fault)
        await stage.ended(await stage.ask("seen late"))
        waiting = await stage.ask("after it")
        assert "The service does not accept the key." in waiting.text
        assert stage.submissions() == ["seen late"]


async def test_asked_while_meigen_is_away_and_made_once_it_is_back(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = {"MEIGEN_BASE_URL": f"http://127.0.0.1:{port}/api", "MEDIA_TRUSTED_HOSTS": f"127.0.0.1:{port}"}
    async with open_stage(tmp_path, settings, is_started=False) as stage:
        await stage.bot.start(MEIGEN_API_KEY="meigen_sk_of_the_one_that_is_away")
        assert "I do not know the models yet" in await stage.refused("of a kind", model="flux2-klein")
        card = await stage.ask("into the dark")
        assert "Cost not known" in card.text
        await stage.shows(card, "The service cannot be reached right now.")
        async with SandboxMeigen(port=port, key="meigen_sk_of_the_one_that_is_away", **MEIGEN_OPTIONS) as back:
            done = await stage.ended(card)
            assert "2 credits charged" in done.text
            assert [generation.prompt for generation in back.generations.values()] == ["into the dark"]
            assert not back.own_faults
