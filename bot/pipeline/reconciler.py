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

SOONEST_SECONDS = 2.0
"""A look comes as long after the one before as its job is old by then, but no sooner than that."""
UNTOLD_MAX_SECONDS = 600.0
"""Where the list did not come it is asked for after so long at most: the outage that made jobs unknown may last."""
LOOKED_FOR_SECONDS = 24 * 3600.0
"""So long after it became unknown a job is looked for."""
SLACK_SECONDS = 10.0
"""A list is read so much further back than could be of use."""


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
        self._due_at: dict[int, float] = {}
        """By job: when to look for it again."""

    async def run(self) -> None:
        """Until stopped."""
        await run_stage("reconciler", self._step, self._rung, self._signals.stopping, self._clock)

    async def _step(self) -> float | None:
        """Look for what is due; when the next is (None: when rung)."""
        now = self._clock.now()
        unknown = await self._submissions.unknown(now - LOOKED_FOR_SECONDS)
        listed = [job for job in unknown if isinstance(self._providers[job.provider], Lists)]
        self._due_at = {job.id: self._due_at.get(job.id, now) for job in listed}
        for job in listed:
            if self._due_at[job.id] <= now:
                # Before the look, too: one that fails by a fault of our own holds up nobody behind it.
                self._due_at[job.id] = now + self._gap_seconds(job, is_told=False)
                if await self._look_for(job):
                    self._due_at[job.id] = self._clock.now() + self._gap_seconds(job, is_told=True)
        return min(self._due_at.values(), default=None)

    def _gap_seconds(self, job: Job, *, is_told: bool) -> float:
        # The clock may have been put back since.
        age_seconds = max(SOONEST_SECONDS, abs(self._clock.now() - (job.finished_at or job.created_at)))
        return age_seconds if is_told else min(age_seconds, UNTOLD_MAX_SECONDS)

    async def _look_for(self, job: Job) -> bool:
        """Tells whether the upstream told."""
        account, provider = self._accounts.get(job.account_id), self._providers[job.provider]
        if account is None or account.key is None or not isinstance(provider, Lists):
            return False
        try:
            made = await provider.made_since((job.submitted_at or job.created_at) - SLACK_SECONDS, account.key)
        except LookupFailed as error:
            log.info("job %d: what became of it is not told now: %s", job.id, error)
            return False
        found = await self._submissions.adopt(job.id, made, provider.is_of)
        if found is not None:
            log.info("job %d: found at %s as %s", job.id, job.provider, found.generation_id)
            self._signals.running.ring()
            self._signals.cards.ring()
        return True
