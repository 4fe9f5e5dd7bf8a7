"""Who had a picture made, and what it came from: as much as whoever asks may know."""

from __future__ import annotations

from bot.domain.jobs import Job
from bot.domain.problems import Problem, ProblemCode
from bot.domain.provenance import Forebear, Provenance
from bot.domain.views import Ancestor
from bot.errors import Refused
from bot.ports import Asking
from bot.services.catalogue import Catalogue
from bot.services.refusing import refusing_while_down

FOREBEARS_TOLD = 8


class Tracing:
    """Looks jobs up for members. All raise Refused where the store fails."""

    def __init__(self, asking: Asking, catalogue: Catalogue) -> None:
        self._asking = asking
        self._catalogue = catalogue

    async def job(self, job_id: int, user_id: int) -> Job | None:
        """A job whose message somebody sees; None where nobody knows it any more.

        Raises Refused (NOT_YOURS) where another member had it made in private.
        """
        with refusing_while_down():
            job = await self._asking.job(job_id)
        if job is not None and job.is_private and job.user_id != user_id:
            raise Refused((Problem(ProblemCode.NOT_YOURS),))
        return job

    async def of(self, job: Job, user_id: int, guild_id: int | None) -> Provenance:
        """What `user_id` may know of a job and of what it came from; `guild_id` is where they ask."""
        with refusing_while_down():
            ancestors = await self._asking.ancestors(job.id, FOREBEARS_TOLD)
            forebears = [await self._forebear(each, user_id, guild_id) for each in ancestors]
            first = await self._asking.job(ancestors[0].job_id) if ancestors else None
        return Provenance(
            job=job,
            model=self._catalogue.current.find(job.model_id),
            forebears=tuple(forebears),
            has_earlier=first is not None and first.parent_id is not None,
        )

    async def _forebear(self, ancestor: Ancestor, user_id: int, guild_id: int | None) -> Forebear:
        """Of what others had made in private or on another server nothing is told."""
        job = await self._asking.job(ancestor.job_id)
        if job is None:
            return Forebear(None, None)
        is_seen_here = not job.is_private and guild_id is not None and job.guild_id == guild_id
        return Forebear(job, ancestor.url) if is_seen_here or job.user_id == user_id else Forebear(None, None)
