"""Plausible mistakes. The harness must notice each of them."""

from __future__ import annotations

from bot.domain.jobs import Job, JobState
from bot.errors import SubmissionError
from bot.ports import (
    Accepted,
    Account,
    Barred,
    Claim,
    Generation,
    GenerationState,
    Idle,
    PriceOf,
    Rung,
    Stale,
    Wait,
)
from bot.store import submissions
from bot.store.cards import CardStore
from bot.store.ledger import end_job, read_job
from bot.store.submissions import SubmissionStore
from bot.store.units import Unit, do, one
from bot.store.watching import WatchStore
from tests.simulation.house import Mutant


class _RequeueOnRestart(SubmissionStore):
    """What was interrupted is simply sent again."""

    async def recover(self, accounts: tuple[Account, ...]) -> int:
        def unit() -> Unit[int]:
            rows = yield from do("interrupted_jobs", owner=self._owner)
            for row in rows:
                yield from do("requeue_job", id=row["id"])
            yield from do("close_interrupted_sends", now=self._ledger.now())
            return len(rows)

        return await self._driver.run(unit)


class _NotCommitted(Exception):
    def __init__(self, turn: Claim | Stale | Barred | Wait | Idle) -> None:
        self.turn = turn


class _SendBeforeCommit(SubmissionStore):
    """The claim is stored together with the answer."""

    _account: Account | None = None
    _is_sending = False

    async def claim(
        self, account: Account, stale_before: float, price_of: PriceOf | None = None
    ) -> Claim | Stale | Barred | Wait | Idle:
        def unit() -> Unit[None]:
            raise _NotCommitted(
                (yield from submissions.claim(self._ledger, self._owner, account, stale_before, price_of))
            )

        if self._is_sending:
            return Wait(None)
        try:
            await self._driver.run(unit)
        except _NotCommitted as claimed:
            self._is_sending = isinstance(claimed.turn, Claim)
            return claimed.turn
        raise AssertionError

    async def record(self, account: Account, job_id: int, outcome: Accepted | SubmissionError) -> Job | None:
        self._is_sending = False
        await super().claim(account, 0.0)
        return await super().record(account, job_id, outcome)


class _CountOnSend(SubmissionStore):
    """A slot's time begins when the request leaves, not when its answer is there."""

    async def record(self, account: Account, job_id: int, outcome: Accepted | SubmissionError) -> Job | None:
        sent = await self._driver.run(lambda: one("last_send", job_id=job_id))
        job = await super().record(account, job_id, outcome)
        if sent is not None:
            await self._driver.run(lambda: do("answer_send", id=sent["id"], now=sent["sent_at"]))
        return job


class _NoRefund(WatchStore):
    """A generation that failed stays paid in our books."""

    async def finish(self, job_id: int, generation: Generation) -> Job | None:
        def unit() -> Unit[Job | None]:
            job = yield from read_job(self._ledger, job_id)
            assert job is not None
            yield from end_job(self._ledger, job, JobState.FAILED, failure=generation.failure)
            return (yield from read_job(self._ledger, job_id))

        if generation.state is not GenerationState.FAILED:
            return await super().finish(job_id, generation)
        return await self._driver.run(unit)


class _DeliverBeforeRecording(CardStore):
    """A new message is posted without an intent stored."""

    async def intend_post(self, job_id: int, rung: Rung, nonce: str) -> None:
        return None


REQUEUE_ON_RESTART = Mutant(submissions=_RequeueOnRestart)
SEND_BEFORE_COMMIT = Mutant(submissions=_SendBeforeCommit)
COUNT_ON_SEND = Mutant(submissions=_CountOnSend)
NO_REFUND = Mutant(watching=_NoRefund)
DELIVER_BEFORE_RECORDING = Mutant(cards=_DeliverBeforeRecording)
