"""Why something is not taken, and what can be done instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.catalog import Medium
from bot.domain.problems import Problem, ProblemCode
from bot.ui.markdown import one_line
from bot.ui.texts.en.rules import RULES
from bot.ui.texts.en.words import Words, listed, references_of, seconds_of


class ProblemTexts(Words):
    """Refusals."""

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
        ProblemCode.RATIO_UNKNOWN: lambda p: (
            f"“{_given(p)}” is no ratio that can be chosen for every request. {_choose(p, 'There are')}"
        ),
        ProblemCode.ADAPTIVE_NEEDS_REFERENCE: lambda _: (
            "The ratio “adaptive” follows a reference. Attach one, or choose another ratio."
        ),
        ProblemCode.RESOLUTION_UNSUPPORTED: lambda p: f"{_model(p)} has no resolution “{_given(p)}”. {_choose(p)}",
        ProblemCode.RESOLUTION_OF_OTHER_TIER: lambda p: (
            f"{_model(p)} has the resolution “{_given(p)}” only in the tier {listed(p.allowed)}."
            " Choose that tier, or leave the resolution out."
        ),
        ProblemCode.QUALITY_UNSUPPORTED: lambda p: f"{_model(p)} has no quality “{_given(p)}”. {_choose(p)}",
        ProblemCode.TIER_UNSUPPORTED: lambda p: f"{_model(p)} has no tier “{_given(p)}”. {_choose(p)}",
        ProblemCode.DURATION_UNSUPPORTED: lambda p: (
            f"{_model(p)} makes no videos of {_given(p)} seconds. {_choose(p, 'It can do, in seconds:')}"
        ),
        ProblemCode.FLAG_UNKNOWN: lambda p: (
            f"I do not know “{_given(p)}”. {_choose(p, 'I know')} If it belongs to the words, put them in quotes."
        ),
        ProblemCode.FLAG_VALUE: lambda p: (
            f"“{_given(p)}” does not work: it takes {listed(p.allowed) or 'a number'}."
            if " " in p.given
            else f"“{_given(p)}” needs a value after it{': ' + listed(p.allowed) if p.allowed else ''}."
        ),
        ProblemCode.OPTION_TWICE: lambda p: (
            f"“{_given(p)}” is chosen twice: {listed(p.allowed)}. Leave one of them out."
        ),
        ProblemCode.OPTION_UNSUPPORTED: lambda p: (
            f"{_model(p)} does not know {_given(p)}. {_choose(p, 'Leave it out, or choose')}"
        ),
        ProblemCode.OPTION_OUT_OF_RANGE: lambda p: f"{_model(p)} cannot do “{_given(p)}”. {_span(p)}",
        ProblemCode.OPTION_NOT_WHOLE: lambda p: f"“{_given(p)}” has to be a whole number. {_span(p)}",
        ProblemCode.REFERENCE_TYPE_NEEDS_REFERENCE: lambda p: (
            f"“--ref {_given(p)}” needs a picture to go by. Attach one, or leave it out."
        ),
        ProblemCode.TOO_MANY_REFERENCES: lambda p: (
            f"{_model(p)} takes no references. Leave them out, or choose another model."
            if not p.limit
            else f"{_model(p)} takes {references_of(int(p.limit))}, and you gave {_given(p)}."
        ),
        ProblemCode.FIRST_FRAME_MISSING: lambda p: (
            f"{_model(p)} takes a first frame, and with it a last one. Attach the first one as *reference*."
        ),
        ProblemCode.REFERENCE_NOT_IMAGE: lambda p: (
            f"The reference “{_given(p)}” is not a picture that I can use. {_kinds(p)}"
        ),
        ProblemCode.REFERENCE_EMPTY: lambda p: (
            f"The reference “{_given(p)}” is empty. Attach it once more, or use another one."
        ),
        ProblemCode.REFERENCE_NOT_PUBLIC: lambda p: (
            f"The reference “{_given(p)}” cannot be reached from everywhere. "
            "Use a public link that begins with https, or attach the file."
        ),
        ProblemCode.REFERENCE_TOO_LARGE: lambda p: (
            f"The reference “{_given(p)}” is too large. Up to {(p.limit or 0) / 1024**2:.0f} MiB can be used."
        ),
        ProblemCode.REFERENCE_VIDEO_UNSUPPORTED: lambda p: f"{_model(p)} cannot go on from a video.",
        ProblemCode.REFERENCE_VIDEO_LENGTH_UNKNOWN: lambda _: (
            "I cannot find out how long that video is, so it cannot be continued. Nothing was spent."
        ),
        ProblemCode.POSE_UNSUPPORTED: lambda p: (
            f"{_model(p)} knows no pose “{_given(p)}”. It knows {listed(p.allowed)}."
            if p.allowed
            else f"{_model(p)} knows no poses. Leave the pose out, or choose another model."
        ),
        ProblemCode.MULTI_VIEW_UNSUPPORTED: lambda p: (
            f"{_model(p)} draws from one side only. Leave several views out, or choose another model."
        ),
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
            "There is no key for this service here. Choose another model; `/models` shows what works. "
            "Moderators can enter a key of the server's own in `/limits`."
        ),
        ProblemCode.KEY_LOCKED: lambda _: (
            "This server's own key cannot be read any more, so nothing can be made with it. "
            "A moderator can enter it anew in `/limits`. Nothing was spent."
        ),
        ProblemCode.KEY_MALFORMED: lambda _: (
            "That does not look like a key. Copy it whole, without anything around it, and enter it once more. "
            "Nothing was changed."
        ),
        ProblemCode.KEY_WRONG: lambda p: (
            f"{_service(p)} does not accept that key. Copy it once more, or make a new one there. Nothing was changed."
        ),
        ProblemCode.KEY_UNCHECKED: lambda p: (
            f"{_service(p)} does not answer at the moment, so I cannot tell whether that key is good. "
            "Try again in a few minutes. Nothing was changed."
        ),
        ProblemCode.KEY_CHECK_BUSY: lambda p: (
            f"That key cannot be checked right now. Try again in {seconds_of(max(1.0, p.limit or 0))}. "
            "Nothing was changed."
        ),
        ProblemCode.KEY_ABSENT: lambda p: f"This server has no key of its own for {_service(p)}.",
        ProblemCode.ALREADY_PRESSED: lambda _: "You have just pressed that. Its card is on the way.",
        ProblemCode.NOT_YOURS: lambda _: "Only who asked for this, or a moderator, can do that.",
        ProblemCode.JOB_UNKNOWN: lambda _: "I do not know that request any more. Ask anew with `/imagine`.",
        ProblemCode.DRAFT_GONE: lambda _: "That has been started or put away already, or is older than a day.",
        ProblemCode.RESULT_GONE: lambda _: (
            "That one is not there any more: the service keeps results for a limited time only. "
            "*Again* makes a new one from the same words."
        ),
        ProblemCode.NO_PICTURE: lambda _: "There is no picture in that message.",
        ProblemCode.NO_MODEL: lambda _: "No model that works now can do this. `/models` shows what can be made.",
        ProblemCode.VIDEO_NOT_MEASURED: lambda _: (
            "I am still bringing that video here to see how long it is. Try again in a moment. Nothing was spent."
        ),
        ProblemCode.FILE_NOT_TEXT: lambda p: f"“{_given(p)}” is not a text that I can read. Save it as .txt in UTF-8.",
        ProblemCode.FILE_TOO_LARGE: lambda p: (
            f"“{_given(p)}” is too long for a prompt. Up to {(p.limit or 0) / 1024:.0f} KiB can be used."
        ),
        ProblemCode.FILE_UNREADABLE: lambda p: f"“{_given(p)}” could not be brought here. Try it once more.",
        ProblemCode.GALLERY_WORDS_MISSING: lambda _: (
            "Say what to look for, or give the id or the link of a picture in the gallery."
        ),
        ProblemCode.GALLERY_LINK_STRANGE: lambda p: (
            f"“{_given(p)}” does not lead to a picture of the gallery. Use one that begins with `https://www.meigen.ai/`."
        ),
        ProblemCode.GALLERY_UNKNOWN: lambda p: f"The gallery has no picture “{one_line(p.given, 80)}”.",
        ProblemCode.GALLERY_PROMPT_MISSING: lambda _: "That picture has no prompt that can be used.",
        ProblemCode.GALLERY_DOWN: lambda _: "The gallery does not answer at the moment. Try again in a minute.",
        ProblemCode.SEARCH_DOWN: lambda _: (
            "The gallery's search does not answer at the moment. "
            "What still works: `/inspire` with the id or the link of a picture."
        ),
        **RULES,
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


def _service(problem: Problem) -> str:
    return Words().provider(problem.given)


def _model(problem: Problem) -> str:
    return f"**{one_line(problem.model_name, 80)}**" if problem.model_name else "This model"


def _given(problem: Problem) -> str:
    return f"{int(problem.given):,}" if problem.given.isdecimal() else one_line(problem.given, 80)


def _count(problem: Problem) -> str:
    return f"{problem.limit or 0:,.0f}"


def _choose(problem: Problem, lead: str = "It can do") -> str:
    return f"{lead} {listed(problem.allowed)}." if problem.allowed else "Leave it out."


def _kinds(problem: Problem) -> str:
    """Content types as people call them: `image/jpeg` is JPEG."""
    names = [kind.rpartition("/")[2].upper() for kind in problem.allowed]
    return f"Use one of {listed(names)}." if names else "Use another one."


def _span(problem: Problem) -> str:
    return f"It goes from {' to '.join(problem.allowed)}." if problem.allowed else "Leave it out."


def _permissions(problem: Problem) -> str:
    names = problem.allowed or tuple(name.strip() for name in problem.given.split(","))
    return ", ".join(f"*{Words.permissions.get(name, one_line(name, 40))}*" for name in names)


def _try_later(problem: Problem) -> str:
    if not problem.given.isdecimal():
        return "Try again a little later."
    return f"There is room again in about {seconds_of(max(1.0, float(problem.given)))}."
