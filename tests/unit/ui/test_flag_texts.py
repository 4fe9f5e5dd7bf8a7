"""What members read when a flag or an option of theirs cannot be."""

from __future__ import annotations

import pytest

from bot.domain.problems import Problem, ProblemCode
from bot.ui.texts import EN

C = ProblemCode
DASHES = r"\--"
"""As a sentence begins with it: escaped, for Discord makes lists of dashes."""


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            Problem(C.FLAG_UNKNOWN, "--tile", ("--ar", "--raw")),
            f"I do not know “{DASHES}tile”. I know {DASHES}ar, --raw. If it belongs to the words, put them in quotes.",
        ),
        (Problem(C.FLAG_VALUE, "--chaos lots"), f"“{DASHES}chaos lots” does not work: it takes a number."),
        (
            Problem(C.FLAG_VALUE, "--ref mood", ("content", "style")),
            f"“{DASHES}ref mood” does not work: it takes content, style.",
        ),
        (Problem(C.FLAG_VALUE, "--ar"), f"“{DASHES}ar” needs a value after it."),
        (Problem(C.FLAG_VALUE, "--style", ("raw",)), f"“{DASHES}style” needs a value after it: raw."),
        (
            Problem(C.OPTION_TWICE, "--ar", ("1:1", "16:9")),
            f"“{DASHES}ar” is chosen twice: 1:1, 16:9. Leave one of them out.",
        ),
        (
            Problem(C.OPTION_UNSUPPORTED, "--stylize, --raw", ("Midjourney V8.1",), model_name="Flux"),
            f"**Flux** does not know {DASHES}stylize, --raw. Leave it out, or choose Midjourney V8.1.",
        ),
        (Problem(C.OPTION_UNSUPPORTED, "--sv"), f"This model does not know {DASHES}sv. Leave it out."),
        (
            Problem(C.OPTION_OUT_OF_RANGE, "--iw 2.5", ("0", "2"), model_name="Midjourney"),
            f"**Midjourney** cannot do “{DASHES}iw 2.5”. It goes from 0 to 2.",
        ),
        (
            Problem(C.OPTION_NOT_WHOLE, "--sv 2.5", ("1", "4"), model_name="Midjourney"),
            f"“{DASHES}sv 2.5” has to be a whole number. It goes from 1 to 4.",
        ),
    ],
)
def test_sentences_name_the_flag_and_what_can_be(problem: Problem, said: str) -> None:
    assert EN.problem(problem) == said
