"""Where a request comes from, by the words of interactions that the sandbox does not make."""

from __future__ import annotations

from typing import Any, cast

import discord
import pytest

from bot.ports import CardKind
from cogs.common import missing_permissions, origin_of

ALL = discord.Permissions.all().value
INTERACTION = 1_200_000_000_000_000_000
GUILD, DM, ELSEWHERE = 0, 1, 2
"""Where it was sent (Discord, Interaction Context Types)."""


def interaction(**changes: Any) -> discord.Interaction[Any]:
    """One in a server, as Discord sends it."""
    client = discord.Client(intents=discord.Intents(guilds=True))
    client._connection.user = discord.ClientUser(
        state=client._connection,
        data=cast("Any", {"id": "1", "username": "easel", "discriminator": "0", "avatar": None}),
    )
    user = {"id": "7", "username": "mia", "discriminator": "0", "avatar": None}
    data = {
        "id": str(INTERACTION),
        "application_id": "1",
        "type": 2,
        "token": "secret",
        "version": 1,
        "guild_id": "5",
        "guild": {"id": "5", "locale": "en-US", "features": []},
        "channel": {"id": "6", "type": 0, "name": "gallery", "position": 0, "permissions": "0"},
        "member": {"user": user, "roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
        | {"permissions": str(changes.pop("permissions", 0))},
        "app_permissions": str(ALL),
        "attachment_size_limit": 10_485_760,
        "authorizing_integration_owners": {"0": "5"},
        "context": GUILD,
        "locale": "en-US",
    } | changes
    if data["context"] != GUILD and "guild_id" not in changes:
        for key in ("guild_id", "guild", "member"):
            del data[key]
        data["user"] = user
        data["channel"] = {"id": "6", "type": 1, "recipients": [user]}
    return discord.Interaction(data=cast("Any", data), state=client._connection)


def test_an_origin_is_made_of_the_interactions_own_words() -> None:
    origin = origin_of(interaction(), is_private=False)
    assert (origin.guild_id, origin.channel_id, origin.user_id, origin.token) == (5, 6, 7, "secret")
    assert origin.token_expires_at == (INTERACTION >> 22) / 1000 + 1_420_070_400 + 900
    assert origin.attachment_limit_bytes == 10_485_760
    assert "secret" not in repr(origin)


@pytest.mark.parametrize(
    ("owners", "context", "kind"),
    [
        ({"0": "5"}, GUILD, CardKind.CHANNEL),
        ({"0": "5", "1": "7"}, GUILD, CardKind.CHANNEL),
        ({"1": "7"}, GUILD, CardKind.USER_INSTALLED),
        ({"0": "0"}, DM, CardKind.CHANNEL),
        ({"1": "7"}, DM, CardKind.CHANNEL),
        ({"1": "7"}, ELSEWHERE, CardKind.USER_INSTALLED),
    ],
)
def test_how_a_card_can_be_reached(owners: dict[str, str], context: int, kind: CardKind) -> None:
    asked = interaction(authorizing_integration_owners=owners, context=context)
    assert origin_of(asked, is_private=False).card_kind is kind
    assert origin_of(asked, is_private=True).card_kind is CardKind.PRIVATE


@pytest.mark.parametrize(
    ("permissions", "is_moderator"),
    [
        (discord.Permissions(manage_messages=True), True),
        (discord.Permissions(administrator=True), True),
        (discord.Permissions(send_messages=True, attach_files=True), False),
    ],
)
def test_moderators(permissions: discord.Permissions, is_moderator: bool) -> None:  # noqa: FBT001  a parameter
    assert origin_of(interaction(permissions=permissions.value), is_private=False).is_moderator is is_moderator


def test_nobody_is_a_moderator_in_direct_messages() -> None:
    assert not origin_of(interaction(context=DM), is_private=False).is_moderator


THREAD = {
    "id": "6",
    "type": 11,
    "name": "talk",
    "parent_id": "4",
    "owner_id": "7",
    "message_count": 0,
    "member_count": 0,
    "thread_metadata": {"archived": False, "auto_archive_duration": 60, "archive_timestamp": "2026-01-01T00:00:00Z"},
}


@pytest.mark.parametrize(
    ("has", "channel", "missing"),
    [
        (discord.Permissions(view_channel=True, send_messages=True, attach_files=True), None, ()),
        (discord.Permissions(view_channel=True, send_messages=True), None, ("attach_files",)),
        (discord.Permissions(), None, ("view_channel", "send_messages", "attach_files")),
        (
            discord.Permissions(view_channel=True, send_messages=True, attach_files=True),
            THREAD,
            ("send_messages_in_threads",),
        ),
        (discord.Permissions(view_channel=True, send_messages_in_threads=True, attach_files=True), THREAD, ()),
    ],
)
def test_what_is_missing_in_a_channel(
    has: discord.Permissions, channel: dict[str, Any] | None, missing: tuple[str, ...]
) -> None:
    changes = {"app_permissions": str(has.value)} | ({"channel": channel} if channel else {})
    assert missing_permissions(interaction(**changes)) == missing


def test_direct_messages_need_no_permissions() -> None:
    assert missing_permissions(interaction(context=DM, app_permissions="0")) == ()
