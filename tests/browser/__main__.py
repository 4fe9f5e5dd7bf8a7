"""`python -m tests.browser [--screenshots FOLDER]`: visit the demo's page in Chromium, as a member and a moderator."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from tests.browser.moderating import moderate
from tests.browser.visit import BROWSERS, demo, find_browser, visit


def main() -> int:
    """Returns 2 without a browser."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser", description=__doc__)
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER", help="keep a picture of each step there")
    folder: Path | None = parser.parse_args().screenshots
    browser_path = find_browser()
    if browser_path is None:
        print(f"There is no browser here: none of {', '.join(BROWSERS)}.", file=sys.stderr)
        return 2
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_visit(browser_path, folder))
    return 0


async def _visit(browser_path: str, folder: Path | None) -> None:
    async with demo() as address:
        await visit(address, browser_path, folder)
    async with demo() as address:
        await visit(address, browser_path, folder, do=moderate)


if __name__ == "__main__":
    sys.exit(main())
