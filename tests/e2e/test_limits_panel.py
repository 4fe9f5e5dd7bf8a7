"""The moderators' panel over sockets: opened, walked through, every control used, and wrong words mended."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import Message, Outcome
from tests.e2e.harness import Stage, form_of, open_stage, until
from tests.e2e.limited import told
from tests.e2e.moderator import PAGES, Moderator, forget_limits, people

pytestmark = pytest.mark.asyncio(loop_scope="module")

AREAS = (
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
DAY, MONTH = "Credits a day, for the whole server", "Credits a month, for the whole server"
VIDEOS = "Videos a day, for each member"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        people(opened)
        yield opened


@pytest.fixture(autouse=True)
def as_it_was(stage: Stage) -> Iterator[None]:
    """No test leaves its limits to the next one."""
    yield
    forget_limits(stage)


@pytest.fixture
def sam(stage: Stage) -> Moderator:
    return Moderator(stage)


async def refused(stage: Stage, **options: Any) -> str:
    """What mia is told."""
    return told(await stage.mia.slash(stage.gallery, "imagine", prompt="a fox in the snow", **options))


async def taken(stage: Stage) -> Message:
    return await stage.ended(await stage.ask("a fox in the snow"))


# ---------------------------------------------------------------- opened


async def test_every_page_can_be_opened_and_offers_something(stage: Stage, sam: Moderator) -> None:
    panel = await sam.open()
    assert "What is allowed on this server" in panel.text
    for area in AREAS:
        assert f"**{area}:**" in panel.text
    for area in AREAS:
        page = await sam.choose(panel, PAGES, area)
        assert page.text.startswith(f"### {area}")
        assert len(page.buttons) + len(page.menus) > 1 or area == "Recent changes"
    assert (await sam.choose(panel, PAGES, "Overview")).text == panel.text


async def test_the_panel_is_for_moderators(stage: Stage) -> None:
    for command in ("limits", "limit pause"):
        with pytest.raises(Exception, match="not visible"):
            await stage.mia.slash(stage.gallery, command)


async def test_the_panel_works_after_a_restart(stage: Stage, sam: Moderator) -> None:
    panel = await sam.open("Queue and pace")
    form = await sam.form(panel, "Change the queue")
    await stage.bot.restart()
    page = await sam.submit(panel, form, cooldown_seconds="30")
    assert "**Changed**\n**Seconds between two requests of a member:** 0 → 30" in page.text


# ---------------------------------------------------------------- budgets and tiers


async def test_a_budget_is_set_holds_and_is_lifted(stage: Stage, sam: Moderator) -> None:
    panel = await sam.open("Budgets")
    form = await sam.form(panel, "Change budgets")
    assert form.title == "Budgets"
    page = await sam.submit(panel, form, guild_credits_per_day="1", member_videos_per_day="3")
    assert page.accent_color == Accent.DONE
    assert f"**Changed**\n**{DAY}:** no limit → 1\n**{VIDEOS}:** no limit → 3\n" in page.text
    assert f"**{VIDEOS}:** 3 · 0 used by you today · usually no limit" in page.text
    assert "of this server" in await refused(stage) or "this server may have" in await refused(stage)
    again = await sam.form(page, "Change budgets")
    assert (again.values[DAY], again.values[MONTH]) == ("1", "")
    page = await sam.submit(panel, again, guild_credits_per_day="none", member_videos_per_day="")
    assert "3 → no limit" in page.text
    await taken(stage)


async def test_nothing_is_lost_of_what_was_typed_wrong(stage: Stage, sam: Moderator) -> None:
    panel = await sam.open("Budgets")
    form = await sam.form(panel, "Change budgets")
    page = await sam.submit(panel, form, guild_credits_per_day="500", guild_credits_per_month="lots")
    assert page.accent_color == Accent.FAILED
    assert f"**Not changed**\n**{MONTH}**: “lots” is no whole number." in page.text
    assert f"**{DAY}:** no limit" in page.text
    again = await sam.form(page, "Change what you typed")
    assert (again.values[DAY], again.values[MONTH]) == ("500", "lots")
    page = await sam.submit(panel, again, guild_credits_per_month="9,000")
    assert f"**{DAY}:** no limit → 500\n**{MONTH}:** no limit → 9,000" in page.text
    assert "Change what you typed" not in [button.label for button in page.buttons]


async def test_a_budget_below_what_is_used_is_said(stage: Stage, sam: Moderator) -> None:
    await taken(stage)
    panel = await sam.open("Budgets")
    page = await sam.submit(panel, await sam.form(panel, "Change budgets"), guild_credits_per_day="1")
    assert re.search(r"\d+ are used today already, so nothing more can be asked until <t:\d+:R>", page.text)


async def test_the_time_zone(stage: Stage, sam: Moderator) -> None:
    panel = await sam.open("Budgets")
    page = await sam.submit(panel, await sam.form(panel, "Change time zone"), time_zone="Mars")
    assert "I do not know the time zone “Mars”" in page.text
    form = await sam.form(page, "Change what you typed")
    assert form.values["Time zone"] == "Mars"
    page = await sam.submit(panel, form, time_zone="europe/berlin")
    assert "**Time zone:** UTC → Europe/Berlin" in page.text
    assert "*Europe/Berlin*" in page.text


async def test_a_role_gets_figures_of_its_own_until_they_are_taken_away(stage: Stage, sam: Moderator) -> None:
    artists = stage.guild.role("Artists")
    panel = await sam.open("Role tiers")
    form = await sam.form_for(panel, "Choose a role, then say what it may use", artists)
    assert form.title == "What Artists may use"
    page = await sam.submit(panel, form, credits="many")
    assert "“many” is no whole number" in page.text
    form = await sam.form(page, "Change what you typed")
    assert form.values["Credits a day"] == "many"
    page = await sam.submit(panel, form, credits="200", videos="none")
    assert f"**Role tiers:** <@&{artists.id}>: 200 credits a day, videos without limit" in page.text
    page = await sam.choose(panel, "Take the figures of a role away", "Artists")
    assert f"<@&{artists.id}>: as everybody" in page.text
    assert "No role has figures of its own." in page.text


async def test_figures_of_a_role_that_was_deleted_are_shown_as_such(stage: Stage, sam: Moderator) -> None:
    gone = stage.guild.create_role("Gone")
    await sam.command("tier", role=gone, credits="1")
    stage.guild.delete_role(gone)
    panel = await sam.open("Role tiers")
    assert "a deleted role: 1 credit a day" in panel.text
    page = await sam.choose(panel, "Take the figures of a role away", f"a deleted role ({gone.id})")
    assert "a deleted role: as everybody" in page.text


# ---------------------------------------------------------------- what can be made


async def test_models_are_chosen_in_the_menu_and_all_allowed_again(stage: Stage, sam: Moderator) -> None:
    panel = await sam.open("What can be made")
    page = await sam.choose(panel, "Allow only these models", ["Flux 2 Klein"])
    assert "**Models:** all of them → Flux 2 Klein" in page.text
    assert "is not allowed on this server" in await refused(stage, model="midjourney-v8.1")
    page = await sam.click(panel, "Allow all models")
    assert "**Models:** Flux 2 Klein → all of them" in page.text


async def test_the_highest_ones_the_seconds_and_who_may_make_videos(stage: Stage, sam: Moderator) -> None:
    artists = stage.guild.role("Artists")
    panel = await sam.open("What can be made")
    page = await sam.choose(panel, "Highest resolution of videos", "720p")
    assert "**Highest resolution of videos:** as high as they like → 720p" in page.text
    page = await sam.choose(panel, "Highest resolution of videos", "As high as they like")
    assert "720p → as high as they like" in page.text
    page = await sam.submit(panel, await sam.form(page, "Change seconds"), video_seconds="5")
    assert "**Longest video, in seconds:** no limit → 5" in page.text
    page = await sam.choose(panel, "Only these roles may make videos", [artists])
    assert f"everybody → <@&{artists.id}>" in page.text
    assert "this concerns you, too. You have none of these roles" in page.text
    assert f"<@&{artists.id}>" in await refused_video(stage)
    page = await sam.choose(panel, "Only these roles may make videos", ())
    assert f"<@&{artists.id}> → everybody" in page.text


async def refused_video(stage: Stage) -> str:
    return told(await stage.mia.slash(stage.gallery, "video", prompt="a fox in the snow"))


# ---------------------------------------------------------------- where and who


async def test_channels_and_roles_are_chosen_in_native_menus(stage: Stage, sam: Moderator) -> None:
    artists, guests = stage.guild.role("Artists"), stage.guild.role("Guests")
    closed = stage.guild.channel("closed")
    panel = await sam.open("Where and who")
    page = await sam.choose(panel, "Only in these channels and categories", [closed])
    assert f"**Channels:** everywhere → <#{closed.id}>" in page.text
    assert f"<#{closed.id}>" in await refused(stage)
    page = await sam.choose(panel, "Only in these channels and categories", ())
    page = await sam.choose(panel, "Only these roles may ask", [artists, guests])
    assert "You cannot ask any more with the roles that you have" in page.text
    assert page.menu("Only these roles may ask").chosen == (str(artists.id), str(guests.id))
    stage.guild.delete_role(guests)
    page = await sam.choose(panel, "These roles may not ask", [artists])
    assert page.menu("Only these roles may ask").chosen == (str(artists.id),)
    assert f"<@&{artists.id}>, a deleted role" in page.text
    stage.guild.create_role("Guests")


async def test_where_all_that_was_chosen_is_gone_it_is_said_that_nobody_can_ask(stage: Stage, sam: Moderator) -> None:
    den = stage.guild.create_channel("den")
    panel = await sam.open("Where and who")
    await sam.choose(panel, "Only in these channels and categories", [den])
    stage.world.delete_channel(den)
    for area in ("Overview", "Where and who"):
        assert "all that were chosen are gone, so nobody can ask" in (await sam.choose(panel, PAGES, area)).text


async def test_a_member_is_blocked_told_why_and_let_in_again(stage: Stage, sam: Moderator) -> None:
    panel = await sam.open("Where and who")
    page = await sam.submit(panel, await sam.form_for(panel, "Block a member", sam.member), until="", reason="")
    assert "You cannot block yourself" in page.text
    form = await sam.form_for(panel, "Block a member", stage.mia)
    page = await sam.submit(panel, form, until="whenever", reason="too many foxes")
    assert "“whenever” is no time that I can read" in page.text
    form = await sam.form(page, "Change what you typed")
    assert form.values == {"Until when": "whenever", "Why": "too many foxes"}
    page = await sam.submit(panel, form, until="3 h")
    assert re.search(rf"\*\*Blocked members:\*\* <@{stage.mia.id}> until <t:\d+:f>: too many foxes", page.text)
    assert "too many foxes" in await refused(stage)
    page = await sam.choose(panel, "Lift the block of a member", Moderator(stage, "noor").member)
    assert "Nothing is different" in page.text
    page = await sam.choose(panel, "Lift the block of a member", stage.mia)
    assert f"<@{stage.mia.id}> may ask again" in page.text
    await taken(stage)


# ---------------------------------------------------------------- words


async def test_words_are_added_tested_met_and_taken_away(stage: Stage, sam: Moderator) -> None:
    panel = await sam.open("Words")
    page = await sam.submit(panel, await sam.form(panel, "Add words"), words="snow\nred wine, blood")
    assert "**Blocked words:** snow, red wine, blood added" in page.text
    page = await sam.submit(panel, await sam.form(page, "Test a text"), text="SN\u041eW in a winery")
    assert "would be refused.** It meets: snow." in page.text
    assert "does not want requests with: snow" in await refused(stage)
    page = await sam.submit(panel, await sam.form(page, "Add words"), words="x" * 101)
    assert "is too long to look for" in page.text
    page = await sam.choose(panel, "Take words away", ["snow", "blood"])
    assert "snow, blood taken away" in page.text
    assert "1 word or phrase" in page.text
    await taken(stage)


# ---------------------------------------------------------------- how it is shown


async def test_switches_and_the_log_channel(stage: Stage, sam: Moderator) -> None:
    closed = stage.guild.channel("closed")
    panel = await sam.open("How it is shown")
    page = await sam.click(panel, "Cover results")
    assert "**Results as spoilers:** off → on" in page.text
    page = await sam.click(panel, "Only age-restricted channels")
    assert "elsewhere nothing can be asked" in page.text
    page = await sam.choose(panel, "A channel for the log", [closed])
    assert f"**Log channel:** none → <#{closed.id}>" in page.text
    assert page.menu("A channel for the log").chosen == (str(closed.id),)
    page = await sam.click(panel, "No log channel")
    assert f"<#{closed.id}> → none" in page.text


async def test_a_category_holds_no_log(stage: Stage, sam: Moderator) -> None:
    category = stage.guild.handle.create_category("Rooms")
    panel = await sam.open("How it is shown")
    page = await sam.choose(panel, "A channel for the log", [category])
    assert "holds no messages. Choose a text channel for the log." in page.text


# ---------------------------------------------------------------- stop and go


async def test_the_line_is_stopped_called_back_one_by_one_cleared_and_goes_on(stage: Stage, sam: Moderator) -> None:
    panel = await sam.open("Stop and go")
    page = await sam.click(panel, "Pause")
    assert "**Paused.** Nothing new is begun." in page.text
    cards = [await stage.ask(f"paused {number}") for number in range(4)]
    page = await sam.click(panel, "Look again")
    assert "0 being made, 4 waiting" in page.text
    first = page.menu("Call one back").labels[0]
    page = await sam.choose(panel, "Call one back", first)
    assert f"**Called back:** the request of <@{stage.mia.id}>. Nothing was spent for it." in page.text
    await stage.shows(cards[0], "A moderator has called it back")
    page = await sam.click(panel, "Clear the queue")
    assert "**Call back 3 requests that wait?**" in page.text
    page = await sam.click(panel, "Never mind")
    assert "3 waiting" in page.text
    await sam.click(panel, "Clear the queue")
    page = await sam.click(panel, "Call back all 3")
    assert "**Called back:** 3 requests." in page.text
    assert "Nothing is under way." in page.text
    for card in cards:
        await stage.ended(card, Accent.STOPPED)
    page = await sam.click(panel, "Go on")
    assert "**Paused:** on → off" in page.text
    await taken(stage)


# ---------------------------------------------------------------- own key


async def test_a_key_is_entered_checked_shown_by_its_end_and_removed(stage: Stage, sam: Moderator) -> None:
    key = stage.meigen.add_key()
    panel = await sam.open("Own key")
    for wrong, said in (("short", "does not look like a key"), ("meigen_sk_" + "0" * 32, "does not accept that key")):
        page = await entered(sam, panel, wrong)
        assert said in page.text
        assert "none. Whoever runs Easel pays." in page.text
    page = await entered(sam, panel, f" {key} ")
    assert f"**MeiGen has accepted the key …{key[-4:]}**" in page.text
    assert f"the key …{key[-4:]} works" in page.text
    card = await taken(stage)
    assert card
    assert stage.generations("a fox in the snow")[-1].key == key
    page = await sam.click(panel, "Remove the key")
    assert f"**Remove the key …{key[-4:]} for MeiGen?**" in page.text
    page = await sam.click(panel, "Remove the key")
    assert f"**The key …{key[-4:]} for MeiGen is removed.**" in page.text
    everywhere = [stage.bot.log, *(str(row) for row in stage.rows("guild_keys")), *(m.text for m in stage.everything())]
    assert not any(key in place for place in everywhere)


async def entered(sam: Moderator, panel: Message, key: str, button: str = "Enter a key") -> Message:
    """The page once the key was checked."""
    before = sam.stage.now(panel).edited_at
    sent = await sam.member.submit(await sam.form(panel, button), {"key": key})
    assert sent.outcome is Outcome.DEFERRED_UPDATE
    await until(lambda: sam.stage.now(panel).edited_at != before, what="the key to be checked")
    return sam.stage.now(panel)


async def test_a_command_opens_the_form_for_a_key(stage: Stage, sam: Moderator) -> None:
    form = form_of(await sam.member.slash(stage.gallery, "limit key"))
    sent = await sam.member.submit(form, {"key": "short"})
    answer = await until(lambda: sent.message if sent.message and not sent.message.loading else None, what="an answer")
    assert answer.ephemeral
    assert "does not look like a key" in answer.text


# ---------------------------------------------------------------- changes, and two at once


async def test_all_changes_are_told_the_latest_first(stage: Stage, sam: Moderator) -> None:
    for days in range(1, 13):
        await sam.command("keep", days=str(days))
    panel = await sam.open("Recent changes")
    told_days = re.findall(r"→ (\d+)", panel.text)
    assert told_days == [str(days) for days in range(12, 2, -1)]
    page = await sam.click(panel, "Older")
    assert re.findall(r"→ (\d+)", page.text) == ["2", "1"]
    assert re.findall(r"→ (\d+)", (await sam.click(panel, "Newest")).text) == told_days
    assert f"<@{sam.member.id}>" in page.text


async def test_of_two_moderators_the_last_one_wins_and_both_are_told(stage: Stage, sam: Moderator) -> None:
    noor = Moderator(stage, "noor")
    hers = await noor.open("Queue and pace")
    await noor.submit(hers, await noor.form(hers, "Change price and days"), kept_days="5")
    before = len(stage.world.messages(stage.gallery))
    his = await sam.open("Queue and pace")
    page = await sam.submit(his, await sam.form(his, "Change price and days"), kept_days="10")
    label = "**Days that prompts and results are kept:**"
    assert f"{label} 5 → 10\nYou have replaced what <@{noor.member.id}> had set <t:" in page.text
    found = await until(
        lambda: [m for m in stage.world.messages(stage.gallery)[before:] if "has just changed" in m.text],
        what="noor to be told",
    )
    assert [message.ephemeral for message in found] == [True]
    assert found[0].text == f"**<@{sam.member.id}> has just changed what you had set.**\n{label} 5 → 10"
    await sam.submit(his, await sam.form(his, "Change price and days"), kept_days="11")
    assert "Nothing" not in stage.now(his).text
    assert len([m for m in stage.world.messages(stage.gallery)[before:] if "has just changed" in m.text]) == 1


# ---------------------------------------------------------------- the log


async def test_a_form_that_was_opened_before_leaves_what_it_was_not_about(stage: Stage, sam: Moderator) -> None:
    noor = Moderator(stage, "noor")
    theirs = await noor.open("Budgets")
    form = await noor.form(theirs, "Change budgets")
    await sam.command("member", videos="0")
    page = await noor.submit(theirs, form, guild_credits_per_month="9000")
    assert "no limit → 9,000" in page.text
    assert "**Videos a day, for each member:** 0" in page.text


async def test_what_is_typed_as_a_key_is_in_no_line_of_the_most_talkative_log(stage: Stage, sam: Moderator) -> None:
    await stage.bot.terminate()
    await stage.bot.start(LOG_LEVEL="DEBUG")
    panel = await sam.open("Own key")
    for key, button in ((stage.meigen.add_key(), "Enter a key"), ("looks-like-nothing-special", "Enter another key")):
        await entered(sam, panel, key, button)
        assert "limit_key" in stage.bot.log, "or the log was not so talkative"
        assert key not in stage.bot.log
    for _ in range(2):
        await sam.click(panel, "Remove the key")
