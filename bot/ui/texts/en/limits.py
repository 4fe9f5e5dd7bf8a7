"""`/limits`: what moderators read about what is allowed, and change there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.jobs import JobState
from bot.domain.keys import KeyState
from bot.domain.limits import Unit
from bot.ui.areas import Area
from bot.ui.markdown import timestamp
from bot.ui.texts.en.limit_amounts import AmountTexts
from bot.ui.texts.en.limit_changes import ChangeTexts
from bot.ui.texts.en.limit_rules import RuleTexts
from bot.ui.texts.en.rules import counted
from bot.ui.texts.en.words import many


class LimitTexts(AmountTexts, RuleTexts, ChangeTexts):
    """Pages, controls and forms. Roles, channels and what members typed come as markdown."""

    areas: Mapping[Area, str] = {
        Area.OVERVIEW: "Overview",
        Area.BUDGETS: "Budgets",
        Area.TIERS: "Role tiers",
        Area.PACE: "Queue and pace",
        Area.MAKING: "What can be made",
        Area.PLACES: "Where and who",
        Area.WORDS: "Words",
        Area.LOOKS: "How it is shown",
        Area.FLOW: "Stop and go",
        Area.KEY: "Own key",
        Area.CHANGES: "Recent changes",
    }
    area_hints: Mapping[Area, str] = {
        Area.OVERVIEW: "All areas at a glance",
        Area.BUDGETS: "How much this server and each member may use",
        Area.TIERS: "More, or less, for members of a role",
        Area.PACE: "How many at once, how many in line, what is confirmed first",
        Area.MAKING: "Models, resolutions, seconds, and who may make videos",
        Area.PLACES: "Channels, roles, blocked members",
        Area.WORDS: "What no request may hold",
        Area.LOOKS: "Spoilers, age-restricted channels, a log channel",
        Area.FLOW: "Pause everything, call requests back",
        Area.KEY: "Pay with a key of this server",
        Area.CHANGES: "Who has changed what, and when",
    }
    go_to = "Go to another page…"
    change_typed = "Change what you typed"
    never_mind = "Never mind"
    look_again = "Look again"
    limits_title = "### What is allowed on this server"
    limits_hint = (
        "Choose an area below to see all of it and to change it. A change holds at once, also for what waits already. "
        "Only you see this page."
    )

    def area_title(self, area: Area) -> str:
        return f"### {self.areas[area]}"

    def area_line(self, area: Area, summary: str) -> str:
        return f"**{self.areas[area]}:** {summary}"

    def and_more(self, count: int) -> str:
        return f"and {count:,} more"

    # ---- stop and go

    flow_running = "**Requests are taken, and made in turn.**"
    flow_paused = "**Paused.** Nothing new is begun. What is asked keeps its place, and what is being made is finished."
    pause_all = "Pause"
    resume_all = "Go on"
    clear_queue = "Clear the queue"
    call_back = "Call one back"
    nothing_under_way = "Nothing is under way."

    def job_state(self, state: JobState) -> str:
        return "waiting" if state in (JobState.OFFERED, JobState.QUEUED) else "being made"

    def flow_counts(self, working: int, waiting: int) -> str:
        return f"{working:,} being made, {waiting:,} waiting"

    def job_line(self, user_id: int, model: str, state: JobState, at: float, *, is_called: bool) -> str:
        called = ", called back" if is_called else ""
        return f"<@{user_id}>: {model}, {self.job_state(state)}{called}, asked {timestamp(at)}"

    def numbered(self, number: int, text: str) -> str:
        return f"{number}. {text}"

    def job_choice(self, model: str, state: JobState) -> str:
        return f"{model}, {self.job_state(state)}"

    def clear_question(self, count: int) -> str:
        return (
            f"**Call back {many(count, 'request that waits', 'requests that wait')}?** "
            "Nothing was spent for them, and who asked is told. What is being made goes on."
        )

    def clear_them(self, count: int) -> str:
        return "Call it back" if count == 1 else f"Call back all {count:,}"

    def flow_summary(self, working: int, waiting: int, *, is_paused: bool) -> str:
        return f"{'paused' if is_paused else 'running'}, {self.flow_counts(working, waiting)}"

    # ---- own key

    key_hint = (
        "With a key of its own for a service, this server pays for itself there: it has its own credits, its own "
        "queue, and its own turn. Nothing is spent there from the key of whoever runs Easel any more, and the limits "
        "here still hold."
    )
    enter_key = "Enter a key"
    replace_key = "Enter another key"
    remove_key = "Remove the key"
    key_title = "This server's own key"
    key_field = "Key"
    key_field_hint = "It is checked at once, at no cost, stored encrypted, and never shown again"
    key_provider = "Service"
    key_states: Mapping[KeyState, str] = {
        KeyState.GOOD: "works",
        KeyState.REFUSED: "was refused by the service when it was last used",
        KeyState.OUT_OF_CREDITS: "is out of credits",
        KeyState.LOCKED: "cannot be read any more: enter it anew",
    }

    def key_line(self, provider: str, last_four: str, state: KeyState, user_id: int, at: float) -> str:
        return (
            f"**{self.provider(provider)}:** the key …{last_four} {self.key_states[state]}. "
            f"<@{user_id}> has entered it {timestamp(at)}."
        )

    def key_balance(self, credit_count: int) -> str:
        return f"{counted(credit_count, Unit.CREDITS)} left, as last told."

    def key_tried_again(self, at: float) -> str:
        return f"It is tried again {timestamp(at)}."

    def no_key(self, provider: str) -> str:
        return f"**{self.provider(provider)}:** none. Whoever runs Easel pays."

    def remove_key_question(self, provider: str, last_four: str) -> str:
        return (
            f"**Remove the key …{last_four} for {self.provider(provider)}?** What waits goes on with the key of "
            "whoever runs Easel, if there is one; else it is called back."
        )

    def key_summary(self, keys: Sequence[tuple[str, str]]) -> str:
        """`keys`: services and last four characters."""
        told = ", ".join(f"{self.provider(name)} …{last_four}" for name, last_four in keys)
        return told or "none, whoever runs Easel pays"

    # ---- recent changes

    no_changes = "Nobody has changed anything yet."
    older = "Older"
    newest = "Newest"

    def change_line(self, user_id: int, at: float, change: str) -> str:
        return f"{timestamp(at)} <@{user_id}>: {change}"
