"""`python -m bot rotate-keys`: all that is encrypted is encrypted anew with the newest of SECRET_KEYS."""

from __future__ import annotations

from bot.clock import SystemClock
from bot.settings import Settings
from bot.store.store import open_store
from bot.ui.startup import keys_to_drop, left_locked, rotated
from bot.vault import KEY_FILE, Vault

LOCK_PATIENCE_SECONDS = 1.0


async def rotate_keys(settings: Settings) -> str:
    """What was done, and what may be done next, for whoever runs Easel; SECRET_KEYS must hold a key.

    Raises StoreHeld, StoreTooNew, StoreDown, VaultError.
    """
    vault = Vault.from_settings(settings.secret_keys, settings.data_folder)
    async with open_store(settings.database_path, SystemClock(), vault, "rotation", LOCK_PATIENCE_SECONDS) as store:
        resealed = await store.rotation.reseal(vault.rotate)
    old_keys, key_file = len(settings.secret_keys) - 1, settings.data_folder / KEY_FILE
    return " ".join(
        (
            rotated(resealed.keys, resealed.tokens, resealed.links),
            *([left_locked(resealed.locked)] if resealed.locked else []),
            keys_to_drop(old_keys, str(key_file) if key_file.exists() else None),
        )
    )
