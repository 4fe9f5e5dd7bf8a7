"""Tokens at rest: never in clear, gone when dead, useless without the key that sealed them."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet

from bot.ports import Account, Card
from bot.store.store import Store, open_store
from bot.vault import Vault
from tests.support.builders import BEGAN_AT, account, queued, running
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
