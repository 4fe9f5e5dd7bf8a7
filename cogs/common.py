"""What the commands, buttons and forms share: where a request comes from, and how its card is shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import discord

from bot.chat.answering import answer, fulfil, in_words, say
from bot.chat.errors import ALREADY_ANSWERED
from bot.domain.drafts import DraftView
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import Reference
from bot.errors import InteractionLost, Refused, SurfaceDown, SurfaceError
from bot.ports import CardKind
from bot.services.intake import Intake, Offer
from bot.services.origin import Origin
from bot.ui.cards import draw
from bot.ui.drafts import draw_draft
from bot.ui.messages import Message

log = logging.getLogger(__name__)

TOKEN_SECONDS = 15 * 60
"""How long an interaction's token lives (Discord, Receiving and Responding to Interactions)."""

DOUBLE_CLICK_SECONDS = 1.0
"""The second click of two may come a little after the first was answered."""

Interaction = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class Click:
    """A button that was pressed or a menu that was chosen from: the parts of its custom_id, and what was chosen."""

    action: str
    id: int
    index: int | None = None
    note: str = ""
    values: tuple[str, ...] = ()


Handler = Callable[[Interaction, Click], Awaitable[None]]
"""Does what a click asks for. Raises Refused and the kinds of SurfaceError after which the member can still be told."""
Handlers = Mapping[str, Handler]
"""By action."""


class Presses:
    """What is pressed once is done once: the second of two quick clicks by one member is refused."""

    def __init__(self) -> None:
        self._held: set[tuple[object, ...]] = set()

    @contextmanager
    def once(self, interaction: Interaction, *what: object, linger_seconds: float = 0.0) -> Iterator[None]:
        """Do something that a second click meanwhile, or so long after it, shall not do again. Raises Refused."""
        press = (interaction.user.id, *what)
        if press in self._held:
            raise Refused((Problem(ProblemCode.ALREADY_PRESSED),))
        self._held.add(press)
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(linger_seconds, self._held.discard, press)


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
        channel_ids=_channel_ids(interaction),
        role_ids=_role_ids(interaction),
        is_age_restricted=_is_age_restricted(interaction),
    )


def _channel_ids(interaction: Interaction) -> tuple[int, ...]:
    """The channel, what it is a thread of, and its category."""
    channel = interaction.channel
    parent = channel.parent if isinstance(channel, discord.Thread) else channel
    found = (
        interaction.channel_id,
        channel.parent_id if isinstance(channel, discord.Thread) else None,
        getattr(parent, "category_id", None),
    )
    return tuple(each for each in found if each is not None)


def _role_ids(interaction: Interaction) -> tuple[int, ...]:
    """As the interaction tells, with the one that everybody has: `Member.roles` leaves out what is not in the cache."""
    user = interaction.user
    if not isinstance(user, discord.Member) or interaction.guild_id is None:
        return ()
    return (interaction.guild_id, *user._roles)  # noqa: SLF001  there is no public way to the bare ids


def _is_age_restricted(interaction: Interaction) -> bool:
    """A thread is so with the channel that it is in."""
    channel = interaction.channel
    is_nsfw = getattr(channel, "is_nsfw", None)
    return bool(is_nsfw is not None and is_nsfw())


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


def is_private(interaction: Interaction) -> bool:
    """Whether the message that was clicked on is seen by one member alone."""
    return interaction.message is not None and interaction.message.flags.ephemeral


def own_page(interaction: Interaction, click: Click) -> int:
    """The member whose page was clicked on, which must be who clicked. Raises Refused."""
    if click.id != interaction.user.id:
        raise Refused((Problem(ProblemCode.NOT_YOURS),))
    return click.id


def reference_of(file: discord.Attachment) -> Reference:
    """A file that Discord keeps, to go by."""
    return Reference(
        file.url, is_attachment=True, filename=file.filename, content_type=file.content_type, size_bytes=file.size
    )


async def bring(interaction: Interaction, making: Awaitable[Message]) -> None:
    """Fulfil a promise; what went wrong with that takes its place. Raises InteractionLost, SurfaceDown."""
    try:
        await fulfil(interaction, await making)
    except (InteractionLost, SurfaceDown):
        raise
    except Exception as error:  # noqa: BLE001  a promise must not stand open, whatever it was
        await fulfil(interaction, in_words(error))


async def present(interaction: Interaction, intake: Intake, outcome: Offer | DraftView) -> None:
    """Answer with the card of a job, or with the panel of what is to be confirmed first."""
    if isinstance(outcome, DraftView):
        await say(interaction, draw_draft(outcome))
    else:
        await show_card(interaction, intake, outcome)


async def show_card(interaction: Interaction, intake: Intake, offer: Offer) -> None:
    """Answer with the card of a request just stored, and tell intake whether it arrived.

    Raises the kinds of SurfaceError after which the member can still be told.
    """
    job_id = offer.job.id
    try:
        message_id = await answer(interaction, draw(offer.view), ephemeral=offer.job.is_private)
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
