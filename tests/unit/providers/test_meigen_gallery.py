"""What the gallery's search answers, read as far as it can be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SystemClock
from bot.domain.gallery import PromptSegment
from bot.errors import Unavailable
from bot.net import Net
from bot.ports import GalleryItem
from bot.providers.meigen import Meigen
from bot.providers.meigen.gallery import read_search
from sandbox.meigen import SandboxMeigen
from tests.unit.providers.samples import JSON, NOW, answer

POST = {
    "id": "2009629483448627597",
    "text": "A serene Japanese garden",
    "thumbnail_url": "https://images.meigen.ai/tweets/2009629483448627597/0.jpg",
    "media_urls": ["https://images.meigen.ai/tweets/2009629483448627597/0.jpg"],
    "author_username": "creator",
    "author_display_name": "Creator Name",
    "likes": 113,
    "views": 9266,
    "model": "midjourney",
    "prompt_ready": True,
    "image_width": 1650,
    "image_height": 2048,
    "rank": 1,
}


def test_a_result_of_the_search() -> None:
    assert read_search(answer(200, {"success": True, "data": [POST]}), NOW) == (
        GalleryItem(
            id="2009629483448627597",
            prompt="A serene Japanese garden",
            is_prompt_ready=True,
            media_urls=("https://images.meigen.ai/tweets/2009629483448627597/0.jpg",),
            thumbnail_url="https://images.meigen.ai/tweets/2009629483448627597/0.jpg",
            width=1650,
            height=2048,
            model_family="midjourney",
            likes=113,
            views=9266,
            author_username="creator",
            author_name="Creator Name",
        ),
    )


def test_nothing_found_is_no_failure() -> None:
    assert read_search(answer(200, {"success": True, "data": []}), NOW) == ()


def test_entries_that_cannot_be_read_are_left_out_and_odd_fields_count_as_absent() -> None:
    odd = {"id": 5, "text": 7, "likes": "many", "media_urls": ["javascript:x", "https://a.test/b.png"], "model": ""}
    found = read_search(answer(200, {"data": [None, "x", {}, {"id": ""}, odd, POST]}), NOW)
    assert [item.id for item in found] == ["5", "2009629483448627597"]
    assert found[0] == GalleryItem("5", media_urls=("https://a.test/b.png",))


@given(JSON | st.fixed_dictionaries({"data": st.lists(st.dictionaries(st.sampled_from(list(POST)), JSON), max_size=3)}))
def test_any_answer_is_read_or_unavailable(body: object) -> None:
    try:
        found = read_search(answer(200, body), NOW)
    except Unavailable:
        return
    assert all(item.id for item in found)


async def test_the_stand_in_is_searched_and_asked() -> None:
    async with SandboxMeigen() as upstream, Net() as net:
        meigen = Meigen(net, SystemClock(), upstream.base_url)
        (found,) = await meigen.search("lighthouse cliff", 5, 0)
        assert found.segments == ()
        item = await meigen.image(found.id)
        assert item.segments[0] == PromptSegment("subject", "A lighthouse on a cliff")
        assert (item.sref, item.likes, item.author_name) == ("2304871", found.likes, found.author_name)
        page = await meigen.search("", 3, 2)
        assert (len(page), page[0]) == (3, found)
