"""The menus on messages: *Animate this*, *Imagine from this*, *Who made this?*, on anybody's picture."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

import discord
from discord import app_commands

from bot.chat.answering import say
from bot.domain.catalog import Medium, Skill
from bot.domain.jobs import Job
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, Reference, check
from bot.errors import Refused
from bot.services.drafts import Drafting
from bot.services.going_on import GoingOn, picture_of
from bot.services.origin import Origin
from bot.services.preferences import Preferences
from bot.services.provenance import Tracing
from bot.ui.answers import notice
from bot.ui.drafts import draw_draft
from bot.ui.messages import Action
from bot.ui.provenance import draw_posted_by, draw_provenance, which_picture
from bot.ui.texts import EN
from cogs.common import Click, Handlers, Interaction, origin_of
from cogs.drafts import Drafts
from cogs.pictures import Seen, look_at


class Aim(StrEnum):
    """What a picture is wanted for."""

    ANIMATE = "animate"
    IMAGINE = "imagine"


class Menus:
    """What they do."""

    def __init__(
        self, going_on: GoingOn, drafting: Drafting, drafts: Drafts, preferences: Preferences, tracing: Tracing
    ) -> None:
        self._going_on = going_on
        self._drafting = drafting
        self._drafts = drafts
        self._preferences = preferences
        self._tracing = tracing

    @property
    def handlers(self) -> Handlers:
        return {Action.PICK: self._pick}

    def commands(self, skills: Collection[Skill]) -> Sequence[app_commands.ContextMenu]:
        """Those with which something can be made; a cog's own commands cannot be menus (discord.py, `ContextMenu`)."""
        offered = (
            (EN.animate_this, self._animate, Skill.VIDEOS),
            (EN.imagine_from_this, self._imagine, Skill.REFERENCES),
            (EN.who_made_this, self._who, None),
        )
        return [
            app_commands.ContextMenu(name=name, callback=callback)
            for name, callback, needed in offered
            if needed in (None, *skills)
        ]

    async def _animate(self, interaction: Interaction, message: discord.Message) -> None:
        await self._begin(interaction, message, Aim.ANIMATE)

    async def _imagine(self, interaction: Interaction, message: discord.Message) -> None:
        await self._begin(interaction, message, Aim.IMAGINE)

    async def _begin(self, interaction: Interaction, message: discord.Message, aim: Aim) -> None:
        seen = look_at(message, interaction.client.user.id)
        job = None if seen.job_id is None else await self._tracing.job(seen.job_id, interaction.user.id)
        pictures = seen.pictures or _results_of(job)
        if not pictures:
            raise Refused((Problem(ProblemCode.NO_PICTURE),))
        origin = await self._origin(interaction, job)
        if len(pictures) == 1:
            await self._go_on(interaction, aim, pictures[0], job, origin)
            return
        # One draft holds them all until one is chosen: it needs no second look at the message, which Easel may not be
        # allowed, and outlives a restart.
        held = GenerationRequest("", references=pictures)
        view = await self._drafting.begin(held, origin, parent_id=None if job is None else job.id)
        await say(interaction, which_picture(view.draft.id, len(pictures), aim))

    async def _pick(self, interaction: Interaction, click: Click) -> None:
        draft = await self._drafting.read(click.id, interaction.user.id)
        job = None if draft.parent_id is None else await self._tracing.job(draft.parent_id, interaction.user.id)
        pictures, number = draft.request.references, click.index or 0
        if not 0 < number <= len(pictures):
            raise Refused((Problem(ProblemCode.NO_PICTURE),))
        aim = Aim.ANIMATE if click.note == Aim.ANIMATE else Aim.IMAGINE
        await self._go_on(interaction, aim, pictures[number - 1], job, await self._origin(interaction, job))

    async def _origin(self, interaction: Interaction, job: Job | None) -> Origin:
        """What goes on from a private job stays private; of anybody's picture it is as the member usually wants it."""
        if job is not None:
            return origin_of(interaction, is_private=job.is_private)
        usual = await self._preferences.of(interaction.user.id)
        return origin_of(interaction, is_private=usual.is_private)

    async def _go_on(
        self, interaction: Interaction, aim: Aim, picture: Reference, job: Job | None, origin: Origin
    ) -> None:
        # Refused at once, before anybody fills in a form for it.
        problems = check(GenerationRequest("…", references=(picture,)), None)
        if problems:
            raise Refused(problems)
        if aim is Aim.IMAGINE:
            await self._drafts.open(interaction, await self._going_on.imagine_from(picture, origin, job))
        elif job is None:
            await say(interaction, draw_draft(await self._going_on.animate_any(picture, origin)))
        else:
            await say(interaction, draw_draft(await self._going_on.animate(job, 1, picture, origin)))

    async def _who(self, interaction: Interaction, message: discord.Message) -> None:
        seen = look_at(message, interaction.client.user.id)
        if seen.is_ours:
            await self._tell_of_ours(interaction, seen)
            return
        asked = message.interaction_metadata
        author_id = message.author.id if message.webhook_id is None else None
        asked_by_id = None if asked is None else asked.user.id
        at = message.created_at.timestamp()
        await say(interaction, draw_posted_by(author_id, message.author.display_name, asked_by_id, at))

    async def _tell_of_ours(self, interaction: Interaction, seen: Seen) -> None:
        if seen.job_id is None:
            await say(interaction, notice(EN.no_job))
            return
        try:
            job = await self._tracing.job(seen.job_id, interaction.user.id)
        except Refused as refused:
            if Problem(ProblemCode.NOT_YOURS) not in refused.problems:
                raise
            await say(interaction, notice(EN.not_for_you))
            return
        if job is None:
            await say(interaction, notice(EN.forgotten))
            return
        found = await self._tracing.of(job, interaction.user.id, interaction.guild_id)
        await say(interaction, draw_provenance(found))


def _results_of(job: Job | None) -> tuple[Reference, ...]:
    """By the upstream's links, where Discord has no copy of them (too large, say)."""
    if job is None or job.cancel_asked_at is not None or job.medium is not Medium.IMAGE:
        return ()
    return tuple(picture_of(job, number, None) for number in range(1, len(job.media_urls) + 1))
