"""Gallery prompts for reading, and gallery pictures as members name them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.gallery import PromptSegment, gallery_id, readable_prompt

ID = "2009629483448627597"
COMMUNITY_ID = "community_bff614f4-70a7-4a67-be1e-724bb546fb02"
PROMPTS = Path("../shared/data/gallery-prompts.json")


def lines(text: str, *segments: PromptSegment) -> list[str]:
    prompt = readable_prompt(text, segments)
    assert prompt.sendable == text
    return [str(segment) for segment in prompt.segments]


# ---------------------------------------------------------------- ids


@pytest.mark.parametrize(
    "typed",
    [
        ID,
        f"  {ID}\n",
        f"https://www.meigen.ai/prompt/{ID}",
        f"https://meigen.ai/prompt/{ID}/",
        f"<https://www.meigen.ai/prompt/{ID}?utm_source=x#top>",
        f"www.meigen.ai/prompt/{ID}",
        f"HTTPS://WWW.MEIGEN.AI/prompt/{ID}",
        f"https://www.meigen.ai/zh/prompt/{ID}/some-title",
        f"https://www.meigen.ai/?prompt={ID}",
        f"https://www.meigen.ai/api/images/{ID}",
        f"https://images.meigen.ai/tweets/{ID}/0.jpg",
        f"https://images.meigen.art/{ID}.jpg",
        f"http://meigen.ai/prompt/1111111111111111111/{ID}",
    ],
)
def test_an_id_is_found(typed: str) -> None:
    assert gallery_id(typed) == ID


def test_the_ids_of_community_pictures_are_found_too() -> None:
    assert gallery_id(COMMUNITY_ID) == gallery_id(f"https://meigen.ai/prompt/{COMMUNITY_ID}") == COMMUNITY_ID


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "red fox",
        "2024",
        "fox 2009629483448627597",
        "https://www.meigen.ai/",
        "https://www.meigen.ai/prompt/fox",
        f"https://x.com/creator/status/{ID}",
        f"https://evilmeigen.ai/prompt/{ID}",
        f"https://meigen.ai.example/prompt/{ID}",
        f"https://example.com/?next=www.meigen.ai/prompt/{ID}",
        f"ftp://www.meigen.ai/prompt/{ID}",
        f"https://[www.meigen.ai/prompt/{ID}",
        "://",
    ],
)
def test_neither_an_id_nor_a_link_with_one(typed: str) -> None:
    assert gallery_id(typed) is None


@given(st.text() | st.text().map("https://www.meigen.ai/{}".format))
@example("//[")
@example("https://www.meigen.ai:port/")
def test_whatever_is_typed_is_an_id_or_none(typed: str) -> None:
    found = gallery_id(typed)
    assert found is None or found in typed


# ---------------------------------------------------------------- prompts


def test_a_plain_prompt_is_read_line_by_line() -> None:
    assert lines("A garden.\n\n  Wide shot.  \r\n") == ["A garden.", "Wide shot."]


def test_segments_come_before_the_text() -> None:
    parts = (PromptSegment(" subject ", " a cliff\n"), PromptSegment("empty", " "), PromptSegment("", "film grain"))
    assert lines("A cliff. Film grain.", *parts) == ["subject: a cliff", "film grain"]
    assert lines("A cliff.", PromptSegment("empty", "")) == ["A cliff."]


def test_segments_alone_are_what_is_sent() -> None:
    parts = (PromptSegment("subject", "a cliff"), PromptSegment("", "film grain"))
    assert readable_prompt(" ", parts).sendable == "a cliff\nfilm grain"


def test_a_json_prompt_is_read_leaf_by_leaf() -> None:
    text = json.dumps(
        {
            "scene": "a harbour",
            "camera_settings": {"focal_length": 35, "aperture": 1.80, "is_steady": True, "flash": None},
            "style": {"palette": ["indigo", "amber"], "notes": "soft\n  light", "none": [], "blank": ""},
            "layers": [{"name": "sky", "items": ["moon"]}, "sea"],
        }
    )
    assert lines(text) == [
        "Scene: a harbour",
        "Camera settings / Focal length: 35",
        "Camera settings / Aperture: 1.8",
        "Camera settings / Is steady: yes",
        "Style / Palette: indigo, amber",
        "Style / Notes: soft light",
        "Layers 1 / Name: sky",
        "Layers 1 / Items: moon",
        "Layers 2: sea",
    ]


def test_only_the_two_nearest_names_are_told() -> None:
    assert lines('{"request": {"subject": {"hair": {"color": "red"}}}}') == ["Hair / Color: red"]


def test_a_list_of_prompts_is_numbered() -> None:
    assert lines('[{"prompt": "a"}, {"prompt": "b"}]') == ["1 / Prompt: a", "2 / Prompt: b"]


@pytest.mark.parametrize(
    "text", ['```json\n{"a": "x"}\n```', '\n{\n\xa0 \xa0"a": "x"\n}', '{"a": "x"', '{"a": "x"} --ar 3:4']
)
def test_json_as_people_paste_it(text: str) -> None:
    expected = {'{"a": "x"': ['{"a": "x"'], '{"a": "x"} --ar 3:4': ["A: x", "--ar 3:4"]}
    assert lines(text) == expected.get(text, ["A: x"])


@pytest.mark.parametrize("text", ["[BRAND] on a shelf", "4 cats", '["a", "b"] in a row', "[2024]", '"quoted"', "true"])
def test_what_only_looks_like_json_is_plain(text: str) -> None:
    assert lines(text) == [text]


@pytest.mark.parametrize("text", ["[" * 16_000, '{"a":' * 16_000, '{"a":' * 400 + "1" + "}" * 400, '{"a": 1e999}'])
def test_odd_json_is_read_or_shown_as_it_is(text: str) -> None:
    assert lines(text)


def test_an_empty_prompt_has_nothing_to_read() -> None:
    assert lines("") == lines("{}") == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.text() | JSON.map(json.dumps))
def test_any_prompt_is_readable_and_sent_as_it_was(text: str) -> None:
    prompt = readable_prompt(text)
    assert all(segment.text for segment in prompt.segments)
    assert prompt.sendable == text or not text.strip()


@pytest.mark.skipif(not PROMPTS.exists(), reason="the collected prompts are not at hand")
def test_prompts_of_the_gallery_are_readable() -> None:
    items = json.loads(PROMPTS.read_text(encoding="utf-8"))
    structured = 0
    for item in items:
        told = lines(item["prompt"])
        structured += item["prompt"].startswith("{") and not told[0].startswith("{")
        assert told
        assert gallery_id(item["image"]) == item["id"]
    assert structured > 150
