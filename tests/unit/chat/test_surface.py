from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.chat.surface import MAX_PAGES, PAGE, DiscordSurface, shows
from bot.errors import Unsearchable
from bot.ports import Shown
from bot.ui.buttons import custom_id
from bot.ui.messages import Action, Button


def message_with(*custom_ids: str | None) -> dict[str, Any]:
    """A message as Discord sends it, with its buttons deep down."""
    buttons = [{"type": 2, "custom_id": each} if each else {"type": 2, "url": "https://x.y"} for each in custom_ids]
    return {"components": [{"type": 17, "components": [{"type": 10}, {"type": 1, "components": buttons}]}]}


@pytest.mark.parametrize(
    ("message", "is_shown"),
    [
        (message_with("easel:again:77"), True),
        (message_with(None, "easel:again:77:2"), True),
        (message_with(custom_id(Button(Action.CANCEL, 77, "Cancel"))), True),
        (message_with("easel:again:7"), False),
        (message_with("easel:again:777"), False),
        (message_with("easel:again:1:77"), False),
        (message_with("easel:77"), False),
        (message_with(), False),
        ({}, False),
    ],
)
def test_a_message_shows_a_job_by_its_buttons(message: dict[str, Any], is_shown: bool) -> None:  # noqa: FBT001  a parameter
    assert shows(message, 77) is is_shown


# ---- searching a channel

ME, CHANNEL, JOB = 1, 50, 77


class Channel:
    """Stands in for discord.py's transport: a channel with so many messages of others, and one of ours among them."""

    def __init__(self, messages: int, ours: int | None = None) -> None:
        self._ids = range(1, messages + 1)
        self._ours = ours
        self.asked_after: list[int] = []

    async def logs_from(self, channel_id: int, limit: int, after: int) -> list[dict[str, Any]]:
        """The first after it, newest first (Discord, Get Channel Messages)."""
        assert channel_id == CHANNEL
        self.asked_after.append(after)
        return [self._message(number) for number in self._ids if number > after][:limit][::-1]

    def _message(self, number: int) -> dict[str, Any]:
        author = ME if number == self._ours else 2
        return {
            "id": str(number),
            "channel_id": str(CHANNEL),
            "author": {"id": str(author)},
            **message_with(f"easel:again:{JOB}"),
        }


def surface_of(channel: Channel) -> DiscordSurface:
    client = SimpleNamespace(application_id=9, is_closed=lambda: False, user=SimpleNamespace(id=ME), http=channel)
    return DiscordSurface(cast("discord.Client", client))


@pytest.mark.parametrize("ours", [1, PAGE, PAGE + 1, PAGE * MAX_PAGES])
async def test_a_post_is_found_among_as_many_as_may_be_read(ours: int) -> None:
    found = await surface_of(Channel(10_000, ours)).find_post(CHANNEL, JOB, 0.0)
    assert found == Shown(CHANNEL, ours, actions=frozenset({"again"}), job_id=JOB)


@pytest.mark.parametrize("messages", [0, 1, PAGE, PAGE * MAX_PAGES - 1])
async def test_where_all_was_read_and_ours_is_not_there_it_is_none(messages: int) -> None:
    assert await surface_of(Channel(messages)).find_post(CHANNEL, JOB, 0.0) is None


async def test_where_not_all_can_be_read_nobody_knows() -> None:
    channel = Channel(10_000, ours=PAGE * MAX_PAGES + 1)
    with pytest.raises(Unsearchable):
        await surface_of(channel).find_post(CHANNEL, JOB, 0.0)
    assert len(channel.asked_after) == MAX_PAGES


async def test_what_is_older_than_the_known_message_is_not_read() -> None:
    channel = Channel(10_000, ours=9_990)
    found = await surface_of(channel).find_post(CHANNEL, JOB, 0.0, besides=9_950)
    assert found is not None
    assert channel.asked_after == [9_950]
