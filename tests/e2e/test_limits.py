"""Each limit holds for every way in, before anything is spent and after a restart, and no more once it is lifted."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
import pytest_asyncio

from bot.ui.messages import Accent
from sandbox.discord import Channel, Member, Message, Role
from sandbox.meigen import Fault, FaultKind
from tests.e2e.harness import Stage, card_of, open_stage, together
from tests.e2e.limited import Ways, made, sets, told, ways_of

SNOW = "\uff53\uff4e\u043ew"
"""Full-width, and with a letter out of another alphabet."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Scene:
    """One bot, a guild with roles and channels, mia in it, and sam who moderates."""

    def __init__(self, stage: Stage, artists: Role, guests: Role, den: Channel, ways: Ways) -> None:
        self.stage = stage
        self.sam = stage.guild.add_member("sam", moderator=True)
        self.artists = artists
        self.guests = guests
        self.den = den
        self.ways = ways

    @property
    def mia(self) -> Member:
        return self.stage.mia

    async def limit(self, command: str, **options: Any) -> str:
        """`/limit` of the moderator: what the answer says."""
        return card_of(await self.sam.slash(self.stage.gallery, f"limit {command}", **options)).text


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with open_stage(tmp_path_factory.mktemp("easel")) as stage:
        artists, guests = stage.guild.create_role("Artists"), stage.guild.create_role("Guests")
        stage.guild.give(stage.mia, guests)
        den = stage.guild.create_channel("den", age_restricted=True)
        yield Scene(stage, artists, guests, den, await ways_of(stage, stage.mia, stage.gallery))


@pytest.fixture(autouse=True)
def as_it_was(scene: Scene) -> Iterator[None]:
    """No test leaves its limits to the next one."""
    yield
    with closing(sqlite3.connect(scene.stage.folder / "easel.db", timeout=10)) as raw, raw:
        raw.execute("DELETE FROM guild_settings")


def limits_of(scene: Scene) -> dict[str, tuple[dict[str, Any], str]]:
    """By what is limited: the setting, and a part of what a member is told."""
    mia, closed = scene.mia.id, scene.stage.guild.channel("closed").id
    block = {"user_id": mia, "until": 4_000_000_000.0, "reason": "too many foxes"}
    tier = {str(scene.guests.id): {"credits": 1}}
    return {
        "words": ({"blocked_words": [SNOW, "lava"]}, f"does not want requests with: {SNOW}"),
        "member": ({"blocked_members": [block]}, "too many foxes"),
        "channel": ({"channels": [closed]}, f"Ask me in <#{closed}>"),
        "role missing": ({"roles_allowed": [scene.artists.id]}, f"need the role <@&{scene.artists.id}>"),
        "role excluded": ({"roles_excluded": [scene.guests.id]}, f"<@&{scene.guests.id}>"),
        "age": ({"age_restricted_only": True}, "age-restricted channels only"),
        "model": ({"models": ["flux2-klein", "seedream-4.5"]}, "is not allowed on this server"),
        "resolution": ({"picture_resolution": "0.5K"}, "is too high for this server"),
        "guild day": ({"guild_credits_per_day": 1}, "this server may have 1 a day"),
        "guild month": ({"guild_credits_per_month": 1}, "this server may have 1 a month"),
        "member credits": ({"member_credits_per_day": 1}, "you may have 1 a day"),
        "member pictures": ({"member_pictures_per_day": 1}, "1 of 1 picture of yours"),
        "tier": ({"tiers": tier}, "you may have 1 a day"),
        "cool-down": ({"cooldown_seconds": 86_400}, "between two requests"),
    }


NAMES = (
    "words",
    "member",
    "channel",
    "role missing",
    "role excluded",
    "age",
    "model",
    "resolution",
    "guild day",
    "guild month",
    "member credits",
    "member pictures",
    "tier",
    "cool-down",
)


def lifted(settings: dict[str, Any]) -> dict[str, None]:
    return dict.fromkeys(settings)


