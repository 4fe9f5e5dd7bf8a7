"""The buttons of a result: one candidate large, more like it, its look, a video of it, the video after it."""

from __future__ import annotations

import re

from bot.chat.answering import promise, say
from bot.domain.jobs import Job
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import Reference
from bot.errors import Refused
from bot.services.going_on import GoingOn
from bot.services.intake import Intake
from bot.services.origin import Origin
from bot.services.showing import Showing
from bot.ui.cards import RESULT_FILE, draw
from bot.ui.drafts import draw_draft
from bot.ui.messages import Action, Message
from bot.ui.rows import which_one
from cogs.common import (
    DOUBLE_CLICK_SECONDS,
    Click,
    Handlers,
    Interaction,
    Presses,
    bring,
    origin_of,
    present,
    reference_of,
)
from cogs.drafts import Drafts

_RESULT_FILE = re.compile(RESULT_FILE)


class Results:
    """What they do."""

    def __init__(self, intake: Intake, going_on: GoingOn, showing: Showing, drafts: Drafts) -> None:
        self._intake = intake
        self._going_on = going_on
        self._showing = showing
        self._drafts = drafts
        self._presses = Presses()

    @property
    def handlers(self) -> Handlers:
        return {
            Action.UPSCALE: self._upscale,
            Action.VARY: self._vary,
            Action.STYLE: self._style,
            Action.ANIMATE: self._animate,
            Action.USE: self._use,
            Action.CONTINUE: self._continue,
            Action.REMIX: self._remix,
        }

    async def _upscale(self, interaction: Interaction, click: Click) -> None:
        job = await self._intake.known(click.id)
        index = click.index or 1
        with self._presses.once(interaction, click.action, job.id, index):
            if copy_of(interaction, job, index) is None and not await self._showing.is_at_hand(job, index):
                # Before the promise, which all would see broken.
                raise Refused((Problem(ProblemCode.RESULT_GONE),))
            await promise(interaction, ephemeral=job.is_private)
            await bring(interaction, self._large(interaction, job, index))

    async def _large(self, interaction: Interaction, job: Job, index: int) -> Message:
        copy = copy_of(interaction, job, index)
        limit_bytes = interaction.filesize_limit
        return draw(await self._showing.one(job, index, limit_bytes, None if copy is None else copy.url))

    async def _vary(self, interaction: Interaction, click: Click) -> None:
        job, index = await self._intake.known(click.id), click.index or 1
        origin = origin_of(interaction, is_private=job.is_private)
        outcome = await self._going_on.vary(job, index, copy_of(interaction, job, index), origin)
        await present(interaction, self._intake, outcome)

    async def _style(self, interaction: Interaction, click: Click) -> None:
        job = await self._intake.known(click.id)
        origin = origin_of(interaction, is_private=job.is_private)
        if await self._asks_which(interaction, job, click, origin):
            return
        copy = await self._copy(interaction, job, click, origin)
        outcome = await self._going_on.style(job, click.index or 1, copy, origin)
        await present(interaction, self._intake, outcome)

    async def _animate(self, interaction: Interaction, click: Click) -> None:
        job = await self._intake.known(click.id)
        origin = origin_of(interaction, is_private=job.is_private)
        if await self._asks_which(interaction, job, click, origin):
            return
        with self._presses.once(interaction, click.action, job.id, click.index, linger_seconds=DOUBLE_CLICK_SECONDS):
            copy = await self._copy(interaction, job, click, origin)
            view = await self._going_on.animate(job, click.index or 1, copy, origin)
            await say(interaction, draw_draft(view))

    async def _use(self, interaction: Interaction, click: Click) -> None:
        job, index = await self._intake.known(click.id), click.index or 1
        origin = origin_of(interaction, is_private=job.is_private)
        view = await self._going_on.use(job, index, copy_of(interaction, job, index), origin)
        await self._drafts.open(interaction, view)

    async def _continue(self, interaction: Interaction, click: Click) -> None:
        job = await self._intake.known(click.id)
        origin = origin_of(interaction, is_private=job.is_private)
        with self._presses.once(interaction, click.action, job.id, linger_seconds=DOUBLE_CLICK_SECONDS):
            # The file may have to be brought here once more, to be measured.
            await promise(interaction, ephemeral=True)
            await bring(interaction, self._continuation(job, copy_of(interaction, job, 1), origin))

    async def _continuation(self, job: Job, copy: Reference | None, origin: Origin) -> Message:
        return draw_draft(await self._going_on.go_on(job, copy, origin))

    async def _remix(self, interaction: Interaction, click: Click) -> None:
        job = await self._intake.known(click.id)
        view = await self._going_on.remix(job, origin_of(interaction, is_private=job.is_private))
        await self._drafts.open(interaction, view)

    async def _asks_which(self, interaction: Interaction, job: Job, click: Click, origin: Origin) -> bool:
        """Below a grid the button stands once for all candidates: which one is asked first.

        The question has no files on it, so that Discord's copies of them are held meanwhile.
        """
        count = len(job.result.media_urls) if job.result is not None else 0
        if click.index is not None or count <= 1:
            return False
        copies = [copy_of(interaction, job, number) for number in range(1, count + 1)]
        held_id = await self._going_on.hold(job, copies, origin)
        await say(interaction, which_one(job, Action(click.action), count, held_id))
        return True

    async def _copy(self, interaction: Interaction, job: Job, click: Click, origin: Origin) -> Reference | None:
        """Discord's copy: off the message, or held since it was asked which one."""
        index = click.index or 1
        copy = copy_of(interaction, job, index)
        if copy is not None or not click.note.isdecimal():
            return copy
        return await self._going_on.held(int(click.note), index, origin)


def copy_of(interaction: Interaction, job: Job, index: int) -> Reference | None:
    """Discord's copy of a result, off the message that was clicked on; its link outlives the upstream's."""
    for file in interaction.message.attachments if interaction.message is not None else ():
        match = _RESULT_FILE.match(file.filename)
        if match is not None and (int(match["job_id"]), int(match["number"])) == (job.id, index):
            return reference_of(file)
    return None
