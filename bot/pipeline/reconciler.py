"""The reconciler: finds what submissions without an answer have become, where the upstream lists what it made."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bot.clock import Clock
from bot.domain.jobs import Job
from bot.errors import LookupFailed
from bot.pipeline.stage import run_stage
from bot.ports import Account, Lists, Provider, Submissions
from bot.services.signals import Signals

log = logging.getLogger(__name__)

FIRST_LOOK_SECONDS = 2.0
LOOKS = 11
"""Each twice as long after the one before: the last half an hour after the first."""
SLACK_SECONDS = 60.0
"""A list is read so much further back, since the upstream's clock is not ours."""


class Reconciler:
    """Takes up what is unknown; a job that nothing or several things can be stays so."""

    def __init__(
        self,
        submissions: Submissions,
        providers: Mapping[str, Provider],
        accounts: Mapping[int, Account],
        signals: Signals,
        clock: Clock,
    ) -> None:
        self._submissions = submissions
        self._providers = providers
        self._accounts = accounts
        self._signals = signals
        self._clock = clock
        self._rung = signals.running.listen()
        self._looks: dict[int, int] = {}
        """By job: how often it was looked for."""

    async def run(self) -> None:
        """Until stopped."""
        await run_stage("reconciler", self._step, self._rung, self._signals.stopping, self._clock)

    async def _step(self) -> float | None:
        """Look for what is due; when the next is (None: when rung)."""
        now = self._clock.now()
        unknown = await self._submissions.unknown(now - _age_at(LOOKS))
        listed = [job for job in unknown if isinstance(self._providers[job.provider], Lists)]
        self._looks = {job.id: self._looks.get(job.id, 0) for job in listed}
        for job in listed:
            if self._due_at(job) <= now:
                await self._look_for(job)
        return min((self._due_at(job) for job in listed if self._looks[job.id] < LOOKS), default=None)

    def _due_at(self, job: Job) -> float:
        return (job.finished_at or job.created_at) + _age_at(self._looks[job.id])

    async def _look_for(self, job: Job) -> None:
        self._looks[job.id] += 1
        account, provider = self._accounts.get(job.account_id), self._providers[job.provider]
        if account is None or account.key is None or not isinstance(provider, Lists):
            return
        try:
            made = await provider.made_since((job.submitted_at or job.created_at) - SLACK_SECONDS, account.key)
        except LookupFailed as error:
            log.info("job %d: what became of it is not told now: %s", job.id, error)
            return
        found = await self._submissions.adopt(job.id, made, provider.is_of)
        if found is not None:
            log.info("job %d: found at %s as %s", job.id, job.provider, found.generation_id)
            self._signals.running.ring()
            self._signals.cards.ring()


def _age_at(looks: int) -> float:
    """How long after it became unknown the next look is due, after so many."""
    return FIRST_LOOK_SECONDS * (2.0**looks - 1)
