"""The watcher: looks at what runs upstream until it has ended."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from bot.clock import Clock, wait_until
from bot.domain.catalog import Medium
from bot.domain.jobs import Job, JobState
from bot.errors import LookupFailed, NotFound, StoreDown, Unavailable
from bot.pipeline.patience import backoff_seconds
from bot.ports import Account, Asking, Generation, GenerationState, Provider, Watching
from bot.services.signals import Signals

log = logging.getLogger(__name__)

DEADLINE_SECONDS = {Medium.IMAGE: 300.0, Medium.VIDEO: 600.0}
SILENCE_SECONDS = 1800.0
"""With no answer at all for this long after the deadline it is passed, too."""
FIRST_LOOK_MAX_SECONDS = {Medium.IMAGE: 60.0, Medium.VIDEO: 120.0}
"""What ended while nobody looked, or over a step of the clock, seems to have taken an hour: nobody waits for that."""
RETRY_AFTER_MAX_SECONDS = 60.0
LATE_LOOKS_AFTER_SECONDS = (120.0, 600.0, 1800.0)
POLLS_IN_FLIGHT = 16


@dataclass(slots=True)
class Watch:
    """One generation that is looked at."""

    job: Job
    due_at: float
    failures: int = 0
    percent: int | None = None
    is_polling: bool = False

    @property
    def deadline_at(self) -> float:
        return (self.job.answered_at or self.job.created_at) + DEADLINE_SECONDS[self.job.medium]


class Watcher:
    """One task for all generations; polls are bounded and share their connections."""

    def __init__(  # noqa: PLR0913  its neighbours
        self,
        watching: Watching,
        asking: Asking,
        providers: dict[str, Provider],
        accounts: dict[int, Account],
        signals: Signals,
        clock: Clock,
        poll_seconds: float,
    ) -> None:
        """`accounts`: every account at hand; the keys of others are tried with their provider's first."""
        self._watching = watching
        self._asking = asking
        self._providers = providers
        self._accounts = accounts
        self._signals = signals
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._rung = signals.running.listen()
        self._watches: dict[int, Watch] = {}
        self._polls: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until stopped. A poll costs nothing and changes nothing: those in flight are let go."""
        failures = 0
        try:
            while not self._signals.stopping.is_set():
                self._rung.clear()
                try:
                    await self._take_up()
                    failures = 0
                    next_at = self._poll_due()
                except StoreDown:
                    failures += 1
                    log.exception("what runs could not be read")
                    next_at = self._clock.now() + backoff_seconds(failures)
                await wait_until(self._rung, next_at, self._clock)
        finally:
            for poll in self._polls:
                poll.cancel()
            await asyncio.gather(*self._polls, return_exceptions=True)

    async def _take_up(self) -> None:
        for job in await self._watching.running():
            if job.id not in self._watches:
                self._watches[job.id] = Watch(job, await self._first_look_at(job))
        for job, next_look_at in await self._watching.late():
            if job.id not in self._watches:
                self._watches[job.id] = Watch(job, next_look_at)

    async def _first_look_at(self, job: Job) -> float:
        """One interval before the shortest time lately seen: were it the time itself, it could never get shorter."""
        durations = None if job.model_id is None else await self._asking.durations(job.provider, job.model_id)
        shortest = 0.0 if durations is None else durations.shortest_seconds - self._poll_seconds
        after_seconds = max(self._poll_seconds, min(shortest, FIRST_LOOK_MAX_SECONDS[job.medium]))
        return (job.answered_at or job.created_at) + after_seconds

    def _poll_due(self) -> float | None:
        """Start polls that are due, as far as there is room; when the next one is (None: when rung)."""
        now = self._clock.now()
        idle = sorted((w for w in self._watches.values() if not w.is_polling), key=lambda watch: watch.due_at)
        for watch in idle:
            if watch.due_at > now:
                return watch.due_at
            if len(self._polls) >= POLLS_IN_FLIGHT:
                return None
            watch.is_polling = True
            poll = asyncio.create_task(self._poll(watch), name=f"poll {watch.job.id}")
            self._polls.add(poll)
            poll.add_done_callback(self._polled)
        return None

    def _polled(self, poll: asyncio.Task[None]) -> None:
        self._polls.discard(poll)
        self._rung.set()

    async def _poll(self, watch: Watch) -> None:
        began_at = self._clock.now()
        try:
            generation = await self._look(watch)
            await self._judge(watch, generation, began_at)
        except StoreDown:
            log.exception("job %d: what the upstream told could not be stored", watch.job.id)
            watch.due_at = self._clock.now() + self._poll_seconds
        except Exception:
            log.exception("job %d: what the upstream told could not be judged", watch.job.id)
            self._put_off(watch, None)
        finally:
            watch.is_polling = False

    async def _look(self, watch: Watch) -> Generation | None:
        """None: no answer, or the upstream does not know it (yet)."""
        job = watch.job
        assert job.generation_id is not None, "what runs has an id"
        try:
            generation = await self._providers[job.provider].look(job.generation_id, self._key_of(job))
        except NotFound:
            watch.failures = 0
            return Generation(GenerationState.PROCESSING)
        except LookupFailed as error:
            self._put_off(watch, error.retry_after_seconds if isinstance(error, Unavailable) else None)
            log.info("job %d: no answer to look number %d: %s", job.id, watch.failures, error)
            return None
        except Exception:
            # A fault of our own is no answer either: the job must not run for ever because of it.
            self._put_off(watch, None)
            log.exception("job %d: a look failed", job.id)
            return None
        watch.failures = 0
        return generation

    def _put_off(self, watch: Watch, retry_after_seconds: float | None) -> None:
        watch.failures += 1
        patience_seconds = backoff_seconds(watch.failures, self._poll_seconds)
        # A look costs nothing, and a deadline waits for it: no Retry-After may put it off for long.
        asked_seconds = min(retry_after_seconds or 0.0, RETRY_AFTER_MAX_SECONDS)
        watch.due_at = self._clock.now() + max(asked_seconds, patience_seconds)

    def _key_of(self, job: Job) -> str:
        account = self._accounts.get(job.account_id)
        if account is None or account.key is None:
            account = next(a for a in self._accounts.values() if a.provider == job.provider and a.key)
        return account.key or ""

    async def _judge(self, watch: Watch, generation: Generation | None, began_at: float) -> None:
        job = watch.job
        if generation is not None and generation.state is not GenerationState.PROCESSING:
            await self._watching.finish(job.id, generation)
            self._forget(watch)
        elif job.state is JobState.TIMED_OUT:
            await self._plan_late_look(watch)
        elif began_at >= watch.deadline_at + (SILENCE_SECONDS if generation is None else 0.0):
            first, *_ = LATE_LOOKS_AFTER_SECONDS
            await self._watching.time_out(job.id, self._clock.now() + first, len(LATE_LOOKS_AFTER_SECONDS))
            self._forget(watch)
        elif generation is not None:
            watch.due_at = self._clock.now() + self._poll_seconds
            await self._tell_progress(watch, generation)

    async def _plan_late_look(self, watch: Watch) -> None:
        """After a late look that found no end: the next, or none."""
        job = watch.job
        timed_out_at = job.finished_at or self._clock.now()
        now = self._clock.now()
        left = [timed_out_at + after for after in LATE_LOOKS_AFTER_SECONDS if timed_out_at + after > now]
        await self._watching.look_again(job.id, left[0] if left else None, len(left))
        self._forget(watch)

    def _forget(self, watch: Watch) -> None:
        del self._watches[watch.job.id]
        self._signals.cards.ring()

    async def _tell_progress(self, watch: Watch, generation: Generation) -> None:
        if generation.progress_percent is not None and generation.progress_percent != watch.percent:
            watch.percent = generation.progress_percent
            await self._watching.progress(watch.job.id, generation.progress_percent)
            self._signals.cards.ring()
