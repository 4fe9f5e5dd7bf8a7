from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.errors import VaultError
from bot.vault import Vault, fingerprint, load_pepper, read_or_make

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PEPPER = b"p" * 32


@given(st.text(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_what_was_sealed_opens(text: str, purpose: str) -> None:
    vault = Vault([OLD])
    sealed = vault.seal(text, purpose)
    assert vault.open(sealed, purpose) == text
    assert sealed.isascii()


def test_it_does_not_open_for_another_purpose() -> None:
    vault = Vault([OLD])
    with pytest.raises(VaultError, match="another purpose"):
        vault.open(vault.seal("hush", "guild 1"), "guild 2")


def test_a_purpose_cannot_be_smuggled_into_the_text() -> None:
    vault = Vault([OLD])
    with pytest.raises(VaultError):
        vault.open(vault.seal("b\0hush", "a"), "a\0b")


def test_an_older_key_still_opens() -> None:
    sealed = Vault([OLD]).seal("hush", "x")
    assert Vault([NEW, OLD]).open(sealed, "x") == "hush"


def test_without_its_key_it_stays_shut() -> None:
    with pytest.raises(VaultError):
        Vault([NEW]).open(Vault([OLD]).seal("hush", "x"), "x")


def test_a_rotated_value_no_longer_needs_the_old_key() -> None:
    rotated = Vault([NEW, OLD]).rotate(Vault([OLD]).seal("hush", "x"))
    assert Vault([NEW]).open(rotated, "x") == "hush"


@pytest.mark.parametrize("sealed", ["", "damaged", "gAAAAABo"])
def test_a_damaged_value_is_told(sealed: str) -> None:
    vault = Vault([OLD])
    with pytest.raises(VaultError):
        vault.open(sealed, "x")
    with pytest.raises(VaultError):
        vault.rotate(sealed)


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, "short"]])
def test_a_key_that_is_none_is_told(keys: list[str]) -> None:
    with pytest.raises(VaultError):
        Vault(keys)


def test_a_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "new" / "data"
    sealed = Vault.from_settings((), folder).seal("hush", "x")
    assert Vault.from_settings((), folder).open(sealed, "x") == "hush"
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret.key"]
    assert not caplog.records


def test_with_keys_no_file_is_made(tmp_path: Path) -> None:
    sealed = Vault.from_settings((SecretStr(NEW),), tmp_path).seal("hush", "x")
    assert Vault([NEW]).open(sealed, "x") == "hush"
    assert list(tmp_path.iterdir()) == []


def test_what_the_key_file_sealed_still_opens_once_there_are_keys(tmp_path: Path) -> None:
    before = Vault.from_settings((), tmp_path).seal("hush", "x")
    vault = Vault.from_settings((SecretStr(NEW),), tmp_path)
    assert vault.open(before, "x") == "hush"
    assert Vault([NEW]).open(vault.seal("hush", "x"), "x") == "hush"


def test_a_key_file_open_to_others_is_closed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Vault.from_settings((), tmp_path)
    path = tmp_path / "secret.key"
    path.chmod(0o644)
    Vault.from_settings((), tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "644" in caplog.text


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 44])
def test_a_damaged_key_file_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(content)
    with pytest.raises(VaultError) as caught:
        Vault.from_settings((), tmp_path)
    assert str(path) in caught.value.detail
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(VaultError) as caught:
        Vault.from_settings((), tmp_path / "file" / "data")
    assert "file" in caught.value.detail


def _make(path: Path, content: bytes, answers: multiprocessing.SimpleQueue[bytes]) -> None:
    answers.put(read_or_make(path, lambda: content))


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.SimpleQueue[bytes] = context.SimpleQueue()
    processes = [
        context.Process(target=_make, args=(tmp_path / "file", str(number).encode() * 50, answers))
        for number in range(3)
    ]
    for process in processes:
        process.start()
    got = {answers.get() for _ in processes}
    for process in processes:
        process.join()
    assert got == {(tmp_path / "file").read_bytes()}
    assert len(list(tmp_path.iterdir())) == 1


def test_who_comes_second_reads_what_the_first_wrote(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def make_too_late() -> bytes:
        path.write_bytes(b"first")
        return b"second"

    assert read_or_make(path, make_too_late) == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_fingerprint_knows_the_same_value_again() -> None:
    assert fingerprint("key", PEPPER) == fingerprint("key", PEPPER)
    assert len(fingerprint("key", PEPPER)) == 64
    assert fingerprint("key", PEPPER) != fingerprint("other", PEPPER)
    assert fingerprint("key", PEPPER) != fingerprint("key", b"q" * 32)


def test_the_pepper_is_made_once(tmp_path: Path) -> None:
    pepper = load_pepper(tmp_path)
    assert len(pepper) == 32
    assert load_pepper(tmp_path) == pepper
    assert load_pepper(tmp_path / "elsewhere") != pepper


def test_a_damaged_pepper_is_told(tmp_path: Path) -> None:
    (tmp_path / "fingerprint.key").write_bytes(b"short")
    with pytest.raises(VaultError, match="damaged"):
        load_pepper(tmp_path)
