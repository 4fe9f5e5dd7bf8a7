"""The chronicler: writes in log channels what generations came to and which settings were changed."""

from __future__ import annotations

import asyncio
import logging

from bot.clock import Clock
from bot.domain.limits import Change
from bot.errors import ChannelClosed, MessageGone, SurfaceDown, SurfaceError
from bot.pipeline.patience import backoff_seconds
from bot.pipeline.stage import run_stage
from bot.ports import LogBook, LogEntry, LoggedJob, Surface
from bot.services.catalogue import Catalogue
from bot.services.signals import Signals
from bot.ui.log_entries import change_entry, job_entry
from bot.ui.messages import Message

log = logging.getLogger(__name__)

SPACING_SECONDS = 1.0
"""Between two entries in a channel: Discord takes a few at once, and cards may have to go there, too."""
CALL_SECONDS = 15.0
RETRY_AFTER_MAX_SECONDS = 600.0


class Chronicler:
    """One entry at a time, and in each channel about one a second.

    An entry stands in the store before it is posted, and its nonce is made of its id, so that a crash cannot make two
    of it. Only where the next process starts after nonces have died it may: it is rather told twice than never.
    """

    def __init__(
        self, logbook: LogBook, surface: Surface, catalogue: Catalogue, signals: Signals, clock: Clock
    ) -> None:
        self._logbook = logbook
        self._surface = surface
        self._catalogue = catalogue
        self._signals = signals
        self._clock = clock
        self._rung = signals.cards.listen()
        self._ready_at: dict[int, float] = {}
        """By channel: when it may be written to again."""
        self._failures: dict[int, int] = {}
        """By channel: in a row."""

    async def run(self) -> None:
        """Until stopped."""
        await run_stage("chronicler", self._step, self._rung, self._signals.stopping, self._clock)

    async def _step(self) -> float | None:
        """Write one entry in each channel that has any; when to look again (None: nothing is left)."""
        behind = await self._logbook.behind()
        self._ready_at = {channel: at for channel, at in self._ready_at.items() if at > self._clock.now()}
        for entry in behind:
            if self._signals.stopping.is_set():
                break
            if entry.channel_id not in self._ready_at:
                await self._write(entry)
        return min(
            (self._ready_at[entry.channel_id] for entry in behind if entry.channel_id in self._ready_at), default=None
        )

    async def _write(self, entry: LogEntry) -> None:
        failures = self._failures.pop(entry.channel_id, 0)
        self._ready_at[entry.channel_id] = self._clock.now() + SPACING_SECONDS
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._show(entry)
        except MessageGone:
            # Deleted, so not wanted.
            await self._logbook.drop(entry)
        except ChannelClosed as error:
            dropped = await self._logbook.close(entry.channel_id)
            log.warning("log channel %d is closed, %d entries are dropped: %s", entry.channel_id, dropped, error)
        except (SurfaceDown, TimeoutError) as error:
            self._failures[entry.channel_id] = failures + 1
            self._ready_at[entry.channel_id] = self._clock.now() + _patience_seconds(error, failures + 1)
            log.info("log channel %d: not written to yet: %s", entry.channel_id, error)
        except SurfaceError as error:
            log.warning("log channel %d: an entry was refused: %s", entry.channel_id, error)
            await self._logbook.drop(entry)

    async def _show(self, entry: LogEntry) -> None:
        subject = await self._logbook.subject(entry)
        if subject is None:
            await self._logbook.drop(entry)
            return
        message = self._drawn(subject)
        if entry.message_id is None:
            shown = await self._surface.post(entry.channel_id, message, f"log-{entry.id}")
        else:
            shown = await self._surface.edit_by_ids(entry.channel_id, entry.message_id, message)
        await self._logbook.shown(entry, shown.message_id)

    def _drawn(self, subject: LoggedJob | Change) -> Message:
        catalog = self._catalogue.current
        if isinstance(subject, Change):
            return change_entry(subject, catalog.models)
        model_id = subject.job.model_id
        return job_entry(subject.job, subject.url, None if model_id is None else catalog.find(model_id))


def _patience_seconds(error: Exception, failures: int) -> float:
    asked_seconds = error.retry_after_seconds if isinstance(error, SurfaceDown) else None
    return backoff_seconds(failures) if asked_seconds is None else min(asked_seconds, RETRY_AFTER_MAX_SECONDS)
