"""What is kept of a form that was refused, and for whom."""

from __future__ import annotations

from typing import Any, cast

from bot.ui.messages import Action
from cogs.common import Click
from cogs.limits_forms import KEPT, Filled, LimitForms
from tests.unit.cogs.test_common import interaction

WORDS = Filled(Action.LIMIT_WORDS, {"words": "x" * 101})
BLOCK = Filled(Action.LIMIT_BLOCK, {"until": "whenever"}, "99")
AGAIN = Click(Action.LIMIT_WORDS, 7, 0, "/again")


def by(user_id: int, guild_id: int = 5) -> Any:
    user = {"id": str(user_id), "username": "sam", "discriminator": "0", "avatar": None}
    member: dict[str, Any] = {"user": user, "roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
    return interaction(member=member | {"permissions": "0"}, guild_id=str(guild_id))


def forms() -> LimitForms:
    nothing = cast("Any", None)
    return LimitForms(nothing, nothing, nothing)


def test_what_was_typed_comes_back_to_whoever_typed_it_there() -> None:
    kept = forms()
    button = kept._kept(by(7), WORDS)
    assert (button.action, button.job_id, button.note) == (Action.LIMIT_WORDS, 7, "/again")
    assert kept._typed_before(by(7), AGAIN) == WORDS.texts
    assert kept._typed_before(by(8), AGAIN) == {}
    assert kept._typed_before(by(7, 6), AGAIN) == {}, "in another guild"
    assert kept._typed_before(by(7), Click(Action.LIMIT_WORDS, 7)) == {}, "the form anew"


def test_only_the_latest_form_of_a_moderator_is_kept() -> None:
    kept = forms()
    kept._kept(by(7), WORDS)
    assert kept._kept(by(7), BLOCK).note == "99/again"
    assert kept._typed_before(by(7), AGAIN) == {}
    assert kept._typed_before(by(7), Click(Action.LIMIT_BLOCK, 7, 0, "99/again")) == BLOCK.texts
    assert kept._typed_before(by(7), Click(Action.LIMIT_BLOCK, 7, 0, "98/again")) == {}, "about somebody else"


def test_only_so_many_forms_are_kept() -> None:
    kept = forms()
    for user_id in range(1, KEPT + 2):
        kept._kept(by(user_id), WORDS)
    assert kept._typed_before(by(1), AGAIN) == {}
    assert kept._typed_before(by(2), AGAIN) == WORDS.texts
    assert len(kept._typed) == KEPT
