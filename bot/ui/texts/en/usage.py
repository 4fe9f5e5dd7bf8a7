"""What moderators read about what is done: `/usage`, the export, the log channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.jobs import JobState
from bot.domain.usage import Grouping, Tally
from bot.ui.markdown import timestamp
from bot.ui.texts.en.words import Words, credits_of, many

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class UsageTexts(Words):
    """Members, models and links come as markdown."""

    usage_periods: Mapping[int, str] = {1: "Today", 7: "7 days", 30: "30 days"}
    usage_groupings: Mapping[Grouping, str] = {
        Grouping.MEMBER: "By member",
        Grouping.MODEL: "By model",
        Grouping.OUTCOME: "By outcome",
    }
    usage_outcomes: Mapping[JobState, str] = {
        JobState.OFFERED: "Waiting",
        JobState.QUEUED: "Waiting",
        JobState.SUBMITTING: "Being made",
        JobState.RUNNING: "Being made",
        JobState.SUCCEEDED: "Ready",
        JobState.FAILED: "Failed",
        JobState.CANCELLED: "Cancelled",
        JobState.TIMED_OUT: "Not ready in time",
        JobState.UNKNOWN: "No answer, may have been charged",
    }
    export = "Export"
    export_periods: Mapping[int, str] = {7: "7 days", 30: "30 days", 90: "90 days", 0: "Everything"}
    """By days; 0 is all that there is."""

    # ---- /usage

    def usage_title(self, days: int) -> str:
        return "### Used today" if days == 1 else f"### Used in the last {days} days"

    def usage_credits(self, tally: Tally) -> str:
        parts = [
            f"**{credits_of(tally.spent_credits)}** spent",
            f"{tally.held_credits:,} held for what is under way",
            f"{tally.returned_credits:,} given back",
        ]
        return ", ".join(parts) + "."

    def usage_requests(self, tally: Tally) -> str:
        made = f"{many(tally.pictures, 'picture', 'pictures')}, {many(tally.videos, 'video', 'videos')}"
        lines = [f"{many(tally.requests, 'request', 'requests')}: {made}."]
        if tally.in_vain:
            lines.append(f"{tally.in_vain:,} more came to nothing: failed, or cancelled.")
        if tally.unpriced:
            lines.append(f"What {many(tally.unpriced, 'request', 'requests')} cost is not known.")
        return " ".join(lines)

    def usage_line(self, number: int, name: str, tally: Tally) -> str:
        return f"{number}. {name} · {self._used(tally)}"

    def usage_rest(self, count: int, tally: Tally) -> str:
        return f"and {count:,} more · {self._used(tally)}"

    def _used(self, tally: Tally) -> str:
        parts = [f"{credits_of(tally.spent_credits)} spent"]
        parts += [f"{tally.held_credits:,} held"] if tally.held_credits else []
        parts += [f"{tally.returned_credits:,} given back"] if tally.returned_credits else []
        parts += [many(tally.requests, "request", "requests")] if tally.requests else []
        parts += [f"{tally.in_vain:,} in vain"] if tally.in_vain else []
        parts += [f"{tally.unpriced:,} of unknown cost"] if tally.unpriced else []
        return " · ".join(parts)

    def usage_nothing(self) -> str:
        return "Nothing was asked for."

    def usage_zone(self, name: str) -> str:
        """`name`: of the time zone."""
        return f"-# Days begin at midnight in {name}. What is under way counts when it was asked for."

    def usage_hour(self, at: datetime) -> str:
        return f"{at:%H}"

    def usage_day(self, at: datetime) -> str:
        return f"{at.day} {_MONTHS[at.month - 1]}"

    def usage_chart(self, days: int, time_zone: str) -> str:
        """The title of the picture, which knows no markdown."""
        what = "Credits per hour, today" if days == 1 else f"Credits per day, last {days} days"
        return f"{what} ({time_zone})"

    def usage_alt(self, title: str, figures: Sequence[tuple[str, int]]) -> str:
        """`figures`: the credits of each stretch of time that has any, by its name."""
        told = ", ".join(f"{label}: {count:,}" for label, count in figures)
        return f"{title}. {told or 'None were used'}."

    # ---- the export

    export_columns: Mapping[str, Sequence[str]] = {
        "generations.csv": (
            "request",
            "asked at",
            "ended at",
            "member",
            "channel",
            "private",
            "kind",
            "model",
            "prompt",
            "outcome",
            "reason",
            "credits charged",
            "credits estimated",
            "results",
            "message",
        ),
        "changes.csv": ("changed at", "member", "setting", "from", "to"),
    }
    """By the name of the file."""
    export_forgotten = "(forgotten)"
    export_yes = "yes"
    export_no = "no"

    def export_question(self) -> str:
        return (
            "**Export what was made and what was changed**\n"
            "Two tables for a spreadsheet, the newest first: each request with its member, prompt, model, cost and "
            "result, and each change of a setting. What members wanted forgotten is in it without its words. "
            "Handle it with care: nobody can take anything back out of a file that you keep."
        )

    def exported(self, generations: int, changes: int, *, is_cut: bool) -> str:
        told = f"{many(generations, 'request', 'requests')} and {many(changes, 'change', 'changes')} of settings."
        if not is_cut:
            return told
        return (
            f"{told} These are the newest ones: Discord takes no larger file here. Export fewer days to be sure of all."
        )

    # ---- the log channel

    def logged_job(self, user_id: int, model: str, cost: str, state: JobState) -> str:
        return f"**{self.usage_outcomes[state]}** · <@{user_id}> · {model} · {cost}"

    logged_forgotten = "*The words are forgotten.*"
    logged_private = "only the member sees it"

    def logged_at(self, at: float, where: str) -> str:
        """`where`: a link to the message, or why there is none; "" where there is nothing to say."""
        return f"-# {timestamp(at, 'f')}{f' · {where}' if where else ''}"

    def logged_change(self, user_id: int, change: str) -> str:
        return f"<@{user_id}> has changed a setting.\n{change}"
