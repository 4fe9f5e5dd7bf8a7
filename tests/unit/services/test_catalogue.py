"""The catalogue: fresh while upstreams answer, at hand while they do not, narrowed as members type."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Catalog, Medium, Model, Prices, Skill, Timing
from bot.domain.requests import GenerationRequest
from bot.errors import StoreDown, Unavailable
from bot.ports import Accepted, DocumentStore, Generation, KeyCheck, Provider
from bot.services.catalogue import Catalogue

IMAGE, VIDEO = Medium.IMAGE, Medium.VIDEO

GPT = Model(
    "meigen",
    "gpt-image-2",
    "GPT Image 2.0",
    "OpenAI",
    IMAGE,
    ratios=("1:1", "16:9"),
    resolutions=("1K", "2K", "4K"),
    qualities=("low", "high"),
    prices=Prices(by_resolution={"1K": {"low": 2}}, minimum_seconds={4: 7}, per_call={"fast": {4: 80}}),
    timing=Timing(45, 60),
    is_default=True,
)
SEEDREAM = Model(
    "meigen", "seedream-4.5", "Seedream 4.5", "ByteDance", IMAGE, ratios=("1:1", "21:9"), resolutions=("4K", "2K")
)
FLUX = Model("meigen", "flux2-klein", "Flux 2 Klein", "Black Forest Labs", IMAGE, ratios=("4:3",))
MIDJOURNEY = Model(
    "meigen",
    "midjourney-v8.1",
    "Midjourney V8.1",
    "Midjourney",
    IMAGE,
    former_ids=("midjourney-v7",),
    is_midjourney=True,
)
SEEDANCE = Model(
    "meigen",
    "seedance-2-0",
    "Seedance 2.0",
    "ByteDance",
    VIDEO,
    ratios=("adaptive", "16:9"),
    resolutions=("1080p", "480p", "720p"),
    tier_resolutions={"fast": ("480p",)},
)
ODD = Model("meigen", "sound-1", "Sound", "X", None)
ALL = (SEEDREAM, FLUX, GPT, MIDJOURNEY, SEEDANCE, ODD)


class HandClock:
    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at


class Upstream:
    """Tells `models`; is down where they are None."""

    skills = frozenset({Skill.VIDEOS})
    key_prefix = ""

    def __init__(self, models: Sequence[Model] | None, name: str = "meigen") -> None:
        self.name = name
        self.told = models
        self.asked = 0
        self.on_ask: Callable[[], None] = lambda: None

    async def models(self) -> Sequence[Model]:
        self.asked += 1
        self.on_ask()
        if self.told is None:
            raise Unavailable("down")
        return self.told

    async def submit(self, request: GenerationRequest, model: Model | None, key: str) -> Accepted:
        raise AssertionError("a catalogue spends nothing")

    async def look(self, generation_id: str, key: str) -> Generation:
        raise AssertionError("a catalogue looks at nothing")

    async def check_key(self, key: str) -> KeyCheck:
        raise AssertionError("a catalogue needs no key")


class Shelf:
    """Documents in memory; fails where `is_down`."""

    def __init__(self) -> None:
        self.documents: dict[str, tuple[str, float]] = {}
        self.is_down = False

    async def load(self, key: str) -> tuple[str, float] | None:
        if self.is_down:
            raise StoreDown("disk")
        return self.documents.get(key)

    async def save(self, key: str, text: str, at: float) -> None:
        if self.is_down:
            raise StoreDown("disk")
        self.documents[key] = (text, at)


def catalogue(*upstreams: Provider, cache: DocumentStore | None = None, clock: HandClock | None = None) -> Catalogue:
    return Catalogue(upstreams, cache or Shelf(), clock or HandClock())


async def known() -> Catalogue:
    made = catalogue(Upstream(ALL))
    assert await made.refresh()
    return made


# ---------------------------------------------------------------- fresh, or at hand


async def test_empty_until_told() -> None:
    made = catalogue(Upstream(ALL))
    assert (made.current.models, made.current.fetched_at) == ((), None)
    await made.refresh()
    assert (made.current.models, made.current.fetched_at) == (ALL, 1000.0)


async def test_a_provider_whose_code_fails_keeps_what_it_told() -> None:
    """The process would end with it."""

    def fail() -> None:
        raise ZeroDivisionError("a bug")

    upstream = Upstream(ALL)
    known = catalogue(upstream)
    assert await known.refresh()
    upstream.on_ask = fail
    assert not await known.refresh()
    assert known.current.models == ALL


async def test_what_was_known_stays_while_an_upstream_is_down() -> None:
    upstream, clock = Upstream(ALL), HandClock()
    made = catalogue(upstream, clock=clock)
    await made.refresh()
    upstream.told, clock.at = None, 5000.0
    assert not await made.refresh()
    assert (made.current.models, made.current.fetched_at) == (ALL, 1000.0)


async def test_one_upstream_down_does_not_hide_the_other() -> None:
    other = replace(FLUX, provider="meshy", id="nano-banana")
    meigen, meshy = Upstream(ALL), Upstream([other], "meshy")
    made = catalogue(meigen, meshy)
    await made.refresh()
    meigen.told, meshy.told = (GPT,), None
    assert not await made.refresh()
    assert made.current.models == (GPT, other)


async def test_the_last_one_told_outlives_the_process() -> None:
    shelf = Shelf()
    await catalogue(Upstream(ALL), cache=shelf).refresh()
    reborn = catalogue(Upstream(None), cache=shelf)
    await reborn.restore()
    assert (reborn.current.models, reborn.current.fetched_at) == (ALL, 1000.0)
    assert not await reborn.refresh()
    assert reborn.current.models == ALL


async def test_what_is_restored_never_replaces_what_was_told() -> None:
    shelf = Shelf()
    await catalogue(Upstream(ALL), cache=shelf).refresh()
    older = dict(shelf.documents)
    made = catalogue(Upstream([GPT]), cache=shelf)
    await made.refresh()
    shelf.documents = older
    await made.restore()
    assert made.current.models == (GPT,)


@pytest.mark.parametrize("text", ["", "{", "[]]", "{}", '[{"id": 1}]', "null"])
async def test_a_damaged_document_is_no_catalogue(text: str) -> None:
    shelf = Shelf()
    shelf.documents["catalogue:meigen"] = (text, 1.0)
    made = catalogue(Upstream(None), cache=shelf)
    await made.restore()
    assert made.current.models == ()


async def test_a_failing_store_costs_only_the_keeping() -> None:
    shelf = Shelf()
    shelf.is_down = True
    made = catalogue(Upstream(ALL), cache=shelf)
    await made.restore()
    assert await made.refresh()
    assert made.current.models == ALL


async def test_runs_until_stopped_and_restores_first() -> None:
    shelf, stop = Shelf(), asyncio.Event()
    await catalogue(Upstream(ALL), cache=shelf).refresh()
    upstream = Upstream(None)
    made = catalogue(upstream, cache=shelf)
    seen: list[tuple[Model, ...]] = []

    def look_and_stop() -> None:
        seen.append(made.current.models)
        stop.set()

    upstream.on_ask = look_and_stop
    async with asyncio.timeout(5):
        await made.run(stop, stop)
    assert (seen, upstream.asked) == ([ALL], 1)


async def test_does_not_ask_again_before_its_time() -> None:
    upstream, stop, asked = Upstream(ALL), asyncio.Event(), asyncio.Event()
    upstream.on_ask = asked.set
    running = asyncio.create_task(catalogue(upstream).run(stop, stop))
    await asked.wait()
    for _ in range(100):
        await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(5):
        await running
    assert upstream.asked == 1


# ---------------------------------------------------------------- names


async def test_old_names_lead_to_the_new_model() -> None:
    made = await known()
    assert made.current.find("Midjourney-V7") == MIDJOURNEY
    assert made.current.find("midjourney v8.1") == MIDJOURNEY


async def test_an_old_name_that_is_still_listed_is_its_own_model() -> None:
    old = replace(FLUX, id="midjourney-v7")
    made = catalogue(Upstream([MIDJOURNEY, old]))
    await made.refresh()
    assert made.current.find("midjourney-v7") == old


# ---------------------------------------------------------------- as members type


@pytest.mark.parametrize(
    ("text", "medium", "found"),
    [
        ("", IMAGE, (GPT, SEEDREAM, FLUX, MIDJOURNEY)),
        ("", VIDEO, (SEEDANCE,)),
        ("seed", IMAGE, (SEEDREAM,)),
        ("SEED", VIDEO, (SEEDANCE,)),
        (" flux ", IMAGE, (FLUX,)),
        ("klein", IMAGE, (FLUX,)),
        ("byted", IMAGE, (SEEDREAM,)),
        ("openai", IMAGE, (GPT,)),
        ("m", IMAGE, (GPT, MIDJOURNEY, SEEDREAM)),
        ("midjourney-v7", IMAGE, (MIDJOURNEY,)),
        ("sound", IMAGE, ()),
        ("no such", IMAGE, ()),
    ],
)
async def test_models_matching(text: str, medium: Medium, found: tuple[Model, ...]) -> None:
    assert (await known()).models_matching(text, medium) == found


async def test_no_more_than_discord_shows() -> None:
    many = [replace(FLUX, id=f"m-{n}", name=f"M {n}", ratios=tuple(f"{n}:{m}" for m in range(9))) for n in range(60)]
    made = catalogue(Upstream(many))
    await made.refresh()
    assert len(made.models_matching("", IMAGE)) == 25
    assert len(made.models_matching("", IMAGE, limit=3)) == 3
    assert len(made.ratios_for(None)) == 25


@pytest.mark.parametrize(
    ("name", "text", "medium", "ratios"),
    [
        ("gpt-image-2", "", IMAGE, ("auto", "1:1", "16:9")),
        ("GPT Image 2.0", "16", IMAGE, ("16:9",)),
        ("gpt-image-2", "A", IMAGE, ("auto",)),
        ("gpt-image-2", "9:99", IMAGE, ()),
        (None, "", IMAGE, ("auto", "1:1", "21:9", "4:3", "16:9")),
        ("", "", IMAGE, ("auto", "1:1", "21:9", "4:3", "16:9")),
        ("no such", "1:", IMAGE, ("1:1", "21:9")),
        (None, "", VIDEO, ("auto", "adaptive", "16:9")),
        ("midjourney-v7", "", IMAGE, ("auto",)),
    ],
)
async def test_ratios(name: str | None, text: str, medium: Medium, ratios: tuple[str, ...]) -> None:
    assert (await known()).ratios_for(name, text, medium) == ratios


@pytest.mark.parametrize(
    ("name", "text", "medium", "resolutions"),
    [
        ("seedream-4.5", "", IMAGE, ("2K", "4K")),
        ("seedream-4.5", "4k", IMAGE, ("4K",)),
        ("flux2-klein", "", IMAGE, ()),
        (None, "", IMAGE, ("1K", "2K", "4K")),
        (None, "", VIDEO, ("480p", "720p", "1080p")),
    ],
)
async def test_resolutions(name: str | None, text: str, medium: Medium, resolutions: tuple[str, ...]) -> None:
    assert (await known()).resolutions_for(name, text, medium) == resolutions


@pytest.mark.parametrize(
    ("name", "text", "qualities"),
    [
        ("gpt-image-2", "", ("low", "high")),
        ("gpt-image-2", "h", ("high",)),
        ("flux2-klein", "", ()),
        (None, "", ("low", "high")),
    ],
)
async def test_qualities(name: str | None, text: str, qualities: tuple[str, ...]) -> None:
    assert (await known()).qualities_for(name, text) == qualities


async def test_nothing_is_offered_before_anything_is_known() -> None:
    made = catalogue(Upstream(None))
    assert made.models_matching("", IMAGE) == ()
    assert made.ratios_for(None) == ("auto",)
    assert made.resolutions_for("x") == made.qualities_for("x") == ()


@given(st.text(), st.text())
async def test_whatever_is_typed_is_answered(name: str, text: str) -> None:
    made = await known()
    made.models_matching(text, IMAGE)
    made.ratios_for(name, text)
    made.resolutions_for(name, text)
    made.qualities_for(name, text)


@given(st.lists(st.text(max_size=5), max_size=4))
async def test_odd_resolutions_are_sorted_too(resolutions: list[str]) -> None:
    made = catalogue(Upstream([replace(GPT, resolutions=tuple(resolutions))]))
    await made.refresh()
    assert set(made.resolutions_for(None)) == set(resolutions)


# ---- two upstreams

POSED = Model(
    "meshy", "meshy/nano-banana", "Nano Banana at Meshy", "Google", IMAGE, poses=("a-pose", "t-pose"), is_default=True
)


def test_the_first_upstream_chooses_the_default() -> None:
    assert Catalog((GPT, POSED)).default(IMAGE) == GPT
    # Where it names none, another one's is not what it would take.
    assert Catalog((FLUX, POSED)).default(IMAGE) is None
    assert Catalog((POSED,)).default(IMAGE) == POSED


async def test_poses_are_those_of_the_model_chosen() -> None:
    both = catalogue(Upstream([GPT]), Upstream([POSED], "meshy"))
    await both.refresh()
    assert both.poses_for(None) == both.poses_for(POSED.id) == ("a-pose", "t-pose")
    assert both.poses_for(POSED.id, "t-") == ("t-pose",)
    assert both.poses_for(GPT.id) == ()


async def test_who_did_not_tell_is_known() -> None:
    down = Upstream(None, "meshy")
    both = catalogue(Upstream([GPT]), down)
    await both.refresh()
    assert both.silent == {"meshy"}


class KeysOf:
    """A key for each of `at_hand`; guild 7 has only the operator's, those of MeiGen."""

    def __init__(self, *at_hand: str) -> None:
        self.at_hand = set(at_hand)

    def providers_for(self, guild_id: int | None) -> set[str]:
        return self.at_hand & {"meigen"} if guild_id == 7 else self.at_hand


