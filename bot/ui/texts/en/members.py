"""What members choose for themselves, what is forgotten of them, and what Easel can do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.domain.catalog import Skill
from bot.domain.pings import Notify
from bot.ui.texts.en.words import Words

COMMANDS_OF_HELP = (
    "imagine",
    "video",
    "inspire",
    "models",
    "credits",
    "history",
    "queue",
    "preferences",
    "forget",
)
COMMANDS_OF_MODERATORS = ("limits", "limit", "usage")


class MemberTexts(Words):
    """`/preferences`, `/forget`, `/help`."""

    # ---- /preferences

    the_usual = "No choice of mine"
    """The name of the choice that takes one back."""

    notifications: Mapping[Notify, str] = {
        Notify.NEVER: "Never",
        Notify.LONG: "Only when it took over a minute",
        Notify.ALWAYS: "Always",
    }

    def preferences_title(self, *, is_changed: bool) -> str:
        return "### Noted" if is_changed else "### Your usual choices"

    def preferences(
        self,
        notify: Notify,
        models: tuple[str | None, str | None],
        aspect_ratio: str | None,
        *,
        is_private: bool,
    ) -> str:
        """`models`: for pictures and for videos, as markdown; None: no choice."""
        picture, video = models
        seen_by = "only you, if you do not say otherwise" if is_private else "everybody in the channel"
        return "\n".join(
            (
                f"**Ping when something is done:** {self.notifications[notify]}",
                f"**Model for pictures:** {picture or self.default_model}",
                f"**Model for videos:** {video or self.default_model}",
                f"**Ratio:** {aspect_ratio or 'as the model likes'}",
                f"**Seen by:** {seen_by}",
            )
        )

    def preferences_hint(self) -> str:
        return "-# They count where a command leaves something open. `/preferences` with an option changes one."

    # ---- /forget

    forget_confirm = "Forget it all"
    forget_not = "Never mind"

    def forget_question(self, jobs: int) -> str:
        requests = {0: "what you have begun", 1: "your only request"}.get(jobs, f"all {jobs:,} of your requests")
        return (
            f"**Forget {requests}, everywhere?**\n"
            "Prompts, references and results go, also what is still being prepared. "
            "What waits is cancelled. What is being made is paid for, and forgotten once it is done.\n"
            "Two things stay: how many credits were used, without the words, and your `/preferences`. "
            "The log of a server's moderators loses the words, but not a file that they have saved before.\n"
            "Messages in Discord stay where they are: the *Delete* button below each removes it. "
            "Those buttons are all that still works there.\n"
            "**This cannot be undone.**"
        )

    def all_forgotten(self, jobs: int, under_way: int) -> str:
        requests = "1 request is" if jobs == 1 else f"{jobs:,} requests are"
        later = ""
        if under_way:
            some = "One of them is" if under_way == 1 else f"{under_way:,} of them are"
            later = f" {some} being made right now, and forgotten as soon as that is over."
        return (
            f"**{requests} forgotten.**{later}\nMessages in Discord are still there: "
            "the *Delete* button below each removes it."
        )

    def kept_all(self) -> str:
        return "Nothing was forgotten."

    def forgotten_card(self, *, is_over: bool) -> str:
        if is_over:
            return "**Forgotten**\nWho asked for this wanted it to be forgotten."
        return "**To be forgotten**\nIt had begun already, so it is being paid for. Nothing of it will be kept."

    # ---- /help

    def help_intro(self, *, makes_videos: bool) -> str:
        what = "pictures and videos" if makes_videos else "pictures"
        return (
            "### What I can do\n"
            f"I make {what} from your words. Type `/imagine` and say what you want to see. "
            "The price stands on the card before it is spent, and the place in line as it really is."
        )

    def help_commands(self, commands: Sequence[tuple[str, str]]) -> str:
        """`commands`: names and what they are for."""
        return "\n".join(("### Commands", *(f"`/{name}` {what}" for name, what in commands)))

    def help_moderators(self, commands: Sequence[tuple[str, str]]) -> str:
        """Of the same kind."""
        return "\n".join(("### For moderators", *(f"`/{name}` {what}" for name, what in commands)))

    def help_buttons(self, skills: Collection[Skill]) -> str:
        """`skills`: of all upstreams at hand."""
        rows = (
            (f"{self.upscale(1)} to {self.upscale(4)}", "that one large, at no cost", None),
            (f"{self.variation(1)} to {self.variation(4)}, {self.vary}", "more like that one", Skill.REFERENCES),
            (self.style, "other pictures in its look", Skill.MIDJOURNEY),
            (self.animate, "a video that begins with it", Skill.VIDEOS),
            (self.go_on, "what comes after a video", Skill.VIDEOS),
            (self.use, "a new picture that goes by it", Skill.REFERENCES),
            (self.again, "the same once more", None),
            (self.remix, "the same with changes", None),
            (self.cancel, "call it back; free until it begins", None),
            (self.delete, "remove the message; for who asked, and moderators", None),
        )
        told = (f"**{label}** {what}" for label, what, needed in rows if needed in (None, *skills))
        return "\n".join(("### Buttons", *told))

    def help_flags(self, flags: Sequence[str]) -> str:
        if len(flags) == 1:
            return f"### Options in the prompt\n`{flags[0]} 16:9` anywhere in the prompt chooses the shape."
        return (
            "### Options in the prompt\n"
            f"{' '.join(f'`{flag}`' for flag in flags)}\n"
            "All but `--ar` and `--quality` are for Midjourney. "
            "Write them anywhere in the prompt: `a fox in the snow --ar 16:9 --stylize 300`."
        )

    def help_more(self, menus: Sequence[str], skills: Collection[Skill]) -> str:
        """`menus`: the commands on messages."""
        references = "A reference is a picture to go by: attach it, or begin the prompt with its link. "
        return (
            "### Good to know\n"
            "On anybody's picture, right-click or press and hold, then *Apps*: "
            f"{', '.join(f'*{name}*' for name in menus)}.\n"
            f"{references if Skill.REFERENCES in skills else ''}"
            "`private` shows a result to you alone; moderators can read what was asked for on their server all the "
            "same. A long prompt can come as a .txt file, below *Remix*.\n"
            "Words and results are forgotten by themselves after as many days as a server has chosen, "
            "30 if it has not.\n"
            "Something is wrong? Ask a moderator of this server, or whoever runs Easel here."
        )
