"""What moderators see of what is done in their guild, and how long anything of it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.audit import GenerationRecord
from bot.domain.charts import Chart
from bot.domain.days import Span
from bot.domain.jobs import Job
from bot.domain.limits import Change
from bot.domain.usage import Grouping, Tally


class Seeing(Protocol):
    """Every call is one transaction; all raise StoreDown."""

    async def tallies(self, guild_id: int, grouping: Grouping, span: Span) -> Mapping[str, Tally]:
        """Figures of what was asked for in that time, by `bot.domain.usage.Slice.key`."""
        ...

    async def generations(
        self, guild_id: int, since: float, before: GenerationRecord | None, count: int
    ) -> Sequence[GenerationRecord]:
        """At most `count` of those asked for since (epoch seconds), newest first, all older than `before`."""
        ...


# ---------------------------------------------------------------- the log channel


class EntryKind(StrEnum):
    """What an entry of a log channel tells of."""

    JOB = "job"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of a log channel that is behind."""

    id: int
    """Of the job or the change."""
    kind: EntryKind
    guild_id: int
    channel_id: int
    message_id: int | None
    """None: not known to stand."""
    wanted: int
    """The revision that it should show."""


@dataclass(frozen=True, slots=True)
class LoggedJob:
    """`url` is where others can see its card; None: nowhere."""

    job: Job
    url: str | None


class LogBook(Protocol):
    """Every call is one transaction; all raise StoreDown."""

    async def behind(self) -> Sequence[LogEntry]:
        """Of each channel the oldest entry to be posted and the newest to be changed, if any."""
        ...

    async def subject(self, entry: LogEntry) -> LoggedJob | Change | None:
        """What it tells of, as it is now; None: there is no such thing any more."""
        ...

    async def shown(self, entry: LogEntry, message_id: int) -> None:
        """It stands there. Of one that was posted nobody knows which revision it shows, but that it is no later one."""
        ...

    async def drop(self, entry: LogEntry) -> None:
        """Nothing more of it is shown."""
        ...

    async def close(self, channel_id: int, *, with_edits: bool) -> int:
        """The channel cannot be written to: nothing new is kept for it. Tells how many entries that cost.

        `with_edits`: it is gone, so that what stands there need not be changed any more.
        """
        ...


# ---------------------------------------------------------------- what is kept


@dataclass(frozen=True, slots=True)
class Expired:
    """How many jobs lost their words, and the flow that was looked at (None: there is none left)."""

    jobs: int
    flow_id: int | None
    is_done: bool
    """Of that flow nothing is left to do."""


class Retention(Protocol):
    """Every call is one short transaction; all raise StoreDown."""

    async def expire(self, after: int | None, count: int) -> Expired:
        """Take the words of at most `count` jobs that have ended too long ago, of the next flow after that one.

        `after` None: of the first flow.
        """
        ...

    async def prune_sums(self) -> bool:
        """Let go of a day's worth of the sums that nobody looks at any more. Tells whether there are more of them."""
        ...

    async def prune_changes(self, after: int | None) -> int | None:
        """Let go of the old changes of the next guild after that one (None: of the first).

        Its id; None: there is no other guild.
        """
        ...


# ---------------------------------------------------------------- the chart


class Charts(Protocol):
    """Makes pictures of charts."""

    async def draw(self, chart: Chart) -> bytes:
        """A picture of it (PNG)."""
        ...
