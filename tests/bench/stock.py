"""A database full of waiting jobs, made by the real store before the bot starts."""

from __future__ import annotations

import asyncio
import math
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.clock import Clock, SystemClock
from bot.domain.gate import GateLimit
from bot.domain.limits import House, Limits
from bot.domain.requests import GenerationRequest
from bot.errors import RateLimited
from bot.ports import Account, CardKind, Claim, NewJob
from bot.store.store import Store, open_store
from bot.vault import Vault, fingerprint, load_pepper
from tests.bench import discord_payloads as discord

DATABASE = "easel.db"
UNLIMITED = House(Limits(queued_per_member=10**6, queued_per_guild=10**6))
LIMIT = GateLimit(12, 60.0)
TOKEN_SECONDS = 900.0
PAUSE_SECONDS = 600.0
AT_ONCE = 8
"""Few: those who are offered a place together are told the same one, and would be shown anew together."""
FIRST = 1000
"""So many come in as members' do: ten thousand would take a while."""


async def stock(folder: Path, key: str, jobs: int, guilds: int) -> None:
    """Let so many jobs wait in `folder`, evenly over guilds, for an account that is paused.

    `key` is the upstream's. The pause is as after a 429 with the longest `Retry-After` that is heeded. The first
    thousand have a member each, who has asked for every later thousandth job, too.
    """
    await _stock_first(folder, key, min(jobs, FIRST), guilds)
    _repeat(folder / DATABASE, math.ceil(jobs / FIRST) - 1)


async def _stock_first(folder: Path, key: str, jobs: int, guilds: int) -> None:
    clock = SystemClock()
    async with open_store(folder / DATABASE, clock, Vault.from_settings((), folder), "stock") as store:
        account_id = await store.accounts.enter("meigen", fingerprint(key, load_pepper(folder)))
        account = Account(account_id, "meigen", LIMIT, key)
        for begin in range(0, jobs, AT_ONCE):
            some = range(begin, min(begin + AT_ONCE, jobs))
            await asyncio.gather(*(_queue(store, account, clock, number, guilds) for number in some))
        claim = await store.submissions.claim(account, 0.0)
        assert isinstance(claim, Claim)
        await store.submissions.record(account, claim.job.id, RateLimited(PAUSE_SECONDS))


async def _queue(store: Store, account: Account, clock: Clock, number: int, guilds: int) -> None:
    in_guild = number % guilds
    new = NewJob(
        account=account,
        guild_id=discord.guild_id(in_guild),
        channel_id=discord.channel_id(in_guild),
        user_id=discord.user_id(number),
        request=GenerationRequest(f"{discord.PROMPT}, number {number}"),
        reserved_credits=2,
        is_private=False,
        card_kind=CardKind.CHANNEL,
        token=f"aW50ZXJhY3Rpb246{secrets.token_urlsafe(120)}",
        token_expires_at=clock.now() + TOKEN_SECONDS,
        attachment_limit_bytes=discord.ATTACHMENT_LIMIT_BYTES,
    )
    job, _ = await store.door.offer(new)
    await store.door.confirm(job.id, discord.new_id())


def _repeat(path: Path, times: int) -> None:
    """Every job and its card so many times more, older each time."""
    with closing(sqlite3.connect(path)) as raw, raw:
        first, last = raw.execute("SELECT MIN(id), MAX(id) FROM jobs").fetchone()
        for table, key in (("jobs", "id"), ("cards", "job_id")):
            columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
            picked = ", ".join(f"{name} - :shift" if name == key else name for name in columns)
            copy = f"INSERT INTO {table} SELECT {picked} FROM {table} WHERE {key} >= :first"  # noqa: S608  our own names
            for number in range(1, times + 1):
                raw.execute(copy, {"shift": number * (last - first + 1), "first": first})
        for table in ("guild_turns", "user_turns"):
            raw.execute(f"UPDATE {table} SET queued = queued * {times + 1}")  # noqa: S608  our own names
