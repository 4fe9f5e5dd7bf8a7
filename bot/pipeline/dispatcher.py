"""The dispatcher: claims what may leave now, and sends it once."""

from __future__ import annotations

import asyncio
import logging

from bot.clock import Clock
from bot.domain.catalog import Model
from bot.domain.jobs import Failure, FailureCode, Job
from bot.domain.pricing import estimate_credits
from bot.domain.requests import GenerationRequest
from bot.errors import KeyRejected, OutcomeUnknown, OutOfCredits, StoreDown, SubmissionError, SurfaceDown
from bot.pipeline.patience import backoff_seconds
from bot.pipeline.references import References
from bot.pipeline.stage import run_stage
from bot.pipeline.whose import advice_on
from bot.ports import Accepted, Account, Barred, Claim, Idle, Provider, Stale, Submissions, Wait
from bot.services.catalogue import Catalogue
from bot.services.signals import Signals

log = logging.getLogger(__name__)

FRESH_SECONDS = 1800.0
"""A reference link that dies sooner than this is refreshed first: the upstream fetches it in its own time."""
REFRESH_SECONDS = 10.0
REFRESH_PATIENCE = 4
"""So many failed tries, 1, 2 and 4 seconds apart: what a reference link may cost the others in the line."""
PATIENCE_SECONDS = 60.0
"""Without an answer for so long a submission counts as unknown, and the others go on."""
LATE_AT_ONCE = 32
"""So many of those are still listened to, each until the network gives it up."""
DRAIN_SECONDS = 5.0
"""How long answers in flight may still land after the stop."""


