"""`/imagine`: a picture from words."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.domain.catalog import Medium, Skill
from bot.domain.requests import GenerationRequest
from bot.services.catalogue import Catalogue
from bot.services.intake import Intake
from bot.services.preferences import Preferences
from bot.services.queries import Queries
from cogs.asking import PROMPT_LIMIT, choices, chosen, leave_out, models, references_of, told, typed, wished
from cogs.common import Interaction, present


class Imagine(commands.Cog):
    """Pictures."""

    def __init__(self, intake: Intake, catalogue: Catalogue, preferences: Preferences, queries: Queries) -> None:
        self._intake = intake
        self._catalogue = catalogue
        self._preferences = preferences
        self._queries = queries
        if Skill.POSES not in catalogue.skills:
            leave_out(self.imagine, "pose_mode", "multi_view")
        if Skill.REFERENCES not in catalogue.skills:
            leave_out(self.imagine, "reference", *(f"reference_{number}" for number in range(2, 6)))

    @app_commands.command(description=told("imagine"))
    @app_commands.describe(
        prompt=told("imagine.prompt"),
        model=told("imagine.model"),
        aspect_ratio=told("imagine.aspect_ratio"),
        resolution=told("imagine.resolution"),
        quality=told("imagine.quality"),
        pose_mode=told("imagine.pose_mode"),
        multi_view=told("imagine.multi_view"),
        reference=told("imagine.reference"),
        reference_2=told("imagine.reference_n"),
        reference_3=told("imagine.reference_n"),
        reference_4=told("imagine.reference_n"),
        reference_5=told("imagine.reference_n"),
        private=told("imagine.private"),
    )
    async def imagine(  # noqa: PLR0913  the options of the command
        self,
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, PROMPT_LIMIT],
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        quality: str | None = None,
        pose_mode: str | None = None,
        multi_view: bool | None = None,  # noqa: FBT001  an option of the command
        reference: discord.Attachment | None = None,
        reference_2: discord.Attachment | None = None,
        reference_3: discord.Attachment | None = None,
        reference_4: discord.Attachment | None = None,
        reference_5: discord.Attachment | None = None,
        private: bool | None = None,  # noqa: FBT001  an option of the command
    ) -> None:
        options = GenerationRequest(
            prompt="",
            medium=Medium.IMAGE,
            model_id=typed(model),
            aspect_ratio=typed(aspect_ratio),
            resolution=typed(resolution),
            quality=typed(quality),
            pose_mode=typed(pose_mode),
            multi_view=multi_view,
            references=references_of(reference, reference_2, reference_3, reference_4, reference_5),
        )
        here = await self._intake.choices_for(interaction.guild_id)
        request, origin, problems = await wished(
            interaction, self._preferences, prompt, options, private=private, here=here
        )
        await present(interaction, self._intake, await self._intake.ask(request, origin, typing=problems))

    @imagine.autocomplete("model")
    async def complete_model(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        here = await self._intake.choices_for(interaction.guild_id)
        troubles = await self._queries.troubles(interaction.guild_id)
        return models(self._catalogue, text, Medium.IMAGE, here, troubles)

    @imagine.autocomplete("aspect_ratio")
    async def complete_ratio(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return choices(self._catalogue.ratios_for(chosen(interaction, "model"), text, Medium.IMAGE))

    @imagine.autocomplete("resolution")
    async def complete_resolution(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return choices(self._catalogue.resolutions_for(chosen(interaction, "model"), text, Medium.IMAGE))

    @imagine.autocomplete("quality")
    async def complete_quality(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return choices(self._catalogue.qualities_for(chosen(interaction, "model"), text, Medium.IMAGE))

    @imagine.autocomplete("pose_mode")
    async def complete_pose(self, interaction: Interaction, text: str) -> list[Choice[str]]:
        return choices(self._catalogue.poses_for(chosen(interaction, "model"), text))
