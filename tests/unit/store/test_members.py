"""What members chose, at rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.pings import Notify
from bot.domain.preferences import Usual
from bot.store.store import Store, open_store
from tests.support.builders import MEMBER
from tests.support.fakes import HandClock, RotSealer

CHOSEN = Usual(Notify.NEVER, "swift-1", "cinema-1", "16:9", is_private=True)


async def test_whoever_chose_nothing_has_what_is_usual(store: Store) -> None:
    assert await store.members.usual(MEMBER) == Usual()


@pytest.mark.parametrize("chosen", [CHOSEN, Usual(Notify.ALWAYS), Usual(video_model="cinema-1"), Usual()])
async def test_what_was_chosen_is_read_as_it_was_chosen(store: Store, chosen: Usual) -> None:
    await store.members.choose(MEMBER, chosen)
    assert await store.members.usual(MEMBER) == chosen


async def test_the_last_choice_counts_for_its_member_alone(store: Store) -> None:
    await store.members.choose(MEMBER, CHOSEN)
    await store.members.choose(MEMBER + 1, Usual(aspect_ratio="1:1"))
    await store.members.choose(MEMBER, Usual(Notify.ALWAYS, "slow-1"))
    assert await store.members.usual(MEMBER) == Usual(Notify.ALWAYS, "slow-1")
    assert await store.members.usual(MEMBER + 1) == Usual(aspect_ratio="1:1")


async def test_it_outlives_the_process(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, RotSealer(), "one", 0.0) as store:
        await store.members.choose(MEMBER, CHOSEN)
    async with open_store(path, clock, RotSealer(), "two", 0.0) as store:
        assert await store.members.usual(MEMBER) == CHOSEN
