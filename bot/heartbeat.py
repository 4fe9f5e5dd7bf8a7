"""A file whose age tells whether the event loop still turns; Docker's health check looks at it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from bot.clock import Clock, wait_until

BEAT_SECONDS = 15.0

logger = logging.getLogger(__name__)


async def beat(path: Path, stop: asyncio.Event, clock: Clock) -> None:
    """Touch `path` every 15 s until `stop` is set. A disk that refuses is logged and does not end the bot."""
    while not stop.is_set():
        _touch(path)
        await wait_until(stop, clock.now() + BEAT_SECONDS, clock)


def _touch(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        logger.warning("The heartbeat file %s cannot be touched: %s", path, error.strerror)
