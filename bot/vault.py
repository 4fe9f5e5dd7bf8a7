"""Secrets at rest: encryption of what the database keeps, and fingerprints by which a key is known again."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from bot.errors import VaultError

KEY_FILE = "secret.key"
PEPPER_FILE = "fingerprint.key"
PEPPER_BYTES = 32

logger = logging.getLogger(__name__)


class Vault:
    """Seals texts with the newest of its keys and opens what any of them sealed.

    A purpose is sealed in with each text, so that a value copied to another column does not open there (Fernet has no
    associated data).
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys, newest first, at least one. Raises VaultError where one is no key."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise VaultError("not a Fernet key") from error

    @classmethod
    def from_settings(cls, secret_keys: Sequence[SecretStr], data_folder: Path) -> Vault:
        """A vault of `secret_keys`; where there are none, of a key file in the data folder, made at first use.

        A key file that is there opens what it sealed, also after `secret_keys` came. Raises VaultError.
        """
        keys = [key.get_secret_value() for key in secret_keys]
        path = data_folder / KEY_FILE
        if not keys or path.exists():
            keys.append(read_or_make(path, Fernet.generate_key).decode("ascii", "replace").strip())
        try:
            return cls(keys)
        except VaultError as error:
            raise VaultError(f"{path} holds no key") from error

    def seal(self, text: str, purpose: str) -> str:
        """Encrypt. `purpose` is any text without a zero character, the same for `open`."""
        return self._fernet.encrypt(f"{purpose}\0{text}".encode()).decode("ascii")

    def open(self, sealed: str, purpose: str) -> str:
        """Decrypt what was sealed for the same purpose. Raises VaultError."""
        try:
            found, _, text = self._fernet.decrypt(sealed).decode().partition("\0")
        except InvalidToken as error:
            raise VaultError("sealed with another key, or damaged") from error
        if found != purpose:
            raise VaultError(f"sealed for another purpose than {purpose}")
        return text

    def rotate(self, sealed: str) -> str:
        """The same, sealed with the newest key. Raises VaultError."""
        try:
            return self._fernet.rotate(sealed).decode("ascii")
        except InvalidToken as error:
            raise VaultError("sealed with another key, or damaged") from error


def fingerprint(value: str, pepper: bytes) -> str:
    """By which the same value is known again, and which tells nothing of it without the pepper: 64 hex digits."""
    return hmac.new(pepper, value.encode(), hashlib.sha256).hexdigest()


def load_pepper(data_folder: Path) -> bytes:
    """The pepper of this installation, made at first use; it outlives all changes of secret keys. Raises VaultError."""
    path = data_folder / PEPPER_FILE
    pepper = read_or_make(path, lambda: secrets.token_bytes(PEPPER_BYTES))
    if len(pepper) != PEPPER_BYTES:
        raise VaultError(f"{path} is damaged")
    return pepper


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """What is in a secret file, made at first use together with its folder; only its owner may read it.

    Raises VaultError where it can be neither read nor made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path, make())
        _close_to_others(path)
        return path.read_bytes()
    except OSError as error:
        raise VaultError(f"{path}: {error.strerror}") from error


def _create(path: Path, content: bytes) -> None:
    """Write beside it, then link: nobody sees half a file, and of two processes one wins."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  by descriptor, for its mode
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # links, where a rename would replace
        _sync_folder(path.parent)
    finally:
        draft.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _close_to_others(path: Path) -> None:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        logger.warning("Others on this machine could read %s (mode %03o); it is now closed to them.", path, mode)
        path.chmod(0o600)
