"""What the history and the queue of a member say."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.catalog import Medium
from bot.domain.jobs import JobState
from bot.ui.texts.en.words import Words


class HistoryTexts(Words):
    """Own requests, before and after."""

    back = "Back"
    next_page = "Next"
    refresh = "Refresh"
    show = "Show"

    outcomes: Mapping[JobState, str] = {
        JobState.OFFERED: "Waiting",
        JobState.QUEUED: "Waiting",
        JobState.SUBMITTING: "Being made",
        JobState.RUNNING: "Being made",
        JobState.SUCCEEDED: "Ready",
        JobState.FAILED: "Did not work out",
        JobState.CANCELLED: "Cancelled",
        JobState.TIMED_OUT: "Not ready in time",
        JobState.UNKNOWN: "No answer, may have been charged",
    }
    kept_after_cancel = "Finished after it was cancelled"

    def history_title(self, page: int, medium: Medium | None, model_name: str | None) -> str:
        """`page` counts from 1; `model_name` is markdown, None: of any model."""
        what = "Your requests" if medium is None else f"Your {self.mediums[medium]}s"
        model = "" if model_name is None else f" with {model_name}"
        return f"### {what}{model}" if page == 1 else f"### {what}{model}, page {page}"

    def history_empty(self, page: int, *, is_chosen: bool) -> str:
        if page > 1:
            return "There is nothing on this page any more."
        if is_chosen:
            return "There is nothing of that kind. `/history` alone shows everything."
        return "You have not asked for anything yet, or it was forgotten. `/imagine` makes a picture."

    def history_hint(self) -> str:
        return "-# *Show* brings one back here, with its buttons."

    def history_last(self) -> str:
        return "-# Older ones do not fit here. Choose a model or a medium to find them."

    def under_way_again(self) -> str:
        return "That one is under way again. `/queue` shows it."

    def to_card(self) -> str:
        return "Go to its card"

    def result_gone(self) -> str:
        return "The service does not keep this any more. *Show* lets you make it again."

    def not_delivered(self) -> str:
        return "It could not be shown where you asked for it."

    # ---- /queue

    def queue_title(self, waiting: int, working: int) -> str:
        if not waiting and not working:
            return "### Nothing is under way\n`/imagine` or `/video` starts something, `/history` shows what is over."
        return f"### Under way: {working:,} being made, {waiting:,} waiting"

    def queue_hint(self) -> str:
        return "-# What is being made when you cancel it is paid for all the same. `/history` keeps the result."

    def queue_page_empty(self) -> str:
        return "There is nothing on this page any more."
