"""What tests read: messages as they stand now, interactions and how they ended, requests as they came in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from simcord.components import COMPONENTS_V2_FLAG, walk_components
from simcord.enums import SELECT_TYPES, ComponentType

from sandbox.discord.forms import Form, Menu, read_form, read_menu

if TYPE_CHECKING:
    from simcord.backend.models import Interaction
    from simcord.backend.models import Message as StoredMessage

    from sandbox.discord.cdn import SignedCdn

LOADING_FLAG = 1 << 7


@dataclass(frozen=True, slots=True)
class File:
    """A file that a member uploads, in a slash option or in a modal."""

    filename: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a message. `description` is the alt text; width and height are None where it is no picture."""

    id: int
    filename: str
    content_type: str
    description: str | None
    url: str
    data: bytes = field(repr=False)
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Button:
    """A button; `custom_id` is None on links, `url` is None on all others."""

    label: str | None
    custom_id: str | None
    style: int
    disabled: bool
    url: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stood when it was read; read it again (`World.message`) to see edits."""

    id: int
    channel_id: int
    author_id: int
    content: str
    flags: int
    components: tuple[dict[str, Any], ...]
    embeds: tuple[dict[str, Any], ...]
    attachments: tuple[Attachment, ...]
    pinged_user_ids: tuple[int, ...]
    created_at: str
    edited_at: str | None

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & 1 << 6)

    @property
    def loading(self) -> bool:
        """A deferred answer that still shows "thinking…"."""
        return bool(self.flags & LOADING_FLAG)

    @property
    def v2(self) -> bool:
        return bool(self.flags & COMPONENTS_V2_FLAG)

    @property
    def text(self) -> str:
        """All a member can read: the content and every text display, one a line."""
        displays = (part["content"] for part in self.walk(ComponentType.TEXT_DISPLAY))
        return "\n".join(part for part in (self.content, *displays) if part)

    @property
    def buttons(self) -> tuple[Button, ...]:
        return tuple(
            Button(
                label=part.get("label"),
                custom_id=part.get("custom_id"),
                style=part["style"],
                disabled=bool(part.get("disabled")),
                url=part.get("url"),
            )
            for part in self.walk(ComponentType.BUTTON)
        )

    @property
    def menus(self) -> tuple[Menu, ...]:
        """The select menus, of whatever kind."""
        return tuple(read_menu(part) for part in walk_components(self.components) if part["type"] in SELECT_TYPES)

    @property
    def thumbnails(self) -> tuple[dict[str, Any], ...]:
        """Thumbnails beside sections: `{"media": {"url", …}, "description", "spoiler"}`."""
        return tuple(self.walk(ComponentType.THUMBNAIL))

    @property
    def gallery(self) -> tuple[dict[str, Any], ...]:
        """Items of all media galleries: `{"media": {"url", …}, "description", "spoiler"}`."""
        return tuple(item for part in self.walk(ComponentType.MEDIA_GALLERY) for item in part["items"])

    @property
    def accent_color(self) -> int | None:
        """Colour of the first container that has one."""
        colors = (part.get("accent_color") for part in self.walk(ComponentType.CONTAINER))
        return next((color for color in colors if color is not None), None)

    def walk(self, kind: ComponentType) -> list[dict[str, Any]]:
        """Components of one kind, at any depth, in order."""
        return [part for part in walk_components(self.components) if part["type"] == kind]

    def button(self, label_or_custom_id: str) -> Button:
        """Raise LookupError, naming the buttons there are."""
        for button in self.buttons:
            if label_or_custom_id in (button.label, button.custom_id):
                return button
        there = [button.label or button.custom_id for button in self.buttons]
        raise LookupError(f"no button {label_or_custom_id!r} on message {self.id}, only {there}")

    def menu(self, placeholder_or_custom_id: str) -> Menu:
        """Raise LookupError, naming the menus there are."""
        for menu in self.menus:
            if placeholder_or_custom_id in (menu.placeholder, menu.custom_id):
                return menu
        there = [menu.placeholder or menu.custom_id for menu in self.menus]
        raise LookupError(f"no menu {placeholder_or_custom_id!r} on message {self.id}, only {there}")


def read_message(cdn: SignedCdn, stored: StoredMessage) -> Message:
    """Turn SimCord's mutable message into a snapshot, with links as the bot sees them."""
    return Message(
        id=stored.id,
        channel_id=stored.channel_id,
        author_id=stored.author_id,
        content=stored.content,
        flags=stored.flags,
        components=tuple(cdn.signed(stored.components)),
        embeds=tuple(cdn.signed(stored.embeds)),
        attachments=tuple(_read_attachment(cdn, item) for item in stored.attachments),
        pinged_user_ids=tuple(stored.ping_user_ids),
        created_at=stored.timestamp,
        edited_at=stored.edited_timestamp,
    )


