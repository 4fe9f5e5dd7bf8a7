"""Gallery pictures as a beginning: what is looked up for what was typed, and what a prompt asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.domain.catalog import Catalog, Prices
from bot.domain.drafts import DraftView
from bot.domain.gallery import GalleryItem, GalleryPage, PromptSegment
from bot.domain.limits import House, Limits
from bot.domain.preferences import Usual
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import MidjourneyOptions
from bot.errors import NotFound, Refused, Unavailable
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.inspiration import Inspiration, request_of, within
from bot.services.intake import Intake, Offer
from bot.services.preferences import Preferences
from bot.services.signals import Signals
from bot.services.viewing import CardViews
from bot.store.store import Store, assemble
from tests.support.builders import MEMBER, account, model, origin
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer
from tests.support.keys import keyring_of

ID = "3100000000000000001"
P = ProblemCode
DRAWN = model(prompt_max_characters=4000)
JOURNEY = model(id="midjourney-v8.1", name="Midjourney V8.1", is_default=False, is_midjourney=True)
NIJI = model(id="midjourney-niji7", name="Niji 7", is_default=False, is_midjourney=True)
CATALOG = Catalog((DRAWN, JOURNEY, NIJI), 1.0)


class Upstream(FakeProvider):
    async def models(self) -> Sequence[Any]:
        return CATALOG.models


@dataclass
class FakeGallery:
    """Has what it was given."""

    items: dict[str, GalleryItem] = field(default_factory=dict)
    found: list[GalleryItem] = field(default_factory=list)
    asked: list[object] = field(default_factory=list)
    error: Exception | None = None

    async def image(self, image_id: str) -> GalleryItem:
        self.asked.append(image_id)
        if self.error is not None:
            raise self.error
        if image_id not in self.items:
            raise NotFound("404")
        return self.items[image_id]

    async def search(self, words: str, limit: int, offset: int) -> Sequence[GalleryItem]:
        self.asked.append((words, limit, offset))
        if self.error is not None:
            raise self.error
        return self.found[offset : offset + limit]


@dataclass(slots=True)
class Desk:
    inspiration: Inspiration
    gallery: FakeGallery
    store: Store
    driver: AtOnce


async def desk_of(confirm_above_credits: int = 100) -> Desk:
    clock, driver, gallery = HandClock(), AtOnce(), FakeGallery()
    house = House(Limits(confirm_above_credits=confirm_above_credits))
    store = await assemble(driver, clock, RotSealer(), "me", house)
    mine = account(await store.accounts.enter("meigen", "f"))
    catalogue = Catalogue([Upstream(clock)], store.asking, clock)
    await catalogue.refresh()
    keyring = keyring_of(store.keys, mine, clock=clock)
    views = CardViews(store.asking, store.guilds, catalogue, keyring.accounts, clock)
    drafting = Drafting(store.drafts, store.asking, store.guilds, catalogue, keyring)
    intake = Intake(store.door, store.asking, catalogue, views, store.guilds, keyring, Signals(), house, drafting)
    preferences = Preferences(store.members, catalogue)
    return Desk(Inspiration(gallery, catalogue, preferences, drafting, intake), gallery, store, driver)


@pytest.fixture
async def desk() -> Desk:
    return await desk_of()


async def refusal(asking: Any) -> Problem:
    with pytest.raises(Refused) as refused:
        await asking
    (problem,) = refused.value.problems
    assert isinstance(problem, Problem)
    return problem


# ---- looking


@pytest.mark.parametrize("what", [ID, f" {ID}\n", f"https://www.meigen.ai/prompt/{ID}", f"<meigen.ai/?id={ID}>"])
async def test_an_id_or_a_link_is_looked_up(desk: Desk, what: str) -> None:
    desk.gallery.items[ID] = GalleryItem(ID, "a cat")
    assert await desk.inspiration.ask(what) == GalleryItem(ID, "a cat")


async def test_anything_else_is_searched_for_one_page_at_a_time(desk: Desk) -> None:
    desk.gallery.found = [GalleryItem(f"{n}") for n in range(7)]
    first = await desk.inspiration.ask("  red\n  boat ")
    assert isinstance(first, GalleryPage)
    assert (first.words, first.number, [item.id for item in first.items], first.has_more) == (
        *("red boat", 0),
        ["0", "1", "2", "3", "4"],
        True,
    )
    second = await desk.inspiration.page(first.words, 1)
    assert ([item.id for item in second.items], second.has_more) == (["5", "6"], False)
    assert desk.gallery.asked == [("red boat", 6, 0), ("red boat", 6, 5)]


async def test_exactly_one_page_has_no_next(desk: Desk) -> None:
    desk.gallery.found = [GalleryItem(f"{n}") for n in range(5)]
    assert not (await desk.inspiration.page("boat", 0)).has_more


async def test_what_comes_twice_is_shown_once(desk: Desk) -> None:
    desk.gallery.found = [GalleryItem("1", "a"), GalleryItem("2"), GalleryItem("1", "b")]
    page = await desk.inspiration.page("boat", 0)
    assert [item.id for item in page.items] == ["1", "2"]


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("", P.GALLERY_WORDS_MISSING),
        (" \u200b\x00 ", P.GALLERY_WORDS_MISSING),
        ("https://example.com/cat.png", P.GALLERY_LINK_STRANGE),
        ("https://www.meigen.ai/prompt/cat", P.GALLERY_LINK_STRANGE),
    ],
)
async def test_what_names_nothing_is_refused_without_asking(desk: Desk, what: str, code: ProblemCode) -> None:
    assert (await refusal(desk.inspiration.ask(what))).code is code
    assert not desk.gallery.asked


async def test_why_nothing_came(desk: Desk) -> None:
    assert await refusal(desk.inspiration.ask(ID)) == Problem(P.GALLERY_UNKNOWN, ID)
    desk.gallery.error = Unavailable("502")
    assert (await refusal(desk.inspiration.ask(ID))).code is P.GALLERY_DOWN
    assert (await refusal(desk.inspiration.ask("boat"))).code is P.SEARCH_DOWN


@pytest.mark.parametrize(
    ("words", "kept"),
    [("a b", "a b"), ("aaaa bbbb", "aaaa"), ("aaaaa b", "aaaaa"), ("aaaaaaaa", "aaaaa"), ("ab cdefg", "ab")],
)
def test_whole_words_are_kept_where_there_are_any(words: str, kept: str) -> None:
    assert within(words, 5) == kept


# ---- prompts


def test_words_go_as_they_are_with_what_is_usual() -> None:
    item = GalleryItem(ID, "a cat --ar 16:9 https://x.y/z", model_family="nanobanana", sref="77")
    request = request_of(item, Usual(image_model="swift-1", aspect_ratio="1:1"), CATALOG)
    assert (request.prompt, request.model_id, request.aspect_ratio, request.midjourney) == (
        *(item.prompt, "swift-1", "1:1"),
        None,
    )
    assert request_of(item, Usual(), CATALOG).model_id is None


def test_midjourneys_keep_their_style_and_their_flags_become_choices() -> None:
    item = GalleryItem(ID, "a cat --ar 16:9 --stylize 300", model_family="midjourney", sref="77")
    request = request_of(item, Usual(image_model="swift-1"), CATALOG)
    assert (request.prompt, request.model_id, request.aspect_ratio) == ("a cat", "midjourney-v8.1", "16:9")
    assert request.midjourney == MidjourneyOptions(stylize=300, sref="77")


def test_the_members_own_midjourney_goes_first() -> None:
    item = GalleryItem(ID, "a cat", model_family="midjourney")
    assert request_of(item, Usual(image_model="midjourney-niji7"), CATALOG).model_id == "midjourney-niji7"


def test_a_style_in_the_words_is_not_overruled() -> None:
    item = GalleryItem(ID, "a cat --sref 5", model_family="midjourney", sref="77")
    assert request_of(item, Usual(), CATALOG).midjourney == MidjourneyOptions(sref="5")


@pytest.mark.parametrize("prompt", ["a cat --v 6.1 --ar 16:9", "--ar 16:9", '{"a": "--ar 16:9"}'])
def test_words_with_flags_that_nobody_knows_stay_whole(prompt: str) -> None:
    request = request_of(GalleryItem(ID, prompt, model_family="midjourney", sref="77"), Usual(), CATALOG)
    assert (request.prompt, request.aspect_ratio, request.midjourney) == (prompt, None, MidjourneyOptions(sref="77"))


def test_without_a_midjourney_at_hand_the_words_alone_are_taken() -> None:
    item = GalleryItem(ID, "a cat", model_family="midjourney", sref="77")
    request = request_of(item, Usual(), Catalog((DRAWN,), 1.0))
    assert (request.prompt, request.model_id, request.midjourney) == ("a cat", None, None)


async def test_a_draft_holds_the_whole_prompt(desk: Desk) -> None:
    view = await desk.inspiration.begin(GalleryItem(ID, "x" * 16_000), origin())
    kept = await desk.store.drafts.read(view.draft.id)
    assert kept is not None
    assert kept.request.prompt == "x" * 16_000
    assert kept.user_id == MEMBER
    assert [problem.code for problem in view.problems] == [P.PROMPT_TOO_LONG]


async def test_segments_alone_are_a_prompt_too(desk: Desk) -> None:
    item = GalleryItem(ID, "", segments=(PromptSegment("subject", "a cat"), PromptSegment("", "at night")))
    assert (await desk.inspiration.begin(item, origin())).draft.request.prompt == "a cat\nat night"


async def test_a_start_is_checked_as_any_other(desk: Desk) -> None:
    assert await refusal(desk.inspiration.start(GalleryItem(ID, "x" * 4001), origin())) == Problem(
        P.PROMPT_TOO_LONG, "4001", limit=4000, model_name="Swift One"
    )
    assert (await refusal(desk.inspiration.start(GalleryItem(ID, "a cat"), origin(guild_id=None)))).code is (
        P.DIRECT_MESSAGES_OFF
    )
    assert not desk.driver.rows("SELECT id FROM jobs")


async def test_pressed_twice_by_one_member_makes_one(desk: Desk) -> None:
    item = GalleryItem(ID, "a cat")
    assert isinstance(await desk.inspiration.start(item, origin()), Offer)
    assert (await refusal(desk.inspiration.start(item, origin()))).code is P.ALREADY_PRESSED
    assert isinstance(await desk.inspiration.start(item, origin(user_id=8)), Offer)


async def test_what_is_dear_is_confirmed_first() -> None:
    desk = await desk_of(confirm_above_credits=4)
    assert DRAWN.prices == Prices(per_generation=5)
    assert isinstance(await desk.inspiration.start(GalleryItem(ID, "a cat"), origin()), DraftView)
    assert not desk.driver.rows("SELECT id FROM jobs")


@pytest.mark.parametrize("item", [GalleryItem(ID, "a cat", is_prompt_ready=False), GalleryItem(ID, " ")])
async def test_what_is_no_prompt_is_not_used(desk: Desk, item: GalleryItem) -> None:
    """Its card may be older than that."""
    assert (await refusal(desk.inspiration.begin(item, origin()))).code is P.GALLERY_PROMPT_MISSING
    assert (await refusal(desk.inspiration.start(item, origin()))).code is P.GALLERY_PROMPT_MISSING


async def test_a_store_that_fails_is_said_to(desk: Desk) -> None:
    desk.driver.is_down = True
    assert (await refusal(desk.inspiration.begin(GalleryItem(ID, "a cat"), origin()))).code is P.STORE_FAILING
