"""`/imagine`: a picture from words."""

from __future__ import annotations

from collections.abc import Iterable

import discord
from discord import app_commands
from discord.app_commands import Choice, locale_str
from discord.ext import commands

from bot.domain.catalog import Medium
from bot.domain.prompts import split_links
from bot.domain.requests import GenerationRequest, Reference
from bot.ports import CardKind
from bot.ui.answers import CHOICE_LIMIT, model_choice
from bot.ui.texts import COMMANDS
from cogs.common import Catalogue, Intake, Interaction, origin_of, show_card

PROMPT_LIMIT = 6000
"""Of a text option (Discord, Application Command Option)."""


def _told(key: str) -> locale_str:
    return locale_str(COMMANDS[key])


class Imagine(commands.Cog):
    """Pictures."""

    def __init__(self, intake: Intake, catalogue: Catalogue) -> None:
        self._intake = intake
        self._catalogue = catalogue

    @app_commands.command(description=_told("imagine"))
    @app_commands.describe(
        prompt=_told("imagine.prompt"),
        model=_told("imagine.model"),
        aspect_ratio=_told("imagine.aspect_ratio"),
        resolution=_told("imagine.resolution"),
        quality=_told("imagine.quality"),
        reference=_told("imagine.reference"),
        reference_2=_told("imagine.reference_n"),
        reference_3=_told("imagine.reference_n"),
        reference_4=_told("imagine.reference_n"),
        reference_5=_told("imagine.reference_n"),
        private=_told("imagine.private"),
    )
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def imagine(  # noqa: PLR0913  the options of the command
        self,
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, PROMPT_LIMIT],
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        quality: str | None = None,
        reference: discord.Attachment | None = None,
        reference_2: discord.Attachment | None = None,
        reference_3: discord.Attachment | None = None,
        reference_4: discord.Attachment | None = None,
        reference_5: discord.Attachment | None = None,
        private: bool = False,  # noqa: FBT001, FBT002  an option of the command
    ) -> None:
        links, words = split_links(prompt)
        files = (reference, reference_2, reference_3, reference_4, reference_5)
        request = GenerationRequest(
            prompt=words,
            medium=Medium.IMAGE,
            model_id=_typed(model),
            aspect_ratio=_typed(aspect_ratio),
            resolution=_typed(resolution),
            quality=_typed(quality),
            references=(*(_reference(file) for file in files if file), *(Reference(link) for link in links)),
        )
        origin = origin_of(interaction, is_private=private)
        offer = await self._intake.offer(request, origin)
        await show_card(interaction, self._intake, offer, ephemeral=origin.card_kind is CardKind.PRIVATE)

    @imagine.autocomplete("model")
    async def complete_model(self, _: Interaction, typed: str) -> list[Choice[str]]:
        models = self._catalogue.models_matching(typed, Medium.IMAGE)
        return [Choice(name=model_choice(model), value=model.id) for model in models if len(model.id) <= CHOICE_LIMIT]

    @imagine.autocomplete("aspect_ratio")
    async def complete_ratio(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return _choices(self._catalogue.ratios_for(_chosen_model(interaction), typed, Medium.IMAGE))

    @imagine.autocomplete("resolution")
    async def complete_resolution(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return _choices(self._catalogue.resolutions_for(_chosen_model(interaction), typed, Medium.IMAGE))

    @imagine.autocomplete("quality")
    async def complete_quality(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return _choices(self._catalogue.qualities_for(_chosen_model(interaction), typed, Medium.IMAGE))


def _typed(text: str | None) -> str | None:
    """An option as it was meant: blank is not chosen."""
    return (text or "").strip() or None


def _reference(file: discord.Attachment) -> Reference:
    return Reference(
        file.url, is_attachment=True, filename=file.filename, content_type=file.content_type, size_bytes=file.size
    )


def _chosen_model(interaction: Interaction) -> str | None:
    chosen = interaction.namespace.model
    return _typed(chosen) if isinstance(chosen, str) else None


def _choices(values: Iterable[str]) -> list[Choice[str]]:
    return [Choice(name=value, value=value) for value in values if 0 < len(value) <= CHOICE_LIMIT]
