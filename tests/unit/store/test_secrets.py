"""Tokens at rest: never in clear, gone when dead, useless without the key that sealed them."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet

from bot.domain.jobs import Failure, FailureCode
from bot.domain.requests import Reference
from bot.ports import Account, Card, CarriedReference, Generation, GenerationState, Showing, Shown
from bot.store.store import Store, open_store
from bot.vault import Vault
from tests.support.builders import (
    BEGAN_AT,
    account,
    attachment,
    completed,
    queued,
    read,
    request,
    running,
)
from tests.support.fakes import HandClock
from tests.unit.store.conftest import Look

TOKEN = "aW50ZXJhY3Rpb246-a-token-of-discord"


def on_disk(path: Path) -> bytes:
    """The database with all that lies beside it."""
    return b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())


async def card_of(store: Store, job_id: int) -> Card:
    found = await store.cards.read(job_id)
    assert found is not None
    return found[1]


async def test_a_token_is_nowhere_in_clear(path: Path, clock: HandClock) -> None:
    vault = Vault([Fernet.generate_key().decode()])
    async with open_store(path, clock, vault, "me", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", "f"), key="a-key-of-the-upstream")
        job = await queued(store, mine, token=TOKEN)
        await store.door.renew_token(job.id, TOKEN + "-2", BEGAN_AT + 900)
        assert (await card_of(store, job.id)).token == TOKEN + "-2"
        assert TOKEN.encode() not in on_disk(path)
        assert b"a-key-of-the-upstream" not in on_disk(path)
    assert TOKEN.encode() not in on_disk(path)


async def test_a_lost_key_is_a_dead_token(path: Path, clock: HandClock) -> None:
    async with open_store(path, clock, Vault([Fernet.generate_key().decode()]), "me", 0.0) as store:
        job = await queued(store, account(await store.accounts.enter("meigen", "f")))
    async with open_store(path, clock, Vault([Fernet.generate_key().decode()]), "me", 0.0) as store:
        assert (await card_of(store, job.id)).token is None


async def test_dead_tokens_are_swept_and_living_ones_stay(
    store: Store, mine: Account, clock: HandClock, look: Look
) -> None:
    dead = await queued(store, mine)
    clock.at += 500
    alive = await queued(store, mine, clock.at)
    clock.at = BEGAN_AT + 900
    await store.cards.drop_dead_secrets()
    sealed = {row["job_id"]: row["sealed_token"] for row in look("SELECT job_id, sealed_token FROM cards")}
    assert sealed[dead.id] is None
    assert sealed[alive.id] is not None


async def test_the_token_of_a_card_that_is_over_goes_with_it(store: Store, mine: Account, look: Look) -> None:
    first, second = await running(store, mine), await running(store, mine)
    await store.cards.unwanted(first.id)
    await store.cards.undeliverable(second.id)
    assert look("SELECT sealed_token FROM cards") == [{"sealed_token": None}, {"sealed_token": None}]


# ---- signed links

SIGNED = f"https://cdn.test/attachments/1/cat.png?ex={int(BEGAN_AT + 1000):x}&is=1&hm=a-signature"


async def test_signed_links_are_nowhere_in_clear_and_come_back_whole(path: Path, clock: HandClock) -> None:
    reference = Reference(SIGNED, is_attachment=True, filename="cat.png")
    result = completed("https://img.test/1.png?X-Signature=a-signature", "https://img.test/2.png")
    async with open_store(path, clock, Vault([Fernet.generate_key().decode()]), "me", 0.0) as store:
        mine = account(await store.accounts.enter("meigen", "f"))
        job = await running(store, mine, request=request(references=(reference,)))
        await store.cards.shown(job.id, Showing(1, Shown(1, 2), (CarriedReference(1, "reference-1.png", SIGNED),)))
        ended = await store.watching.finish(job.id, result)
        assert ended is not None
        assert ended.request.references == (reference,)
        assert ended.result == result.result
        assert await read(store, job.id) == ended
        assert b"a-signature" not in on_disk(path)


async def test_dead_links_are_swept_and_read_as_dead(store: Store, mine: Account, clock: HandClock, look: Look) -> None:
    reference = Reference(SIGNED, is_attachment=True, filename="cat.png")
    job = await queued(store, mine, request=request(references=(reference,)))
    clock.at += 999
    await store.cards.drop_dead_secrets()
    assert (await read(store, job.id)).request.references == (reference,)
    clock.at += 1
    await store.cards.drop_dead_secrets()
    assert look("SELECT sealed_references FROM jobs") == [{"sealed_references": None}]
    (dead,) = (await read(store, job.id)).request.references
    assert (dead.filename, dead.is_attachment) == ("cat.png", True)
    assert dead.expires_at is not None
    assert dead.expires_at < BEGAN_AT


async def test_a_typed_link_keeps_its_query_when_the_signed_one_beside_it_dies(
    store: Store, mine: Account, clock: HandClock
) -> None:
    typed = Reference("https://elsewhere.test/show?id=7")
    given = (Reference(SIGNED, is_attachment=True, filename="cat.png"), typed)
    job = await queued(store, mine, request=request(references=given))
    clock.at += 5000
    await store.cards.drop_dead_secrets()
    assert (await read(store, job.id)).request.references[1] == typed


async def test_refreshed_links_are_sealed_anew(path: Path, store: Store, mine: Account) -> None:
    job = await queued(store, mine, request=request(references=(attachment(BEGAN_AT + 10),)))
    fresh = request(references=(Reference(SIGNED, is_attachment=True, filename="cat.png"),))
    await store.submissions.refresh_request(job.id, fresh)
    assert (await read(store, job.id)).request == fresh
    assert b"a-signature" not in on_disk(path)


async def test_a_reason_that_quotes_a_signed_link_is_kept_without_the_signature(store: Store, mine: Account) -> None:
    refused = await running(store, mine)
    told = Failure(FailureCode.GENERATION_FAILED, f'"{SIGNED}" is no picture? Nor is {SIGNED}, it seems.')
    await store.watching.finish(refused.id, Generation(GenerationState.FAILED, failure=told))
    kept = (await read(store, refused.id)).failure
    plain = SIGNED.partition("?")[0]
    assert kept == Failure(FailureCode.GENERATION_FAILED, f'"{plain}" is no picture? Nor is {plain} it seems.')


async def test_a_token_that_a_click_renewed_meanwhile_is_not_dropped(
    store: Store, mine: Account, clock: HandClock
) -> None:
    job = await queued(store, mine)
    tried = await card_of(store, job.id)
    clock.at += 1
    await store.door.renew_token(job.id, "fresh", clock.at + 900)
    await store.cards.drop_token(job.id, tried.token_expires_at)
    assert (await card_of(store, job.id)).token == "fresh"
