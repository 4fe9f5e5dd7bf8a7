"""English: every sentence that members read. Another language is a subclass that says the same things in its own words.

Numbers, names and links come as parameters; what comes from members or upstreams is escaped before it gets here.
"""

from __future__ import annotations

from bot.ui.texts.en.answers import AnswerTexts
from bot.ui.texts.en.cards import CardTexts
from bot.ui.texts.en.commands import COMMANDS
from bot.ui.texts.en.drafts import DraftTexts
from bot.ui.texts.en.history import HistoryTexts
from bot.ui.texts.en.inspire import InspireTexts
from bot.ui.texts.en.limits import LimitTexts
from bot.ui.texts.en.members import MemberTexts
from bot.ui.texts.en.menus import MenuTexts
from bot.ui.texts.en.problems import ProblemTexts
from bot.ui.texts.en.usage import UsageTexts


class Texts(
    CardTexts,
    DraftTexts,
    ProblemTexts,
    AnswerTexts,
    InspireTexts,
    MenuTexts,
    HistoryTexts,
    MemberTexts,
    LimitTexts,
    UsageTexts,
):
    """English."""


EN = Texts()

__all__ = ["COMMANDS", "EN", "Texts"]
