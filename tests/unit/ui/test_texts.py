from __future__ import annotations

import pytest

from bot.domain.gate import PauseReason
from bot.domain.jobs import FailureCode
from bot.domain.problems import Problem, ProblemCode
from bot.ui.texts import COMMANDS, EN
from bot.ui.texts.en.words import credits_of, seconds_of


@pytest.mark.parametrize("code", ProblemCode)
@pytest.mark.parametrize("has_facts", [True, False])
def test_every_problem_has_a_sentence(code: ProblemCode, has_facts: bool) -> None:  # noqa: FBT001  a parameter
    problem = Problem(code, "7:7", ("1:1", "16:9"), 5, "Flux") if has_facts else Problem(code)
    sentence = EN.problem(problem)
    assert sentence.endswith(".")
    assert "None" not in sentence
    assert "  " not in sentence or not has_facts


@pytest.mark.parametrize("code", FailureCode)
def test_every_failure_has_a_sentence(code: FailureCode) -> None:
    assert EN.failure(code, "")
    assert "It says: no" in EN.failure(code, "no")


@pytest.mark.parametrize("reason", PauseReason)
def test_every_pause_has_a_sentence(reason: PauseReason) -> None:
    assert EN.paused(reason, 1.0).endswith("<t:1:R>.")


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            Problem(ProblemCode.RATIO_UNSUPPORTED, "7:7", ("auto", "1:1"), model_name="Flux"),
            "**Flux** has no ratio “7:7”. It can do auto, 1:1.",
        ),
        (
            Problem(ProblemCode.RESOLUTION_UNSUPPORTED, "8K", (), model_name="Flux"),
            "**Flux** has no resolution “8K”. Leave it out.",
        ),
        (
            Problem(ProblemCode.RESOLUTION_OF_OTHER_TIER, "1080p", ("pro",), model_name="Flux"),
            "**Flux** has the resolution “1080p” only in the tier pro. Choose that tier, or leave the resolution out.",
        ),
        (
            Problem(ProblemCode.REFERENCE_NOT_IMAGE, "a.heic", ("image/png", "image/jpeg")),
            "The reference “a.heic” is not a picture that I can use. Use one of PNG, JPEG.",
        ),
        (
            Problem(ProblemCode.TOO_MANY_REFERENCES, "3", limit=1, model_name="Flux"),
            "**Flux** takes 1 reference, and you gave 3.",
        ),
        (
            Problem(ProblemCode.TOO_MANY_REFERENCES, "3", limit=0, model_name="Flux"),
            "**Flux** takes no references. Leave them out, or choose another model.",
        ),
        (
            Problem(ProblemCode.PROMPT_TOO_LONG, "9000", limit=4000, model_name="Flux"),
            (
                "**Flux** takes prompts of up to 4,000 characters, and yours has 9,000. "
                "Shorten it, or choose another model."
            ),
        ),
        (
            Problem(ProblemCode.REFERENCE_TOO_LARGE, "a.png", limit=25 * 1024**2),
            "The reference “a.png” is too large. Up to 25 MiB can be used.",
        ),
        (
            Problem(ProblemCode.CHANNEL_NOT_WRITABLE, allowed=("send_messages", "attach_files")),
            (
                "I cannot show pictures in this channel: I need *Send Messages*, *Attach Files* here. "
                "Ask a moderator, or try another channel."
            ),
        ),
        (
            Problem(ProblemCode.QUEUE_FULL_GUILD, "120", limit=200),
            "200 requests of this server are waiting already. There is room again in about 2 min.",
        ),
        (
            Problem(ProblemCode.QUEUE_FULL_GUILD, "0", limit=200),
            "200 requests of this server are waiting already. There is room again in about 1 s.",
        ),
    ],
)
def test_sentences_name_what_can_be_done(problem: Problem, said: str) -> None:
    assert EN.problem(problem) == said


def test_what_members_typed_cannot_break_a_sentence() -> None:
    sentence = EN.problem(Problem(ProblemCode.MODEL_UNKNOWN, "**@everyone**\n# x" + "y" * 500))
    assert "@everyone" not in sentence
    assert "\n" not in sentence
    assert len(sentence) < 300


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (45, "45 s"), (90, "1.5 min"), (120, "2 min"), (600, "10 min"), (5400, "1.5 h"), (86_400, "24 h")],
)
def test_durations(seconds: float, said: str) -> None:
    assert seconds_of(seconds) == said


def test_credits_are_counted() -> None:
    assert [credits_of(n) for n in (0, 1, 1240)] == ["0 credits", "1 credit", "1,240 credits"]


@pytest.mark.parametrize("description", COMMANDS.values(), ids=COMMANDS)
def test_descriptions_fit(description: str) -> None:
    assert 1 <= len(description) <= 100