def _read_attachment(cdn: SignedCdn, item: Mapping[str, Any]) -> Attachment:
    return Attachment(
        id=int(item["id"]),
        filename=item["filename"],
        content_type=item["content_type"],
        description=item["description"],
        url=cdn.sign(item["url"]),
        data=cdn.get(item["url"]) or b"",
        width=item.get("width"),
        height=item.get("height"),
    )


class Outcome(StrEnum):
    """How an interaction ended, or that it did not yet; `FAILED` is "This interaction failed"."""

    PENDING = "pending"
    FAILED = "failed"
    MESSAGE = "message"
    DEFERRED = "deferred"
    DEFERRED_UPDATE = "deferred_update"
    UPDATE = "update"
    MODAL = "modal"
    AUTOCOMPLETE = "autocomplete"
    PONG = "pong"


@dataclass(slots=True, eq=False)
class SentInteraction:
    """An interaction that a member sent. Times are epoch seconds of the world's clock."""

    interaction: Interaction
    sent_at: float
    expired: Callable[[], bool] = field(repr=False)
    read: Callable[[int, int], Message | None] = field(repr=False)
    acknowledged_at: float | None = None

    @property
    def id(self) -> int:
        return self.interaction.id

    @property
    def user_id(self) -> int:
        return self.interaction.user_id

    @property
    def command_name(self) -> str | None:
        """None for components and modals."""
        return self.interaction.command_name

    @property
    def outcome(self) -> Outcome:
        kind = self.interaction.response_kind
        if kind is not None:
            return Outcome(kind.value)
        return Outcome.FAILED if self.expired() else Outcome.PENDING

    @property
    def seconds_to_answer(self) -> float | None:
        """None: not answered."""
        return None if self.acknowledged_at is None else self.acknowledged_at - self.sent_at

    @property
    def message(self) -> Message | None:
        """The answer as it stands now; None where there is none, or it was deleted."""
        message_id = self.interaction.message_id
        return None if message_id is None else self.read(self.interaction.channel_id, message_id)

    @property
    def followups(self) -> list[Message]:
        found = (self.read(self.interaction.channel_id, message_id) for message_id in self.interaction.followup_ids)
        return [message for message in found if message is not None]

    @property
    def form(self) -> Form | None:
        """The modal that was answered with; None: it was answered otherwise, or not yet."""
        return read_form(self.interaction)

    @property
    def choices(self) -> list[dict[str, Any]] | None:
        """What autocomplete offered: `{"name", "value"}`; None: it was not answered."""
        return deepcopy(self.interaction.autocomplete_choices)


@dataclass(slots=True)
class RecordedRequest:
    """A REST request as it came in.

    `path` has no `/api/v10`; `body` is the parsed JSON, of multipart its `payload_json`, or None; `files` are field
    name, file name and size. `status` is what was answered, None while it is open and where the connection was dropped.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    files: tuple[tuple[str, str, int], ...]
    received_at: float
    status: int | None = None
    answer: Any = None
