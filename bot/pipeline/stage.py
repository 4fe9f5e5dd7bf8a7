"""The loop that every stage runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.clock import Clock, wait_until
from bot.errors import StoreDown
from bot.pipeline.patience import backoff_seconds

log = logging.getLogger(__name__)

SETBACK_MAX_SECONDS = 30.0


async def run_stage(
    name: str,
    step: Callable[[], Awaitable[float | None]],
    rung: asyncio.Event,
    stopping: asyncio.Event,
    clock: Clock,
) -> None:
    """Until stopped: `step`, then wait until rung, or for the time that it tells (epoch seconds; None: until rung).

    A step that fails is made again, ever more patiently and however often it is rung. So a stage outlives the store's
    failures, and surprises, too: what it did not get done still stands in the store.
    """
    failures = 0
    while not stopping.is_set():
        rung.clear()
        try:
            next_at = await step()
        except Exception as error:
            failures += 1
            retry_at = clock.now() + backoff_seconds(failures, most_seconds=SETBACK_MAX_SECONDS)
            what = "the store failed" if isinstance(error, StoreDown) else "a fault of our own"
            log.exception("%s: %s, trying again", name, what)
            await wait_until(stopping, retry_at, clock)
        else:
            failures = 0
            await wait_until(rung, next_at, clock)
