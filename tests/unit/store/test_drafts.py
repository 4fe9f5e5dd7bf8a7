"""Drafts at rest: kept whole, for a day, and taken once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.domain.catalog import Medium
from bot.domain.drafts import Draft
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, MidjourneyOptions, Reference
from bot.errors import Refused
from bot.ports import Account, NewDraft
from bot.store.drafts import KEPT_SECONDS
from bot.store.store import Store, open_store
from bot.vault import Vault
from tests.support.builders import BEGAN_AT, MEMBER, attachment, new_job, queued, request, sets
from tests.support.fakes import HandClock, RotSealer
from tests.unit.store.conftest import Look

FULL = GenerationRequest(
    "a cat",
    Medium.IMAGE,
    "midjourney-v8.1",
    "16:9",
    "2K",
    "4",
    references=(attachment(BEGAN_AT + 3600), Reference("https://img.test/1.png?sig=secret", is_result=True)),
    reference_type="style",
    midjourney=MidjourneyOptions(chaos=7, raw=False, sref="123"),
)
VIDEO = GenerationRequest(
    "a cat",
    Medium.VIDEO,
    tier="pro",
    duration_seconds=5,
    reference_video="https://v.test/1.mp4?s",
    reference_video_seconds=4.9,
)


async def begun(store: Store, asked: GenerationRequest = FULL, **changes: Any) -> Draft:
    return await store.drafts.begin(replace(NewDraft(MEMBER, asked, "--chaos 7"), **changes))


@pytest.mark.parametrize("asked", [FULL, VIDEO, request(), GenerationRequest("")])
async def test_a_draft_is_read_as_it_was_begun(store: Store, asked: GenerationRequest) -> None:
    draft = await begun(store, asked, parent_id=77, is_private=True)
    assert draft == Draft(draft.id, MEMBER, asked, "--chaos 7", 77, is_private=True, created_at=BEGAN_AT)
    assert await store.drafts.read(draft.id) == draft


async def test_what_was_changed_is_read_and_nothing_else_changes(store: Store) -> None:
    draft, other = await begun(store), await begun(store)
    changed = replace(draft, request=VIDEO, options="--ar x", words="a dog --ar x")
    await store.drafts.change(changed)
    assert await store.drafts.read(draft.id) == changed
    assert await store.drafts.read(other.id) == other
    await store.drafts.change(replace(changed, words=None))
    assert await store.drafts.read(draft.id) == replace(changed, words=None)


async def test_what_was_discarded_is_gone_and_stays_gone(store: Store) -> None:
    draft, other = await begun(store), await begun(store)
    await store.drafts.discard(draft.id)
    await store.drafts.change(draft)
    assert await store.drafts.read(draft.id) is None
    assert await store.drafts.read(other.id) == other


async def test_a_draft_outlives_the_process(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, RotSealer(), "one", 0.0) as store:
        draft = await begun(store)
    async with open_store(path, clock, RotSealer(), "two", 0.0) as store:
        assert await store.drafts.read(draft.id) == draft


async def test_a_draft_is_kept_for_a_day(store: Store, clock: HandClock) -> None:
    draft = await begun(store)
    clock.at += KEPT_SECONDS - 1
    assert await store.drafts.read(draft.id) == draft
    clock.at += 1
    assert await store.drafts.read(draft.id) is None


@pytest.mark.parametrize("by", ["another draft", "the sweep of secrets"])
async def test_then_nothing_is_left_of_it(store: Store, clock: HandClock, look: Look, by: str) -> None:
    draft = await begun(store)
    clock.at += 1
    later = await begun(store)
    clock.at += KEPT_SECONDS - 1
    if by == "another draft":
        later = await begun(store)
        await store.drafts.discard(later.id)
    else:
        await store.cards.drop_dead_secrets()
    assert draft.id not in [row["id"] for row in look("SELECT id FROM drafts")]
    assert look("SELECT COUNT(*) AS n FROM drafts") == [{"n": 1}], "a younger one stays"


async def test_signatures_are_nowhere_in_clear(path: Path, clock: HandClock) -> None:
    vault = Vault([Fernet.generate_key().decode()])
    async with open_store(path, clock, vault, "me", 0.0) as store:
        draft = await begun(store)
        await store.drafts.change(replace(draft, request=VIDEO))
        on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    assert not [secret for secret in (b"sig=secret", b"hm=0", b"mp4?s") if secret in on_disk]


async def test_a_number_is_never_given_twice_though_the_clock_was_put_back(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, RotSealer(), "one", 0.0) as store:
        drafts = [await begun(store) for _ in range(3)]
    clock.at -= 1000
    async with open_store(path, clock, RotSealer(), "two", 0.0) as store:
        assert (await begun(store)).id > drafts[-1].id


# ---------------------------------------------------------------- taken


async def test_a_job_takes_its_draft_away_and_no_second_one_can(store: Store, mine: Account, look: Look) -> None:
    draft = await begun(store)
    await store.door.offer(new_job(mine, draft_id=draft.id))
    assert await store.drafts.read(draft.id) is None
    with pytest.raises(Refused) as refused:
        await store.door.offer(new_job(mine, draft_id=draft.id))
    assert refused.value.problems == (Problem(ProblemCode.DRAFT_GONE),)
    assert look("SELECT COUNT(*) AS n FROM jobs") == [{"n": 1}]


async def test_a_draft_that_cannot_be_taken_on_is_kept(
    store: Store, mine: Account, queued_ids: Callable[[], list[int]]
) -> None:
    await queued(store, mine)
    draft = await begun(store)
    await sets(store, queued_per_member=1)
    with pytest.raises(Refused):
        await store.door.offer(new_job(mine, draft_id=draft.id))
    assert await store.drafts.read(draft.id) == draft
    assert len(queued_ids()) == 1


async def test_a_draft_that_is_too_old_starts_nothing(
    store: Store, mine: Account, clock: HandClock, look: Look
) -> None:
    draft = await begun(store)
    clock.at += KEPT_SECONDS
    with pytest.raises(Refused):
        await store.door.offer(new_job(mine, draft_id=draft.id))
    assert look("SELECT * FROM jobs") == []
