from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.markdown import escape, escape_within, link, one_line, plain, prompt_block, shorten, timestamp

NASTY = st.text(alphabet=st.sampled_from("ab1 \n\t#>-*_~`|[]()<>@:/\\.\u202e\u200b\ud800é猫🐈\u200d"), max_size=300)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a cat", "a cat"),
        ("**bold** _it_ ~~no~~ ||secret||", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \|\|secret\|\|"),
        (
            "# big\n-# small\n- item\n+ item\n1. one\n2) two",
            "\\# big\n\\-# small\n\\- item\n\\+ item\n1\\. one\n2\\) two",
        ),
        ("> quote\n>>> all", "\\> quote\n\\>\\>\\> all"),
        ("```py\nx```", "\\`\\`\\`py\nx\\`\\`\\`"),
        ("[a](https://x.y)", r"\[a\](https\://x.y)"),
        ("<@123> <#4> <t:5:R>", "\\<@\u200b123\\> \\<#4\\> \\<t\\:5:R\\>"),
        ("@everyone @here", "@\u200beveryone @\u200bhere"),
        (":smile: 16:9 a: b", r"\:smile: 16:9 a: b"),
        ("C:\\d", "C:\\\\d"),
        ("left\u202eright\u2066\u200e", "leftright"),
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("👩\u200d🚀 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",) * 2,
        ("a\r\nb\rc\td\0", "a\nb\nc d"),
        ("\ud800x", "x"),
    ],
)
def test_escape(typed: str, shown: str) -> None:
    assert escape(typed) == shown


@given(NASTY)
def test_unescaping_gives_back_what_was_typed(typed: str) -> None:
    shown = escape(typed)
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown.replace("@\u200b", "@")) == plain(typed)


@given(NASTY)
def test_no_mention_survives(typed: str) -> None:
    assert not re.search(r"@(everyone|here|[!&]?\d)", escape(typed))
    escape(typed).encode()


@given(NASTY, st.integers(10, 200))
def test_lengths_are_kept(typed: str, limit: int) -> None:
    assert len(escape_within(typed, limit)) <= limit
    assert len(shorten(typed, limit)) <= limit
    line = one_line(typed, limit)
    assert len(line) <= limit
    assert "\n" not in line


@given(NASTY, st.integers(50, 400))
def test_a_prompt_is_never_empty_nor_too_long(typed: str, limit: int) -> None:
    assert 0 < len(prompt_block(typed, limit)) <= limit


def test_cutting_does_not_cut_more_than_it_must() -> None:
    assert len(escape_within("*" * 5000, 100)) >= 98
    assert escape_within("a" * 5000, 100) == "a" * 99 + "…"


def test_many_lines_do_not_make_a_tall_card() -> None:
    assert prompt_block("\n".join("abcdef"), 1000, max_lines=3) == "a\nb\nc\n…"
    assert prompt_block("a\n \n\n\n\nb", 1000) == "a\n\nb"


def test_a_json_prompt_is_laid_out() -> None:
    block = prompt_block('{"subject": "猫", "tags": ["a ``` b", "@everyone"]}', 1000)
    assert block == '```json\n{\n "subject": "猫",\n "tags": [\n  "a \'\'\' b",\n  "@\u200beveryone"\n ]\n}\n```'


def test_a_long_json_prompt_keeps_its_fence() -> None:
    block = prompt_block('{"a": "' + "x" * 5000 + '"}', 300)
    assert len(block) <= 300
    assert block.endswith("…\n```")


@pytest.mark.parametrize("prompt", ["{not json", "[" * 6000, "{" + '"a":{' * 3000, "[" + "9" * 5000 + "]"])
def test_what_only_looks_like_json_is_words(prompt: str) -> None:
    assert not prompt_block(prompt, 1000).startswith("```")


@pytest.mark.parametrize("prompt", ["", "  \n ", "\u202e\u200b"])
def test_a_prompt_that_cannot_be_seen(prompt: str) -> None:
    assert prompt_block(prompt, 100) == "…"


def test_a_link_cannot_be_ended_early() -> None:
    assert link("Picture", "https://x.y/a b(c)>?d=\\e\n") == "[Picture](<https://x.y/a%20b%28c%29%3E?d=%5Ce%0A>)"


def test_timestamps_are_whole_seconds() -> None:
    assert timestamp(1.6) == "<t:2:R>"
