"""One delivery: every rung of the ladder against every way in which Discord refuses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.domain.jobs import Job, JobState
from bot.domain.requests import Reference
from bot.errors import (
    ChannelClosed,
    InteractionLost,
    MediaDown,
    MediaGone,
    MediaTooLarge,
    MediaUnsafe,
    MessageGone,
    PayloadTooLarge,
    ShowRefused,
    SurfaceDown,
    SurfaceError,
    TokenDead,
    Unsearchable,
)
from bot.pipeline.courier import MEDIA_PATIENCE
from bot.pipeline.ladder import NONCE_SECONDS
from bot.ports import Accepted, CardKind, CardState, Claim, Generation, GenerationState, Rung
from bot.ports.cards import REQUEST_LIMIT_BYTES
from bot.ui.messages import Message, Upload
from tests.support.builders import CHANNEL, MEMBER, attachment, completed, request
from tests.support.fakes import virtually
from tests.unit.pipeline.rig import Rig, open_rig

URL = "https://img.test/1.png"
T, M, C, D = "edit_by_token", "edit_by_ids", "post", "post_directly"
LIVE, UNWANTED, UNDELIVERABLE = CardState.LIVE, CardState.UNWANTED, CardState.UNDELIVERABLE


async def advance(rig: Rig, job: Job, *told: Generation) -> Job:
    """To the upstream and through what it told."""
    claim = await rig.store.submissions.claim(rig.account, 0.0)
    assert isinstance(claim, Claim)
    assert claim.job.id == job.id
    await rig.store.submissions.record(rig.account, job.id, Accepted(f"gen-{job.id}", charged_credits=5))
    for generation in told:
        await rig.store.watching.finish(job.id, generation)
    rig.signals.cards.ring()
    return await rig.job(job)


async def finished(rig: Rig, *urls: str, **changes: Any) -> Job:
    """A job that succeeded, its card still showing it queued."""
    return await advance(rig, await rig.ask(**changes), completed(*(urls or (URL,))))


async def show(rig: Rig) -> None:
    """Let the courier work until no card is behind."""
    if "courier" not in rig.running:
        rig.start("courier")
    rig.signals.cards.ring()
    await rig.settled()


def ways(rig: Rig) -> list[str]:
    return [call.name for call in rig.surface.shown]


def last(rig: Rig) -> Message:
    message = rig.surface.shown[-1].message
    assert message is not None
    return message


def uploads(message: Message) -> list[Path]:
    return [file.path for file in message.attachments if isinstance(file, Upload)]


# ---- the ladder


@pytest.mark.parametrize(
    ("refusals", "tried", "state"),
    [
        ({}, [T], LIVE),
        ({T: TokenDead}, [T, M], LIVE),
        ({T: InteractionLost}, [T, M], LIVE),
        ({T: ShowRefused}, [T, M], LIVE),
        ({T: PayloadTooLarge}, [T, T, M], LIVE),
        ({T: MessageGone}, [T], UNWANTED),
        ({T: ChannelClosed}, [T, D], LIVE),
        ({T: TokenDead, M: MessageGone}, [T, M], UNWANTED),
        ({T: TokenDead, M: ChannelClosed}, [T, M, D], LIVE),
        ({T: TokenDead, M: ShowRefused}, [T, M, C], LIVE),
        ({T: TokenDead, M: TokenDead}, [T, M, C], LIVE),
        ({T: TokenDead, M: PayloadTooLarge}, [T, M, M, C], LIVE),
        ({T: TokenDead, M: ShowRefused, C: ChannelClosed}, [T, M, C, D], LIVE),
        ({T: TokenDead, M: ShowRefused, C: ShowRefused}, [T, M, C, D], LIVE),
        ({T: TokenDead, M: ShowRefused, C: MessageGone}, [T, M, C, D], LIVE),
        ({T: TokenDead, M: ShowRefused, C: PayloadTooLarge}, [T, M, C, C, D], LIVE),
        ({T: TokenDead, M: ChannelClosed, D: ChannelClosed}, [T, M, D], UNDELIVERABLE),
        ({T: TokenDead, M: ChannelClosed, D: ShowRefused}, [T, M, D], UNDELIVERABLE),
        ({T: TokenDead, M: ShowRefused, C: ShowRefused, D: ShowRefused}, [T, M, C, D], UNDELIVERABLE),
    ],
    ids=str,
)
def test_an_end_takes_the_best_way_that_holds(
    refusals: dict[str, type[SurfaceError]], tried: list[str], state: CardState
) -> None:
    @virtually
    async def climb() -> None:
        async with open_rig() as rig:
            job = await finished(rig)
            rig.surface.failing.update({name: kind() for name, kind in refusals.items()})
            await show(rig)
            await asyncio.sleep(200)
            card = await rig.card(job)
            assert ways(rig) == tried
            assert card.state is state
            assert (card.delivered_at is not None) == (state is LIVE)
            assert card.posting_rung is None
            assert (await rig.job(job)).state is JobState.SUCCEEDED

    climb()


@pytest.mark.parametrize("kind", [CardKind.PRIVATE, CardKind.USER_INSTALLED])
def test_what_only_the_member_sees_goes_to_the_member(kind: CardKind) -> None:
    @virtually
    async def climb() -> None:
        async with open_rig() as rig:
            await finished(rig, card_kind=kind, is_private=True)
            rig.surface.failing[T] = TokenDead()
            await show(rig)
            assert ways(rig) == [T, D]
            assert rig.surface.shown[-1].target == MEMBER

    climb()


@pytest.mark.parametrize("way", [T, M, C, D])
def test_while_discord_fails_the_same_way_is_tried_again(way: str) -> None:
    @virtually
    async def climb() -> None:
        async with open_rig() as rig:
            job = await finished(rig)
            refusals = {T: TokenDead(), M: ChannelClosed() if way == D else ShowRefused(), C: ShowRefused()}
            for name, refusal in refusals.items():
                if name == way:
                    break
                rig.surface.failing[name] = refusal
            rig.surface.once[way] = [SurfaceDown(), SurfaceDown()]
            await show(rig)
            assert ways(rig).count(way) == 3
            assert ways(rig)[-1] == way
            assert (await rig.card(job)).delivered_at is not None
            nonces = {call.nonce for call in rig.surface.named(way)}
            assert len(nonces) == 1, "however often it is posted, it is one message"

    climb()


@pytest.mark.parametrize("way", [T, M])
@pytest.mark.parametrize("refusal", [ShowRefused, ChannelClosed, PayloadTooLarge])
def test_what_is_under_way_is_not_worth_a_message(way: str, refusal: type[SurfaceError]) -> None:
    @virtually
    async def climb() -> None:
        async with open_rig() as rig:
            job = await advance(rig, await rig.ask())
            rig.surface.failing.update({T: TokenDead(), M: TokenDead()})
            rig.surface.failing[way] = refusal()
            await show(rig)
            await asyncio.sleep(100)
            assert set(ways(rig)) <= {T, M}
            card = await rig.card(job)
            assert (card.state, card.shown) == (CardState.LIVE, card.wanted)
            rig.surface.failing.clear()
            await rig.store.watching.finish(job.id, completed())
            await show(rig)
            assert (await rig.card(job)).delivered_at is not None, "its end is another matter"

    climb()


@virtually
async def test_a_dead_token_is_tried_once() -> None:
    async with open_rig() as rig:
        job = await advance(rig, await rig.ask())
        rig.surface.failing[T] = TokenDead()
        await show(rig)
        await rig.store.watching.finish(job.id, completed())
        await show(rig)
        assert ways(rig) == [T, M, M]


@virtually
async def test_an_expired_token_is_not_tried_at_all() -> None:
    async with open_rig() as rig:
        await finished(rig)
        await asyncio.sleep(901)
        await show(rig)
        assert ways(rig) == [M]


@virtually
async def test_a_new_message_mentions_the_member_and_an_edit_does_not() -> None:
    async with open_rig() as rig:
        await finished(rig)
        await show(rig)
        assert last(rig).mention_user_id is None
        await finished(rig)
        rig.surface.failing.update({T: TokenDead(), M: ShowRefused()})
        await show(rig)
        assert ways(rig)[-1] == C
        assert last(rig).mention_user_id == MEMBER
        assert f"<@{MEMBER}>" in "".join(last(rig).texts)
        assert rig.surface.shown[-1].target == CHANNEL


@virtually
async def test_after_a_post_the_new_message_is_the_card() -> None:
    async with open_rig() as rig:
        job = await finished(rig)
        rig.surface.failing.update({T: TokenDead(), M: ShowRefused()})
        await show(rig)
        card = await rig.card(job)
        assert card.message_id in rig.surface.messages
        assert rig.surface.messages[card.message_id or 0].nonce is not None


@virtually
async def test_a_deleted_message_is_not_wanted_and_what_waits_is_called_back() -> None:
    async with open_rig() as rig:
        job = await rig.ask()
        rig.surface.delete((await rig.card(job)).message_id or 0)
        await rig.store.cards.redraw(job.id)
        await show(rig)
        assert (await rig.job(job)).state is JobState.CANCELLED
        assert (await rig.card(job)).state is UNWANTED
        await asyncio.sleep(100)
        assert ways(rig) == [T]


@virtually
async def test_what_is_kept_because_there_is_no_way_keeps_its_result() -> None:
    async with open_rig() as rig:
        job = await finished(rig)
        rig.surface.failing.update({name: ChannelClosed() for name in (T, M, C, D)})
        await show(rig)
        assert (await rig.card(job)).state is UNDELIVERABLE
        assert (await rig.job(job)).result == completed(URL).result
        assert rig.media.dropped == []


@virtually
async def test_an_end_that_nobody_waits_for_is_not_posted() -> None:
    """Its card never stood."""
    async with open_rig() as rig:
        job = await rig.ask(is_answered=False)
        await rig.store.door.ask_cancel(job.id)
        await show(rig)
        assert ways(rig) == [T]
        assert (await rig.card(job)).state is UNDELIVERABLE


# ---- posts and crashes


async def posting(rig: Rig, name: str = C) -> Job:
    """A post whose answer never comes: the process will die over it."""
    job = await finished(rig)
    rig.surface.failing.update({T: TokenDead(), M: ChannelClosed() if name == D else ShowRefused()})
    rig.surface.lost_replies.add(name)
    rig.start("courier")
    await rig.until(lambda: len(rig.surface.messages) == 2)
    await rig.kill()
    rig.surface.lost_replies.clear()
    return job


def posted(rig: Rig) -> list[int]:
    return [message.message_id for message in rig.surface.messages.values() if message.nonce is not None]


@virtually
async def test_an_intent_is_stored_before_the_post_leaves() -> None:
    async with open_rig() as rig:
        job = await finished(rig)
        rig.surface.failing.update({T: TokenDead(), M: ShowRefused(), C: SurfaceDown()})
        rig.start("courier")
        await rig.until(lambda: bool(rig.surface.named(C)))
        card = await rig.card(job)
        assert (card.posting_rung, card.posting_nonce) == (Rung.CHANNEL_POST, rig.surface.named(C)[0].nonce)
        rig.surface.failing.clear()


@pytest.mark.parametrize("name", [C, D])
@pytest.mark.parametrize("down_seconds", [1.0, NONCE_SECONDS - 10, NONCE_SECONDS + 10, 4000.0])
def test_a_process_that_dies_over_a_post_makes_no_second_message(name: str, down_seconds: float) -> None:
    @virtually
    async def die() -> None:
        async with open_rig() as rig:
            job = await posting(rig, name)
            await asyncio.sleep(down_seconds)
            if down_seconds > NONCE_SECONDS:
                for message in rig.surface.messages.values():
                    message.nonce = f"forgotten {message.nonce}" if message.nonce else None
            async with open_rig(before=rig, owner="second") as after:
                await show(after)
                card = await after.card(job)
                assert posted(after) == [card.message_id]
                assert card.delivered_at is not None
                searched = after.surface.named("find_post", "find_direct_post")
                assert bool(searched) == (down_seconds > NONCE_SECONDS)

    die()


@virtually
async def test_a_post_that_never_arrived_is_made_after_all() -> None:
    async with open_rig() as rig:
        job = await posting(rig)
        rig.surface.delete(posted(rig)[0])
        await asyncio.sleep(4000)
        async with open_rig(before=rig, owner="second") as after:
            await show(after)
            assert posted(after) == [(await after.card(job)).message_id]


@virtually
async def test_a_search_that_fails_is_made_again_before_anything_is_posted() -> None:
    async with open_rig() as rig:
        await posting(rig)
        await asyncio.sleep(4000)
        rig.surface.once["find_post"] = [SurfaceDown(), SurfaceDown()]
        async with open_rig(before=rig, owner="second") as after:
            calls = len(after.surface.named(C))
            await show(after)
            assert len(after.surface.named("find_post")) == 3
            assert len(after.surface.named(C)) == calls
            assert len(posted(after)) == 1


@virtually
async def test_where_there_is_too_much_to_search_the_channel_gets_no_second_post() -> None:
    async with open_rig() as rig:
        job = await posting(rig)
        await asyncio.sleep(4000)
        calls = len(rig.surface.named(C))
        rig.surface.failing["find_post"] = Unsearchable()
        async with open_rig(before=rig, owner="second") as after:
            await show(after)
            assert len(after.surface.named(C)) == calls
            assert ways(after)[-1] == D
            assert (await after.card(job)).delivered_at is not None


@virtually
async def test_a_clock_put_back_over_a_post_makes_no_second_message() -> None:
    async with open_rig() as rig:
        job = await posting(rig)
        rig.driver.raw.execute("UPDATE cards SET posting_since = posting_since + 3600")
        for message in rig.surface.messages.values():
            message.nonce = f"forgotten {message.nonce}" if message.nonce else None
        async with open_rig(before=rig, owner="second") as after:
            await show(after)
            assert posted(after) == [(await after.card(job)).message_id]


@virtually
async def test_a_post_that_was_begun_in_a_channel_now_closed_goes_to_the_member() -> None:
    async with open_rig() as rig:
        job = await posting(rig)
        rig.surface.delete(posted(rig)[0])
        rig.surface.failing.update({C: ChannelClosed(), "find_post": ChannelClosed()})
        await asyncio.sleep(4000)
        async with open_rig(before=rig, owner="second") as after:
            await show(after)
            assert ways(after)[-1] == D
            assert (await after.card(job)).delivered_at is not None


@virtually
async def test_an_edit_cut_off_before_it_was_recorded_is_noticed_before_a_post() -> None:
    """The end stands on the card already: a new message would show it twice."""
    async with open_rig() as rig:
        job = await finished(rig)
        rig.surface.lost_replies.add(T)
        rig.start("courier")
        await rig.until(lambda: any(message.buttons for message in rig.surface.messages.values()))
        await rig.kill()
        rig.surface.lost_replies.clear()
        rig.surface.failing.update({T: TokenDead(), M: ShowRefused()})
        async with open_rig(before=rig, owner="second") as after:
            await show(after)
            assert posted(after) == []
            assert (await after.card(job)).delivered_at is not None


# ---- results


@virtually
async def test_a_result_is_attached_and_kept() -> None:
    async with open_rig() as rig:
        job = await finished(rig)
        await show(rig)
        assert uploads(last(rig)) == [Path(f"/kept/{job.id}/0.png")]
        assert len(last(rig).gallery) == 1
        assert rig.media.dropped == []


@virtually
async def test_four_results_share_the_room_of_one_request() -> None:
    async with open_rig() as rig:
        rig.media.size_bytes = 8 * 1024 * 1024
        await finished(rig, *(f"https://img.test/{n}.png" for n in range(4)), attachment_limit_bytes=10**9)
        await show(rig)
        assert sum(asked <= REQUEST_LIMIT_BYTES // 4 for asked in rig.media.room_asked[:1]) == 1
        assert len(uploads(last(rig))) * rig.media.size_bytes <= REQUEST_LIMIT_BYTES


@virtually
async def test_a_file_may_be_as_large_as_the_interaction_said() -> None:
    async with open_rig() as rig:
        await finished(rig, attachment_limit_bytes=999)
        await show(rig)
        assert rig.media.room_asked == [999]
        assert uploads(last(rig)) == []
        assert URL in "".join(last(rig).texts)
        assert "too large" in "".join(last(rig).texts)


@virtually
async def test_what_discord_finds_too_large_is_linked() -> None:
    async with open_rig() as rig:
        await finished(rig)
        rig.surface.once[T] = [PayloadTooLarge()]
        await show(rig)
        assert ways(rig) == [T, T]
        assert uploads(last(rig)) == []
        assert URL in "".join(last(rig).texts)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (MediaGone("404"), "is gone"),
        (MediaTooLarge("70 MB"), "too large"),
        (MediaUnsafe("private address"), "could not be brought here"),
    ],
)
def test_what_cannot_be_brought_here_is_told_as_it_is(trouble: Exception, words: str) -> None:
    @virtually
    async def tell() -> None:
        async with open_rig() as rig:
            job = await finished(rig)
            rig.media.troubles[URL] = trouble
            await show(rig)
            assert ways(rig) == [T]
            assert words in "".join(last(rig).texts)
            assert (await rig.card(job)).delivered_at is not None

    tell()


@virtually
async def test_one_result_of_two_that_is_gone_does_not_hide_the_other() -> None:
    async with open_rig() as rig:
        rig.media.troubles["https://img.test/1.png"] = MediaGone("404")
        await finished(rig, "https://img.test/1.png", "https://img.test/2.png")
        await show(rig)
        assert len(uploads(last(rig))) == 1


@virtually
async def test_a_media_host_that_fails_is_tried_again_before_anything_is_linked() -> None:
    async with open_rig() as rig:
        await finished(rig)
        rig.media.troubles[URL] = MediaDown("503")
        rig.start("courier")
        await asyncio.sleep(20)
        assert ways(rig) == []
        del rig.media.troubles[URL]
        await rig.settled()
        assert len(uploads(last(rig))) == 1


@virtually
async def test_a_media_host_that_keeps_failing_is_linked_to() -> None:
    async with open_rig() as rig:
        job = await finished(rig)
        rig.media.troubles[URL] = MediaDown("503")
        await show(rig)
        assert rig.media.fetched == [URL] * (MEDIA_PATIENCE + 1)
        assert URL in "".join(last(rig).texts)
        assert "could not be brought here" in "".join(last(rig).texts)
        assert (await rig.card(job)).delivered_at is not None


@virtually
async def test_only_what_cannot_be_had_is_linked_to() -> None:
    async with open_rig() as rig:
        await finished(rig, URL, "https://img.test/2.png")
        rig.media.troubles[URL] = MediaDown("503")
        await show(rig)
        assert len(uploads(last(rig))) == 1
        assert URL in "".join(last(rig).texts)


@virtually
async def test_a_discord_that_fails_does_not_count_against_the_media_host() -> None:
    """After an outage of Discord's, results are attached as ever."""
    async with open_rig() as rig:
        await finished(rig)
        rig.surface.once[T] = [SurfaceDown() for _ in range(MEDIA_PATIENCE + 2)]
        await show(rig)
        assert len(uploads(last(rig))) == 1


