"""`/limit` over sockets: what is typed is set, what is left out stays, and what holds now is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from tests.e2e.harness import Stage, card_of, open_stage, until
from tests.e2e.limited import told
from tests.e2e.moderator import Moderator, forget_limits, people

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("easel")) as opened:
        people(opened)
        yield opened


@pytest.fixture(autouse=True)
def as_it_was(stage: Stage) -> Iterator[None]:
    yield
    forget_limits(stage)


@pytest.fixture
def sam(stage: Stage) -> Moderator:
    return Moderator(stage)


async def completed(sam: Moderator, command: str, option: str, text: str) -> list[str]:
    """Values that are offered."""
    sent = await sam.member.autocomplete(sam.stage.gallery, f"limit {command}", option, text)
    return [str(choice["value"]) for choice in sent.choices or []]


TYPED: list[tuple[str, dict[str, Any], list[str]]] = [
    ("server", {"day": "500", "month": "9,000"}, ["Credits a day, for the whole server:** no limit → 500"]),
    ("server", {"month": "9,000"}, ["Credits a month, for the whole server:** no limit → 9,000"]),
    ("member", {"credits": "50", "videos": "3"}, ["Videos a day, for each member:** no limit → 3"]),
    ("member", {"pictures": "7"}, ["Pictures a day, for each member:** no limit → 7"]),
    ("queue", {"running_member": "2", "running_server": "6"}, ["for each member:** no limit → 2", "no limit → 6"]),
    ("queue", {"waiting_member": "5", "waiting_server": "50"}, ["20 → 5", "200 → 50"]),
    ("queue", {"cooldown": "30"}, ["Seconds between two requests of a member:** 0 → 30"]),
    ("confirm", {"credits": "20"}, ["100 → 20"]),
    ("keep", {"days": "7"}, ["30 → 7"]),
    ("seconds", {"longest": "8"}, ["Longest video, in seconds:** no limit → 8"]),
    ("timezone", {"zone": "europe/berlin"}, ["Time zone:** UTC → Europe/Berlin"]),
    ("highest", {"picture_resolution": "2k", "tier": "none"}, ["as high as they like → 2K"]),
    ("model", {"model": "Flux 2 Klein", "allowed": False}, ["Models:** all of them → "]),
    ("words", {"add": "blood, red wine"}, ["blood, red wine added"]),
]


@pytest.mark.parametrize(("command", "options", "says"), TYPED)
async def test_what_is_typed_is_set_and_told(
    sam: Moderator, command: str, options: dict[str, Any], says: list[str]
) -> None:
    answer = await sam.command(command, **options)
    assert answer.startswith("**Changed**")
    for part in says:
        assert part in answer
    assert "Nothing is different" in await sam.command(command, **options)


SHOWN = ("server", "member", "queue", "confirm", "keep", "seconds", "timezone", "highest", "model", "videos", "channel")


@pytest.mark.parametrize("command", [*SHOWN, "words", "show", "log"])
async def test_without_options_a_command_shows_what_holds(sam: Moderator, command: str) -> None:
    answer = await sam.command(command)
    assert answer.startswith("### ")
    assert sam.stage.rows("changes") == []


async def test_an_option_that_is_left_out_changes_nothing(stage: Stage, sam: Moderator) -> None:
    artists = stage.guild.role("Artists")
    await sam.command("member", credits="50", videos="3")
    answer = await sam.command("member", videos="none")
    assert "50 · " in answer
    assert "3 → no limit" in answer
    await sam.command("tier", role=artists, credits="200", videos="none")
    answer = await sam.command("tier", role=artists, pictures="5")
    assert "200 credits, 5 pictures a day, videos without limit" in answer
    assert "as everybody" in await sam.command("tier", role=artists, remove=True)


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("server", {"day": "lots"}, "“lots” is no whole number"),
        ("keep", {"days": "0"}, "It goes from 1 to 3,650"),
        ("timezone", {"zone": "Mars"}, "I do not know the time zone “Mars”"),
        ("model", {"model": "Dali"}, "There is no model named “Dali”"),
        ("highest", {"video_resolution": "9p"}, "no model that works now has “9p”. Choose 480p"),
        ("words", {"add": " , "}, "There is no word in that"),
        ("words", {"remove": "blood"}, "“blood” is not on the list"),
        ("cancel", {"request": "the first one"}, "I do not know that request"),
        ("cancel", {"request": "9" * 30}, "I do not know that request"),
        ("cancel", {"request": "12345"}, "I do not know that request"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_sentence(
    stage: Stage, sam: Moderator, command: str, options: dict[str, str], says: str
) -> None:
    assert says in told(await sam.member.slash(stage.gallery, f"limit {command}", **options))
    assert stage.rows("guild_settings") == []


async def test_channels_and_roles(stage: Stage, sam: Moderator) -> None:
    artists, closed = stage.guild.role("Artists"), stage.guild.channel("closed")
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("channel", {"channel": closed}, f"everywhere → <#{closed.id}>"),
        ("channel", {"channel": stage.gallery}, f"<#{stage.gallery.id}> added"),
        ("channel", {"channel": closed, "allowed": False}, f"<#{closed.id}> taken away"),
        ("role", {"role": artists, "rule": "allowed"}, f"everybody → <@&{artists.id}>"),
        ("role", {"role": artists, "rule": "excluded"}, f"nobody → <@&{artists.id}>"),
        ("role", {"role": artists, "rule": "open"}, f"<@&{artists.id}> → nobody"),
        ("videos", {"role": artists}, f"everybody → <@&{artists.id}>"),
        ("videos", {"role": artists, "allowed": False}, f"<@&{artists.id}> → everybody"),
    ]
    for command, options, says in steps:
        assert says in await sam.command(command, **options)


async def test_members_are_blocked_and_let_in_again(stage: Stage, sam: Moderator) -> None:
    answer = await sam.command("block", member=stage.mia.actor, until="2 days", reason="floods")
    assert f"<@{stage.mia.id}> until <t:" in answer
    assert ": floods" in answer
    assert "floods" in told(await stage.mia.slash(stage.gallery, "imagine", prompt="a fox"))
    assert f"<@{stage.mia.id}> may ask again" in await sam.command("unblock", member=stage.mia.actor)
    refusal = told(await sam.member.slash(stage.gallery, "limit block", member=sam.member.actor))
    assert "You cannot block yourself" in refusal


async def test_words(stage: Stage, sam: Moderator) -> None:
    await sam.command("words", add="blood, snow")
    assert "It meets: snow." in await sam.command("test", text="SNOW!")
    assert await completed(sam, "words", "remove", "bl") == ["blood"]
    assert "snow taken away" in await sam.command("words", remove="Snow")
    assert "meets none" in await sam.command("test", text="SNOW!")


async def test_switches_and_the_log(stage: Stage, sam: Moderator) -> None:
    answer = await sam.command("show", spoilers=True, age_restricted=True)
    assert "**Results as spoilers:** off → on\n**Age-restricted channels only:** off → on" in answer
    assert "on → off" in await sam.command("show", age_restricted=False)
    closed = stage.guild.channel("closed")
    assert f"none → <#{closed.id}>" in await sam.command("log", channel=closed)
    assert f"<#{closed.id}> → none" in await sam.command("log", off=True)


async def test_stop_and_go(stage: Stage, sam: Moderator) -> None:
    assert "**Paused.** Nothing new is begun." in await sam.command("pause")
    cards = [await stage.ask(f"waits {number}") for number in range(3)]
    (first, *_) = await completed(sam, "cancel", "request", "")
    assert "Called back" in await sam.command("cancel", request=first)
    question = card_of(await sam.member.slash(stage.gallery, "limit clear"))
    assert "**Call back 2 requests that wait?**" in question.text
    done = await sam.click(question, "Call back all 2")
    assert "**Called back:** 2 requests." in done.text
    for card in cards:
        await stage.ended(card, Accent.STOPPED)
    assert "Requests are taken, and made in turn" in await sam.command("resume")


async def test_options_complete_themselves(sam: Moderator) -> None:
    assert await completed(sam, "timezone", "zone", "europe/ber") == ["Europe/Berlin"]
    assert await completed(sam, "timezone", "zone", "new york") == ["America/New_York"]
    assert len(await completed(sam, "timezone", "zone", "")) == 25
    assert await completed(sam, "model", "model", "flux") == ["flux2-klein"]
    assert (await completed(sam, "highest", "video_resolution", ""))[:2] == ["none", "480p"]
    assert await completed(sam, "cancel", "request", "") == []


async def test_from_the_answer_of_a_command_the_panel_goes_on(sam: Moderator) -> None:
    sent = await sam.member.slash(sam.stage.gallery, "limit keep", days="7")
    panel = card_of(sent)
    page = await sam.submit(panel, await sam.form(panel, "Change price and days"), kept_days="9")
    assert "7 → 9" in page.text


async def test_whoever_typed_a_moment_ago_is_told_too(stage: Stage, sam: Moderator) -> None:
    noor = Moderator(stage, "noor")
    await noor.command("keep", days="7")
    before = len(stage.world.messages(stage.gallery))
    assert "You have replaced what" in await sam.command("keep", days="9")
    notice = await until(
        lambda: next((m for m in stage.world.messages(stage.gallery)[before:] if "has just changed" in m.text), None),
        what="noor to be told",
    )
    assert notice.ephemeral


async def test_only_servers_have_them_and_there_only_moderators_unless_a_server_says_otherwise(stage: Stage) -> None:
    """Also while people may take Easel with them: nobody moderates there."""
    await stage.bot.terminate()
    await stage.bot.start(ALLOW_DIRECT_MESSAGES="on")
    synced = {command["name"]: command for command in stage.world.commands()}
    for name in ("limits", "limit", "usage"):
        command = synced[name]
        assert (command["contexts"], command["integration_types"]) == ([0], [0]), name
        assert int(command["default_member_permissions"]) == 1 << 5, "Manage Server"
    assert synced["imagine"]["contexts"] == [0, 1, 2]
