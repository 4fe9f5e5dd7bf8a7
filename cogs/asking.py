"""What `/imagine` and `/video` share: options read, and completed out of the live catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import discord
from discord.app_commands import Choice, Command, locale_str

from bot.domain.catalog import Catalog, Medium
from bot.domain.flags import typed_request
from bot.domain.gate import PauseReason
from bot.domain.preferences import applied
from bot.domain.problems import Problem
from bot.domain.requests import GenerationRequest, Reference
from bot.services.catalogue import Catalogue
from bot.services.origin import Origin
from bot.services.preferences import Preferences
from bot.ui.answers import CHOICE_LIMIT, model_choice
from bot.ui.texts import COMMANDS
from cogs.common import Interaction, origin_of, reference_of

PROMPT_LIMIT = 6000
"""Of a text option (Discord, Application Command Option)."""


def told(key: str) -> locale_str:
    """The description of a command or an option."""
    return locale_str(COMMANDS[key])


def leave_out(command: Command[Any, ..., Any], *options: str) -> None:
    """Options with which nothing can be done. `command`: of a cog that was made, whose copy of it is its own."""
    for option in options:
        command._params.pop(option)  # noqa: SLF001  there is no public way to leave one out


def typed(text: str | None) -> str | None:
    """An option as it was meant: blank is not chosen."""
    return (text or "").strip() or None


def references_of(*files: discord.Attachment | None) -> tuple[Reference, ...]:
    """The files that were given, in order."""
    return tuple(reference_of(file) for file in files if file is not None)


async def wished(  # noqa: PLR0913  all that a wish is made of
    interaction: Interaction,
    preferences: Preferences,
    prompt: str,
    options: GenerationRequest,
    *,
    private: bool | None,
    here: Catalog,
) -> tuple[GenerationRequest, Origin, tuple[Problem, ...]]:
    """The request of a command with its member's usual choices, where it comes from, and what was typed wrong.

    `private` None: as usual. `here`: what may be chosen there.
    """
    wish = typed_request(prompt, options)
    usual = await preferences.of(interaction.user.id)
    origin = origin_of(interaction, is_private=usual.is_private if private is None else private)
    return applied(usual, wish.request, here), origin, wish.problems


def chosen(interaction: Interaction, option: str) -> str | None:
    """Another option of the command that is being typed, so far."""
    value = getattr(interaction.namespace, option, None)
    return typed(value) if isinstance(value, str) else None


def models(
    catalogue: Catalogue,
    text: str,
    medium: Medium,
    here: Catalog,
    troubles: Mapping[str, PauseReason] = MappingProxyType({}),
) -> list[Choice[str]]:
    """`here`: what may be chosen. `troubles`: providers with which nothing can be made for now."""
    return [
        Choice(name=model_choice(model, here.kin(model), troubles.get(model.provider)), value=model.id)
        for model in catalogue.models_matching(text, medium, within=here)
        if len(model.id) <= CHOICE_LIMIT
    ]


def choices(values: Iterable[str]) -> list[Choice[str]]:
    return [Choice(name=value, value=value) for value in values if 0 < len(value) <= CHOICE_LIMIT]
