"""References: fresh links off the card, or off the card that it came from."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.domain.jobs import Job
from bot.domain.requests import Reference
from bot.errors import ChannelClosed, MessageGone, SurfaceDown, TokenDead
from bot.pipeline.references import ANCESTORS_ASKED, carried_name
from bot.ports import CarriedReference
from tests.support.builders import BEGAN_AT, attachment, request
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig

UNTIL = BEGAN_AT + 1800
DYING = attachment(BEGAN_AT + 60)
LASTING = attachment(BEGAN_AT + 80_000)
FRESH = f"https://cdn.test/kept?ex={int(BEGAN_AT + 86_400):x}"


async def asked(rig: Rig, *references: Reference, carried: int = 0, **changes: Any) -> Job:
    """A job whose message carries so many of its references."""
    job = await rig.ask(request=request(references=references), **changes)
    message = rig.surface.messages[(await rig.card(job)).message_id or 0]
    message.files = tuple(CarriedReference(n, f"reference-{n}.png", f"{FRESH}&n={n}") for n in range(1, carried + 1))
    return job


async def urls(rig: Rig, job: Job, until: float = UNTIL) -> list[str] | None:
    found = await rig.references.refreshed(await rig.job(job), until)
    return None if found is None else [reference.url for reference in found.references]


@virtually
async def test_what_lives_long_enough_stays_as_it_was_given() -> None:
    async with open_rig() as rig:
        typed = Reference("https://elsewhere.test/a.png")
        job = await asked(rig, LASTING, typed)
        assert await urls(rig, job) == [LASTING.url, typed.url]


@virtually
async def test_what_dies_is_read_off_the_answer() -> None:
    async with open_rig() as rig:
        job = await asked(rig, LASTING, DYING, carried=2)
        assert await urls(rig, job) == [LASTING.url, f"{FRESH}&n=2"]
        assert [call.name for call in rig.surface.calls] == ["find_answer"]


@virtually
async def test_without_a_token_the_message_is_asked_for_by_its_ids() -> None:
    async with open_rig() as rig:
        job = await asked(rig, DYING, carried=1)
        await asyncio.sleep(1000)
        assert await urls(rig, job) == [f"{FRESH}&n=1"]
        assert [call.name for call in rig.surface.calls] == ["find_message"]


@virtually
async def test_a_token_that_died_early_is_no_reason_to_give_up() -> None:
    async with open_rig() as rig:
        job = await asked(rig, DYING, carried=1)
        rig.surface.failing["find_answer"] = TokenDead()
        assert await urls(rig, job) == [f"{FRESH}&n=1"]


@virtually
async def test_the_card_that_it_came_from_is_asked_too() -> None:
    async with open_rig() as rig:
        parent = await asked(rig, DYING, carried=1)
        child = await asked(rig, DYING, parent_id=parent.id)
        grandchild = await asked(rig, DYING, parent_id=child.id)
        assert await urls(rig, grandchild) == [f"{FRESH}&n=1"]


@virtually
async def test_not_all_ancestors_are_asked() -> None:
    async with open_rig() as rig:
        job = await asked(rig, DYING, carried=1)
        for _ in range(ANCESTORS_ASKED):
            job = await asked(rig, DYING, parent_id=job.id)
        assert await urls(rig, job) is None
        assert len(rig.surface.calls) == ANCESTORS_ASKED


@pytest.mark.parametrize("refusal", [None, MessageGone(), ChannelClosed()])
def test_what_nobody_carries_is_gone(refusal: Exception | None) -> None:
    @virtually
    async def ask() -> None:
        async with open_rig() as rig:
            job = await asked(rig, DYING)
            if refusal is not None:
                rig.surface.failing.update({"find_answer": refusal, "find_message": refusal})
            assert await urls(rig, job) is None

    ask()


@virtually
async def test_one_of_two_that_is_gone_is_one_too_many() -> None:
    async with open_rig() as rig:
        job = await asked(rig, DYING, attachment(BEGAN_AT + 60, number=2), carried=1)
        assert await urls(rig, job) is None


@virtually
async def test_a_link_that_is_no_fresher_is_no_help() -> None:
    """The machine's clock may be far ahead: asking Discord for ever would not help either."""
    async with open_rig() as rig:
        job = await asked(rig, DYING, carried=1)
        assert await urls(rig, job, BEGAN_AT + 90_000) is None


@pytest.mark.parametrize("call", ["find_answer", "find_message"])
def test_while_discord_fails_nothing_is_known(call: str) -> None:
    @virtually
    async def ask() -> None:
        async with open_rig() as rig:
            job = await asked(rig, DYING, carried=1)
            if call == "find_message":
                await rig.store.cards.drop_token(job.id, (await rig.card(job)).token_expires_at)
            rig.surface.failing[call] = SurfaceDown()
            with pytest.raises(SurfaceDown):
                await urls(rig, job)

    ask()


@virtually
async def test_other_files_of_the_message_are_no_references() -> None:
    async with open_rig() as rig:
        job = await asked(rig, DYING)
        message = rig.surface.messages[(await rig.card(job)).message_id or 0]
        message.files = (CarriedReference(1, "easel-7-1.png", FRESH),)
        assert await urls(rig, job) is None


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("cat.png", "reference-1.png"),
        ("my cat.JPEG", "reference-1.jpeg"),
        ("cat", "reference-1.png"),
        ("cat.", "reference-1.png"),
        ("cat.p/g", "reference-1.png"),
        ("cat.картинка", "reference-1.png"),
        ("", "reference-1.png"),
    ],
)
def test_the_name_of_a_carried_file(filename: str, name: str) -> None:
    assert carried_name(0, attachment(None, filename)) == name