class Dispatcher:
    """One account's line: gate and turn decide in the store, the POST leaves after their commit."""

    def __init__(  # noqa: PLR0913  its neighbours
        self,
        account: Account,
        submissions: Submissions,
        provider: Provider,
        catalogue: Catalogue,
        references: References,
        signals: Signals,
        clock: Clock,
    ) -> None:
        self.account = account
        """As it is known now: whose key it is may change."""
        self._submissions = submissions
        self._provider = provider
        self._catalogue = catalogue
        self._references = references
        self._signals = signals
        self._clock = clock
        self._rung = signals.queued.listen()
        self._ending = signals.stop_asked.listen()
        if signals.stopping.is_set():
            self._ending.set()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._late: set[asyncio.Task[None]] = set()
        self._unrecorded = 0
        self._failures = 0
        self._refresh_at = 0.0

    async def run(self) -> None:
        """Until stopped, or retired; then no new claim, and what is in flight may land."""
        try:
            await run_stage("dispatcher", self._step, self._rung, self._ending, self._clock)
            await self._land()
        finally:
            await self._drain()
            self._signals.queued.forget(self._rung)
            self._signals.stop_asked.forget(self._ending)

    def retire(self) -> None:
        """Its key is not to be used any more: nothing is claimed, and `run` ends once all answers have landed."""
        self._ending.set()
        self._rung.set()

    async def _step(self) -> float | None:
        """Claim once; when to try next (now: at once; None: when rung)."""
        if self._unrecorded:
            return None
        now = self._clock.now()
        turn = await self._submissions.claim(self.account, now + FRESH_SECONDS, self._price_of)
        if not isinstance(turn, Stale):
            self._failures = 0
        return await self._follow(turn, now)

    def _price_of(self, request: GenerationRequest) -> int | None:
        return estimate_credits(request, self._model_of(request))

    def _model_of(self, request: GenerationRequest) -> Model | None:
        return self._catalogue.current.find(request.model_id)

    async def _follow(self, turn: Claim | Stale | Barred | Wait | Idle, now: float) -> float | None:
        match turn:
            case Claim(job=job):
                self._spawn(job)
                return now
            case Stale(job=job):
                return await self._refresh(job)
            case Barred(job=job):
                log.info("job %d: limits that hold now stand against it", job.id)
                self._signals.cards.ring()
                return now
            case Wait(until=until):
                return until
            case Idle():
                return None

    def _spawn(self, job: Job) -> None:
        task = asyncio.create_task(self._submit(job), name=f"submit {job.id}")
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)
        self._signals.cards.ring()

    async def _submit(self, job: Job) -> None:
        sending = asyncio.create_task(self._send(job), name=f"post {job.id}")
        try:
            await asyncio.wait((sending,), timeout=PATIENCE_SECONDS)
            if not sending.done():
                await self._settle(job, OutcomeUnknown(f"no answer within {PATIENCE_SECONDS:g} s"))
            if sending.done() or self._keep_listening():
                await self._settle(job, await sending)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def _keep_listening(self) -> bool:
        """Let this task go on in the background, where there is room."""
        task = asyncio.current_task()
        if task is None or len(self._late) >= LATE_AT_ONCE:
            return False
        self._in_flight.discard(task)
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        return True

    async def _settle(self, job: Job, outcome: Accepted | SubmissionError) -> None:
        self._log_outcome(job, outcome)
        await self._record(job, outcome)
        self._signals.cards.ring()
        self._signals.running.ring()
        # Also other lines: where a guild has changed its key, what waits may have waited for this one.
        self._signals.queued.ring()
        if self._ending.is_set():
            # What comes back to the line of a retired one has to go on elsewhere.
            self._signals.keys.ring()

    async def _send(self, job: Job) -> Accepted | SubmissionError:
        assert self.account.key is not None, "accounts without a key have no dispatcher"
        try:
            return await self._provider.submit(job.request, self._model_of(job.request), self.account.key)
        except SubmissionError as error:
            return error
        except Exception as error:
            # A fault of our own after the POST may have left: it is not known, and so never sent again.
            log.exception("job %d: the provider's code failed", job.id)
            return OutcomeUnknown(repr(error))

    def _log_outcome(self, job: Job, outcome: Accepted | SubmissionError) -> None:
        provider = self.account.provider
        match outcome:
            case Accepted(generation_id=generation_id):
                log.info("job %d: accepted as %s", job.id, generation_id)
            case KeyRejected(message=message):
                log.warning(
                    "%s does not take a key (%s): %s. It is tried once every 10 minutes",
                    provider,
                    message,
                    advice_on(self.account),
                )
            case OutOfCredits(required=required, available=available):
                log.warning("%s is out of credits: job %d needs %s, %s are left", provider, job.id, required, available)
            case _:
                log.warning("job %d: %s", job.id, outcome)

    async def _record(self, job: Job, outcome: Accepted | SubmissionError) -> None:
        """Until it is stored, nothing new is claimed: an answer that is lost is credits that are lost."""
        self._unrecorded += 1
        failures = 0
        try:
            while True:
                try:
                    await self._submissions.record(self.account, job.id, outcome)
                except StoreDown:
                    failures += 1
                    log.exception("job %d: its answer could not be stored, trying again", job.id)
                    await asyncio.sleep(backoff_seconds(failures, most_seconds=10.0))
                except Exception:
                    # A fault of our own with this very answer: it must not hold up the line, nor be forgotten.
                    log.exception("job %d: its answer cannot be stored as it is: %s", job.id, outcome)
                    if isinstance(outcome, OutcomeUnknown):
                        return
                    outcome = OutcomeUnknown("the answer could not be stored")
                else:
                    return
        finally:
            self._unrecorded -= 1

    async def _refresh(self, job: Job) -> float:
        """Fresh links for a job whose turn it is; without them it ends, unspent."""
        now = self._clock.now()
        if now < self._refresh_at:
            return self._refresh_at
        try:
            async with asyncio.timeout(REFRESH_SECONDS):
                request = await self._references.refreshed(job, now + FRESH_SECONDS)
        except (SurfaceDown, TimeoutError) as error:
            self._failures += 1
            if self._failures >= REFRESH_PATIENCE:
                # The whole line waits behind it: told before anything is spent, it can be asked for anew.
                self._failures = 0
                await self._submissions.fail_waiting(job.id, Failure(FailureCode.REFERENCE_GONE))
                self._signals.cards.ring()
                return now
            self._refresh_at = self._clock.now() + backoff_seconds(self._failures)
            log.warning("job %d: its references could not be asked for: %s", job.id, error)
            return self._refresh_at
        if request is None:
            await self._submissions.fail_waiting(job.id, Failure(FailureCode.REFERENCE_GONE))
            self._signals.cards.ring()
        else:
            await self._submissions.refresh_request(job.id, request)
        return now

    async def _land(self) -> None:
        """However long it takes, but for a stop."""
        stop = asyncio.create_task(self._signals.stopping.wait())
        try:
            while not stop.done() and (flying := self._in_flight | self._late):
                await asyncio.wait({*flying, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()

    async def _drain(self) -> None:
        if self._in_flight:
            _, cut_off = await asyncio.wait(self._in_flight, timeout=DRAIN_SECONDS)
            for task in cut_off:
                log.warning("%s: no answer in time; it will be shown as unknown", task.get_name())
        left = self._in_flight | self._late
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
