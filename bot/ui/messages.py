"""A message as plain data, before any library makes Components V2 of it (Discord, Message Components)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path


class Accent(IntEnum):
    """The colour of a card's edge tells its state (0xRRGGBB)."""

    WAITING = 0x9AA3AF
    WORKING = 0x3B82F6
    DONE = 0x22C55E
    FAILED = 0xEF4444
    STOPPED = 0x6B7280
    UNSURE = 0xF59E0B


class Action(StrEnum):
    """What a button does; the middle part of its custom_id."""

    CANCEL = "cancel"
    AGAIN = "again"
    ASK = "ask"
    """Again, where the first may have been charged: asks for a confirmation."""
    CONFIRM = "confirm"


END_ACTIONS = frozenset({Action.AGAIN, Action.ASK})
"""One of these stands under every card whose job has ended, and under no other."""


class ButtonStyle(StrEnum):
    PRIMARY = "primary"
    SECONDARY = "secondary"
    SUCCESS = "success"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """custom_id is `easel:<action>:<job id>[:<index>]`."""

    action: Action
    job_id: int
    label: str
    style: ButtonStyle = ButtonStyle.SECONDARY
    index: int | None = None
    is_disabled: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on disk that goes with a message. `description` is its alt text, at most 1,024 characters."""

    path: Path
    filename: str
    description: str = ""
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment that the message already has, named again so that the edit keeps it."""

    attachment_id: int
    filename: str
    url: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An item of a gallery: `attachment://filename` or an https link. `description` is its alt text."""

    url: str
    description: str = ""
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One container: texts, gallery, small references, rows of buttons, from top to bottom.

    `attachments` is complete: what is not named is removed by an edit. Nobody is ever pinged but `mention_user_id`.
    """

    accent: Accent
    texts: tuple[str, ...]
    """Markdown, already escaped where it comes from members; 4,000 characters together."""
    gallery: tuple[Picture, ...] = ()
    references: tuple[Picture, ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()
    attachments: tuple[Upload | Kept, ...] = ()
    mention_user_id: int | None = None