@virtually
async def test_after_an_outage_of_discords_the_media_host_has_all_its_chances() -> None:
    async with open_rig() as rig:
        await finished(rig)
        rig.surface.once[T] = [SurfaceDown() for _ in range(MEDIA_PATIENCE + 2)]
        rig.start("courier")
        await rig.until(lambda: not rig.surface.once[T])
        rig.media.troubles[URL] = MediaDown("503")
        tries = len(rig.media.fetched)
        await rig.until(lambda: len(rig.media.fetched) == tries + 2)
        del rig.media.troubles[URL]
        await rig.settled()
        assert len(uploads(last(rig))) == 1


@virtually
async def test_the_result_of_a_job_called_back_is_kept_and_not_shown() -> None:
    async with open_rig() as rig:
        job = await advance(rig, await rig.ask())
        await rig.store.door.ask_cancel(job.id)
        await rig.store.watching.finish(job.id, completed(URL))
        await show(rig)
        assert rig.media.fetched == [URL]
        assert rig.media.dropped == []
        assert last(rig).gallery == ()
        assert uploads(last(rig)) == []


@virtually
async def test_a_result_that_no_way_is_left_to_show_is_kept() -> None:
    """A private card whose token is over, and that never stood."""
    async with open_rig() as rig:
        job = await finished(rig, card_kind=CardKind.PRIVATE, is_private=True)
        rig.driver.raw.execute("UPDATE cards SET message_id = NULL, sealed_token = NULL")
        rig.media.troubles[URL] = MediaDown("503")
        rig.start("courier")
        await asyncio.sleep(5)
        assert (await rig.card(job)).state is LIVE, "it is tried again"
        del rig.media.troubles[URL]
        await rig.settled()
        assert (await rig.card(job)).state is UNDELIVERABLE
        assert rig.media.here
        assert rig.surface.shown == []


