"""What is to stand in log channels: entered in the transaction of what it tells of, where there is a log channel."""

from __future__ import annotations

import json

from bot.domain.jobs import FINAL_STATES, Job, JobState
from bot.domain.limits import Change
from bot.ports import EntryKind
from bot.store.units import Unit, do, one

LOG_CHANNEL = "log_channel"


def enter_end(job: Job) -> Unit[None]:
    """A job has ended; `job` is as it was before. Another end of it changes the entry that stands.

    What was never in the line is not told of, since nothing was ever to be made of it.
    """
    if job.guild_id is None or (yield from do("want_entry", id=job.id)):
        return
    if job.state is JobState.OFFERED or job.state in FINAL_STATES:
        return
    channel_id = yield from log_channel_of(job.guild_id)
    if channel_id is not None:
        yield from _enter(EntryKind.JOB, job.id, job.guild_id, channel_id)


def enter_change(change: Change) -> Unit[None]:
    """A setting has changed. That the log goes elsewhere, or nowhere, is told where it was, too."""
    channels = {(yield from log_channel_of(change.guild_id))}
    if change.name == LOG_CHANNEL:
        channels.add(json.loads(change.old))
    for channel_id in channels - {None}:
        assert channel_id is not None
        yield from _enter(EntryKind.CHANGE, change.id, change.guild_id, channel_id)


def log_channel_of(guild_id: int) -> Unit[int | None]:
    """None: the guild has none."""
    row = yield from one("log_channel", guild_id=guild_id)
    channel_id: int | None = None if row is None else json.loads(row["value"])
    return channel_id


def _enter(kind: EntryKind, entry_id: int, guild_id: int, channel_id: int) -> Unit[None]:
    yield from do("insert_entry", id=entry_id, kind=kind, guild_id=guild_id, channel_id=channel_id)
