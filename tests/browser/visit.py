"""A visit to the demo's page in a real browser: what a person would do there, and what they would have to see."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import ConsoleMessage, Locator, Page, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
VISIT_SECONDS = 150.0
STOP_SECONDS = 20.0
STEP_MS = 20_000
MAKING_MS = 60_000
WIDTH, HEIGHT = 960, 860

PROMPT = "a small boat on the sea at dusk"
RATIO = "16:9"
STYLIZE = 300
GRID_CREDITS = 15
VIDEO_SECONDS = 8
WORDS = "lighthouse"

# All pictures of the channel are there, and what was last done has been answered.
_IS_SETTLED = """() => window.simcordPreview.ready
    && [...document.querySelectorAll("article img")].every((image) => image.complete && image.naturalWidth)
    && [...document.querySelectorAll("article video")].every((video) => video.readyState >= 2)
    && !document.querySelector(".media-unavailable")"""
_IS_READY = "() => window.simcordPreview.ready"
_IS_AT_END = """() => {
    const list = document.getElementById("channel-timeline");
    return list.scrollHeight - list.scrollTop - list.clientHeight < 4;
}"""
_PLAYS = "(video) => new Promise((done) => { video.ontimeupdate = () => video.currentTime > 0.2 && done(true); })"


def find_browser() -> str | None:
    """The system's Chromium; None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """The demo as a person starts it, until the block ends: its page's address. It must have nothing to complain of."""
    with tempfile.TemporaryFile() as complaints:
        command = (sys.executable, "-m", "bot", "demo")
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=complaints)
        try:
            yield await _address(process)
        finally:
            await _end(process)
            complaints.seek(0)
            said = complaints.read().decode()
            print(said, end="", file=sys.stderr)
    assert not said, "the demo complained"


async def _address(process: Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"http"):
            return line.decode().strip()
    raise AssertionError("the demo ended before it was ready")


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
    async with asyncio.timeout(STOP_SECONDS):
        await process.communicate()


@asynccontextmanager
async def opened(address: str, browser_path: str) -> AsyncIterator[Page]:
    """A page in a browser of its own."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=arguments)
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(STEP_MS)
        expect.set_options(timeout=STEP_MS)
        await page.goto(address)
        yield page
        await browser.close()


@dataclass(slots=True)
class Visitor:
    """A person at the page. `folder`: where pictures of each step are kept; None: nowhere."""

    page: Page
    folder: Path | None
    tell: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    seen: int = 0
    """So many messages were there when last looked."""

    @property
    def messages(self) -> Locator:
        return self.page.locator("#channel-message-list article")

    async def new_message(self) -> Locator:
        """The one message that has come since."""
        self.seen += 1
        await expect(self.messages).to_have_count(self.seen)
        identity = await self.messages.last.get_attribute("data-message-id")
        return self.page.locator(f'article[data-message-id="{identity}"]')

    async def begin_command(self, name: str) -> None:
        """Choose it in the composer's picker."""
        await self.page.locator("#channel-composer-input").press_sequentially(f"/{name}")
        await expect(self.page.locator(".command-entry.is-active strong")).to_have_text(f"/{name}")
        await self.page.keyboard.press("Enter")

    async def complete(self, option: str, typed: str, suggestion: str) -> None:
        """Add an option to the command, type its beginning, and choose among what completes it."""
        await self.page.locator("[data-command-chip]").click()
        await self.suggestion(option).click()
        await self.page.get_by_role("combobox", name=option).press_sequentially(typed)
        await expect(self.suggestion(suggestion)).to_be_visible(timeout=STEP_MS)

    def suggestion(self, text: str) -> Locator:
        return self.page.locator(".command-suggestion").filter(has_text=text).first

    async def send(self) -> Locator:
        """What the command is answered with."""
        await self.page.get_by_role("button", name="Send", exact=True).click()
        return await self.new_message()

    async def press(self, message: Locator, label: str) -> Locator:
        """Click on a button: the message that comes of it."""
        await message.get_by_role("button", name=label, exact=True).click()
        return await self.new_message()

    async def choose(self, message: Locator, menu: str, *options: str, is_several: bool = True) -> None:
        """Choose in a select that is named by its placeholder; in one of several each option given is put in or out."""
        await message.get_by_role("combobox", name=menu, exact=True).click()
        opened = self.page.locator(".select-list:popover-open")
        # What is offered is fetched, and comes to nothing where the select is gone before that.
        await expect(opened.get_by_role("listbox")).to_have_attribute("aria-busy", "false")
        for option in options:
            await opened.get_by_role("option", name=option).click()
        if is_several:
            await opened.get_by_role("button", name="Apply").click()
        await self.page.wait_for_function(_IS_READY)

    async def fill(self, **fields: str) -> None:
        """Fill the form that is open, its fields named by their labels with `_` for spaces, and hand it in."""
        for label, text in fields.items():
            # What has to be filled in is marked by a star.
            name = re.compile(rf"{re.escape(label.replace('_', ' '))}( *\*)?")
            await self.page.get_by_role("textbox", name=name).first.fill(text)
        await self.page.get_by_role("button", name="Submit").click()
        await expect(self.page.locator("#modal-root")).to_be_hidden()

    async def become(self, person: str) -> None:
        """Go on as another of the channel's people, who sees what they may see."""
        await self.page.get_by_label("Viewing as").select_option(label=person)
        await self.page.wait_for_function(_IS_READY)

    async def look(self, name: str, *, is_at_end: bool = True) -> None:
        """Keep a picture of the page, on which nothing may have gone wrong."""
        await self.page.wait_for_function(_IS_SETTLED)
        if is_at_end:
            await self.page.wait_for_function(_IS_AT_END)
        await expect(self.page.locator("body")).not_to_contain_text("interaction failed")
        await expect(self.page.locator("#inspector-count")).to_be_hidden()
        self.tell(f"{time.monotonic() - self.began:5.1f} s  {name}")
        await self.keep(name)

    async def keep(self, name: str) -> None:
        if self.folder is not None:
            await self.page.screenshot(path=self.folder / f"{next(self.numbers):02} {name}.png")