@virtually
async def test_a_result_that_can_be_neither_shown_nor_kept_does_not_go_on_for_ever() -> None:
    async with open_rig() as rig:
        job = await finished(rig, card_kind=CardKind.PRIVATE, is_private=True)
        rig.driver.raw.execute("UPDATE cards SET message_id = NULL, sealed_token = NULL")
        rig.media.troubles[URL] = MediaDown("503")
        await show(rig)
        assert (await rig.card(job)).state is UNDELIVERABLE
        assert len(rig.media.fetched) == MEDIA_PATIENCE + 1


@virtually
async def test_a_file_that_is_gone_when_it_is_to_be_sent_is_brought_again() -> None:
    async with open_rig() as rig:
        job = await finished(rig)
        rig.surface.once[T] = [MediaDown("no such file")]
        await show(rig)
        assert rig.media.fetched == [URL, URL]
        assert uploads(last(rig)) == [Path(f"/kept/{job.id}/0.png")]
        assert (await rig.card(job)).state is LIVE


@virtually
async def test_a_file_that_can_never_be_read_is_linked_in_the_end() -> None:
    async with open_rig() as rig:
        job = await finished(rig)
        rig.surface.once[T] = [MediaDown("permission denied") for _ in range(MEDIA_PATIENCE + 1)]
        await show(rig)
        assert uploads(last(rig)) == []
        assert "could not be brought here" in "".join(last(rig).texts)
        assert (await rig.card(job)).delivered_at is not None


