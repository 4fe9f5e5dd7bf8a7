from __future__ import annotations

import pytest
from discord import app_commands

from bot.chat.answering import in_words
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused, ShowRefused, StoreDown
from tests.unit.ui.make import text_of


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (Refused((Problem(ProblemCode.NOT_YOURS),)), "Only who asked for this"),
        (StoreDown("disk full"), "I cannot write anything down right now"),
        (app_commands.CommandNotFound("video", []), "This command has just changed"),
        (ShowRefused(50035, "Invalid Form Body"), "Something went wrong on my side"),
        (ValueError("secret"), "Something went wrong on my side"),
    ],
)
def test_every_end_is_put_into_words_without_details(cause: Exception, said: str) -> None:
    text = text_of(in_words(cause))
    assert said in text
    assert not any(word in text for word in ("secret", "disk", "Form"))
