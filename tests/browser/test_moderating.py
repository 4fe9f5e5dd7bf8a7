from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed (extra dev)")

from tests.browser.moderating import moderate
from tests.browser.visit import BROWSERS, demo, find_browser, visit

BROWSER_PATH = find_browser()


@pytest.mark.skipif(BROWSER_PATH is None, reason=f"there is none of {', '.join(BROWSERS)}")
async def test_a_newcomer_sets_a_budget_a_tier_and_a_blocked_word_and_members_meet_each(tmp_path: Path) -> None:
    assert BROWSER_PATH is not None
    # Where this fails, a picture of each step is in that folder.
    async with demo() as address:
        await visit(address, BROWSER_PATH, tmp_path, do=moderate)
