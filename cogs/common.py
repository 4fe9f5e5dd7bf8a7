"""What the commands and buttons share: where a request comes from, and how its card is shown."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol

import discord

from bot.chat.answering import answer
from bot.chat.errors import ALREADY_ANSWERED
from bot.domain.catalog import Catalog, Medium, Model
from bot.domain.jobs import Job
from bot.domain.requests import GenerationRequest
from bot.domain.views import CreditsView
from bot.errors import InteractionLost, SurfaceDown, SurfaceError
from bot.ports import CardKind
from bot.services.intake import Offer
from bot.services.origin import Origin
from bot.ui.cards import draw

log = logging.getLogger(__name__)

TOKEN_SECONDS = 15 * 60
"""How long an interaction's token lives (Discord, Receiving and Responding to Interactions)."""

Interaction = discord.Interaction[Any]


class Intake(Protocol):
    """`bot.services.intake.Intake`, as cogs use it."""

    async def offer(self, request: GenerationRequest, origin: Origin) -> Offer: ...
    async def known(self, job_id: int) -> Job: ...
    async def again(self, job_id: int, origin: Origin) -> Offer: ...
    async def confirm(self, job_id: int, message_id: int | None) -> None: ...
    async def withdraw(self, job_id: int) -> None: ...
    def doubt(self, job_id: int) -> None: ...
    async def clicked(self, job_id: int, origin: Origin) -> Job: ...
    async def cancel(self, job_id: int, origin: Origin) -> Job: ...


class Queries(Protocol):
    """`bot.services.queries.Queries`, as cogs use it."""

    async def credits(self, guild_id: int | None, user_id: int) -> CreditsView: ...
    async def usual_seconds(self) -> Mapping[str, float]: ...


class Catalogue(Protocol):
    """`bot.services.catalogue.Catalogue`, as cogs use it."""

    @property
    def current(self) -> Catalog: ...
    def models_matching(self, text: str, medium: Medium, /) -> tuple[Model, ...]: ...
    def ratios_for(self, model: str | None, text: str, medium: Medium, /) -> tuple[str, ...]: ...
    def resolutions_for(self, model: str | None, text: str, medium: Medium, /) -> tuple[str, ...]: ...
    def qualities_for(self, model: str | None, text: str, medium: Medium, /) -> tuple[str, ...]: ...


def origin_of(interaction: Interaction, *, is_private: bool) -> Origin:
    """Where `interaction` comes from, by its own words alone: nothing is fetched."""
    permissions = interaction.permissions
    return Origin(
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id or 0,
        user_id=interaction.user.id,
        token=interaction.token,
        token_expires_at=interaction.created_at.timestamp() + TOKEN_SECONDS,
        card_kind=CardKind.PRIVATE if is_private else _kind(interaction),
        attachment_limit_bytes=interaction.filesize_limit,
        is_moderator=permissions.administrator or permissions.manage_messages,
        missing_permissions=missing_permissions(interaction),
    )


def _kind(interaction: Interaction) -> CardKind:
    is_own_dm = interaction.guild_id is None and interaction.context.dm_channel
    if is_own_dm or interaction.is_guild_integration() or not interaction.is_user_integration():
        return CardKind.CHANNEL
    return CardKind.USER_INSTALLED


def missing_permissions(interaction: Interaction) -> tuple[str, ...]:
    """What Easel needs and lacks in a server's channel to show a picture there."""
    if interaction.guild_id is None:
        return ()
    is_thread = isinstance(interaction.channel, discord.Thread)
    sending = "send_messages_in_threads" if is_thread else "send_messages"
    has = interaction.app_permissions
    return tuple(name for name in ("view_channel", sending, "attach_files") if not getattr(has, name))


async def show_card(interaction: Interaction, intake: Intake, offer: Offer, *, ephemeral: bool) -> None:
    """Answer with the card of a request just stored, and tell intake whether it arrived.

    Raises the kinds of SurfaceError after which the member can still be told.
    """
    job_id = offer.job.id
    try:
        message_id = await answer(interaction, draw(offer.view), ephemeral=ephemeral)
    except InteractionLost:
        log.warning("job %d: Discord did not wait for the answer", job_id)
        await intake.withdraw(job_id)
    except SurfaceDown as error:
        log.warning("job %d: %s", job_id, error)
        intake.doubt(job_id)
    except SurfaceError as error:
        if error.code == ALREADY_ANSWERED:
            # discord.py repeats an answer after a 5xx; the first one had arrived.
            await intake.confirm(job_id, None)
            return
        await intake.withdraw(job_id)
        raise
    except BaseException:
        # Interrupted, or an answer that discord.py cannot read.
        intake.doubt(job_id)
        raise
    else:
        await intake.confirm(job_id, message_id)
