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
    """What a button, menu or form does; the middle part of its custom_id. Its id is a job's where nothing is said."""

    CANCEL = "cancel"
    AGAIN = "again"
    ASK = "ask"
    """Again, where the first may have been charged: asks for a confirmation."""
    CONFIRM = "confirm"
    DELETE = "delete"

    # Going on from a result; the index is the candidate's, from 1.
    UPSCALE = "upscale"
    VARY = "vary"
    STYLE = "style"
    ANIMATE = "animate"
    USE = "use"
    CONTINUE = "continue"
    REMIX = "remix"

    # Of drafts: the id is a draft's.
    START = "start"
    CHANGE = "change"
    DISCARD = "discard"
    FORM = "form"
    MODEL = "model"
    DURATION = "duration"
    TIER = "tier"
    RESOLUTION = "resolution"

    # Of pages: the index is the page's, from 0; the note says what is shown.
    HISTORY = "history"
    QUEUE = "queue"
    SHOW = "show"
    FORGET = "forget"
    INSPIRE = "inspire"

    # Of gallery pictures: the id is 0, the note holds the picture's own.
    LOOK = "look"
    SHARE = "share"
    USE_PROMPT = "use_prompt"
    AS_IT_IS = "as_it_is"

    # Of a draft that holds several pictures: the index is the picture's, from 1; the note says what for.
    PICK = "pick"

    # Of the moderators' panel: the id is the moderator's, the note says what is shown or set.
    LIMITS = "limits"
    LIMIT = "limit"

    # Its forms, and what opens them. A form's id is whoever it is about: a role, a member, else the moderator.
    LIMIT_FIGURES = "limit_figures"
    LIMIT_TIER = "limit_tier"
    LIMIT_ZONE = "limit_zone"
    LIMIT_BLOCK = "limit_block"
    LIMIT_WORDS = "limit_words"
    LIMIT_TEST = "limit_test"
    LIMIT_KEY = "limit_key"

    # Of what moderators see of what is done: the id is the moderator's, the index counts days.
    USAGE = "usage"
    EXPORT = "export"


END_ACTIONS = frozenset({Action.AGAIN, Action.ASK})
"""One of these stands under every card whose job has ended, and under no other."""


class ButtonStyle(StrEnum):
    PRIMARY = "primary"
    SECONDARY = "secondary"
    SUCCESS = "success"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """custom_id is `easel:<action>:<job id>[:<index>[:<note>]]`."""

    action: Action
    job_id: int
    """Whatever the action speaks of: a job, a draft, a member."""
    label: str
    style: ButtonStyle = ButtonStyle.SECONDARY
    index: int | None = None
    is_disabled: bool = False
    note: str = ""
    """At most 60 characters, no line break; only with an index."""


@dataclass(frozen=True, slots=True)
class Option:
    """An entry of a menu; texts of at most 100 characters."""

    label: str
    value: str
    is_chosen: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A select menu of which `least` to `most` options can be chosen; custom_id as a button's. At most 25 options."""

    action: Action
    job_id: int
    placeholder: str
    options: tuple[Option, ...]
    index: int | None = None
    note: str = ""
    least: int = 1
    most: int = 1
    """More than there are options: all of them."""
    is_disabled: bool = False


class EntityKind(StrEnum):
    """What of a guild a native select offers."""

    ROLE = "role"
    CHANNEL = "channel"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class EntityMenu:
    """A native select of which `least` to `most` (at most 25) roles, channels or members can be chosen.

    What is chosen comes back as ids. custom_id as a button's.
    """

    action: Action
    job_id: int
    placeholder: str
    kind: EntityKind
    chosen: tuple[int, ...] = ()
    """Ids that show as chosen; not more than `most`."""
    least: int = 0
    most: int = 1
    index: int | None = None
    note: str = ""
    is_disabled: bool = False


Row = tuple[Button, ...] | tuple[Menu] | tuple[EntityMenu]
"""Up to five buttons, or one menu, or one native select."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on disk that goes with a message. `description` is its alt text, at most 1,024 characters."""

    path: Path
    filename: str
    description: str = ""
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Generated:
    """A file made in memory (a chart, a table) that goes with a message. `description` is its alt text."""

    filename: str
    content: bytes
    description: str = ""


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
class Entry:
    """One of several things on a page: a text, a small picture beside it, buttons or a menu below."""

    text: str
    picture: Picture | None = None
    row: Row = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One container: texts, entries, gallery, small references, files, rows of buttons, from top to bottom.

    `attachments` is complete: what is not named is removed by an edit. Nobody is ever pinged but `mention_user_id`.
    """

    accent: Accent
    texts: tuple[str, ...]
    """Markdown, already escaped where it comes from members; 4,000 characters together."""
    gallery: tuple[Picture, ...] = ()
    references: tuple[Picture, ...] = ()
    rows: tuple[Row, ...] = ()
    attachments: tuple[Upload | Generated | Kept, ...] = ()
    mention_user_id: int | None = None
    entries: tuple[Entry, ...] = ()
    files: tuple[str, ...] = ()
    """Names of attachments that are shown as files to download: what is no picture, a table say."""


# ---------------------------------------------------------------- forms


@dataclass(frozen=True, slots=True)
class TextField:
    """A text to type; `name` is how the answer tells it."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    is_required: bool = False
    is_long: bool = False
    most_characters: int | None = None
    """None: as many as Discord takes, 4,000."""
    placeholder: str = ""
    """Shown while nothing is typed; at most 100 characters."""


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """One of some options."""

    name: str
    label: str
    options: tuple[Option, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FileField:
    """Files to add, none if the member likes."""

    name: str
    label: str
    most: int = 1
    hint: str = ""


Field = TextField | ChoiceField | FileField


@dataclass(frozen=True, slots=True)
class Form:
    """A dialog (Discord: modal) of one to five fields; custom_id as a button's. The title has up to 45 characters."""

    action: Action
    job_id: int
    title: str
    fields: tuple[Field, ...]
