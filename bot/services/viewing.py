"""What a card shows of a job, gathered from where it is known."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.clock import Clock
from bot.domain.gate import PauseReason
from bot.domain.jobs import Job, JobState
from bot.domain.progress import Pace
from bot.domain.views import Ancestor, CardView, ShownMedia, ShownReference, Waiting
from bot.errors import StoreDown
from bot.ports import Account, Asking, Guilds
from bot.services.catalogue import Catalogue

PARTS_FOLLOWED = 50
"""So far back the parts of a video are looked for."""


class CardViews:
    """Views of jobs. `accounts`: every account that is known, by its id, as they come and go."""

    def __init__(
        self, asking: Asking, guilds: Guilds, catalogue: Catalogue, accounts: Mapping[int, Account], clock: Clock
    ) -> None:
        self._asking = asking
        self._guilds = guilds
        self._catalogue = catalogue
        self._accounts = accounts
        self._clock = clock

    async def of(  # noqa: PLR0913  what only some callers know
        self,
        job: Job,
        *,
        waiting: Waiting | None = None,
        media: Sequence[ShownMedia] = (),
        references: Sequence[ShownReference] | None = None,
        mentions_member: bool = False,
        only: int | None = None,
    ) -> CardView:
        """`waiting` is looked up where needed; `references` None: as links."""
        account = self._accounts.get(job.account_id)
        if waiting is None and account is not None and job.state is JobState.QUEUED:
            waiting = await self._asking.waiting(job, account.limit)
        if waiting is not None and account is not None and account.key is None:
            waiting = replace(waiting, wait_seconds=None, pause_reason=PauseReason.KEY_LOCKED, paused_until=None)
        if references is None:
            references = [ShownReference(r.filename, r.url) for r in job.request.references]
        return CardView(
            job=job,
            model=self._catalogue.current.find(job.model_id),
            now=self._clock.now(),
            waiting=waiting,
            pace=await self._pace(job) if not job.is_final or job.state is JobState.TIMED_OUT else None,
            media=tuple(media),
            references=tuple(references),
            mentions_member=mentions_member,
            only=only,
            ancestors=tuple(await self._ancestors(job)),
            balance_credits=await self._balance(account, job),
            is_own_key=account is not None and job.guild_id in account.guild_ids,
            is_spoiler=await self._is_spoiler(job),
            skills=self._catalogue.skills_at(job.guild_id),
        )

    async def _pace(self, job: Job) -> Pace | None:
        """Learnt from our own jobs, else (also while the store fails) as the catalogue tells."""
        if job.model_id is None:
            return None
        # An offer that was stored must be shown: a refusal in its place would stand as the answer, like a card.
        with contextlib.suppress(StoreDown):
            learnt = await self._asking.durations(job.provider, job.model_id)
            if learnt is not None:
                return learnt.pace
        model = self._catalogue.current.find(job.model_id)
        return (
            None if model is None or model.timing is None else Pace(model.timing.p50_seconds, model.timing.p90_seconds)
        )

    async def _ancestors(self, job: Job) -> Sequence[Ancestor]:
        if job.parent_id is None:
            return ()
        with contextlib.suppress(StoreDown):
            return await self._asking.ancestors(job.id, 1 if job.request.reference_video is None else PARTS_FOLLOWED)
        return ()

    async def _is_spoiler(self, job: Job) -> bool:
        """While the store fails, rather covered than not."""
        try:
            return job.guild_id is not None and (await self._guilds.limits(job.guild_id)).spoilers
        except StoreDown:
            return True

    async def _balance(self, account: Account | None, job: Job) -> int | None:
        """Only where it is worth a warning: while a job waits that has a price."""
        if account is None or job.reserved_credits is None or job.state not in (JobState.OFFERED, JobState.QUEUED):
            return None
        with contextlib.suppress(StoreDown):
            told = await self._asking.credits([account])
            return next((each.purchased_credits for each in told if not each.is_unlimited), None)
        return None
