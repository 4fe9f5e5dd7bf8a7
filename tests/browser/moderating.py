"""A newcomer at the moderators' panel: sets a budget, a role tier and a blocked word, and members meet each."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from tests.browser.visit import STEP_MS, Visitor

PAGES = (
    "Budgets",
    "Role tiers",
    "Queue and pace",
    "What can be made",
    "Where and who",
    "Words",
    "How it is shown",
    "Stop and go",
    "Own key",
    "Recent changes",
)
GO_TO = "Go to another page…"


async def moderate(visitor: Visitor) -> None:
    await expect(visitor.page.locator("#channel-empty")).to_be_visible(timeout=STEP_MS)
    await visitor.become("sam")
    await visitor.begin_command("limits")
    panel = await visitor.send()
    await look_around(visitor, panel)
    await set_a_budget(visitor, panel)
    await set_a_tier(visitor, panel)
    await block_a_word(visitor, panel)
    await meet_them(visitor)


async def go(visitor: Visitor, panel: Locator, name: str) -> None:
    await visitor.choose(panel, GO_TO, name, is_several=False)
    await expect(panel.locator("h3").first).to_have_text(name)


async def look_around(visitor: Visitor, panel: Locator) -> None:
    """Every page, each named on the first one."""
    await expect(panel).to_contain_text("What is allowed on this server")
    await visitor.look("limits")
    for name in PAGES:
        await expect(panel).to_contain_text(f"{name}:")
    for name in PAGES:
        await go(visitor, panel, name)
        await visitor.look(name.lower(), is_at_end=False)


async def set_a_budget(visitor: Visitor, panel: Locator) -> None:
    """Wrong at first: what was typed is still there."""
    await go(visitor, panel, "Budgets")
    await panel.get_by_role("button", name="Change budgets").click()
    await visitor.fill(**{"Pictures a day, for each member": "a few"})
    await expect(panel).to_contain_text("“a few” is no whole number")
    await visitor.look("not a budget")
    await panel.get_by_role("button", name="Change what you typed").click()
    await expect(visitor.page.get_by_role("textbox", name="Pictures a day, for each member")).to_have_value("a few")
    await visitor.keep("once more")
    await visitor.fill(**{"Pictures a day, for each member": "1"})
    await expect(panel).to_contain_text("Pictures a day, for each member: no limit → 1")
    await visitor.look("budget")


async def set_a_tier(visitor: Visitor, panel: Locator) -> None:
    await go(visitor, panel, "Role tiers")
    await visitor.choose(panel, "Choose a role, then say what it may use", "Artists", is_several=False)
    await visitor.fill(Pictures_a_day="2")
    await expect(panel).to_contain_text("@Artists: 2 pictures a day")
    await visitor.look("tier")


async def block_a_word(visitor: Visitor, panel: Locator) -> None:
    await go(visitor, panel, "Words")
    await panel.get_by_role("button", name="Add words").click()
    await visitor.page.get_by_role("textbox", name="Words and phrases").fill("lava")
    await visitor.page.get_by_role("button", name="Submit").click()
    await expect(panel).to_contain_text("Blocked words: lava added")
    await visitor.look("word")


async def meet_them(visitor: Visitor) -> None:
    """mia has no role, noor is an artist."""
    await ask(visitor, "mia", "a lake of L\u00e1va", "This server does not want requests with: lava")
    await ask(visitor, "mia", "a quiet lake", "a quiet lake")
    await ask(visitor, "mia", "a quiet lake again", "1 of 1 picture of yours")
    await ask(visitor, "noor", "a river", "a river")
    await ask(visitor, "noor", "a wider river", "a wider river")
    await ask(visitor, "noor", "a third river", "2 of 2 pictures of yours")


async def ask(visitor: Visitor, person: str, prompt: str, says: str) -> None:
    """What a member is told."""
    await visitor.become(person)
    visitor.seen = await visitor.messages.count()
    await visitor.begin_command("imagine")
    await visitor.page.keyboard.type(prompt)
    await expect(await visitor.send()).to_contain_text(says)
    await visitor.look(f"{person} {prompt}")
