"""A server's own key through the process's lives: used, locked, put back, and sealed anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cryptography.fernet import Fernet

from bot.clock import SystemClock
from bot.domain.gate import GateLimit
from bot.domain.keys import last_four
from bot.ports import NewGuildKey
from bot.store.store import open_store
from bot.vault import Vault, fingerprint, load_pepper
from sandbox.demo import BOT_COMMAND
from tests.e2e.harness import Stage, open_stage

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
MODERATOR = 99


async def bring_key(stage: Stage, *secret_keys: str) -> str:
    """As an earlier process left it: the guild has a key of its own."""
    key = stage.meigen.add_key()
    new = NewGuildKey(
        stage.guild.id, "meigen", key, fingerprint(key, load_pepper(stage.folder)), last_four(key), MODERATOR
    )
    async with open_store(stage.folder / "easel.db", SystemClock(), Vault(secret_keys), "earlier") as store:
        await store.keys.enter(new, GateLimit(60, 2.0), None)
    return key


def paid_with(stage: Stage, prompt: str) -> str:
    (generation,) = stage.generations(prompt)
    return generation.key


async def test_a_servers_own_key_pays_and_is_locked_without_its_secret_and_comes_back(tmp_path: Path) -> None:
    async with open_stage(tmp_path, {"SECRET_KEYS": OLD}, is_started=False) as stage:
        key = await bring_key(stage, OLD)
        await stage.bot.start(LOG_LEVEL="DEBUG")
        await stage.knows_models()
        await stage.ended(await stage.ask("with our own"))
        assert paid_with(stage, "with our own") == key
        assert stage.meigen.purchased() == stage.meigen.engine.options.credits, "the operator's"
        await stage.bot.terminate()

        kept = stage.rows("guild_keys")
        await stage.bot.start(SECRET_KEYS=NEW)
        await stage.knows_models()
        assert (
            stage.bot.log.count("cannot be opened with the secrets at hand, and which cannot ask for anything: 1") == 1
        )
        assert "own key cannot be read any more" in await stage.refused("without it")
        assert stage.rows("guild_keys") == kept
        await stage.bot.terminate()

        await stage.bot.start(SECRET_KEYS=f"{NEW},{OLD}")
        await stage.knows_models()
        await stage.ended(await stage.ask("with it again"))
        assert paid_with(stage, "with it again") == key


async def test_once_all_is_sealed_anew_the_old_secret_may_go(tmp_path: Path) -> None:
    async with open_stage(tmp_path, {"SECRET_KEYS": f"{NEW},{OLD}"}, is_started=False) as stage:
        key = await bring_key(stage, OLD)
        await stage.bot.start()
        assert "Another Easel is already using this database" in await rotate(stage, code=1)
        await stage.bot.terminate()
        assert "servers' own keys: 1" in await rotate(stage)
        await stage.bot.start(SECRET_KEYS=NEW)
        await stage.knows_models()
        await stage.ended(await stage.ask("with the new secret"))
        assert paid_with(stage, "with the new secret") == key


async def rotate(stage: Stage, code: int = 0) -> str:
    """`rotate-keys` as the operator calls it; what it says."""
    process = await asyncio.create_subprocess_exec(
        *BOT_COMMAND[:-1],
        "rotate-keys",
        env=stage.bot.environment,
        cwd=stage.folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == code
    return said.decode()
