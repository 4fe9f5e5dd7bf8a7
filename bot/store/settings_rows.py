"""Settings of guilds out of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from bot.domain.limits import Limits
from bot.store.units import Rows

_FIELDS: Mapping[str, TypeAdapter[Any]] = {
    name: TypeAdapter(annotation) for name, annotation in get_type_hints(Limits).items()
}
_UNREAD = object()


def limits_of(defaults: Limits, rows: Rows) -> Limits:
    """The limits with what the rows (`name`, `value`) choose.

    Set by another version, say, some cannot be read: these hold nobody up.
    """
    chosen = {row["name"]: _read(row["name"], row["value"]) for row in rows if row["name"] in _FIELDS}
    readable: dict[str, Any] = {name: value for name, value in chosen.items() if value is not _UNREAD}
    return replace(defaults, **readable)


@lru_cache(maxsize=4096)
def _read(name: str, value: str) -> object:
    try:
        return _FIELDS[name].validate_json(value)
    except ValidationError:
        return _UNREAD
