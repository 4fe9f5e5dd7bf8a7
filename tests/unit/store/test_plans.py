"""No statement walks the history but those that run once, at a start."""

from __future__ import annotations

import re
import sqlite3

import pytest

from bot.store.units import migrations, statements

AT_START = ("draw_times_back", "draw_card_times_back")
"""Any time of any job may lie ahead then."""
WHOLE_TABLE = r"SCAN (jobs|cards|events|[a-z])( USING (COVERING )?INDEX sqlite_autoindex_\w+)?"
"""Of what grows for ever; an index by ids is as long as its table, one of ours holds what is under way."""


def plan_of(name: str) -> list[str]:
    raw = sqlite3.connect(":memory:")
    for _, script in migrations():
        raw.executescript(script)
    text = statements()[name]
    plan = [row[3] for row in raw.execute("EXPLAIN QUERY PLAN " + text, dict.fromkeys(re.findall(r":(\w+)", text), 1))]
    raw.close()
    return plan


@pytest.mark.parametrize("name", sorted(statements().keys() - set(AT_START)))
def test_a_statement_finds_its_rows_by_an_index(name: str) -> None:
    plan = plan_of(name)
    assert not [step for step in plan if re.fullmatch(WHOLE_TABLE, step)], plan


@pytest.mark.parametrize("name", AT_START)
def test_those_that_may_walk_it_all_still_do(name: str) -> None:
    assert [step for step in plan_of(name) if re.fullmatch(WHOLE_TABLE, step)]


def test_the_usage_of_a_day_is_not_summed_up_over_all_days() -> None:
    plan = plan_of("usage")
    assert not [step for step in plan if re.search(r"jobs_of_\w+ \(\w+=\?\)", step)], plan
    assert sum("created_at>?" in step for step in plan) == 2, "of the guild, and of the member"


@pytest.mark.parametrize("name", ["under_way", "waiting_of_guild", "waiting_guilds", "waiting_of_provider"])
def test_what_waits_is_not_looked_for_among_all_that_ever_did(name: str) -> None:
    steps = [step for step in plan_of(name) if "jobs" in step]
    assert steps
    assert all(re.search(r"jobs_(line|live|offered)\b", step) for step in steps), steps
