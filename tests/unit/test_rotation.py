"""`rotate-keys`: all that is sealed is sealed with the newest key, and old keys may go."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.domain.requests import Reference
from bot.errors import StoreDown, VaultError
from bot.ports import NewDraft, NewGuildKey
from bot.rotation import rotate_keys
from bot.settings import Settings, load_settings
from bot.store.ledger import TOKEN_PURPOSE
from bot.store.links import PURPOSE as LINKS_PURPOSE
from bot.store.rotation import BATCH_ROWS, Resealed
from bot.store.store import Store, assemble, open_store
from bot.vault import KEY_FILE, Vault
from tests.support.builders import BEGAN_AT, GUILD, LIMIT, MEMBER, account, completed, request, running
from tests.support.fakes import AtOnce, HandClock

ROOT = Path(__file__).parents[2]
OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
KEY = "meigen_sk_AbCdEfGhIjKlMnOpQrStUvWxYz0123"
SIGNED = f"https://cdn.test/attachments/1/cat.png?ex={int(BEGAN_AT + 1000):x}&is=1&hm=a-signature"
RESULT = "https://img.test/1.png?X-Signature=a-signature"
SEALED = (
    ("guild_keys", "sealed_key", f"key of guild {GUILD} at meigen"),
    ("cards", "sealed_token", TOKEN_PURPOSE),
    ("jobs", "sealed_references", LINKS_PURPOSE),
    ("jobs", "sealed_media", LINKS_PURPOSE),
    ("drafts", "sealed_references", LINKS_PURPOSE),
)


async def fill(store: Store) -> None:
    """One of everything that is sealed."""
    asked = request(references=(Reference(SIGNED, is_attachment=True, filename="cat.png"),))
    kept, _ = await store.keys.enter(NewGuildKey(GUILD, "meigen", KEY, "print", "0123", 1), LIMIT, None)
    job = await running(store, account(kept.account_id), request=asked)
    await store.watching.finish(job.id, completed(RESULT))
    await store.drafts.begin(NewDraft(MEMBER, asked))


async def filled(path: Path, *keys: str) -> None:
    async with open_store(path, HandClock(), Vault(keys), "me", 0.0) as store:
        await fill(store)


def settings_of(folder: Path, *keys: str) -> Settings:
    env = {
        "DISCORD_TOKEN": "abc",
        "MEIGEN_API_KEY": "meigen_sk_abc",
        "DATABASE_URL": f"sqlite:///{folder}/easel.db",
        "SECRET_KEYS": ",".join(keys),
    }
    return load_settings(env, None)


def opened(path: Path, *keys: str) -> list[str]:
    """Every sealed value, opened with those keys alone. Raises VaultError."""
    vault = Vault(keys)
    with closing(sqlite3.connect(path)) as raw:
        return [
            vault.open(value, purpose)
            for table, column, purpose in SEALED
            for (value,) in raw.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608  ours
        ]


async def test_all_that_is_sealed_opens_with_the_newest_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "easel.db"
    await filled(path, OLD)
    before = opened(path, OLD)
    said = await rotate_keys(settings_of(tmp_path, NEW, OLD))
    assert opened(path, NEW) == before
    assert len(before) == len(SEALED)
    assert before[0] == KEY
    assert "servers' own keys: 1, tokens: 1, sets of links: 3" in said
    assert "You may drop the other keys in SECRET_KEYS, but older copies" in said
    with pytest.raises(VaultError):
        opened(path, OLD)
    assert not (tmp_path / KEY_FILE).exists()


async def test_a_key_file_that_opened_it_may_go_as_well(tmp_path: Path) -> None:
    path = tmp_path / "easel.db"
    (tmp_path / KEY_FILE).write_text(OLD, "ascii")
    await filled(path, OLD)
    said = await rotate_keys(settings_of(tmp_path, NEW))
    assert opened(path, NEW)
    assert f"You may drop the file {tmp_path / KEY_FILE}, but" in said
    assert (tmp_path / KEY_FILE).read_text("ascii") == OLD, "it is for its owner to drop"


async def test_what_no_key_opens_is_counted_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "easel.db"
    await filled(path, OTHER)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE drafts SET sealed_references = ?", (Vault([OLD]).seal("[]", LINKS_PURPOSE),))
        raw.execute("UPDATE cards SET sealed_token = 'damaged'")
    said = await rotate_keys(settings_of(tmp_path, NEW, OLD))
    assert "servers' own keys: 0, tokens: 0, sets of links: 1" in said
    assert "4 values open with none of the keys at hand and stayed as before" in said
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT sealed_token FROM cards").fetchall() == [("damaged",)]
        (sealed,) = raw.execute("SELECT sealed_key FROM guild_keys").fetchone()
    assert Vault([OTHER]).open(sealed, SEALED[0][2]) == KEY


async def test_with_one_key_alone_there_is_none_to_drop(tmp_path: Path) -> None:
    await filled(tmp_path / "easel.db", NEW)
    assert "no older key" in await rotate_keys(settings_of(tmp_path, NEW))
    assert "no older key" in await rotate_keys(settings_of(tmp_path, NEW)), "again and again"


# ---- in batches


def breaking_after(count: int, rotate: Callable[[str], str]) -> Callable[[str], str]:
    left = count

    def rotated(sealed: str) -> str:
        nonlocal left
        left -= 1
        if left < 0:
            raise StoreDown("pulled the plug")
        return rotate(sealed)

    return rotated


async def test_broken_off_and_begun_again_it_does_all() -> None:
    driver, vault = AtOnce(), Vault([NEW, OLD])
    store = await assemble(driver, HandClock(), Vault([OLD]), "me")
    await fill(store)
    many = 2 * BATCH_ROWS + 1
    asked = request(references=(Reference(SIGNED, is_attachment=True, filename="cat.png"),))
    for _ in range(many - 1):
        await store.drafts.begin(NewDraft(MEMBER, asked))
    with pytest.raises(StoreDown):
        await store.rotation.reseal(breaking_after(4 + BATCH_ROWS + 7, vault.rotate))
    assert sum(opens(sealed, NEW) for (sealed,) in driver.rows("SELECT sealed_references FROM drafts")) == BATCH_ROWS
    assert await store.rotation.reseal(vault.rotate) == Resealed(1, 1, 2 + many, 0)
    assert all(opens(sealed, NEW) for (sealed,) in driver.rows("SELECT sealed_references FROM drafts"))


def opens(sealed: str, key: str) -> bool:
    try:
        Vault([key]).open(sealed, LINKS_PURPOSE)
    except VaultError:
        return False
    return True


# ---- as a command


def run(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DISCORD_TOKEN": "abc"}
    environment |= {"MEIGEN_API_KEY": "meigen_sk_abc", "DATABASE_URL": "sqlite:///easel.db"} | env
    return subprocess.run(
        [sys.executable, "-m", "bot", "rotate-keys"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_it_says_what_was_done(tmp_path: Path) -> None:
    await filled(tmp_path / "easel.db", OLD)
    done = run(tmp_path, SECRET_KEYS=f"{NEW},{OLD}")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert "servers' own keys: 1" in line
    assert opened(tmp_path / "easel.db", NEW)


async def test_while_easel_runs_nothing_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "easel.db"
    async with open_store(path, HandClock(), Vault([OLD]), "me", 0.0) as store:
        await fill(store)
        done = run(tmp_path, SECRET_KEYS=f"{NEW},{OLD}")
    assert done.returncode == 1
    assert "Another Easel is already using this database" in done.stderr
    assert "Traceback" not in done.stderr
    assert opened(path, OLD)


@pytest.mark.parametrize(
    ("env", "code", "said"),
    [
        ({}, 2, "SECRET_KEYS holds no key that could be changed to"),
        ({"SECRET_KEYS": "short"}, 2, "SECRET_KEYS must hold keys of 44 characters"),
        ({"SECRET_KEYS": NEW}, 1, "There is no database at easel.db"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_made(tmp_path: Path, env: dict[str, str], code: int, said: str) -> None:
    done = run(tmp_path, **env)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
