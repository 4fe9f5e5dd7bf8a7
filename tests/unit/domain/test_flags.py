"""Flags in prompts: what is a flag and what is a word, what each says, and the way back to text."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.flags import flags_of, parse_flags, typed_request, with_flags, without_flags
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import FLAG_NAMES, GenerationRequest, MidjourneyOptions, Reference

C = ProblemCode
ASKED = GenerationRequest("")
LINK = "https://x.test/a--ar.png"


@pytest.mark.parametrize(
    ("text", "words", "flags"),
    [
        ("a cat --ar 16:9", "a cat", {"aspect_ratio": "16:9"}),
        ("a cat --aspect 16:9", "a cat", {"aspect_ratio": "16:9"}),
        ("a cat --ar auto", "a cat", {"aspect_ratio": "auto"}),
        ("a cat --s 300", "a cat", {"stylize": 300}),
        ("a cat --stylize 300 --c 10", "a cat", {"stylize": 300, "chaos": 10}),
        ("a cat --chaos 10 --w 5", "a cat", {"chaos": 10, "weird": 5}),
        ("a cat --weird 5 --iw .5", "a cat", {"weird": 5, "iw": 0.5}),
        ("a cat --iw 1.5 --sw 0 --sv 4", "a cat", {"iw": 1.5, "sw": 0, "sv": 4}),
        ("a cat --q 4", "a cat", {"quality": "4"}),
        ("a cat --quality high", "a cat", {"quality": "high"}),
        ("a cat --ref Style", "a cat", {"reference_type": "style"}),
        ("a cat --sref 88120", "a cat", {"sref": "88120"}),
        ("a cat --sref random", "a cat", {"sref": "random"}),
        (f"a cat --sref {LINK}", "a cat", {"sref": LINK}),
        (f"a cat --sref <{LINK}> --sw 5", "a cat", {"sref": LINK, "sw": 5}),
        (f"a cat --sref 123 {LINK} <{LINK}> --raw", "a cat", {"sref": f"123 {LINK} {LINK}", "raw": True}),
        ('a cat --sref "1 2"', "a cat", {"sref": "1 2"}),
        ("a cat --raw", "a cat", {"raw": True}),
        ("a cat --raw true", "a cat", {"raw": True}),
        ("a cat --raw False --s 5", "a cat", {"raw": False, "stylize": 5}),
        ("a cat --raw=false", "a cat", {"raw": False}),
        ("a cat --style raw", "a cat", {"raw": True}),
        ("a cat --raw --s 5", "a cat", {"raw": True, "stylize": 5}),
        # Anywhere, in any order, in any case, with what comes before and after it.
        ("--ar 16:9 a cat", "a cat", {"aspect_ratio": "16:9"}),
        ("a cat --raw in the rain", "a cat in the rain", {"raw": True}),
        (
            "a cat --s 5 in the rain --ar 1:1 at night",
            "a cat in the rain at night",
            {"stylize": 5, "aspect_ratio": "1:1"},
        ),
        ("a cat\n--AR 1:1\n--S 5", "a cat", {"aspect_ratio": "1:1", "stylize": 5}),
        ("a cat\n\nin rain --ar 1:1\nat night", "a cat\n\nin rain\nat night", {"aspect_ratio": "1:1"}),
        ("a cat --ar=16:9 --s=5", "a cat", {"aspect_ratio": "16:9", "stylize": 5}),
        ("a cat --ar 16:9, --s 5; --raw.", "a cat", {"aspect_ratio": "16:9", "stylize": 5, "raw": True}),
        ("a cat --ar  16:9  --s\t5  ", "a cat", {"aspect_ratio": "16:9", "stylize": 5}),
        # What phones make of two dashes, and of three.
        ("a cat \u2014-ar 16:9 -\u2014s 5", "a cat", {"aspect_ratio": "16:9", "stylize": 5}),
        ("a cat \u2014ar 16:9 \u2013s 5", "a cat", {"aspect_ratio": "16:9", "stylize": 5}),
        ("a cat \u2013\u2013ar 16:9 \u2014\u2014raw", "a cat", {"aspect_ratio": "16:9", "raw": True}),
        # Numbers are judged by the model.
        ("a cat --s -5 --iw 1e2", "a cat", {"stylize": -5, "iw": 100}),
        # Once more, and the same.
        ("a cat --raw --style raw --s 5 --stylize 5.0", "a cat", {"raw": True, "stylize": 5}),
        ("--ar 1:1", "", {"aspect_ratio": "1:1"}),
    ],
)
def test_flags_are_read(text: str, words: str, flags: dict[str, object]) -> None:
    parsed = parse_flags(text)
    assert (parsed.words, dict(parsed.flags), parsed.problems) == (words, flags, ())


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "  a cat\n",
            "a knight -- tired",
            "a knight - tired",
            "well\u2014known",
            "well--known",
            "a --",
            "--",
            "-- ar 1:1",
        ),
        *("a cat -ar 16:9", "a---b", "- a\n- b", "--- \na", "--16:9", "a \u2014 b", "a \u2013 b", "x\u2013y"),
        *("https://x.test/a--ar 1:1", "see https://x.test/?q=--raw there", "<https://x.test/--raw>"),
        *(
            "a sign that says \u201c --help me \u201d",
            'a sign "--raw" there',
            'a sign: "use --ar 1:1 now"',
            "(`ls --raw`)",
        ),
        *(
            "a '--raw' sign",
            "'say --raw loud'",
            "\u2018say --raw loud\u2019",
            "\u201esag --raw laut\u201c",
            "\u00abdis --raw\u00bb",
        ),
        *('{"a":"b --ar 1:1","c":["say \\"hi\\" --raw"]}', '{"prompt": "a cat\n--s 5"}'),
        # A dash of prose, as Spanish and French set it.
        *(
            "un caballero \u2014cansado\u2014 sentado",
            "\u2014Hola \u2014dijo el gato",
            "a knight \u2014tired",
            "\u2014Hola --\u00e1nimo",
        ),
    ],
)
def test_words_stay_words(text: str) -> None:
    parsed = parse_flags(text)
    assert (parsed.words, parsed.flags, parsed.problems) == (text, {}, ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the dogs' house, it's --raw", "the dogs' house, it's"),
        ('a 24" x 36" print --raw', 'a 24" x 36" print'),
        ('an open " quote --raw', 'an open " quote'),
        ("a sign \u201cPAX\u201d --raw", "a sign \u201cPAX\u201d"),
        ('a "cat --s 5" --raw "hat"', 'a "cat --s 5" "hat"'),
        ("a knight -- tired --raw", "a knight -- tired"),
        ("well\u2014known \u2014raw", "well\u2014known"),
    ],
)
def test_flags_beside_quotes_and_dashes(text: str, words: str) -> None:
    parsed = parse_flags(text)
    assert (parsed.words, parsed.flags, parsed.problems) == (words, {"raw": True}, ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a cat --tile", Problem(C.FLAG_UNKNOWN, "--tile", FLAG_NAMES)),
        ("a cat --v 6", Problem(C.FLAG_UNKNOWN, "--v", FLAG_NAMES)),
        ("a cat --stilize 5", Problem(C.FLAG_UNKNOWN, "--stilize", FLAG_NAMES)),
        ("a cat --ar16:9", Problem(C.FLAG_UNKNOWN, "--ar16:9", FLAG_NAMES)),
        ("a cat --quality_=4", Problem(C.FLAG_UNKNOWN, "--quality_", FLAG_NAMES)),
        ("a cat \u2014tile", Problem(C.FLAG_UNKNOWN, "--tile", FLAG_NAMES)),
        ("a cat \u2014stilize 5", Problem(C.FLAG_UNKNOWN, "--stilize", FLAG_NAMES)),
        ("a cat \u2014stylize300", Problem(C.FLAG_UNKNOWN, "--stylize300", FLAG_NAMES)),
        ("a cat --ar", Problem(C.FLAG_VALUE, "--ar")),
        ("a cat --ar --s 5", Problem(C.FLAG_VALUE, "--ar")),
        ("a cat --ar=", Problem(C.FLAG_VALUE, "--ar")),
        ('a cat --ar ""', Problem(C.FLAG_VALUE, "--ar")),
        ("a cat --sref", Problem(C.FLAG_VALUE, "--sref")),
        ("a cat --s lots", Problem(C.FLAG_VALUE, "--s lots")),
        ("a cat --stylize 1,5", Problem(C.FLAG_VALUE, "--stylize 1,5")),
        ("a cat --s nan", Problem(C.FLAG_VALUE, "--s nan")),
        ("a cat --s inf", Problem(C.FLAG_VALUE, "--s inf")),
        (f"a cat --s {'9' * 400}", Problem(C.FLAG_VALUE, f"--s {'9' * 400}")),
        ("a cat --s 0x10", Problem(C.FLAG_VALUE, "--s 0x10")),
        ("a cat --s \u2014", Problem(C.FLAG_VALUE, "--s \u2014")),
        ("a cat --raw=maybe", Problem(C.FLAG_VALUE, "--raw maybe", ("true", "false"))),
        ("a cat --style cute", Problem(C.FLAG_VALUE, "--style cute", ("raw",))),
        ("a cat --style", Problem(C.FLAG_VALUE, "--style", ("raw",))),
        ("a cat --ref mood", Problem(C.FLAG_VALUE, "--ref mood", ("content", "style"))),
        ("a cat --ar 1:1 --aspect 16:9", Problem(C.OPTION_TWICE, "--ar", ("1:1", "16:9"))),
        ("a cat --raw --raw false", Problem(C.OPTION_TWICE, "--raw", ("true", "false"))),
        ("a cat --s 5 --s 5.5", Problem(C.OPTION_TWICE, "--stylize", ("5", "5.5"))),
    ],
)
def test_what_cannot_be_read_is_named(text: str, problem: Problem) -> None:
    assert parse_flags(text).problems == (problem,)


def test_all_that_is_wrong_is_named_at_once() -> None:
    parsed = parse_flags("a cat --tile --s lots --iw 1 --iw 2 --ref")
    assert [problem.code for problem in parsed.problems] == [
        *(C.FLAG_UNKNOWN, C.FLAG_VALUE, C.OPTION_TWICE, C.FLAG_VALUE),
    ]
    assert parsed.words == "a cat"


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    parsed = parse_flags(text)
    if not parsed.flags and not parsed.problems:
        assert parsed.words == text


PIECES = [
    "--ar",
    "--raw",
    "--s",
    "\u2014w",
    "--",
    "\u2014",
    "5",
    "1:1",
    "true",
    '"',
    "'",
    "cat",
    "\n",
    "=",
    "\\",
    "--tile",
    LINK,
]


@given(st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_no_word_is_lost(text: str) -> None:
    parsed = parse_flags(text)
    named = [text for problem in parsed.problems for text in (problem.given, *problem.allowed)]
    said = [parsed.words, *map(str, parsed.flags.values()), *named]
    assert sum(part.count("cat") for part in said) >= text.count("cat")


@pytest.mark.parametrize(
    "text",
    [
        *(
            '"' + '\\" ' * 8000,
            "'a " * 8000,
            '"a ' * 8000,
            "\u201ea " * 8000,
            "\u201c" * 16_000,
            " '" * 8000,
            "`" * 15_999,
        ),
        *(
            "-- " * 8000,
            "--a " * 4000,
            "\u2014b " * 4000,
            "--sref 1" + " 2" * 8000,
            "--ar" + " " * 16_000,
            "--raw " * 3000,
        ),
    ],
    ids=lambda text: repr(text[:8]),
)
def test_long_texts_take_no_longer_than_their_length(text: str) -> None:
    began = time.process_time()
    parse_flags(text)
    assert time.process_time() - began < 0.5


# ------------------------------------------------------------ beside other options


def test_links_words_and_flags_make_a_request() -> None:
    options = GenerationRequest(
        "", model_id="midjourney-v8.1", resolution="2K", references=(Reference("https://x.test/1"),)
    )
    typed = typed_request("https://x.test/2 <https://x.test/3> a cat --ar 1:1 --s 5", options)
    assert typed.problems == ()
    assert typed.request == replace(
        options,
        prompt="a cat",
        aspect_ratio="1:1",
        references=tuple(Reference(f"https://x.test/{n}") for n in (1, 2, 3)),
        midjourney=MidjourneyOptions(stylize=5),
    )


def test_a_text_without_flags_is_the_prompt_as_it_is() -> None:
    assert typed_request(" a cat -- \n", ASKED).request == replace(ASKED, prompt=" a cat -- \n")


def test_an_option_and_a_flag_that_say_the_same_are_one() -> None:
    options = replace(ASKED, aspect_ratio="1:1", quality="4", reference_type="style")
    typed = typed_request("a cat --ar 1:1 --q 4 --ref style", options)
    assert typed == typed_request("a cat", options)
    assert typed.problems == ()


def test_an_option_and_a_flag_that_differ_are_a_problem() -> None:
    options = replace(ASKED, aspect_ratio="1:1", quality="low", midjourney=MidjourneyOptions(stylize=5))
    typed = typed_request("a cat --ar 16:9 --q 4 --s 6 --chaos 1", options)
    assert typed.problems == (
        Problem(C.OPTION_TWICE, "--ar", ("1:1", "16:9")),
        Problem(C.OPTION_TWICE, "--quality", ("low", "4")),
        Problem(C.OPTION_TWICE, "--stylize", ("5", "6")),
    )


def test_problems_of_both_kinds_come_together() -> None:
    typed = typed_request("a cat --tile --ar 16:9", replace(ASKED, aspect_ratio="1:1"))
    assert [problem.code for problem in typed.problems] == [C.FLAG_UNKNOWN, C.OPTION_TWICE]


def test_flags_can_be_taken_off_a_request() -> None:
    beside = replace(ASKED, prompt="a cat", resolution="2K", references=(Reference("https://x.test/1"),))
    full = replace(beside, aspect_ratio="1:1", quality="4", reference_type="style", midjourney=MidjourneyOptions(sw=1))
    assert without_flags(full) == beside
    assert typed_request(f"a cat {flags_of(full)}", without_flags(full)).request == full


# ------------------------------------------------------------ and back

NUMBERS = st.none() | st.integers(-5000, 5000) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.none() | st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip() == text
)
OPTIONS = st.builds(
    MidjourneyOptions,
    **dict.fromkeys(("stylize", "chaos", "weird", "iw", "sw", "sv"), NUMBERS),
    raw=st.none() | st.booleans(),
    sref=TEXTS,
)
REQUESTS = st.builds(
    GenerationRequest,
    prompt=st.just("a cat"),
    aspect_ratio=TEXTS,
    quality=TEXTS,
    reference_type=st.sampled_from((None, "content", "style")),
    midjourney=OPTIONS,
)


@given(REQUESTS)
def test_flags_written_are_flags_read(request: GenerationRequest) -> None:
    parsed = parse_flags(f"a cat {flags_of(request)}".strip())
    assert parsed.problems == ()
    assert parsed.words == "a cat"
    again, problems = with_flags(without_flags(request), parsed.flags)
    assert problems == ()
    assert flags_of(again) == flags_of(request)
    assert replace(again, midjourney=again.midjourney or MidjourneyOptions()) == request


@pytest.mark.parametrize(
    ("request_", "flags"),
    [
        (ASKED, ""),
        (replace(ASKED, aspect_ratio="16:9", quality="high"), "--ar 16:9 --quality high"),
        (
            replace(ASKED, reference_type="style", midjourney=MidjourneyOptions(stylize=300.0, raw=True, iw=1.5, sv=4)),
            "--ref style --stylize 300 --raw --iw 1.5 --sv 4",
        ),
        (replace(ASKED, midjourney=MidjourneyOptions(raw=False, sref="1 2")), '--raw false --sref "1 2"'),
        (replace(ASKED, midjourney=MidjourneyOptions(sref=LINK, stylize=0)), f"--stylize 0 --sref {LINK}"),
    ],
)
def test_flags_are_written_as_members_write_them(request_: GenerationRequest, flags: str) -> None:
    assert flags_of(request_) == flags