async def test_an_upstream_without_a_key_is_neither_asked_nor_shown() -> None:
    meigen, meshy, keys = Upstream([GPT]), Upstream([POSED], "meshy"), KeysOf("meigen")
    made = Catalogue([meigen, meshy], Shelf(), HandClock(), keys)
    meshy.skills = frozenset({Skill.POSES})

    async def seen() -> tuple[list[Model], set[Skill], int]:
        await made.refresh()
        return list(made.current.models), set(made.skills), meshy.asked

    assert await seen() == ([GPT], {Skill.VIDEOS}, 0)
    keys.at_hand.add("meshy")
    assert await seen() == ([GPT, POSED], {Skill.VIDEOS, Skill.POSES}, 1)
    keys.at_hand.remove("meshy")
    assert await seen() == ([GPT], {Skill.VIDEOS}, 1)


async def test_what_is_known_of_a_new_one_is_shown_before_the_others_answer() -> None:
    meigen, meshy, keys = Upstream([GPT]), Upstream([POSED], "meshy"), KeysOf("meigen", "meshy")
    made = Catalogue([meigen, meshy], Shelf(), HandClock(), keys)
    await made.refresh()
    keys.at_hand.remove("meshy")
    await made.refresh()
    seen: list[tuple[Model, ...]] = []
    meigen.on_ask = lambda: seen.append(made.current.models)
    keys.at_hand.add("meshy")
    await made.refresh()
    assert seen == [(GPT, POSED)]


