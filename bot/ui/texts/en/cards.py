"""What cards say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.catalog import Medium
from bot.domain.gate import PauseReason
from bot.domain.jobs import FailureCode, JobState
from bot.domain.views import Hold
from bot.ui.markdown import timestamp
from bot.ui.texts.en.words import Words, credits_of, listed, seconds_of


class CardTexts(Words):
    """A job's way, from the line to its end."""

    def joining(self) -> str:
        return "**Getting in line …**"

    def queued(self, position: int, ready_at: float | None) -> str:
        """`ready_at` is when it is handed over, by the queue's real pace; None: not known."""
        place = "You are next" if position <= 1 else f"Place {position:,} in line"
        return f"**{place}**" if ready_at is None else f"**{place}**, begins {timestamp(ready_at)}"

    def paused(self, reason: PauseReason, until: float | None, *, is_own_key: bool = False) -> str:
        why = self.pause(reason, is_own_key=is_own_key)
        if until is None:
            return why
        # Only a break ends by itself; for the rest one request goes ahead and finds out.
        end = "It goes on" if reason is PauseReason.RATE_LIMITED else "I try again"
        return f"{why} {end} {timestamp(until)}."

    def pause(self, reason: PauseReason, *, is_own_key: bool = False) -> str:
        """Why nothing leaves for now. `is_own_key`: the server's moderators have brought the key, and can change it."""
        return self._own_key_pauses.get(reason, self.pauses[reason]) if is_own_key else self.pauses[reason]

    pauses: Mapping[PauseReason, str] = {
        PauseReason.RATE_LIMITED: "The service asked for a short break.",
        PauseReason.UNREACHABLE: "The service cannot be reached right now. Your place in line is kept.",
        PauseReason.FAILING: "The service answers with errors right now. Your place in line is kept.",
        PauseReason.OUT_OF_CREDITS: "The credits are used up. Your place in line is kept until there are more.",
        PauseReason.KEY_REJECTED: (
            "The service does not accept the key. Whoever runs Easel has to look at it. Your place in line is kept."
        ),
        PauseReason.KEY_LOCKED: (
            "This server's own key cannot be read any more, so nothing can be sent with it. "
            "Its moderators can enter it anew in `/limits`. Your place in line is kept."
        ),
    }
    _own_key_pauses: Mapping[PauseReason, str] = {
        PauseReason.OUT_OF_CREDITS: (
            "The credits of this server's own key are used up. Your place in line is kept until there are more."
        ),
        PauseReason.KEY_REJECTED: (
            "The service does not accept this server's own key any more. "
            "Its moderators can enter another one in `/limits`. Your place in line is kept."
        ),
    }

    holds: Mapping[Hold, str] = {
        Hold.PAUSED: "The moderators have paused this server. Your place in line is kept until they let it go on.",
        Hold.GUILD_BUSY: "As many as this server may have are being made already. It begins when one is done.",
        Hold.MEMBER_BUSY: "As many as you may have are being made already. It begins when one is done.",
    }

    def cancelling(self) -> str:
        return "**Cancelling …**"

    def submitting(self) -> str:
        return "**Starting …**"

    def running(self, cells: int | None, percent: int | None) -> str:
        """`cells`: of a bar of ten; None: nothing is known. `percent`: as the upstream tells."""
        bar = "" if cells is None else f"\n{'▰' * cells}{'▱' * (10 - cells)}"
        return f"**Being made …**{bar}" if percent is None else f"**Being made …**{bar} {percent} %"

    def waiting_upstream(self, preceding: int) -> str:
        """`preceding`: how many the service makes before it; 0 where it does not tell, too."""
        return f"**Waiting at the service**{f', {preceding:,} before it' if preceding else ''}"

    def comes_from(self, url: str) -> str:
        return f"-# From [this one]({url})."

    def goes_on_from(self, links: Sequence[tuple[int, str]]) -> str:
        """`links`: the number of each part in the chain, and where it stands."""
        if not links:
            return "-# Goes on from a video."
        return f"-# Goes on from {' · '.join(f'[part {number}]({url})' for number, url in links)}."

    def usually_done(self, at: float) -> str:
        return f"Usually done {timestamp(at)}."

    def slower_than_usual(self, usual_seconds: float) -> str:
        return f"This one takes longer than the usual {seconds_of(usual_seconds)}."

    def paid_though_cancelled(self) -> str:
        return "It had begun before it was cancelled, so it is being paid for. The result is kept in `/history` alone."

    def finished_though_cancelled(self) -> str:
        return "**Finished after it was cancelled**\nIt had begun already, so it was paid for. `/history` has it."

    def succeeded(self, medium: Medium, count: int) -> str:
        name = self.mediums[medium]
        return f"**Your {name} is ready**" if count <= 1 else f"**Your {count} {name}s are ready**"

    def one_of(self, medium: Medium, number: int, count: int) -> str:
        return f"**{self.mediums[medium].capitalize()} {number} of {count}**"

    def made_and_gone(self, medium: Medium) -> str:
        return f"**Your {self.mediums[medium]} was made, and is gone again**"

    def nothing_to_show(self) -> str:
        return "The service finished, and sent nothing that could be shown."

    def item(self, medium: Medium, number: int, count: int) -> str:
        name = self.mediums[medium].capitalize()
        return name if count == 1 else f"{name} {number}"

    def too_large(self, item: str, until: float | None) -> str:
        return f"{item} is too large for Discord. {self._link_works(until)}"

    def linked(self, item: str, until: float | None) -> str:
        """Of what is attached, too."""
        return f"{item} · {self._link_works(until)}"

    def not_brought(self, item: str, until: float | None) -> str:
        return f"{item} could not be brought here. {self._link_works(until)}"

    def _link_works(self, until: float | None) -> str:
        """`until`: epoch seconds; None: not told."""
        return (
            "The link works for a limited time." if until is None else f"The link works until {timestamp(until, 'f')}."
        )

    def gone(self, item: str) -> str:
        return f"{item} is gone: the service keeps results for a limited time only."

    def timed_out(self, usual_seconds: float | None, looks_until: float) -> str:
        usual = "" if usual_seconds is None else f", though it usually takes {seconds_of(usual_seconds)}"
        return (
            f"**Not ready in time**{usual}\n"
            f"I look again until {timestamp(looks_until, 't')} and show it here if it comes. It may still be charged."
        )

    def unknown(self) -> str:
        return (
            "**No answer from the service**\n"
            "I cannot tell whether it has begun, and it may have been charged, so I do not repeat it by myself. "
            "*Ask again* makes a new one, which costs anew."
        )

    def mention(self, user_id: int, state: JobState) -> str:
        return f"<@{user_id}> {self._mentions.get(state, 'this one did not work out.')}"

    _mentions: Mapping[JobState, str] = {
        JobState.SUCCEEDED: "here it is.",
        JobState.TIMED_OUT: "this one is not ready in time.",
        JobState.UNKNOWN: "the service did not answer for this one.",
    }

    def confirm_again(self, cost: int | None) -> str:
        price = "what it costs is not known" if cost is None else f"that costs {credits_of(cost)}"
        return f"**Ask once more?**\nThe first one may have been charged already. This makes a new one, and {price}."

    def reference(self, number: int, count: int) -> str:
        return "Reference" if count == 1 else f"Reference {number}"

    def frame(self, number: int) -> str:
        return "First frame" if number == 1 else "Last frame"

    def alt(self, item: str, prompt: str) -> str:
        """Alt text: plain, not markdown."""
        return f"{item}: {prompt}"

    # ---- ends without a result

    failed = "**This did not work out**"
    cancelled = "**Cancelled**"

    def failure(self, code: FailureCode, reason: str) -> str:
        """`reason` is the upstream's own, "" where it gave none."""
        said = "" if not reason else f" It says: {reason}"
        return self._failures[code].format(said=said)

    _failures: Mapping[FailureCode, str] = {
        FailureCode.REJECTED: "The service does not take this.{said}\nTry it with other words or choices.",
        FailureCode.OUT_OF_CREDITS: "There are not enough credits for this.{said}",
        FailureCode.GENERATION_FAILED: "The service could not make it.{said}\nTry again, or with other words.",
        FailureCode.REFERENCE_GONE: "A reference is not there any more.{said}\nAsk anew and attach it once more.",
        FailureCode.CANCELLED_BY_MEMBER: "It was called back.{said}",
        FailureCode.CANCELLED_BY_MODERATOR: "A moderator has called it back.{said}",
        FailureCode.NOT_ALLOWED: "When its turn came, this server's limits stood against it.{said}",
        FailureCode.CARD_NEVER_SHOWN: "Discord did not show this card in time, so nothing was begun.{said}",
        FailureCode.CARD_DELETED: "The card was deleted, so nothing was begun.{said}",
        FailureCode.GUILD_LEFT: "I was removed from that server before it began.{said}",
        FailureCode.CANCELLED_UPSTREAM: "It was cancelled at the service, and not from here.{said}",
        FailureCode.KEY_REMOVED: "There is no key for this service here any more.{said}",
        FailureCode.ASKED_AGAIN: "The service did not take this one, and you have asked for it again meanwhile.{said}",
    }

    def credits_short(self, required: int | None, available: int | None) -> str:
        needs = "" if required is None else f"It needs {credits_of(required)}. "
        left = "" if available is None else f"{credits_of(available)} left. "
        return f"{needs}{left}Once there are more, press *Again*."

    def supported_ratios(self, ratios: Sequence[str]) -> str:
        return f"It can do these ratios: {listed(ratios)}."

    def no_refund(self) -> str:
        return "The service does not say whether that was charged; `/credits` tells what is left."

    def refund(self, charged: int | None, reserved: int | None, *, began: bool) -> str:
        """What became of the credits of something that failed; `began` tells whether the upstream had taken it."""
        if charged:
            return f"{credits_of(charged)} were charged."
        if not began:
            return "Nothing was charged."
        if charged is None:
            return "What fails is not charged; the credits come back."
        return "What fails is not charged." if reserved is None else f"Your {credits_of(reserved)} came back."
