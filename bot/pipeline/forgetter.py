"""The forgetter: removes the files of jobs that their members want to be forgotten."""

from __future__ import annotations

from bot.clock import Clock
from bot.pipeline.stage import run_stage
from bot.ports import Forgetting, Media, ToForget
from bot.services.signals import Signals

LOOK_SECONDS = 60.0
SETTLED_SECONDS = 300.0
"""What was being brought here when it was asked for has arrived by then, or never will."""


class Forgetter:
    """Files go at once, and once more when nobody can bring them back any more. Only then is a job forgotten."""

    def __init__(self, forgetting: Forgetting, media: Media, signals: Signals, clock: Clock) -> None:
        self._forgetting = forgetting
        self._media = media
        self._signals = signals
        self._clock = clock
        self._rung = signals.forgotten.listen()
        self._dropped: set[int] = set()

    async def run(self) -> None:
        """Until stopped."""
        await run_stage("forgetter", self._step, self._rung, self._signals.stopping, self._clock)

    async def _step(self) -> float | None:
        """When to look again (None: nothing is left)."""
        due = await self._forgetting.to_forget()
        settled = [each.job_id for each in due if self._is_settled(each)]
        for job_id in {each.job_id for each in due} - self._dropped | set(settled):
            await self._media.drop(job_id)
            self._dropped.add(job_id)
        await self._forgetting.forgotten(settled)
        self._dropped -= set(settled)
        return self._clock.now() + LOOK_SECONDS if len(due) > len(settled) else None

    def _is_settled(self, each: ToForget) -> bool:
        return each.is_over and self._clock.now() - each.asked_at >= SETTLED_SECONDS
