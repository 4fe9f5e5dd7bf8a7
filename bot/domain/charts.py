"""A chart as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `label` stands below it, "" where there is no room for one."""

    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns under a title that says what they count."""

    title: str
    columns: tuple[Column, ...]
