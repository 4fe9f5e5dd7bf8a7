"""What the panel's menus set, where that is not all that was chosen in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from bot.ui.limits_panel import Panel, Place
from bot.ui.messages import Action
from cogs.common import Click
from cogs.limits import Limits
from tests.support.builders import model
from tests.unit.cogs.test_common import interaction
from tests.unit.ui.panels import panel

MODELS = tuple(model(id=f"m{number}") for number in range(30))


@dataclass
class MadeUpDesk:
    """Of a guild that has chosen these models."""

    chosen: tuple[str, ...]

    async def panel(self, _: object, place: Place) -> Panel:
        return panel(models_told=MODELS, models=self.chosen, place=place)


@dataclass
class MadeUpModeration:
    """Keeps the models that were set."""

    models: list[Sequence[str]] = field(default_factory=list)

    async def set_models(self, _: int, __: int, names: Sequence[str]) -> None:
        self.models.append(names)


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        (("m3", "m28", "gone-1"), ("m3", "m4"), ("m3", "m4", "m28")),
        (("m3", "m28"), (), ("m28",)),
        (("m3",), (), ()),
        ((), ("m3",), ("m3",)),
    ],
)
async def test_models_that_the_menu_has_no_room_for_stay_and_retired_ones_go(
    before: tuple[str, ...], values: tuple[str, ...], after: tuple[str, ...]
) -> None:
    moderation = MadeUpModeration()
    nothing = cast("Any", None)
    limits = Limits(cast("Any", MadeUpDesk(before)), cast("Any", moderation), nothing, nothing)
    await limits._set_models(interaction(), Click(Action.LIMIT, 7, 0, "models", values))
    assert moderation.models == [after]
