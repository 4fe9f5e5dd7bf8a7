"""Going on from a result: more like it, its look, a video of it, the video after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from bot.domain.catalog import Medium, Model
from bot.domain.drafts import DraftView, first_choice, fitted
from bot.domain.follow_ups import animated, continued, styled, used, varied
from bot.domain.jobs import Job
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, Reference
from bot.errors import Refused
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.intake import Intake, Offer, press_of
from bot.services.origin import Origin
from bot.services.preferences import Preferences
from bot.services.showing import Showing


class GoingOn:
    """What a click on a result asks for. Pictures come as Discord's own copy where the message has one."""

    def __init__(
        self, intake: Intake, drafting: Drafting, showing: Showing, catalogue: Catalogue, preferences: Preferences
    ) -> None:
        self._intake = intake
        self._drafting = drafting
        self._showing = showing
        self._catalogue = catalogue
        self._preferences = preferences

    async def vary(self, job: Job, index: int, copy: Reference | None, origin: Origin) -> Offer | DraftView:
        """More like candidate `index` (from 1). Raises Refused."""
        request = varied(job.request, await self._picture(job, index, copy), self._model_of(job))
        press = press_of("vary", job.id, index, origin.user_id)
        return await self._intake.ask(request, origin, parent_id=job.id, press=press)

    async def style(self, job: Job, index: int, copy: Reference | None, origin: Origin) -> Offer | DraftView:
        """The same words in its look. Raises Refused."""
        request = styled(job.request, await self._picture(job, index, copy), self._model_of(job))
        press = press_of("style", job.id, index, origin.user_id)
        return await self._intake.ask(request, origin, parent_id=job.id, press=press)

    async def hold(self, job: Job, copies: Sequence[Reference | None], origin: Origin) -> int:
        """Keep all candidates for a day, until one is chosen: the id of the draft that holds them. Raises Refused."""
        pictures = tuple(picture_of(job, number, copy) for number, copy in enumerate(copies, 1))
        view = await self._drafting.begin(GenerationRequest("", references=pictures), origin, parent_id=job.id)
        return view.draft.id

    async def held(self, draft_id: int, index: int, origin: Origin) -> Reference | None:
        """One of those; None where they are kept no longer."""
        try:
            draft = await self._drafting.read(draft_id, origin.user_id)
        except Refused:
            return None
        pictures = draft.request.references
        return pictures[index - 1] if 0 < index <= len(pictures) else None

    async def use(self, job: Job, index: int, copy: Reference | None, origin: Origin) -> DraftView:
        """The beginning of another picture that goes by it. Raises Refused."""
        return await self.imagine_from(await self._picture(job, index, copy), origin, job)

    async def imagine_from(self, picture: Reference, origin: Origin, job: Job | None = None) -> DraftView:
        """The beginning of a picture that goes by anybody's. `job`: where it comes from, if from here."""
        usual = await self._preferences.of(origin.user_id)
        wanted = None if job is None or job.medium is not Medium.IMAGE else job.model_id
        request = GenerationRequest("", model_id=wanted or usual.image_model, references=(picture,))
        model = await self._first_choice(request, origin)
        return await self._drafting.begin(used(picture, model), origin, parent_id=None if job is None else job.id)

    async def animate(self, job: Job, index: int, copy: Reference | None, origin: Origin) -> DraftView:
        """A video that begins with it, to be looked at before it starts. Raises Refused."""
        ratio = (job.result and job.result.aspect_ratio) or job.request.aspect_ratio
        return await self.animate_any(await self._picture(job, index, copy), origin, job.request.prompt, ratio, job.id)

    async def animate_any(
        self,
        picture: Reference,
        origin: Origin,
        prompt: str = "",
        ratio: str | None = None,
        parent_id: int | None = None,
    ) -> DraftView:
        """The same of anybody's picture. Raises Refused."""
        usual = await self._preferences.of(origin.user_id)
        wanted = GenerationRequest("", Medium.VIDEO, usual.video_model, references=(picture,))
        request = animated(prompt, ratio, picture, await self._first_choice(wanted, origin))
        return await self._drafting.begin(request, origin, parent_id=parent_id)

    async def go_on(self, job: Job, copy: Reference | None, origin: Origin) -> DraftView:
        """What comes after a video, to be looked at before it starts. Raises Refused."""
        seconds = await self._showing.video_seconds(job, None if copy is None else copy.url)
        # The upstream's own link first: Discord's dies within a day.
        is_alive = await self._showing.alive(job, 1)
        if not is_alive and copy is None:
            raise Refused((Problem(ProblemCode.RESULT_GONE),))
        video = picture_of(job, 1, None if is_alive else copy)
        request = continued(job.request, video.url, seconds)
        model = await self._first_choice(replace(request, model_id=job.model_id), origin)
        return await self._drafting.begin(fitted(request, model), origin, parent_id=job.id)

    async def remix(self, job: Job, origin: Origin) -> DraftView:
        """The same request, to be changed first."""
        return await self._drafting.begin(job.request, origin, parent_id=job.id)

    async def _picture(self, job: Job, index: int, copy: Reference | None) -> Reference:
        """Raises Refused where neither Discord nor the upstream has it: what goes by it would be paid for nothing."""
        if (copy is None or copy.is_result) and not await self._showing.alive(job, index):
            raise Refused((Problem(ProblemCode.RESULT_GONE),))
        return picture_of(job, index, copy)

    def _model_of(self, job: Job) -> Model | None:
        return self._catalogue.current.find(job.model_id)

    async def _first_choice(self, request: GenerationRequest, origin: Origin) -> Model:
        """Raises Refused where no model that may be used there can do it."""
        model = first_choice(await self._drafting.choices_for(origin.guild_id), request)
        if model is None:
            raise Refused((Problem(ProblemCode.NO_MODEL),))
        return model


def picture_of(job: Job, index: int, copy: Reference | None) -> Reference:
    """A result as a reference: Discord's copy, else the upstream's link. Raises Refused where there is neither."""
    if copy is not None:
        return copy
    urls = job.media_urls
    if not 0 < index <= len(urls):
        raise Refused((Problem(ProblemCode.RESULT_GONE),))
    url = urls[index - 1]
    # Named like Discord's copy of it: two results are told apart by their names.
    return Reference(url, is_result=True, filename=f"easel-{job.id}-{index}{PurePosixPath(urlsplit(url).path).suffix}")
