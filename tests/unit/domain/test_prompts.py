from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.prompts import split_links


@pytest.mark.parametrize(
    ("prompt", "links", "rest"),
    [
        ("a cat", (), "a cat"),
        ("  a cat\n", (), "  a cat\n"),
        ("https://a.b/c.png a cat", ("https://a.b/c.png",), "a cat"),
        ("https://a.b/c.png", ("https://a.b/c.png",), ""),
        ("<https://a.b/c.png> a cat", ("https://a.b/c.png",), "a cat"),
        ("https://a.b/1.png, https://a.b/2.png\na cat", ("https://a.b/1.png", "https://a.b/2.png"), "a cat"),
        ("http://a.b/c.png a cat", ("http://a.b/c.png",), "a cat"),
        ("HTTPS://A.B/c.png a cat", ("HTTPS://A.B/c.png",), "a cat"),
        ("https://a.b/c?x=1,2&y=(3) a cat", ("https://a.b/c?x=1,2&y=(3)",), "a cat"),
        ("a cat like https://a.b/c.png", (), "a cat like https://a.b/c.png"),
        ("https:// a cat", (), "https:// a cat"),
        ("ftp://a.b/c.png a cat", (), "ftp://a.b/c.png a cat"),
        ("https://a.b/c.png a cat\n\nhttps://d.e", ("https://a.b/c.png",), "a cat\n\nhttps://d.e"),
    ],
)
def test_split_links(prompt: str, links: tuple[str, ...], rest: str) -> None:
    assert split_links(prompt) == (links, rest)


@given(st.text())
def test_a_prompt_without_links_is_left_as_it_is(prompt: str) -> None:
    assert split_links("a" + prompt) == ((), "a" + prompt)


@given(st.lists(st.sampled_from(["https://a.b/c", "<http://d.e>", "https://f.g,", "cat", "\n"])).map(" ".join))
def test_no_word_is_lost(prompt: str) -> None:
    links, rest = split_links(prompt)
    assert prompt.endswith(rest)
    assert prompt.count("://") == len(links) + rest.count("://")