@virtually
async def test_a_failure_shows_no_media() -> None:
    async with open_rig() as rig:
        await advance(rig, await rig.ask(), Generation(GenerationState.FAILED))
        await show(rig)
        assert rig.media.fetched == []


# ---- references


@virtually
async def test_a_reference_is_carried_by_the_card_and_kept_by_every_later_edit() -> None:
    async with open_rig() as rig:
        job = await rig.ask(request=request(references=(attachment(None, "My Cat.JPG"),)))
        await show(rig)
        (file,) = (await rig.card(job)).references
        assert file.filename == "reference-1.jpg"
        fetched = len(rig.media.fetched)
        await advance(rig, job, completed())
        await show(rig)
        names = [attached.filename for attached in last(rig).attachments]
        assert "reference-1.jpg" in names
        assert len(names) == 2
        assert len(rig.media.fetched) == fetched + 1, "only the result"


@virtually
async def test_a_new_message_brings_its_own_references() -> None:
    async with open_rig() as rig:
        job = await rig.ask(request=request(references=(attachment(None),)))
        await show(rig)
        await advance(rig, job, completed())
        rig.surface.failing.update({T: TokenDead(), M: ShowRefused()})
        await show(rig)
        assert ways(rig)[-1] == C
        assert len(uploads(last(rig))) == 2


@pytest.mark.parametrize("trouble", [MediaDown("503"), MediaGone("404"), MediaUnsafe("x")])
def test_a_reference_that_cannot_be_had_does_not_hold_up_the_card(trouble: Exception) -> None:
    @virtually
    async def tell() -> None:
        async with open_rig() as rig:
            reference = attachment(None)
            rig.media.troubles[reference.url] = trouble
            await rig.ask(request=request(references=(reference,)))
            await show(rig)
            assert ways(rig) == [T]
            assert uploads(last(rig)) == []

    tell()


@virtually
async def test_a_typed_link_is_shown_and_not_fetched() -> None:
    async with open_rig() as rig:
        await rig.ask(request=request(references=(Reference("https://elsewhere.test/a.png"),)))
        await show(rig)
        assert rig.media.fetched == []
        assert [picture.url for picture in last(rig).references] == ["https://elsewhere.test/a.png"]


@virtually
async def test_a_reference_too_large_for_the_card_is_linked() -> None:
    async with open_rig() as rig:
        reference = attachment(None)
        await rig.ask(request=request(references=(reference,)), attachment_limit_bytes=999)
        await show(rig)
        assert rig.media.fetched == []
        assert [picture.url for picture in last(rig).references] == [reference.url]
