"""A change of limits in words: what was added, what went, what a figure was and is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.highest import HIGHEST
from bot.domain.limits import CALLED_BACK, FIGURES, OWN_KEY, QUEUE_CLEARED, Allowance, Change, Unit
from bot.ui.limits_panel import Panel, some
from bot.ui.markdown import one_line
from bot.ui.texts import Texts

NAMED = 3
"""So many entries of a list are named."""
WORD_SHOWN = 30
REASON_SHOWN = 40
VALUE_SHOWN = 60


def told_change(panel: Panel, change: Change, texts: Texts) -> str:
    """In one line of some hundred characters. What cannot be read is shown as it stands."""
    old, new = json.loads(change.old), json.loads(change.new)
    try:
        return _told(panel, change.name, old, new, texts)
    except (KeyError, TypeError, ValueError, AttributeError):
        # Of another version.
        return texts.from_to(change.name, one_line(change.old, VALUE_SHOWN), one_line(change.new, VALUE_SHOWN))


def _told(panel: Panel, name: str, old: Any, new: Any, texts: Texts) -> str:
    if name in _LISTS:
        return _listed(panel, name, old, new, texts)
    if name == "blocked_members":
        return _blocks(old, new, texts)
    if name == "tiers":
        return _tiers(panel, old, new, texts)
    if name == CALLED_BACK:
        return texts.was_called_back(int(new))
    if name == QUEUE_CLEARED:
        return texts.was_cleared(int(new))
    return texts.from_to(name, _value(panel, name, old, texts), _value(panel, name, new, texts))


# ---------------------------------------------------------------- one value


def _value(panel: Panel, name: str, value: Any, texts: Texts) -> str:
    if name in FIGURES:
        return texts.figure(value)
    if name == "log_channel":
        return texts.nothing if value is None else panel.channel(int(value), texts)
    if name in HIGHEST:
        return texts.as_high_as_they_like if value is None else one_line(texts.quality(value) or value, VALUE_SHOWN)
    if isinstance(value, bool):
        return texts.is_on if value else texts.is_off
    shown = texts.nothing if value is None else one_line(str(value), VALUE_SHOWN)
    return texts.key_ending(shown) if name == OWN_KEY and value is not None else shown


# ---------------------------------------------------------------- lists

_LISTS = frozenset({"models", "channels", "roles_allowed", "roles_excluded", "video_roles", "blocked_words"})


def _entry(panel: Panel, name: str, each: Any, texts: Texts) -> str:
    if name == "blocked_words":
        return one_line(each, WORD_SHOWN)
    return panel.model(each, texts) if name == "models" else panel.entry(name, int(each), texts)


def _listed(panel: Panel, name: str, old: Sequence[Any], new: Sequence[Any], texts: Texts) -> str:
    """What was added and what went; where there was no restriction, or is none any more, both as they are."""
    if name != "blocked_words" and not (old and new):
        return texts.from_to(name, *(_all(panel, name, entries, texts) for entries in (old, new)))
    added = [_entry(panel, name, each, texts) for each in new if each not in old]
    removed = [_entry(panel, name, each, texts) for each in old if each not in new]
    if not added and not removed:
        return texts.order_changed(name)
    return texts.difference(name, some(added, texts, NAMED), some(removed, texts, NAMED))


def _all(panel: Panel, name: str, entries: Sequence[Any], texts: Texts) -> str:
    if not entries:
        return texts.unrestricted[name]
    return some([_entry(panel, name, each, texts) for each in entries], texts, NAMED)


def _blocks(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], texts: Texts) -> str:
    """As the store keeps them: `user_id`, `until` and `reason`."""
    still = {block["user_id"] for block in new}
    added = [
        texts.block_line(block["user_id"], block["until"], one_line(block["reason"], REASON_SHOWN))
        for block in new
        if block not in old
    ]
    lifted = [texts.unblocked(block["user_id"]) for block in old if block["user_id"] not in still]
    return texts.note("blocked_members", some([*added, *lifted], texts, NAMED))


def _tiers(panel: Panel, old: Mapping[str, Any], new: Mapping[str, Any], texts: Texts) -> str:
    set_anew = [
        texts.tier_line(panel.role(int(role), texts), _allowance(tier))
        for role, tier in new.items()
        if old.get(role) != tier
    ]
    dropped = [texts.tier_dropped(panel.role(int(role), texts)) for role in old if role not in new]
    return texts.note("tiers", some([*set_anew, *dropped], texts, NAMED))


def _allowance(tier: Mapping[str, int | None]) -> Allowance:
    return {Unit(unit): figure for unit, figure in tier.items()}
