"""Statements that run with every request or look must not walk the history."""

from __future__ import annotations

import re
import sqlite3

import pytest

from bot.store.units import migrations, statements

OFTEN = (
    "count_waiting",
    "offered_jobs",
    "running_jobs",
    "late_jobs",
    "first_of_user",
    "older_of_user",
    "cards_behind",
    "durations",
)
AT_START = ("interrupted_jobs",)


@pytest.mark.parametrize("name", [*OFTEN, *AT_START])
def test_a_statement_finds_its_jobs_by_an_index_of_its_own(name: str) -> None:
    raw = sqlite3.connect(":memory:")
    for _, script in migrations():
        raw.executescript(script)
    text = statements()[name]
    plan = [row[3] for row in raw.execute("EXPLAIN QUERY PLAN " + text, dict.fromkeys(re.findall(r":(\w+)", text), 1))]
    raw.close()
    assert not [step for step in plan if re.fullmatch(r"SCAN jobs(?: USING .*autoindex.*)?", step)], plan
