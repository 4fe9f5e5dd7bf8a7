"""A short version of the clicks at random; `python -m tests.torture clicks` has the long one."""

from __future__ import annotations

from pathlib import Path

from tests.torture import clicks


async def test_whatever_members_click_on_nothing_fails_without_a_sentence(tmp_path: Path) -> None:
    tally = await clicks.run(tmp_path, seconds=20, restarts=1, seed=3)
    assert not tally.violations
    assert tally.failed_without_reason == 0
    assert tally.interactions >= 100
    assert tally.jobs["succeeded"] >= 10
    assert tally.restarts == 1
