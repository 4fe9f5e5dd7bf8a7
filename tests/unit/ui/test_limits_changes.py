"""Changes of limits in words, as the store has them in JSON."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from pydantic import TypeAdapter

from bot.domain.limits import Block, Change, Limits, Unit
from bot.ui.limits_changes import told_change
from bot.ui.texts import EN
from tests.unit.ui.make import NOW
from tests.unit.ui.panels import ART, ARTISTS, GONE, GUESTS, GUILD, MEMES, SAM, panel

LIMITS = TypeAdapter(Limits)


def told(name: str, old: Any, new: Any) -> str:
    said = told_change(panel(), Change(1, GUILD, SAM, NOW, name, json.dumps(old), json.dumps(new)), EN)
    label = f"**{EN.setting(name)}:** "
    assert said.startswith(label)
    return said.removeprefix(label)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("guild_credits_per_day", None, 1500, "no limit → 1,500"),
        ("kept_days", 30, 7, "30 → 7"),
        ("time_zone", "UTC", "Europe/Berlin", "UTC → Europe/Berlin"),
        ("spoilers", False, True, "off → on"),
        ("is_paused", True, False, "on → off"),
        ("log_channel", None, ART, f"none → <#{ART}>"),
        ("log_channel", 98, None, "a channel that is gone or archived → none"),
        ("video_resolution", None, "720p", "as high as they like → 720p"),
        ("quality", "4", None, "quality 4 → as high as they like"),
        ("models", [], ["swift-1"], "all of them → Swift One"),
        ("models", ["swift-1", "gone-1"], ["swift-1", "cinema-1"], "Cinema added; gone-1 taken away"),
        ("models", ["swift-1", "cinema-1"], ["cinema-1", "swift-1"], "in another order"),
        ("channels", [], [ART, MEMES], f"everywhere → <#{ART}>, <#{MEMES}>"),
        ("channels", [ART], [], f"<#{ART}> → everywhere"),
        ("roles_allowed", [ARTISTS], [ARTISTS, GUESTS], f"<@&{GUESTS}> added"),
        ("roles_excluded", [], [GONE], "nobody → a deleted role"),
        ("video_roles", [ARTISTS], [GUILD], f"everybody added; <@&{ARTISTS}> taken away"),
        ("blocked_words", [], ["blood", "*x*"], "blood, \\*x\\* added"),
        ("blocked_words", ["a", "b", "c", "d", "e"], ["e"], "a, b, c, and 1 more taken away"),
        ("own_key", None, "abcd", "none → …abcd"),
        ("own_key", "abcd", None, "…abcd → none"),
        ("called_back", None, 7, "a request of <@7>"),
        ("queue_cleared", None, 1, "1 request called back"),
        ("of_another_version", [1], {"a": 2}, "\\[1\\] → {'a': 2}"),
        ("tiers", [1], "x", '\\[1\\] → "x"'),
        ("blocked_members", [{"user": 1}], [{"user": 2}], '\\[{"user": 1}\\] → \\[{"user": 2}\\]'),
    ],
)
def test_a_change_is_told_from_what_to_what(name: str, old: Any, new: Any, says: str) -> None:
    assert told(name, old, new) == says


def test_blocks_are_told_as_what_they_mean() -> None:
    before, after = ({"user_id": 1, "until": None, "reason": ""}, {"user_id": 2, "until": NOW, "reason": "spam"})
    assert told("blocked_members", [before], [after]) == f"<@2> until <t:{NOW:.0f}:f>: spam, <@1> may ask again"
    assert told("blocked_members", [before], [before | {"reason": "x"}]) == "<@1> until it is lifted: x"


def test_tiers_are_told_as_what_they_mean() -> None:
    old = {str(ARTISTS): {"credits": 5}, str(GUESTS): {"videos": 1}}
    new = {str(ARTISTS): {"credits": 10, "videos": None}}
    told_ = told("tiers", old, new)
    assert told_ == f"<@&{ARTISTS}>: 10 credits a day, videos without limit, <@&{GUESTS}>: as everybody"


def test_every_setting_is_told_as_the_store_notes_it() -> None:
    """No value falls back to its JSON."""
    chosen = Limits(
        1,
        2,
        3,
        4,
        5,
        tiers={ARTISTS: {Unit.CREDITS: 5, Unit.VIDEOS: None}},
        models=("swift-1",),
        picture_resolution="1K",
        video_resolution="720p",
        quality="high",
        tier="fast",
        video_roles=(ARTISTS,),
        channels=(ART,),
        roles_allowed=(ARTISTS,),
        roles_excluded=(GUESTS,),
        blocked_members=(Block(9, None, "spam"),),
        blocked_words=("blood",),
        log_channel=ART,
    )
    old, new = (LIMITS.dump_python(limits, mode="json") for limits in (Limits(), chosen))
    for field in fields(Limits):
        said = told(field.name, old[field.name], new[field.name])
        assert not set('{}[]"') & set(said), (field.name, said)
