"""Keys at upstreams: the same key is the same account."""

from __future__ import annotations

from bot.store.store import Store


async def test_the_same_key_is_the_same_account(store: Store) -> None:
    first = await store.accounts.enter("meigen", "f")
    assert await store.accounts.enter("meigen", "f") == first
    assert await store.accounts.enter("meigen", "g") != first
    assert await store.accounts.enter("meshy", "f") != first
