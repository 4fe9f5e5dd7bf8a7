"""What a request goes by, a day later: Discord's copies off the right card, whoever made it first."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.jobs import Job, JobState
from bot.domain.requests import Reference
from bot.errors import MediaGone
from bot.pipeline.dispatcher import FRESH_SECONDS
from bot.ports import CarriedReference
from bot.ui.messages import Upload
from tests.support.builders import BEGAN_AT, attachment, request
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig

MADE = Reference("https://img.test/7/1.webp?sig=1", is_result=True, filename="easel-7-1.webp")
OTHER = replace(MADE, url="https://img.test/8/1.webp", filename="easel-8-1.webp")
DAY_SECONDS = 86_400.0


async def asked(rig: Rig, *references: Reference, parent: Job | None = None, room_bytes: int = 10_000_000) -> Job:
    """A job whose card stands with what it carries."""
    if "courier" not in rig.running:
        rig.start("courier")
    job = await rig.ask(
        request=request(references=references),
        parent_id=None if parent is None else parent.id,
        attachment_limit_bytes=room_bytes,
    )
    await rig.settled()
    return await rig.job(job)


async def uploads(rig: Rig, job: Job) -> list[str]:
    card = await rig.card(job)
    message = rig.surface.messages[card.message_id or 0].message
    assert message is not None
    return [file.filename for file in message.attachments if isinstance(file, Upload)]


@virtually
async def test_a_result_that_it_goes_by_is_carried_like_a_file() -> None:
    async with open_rig() as rig:
        job = await asked(rig, attachment(None), MADE)
        assert await uploads(rig, job) == ["reference-1.png", "reference-2.webp"]
        made = job.request.references[1]
        assert (made.is_attachment, made.is_result, made.filename) == (True, False, "easel-7-1.webp")
        assert made.url.startswith("https://cdn.test/kept/reference-2.webp?ex=")


@virtually
async def test_it_is_kept_by_every_later_edit() -> None:
    async with open_rig() as rig:
        job = await asked(rig, MADE)
        fetched = list(rig.media.fetched)
        await rig.store.cards.redraw(job.id)
        rig.signals.cards.ring()
        await rig.settled()
        assert rig.media.fetched == fetched
        (file,) = (await rig.card(job)).references
        assert file.filename == "reference-1.webp"


@pytest.mark.parametrize("why", ["gone", "too large for the card", "no room beside others"])
def test_what_cannot_be_carried_stays_the_upstreams(why: str) -> None:
    @virtually
    async def carry() -> None:
        async with open_rig() as rig:
            others: tuple[Reference, ...] = ()
            if why == "gone":
                rig.media.troubles[MADE.url] = MediaGone("404")
            if why == "no room beside others":
                rig.media.size_bytes = 9_000_000
                others = (OTHER, replace(OTHER, filename="easel-9-1.webp"))
            room_bytes = 999 if why == "too large for the card" else 10_000_000
            job = await asked(rig, *others, MADE, room_bytes=room_bytes)
            assert job.request.references[-1] == MADE
            assert [each.is_attachment for each in job.request.references[:-1]] == [True] * len(others)

    carry()


@virtually
async def test_again_a_day_later_goes_by_discords_copy_with_a_fresh_link() -> None:
    """The upstream's own link is long dead by then."""
    async with open_rig() as rig:
        first = await asked(rig, MADE)
        await asyncio.sleep(2 * DAY_SECONDS)
        await rig.store.cards.drop_dead_secrets()
        await carries(rig, first, "reference-1.webp")
        again = await rig.ask(request=(await rig.job(first)).request, parent_id=first.id)
        rig.start("dispatcher")
        await rig.until(lambda: rig.states([again.id]) == [JobState.RUNNING], within_seconds=100)
        for submitted in rig.provider.submitted:
            (sent,) = submitted.request.references
            assert f"/{first.id}/reference-1.webp?ex=" in sent.url
            assert (sent.expires_at or 0) > rig.clock.now() + FRESH_SECONDS


# ---- whose copies


async def carries(rig: Rig, job: Job, *filenames: str) -> None:
    """What the message of a job has by now."""
    message = rig.surface.messages[(await rig.card(job)).message_id or 0]
    ex = int(rig.clock.now() + DAY_SECONDS)
    message.files = tuple(
        CarriedReference(n, name, f"https://cdn.test/{job.id}/{name}?ex={ex:x}") for n, name in enumerate(filenames)
    )


@virtually
async def test_a_card_that_goes_by_other_files_is_not_taken_for_one_that_goes_by_the_same() -> None:
    """Of what was varied, the first reference is one of its parent's results, and not its parent's first reference."""
    async with open_rig() as rig:
        cat, copy = attachment(BEGAN_AT + 60), attachment(BEGAN_AT + 60, "easel-7-2.png", 2)
        parent = await rig.ask(request=request(references=(cat,)))
        await carries(rig, parent, "reference-1.png")
        varied = await rig.ask(request=request(references=(copy,)), parent_id=parent.id)
        assert await rig.references.refreshed(await rig.job(varied), BEGAN_AT + 1800) is None
        assert len(rig.surface.named("find_answer", "find_message")) == 1, "its own card alone"
        again = await rig.ask(request=request(references=(replace(cat, url=f"{cat.url}&new"),)), parent_id=parent.id)
        found = await rig.references.refreshed(await rig.job(again), BEGAN_AT + 1800)
        assert found is not None
        assert f"/{parent.id}/reference-1.png?" in found.references[0].url


@virtually
async def test_a_file_is_found_in_whatever_place_it_had() -> None:
    """In a remix another one may stand before it."""
    async with open_rig() as rig:
        cat, dog = attachment(BEGAN_AT + 60), attachment(BEGAN_AT + 60, "dog.png", 2)
        parent = await rig.ask(request=request(references=(dog, cat)))
        await carries(rig, parent, "reference-1.png", "reference-2.png")
        typed = Reference("https://elsewhere.test/a.png")
        mixed = await rig.ask(request=request(references=(typed, cat)), parent_id=parent.id)
        found = await rig.references.refreshed(await rig.job(mixed), BEGAN_AT + 1800)
        assert found is not None
        assert found.references[0] == typed
        assert found.references[1].url.startswith(f"https://cdn.test/{parent.id}/reference-2.png?")


@virtually
async def test_two_files_alike_are_told_apart_by_their_order() -> None:
    async with open_rig() as rig:
        one, two = (attachment(BEGAN_AT + 60, number=number) for number in (1, 2))
        parent = await rig.ask(request=request(references=(one, two)))
        await carries(rig, parent, "reference-1.png", "reference-2.png")
        again = await rig.ask(request=request(references=(one, two)), parent_id=parent.id)
        found = await rig.references.refreshed(await rig.job(again), BEGAN_AT + 1800)
        assert found is not None
        assert [each.url.partition("?")[0].rpartition("/")[2] for each in found.references] == [
            "reference-1.png",
            "reference-2.png",
        ]
