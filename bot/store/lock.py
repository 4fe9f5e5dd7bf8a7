"""The lock file: one process, one database. Recovery after a restart takes for granted that nobody else is at work."""

from __future__ import annotations

import asyncio
import fcntl
import os
import platform
from pathlib import Path

from bot.errors import StoreHeld

RETRY_SECONDS = 0.25


async def hold_lock(path: Path, patience_seconds: float) -> int:
    """Take the lock, for the life of this process; a process that is just ending is given time to end.

    Returns the file descriptor that holds it. Raises StoreHeld after `patience_seconds`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        async with asyncio.timeout(patience_seconds):
            while not _try_lock(descriptor):  # noqa: ASYNC110  another process holds it: there is no event to wait for
                await asyncio.sleep(RETRY_SECONDS)
    except TimeoutError as error:
        holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip()
        os.close(descriptor)
        raise StoreHeld(str(path), holder) from error
    except BaseException:
        os.close(descriptor)
        raise
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()} on {platform.node()}\n".encode(), 0)
    return descriptor


def release_lock(descriptor: int) -> None:
    """Let go. The file stays: removing it would let two processes hold two files of one name."""
    os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
