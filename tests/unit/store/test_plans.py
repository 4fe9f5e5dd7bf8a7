"""No statement walks the history but those that run once, at a start."""

from __future__ import annotations

import re
import sqlite3

import pytest

from bot.store.units import migrations, statements

AT_START = ("draw_times_back", "draw_card_times_back")
"""Any time of any job may lie ahead then."""
WHOLE_TABLE = (
    r"SCAN (jobs|cards|events|(guild|member)_usage|changes|log_entries|[a-z])"
    r"( USING (COVERING )?INDEX (sqlite_autoindex_\w+|jobs_of_\w+|\w+_by_age))?"
)
"""Of what grows for ever; an index of all rows is as long as its table, others of ours hold what is under way."""


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


@pytest.mark.parametrize("name", ["tallies", "generations_of_guild"])
def test_what_moderators_see_is_found_by_guild_and_time(name: str) -> None:
    (step,) = (step for step in plan_of(name) if "jobs_of_guild" in step)
    assert re.search(r"SEARCH .* jobs_of_guild \(guild_id=\? AND created_at>\?", step), step


def test_a_month_of_a_guild_is_summed_up_without_the_table() -> None:
    assert any("USING COVERING INDEX jobs_of_guild" in step for step in plan_of("tallies"))


def test_what_is_to_expire_is_found_by_its_age() -> None:
    (step,) = plan_of("jobs_to_expire")
    assert "jobs_to_expire (flow_id=? AND finished_at>? AND finished_at<?)" in step
    assert plan_of("next_flow_to_expire") == ["SEARCH jobs USING INDEX jobs_to_expire (flow_id>?)"]


@pytest.mark.parametrize("name", ["under_way", "waiting_of_guild", "waiting_guilds", "waiting_and_homes"])
def test_what_waits_is_not_looked_for_among_all_that_ever_did(name: str) -> None:
    steps = [step for step in plan_of(name) if "jobs" in step]
    assert steps
    assert all(re.search(r"jobs_(line|live|offered)\b", step) for step in steps), steps