async def visit(
    address: str,
    browser_path: str,
    folder: Path | None,
    tell: Callable[[str], None] = print,
    *,
    do: Callable[[Visitor], Awaitable[None]] | None = None,
) -> None:
    """A whole visit; `do` None: what members do. Raises AssertionError where something is not as expected."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    async with asyncio.timeout(VISIT_SECONDS), opened(address, browser_path) as page:
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        visitor = Visitor(page, folder, tell)
        try:
            await (do or _do_all)(visitor)
        except (AssertionError, PlaywrightError):
            await visitor.keep("failed")
            raise
    assert not errors, errors


async def _do_all(visitor: Visitor) -> None:
    grid = await imagine(visitor)
    picture = await enlarge(visitor, grid)
    video = await animate(visitor, picture)
    await go_on(visitor, video)
    await look_back(visitor)
    await be_inspired(visitor)


# ---------------------------------------------------------------- the steps


async def imagine(visitor: Visitor) -> Locator:
    """Four candidates of a prompt, asked for in the composer: their card."""
    await expect(visitor.page.locator("#channel-empty")).to_be_visible(timeout=STEP_MS)
    await visitor.begin_command("imagine")
    await visitor.page.keyboard.type(f"{PROMPT} --stylize {STYLIZE}")
    await visitor.complete("aspect_ratio", "16", RATIO)
    await visitor.suggestion(RATIO).click()
    await visitor.complete("model", "midj", "Midjourney V8.1")
    await visitor.look("imagine", is_at_end=False)
    await visitor.suggestion("Midjourney V8.1").click()
    card = await visitor.send()
    await expect(card).to_contain_text("Being made")
    await visitor.look("being made")
    await expect(card).to_contain_text("Your 4 pictures are ready", timeout=MAKING_MS)
    await expect(card).to_contain_text(PROMPT)
    await expect(card).to_contain_text(f"{RATIO} · --stylize {STYLIZE} · {GRID_CREDITS} credits charged")
    await expect(card.locator("img.gallery-image")).to_have_count(4)
    await visitor.look("four candidates")
    return card


async def enlarge(visitor: Visitor, grid: Locator) -> Locator:
    """The second candidate by itself."""
    card = await visitor.press(grid, "U2")
    await expect(card).to_contain_text("Picture 2 of 4")
    await expect(card).to_contain_text(f"{GRID_CREDITS} credits charged for all 4")
    await expect(card.locator("img.gallery-image")).to_have_count(1)
    await visitor.look("U2")
    return card


async def animate(visitor: Visitor, picture: Locator) -> Locator:
    """A video of a picture, with as many seconds as were chosen after the price was seen: its card."""
    panel = await visitor.press(picture, "Animate")
    await expect(panel).to_contain_text("Make this video?")
    price = await price_of(panel)
    await visitor.look("animate")
    await panel.get_by_role("combobox", name="Seconds").click()
    choice = visitor.page.get_by_role("option", name=f"{VIDEO_SECONDS} seconds", exact=True)
    await visitor.look("choosing seconds")
    await choice.click()
    await expect(panel).not_to_contain_text(f"{price} credits")
    dearer = await price_of(panel)
    assert dearer > price
    await visitor.look("seconds chosen")
    card = await visitor.press(panel, "Confirm")
    await expect(card).to_contain_text("Being made")
    await visitor.look("video being made")
    await expect_video(card, dearer)
    await expect(card.locator("img.component-thumbnail")).to_have_count(1)
    await visitor.look("video")
    return card


async def go_on(visitor: Visitor, video: Locator) -> None:
    """What comes after that video."""
    panel = await visitor.press(video, "Continue")
    await expect(panel).to_contain_text(f"The video so far is {VIDEO_SECONDS}.0 s long.")
    price = await price_of(panel)
    await visitor.look("continue")
    card = await visitor.press(panel, "Confirm")
    await expect_video(card, price)
    await expect(card).to_contain_text("Goes on from part 1")
    await visitor.look("continued")


async def look_back(visitor: Visitor) -> None:
    """All that was made stands in the history, the newest first, and comes back out of it."""
    await visitor.begin_command("history")
    page = await visitor.send()
    await expect(page.get_by_role("button", name="Show")).to_have_count(3)
    text = await page.inner_text()
    assert text.count(PROMPT) == text.count("Ready") == 3
    assert text.count(f"Seedance 2.0 · {VIDEO_SECONDS} s") == 2
    assert text.index("Seedance 2.0") < text.index("Midjourney V8.1")
    await visitor.look("history")
    await page.get_by_role("link", name="Go to its card").last.click()
    await expect(visitor.messages.first).to_be_in_viewport(timeout=STEP_MS)
    await page.get_by_role("button", name="Show").first.click()
    card = await visitor.new_message()
    await expect(card.locator("video")).to_have_count(1)
    await expect(card.get_by_role("button", name="Continue")).to_be_enabled()
    await visitor.look("shown again")


async def be_inspired(visitor: Visitor) -> None:
    """Pictures of the gallery by a word, and one of them with its prompt."""
    await visitor.begin_command("inspire")
    await visitor.page.keyboard.type(WORDS)
    page = await visitor.send()
    await expect(page).to_contain_text(f"“{WORDS}” in the gallery")
    await expect(page.locator("img.component-thumbnail")).to_have_count(2)
    await visitor.look("inspire")
    await page.get_by_role("button", name="Look closer").first.click()
    item = await visitor.new_message()
    await expect(item).to_contain_text("A lighthouse on a cliff")
    await expect(item).to_contain_text("--sref 2304871")
    await expect(item.locator("img.gallery-image")).to_have_count(4)
    await expect(item.get_by_role("button", name="Use this prompt")).to_be_enabled()
    await visitor.look("looking closer")


# ---------------------------------------------------------------- what is seen


async def price_of(panel: Locator) -> int:
    """As the panel tells it, in bold."""
    told = await panel.locator("strong").filter(has_text="credits").inner_text()
    return int(told.partition(" ")[0])


async def expect_video(card: Locator, credits_charged: int) -> None:
    """A video that has come and plays, at the price that was confirmed."""
    await expect(card).to_contain_text("Your video is ready", timeout=MAKING_MS)
    await expect(card).to_contain_text(f"{VIDEO_SECONDS} s · {credits_charged} credits charged")
    video = card.locator("video")
    await expect(video).to_have_count(1)
    await expect(card.locator(".media-player-time")).to_have_text(f"0:00 / 0:0{VIDEO_SECONDS}")
    assert await video.evaluate("(video) => video.duration") > 0
    await card.get_by_role("button", name="Play").click()
    assert await video.evaluate(_PLAYS)
    await card.get_by_role("button", name="Pause").click()
