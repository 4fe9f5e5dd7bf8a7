"""The watcher: looks at what runs upstream until it has ended."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

from bot.clock import Clock
from bot.domain.catalog import Medium
from bot.domain.jobs import DEADLINE_SECONDS, Job, JobState
from bot.errors import LookupFailed, NotFound, StoreDown, Unavailable
from bot.pipeline.patience import backoff_seconds
from bot.pipeline.stage import run_stage
from bot.pipeline.whose import advice_on
from bot.ports import Account, Asking, Follows, Generation, GenerationState, Provider, Recalls, Watching
from bot.services.signals import Signals

log = logging.getLogger(__name__)

SILENCE_SECONDS = 1800.0
"""With no answer at all for this long after the deadline it is passed, too."""
FIRST_LOOK_MAX_SECONDS = {Medium.IMAGE: 60.0, Medium.VIDEO: 120.0}
"""What ended while nobody looked, or over a step of the clock, seems to have taken an hour: nobody waits for that."""
PATIENCE_MAX_SECONDS = 60.0
RETRY_AFTER_MAX_SECONDS = 60.0
LATE_LOOKS_AFTER_SECONDS = (120.0, 480.0, 1200.0)
"""Each after the one before, the first after the time-out. One that gets no answer is made again and not counted."""
LATE_PATIENCE_MAX_SECONDS = 600.0
LATE_SILENCE_SECONDS = 24 * 3600.0
"""With no answer to a late look for this long after the time-out nobody looks any more."""
POLLS_IN_FLIGHT = 16
"""Of each upstream: one that hangs holds up nobody else's."""
NEWS_SECONDS = 15.0
"""After so long without news, however alive a stream is, a look is made. What waits in the upstream's own line is
looked at as often: its place there is told by looks alone."""
UPSTREAM_LINE_MAX_SECONDS = 3600.0
"""What waits in an upstream's own line is not late; but for no longer than that."""


@dataclass(slots=True)
class Watch:
    """One generation that is looked at."""

    job: Job
    due_at: float
    looks_left: int = 0
    """Late ones."""
    failures: int = 0
    told: tuple[int | None, int | None, float | None] = (None, None, None)
    """Percent, preceding tasks, and when it began, as last stored."""
    is_waiting: bool = False
    """In the upstream's own line, when last seen."""
    begun_at: float = 0.0
    """Not before this did the upstream begin, as far as is known."""
    is_recalled: bool = False
    """It was taken back, or may have been."""
    is_polling: bool = False
    follower: asyncio.Task[None] | None = None
    """The poll, once it has become a listener: it takes nobody's place."""

    @property
    def is_late(self) -> bool:
        return self.job.state is JobState.TIMED_OUT

    @property
    def deadline_at(self) -> float:
        taken_at = self.job.answered_at or self.job.created_at
        begun_at = min(max(taken_at, self.begun_at), taken_at + UPSTREAM_LINE_MAX_SECONDS)
        return begun_at + DEADLINE_SECONDS[self.job.medium]


