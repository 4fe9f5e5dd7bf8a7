"""Gallery pictures as messages, whatever the gallery says of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.gallery import GalleryItem, GalleryPage, PromptSegment
from bot.ui.buttons import CUSTOM_ID, custom_id
from bot.ui.inspire import draw_item, draw_page
from bot.ui.messages import Action, Button, Message
from tests.unit.ui.make import labels, text_of

ID = "3100000000000000001"
URL = "https://images.meigen.ai/tweets/1/0.jpg"
UUID = "tweet_123e4567-e89b-12d3-a456-426614174000"

words = st.text(max_size=3000) | st.sampled_from(
    ["*" * 6000, "\n" * 3000, '{"a": "@everyone"}', "@everyone " * 600, "[x](https://evil.test)" * 90]
)
labels_of_parts = st.text(max_size=200)
items = st.builds(
    GalleryItem,
    st.sampled_from([ID, UUID, "x" * 61, "a\nb", ""]),
    words,
    st.sampled_from([None, True, False]),
    st.lists(st.builds(PromptSegment, labels_of_parts, words), max_size=6).map(tuple),
    st.lists(
        st.sampled_from([URL, "http://evil.test/a.jpg", URL + " b", URL + "x" * 2048])
        | st.integers(0, 30).map(lambda n: f"{URL}?{n}"),
        max_size=14,
    ).map(tuple),
    st.sampled_from([None, URL, "ftp://x"]),
    model_family=st.none() | words,
    sref=st.none() | words,
    created_at=st.none() | st.just(1_780_000_000.0),
    likes=st.none() | st.integers(0, 10**9),
    views=st.none() | st.integers(0, 10**9),
    author_username=st.none() | words,
    author_name=st.none() | words,
)


def buttons_of(message: Message) -> list[Button]:
    rows = [*message.rows, *(entry.row for entry in message.entries)]
    return [item for row in rows for item in row if isinstance(item, Button)]


def check_limits(message: Message) -> None:
    texts = [*message.texts, *(entry.text for entry in message.entries)]
    assert all(text.strip() for text in texts)
    assert sum(map(len, texts)) <= 4000
    pictures = [*message.gallery, *(entry.picture for entry in message.entries if entry.picture is not None)]
    assert len(message.gallery) <= 10
    assert all(picture.url.startswith("https://") and len(picture.url) <= 2048 for picture in pictures)
    assert all(len(picture.description) <= 1024 for picture in pictures)
    ids = [custom_id(button) for button in buttons_of(message)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(CUSTOM_ID, each) and len(each) <= 100 for each in ids)
    assert not re.search(r"@(?:everyone|here)", "\n".join(texts))


@given(items, st.sampled_from([None, 7]))
def test_any_picture_is_within_discords_limits(item: GalleryItem, shared_by_id: int | None) -> None:
    message = draw_item(item, shared_by_id=shared_by_id)
    check_limits(message)
    assert message.mention_user_id is None


@given(
    st.lists(items, max_size=5, unique_by=lambda item: item.id),
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=60),
    st.sampled_from([0, 1, 998, 999]),
    st.booleans(),
)
def test_any_page_is_within_discords_limits(
    found: list[GalleryItem],
    looked_for: str,
    number: int,
    has_more: bool,  # noqa: FBT001  made up by hypothesis
) -> None:
    message = draw_page(GalleryPage(looked_for, number, tuple(found), has_more))
    check_limits(message)
    # Components V2 counts every part: a section is three, a row of one button two.
    assert 1 + len(message.texts) + 5 * len(message.entries) + 3 * len(message.rows) <= 40


def test_what_is_not_told_is_left_out() -> None:
    message = draw_item(GalleryItem(ID))
    assert text_of(message) == "**By somebody unknown**\n*Its prompt is not known.*"
    assert labels(message) == ["Share"]


def test_an_author_of_one_name_is_named_once() -> None:
    assert "**By mira**\n" in text_of(draw_item(GalleryItem(ID, "a cat", author_username="mira")))
    assert "**By Mira M** (mira)" in text_of(draw_item(GalleryItem(ID, author_name="Mira M", author_username="mira")))


def test_an_unknown_family_is_named_as_it_is() -> None:
    assert "-# Dall \\*E" in text_of(draw_item(GalleryItem(ID, "a cat", model_family="Dall *E")))


def test_where_there_are_no_pictures_the_thumbnail_is_shown() -> None:
    (picture,) = draw_item(GalleryItem(ID, "a cat", thumbnail_url=URL)).gallery
    assert (picture.url, picture.description) == (URL, "a cat")


def test_pictures_beyond_ten_are_counted() -> None:
    many = tuple(f"{URL}?{n}" for n in range(12))
    message = draw_item(GalleryItem(ID, "a cat", media_urls=many))
    assert len(message.gallery) == 10
    assert "2 more pictures are not shown" in text_of(message)


@pytest.mark.parametrize(("characters", "is_cut"), [(2500, False), (2501, True)])
def test_a_long_prompt_is_said_to_be_cut(characters: int, is_cut: bool) -> None:  # noqa: FBT001  a parameter
    text = text_of(draw_item(GalleryItem(ID, "x" * characters)))
    assert ("The beginning of a prompt of" in text) is is_cut
    assert ("…" in text) is is_cut


def test_a_part_that_hardly_fits_is_not_begun() -> None:
    parts = (PromptSegment("one", "x" * 2470), PromptSegment("two", "y" * 100))
    text = text_of(draw_item(GalleryItem(ID, "z", segments=parts)))
    assert "y" not in text.partition("-#")[0].replace("By somebody", "")
    assert "The beginning of a prompt of 1 characters" in text


def test_an_id_that_no_button_can_carry_has_none() -> None:
    assert not draw_item(GalleryItem("x" * 61, "a cat")).rows


def test_the_buttons_of_a_picture_carry_its_id() -> None:
    ids = [custom_id(button) for button in buttons_of(draw_item(GalleryItem(UUID, "a cat")))]
    assert ids == [f"easel:{action}:0:1:{UUID}" for action in (Action.USE_PROMPT, Action.AS_IT_IS, Action.SHARE)]


@pytest.mark.parametrize(
    ("number", "has_more", "turning"),
    [(0, False, []), (0, True, ["Next"]), (3, True, ["Back", "Next"]), (3, False, ["Back"]), (999, True, ["Back"])],
)
def test_pages_turn_where_there_are_more(number: int, has_more: bool, turning: list[str]) -> None:  # noqa: FBT001  a parameter
    message = draw_page(GalleryPage("cat", number, (GalleryItem(ID, "a cat"),), has_more))
    assert labels(message) == turning
    assert all(
        custom_id(button).endswith(":cat") for row in message.rows for button in row if isinstance(button, Button)
    )


def test_empty_pages_say_so() -> None:
    assert "nothing for “c\\*t”" in text_of(draw_page(GalleryPage("c*t", 0, (), has_more=False)))
    after = draw_page(GalleryPage("cat", 2, (), has_more=False))
    assert "That was all" in text_of(after)
    assert labels(after) == ["Back"]
