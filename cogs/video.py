"""`/video`: a video from words, and from pictures to begin and end with."""

from __future__ import annotations

from collections.abc import Iterator

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.domain.catalog import Medium
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest
from bot.services.catalogue import Catalogue
from bot.services.intake import Intake
from bot.services.preferences import Preferences
from bot.services.queries import Queries
from bot.ui.texts import EN
from cogs.asking import PROMPT_LIMIT, choices, chosen, models, references_of, told, typed, wished
from cogs.common import Interaction, present


class Video(commands.Cog):
    """Videos."""

    def __init__(self, intake: Intake, catalogue: Catalogue, preferences: Preferences, queries: Queries) -> None:
        self._intake = intake
        self._catalogue = catalogue
        self._preferences = preferences
        self._queries = queries

    @app_commands.command(description=told("video"))
    @app_commands.describe(
        prompt=told("video.prompt"),
        model=told("video.model"),
        duration=told("video.duration"),
        tier=told("video.tier"),
        resolution=told("video.resolution"),
        aspect_ratio=told("video.aspect_ratio"),
        reference=told("video.reference"),
        reference_2=told("video.reference_2"),
        reference_3=told("imagine.reference_n"),
        reference_4=told("imagine.reference_n"),
        reference_5=told("imagine.reference_n"),
        private=told("imagine.private"),
    )
    async def video(  # noqa: PLR0913  the options of the command
        self,
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, PROMPT_LIMIT],
        model: str | None = None,
        duration: app_commands.Range[int, 1, 3600] | None = None,
        tier: str | None = None,
        resolution: str | None = None,
        aspect_ratio: str | None = None,
        reference: discord.Attachment | None = None,
        reference_2: discord.Attachment | None = None,
        reference_3: discord.Attachment | None = None,
        reference_4: discord.Attachment | None = None,
        reference_5: discord.Attachment | None = None,
        private: bool | None = None,  # noqa: FBT001  an option of the command
    ) -> None:
        options = GenerationRequest(
            prompt="",
            medium=Medium.VIDEO,
            model_id=typed(model),
            duration_seconds=duration,
            tier=typed(tier),
            resolution=typed(resolution),
            aspect_ratio=typed(aspect_ratio),
            references=references_of(reference, reference_2, reference_3, reference_4, reference_5),
        )
        here = await self._intake.choices_for(interaction.guild_id)
        request, origin, problems = await wished(
            interaction, self._preferences, prompt, options, private=private, here=here
        )
        if reference is None and reference_2 is not None:
            problems += tuple(self._frame_problems(request))
        await present(interaction, self._intake, await self._intake.ask(request, origin, typing=problems))

    def _frame_problems(self, request: GenerationRequest) -> Iterator[Problem]:
        """Of a second reference without a first: alone it would be taken for the first frame."""
        model, _ = self._catalogue.current.resolve(request.model_id, request.medium)
        if model is not None and model.takes_frames:
            yield Problem(ProblemCode.FIRST_FRAME_MISSING, model_name=model.name)

    @video.autocomplete("model")
    async def complete_model(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        here = await self._intake.choices_for(interaction.guild_id)
        troubles = await self._queries.troubles(interaction.guild_id)
        return models(self._catalogue, text, Medium.VIDEO, here, troubles)

    @video.autocomplete("duration")
    async def complete_duration(self, interaction: Interaction, text: int | str) -> list[Choice[int]]:
        seconds = self._catalogue.durations_for(chosen(interaction, "model"), str(text))
        return [Choice(name=EN.seconds_choice(each), value=each) for each in seconds]

    @video.autocomplete("tier")
    async def complete_tier(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return choices(self._catalogue.tiers_for(chosen(interaction, "model"), text))

    @video.autocomplete("resolution")
    async def complete_resolution(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        model, tier = chosen(interaction, "model"), chosen(interaction, "tier")
        return choices(self._catalogue.resolutions_for(model, text, Medium.VIDEO, tier))

    @video.autocomplete("aspect_ratio")
    async def complete_ratio(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return choices(self._catalogue.ratios_for(chosen(interaction, "model"), text, Medium.VIDEO))