@pytest.mark.parametrize("name", NAMES)
async def test_a_limit_holds_for_every_way_in(scene: Scene, name: str) -> None:
    settings, said = limits_of(scene)[name]
    stage = scene.stage
    jobs, sent = len(stage.jobs()), len(stage.submissions())
    sets(stage, **settings)
    ways = scene.ways.all
    if name == "model":
        # Left to Easel, a model that is allowed takes the place of the other.
        ways |= {"slash": lambda: scene.ways.slash(model="gpt-image-2")}
        del ways["menu"]
    for way, ask in ways.items():
        assert said in told(await ask()), way
    assert (len(stage.jobs()), len(stage.submissions())) == (jobs, sent)
    sets(stage, **lifted(settings))


async def test_all_of_them_hold_after_a_restart_and_are_told_together(scene: Scene) -> None:
    everything = limits_of(scene)
    stage = scene.stage
    sets(stage, **{name: value for settings, _ in everything.values() for name, value in settings.items()})
    await stage.bot.restart()
    await stage.knows_models()
    text = told(await scene.ways.slash(model="gpt-image-2"))
    missing = [name for name, (_, said) in everything.items() if said not in text]
    assert not missing, text
    sets(stage, **{name: None for settings, _ in everything.values() for name in settings})
    await stage.ended(made(await scene.ways.slash()))


async def test_once_lifted_every_way_is_open_again(scene: Scene) -> None:
    cards = [made(sent) for sent in await together(*(ask() for ask in scene.ways.all.values()))]
    for card in cards:
        await scene.stage.ended(card)


async def test_videos(scene: Scene) -> None:
    stage = scene.stage
    sets(
        stage,
        video_roles=[scene.artists.id],
        video_seconds=4,
        tier="fast",
        video_resolution="480p",
        member_videos_per_day=0,
    )
    text = told(await scene.ways.video(model="seedance-2-0", tier="pro", resolution="1080p", duration=10))
    for said in ("To ask for videos here you need", "10 s is too long", "“pro” is too high", "“1080p” is too high"):
        assert said in text
    assert "You may have no videos" in text
    sets(stage, **dict.fromkeys(("video_roles", "video_seconds", "tier", "video_resolution", "member_videos_per_day")))
    stage.guild.give(scene.mia, scene.artists)
    made(await scene.ways.video(model="seedance-2-0", tier="fast", resolution="480p", duration=4))


async def test_an_age_restricted_channel_and_a_role_open_the_door(scene: Scene) -> None:
    stage = scene.stage
    sets(stage, age_restricted_only=True, roles_allowed=[scene.artists.id])
    stage.guild.give(scene.mia, scene.artists)
    await stage.ended(made(await scene.mia.slash(scene.den, "imagine", prompt="a fox in the den")))
    stage.guild.take(scene.mia, scene.artists)
    assert f"<@&{scene.artists.id}>" in told(await scene.mia.slash(scene.den, "imagine", prompt="a fox in the den"))
    sets(stage, age_restricted_only=None, roles_allowed=None)


async def test_a_role_a_channel_and_a_model_that_are_gone_limit_nobody_else(scene: Scene) -> None:
    stage = scene.stage
    gone, closed_down = stage.guild.create_role("Gone"), stage.guild.create_channel("closed down")
    stage.guild.delete_role(gone)
    stage.world.delete_channel(closed_down)
    sets(
        stage,
        roles_excluded=[gone.id],
        tiers={str(gone.id): {"credits": 0}},
        channels=[closed_down.id, stage.gallery.id],
        models=["retired-1", "gpt-image-2"],
    )
    await stage.ended(made(await scene.ways.slash()))
    sets(stage, roles_excluded=None, tiers=None, channels=None, models=None)


async def test_of_fifty_at_once_as_many_are_made_as_the_budget_has_room_for(scene: Scene) -> None:
    stage = scene.stage
    people = [stage.guild.add_member(f"guest {number}") for number in range(25)]
    (used,) = [row["credits"] for row in credits_today(stage)]
    sets(stage, guild_credits_per_day=used + 11)
    asked = [
        person.slash(stage.gallery, "imagine", prompt=f"fox {number}", resolution="1K", quality="low")
        for number, person in enumerate(people * 2)
    ]
    sent = await together(*asked)
    taken = [each for each in sent if not card_of(each).ephemeral]
    assert len(taken) == 5, "at 2 credits each"
    for each in taken:
        await stage.ended(card_of(each))
    assert credits_today(stage)[0]["credits"] == used + 10
    sets(stage, guild_credits_per_day=None)


