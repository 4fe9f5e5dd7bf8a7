"""English: every sentence that members read. Another language is a subclass that says the same things in its own words.

Numbers, names and links come as parameters; what comes from members or upstreams is escaped before it gets here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.domain.catalog import Medium
from bot.domain.gate import PauseReason
from bot.domain.jobs import FailureCode
from bot.domain.problems import Problem, ProblemCode
from bot.ui.markdown import one_line, timestamp

LEAST_TOLD_IN_MINUTES_SECONDS = 90
PROVIDERS: Mapping[str, str] = {"meigen": "MeiGen", "meshy": "Meshy"}

COMMANDS: Mapping[str, str] = {
    "imagine": "Make a picture",
    "imagine.prompt": "What the picture shows. Links to pictures at the start count as references",
    "imagine.model": "Which model draws it",
    "imagine.aspect_ratio": "Shape of the picture, width to height",
    "imagine.resolution": "How large the picture is",
    "imagine.quality": "How much care the model takes",
    "imagine.reference": "A picture to go by",
    "imagine.reference_n": "Another picture to go by",
    "imagine.private": "Only you see it",
    "models": "What can be made, and what it costs",
    "models.medium": "Only pictures, or only videos",
    "credits": "How many credits are left, and what was used today",
}


def credits_of(count: int) -> str:
    return "1 credit" if count == 1 else f"{count:,} credits"


def seconds_of(seconds: float) -> str:
    """A duration as people say it: `45 s`, `1.5 min`, `4 min`."""
    if seconds < LEAST_TOLD_IN_MINUTES_SECONDS:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f}".removesuffix(".0") + " min"


def references_of(most: int) -> str:
    if not most:
        return "no references"
    return "1 reference" if most == 1 else f"up to {most} references"


def listed(values: Sequence[str], limit: int = 600) -> str:
    return one_line(", ".join(values), limit)


class Texts:
    """English."""

    # ---- words

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
    confirm = "Ask once more"
    default_model = "The usual model"
    no_cost = "Cost not known"
    no_price = "price not known"

    def cost(self, count: int | None) -> str:
        return self.no_cost if count is None else credits_of(count)

    def charged(self, count: int | None) -> str:
        return self.no_cost if count is None else f"{credits_of(count)} charged"

    def price(self, least: int, most: int) -> str:
        return credits_of(most) if least == most else f"{least:,} to {credits_of(most)}"

    def per_second(self, least: int, most: int) -> str:
        return f"{self.price(least, most)} a second"

    def provider(self, name: str) -> str:
        return PROVIDERS.get(name, name.title())

    # ---- cards

    def joining(self) -> str:
        return "**Getting in line …**"

    def queued(self, position: int, ready_at: float | None) -> str:
        """`ready_at` is when it is handed over, by the queue's real pace; None: not known."""
        place = "You are next" if position <= 1 else f"Place {position:,} in line"
        return f"**{place}**" if ready_at is None else f"**{place}**, begins {timestamp(ready_at)}"

    def paused(self, reason: PauseReason, until: float | None) -> str:
        end = "" if until is None else f" It goes on {timestamp(until)}."
        return f"{self.pauses[reason]}{end}"

    pauses: Mapping[PauseReason, str] = {
        PauseReason.RATE_LIMITED: "The service asked for a short break.",
        PauseReason.UNREACHABLE: "The service cannot be reached right now. Your place in line is kept.",
        PauseReason.OUT_OF_CREDITS: "The credits are used up. Your place in line is kept until there are more.",
        PauseReason.KEY_REJECTED: (
            "The service does not accept the key. Whoever runs Easel has to look at it. Your place in line is kept."
        ),
    }

    def cancelling(self) -> str:
        return "**Cancelling …**"

    def submitting(self) -> str:
        return "**Starting …**"

    def running(self, percent: int | None) -> str:
        return "**Being made …**" if percent is None else f"**Being made …** {percent} %"

    def usually_done(self, at: float) -> str:
        return f"Usually done {timestamp(at)}."

    def slower_than_usual(self, usual_seconds: float) -> str:
        return f"This one takes longer than the usual {seconds_of(usual_seconds)}."

    def paid_though_cancelled(self) -> str:
        return "It had begun before you cancelled, so it is being paid for. The result is kept and not shown here."

    def finished_though_cancelled(self) -> str:
        return (
            "**Finished after you cancelled.** It had begun already, so it was paid for. It is kept and not shown here."
        )

    def succeeded(self, medium: Medium, count: int) -> str:
        name = self.mediums[medium]
        return f"**Your {name} is ready**" if count <= 1 else f"**Your {count} {name}s are ready**"

    def nothing_to_show(self) -> str:
        return "The service finished, and sent nothing that could be shown."

    def item(self, medium: Medium, number: int, count: int) -> str:
        name = self.mediums[medium].capitalize()
        return name if count == 1 else f"{name} {number}"

    def too_large(self, item: str) -> str:
        return f"{item} is too large for Discord. The link works for a limited time."

    def not_brought(self, item: str) -> str:
        return f"{item} could not be brought here. The link works for a limited time."

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

    def mention(self, user_id: int, *, succeeded: bool) -> str:
        return f"<@{user_id}> {'here it is.' if succeeded else 'this one did not work out.'}"

    def confirm_again(self, cost: int | None) -> str:
        price = "what it costs is not known" if cost is None else f"that costs {credits_of(cost)}"
        return f"**Ask once more?**\nThe first one may have been charged already. This makes a new one, and {price}."

    def reference(self, number: int, count: int) -> str:
        return "Reference" if count == 1 else f"Reference {number}"

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
        FailureCode.CARD_NEVER_SHOWN: "Discord did not show this card in time, so nothing was begun.{said}",
        FailureCode.CARD_DELETED: "The card was deleted, so nothing was begun.{said}",
        FailureCode.GUILD_LEFT: "I was removed from that server before it began.{said}",
        FailureCode.NO_ACCOUNT: "The key that this waited for was taken away.{said}\nPress *Again* once there is one.",
    }

    def credits_short(self, required: int | None, available: int | None) -> str:
        needs = "" if required is None else f"It needs {credits_of(required)}. "
        left = "" if available is None else f"{credits_of(available)} left. "
        return f"{needs}{left}Once there are more, press *Again*."

    def supported_ratios(self, ratios: Sequence[str]) -> str:
        return f"It can do these ratios: {listed(ratios)}."

    def refund(self, charged: int | None, reserved: int | None, *, began: bool) -> str:
        """What became of the credits of something that failed; `began` tells whether the upstream had taken it."""
        if charged:
            return f"{credits_of(charged)} were charged."
        if not began:
            return "Nothing was charged."
        if charged is None:
            return "What fails is not charged; the credits come back."
        return "Your credits came back." if reserved is None else f"Your {credits_of(reserved)} came back."

    # ---- refusals

    def problem(self, problem: Problem) -> str:
        """What is wrong, and what can be done instead."""
        return self._problems[problem.code](problem)

    _problems: Mapping[ProblemCode, Callable[[Problem], str]] = {
        ProblemCode.PROMPT_EMPTY: lambda _: "The prompt is empty. Say what you want to see.",
        ProblemCode.PROMPT_TOO_SHORT: lambda p: (
            f"{_model(p)} wants a prompt of at least {_count(p)} characters. Say a little more."
        ),
        ProblemCode.PROMPT_TOO_LONG: lambda p: (
            f"{_model(p)} takes prompts of up to {_count(p)} characters, and yours has {_given(p)}."
            " Shorten it, or choose another model."
        ),
        ProblemCode.MODEL_UNKNOWN: lambda p: (
            f"There is no model named “{_given(p)}”. {_choose(p, 'There are')} `/models` lists them all."
        ),
        ProblemCode.CATALOGUE_UNKNOWN: lambda _: (
            "I do not know the models yet, because the service has not told. Try again in a minute, or name no model."
        ),
        ProblemCode.MODEL_WRONG_MEDIUM: lambda p: (
            f"{_model(p)} does not make {'videos' if p.given == Medium.VIDEO else 'pictures'}."
            " `/models` shows which ones do."
        ),
        ProblemCode.RATIO_UNSUPPORTED: lambda p: f"{_model(p)} has no ratio “{_given(p)}”. {_choose(p)}",
        ProblemCode.ADAPTIVE_NEEDS_REFERENCE: lambda _: (
            "The ratio “adaptive” follows a reference. Attach one, or choose another ratio."
        ),
        ProblemCode.RESOLUTION_UNSUPPORTED: lambda p: f"{_model(p)} has no resolution “{_given(p)}”. {_choose(p)}",
        ProblemCode.QUALITY_UNSUPPORTED: lambda p: f"{_model(p)} has no quality “{_given(p)}”. {_choose(p)}",
        ProblemCode.TIER_UNSUPPORTED: lambda p: f"{_model(p)} has no tier “{_given(p)}”. {_choose(p)}",
        ProblemCode.DURATION_UNSUPPORTED: lambda p: (
            f"{_model(p)} makes no videos of {_given(p)} seconds. {_choose(p, 'It can do, in seconds:')}"
        ),
        ProblemCode.TOO_MANY_REFERENCES: lambda p: (
            f"{_model(p)} takes no references. Leave them out, or choose another model."
            if not p.limit
            else f"{_model(p)} takes {references_of(int(p.limit))}, and you gave {_given(p)}."
        ),
        ProblemCode.REFERENCE_NOT_IMAGE: lambda p: (
            f"The reference “{_given(p)}” is not a picture that I can use. {_choose(p, 'Use one of')}"
        ),
        ProblemCode.REFERENCE_NOT_PUBLIC: lambda p: (
            f"The reference “{_given(p)}” cannot be reached from everywhere. "
            "Use a public link that begins with https, or attach the file."
        ),
        ProblemCode.REFERENCE_TOO_LARGE: lambda p: (
            f"The reference “{_given(p)}” is too large. Up to {(p.limit or 0) / 1024**2:.0f} MiB can be used."
        ),
        ProblemCode.REFERENCE_GONE: lambda p: (
            f"The reference “{_given(p)}” is not there any more. Ask anew and attach it once more."
            if p.given
            else "A reference is not there any more. Ask anew and attach it once more."
        ),
        ProblemCode.REFERENCE_VIDEO_UNSUPPORTED: lambda p: f"{_model(p)} cannot go on from a video.",
        ProblemCode.CHANNEL_NOT_WRITABLE: lambda p: (
            f"I cannot show pictures in this channel: I need {_permissions(p)} here. "
            "Ask a moderator, or try another channel."
        ),
        ProblemCode.DIRECT_MESSAGES_OFF: lambda _: "I do not take requests in direct messages. Ask me on a server.",
        ProblemCode.QUEUE_FULL_MEMBER: lambda p: (
            f"You have {_count(p)} requests waiting already. Once one of them begins, ask again."
        ),
        ProblemCode.QUEUE_FULL_GUILD: lambda p: (
            f"{_count(p)} requests of this server are waiting already. {_try_later(p)}"
        ),
        ProblemCode.NO_ACCOUNT: lambda _: (
            "There is no key for this service. Whoever runs Easel has to enter one; `/models` shows what works now."
        ),
        ProblemCode.ALREADY_PRESSED: lambda _: "You have just pressed that. Its card is on the way.",
        ProblemCode.NOT_YOURS: lambda _: "Only who asked for this, or a moderator, can do that.",
        ProblemCode.JOB_UNKNOWN: lambda _: "I do not know that request any more. Ask anew with `/imagine`.",
        ProblemCode.STORE_FAILING: lambda _: (
            "I cannot write anything down right now, so I take nothing on. Nothing was spent. "
            "Try again in a few minutes."
        ),
        ProblemCode.STOPPING: lambda _: "I am being restarted. Nothing was spent. Try again in a minute.",
    }

    def apology(self) -> str:
        return "Something went wrong on my side. Whoever runs Easel can see it in the log. Please try again."

    def stale_command(self) -> str:
        return "This command has just changed. Try again in a minute, or restart Discord."

    # ---- /models

    def models_title(self, heading: str) -> str:
        return f"### {heading}"

    def model_line(self, name: str, price: str, usual_seconds: float | None, *, is_default: bool) -> str:
        usual = "" if usual_seconds is None else f" · about {seconds_of(usual_seconds)}"
        return f"**{name}** · {price}{usual}{' · the usual one' if is_default else ''}"

    def references(self, count: int) -> str:
        return references_of(count)

    def durations(self, seconds: Sequence[int]) -> str:
        return f"{', '.join(str(s) for s in seconds)} s"

    def told_at(self, at: float) -> str:
        return f"-# As told {timestamp(at)}."

    def no_models(self) -> str:
        return "I do not know of any model yet, because the service has not told. Try again in a minute."

    def no_models_of(self, medium: Medium) -> str:
        return f"No model makes {'videos' if medium is Medium.VIDEO else 'pictures'} at the moment."

    # ---- /credits

    credits_title = "### Credits"

    def balance(self, provider: str, credit_count: int | None, told_at: float | None, *, is_unlimited: bool) -> str:
        name = f"**{self.provider(provider)}**"
        told = "" if told_at is None else f", as told {timestamp(told_at)}"
        if is_unlimited:
            return f"{name}: unlimited{told}"
        if credit_count is None:
            return f"{name}: not known yet. The service tells it with each request."
        return f"{name}: {credits_of(credit_count)} left{told}"

    def no_accounts(self) -> str:
        return "No key is entered, so nothing can be made yet."

    def usage(self, whose: str, spent: int, held: int, jobs: int) -> str:
        requests = "1 request" if jobs == 1 else f"{jobs:,} requests"
        return (
            f"**{whose}** today: {credits_of(spent)} used, {credits_of(held)} held for what is under way ({requests})"
        )

    this_guild = "This server"
    you = "You"

    def day_began(self, at: float) -> str:
        return f"-# Today began at {timestamp(at, 't')}."


def _model(problem: Problem) -> str:
    return f"**{one_line(problem.model_name, 80)}**" if problem.model_name else "This model"


def _given(problem: Problem) -> str:
    return f"{int(problem.given):,}" if problem.given.isdecimal() else one_line(problem.given, 80)


def _count(problem: Problem) -> str:
    return f"{problem.limit or 0:,.0f}"


def _choose(problem: Problem, lead: str = "It can do") -> str:
    return f"{lead} {listed(problem.allowed)}." if problem.allowed else "Leave it out."


def _permissions(problem: Problem) -> str:
    names = problem.allowed or tuple(name.strip() for name in problem.given.split(","))
    return ", ".join(f"*{Texts.permissions.get(name, one_line(name, 40))}*" for name in names)


def _try_later(problem: Problem) -> str:
    if not problem.given.isdecimal():
        return "Try again a little later."
    return f"There is room again in about {seconds_of(float(problem.given))}."


EN = Texts()
