from __future__ import annotations

from typing import Any

import pytest

from bot.chat.surface import shows
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
