"""Whether a member is pinged when a job is done: an edited message pings nobody."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.jobs import Job, JobState

LONG_SECONDS = 60.0
PINGED_STATES = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.TIMED_OUT, JobState.UNKNOWN})


class Notify(StrEnum):
    """A member's choice."""

    NEVER = "never"
    LONG = "long"
    """When it took more than a minute."""
    ALWAYS = "always"


def wants_ping(notify: Notify, job: Job, now: float) -> bool:
    """`now` is when its end is shown. Private results and direct messages are seen by themselves."""
    if job.state not in PINGED_STATES or job.is_private or job.guild_id is None or job.cancel_asked_at is not None:
        return False
    return notify is Notify.ALWAYS or (notify is Notify.LONG and now - job.created_at > LONG_SECONDS)
