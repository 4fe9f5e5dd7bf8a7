"""English: every sentence that members read. Another language is a subclass that says the same things in its own words.

Numbers, names and links come as parameters; what comes from members or upstreams is escaped before it gets here.
"""

from __future__ import annotations

from bot.ui.texts.en.answers import AnswerTexts
from bot.ui.texts.en.cards import CardTexts
from bot.ui.texts.en.commands import COMMANDS
from bot.ui.texts.en.drafts import DraftTexts
from bot.ui.texts.en.problems import ProblemTexts


class Texts(CardTexts, DraftTexts, ProblemTexts, AnswerTexts):
    """English."""


EN = Texts()

__all__ = ["COMMANDS", "EN", "Texts"]
