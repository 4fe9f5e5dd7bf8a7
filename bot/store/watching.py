"""What the upstream says of generations under way."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain import gate as gates
from bot.domain.gate import PauseReason
from bot.domain.jobs import DEADLINE_SECONDS, Failure, FailureCode, Job, JobState
from bot.ports import Generation, GenerationState, Late
from bot.store.ledger import Ledger, end_job, read_gate, read_job, read_jobs, save_gate
from bot.store.units import Driver, Unit, do

LATE_ANSWER_SECONDS = 60.0
"""An upstream that answers a submission later than this may have worked on it before."""


class WatchStore:
    """Implements `bot.ports.Watching`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def running(self) -> Sequence[Job]:
        return await self._driver.run(lambda: read_jobs(self._ledger, "running_jobs"))

    async def late(self) -> Sequence[Late]:
        return await self._driver.run(lambda: _late(self._ledger))

    async def finish(self, job_id: int, generation: Generation) -> Job | None:
        return await self._driver.run(lambda: finish(self._ledger, job_id, generation))

    async def progress(
        self, job_id: int, percent: int | None, preceding_tasks: int | None = None, begun_at: float | None = None
    ) -> None:
        await self._driver.run(lambda: _progress(job_id, percent, preceding_tasks, begun_at))

    async def time_out(self, job_id: int, next_look_at: float, looks: int) -> Job | None:
        return await self._driver.run(lambda: time_out(self._ledger, job_id, next_look_at, looks))

    async def look_again(self, job_id: int, next_look_at: float | None, looks_left: int) -> None:
        await self._driver.run(lambda: do("schedule_look", id=job_id, next_look_at=next_look_at, looks_left=looks_left))

    async def reject_key(self, account_id: int) -> bool:
        return await self._driver.run(lambda: reject_key(self._ledger, account_id))


def _late(ledger: Ledger) -> Unit[Sequence[Late]]:
    found: list[Late] = []
    for row in (yield from do("late_jobs")):
        job = yield from read_job(ledger, row["id"])
        assert job is not None
        found.append(Late(job, row["next_look_at"], row["looks_left"]))
    return found


def finish(ledger: Ledger, job_id: int, generation: Generation) -> Unit[Job | None]:
    """Store the end of a generation; None where the job does not run (any more), or it has not ended."""
    job = yield from read_job(ledger, job_id)
    if job is None or job.state not in (JobState.RUNNING, JobState.TIMED_OUT):
        return None
    if generation.state is GenerationState.COMPLETED:
        told = generation.charged_credits
        yield from end_job(ledger, job, JobState.SUCCEEDED, result=generation.result, charged_credits=told)
        yield from do("keep_duration", id=job.id, took_seconds=_took_seconds(job, generation, ledger.now()))
    elif generation.state is GenerationState.FAILED:
        yield from end_job(
            ledger, job, JobState.FAILED, failure=generation.failure, charged_credits=_charged_of(generation.failure)
        )
    elif generation.state is GenerationState.CANCELLED and job.state is JobState.RUNNING:
        yield from end_job(ledger, job, JobState.CANCELLED, failure=Failure(job.unwanted_code), charged_credits=0)
    else:
        return None
    return (yield from read_job(ledger, job_id))


def _charged_of(failure: Failure | None) -> int | None:
    """What fails is given back by itself (MeiGen API, Check Generation Status; Meshy, Pricing); None: nobody tells."""
    return None if failure is not None and failure.code is FailureCode.CANCELLED_UPSTREAM else 0


def _took_seconds(job: Job, generation: Generation, now: float) -> float | None:
    """How long it took the upstream; None where the time went by while nobody looked, or nobody was answered."""
    if job.answered_at is None or job.state is not JobState.RUNNING:
        return None
    if job.submitted_at is not None and job.answered_at - job.submitted_at > LATE_ANSWER_SECONDS:
        return None
    began_at = max(generation.begun_at or job.begun_at or job.answered_at, job.answered_at)
    took_seconds = now - min(began_at, now)
    return took_seconds if took_seconds <= DEADLINE_SECONDS[job.medium] else None


def _progress(job_id: int, percent: int | None, preceding_tasks: int | None, begun_at: float | None) -> Unit[None]:
    yield from do(
        "save_progress", id=job_id, progress_percent=percent, preceding_tasks=preceding_tasks, begun_at=begun_at
    )
    yield from do("want_card", job_id=job_id)


def time_out(ledger: Ledger, job_id: int, next_look_at: float, looks: int) -> Unit[Job | None]:
    """The deadline passed and a look after it found the generation unfinished; late looks follow."""
    job = yield from read_job(ledger, job_id)
    if job is None or job.state is not JobState.RUNNING:
        return None
    yield from end_job(ledger, job, JobState.TIMED_OUT, next_look_at=next_look_at, looks_left=looks)
    return (yield from read_job(ledger, job_id))


def reject_key(ledger: Ledger, account_id: int) -> Unit[bool]:
    """Pause the account as a refused submission does; looks after that leave it to the probe to end the pause."""
    gate = yield from read_gate(account_id)
    if gate.pause_reason is PauseReason.KEY_REJECTED:
        return False
    yield from save_gate(account_id, gates.blocked(gate, ledger.now(), PauseReason.KEY_REJECTED))
    return True