async def test_a_key_that_comes_or_goes_asks_anew() -> None:
    upstream, stop, rung, asked = Upstream(ALL), asyncio.Event(), asyncio.Event(), asyncio.Event()
    upstream.on_ask = asked.set
    running = asyncio.create_task(catalogue(upstream).run(stop, rung))
    async with asyncio.timeout(5):
        await asked.wait()
        asked.clear()
        rung.set()
        await asked.wait()
        stop.set()
        rung.set()
        await running
    assert upstream.asked == 2


async def test_a_guild_sees_what_there_are_keys_for_there() -> None:
    meshy = Upstream([POSED], "meshy")
    meshy.skills = frozenset({Skill.POSES})
    made = Catalogue([Upstream([GPT]), meshy], Shelf(), HandClock(), KeysOf("meigen", "meshy"))
    await made.refresh()
    assert made.at(5).models == (GPT, POSED)
    assert made.at(7).models == (GPT,)
    assert made.skills_at(5) == {Skill.VIDEOS, Skill.POSES}
    assert made.skills_at(7) == {Skill.VIDEOS}


async def test_the_usual_one_is_the_one_that_would_be_taken() -> None:
    made = catalogue(Upstream([FLUX]), Upstream([POSED], "meshy"))
    await made.refresh()
    # The first upstream names none, so Meshy's default is nobody's.
    assert [model.id for model in made.models_matching("", IMAGE)] == [FLUX.id, POSED.id]
    assert [model.id for model in made.models_matching("", IMAGE, within=Catalog((POSED,)))] == [POSED.id]


async def test_models_do_not_wait_for_an_upstream_that_hangs() -> None:
    class Hanging(Upstream):
        async def models(self) -> Sequence[Model]:
            await asyncio.Event().wait()
            return ()

    made = catalogue(Hanging([GPT]), Upstream([POSED], "meshy"))
    refreshing = asyncio.create_task(made.refresh())
    for _ in range(10):
        await asyncio.sleep(0)
    assert made.current.models == (POSED,)
    refreshing.cancel()
    await asyncio.gather(refreshing, return_exceptions=True)
