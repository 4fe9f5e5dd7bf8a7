"""The chronicler: writes in log channels what generations came to and which settings were changed."""

from __future__ import annotations

import asyncio
import logging

from bot.clock import Clock
from bot.domain.limits import Change
from bot.errors import ChannelClosed, MessageGone, SurfaceDown, SurfaceError
from bot.pipeline.patience import RETRY_AFTER_MAX_SECONDS, surface_patience_seconds
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


Lane = tuple[int, bool]
"""A channel, and whether it is about an edit: Discord holds edits of old messages back, which must not delay news."""
GONE = (10003, 10004)
"""Unknown channel and unknown guild. Without a permission words can still be taken out of what stands there."""


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
        self._ready_at: dict[Lane, float] = {}
        """When it may be written to again."""
        self._failures: dict[Lane, int] = {}
        """In a row."""

    async def run(self) -> None:
        """Until stopped."""
        await run_stage("chronicler", self._step, self._rung, self._signals.stopping, self._clock)

    async def _step(self) -> float | None:
        """Write one new entry and one edit in each channel that has any; when to look again (None: nothing is left)."""
        behind = await self._logbook.behind()
        self._ready_at = {lane: at for lane, at in self._ready_at.items() if at > self._clock.now()}
        for entry in behind:
            if self._signals.stopping.is_set():
                break
            if lane_of(entry) not in self._ready_at:
                await self._write(entry)
        return min((self._ready_at[lane_of(each)] for each in behind if lane_of(each) in self._ready_at), default=None)

    async def _write(self, entry: LogEntry) -> None:
        lane = lane_of(entry)
        failures = self._failures.pop(lane, 0)
        self._ready_at[lane] = self._clock.now() + SPACING_SECONDS
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._show(entry)
        except MessageGone:
            # Deleted, so not wanted.
            await self._logbook.drop(entry)
        except ChannelClosed as error:
            is_gone = error.code in GONE
            dropped = await self._logbook.close(entry.channel_id, with_edits=is_gone)
            if entry.message_id is not None:
                # It stays to be made, for the day on which that may be done again.
                self._ready_at[lane] = self._clock.now() + RETRY_AFTER_MAX_SECONDS
            log.warning("log channel %d is closed, %d entries are dropped: %s", entry.channel_id, dropped, error)
        except (SurfaceDown, TimeoutError) as error:
            self._failures[lane] = failures + 1
            self._ready_at[lane] = self._clock.now() + surface_patience_seconds(error, failures + 1)
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
            # Of a log that was moved, Discord must not take the second post for the first.
            nonce = f"log-{entry.id:x}-{entry.channel_id % 0x10000:x}"
            shown = await self._surface.post(entry.channel_id, message, nonce)
        else:
            shown = await self._surface.edit_by_ids(entry.channel_id, entry.message_id, message)
        await self._logbook.shown(entry, shown.message_id)

    def _drawn(self, subject: LoggedJob | Change) -> Message:
        catalog = self._catalogue.current
        if isinstance(subject, Change):
            return change_entry(subject, catalog.models)
        model_id = subject.job.model_id
        return job_entry(subject.job, subject.url, catalog.find(model_id))


def lane_of(entry: LogEntry) -> Lane:
    return entry.channel_id, entry.message_id is not None