class Watcher:
    """One task for all generations; polls are bounded and share their connections."""

    def __init__(  # noqa: PLR0913  its neighbours
        self,
        watching: Watching,
        asking: Asking,
        providers: Mapping[str, Provider],
        accounts: Mapping[int, Account],
        signals: Signals,
        clock: Clock,
        poll_seconds: float,
    ) -> None:
        """`accounts`: every account that is known, as they come and go; one whose key is gone is stood in for."""
        self._watching = watching
        self._asking = asking
        self._providers = providers
        self._accounts = accounts
        self._dead: set[int] = set()
        """Accounts that nobody uses any more and whose keys the upstream does not take any more."""
        self._signals = signals
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._rung = signals.running.listen()
        self._rings_heard: int | None = None
        self._watches: dict[int, Watch] = {}
        self._polls: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until stopped. A poll costs nothing and changes nothing: those in flight are let go."""
        try:
            await run_stage("watcher", self._step, self._rung, self._signals.stopping, self._clock)
        finally:
            for poll in self._polls:
                poll.cancel()
            await asyncio.gather(*self._polls, return_exceptions=True)

    async def _step(self) -> float | None:
        # A poll that ended wakes, too, and changes nothing of what there is to look at.
        rings = self._signals.running.rings
        if rings != self._rings_heard:
            await self._take_up()
            self._rings_heard = rings
        return self._poll_due()

    async def _take_up(self) -> None:
        for job in await self._watching.running():
            watch = self._watches.get(job.id)
            if watch is None:
                # What waited when last seen may still do so.
                last_seen_at = 0.0 if job.preceding_tasks is None else self._clock.now()
                due_at = await self._first_look_at(job)
                self._watches[job.id] = Watch(job, due_at, begun_at=job.begun_at or last_seen_at)
            elif watch.job.cancel_asked_at is None:
                watch.job = job
                if job.cancel_asked_at is not None and watch.follower is not None:
                    watch.follower.cancel()
        for late in await self._watching.late():
            if late.job.id not in self._watches:
                self._watches[late.job.id] = Watch(late.job, late.next_look_at, late.looks_left)

    async def _first_look_at(self, job: Job) -> float:
        """One interval before the shortest time lately seen: were it the time itself, it could never get shorter."""
        if isinstance(self._providers[job.provider], Follows):
            return job.answered_at or job.created_at
        durations = None if job.model_id is None else await self._asking.durations(job.provider, job.model_id)
        shortest = 0.0 if durations is None else durations.shortest_seconds - self._poll_seconds
        after_seconds = max(self._poll_seconds, min(shortest, FIRST_LOOK_MAX_SECONDS[job.medium]))
        return (job.answered_at or job.created_at) + after_seconds

    def _poll_due(self) -> float | None:
        """Start polls that are due, as far as there is room; when the next one is (None: when rung)."""
        now = self._clock.now()
        idle = sorted((w for w in self._watches.values() if not w.is_polling), key=lambda watch: watch.due_at)
        open_looks = Counter(w.job.provider for w in self._watches.values() if w.is_polling and w.follower is None)
        for watch in idle:
            if watch.due_at > now:
                return watch.due_at
            if open_looks[watch.job.provider] >= POLLS_IN_FLIGHT:
                continue
            open_looks[watch.job.provider] += 1
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
            await self._recall(watch, generation)
            await self._follow(watch)
        except StoreDown:
            log.exception("job %d: what the upstream told could not be stored", watch.job.id)
            watch.due_at = self._clock.now() + self._interval_seconds(watch.job)
        except Exception:
            log.exception("job %d: what the upstream told could not be judged", watch.job.id)
            self._put_off(watch, None)
        finally:
            watch.is_polling = False

    async def _look(self, watch: Watch) -> Generation | None:
        """None: no answer, or the upstream does not know it (yet)."""
        job = watch.job
        try:
            account = self._account_of(job)
            key = None if account is None else account.key
            assert job.generation_id is not None, "what runs has an id"
            generation = await self._providers[job.provider].look(job.generation_id, key or "")
        except NotFound:
            watch.failures = 0
            return Generation(GenerationState.CANCELLED if watch.is_recalled else GenerationState.PROCESSING)
        except LookupFailed as error:
            self._put_off(watch, error.retry_after_seconds if isinstance(error, Unavailable) else None)
            log.info("job %d: no answer to look number %d: %s", job.id, watch.failures, error)
            if isinstance(error, Unavailable) and error.key_rejected and account is not None:
                await self._hear_refusal(job, account, error)
            return None
        except Exception:
            # A fault of our own is no answer either: the job must not run for ever because of it.
            self._put_off(watch, None)
            log.exception("job %d: a look failed", job.id)
            return None
        watch.failures = 0
        return generation

    async def _recall(self, watch: Watch, seen: Generation | None) -> None:
        """Take back what its member does not want any more, where it waits upstream. The next look tells the end."""
        provider, account = self._providers[watch.job.provider], self._account_of(watch.job)
        is_wanted = watch.job.cancel_asked_at is None
        if is_wanted or self._is_over(watch) or seen is None or seen.is_begun:
            return
        if account is None or not isinstance(provider, Recalls):
            return
        assert watch.job.generation_id is not None
        watch.is_recalled = True
        try:
            watch.is_recalled = await provider.recall(watch.job.generation_id, account.key or "")
        except LookupFailed as error:
            log.info("job %d: nobody knows whether it was taken back: %s", watch.job.id, error)
            return
        if watch.is_recalled:
            await self._judge(watch, Generation(GenerationState.CANCELLED), self._clock.now())

    async def _follow(self, watch: Watch) -> None:
        """Listen to an upstream that tells by itself. Whatever ends that, then comes a look, in its time."""
        provider, account = self._providers[watch.job.provider], self._account_of(watch.job)
        if self._is_over(watch) or watch.is_recalled or account is None or not isinstance(provider, Follows):
            return
        if self._clock.now() >= watch.deadline_at:
            return
        assert watch.job.generation_id is not None
        due_at, watch.follower = watch.due_at, asyncio.current_task()
        self._rung.set()  # There is room for another look.
        try:
            async with (
                asyncio.timeout(self._patience_seconds(watch)) as patience,
                aclosing(provider.follow(watch.job.generation_id, account.key or "")) as news,
            ):
                async for generation in news:
                    await self._judge(watch, generation, self._clock.now())
                    if self._is_over(watch):
                        return
                    if not watch.is_waiting:
                        patience.reschedule(asyncio.get_running_loop().time() + self._patience_seconds(watch))
        except TimeoutError:
            log.debug("job %d: a look tells more now", watch.job.id)
        except LookupFailed as error:
            log.info("job %d: it is not told any more how it comes along: %s", watch.job.id, error)
        finally:
            watch.due_at, watch.follower = max(due_at, self._clock.now()), None

    def _patience_seconds(self, watch: Watch) -> float:
        return min(watch.deadline_at - self._clock.now(), NEWS_SECONDS)

    def _is_over(self, watch: Watch) -> bool:
        """It has ended, or timed out: what is looked at now, if anything, is another watch."""
        return watch.is_late or self._watches.get(watch.job.id) is not watch

    async def _hear_refusal(self, job: Job, account: Account, error: Unavailable) -> None:
        """A key that is refused here would be refused for submissions, too; not so one that has not paid for this."""
        if account.id != job.account_id:
            return
        if not account.is_used:
            self._dead.add(account.id)
        elif await self._watching.reject_key(account.id):
            log.warning(
                "%s does not take a key any more (%s): %s. Nothing new is sent with it, but one probe every 10 minutes",
                account.provider,
                error.detail,
                advice_on(account),
            )

    def _put_off(self, watch: Watch, retry_after_seconds: float | None) -> None:
        watch.failures += 1
        most_seconds = LATE_PATIENCE_MAX_SECONDS if watch.is_late else PATIENCE_MAX_SECONDS
        patience_seconds = backoff_seconds(watch.failures, self._interval_seconds(watch.job), most_seconds)
        # A look costs nothing, and a deadline waits for it: no Retry-After may put it off for long.
        asked_seconds = min(retry_after_seconds or 0.0, RETRY_AFTER_MAX_SECONDS)
        watch.due_at = self._clock.now() + max(asked_seconds, patience_seconds)

    def _interval_seconds(self, job: Job) -> float:
        provider = self._providers[job.provider]
        return provider.poll_seconds if isinstance(provider, Follows) else self._poll_seconds

    def _account_of(self, job: Job) -> Account | None:
        """The one that paid, while its key is at hand; else another of its guild's, else any. None: there is none."""
        paid = self._accounts.get(job.account_id)
        if paid is not None and paid.key is not None and paid.id not in self._dead:
            return paid
        others = [each for each in self._accounts.values() if each.is_used and each.provider == job.provider]
        return min(others, key=lambda each: job.guild_id not in each.guild_ids, default=None)

    async def _judge(self, watch: Watch, generation: Generation | None, began_at: float) -> None:
        if generation is not None:
            self._note_line(watch, generation)
        if generation is not None and generation.state is not GenerationState.PROCESSING:
            await self._watching.finish(watch.job.id, generation)
            self._forget(watch)
        elif watch.is_late:
            await self._judge_late(watch, began_at, is_answered=generation is not None)
        elif began_at >= watch.deadline_at + (SILENCE_SECONDS if generation is None else 0.0):
            await self._time_out(watch)
        elif generation is not None:
            watch.due_at = self._clock.now() + self._interval_seconds(watch.job)
            await self._tell_progress(watch, generation)

    def _note_line(self, watch: Watch, generation: Generation) -> None:
        """Before the deadline is looked at: what waits in the upstream's own line is not late."""
        now = self._clock.now()
        watch.is_waiting = not generation.is_begun
        if watch.is_waiting:
            watch.begun_at = now
        elif generation.begun_at is not None:
            # By the upstream's clock: never before it was last seen waiting, and what lies ahead tells nothing.
            told = generation.begun_at if generation.begun_at <= now else watch.begun_at or now
            watch.begun_at = max(told, watch.begun_at, watch.job.answered_at or watch.job.created_at)

    async def _time_out(self, watch: Watch) -> None:
        next_look_at, looks = self._clock.now() + LATE_LOOKS_AFTER_SECONDS[0], len(LATE_LOOKS_AFTER_SECONDS)
        job = await self._watching.time_out(watch.job.id, next_look_at, looks)
        self._forget(watch)
        if job is not None:
            self._watches[job.id] = Watch(job, next_look_at, looks)

    async def _judge_late(self, watch: Watch, began_at: float, *, is_answered: bool) -> None:
        """After a late look that found no end: the same again where it got no answer, else the next, or none."""
        is_silent_for_good = began_at >= (watch.job.finished_at or began_at) + LATE_SILENCE_SECONDS
        if not is_answered and not is_silent_for_good:
            return
        looks_left = max(watch.looks_left - 1, 0) if is_answered else 0
        if not looks_left:
            await self._watching.look_again(watch.job.id, None, 0)
            self._forget(watch)
            return
        next_look_at = began_at + LATE_LOOKS_AFTER_SECONDS[-looks_left]
        await self._watching.look_again(watch.job.id, next_look_at, looks_left)
        watch.due_at, watch.looks_left = next_look_at, looks_left

    def _forget(self, watch: Watch) -> None:
        if self._watches.get(watch.job.id) is watch:
            del self._watches[watch.job.id]
        self._signals.cards.ring()
        # Where only so many of a guild or a member are made at once, another one may begin.
        self._signals.queued.ring()

    async def _tell_progress(self, watch: Watch, generation: Generation) -> None:
        percent, preceding_tasks, _ = watch.told
        percent = percent if generation.progress_percent is None else generation.progress_percent
        preceding_tasks = preceding_tasks if generation.preceding_tasks is None else generation.preceding_tasks
        told = (percent, preceding_tasks or 0, None) if watch.is_waiting else (percent, None, watch.begun_at or None)
        if told != watch.told:
            watch.told = told
            await self._watching.progress(watch.job.id, *told)
            self._signals.cards.ring()
