"""What moderators are told about changes of limits: their own, each other's, and earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.jobs import JobState
from bot.domain.limits import CALLED_BACK, OWN_KEY, QUEUE_CLEARED
from bot.ui.markdown import timestamp
from bot.ui.texts.en.rules import SETTINGS
from bot.ui.texts.en.words import Words, many


class ChangeTexts(Words):
    """Values and names come as markdown."""

    changed_title = "**Changed**"
    nothing_changed = "**Nothing is different:** it was so already."
    not_changed_title = "**Not changed**"
    is_on = "on"
    is_off = "off"
    deeds: Mapping[str, str] = {OWN_KEY: "Own key", CALLED_BACK: "Called back", QUEUE_CLEARED: "Queue cleared"}
    """What moderators do besides."""
    nothing = "none"
    unrestricted: Mapping[str, str] = {
        "models": "all of them",
        "channels": "everywhere",
        "roles_allowed": "everybody",
        "roles_excluded": "nobody",
        "video_roles": "everybody",
    }
    """What an empty list says."""

    def setting(self, name: str) -> str:
        return self.deeds.get(name) or SETTINGS.get(name, name)

    def key_ending(self, last_four: str) -> str:
        return f"…{last_four}"

    def from_to(self, name: str, old: str, new: str) -> str:
        return self.note(name, f"{old} → {new}")

    def note(self, name: str, what: str) -> str:
        return f"**{self.setting(name)}:** {what}"

    def difference(self, name: str, added: str, removed: str) -> str:
        """Of a list that had entries before and has some after; one of both can be empty."""
        told = [f"{what} {how}" for what, how in ((added, "added"), (removed, "taken away")) if what]
        return self.note(name, "; ".join(told))

    def order_changed(self, name: str) -> str:
        return self.note(name, "in another order")

    def unblocked(self, user_id: int) -> str:
        return f"<@{user_id}> may ask again"

    def tier_dropped(self, role: str) -> str:
        return f"{role}: as everybody"

    def was_called_back(self, user_id: int) -> str:
        return self.note(CALLED_BACK, f"a request of <@{user_id}>")

    def was_cleared(self, count: int) -> str:
        return self.note(QUEUE_CLEARED, f"{many(count, 'request', 'requests')} called back")

    # ---- two at once

    def you_replaced(self, user_id: int, at: float, change: str) -> str:
        return f"You have replaced what <@{user_id}> had set {timestamp(at)}: {change}"

    def was_replaced(self, user_id: int, changes: Sequence[str]) -> str:
        """To whoever had set it before."""
        return "\n".join((f"**<@{user_id}> has just changed what you had set.**", *changes))

    # ---- what is done

    def called_back(self, user_id: int, state: JobState) -> str:
        """`state` as it is now."""
        if state is JobState.CANCELLED:
            return f"**Called back:** the request of <@{user_id}>. Nothing was spent for it."
        if state in (JobState.SUBMITTING, JobState.RUNNING):
            return (
                f"**Called back:** the request of <@{user_id}>. The service has it already, so it is paid for, and its "
                "result is not shown."
            )
        return f"The request of <@{user_id}> was over already."

    def cleared(self, count: int) -> str:
        return "**Nothing waits.**" if not count else f"**Called back:** {many(count, 'request', 'requests')}."

    def key_entered(self, provider: str, last_four: str, replaced: str | None, moved: int) -> str:
        """`moved` requests wait with it now."""
        instead = "" if replaced is None else f" in the place of …{replaced}"
        waiting = "" if not moved else f" {many(moved, 'request that waits goes', 'requests that wait go')} on with it."
        accepted = f"**{self.provider(provider)} has accepted the key …{last_four}**{instead}."
        return f"{accepted} It is used from now on.{waiting}"

    def key_removed(self, provider: str, last_four: str, moved: int, cancelled: int) -> str:
        """`moved` requests wait with the operator's key, `cancelled` could not."""
        told = [f"**The key …{last_four} for {self.provider(provider)} is removed.**"]
        if moved:
            told.append(f"{many(moved, 'request goes', 'requests go')} on with the key of whoever runs Easel.")
        if cancelled:
            told.append(f"{many(cancelled, 'request was', 'requests were')} called back, as there is no other key.")
        return " ".join(told)
