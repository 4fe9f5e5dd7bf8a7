"""Short versions of the torture runs; `python -m tests.torture` has the long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.meigen import Counting
from tests.torture import kills, prompts

needs_prompts = pytest.mark.skipif(not prompts.DATA.exists(), reason=f"the prompts are not at {prompts.DATA}")


@needs_prompts
@pytest.mark.parametrize("counting", [Counting.FIXED, Counting.SLIDING, Counting.BUCKET])
async def test_real_prompts_at_the_limit_are_all_delivered_to_their_own_messages(
    tmp_path: Path, counting: Counting
) -> None:
    tally = await prompts.run(tmp_path, prompts.sample(22, 8), counting, members=8, guilds=3)
    assert not tally.violations
    assert tally.delivered + tally.refused == tally.asked == 30
    assert tally.delivered >= 22
    assert tally.slowest_answer_seconds < 3


async def test_killed_again_and_again_nothing_is_lost_or_done_twice(tmp_path: Path) -> None:
    tally = await kills.run(tmp_path, jobs=20, kills=5, seed=7)
    assert not tally.violations
    assert tally.delivered + tally.failed + tally.unknown == 20
    assert tally.delivered >= 8
