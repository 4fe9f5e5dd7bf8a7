"""Words and figures that many sentences are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.catalog import Medium
from bot.domain.gate import PauseReason
from bot.ui.markdown import one_line

LEAST_TOLD_IN_MINUTES_SECONDS = 90
LEAST_TOLD_IN_HOURS_SECONDS = 5400
PROVIDERS: Mapping[str, str] = {"meigen": "MeiGen", "meshy": "Meshy"}


def credits_of(count: int) -> str:
    return "1 credit" if count == 1 else f"{count:,} credits"


def many(count: int, one: str, more: str) -> str:
    """`1 member`, `1,200 members`."""
    return f"1 {one}" if count == 1 else f"{count:,} {more}"


def seconds_of(seconds: float) -> str:
    """A duration as people say it: `45 s`, `1.5 min`, `4 min`, `24 h`."""
    if seconds < LEAST_TOLD_IN_MINUTES_SECONDS:
        return f"{seconds:.0f} s"
    if seconds < LEAST_TOLD_IN_HOURS_SECONDS:
        return f"{seconds / 60:.1f}".removesuffix(".0") + " min"
    return f"{seconds / 3600:.1f}".removesuffix(".0") + " h"


def references_of(most: int) -> str:
    if not most:
        return "no references"
    return "1 reference" if most == 1 else f"up to {most} references"


def listed(values: Sequence[str], limit: int = 600) -> str:
    return one_line(", ".join(values), limit)


class Words:
    """Labels and figures."""

    mediums: Mapping[Medium, str] = {Medium.IMAGE: "picture", Medium.VIDEO: "video"}
    headings: Mapping[Medium | None, str] = {Medium.IMAGE: "Pictures", Medium.VIDEO: "Videos", None: "Other"}
    permissions: Mapping[str, str] = {
        "view_channel": "View Channel",
        "send_messages": "Send Messages",
        "send_messages_in_threads": "Send Messages in Threads",
        "attach_files": "Attach Files",
    }
    cancel = "Cancel"
    again = "Again"
    ask_again = "Ask again"
    confirm = "Confirm"
    delete = "Delete"
    remix = "Remix"
    vary = "Vary"
    style = "Style"
    animate = "Animate"
    use = "Use as reference"
    go_on = "Continue"
    default_model = "The usual model"
    no_cost = "Cost not known"
    no_price = "price not known"
    multi_view = "several views"

    _troubles: Mapping[PauseReason, str] = {
        PauseReason.OUT_OF_CREDITS: "out of credits",
        PauseReason.KEY_REJECTED: "key refused",
        PauseReason.KEY_LOCKED: "key cannot be read",
    }

    def trouble(self, reason: PauseReason) -> str:
        """Why a model cannot be had for now, beside its name."""
        return f"⚠ {self._troubles.get(reason, 'not reachable')}"

    def also_at(self, prices: str) -> str:
        """`prices`: of the same model at other services."""
        return f"the same at {prices}"

    def upscale(self, number: int) -> str:
        return f"U{number}"

    def variation(self, number: int) -> str:
        return f"V{number}"

    def quality(self, name: str | None) -> str | None:
        """A number alone would say nothing."""
        return f"quality {name}" if name is not None and name.isdecimal() else name

    def which_one(self) -> str:
        return "**Which one?**"

    def cost(self, count: int | None) -> str:
        return self.no_cost if count is None else credits_of(count)

    def charged(self, count: int | None) -> str:
        return self.no_cost if count is None else f"{credits_of(count)} charged"

    def for_all(self, charged: str, count: int) -> str:
        """`charged` for `count` candidates together."""
        return f"{charged} for all {count}"

    def price(self, least: int, most: int) -> str:
        return credits_of(most) if least == most else f"{least:,} to {credits_of(most)}"

    def per_second(self, least: int, most: int) -> str:
        return f"{self.price(least, most)} a second"

    def provider(self, name: str) -> str:
        return PROVIDERS.get(name, name.title())
