from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed (extra dev)")

from tests.browser.visit import BROWSERS, demo, find_browser, visit

BROWSER_PATH = find_browser()


@pytest.mark.skipif(BROWSER_PATH is None, reason=f"there is none of {', '.join(BROWSERS)}")
async def test_a_visitor_makes_a_grid_enlarges_animates_continues_and_finds_it_all_again(tmp_path: Path) -> None:
    assert BROWSER_PATH is not None
    # Where this fails, a picture of each step is in that folder.
    async with demo() as address:
        await visit(address, BROWSER_PATH, tmp_path)
