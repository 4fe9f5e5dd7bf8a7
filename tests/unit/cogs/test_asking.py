"""What completes options as they are typed, within Discord's limits whatever the catalogue says."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.domain.catalog import Medium, Model, Prices
from bot.services.catalogue import Catalogue
from bot.store.store import assemble
from cogs.asking import choices, chosen, models, typed
from tests.support.builders import model
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer


@dataclass(slots=True)
class Typing:
    """An interaction of a command that is being typed."""

    options: dict[str, object] = field(default_factory=dict)

    @property
    def namespace(self) -> object:
        return SimpleNamespace(**self.options)


def interaction(**options: object) -> Any:
    return cast("Any", Typing(options))


class Upstream(FakeProvider):
    listed: tuple[Model, ...] = ()

    async def models(self) -> tuple[Model, ...]:
        return self.listed


async def catalogue_of(*listed: Model) -> Catalogue:
    clock = HandClock()
    upstream = Upstream(clock)
    upstream.listed = listed
    catalogue = Catalogue([upstream], (await assemble(AtOnce(), clock, RotSealer(), "me")).asking, clock)
    await catalogue.refresh()
    return catalogue


@pytest.mark.parametrize(("text", "meant"), [(None, None), ("", None), (" \n", None), (" 16:9 ", "16:9")])
def test_blank_is_not_chosen(text: str | None, meant: str | None) -> None:
    assert typed(text) == meant


@pytest.mark.parametrize(
    ("options", "found"), [({}, None), ({"model": " veo "}, "veo"), ({"model": ""}, None), ({"model": 5}, None)]
)
def test_another_option_counts_as_far_as_it_was_typed(options: dict[str, object], found: str | None) -> None:
    assert chosen(interaction(**options), "model") == found


def test_what_discord_does_not_take_is_not_offered() -> None:
    assert [each.value for each in choices(["16:9", "", "x" * 100, "x" * 101])] == ["16:9", "x" * 100]


async def test_a_model_is_named_with_its_price() -> None:
    catalogue = await catalogue_of(model(), model(id="free-1", name="Odd \u200b", prices=Prices(), is_default=False))
    found = models(catalogue, "", Medium.IMAGE, catalogue.current)
    assert [(each.name, each.value) for each in found] == [
        ("Swift One · 5 credits", "swift-1"),
        ("Odd  · price not known", "free-1"),
    ]


async def test_models_that_cannot_be_chosen_are_not_offered() -> None:
    odd = model(id="odd-1", medium=None, is_default=False)
    endless = model(id="x" * 101, is_default=False)
    named = model(id="long-1", name="y" * 300, is_default=False)
    catalogue = await catalogue_of(odd, endless, named)
    (found,) = models(catalogue, "", Medium.IMAGE, catalogue.current)
    assert (found.value, len(found.name)) == ("long-1", 100)


async def test_no_more_than_25_are_offered() -> None:
    catalogue = await catalogue_of(*(model(id=f"swift-{n}", name=f"Swift {n}") for n in range(40)))
    assert len(models(catalogue, "", Medium.IMAGE, catalogue.current)) == 25
    assert [each.value for each in models(catalogue, "swift 39", Medium.IMAGE, catalogue.current)] == ["swift-39"]
