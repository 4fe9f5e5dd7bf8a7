"""The buttons of every card: cancel, again, ask again, delete."""

from __future__ import annotations

import contextlib

from bot.chat.answering import acknowledge_click, remove, say
from bot.errors import MessageGone, SurfaceError
from bot.services.intake import Intake
from bot.ui.answers import confirmation
from bot.ui.messages import Action
from cogs.common import Click, Handlers, Interaction, is_private, log, origin_of, present


class CardClicks:
    """What they do."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    @property
    def handlers(self) -> Handlers:
        return {
            Action.CANCEL: self._cancel,
            Action.AGAIN: self._again,
            Action.ASK: self._ask,
            Action.CONFIRM: self._confirm,
            Action.DELETE: self._delete,
        }

    async def _cancel(self, interaction: Interaction, click: Click) -> None:
        origin = origin_of(interaction, is_private=is_private(interaction))
        try:
            # First, since the click's token edits the card only once the click is taken.
            await acknowledge_click(interaction)
        except SurfaceError as error:
            log.warning("job %d: its click was not taken: %s", click.id, error)
        else:
            await self._intake.clicked(click.id, origin)
        await self._intake.cancel(click.id, origin)

    async def _again(self, interaction: Interaction, click: Click) -> None:
        job = await self._intake.known(click.id)
        origin = origin_of(interaction, is_private=job.is_private)
        await present(interaction, self._intake, await self._intake.again(click.id, origin))

    async def _ask(self, interaction: Interaction, click: Click) -> None:
        await say(interaction, confirmation(await self._intake.known(click.id)))

    async def _confirm(self, interaction: Interaction, click: Click) -> None:
        job = await self._intake.known(click.id)
        # A confirmation is seen by one member alone, the card that it leads to by all who saw the first one.
        origin = origin_of(interaction, is_private=job.is_private)
        await present(interaction, self._intake, await self._intake.again(click.id, origin, is_confirmed=True))

    async def _delete(self, interaction: Interaction, click: Click) -> None:
        origin = origin_of(interaction, is_private=is_private(interaction))
        message = interaction.message
        if not _was_brought_by(interaction):
            await self._intake.own(click.id, origin)
        with contextlib.suppress(MessageGone):
            # By a second click, or by somebody else.
            await remove(interaction)
        await self._intake.deleted(click.id, None if message is None else message.id)


def _was_brought_by(interaction: Interaction) -> bool:
    """Whether the message answers the very member: who has brought a picture here may take it away again."""
    metadata = None if interaction.message is None else interaction.message.interaction_metadata
    return metadata is not None and metadata.user.id == interaction.user.id
