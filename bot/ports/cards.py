"""Cards, and Discord as the place where they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.jobs import JobState
from bot.ui.messages import Message

REQUEST_LIMIT_BYTES = 25 * 1024 * 1024
"""Of all files of one request together (Discord, Uploading Files)."""


class CardKind(StrEnum):
    """How a card is reached."""

    CHANNEL = "channel"
    """A message in a channel that Easel can edit by its ids."""
    PRIVATE = "private"
    """Only the member sees it; it can be edited by the interaction's token alone."""
    USER_INSTALLED = "user_installed"
    """Where only the member installed Easel: by the token alone."""


class CardState(StrEnum):
    """What became of a card."""

    LIVE = "live"
    UNWANTED = "unwanted"
    """Its message was deleted: nothing more is shown."""
    UNDELIVERABLE = "undeliverable"
    """No rung of the ladder could take it; the result is kept."""


class Rung(StrEnum):
    """The delivery ladder, best first."""

    TOKEN_EDIT = "token_edit"  # noqa: S105  a way of editing, no secret
    MESSAGE_EDIT = "message_edit"
    CHANNEL_POST = "channel_post"
    DIRECT_MESSAGE = "direct_message"


@dataclass(frozen=True, slots=True)
class Card:
    """The message that shows a job. `wanted > shown` means that it is behind."""

    job_id: int
    kind: CardKind
    channel_id: int
    message_id: int | None
    token: str | None
    """The interaction's token, while it may live; None once dead."""
    token_expires_at: float
    state: CardState
    wanted: int
    shown: int
    attachment_limit_bytes: int
    """Of one file, as the interaction told."""
    references: tuple[CarriedReference, ...]
    posting_rung: Rung | None
    """A post (not an edit) that was about to be made when this was stored: it may have happened."""
    posting_nonce: str | None
    posting_since: float | None
    delivered_at: float | None
    """When an end was first shown."""
    delivered_state: JobState | None = None
    """The end that was shown last: one that timed out or is unknown may be followed by another."""

    def __repr__(self) -> str:
        return f"Card(job_id={self.job_id}, kind={self.kind}, state={self.state}, {self.shown}/{self.wanted})"


@dataclass(frozen=True, slots=True)
class CarriedReference:
    """A reference as the card carries it. Its link is signed and expires; the message tells a fresh one."""

    attachment_id: int
    filename: str
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as Discord has it after an edit or a post."""

    channel_id: int
    message_id: int
    attachments: tuple[CarriedReference, ...] = ()
    actions: frozenset[str] = frozenset()
    """What its buttons do (`bot.ui.messages.Action`); told by `find_message` and `find_answer` alone."""
    job_id: int | None = None
    """The job of its buttons, told by the same; None: it has none."""


class Surface(Protocol):
    """Discord, as the courier and the doorkeeper use it. All raise SurfaceError's kinds; edits may be repeated."""

    async def edit_by_token(self, token: str, message: Message) -> Shown:
        """Edit the answer of an interaction (`PATCH /webhooks/…/messages/@original`)."""
        ...

    async def edit_by_ids(self, channel_id: int, message_id: int, message: Message) -> Shown:
        """Edit a message of ours (`PATCH /channels/…/messages/…`)."""
        ...

    async def post(self, channel_id: int, message: Message, nonce: str) -> Shown:
        """A new message. With a nonce used lately in the channel Discord gives that message back instead."""
        ...

    async def post_directly(self, user_id: int, message: Message, nonce: str) -> Shown:
        """A new direct message."""
        ...

    async def ping(self, channel_id: int, message_id: int, user_id: int, text: str, nonce: str) -> None:
        """A short reply to a message of ours that pings the member. The nonce is as for `post`."""
        ...

    async def find_answer(self, token: str) -> Shown | None:
        """The answer of an interaction; None where it was never given, or was deleted."""
        ...

    async def find_message(self, channel_id: int, message_id: int) -> Shown | None:
        """A message of ours; None where it was deleted."""
        ...

    async def find_post(self, channel_id: int, job_id: int, since: float, besides: int | None = None) -> Shown | None:
        """A message of ours, posted since (epoch seconds), that shows the job, `besides` a known one that is older.

        None: there is none. Raises Unsearchable where there are too many messages to tell.
        """
        ...

    async def find_direct_post(self, user_id: int, job_id: int, since: float) -> Shown | None:
        """The same, in the member's direct messages."""
        ...
