"""Who may use a panel of limits, and what of the guild it goes by."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.domain.limits import Change, Limits
from bot.domain.policy import Use
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused
from bot.ports import Changed
from bot.ui.limits_panel import Known
from cogs.common import Click
from cogs.limits import _guarded
from cogs.limits_desk import LATEST_KEPT, Latest, known_of, lacks_in, let_in, log_channel
from tests.unit.cogs.test_common import INTERACTION, interaction

DISCORD_EPOCH_SECONDS = 1_420_070_400
MINUTE = 60 * 1000 << 22
"""Of a snowflake (Discord, Reference)."""
MANAGER, ADMINISTRATOR = discord.Permissions(manage_guild=True), discord.Permissions(administrator=True)
NOBODY = discord.Permissions(manage_messages=True)


def click(minutes_old: float, permissions: discord.Permissions = NOBODY) -> Any:
    """On a panel of that age."""
    message: dict[str, Any] = {
        "id": str(INTERACTION - int(minutes_old * MINUTE)),
        "channel_id": "6",
        "author": {"id": "1", "username": "easel", "discriminator": "0", "avatar": None},
        "content": "",
        "timestamp": "2026-01-01T00:00:00Z",
        "edited_timestamp": None,
        "type": 0,
        "flags": 64,
        **dict.fromkeys(("tts", "mention_everyone", "pinned"), False),
        **{key: [] for key in ("mentions", "mention_roles", "attachments", "embeds", "components")},
    }
    data = {"custom_id": "easel:limits:7:0:budgets", "component_type": 2}
    return interaction(type=3, data=data, message=message, permissions=permissions.value)


@pytest.mark.parametrize(
    ("minutes_old", "permissions", "is_let_in"),
    [
        (14.9, NOBODY, True),
        (15.1, NOBODY, False),
        (600, NOBODY, False),
        (600, MANAGER, True),
        (600, ADMINISTRATOR, True),
    ],
)
def test_an_old_panel_is_for_those_who_manage_the_server(
    minutes_old: float,
    permissions: discord.Permissions,
    is_let_in: bool,  # noqa: FBT001  a parameter
) -> None:
    asked = click(minutes_old, permissions)
    if is_let_in:
        let_in(asked)
        return
    with pytest.raises(Refused) as refused:
        let_in(asked)
    assert refused.value.problems == (Problem(ProblemCode.PANEL_TOO_OLD),)


@pytest.mark.parametrize(("minutes_old", "is_let_in"), [(14.9, True), (15.1, False), (None, False)])
def test_a_form_of_a_command_goes_by_when_it_was_opened(minutes_old: float | None, is_let_in: bool) -> None:  # noqa: FBT001  a parameter
    asked = interaction(type=5, data={"custom_id": "easel:limit_key:1"}, permissions=NOBODY.value)
    opened_at = None if minutes_old is None else asked.created_at.timestamp() - minutes_old * 60
    if is_let_in:
        let_in(asked, opened_at)
        return
    with pytest.raises(Refused):
        let_in(asked, opened_at)


async def test_a_click_reaches_its_handler_only_if_it_may() -> None:
    done: list[int] = []

    async def do(_: Any, given: Click) -> None:
        done.append(given.id)

    await _guarded(do)(click(1), Click("limits", 7))
    for asked, given in ((click(1), Click("limits", 8)), (click(20), Click("limits", 7))):
        with pytest.raises(Refused):
            await _guarded(do)(asked, given)
    assert done == [7]


# ---------------------------------------------------------------- what the guild has


def guild_of(*channels: dict[str, Any], unavailable: bool = False) -> discord.Guild:
    client = discord.Client(intents=discord.Intents(guilds=True))
    everyone = {"permissions": str(discord.Permissions(view_channel=True).value), "position": 0, "color": 0}
    flags = {"hoist": False, "managed": False, "mentionable": False, "flags": 0}
    roles = [everyone | flags | {"id": "5", "name": "@everyone"}, everyone | flags | {"id": "11", "name": "Artists"}]
    data = {"id": "5", "unavailable": True} if unavailable else {"id": "5", "roles": roles, "channels": list(channels)}
    return discord.Guild(data=cast("Any", data), state=client._connection)


TEXT = {"id": "21", "type": 0, "name": "art", "position": 0, "permission_overwrites": []}
CATEGORY = {"id": "22", "type": 4, "name": "rooms", "position": 0, "permission_overwrites": []}
FORUM = {"id": "23", "type": 15, "name": "talk", "position": 0, "permission_overwrites": []}


def at(guild: discord.Guild | None) -> Any:
    return SimpleNamespace(guild=guild, guild_id=5)


def test_what_is_known_of_a_guild() -> None:
    assert known_of(at(guild_of(TEXT, CATEGORY))) == Known({5: "@everyone", 11: "Artists"}, {21, 22})


def test_of_a_guild_that_is_not_there_nothing_counts_as_gone() -> None:
    for guild in (None, guild_of(unavailable=True)):
        known = known_of(at(guild))
        assert known.has_role(11)
        assert known.has_channel(21)


def test_a_log_stands_where_messages_can() -> None:
    guild = guild_of(TEXT, CATEGORY, FORUM)
    assert [log_channel(at(guild), each) for each in (None, 21, 99)] == [None, 21, 99], "Discord alone knows of 99"
    for each in (22, 23):
        with pytest.raises(Refused) as refused:
            log_channel(at(guild), each)
        assert refused.value.problems == (Problem(ProblemCode.LOG_CHANNEL_UNFIT, allowed=(str(each),)),)


def test_what_easel_lacks_in_the_log_channel() -> None:
    guild = guild_of(TEXT)
    me = {"user": {"id": "1", "username": "easel", "discriminator": "0", "avatar": None}, "roles": [], "flags": 0}
    guild._state.user = discord.ClientUser(state=guild._state, data=cast("Any", me["user"]))
    assert lacks_in(at(guild), 21) == (), "it does not know itself there"
    member = discord.Member(data=cast("Any", me | {"joined_at": None}), guild=guild, state=guild._state)
    guild._add_member(member)
    assert lacks_in(at(guild), 21) == ("send_messages",)
    assert lacks_in(at(guild), None) == lacks_in(at(guild), 99) == lacks_in(at(None), 21) == ()


# ---------------------------------------------------------------- two at once


def by(user_id: int, *, is_old: bool = False) -> Any:
    """An interaction of a moderator, of a moment ago or of last year."""
    made_at = INTERACTION if is_old else int((time.time() - DISCORD_EPOCH_SECONDS) * 1000) << 22
    user = {"id": str(user_id), "username": "sam", "discriminator": "0", "avatar": None}
    member: dict[str, Any] = {"user": user, "roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
    return interaction(id=str(made_at), member=member | {"permissions": "0"})


def change(user_id: int, name: str = "kept_days", guild_id: int = 5) -> Change:
    return Change(1, guild_id, user_id, 0.0, name, "5", "10")


def changed(*changes: Change, overridden: tuple[Change, ...] = ()) -> Changed:
    return Changed(Limits(), Use(), changes, overridden)


SAM, NOOR = 7, 8


def test_whoever_set_last_what_is_changed_now_is_to_be_told_once() -> None:
    latest, noors = Latest(), by(NOOR)
    days, mine = change(NOOR), change(SAM)
    assert latest.note(noors, changed(days, change(NOOR, "spoilers"))) == {}
    assert latest.note(by(SAM), changed(mine, overridden=(days,))) == {noors: [mine]}
    assert latest.note(by(NOOR), changed(days)) == {}, "the store tells of nobody that was overridden"
    assert latest.note(by(SAM), changed(overridden=())) == {}


def test_nobody_is_told_by_way_of_somebody_else_or_of_what_is_too_old() -> None:
    for theirs, overridden in ((by(NOOR, is_old=True), change(NOOR)), (by(9), change(NOOR))):
        latest = Latest()
        latest.note(theirs, changed(change(NOOR)))
        assert latest.note(by(SAM), changed(change(SAM), overridden=(overridden,))) == {}
    assert Latest().note(by(SAM), changed(change(SAM), overridden=(change(NOOR),))) == {}, "before a restart, say"


def test_only_so_many_are_remembered() -> None:
    latest, noors = Latest(), by(NOOR)
    names = [f"setting {number}" for number in range(LATEST_KEPT + 1)]
    latest.note(noors, changed(*(change(NOOR, name) for name in names)))
    found = latest.note(
        by(SAM), changed(*(change(SAM, n) for n in names), overridden=tuple(change(NOOR, n) for n in names))
    )
    assert [each.name for each in found[noors]] == names[1:]
