"""What only concerns the member who asks: usual choices, forgetting, help."""

from __future__ import annotations

from collections.abc import Collection

from bot.domain.catalog import Skill
from bot.domain.history import Forgotten
from bot.domain.preferences import Usual
from bot.domain.requests import FLAG_NAMES, flag
from bot.ui.markdown import one_line
from bot.ui.messages import Accent, Action, Button, ButtonStyle, Message
from bot.ui.texts import COMMANDS, EN, Texts
from bot.ui.texts.en.members import COMMANDS_OF_HELP, COMMANDS_OF_MODERATORS

NAME_LIMIT = 80
NEEDED = {"video": Skill.VIDEOS, "inspire": Skill.GALLERY}
"""Commands that are there only where something can be made by them."""
FORGET, KEEP = 1, 0
"""What the buttons below the question say, as their index."""


def preferences_page(
    usual: Usual, names: tuple[str | None, str | None], *, is_changed: bool, texts: Texts = EN
) -> Message:
    """`names`: how the chosen models for pictures and videos are called; None: none is chosen."""
    picture, video = (None if name is None else one_line(name, NAME_LIMIT) for name in names)
    ratio = None if usual.aspect_ratio is None else one_line(usual.aspect_ratio, NAME_LIMIT)
    return Message(
        Accent.DONE if is_changed else Accent.WAITING,
        (
            texts.preferences_title(is_changed=is_changed),
            texts.preferences(usual.notify, (picture, video), ratio, is_private=usual.is_private),
            texts.preferences_hint(),
        ),
    )


def forget_question(user_id: int, jobs: int, texts: Texts = EN) -> Message:
    """What goes and what stays, before anything does."""
    buttons = (
        Button(Action.FORGET, user_id, texts.forget_confirm, ButtonStyle.DANGER, FORGET),
        Button(Action.FORGET, user_id, texts.forget_not, index=KEEP),
    )
    return Message(Accent.UNSURE, (texts.forget_question(jobs),), rows=(buttons,))


def forgotten_notice(forgotten: Forgotten, texts: Texts = EN) -> Message:
    return Message(Accent.STOPPED, (texts.all_forgotten(forgotten.jobs, forgotten.under_way),))


def help_page(skills: Collection[Skill], texts: Texts = EN) -> Message:
    """What there is to know, on one page. `skills`: of all upstreams at hand."""
    commands, moderators = (
        [(name, COMMANDS[name]) for name in names if NEEDED.get(name) in (None, *skills)]
        for names in (COMMANDS_OF_HELP, COMMANDS_OF_MODERATORS)
    )
    menus = (
        (texts.animate_this, Skill.VIDEOS),
        (texts.imagine_from_this, Skill.REFERENCES),
        (texts.who_made_this, None),
    )
    return Message(
        Accent.WAITING,
        (
            texts.help_intro(makes_videos=Skill.VIDEOS in skills),
            texts.help_commands(commands),
            texts.help_buttons(skills),
            texts.help_flags(FLAG_NAMES if Skill.MIDJOURNEY in skills else (flag("aspect_ratio"),)),
            texts.help_more([name for name, needed in menus if needed in (None, *skills)], skills),
            texts.help_moderators(moderators),
        ),
    )
