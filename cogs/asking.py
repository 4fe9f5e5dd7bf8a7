"""What `/imagine` and `/video` share: options read, and completed out of the live catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import discord
from discord.app_commands import Choice, locale_str

from bot.domain.catalog import Medium
from bot.domain.flags import typed_request
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
    allowed: Collection[str] = (),
) -> tuple[GenerationRequest, Origin, tuple[Problem, ...]]:
    """The request of a command with its member's usual choices, where it comes from, and what was typed wrong.

    `private` None: as usual. `allowed`: ids of the models that may be used there; none: all.
    """
    wish = typed_request(prompt, options)
    usual = await preferences.of(interaction.user.id)
    origin = origin_of(interaction, is_private=usual.is_private if private is None else private)
    return preferences.applied(usual, wish.request, allowed), origin, wish.problems


def chosen(interaction: Interaction, option: str) -> str | None:
    """Another option of the command that is being typed, so far."""
    value = getattr(interaction.namespace, option, None)
    return typed(value) if isinstance(value, str) else None


def models(catalogue: Catalogue, text: str, medium: Medium, allowed: Collection[str] = ()) -> list[Choice[str]]:
    found = catalogue.models_matching(text, medium, allowed=allowed)
    return [Choice(name=model_choice(model), value=model.id) for model in found if len(model.id) <= CHOICE_LIMIT]


def choices(values: Iterable[str]) -> list[Choice[str]]:
    return [Choice(name=value, value=value) for value in values if 0 < len(value) <= CHOICE_LIMIT]
