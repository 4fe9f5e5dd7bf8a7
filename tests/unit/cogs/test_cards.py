"""The buttons of a card against a Discord that has been quicker."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.errors import Refused, SurfaceDown
from bot.ports import CardState
from bot.ui.messages import Action
from cogs.cards import CardClicks
from cogs.common import Click
from tests.support.builders import MEMBER, queued
from tests.unit.cogs.test_common import interaction
from tests.unit.services.studio import Studio, open_studio


class Clicked:
    """A click on a message that Discord deletes, or says something else to."""

    def __init__(self, message_id: int | None, refusal: Exception | None = None) -> None:
        self._inner = interaction()
        self._refusal = refusal
        self.message = SimpleNamespace(interaction_metadata=None, id=message_id, flags=SimpleNamespace(ephemeral=False))
        self.response = self
        self.deleted = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def defer(self) -> None:
        """The click is taken."""

    async def delete_original_response(self) -> None:
        self.deleted += 1
        if self._refusal is not None:
            raise self._refusal


def refusal(status: int, code: int) -> discord.HTTPException:
    answer = cast("Any", SimpleNamespace(status=status, reason="no", headers={}))
    return discord.HTTPException(answer, {"code": code, "message": "no"})


@pytest.fixture
async def studio() -> Studio:
    return await open_studio()


async def delete(studio: Studio, clicked: Clicked, job_id: int) -> None:
    handler = CardClicks(studio.intake).handlers[Action.DELETE]
    await handler(cast("Any", clicked), Click(Action.DELETE, job_id))


async def card_state(studio: Studio, job_id: int) -> CardState:
    found = await studio.store.cards.read(job_id)
    assert found is not None
    return found[1].state


@pytest.mark.parametrize("trouble", [None, refusal(404, 10008)])
async def test_what_is_gone_already_is_deleted_as_well(studio: Studio, trouble: Exception | None) -> None:
    """By a second click, or by somebody else: nobody is told of a mistake."""
    job = await queued(studio.store, studio.mine, user_id=MEMBER)
    found = await studio.store.cards.read(job.id)
    assert found is not None
    clicked = Clicked(found[1].message_id, trouble)
    await delete(studio, clicked, job.id)
    assert clicked.deleted == 1
    assert await card_state(studio, job.id) is CardState.UNWANTED


async def test_what_could_not_be_deleted_is_shown_on(studio: Studio) -> None:
    job = await queued(studio.store, studio.mine)
    with pytest.raises(SurfaceDown):
        await delete(studio, Clicked(1, refusal(503, 0)), job.id)
    assert await card_state(studio, job.id) is CardState.LIVE


async def test_who_has_no_right_deletes_nothing(studio: Studio) -> None:
    job = await queued(studio.store, studio.mine, user_id=MEMBER + 1)
    clicked = Clicked(1)
    with pytest.raises(Refused):
        await delete(studio, clicked, job.id)
    assert clicked.deleted == 0