def credits_today(stage: Stage) -> Sequence[dict[str, Any]]:
    """By plain sums over the jobs."""
    rows = [row for row in stage.jobs() if row["state"] not in ("failed", "cancelled")]
    costs = [row["reserved_credits"] if row["charged_credits"] is None else row["charged_credits"] for row in rows]
    return [{"credits": sum(costs)}]


async def test_covered_results(scene: Scene) -> None:
    stage = scene.stage
    sets(stage, spoilers=True)
    done = await stage.ended(made(await scene.ways.slash()))
    assert [item["spoiler"] for item in done.gallery] == [True]
    sets(stage, spoilers=None)
    done = await stage.ended(made(await scene.ways.slash()))
    assert not any(item.get("spoiler") for item in done.gallery)


# ---------------------------------------------------------------- while it waits


async def test_a_pause_holds_everything_up_and_a_limit_that_came_meanwhile_holds(scene: Scene) -> None:
    stage = scene.stage
    await scene.limit("pause")
    waiting = [made(await scene.ways.slash()) for _ in range(2)]
    assert "have paused this server" in stage.now(waiting[0]).text
    sent = len(stage.submissions())
    ben = stage.guild.add_member("ben")
    other = card_of(await ben.slash(stage.gallery, "imagine", prompt="a fox of ben's"))
    await scene.limit("block", member=scene.mia.actor, until="2 h", reason="a break")
    await scene.limit("resume")
    await stage.ended(other)
    for card in waiting:
        ended = await stage.ended(card, Accent.FAILED)
        assert "limits stood against it" in ended.text
        assert "a break" in ended.text
        assert "Nothing was charged" in ended.text
    assert len(stage.submissions()) == sent + 1
    assert "a break" in told(await scene.ways.slash())
    await scene.limit("unblock", member=scene.mia.actor)
    await stage.ended(made(await scene.ways.slash()))


async def test_a_pause_outlives_a_restart(scene: Scene) -> None:
    stage = scene.stage
    await scene.limit("pause")
    card = made(await scene.ways.slash())
    sent = len(stage.submissions())
    await stage.bot.restart()
    await stage.knows_models()
    await stage.ended(await other_guild_card(stage))
    assert len(stage.submissions()) == sent + 1, "other servers go on"
    assert "have paused this server" in stage.now(card).text
    await scene.limit("resume")
    await stage.ended(card)


async def other_guild_card(stage: Stage) -> Message:
    other = stage.world.create_guild("Other", ("hall",))
    zoe = other.add_member("zoe")
    return card_of(await zoe.slash(other.channel("hall"), "imagine", prompt="a fox elsewhere"))


async def test_the_line_is_cleared_and_any_request_called_back(scene: Scene) -> None:
    stage = scene.stage
    await scene.limit("pause")
    cards = [made(await scene.ways.slash()) for _ in range(3)]
    job = stage.jobs()[-3]["id"]
    await scene.limit("cancel", request=str(job))
    first = await stage.ended(cards[0], Accent.STOPPED)
    assert "A moderator has called it back" in first.text
    asked = card_of(await scene.sam.slash(stage.gallery, "limit clear"))
    assert all("paused" in stage.now(card).text for card in cards[1:]), "nothing before the answer"
    await scene.sam.click(asked, "Call back all 2")
    for card in cards[1:]:
        await stage.ended(card, Accent.STOPPED)
    await scene.limit("resume")


async def test_only_one_at_once(scene: Scene) -> None:
    stage = scene.stage
    await scene.limit("queue", running_member="1")
    stage.meigen.faults.add(Fault(FaultKind.FINISHES_LATE, seconds=1.0))
    first = made(await scene.ways.slash())
    await stage.shows(first, "Being made")
    second = made(await scene.ways.slash())
    assert "It begins when one is done" in second.text
    await stage.ended(first)
    await stage.ended(second)
