"""What a moderators' panel needs of the sandbox: native selects, roles, permissions, groups of commands, ages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.enums import ComponentType

from sandbox.discord import Channel, Guild, Member, Message, Outcome, SandboxDiscord
from tests.support.discord_bot import eventually, running
from tests.support.discord_managers import ManagerBot


@pytest.fixture
def guild(world: SandboxDiscord) -> Guild:
    return world.create_guild("Here", ("general", "art"))


@pytest.fixture
async def bot(world: SandboxDiscord, guild: Guild) -> AsyncIterator[ManagerBot]:
    client = ManagerBot()
    async with running(world, client):
        yield client


async def panel_of(member: Member, channel: Channel) -> Message:
    sent = await member.slash(channel, "panel")
    assert sent.message is not None
    return sent.message


# ---------------------------------------------------------------- native selects


async def test_roles_are_chosen_by_name_id_or_as_such_and_come_with_what_they_are(
    bot: ManagerBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    artists, helpers, guests = (guild.create_role(name) for name in ("Artists", "Helpers", "Guests"))
    panel = await panel_of(mia, channel)
    sent = await mia.choose(panel, "Roles", ["Artists", helpers.id, guests])
    assert sent.outcome is Outcome.DEFERRED_UPDATE
    [data] = bot.chosen
    ids = [str(role.id) for role in (artists, helpers, guests)]
    assert (data["custom_id"], data["component_type"], data["values"]) == ("r", ComponentType.ROLE_SELECT, ids)
    assert list(data["resolved"]) == ["roles"]
    assert [data["resolved"]["roles"][each]["name"] for each in ids] == ["Artists", "Helpers", "Guests"]


async def test_channels_come_with_the_permissions_of_who_chose(
    bot: ManagerBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    panel = await panel_of(mia, channel)
    await mia.choose(panel, "Channels", [channel, str(guild.channel("art").id)])
    [data] = bot.chosen
    channels = data["resolved"]["channels"]
    assert [channels[each]["name"] for each in data["values"]] == ["general", "art"]
    permissions = discord.Permissions(int(channels[str(channel.id)]["permissions"]))
    assert (permissions.send_messages, permissions.manage_guild) == (True, False)


async def test_members_come_as_users_and_as_members(
    bot: ManagerBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    noor = guild.add_member("noor", roles=[guild.create_role("Artists")])
    panel = await panel_of(mia, channel)
    await mia.choose(panel, "Members", [noor, "mia"])
    [data] = bot.chosen
    assert data["values"] == [str(noor.id), str(mia.id)]
    resolved = data["resolved"]
    assert resolved["users"][str(noor.id)]["username"] == "noor"
    assert resolved["members"][str(noor.id)]["roles"] == [str(guild.role("Artists").id)]
    assert "user" not in resolved["members"][str(noor.id)]


async def test_members_and_roles_from_one_select(bot: ManagerBot, guild: Guild, channel: Channel, mia: Member) -> None:
    artists = guild.create_role("Artists")
    await mia.choose(await panel_of(mia, channel), "Anybody", [mia, artists])
    [data] = bot.chosen
    assert data["values"] == [str(mia.id), str(artists.id)]
    assert set(data["resolved"]) == {"users", "members", "roles"}


async def test_nothing_can_be_chosen_where_that_is_allowed(
    bot: ManagerBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    artists = guild.create_role("Artists")
    bot.defaults = [discord.Object(artists.id)]
    panel = await panel_of(mia, channel)
    roles = panel.menu("Roles")
    assert (roles.kind, roles.chosen, roles.least, roles.most) == (ComponentType.ROLE_SELECT, (str(artists.id),), 0, 3)
    await mia.choose(panel, "Roles", ())
    assert bot.chosen[-1]["values"] == []
    with pytest.raises(SetupError, match="between 1 and 2"):
        await mia.choose(panel, "Members", ())


async def test_what_a_native_select_does_not_offer_cannot_be_chosen(
    world: SandboxDiscord, bot: ManagerBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    there = world.create_guild("There")
    there.add_member("mia")
    elsewhere = there.create_role("Artists")
    gone = guild.create_role("Gone")
    guild.delete_role(gone)
    voice = guild.handle.create_voice_channel("talk")
    open_to_all = guild.create_channel("open")
    view = discord.PermissionOverwrite(view_channel=False)
    secret = guild.handle.create_text_channel("secret", overwrites={guild.handle.default_role: view})
    panel = await panel_of(mia, channel)
    assert panel.menu("Channels").channel_types == (0,)
    for menu, wanted in (("Roles", elsewhere), ("Roles", gone), ("Roles", "Artists"), ("Roles", mia)):
        with pytest.raises(LookupError, match="only"):
            await mia.choose(panel, menu, wanted)
    for unseen in (voice, secret, there.channel("general")):
        with pytest.raises(LookupError, match="art"):
            await mia.choose(panel, "Channels", unseen)
    await mia.choose(panel, "Channels", open_to_all)
    with pytest.raises(LookupError, match="mia"):
        await mia.choose(panel, "Members", "noor")
    with pytest.raises(SetupError, match="between 0 and 3"):
        await mia.choose(panel, "Roles", [guild.create_role(f"r{number}") for number in range(4)])


# ---------------------------------------------------------------- roles and permissions


async def test_roles_come_and_go_in_the_bots_cache_and_on_its_members(
    bot: ManagerBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    artists = guild.create_role("Artists", "manage_messages")
    cached = bot.get_guild(guild.id)
    assert cached is not None
    role = await eventually(lambda: cached.get_role(artists.id))
    assert (role.name, role.permissions.manage_messages, role.permissions.manage_guild) == ("Artists", True, False)
    guild.give(mia, artists)
    await panel_of(mia, channel)
    guild.take(mia, artists)
    await panel_of(mia, channel)
    had, lost = (seen.user for seen in bot.seen)
    assert isinstance(had, discord.Member)
    assert isinstance(lost, discord.Member)
    assert (had.get_role(artists.id), lost.get_role(artists.id)) == (role, None)
    assert (bot.seen[0].permissions.manage_messages, bot.seen[1].permissions.manage_messages) == (True, False)
    guild.give(mia, artists)
    guild.delete_role(artists)
    await eventually(lambda: cached.get_role(artists.id) is None)
    await panel_of(mia, channel)
    assert isinstance(bot.seen[-1].user, discord.Member)
    assert [each.name for each in bot.seen[-1].user.roles] == ["@everyone"]


async def test_members_come_with_permissions(bot: ManagerBot, guild: Guild, channel: Channel) -> None:
    people = [
        guild.add_member("pat", permissions=["manage_messages"]),
        guild.add_member("sam", moderator=True),
        guild.add_member("kim", moderator=True),
        guild.add_member("leo"),
    ]
    for person in people:
        await panel_of(person, channel)
    seen = [(each.permissions.manage_guild, each.permissions.manage_messages) for each in bot.seen]
    assert seen == [(False, True), (True, True), (True, True), (False, False)]
    assert [role.name for role in guild.handle._guild.roles.values()].count("Moderator") == 1


async def test_a_group_is_used_by_who_may_and_by_nobody_else(
    bot: ManagerBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    sam = guild.add_member("sam", permissions=["manage_guild"])
    sent = await sam.slash(channel, "limit server", most=7)
    assert sent.message is not None
    assert sent.message.text == "7"
    sent = await sam.slash(channel, "limit role set", role=guild.create_role("Artists"))
    assert sent.message is not None
    assert sent.message.text == "Artists"
    with pytest.raises(SetupError, match="not visible"):
        await mia.slash(channel, "limit server", most=7)
    with pytest.raises(SetupError, match="no subcommand"):
        await sam.slash(channel, "limit member", most=7)
    guild.give(mia, guild.create_role("Helpers", "manage_guild"))
    assert (await mia.slash(channel, "limit server", most=7)).outcome is Outcome.MESSAGE


# ---------------------------------------------------------------- channels


async def test_an_age_restricted_channel_is_told_as_one(
    world: SandboxDiscord, bot: ManagerBot, guild: Guild, channel: Channel, mia: Member
) -> None:
    adults = guild.create_channel("adults", age_restricted=True)
    cached = bot.get_guild(guild.id)
    assert cached is not None

    def is_nsfw(where: Channel) -> bool | None:
        found = cached.get_channel(where.id)
        return found.is_nsfw() if isinstance(found, discord.TextChannel) else None

    await eventually(lambda: is_nsfw(adults))
    assert is_nsfw(channel) is False
    for where in (adults, channel):
        await panel_of(mia, where)
    there = [seen.channel for seen in bot.seen]
    assert [each.is_nsfw() for each in there if isinstance(each, discord.TextChannel)] == [True, False]
    fetched = await bot.fetch_channel(adults.id)
    assert isinstance(fetched, discord.TextChannel)
    assert fetched.is_nsfw()
    world.restrict_by_age(adults, is_restricted=False)
    world.restrict_by_age(channel)
    await eventually(lambda: is_nsfw(channel) and not is_nsfw(adults))


async def test_who_logs_in_later_knows_age_restricted_channels_and_their_threads(
    world: SandboxDiscord, guild: Guild, mia: Member
) -> None:
    adults = guild.create_channel("adults", age_restricted=True)
    stored = world.backend.create_thread(adults.id, "late", mia.id)
    async with running(world, ManagerBot()) as client:
        cached = client.get_channel(adults.id)
        assert isinstance(cached, discord.TextChannel)
        assert cached.is_nsfw()
        await panel_of(mia, Channel(world.env, guild.handle, stored))
        thread = client.seen[-1].channel
        assert isinstance(thread, discord.Thread)
        assert thread.is_nsfw()


async def test_a_deleted_channel_leaves_the_bots_cache(world: SandboxDiscord, bot: ManagerBot, guild: Guild) -> None:
    gone = guild.create_channel("gone")
    await eventually(lambda: bot.get_channel(gone.id))
    world.delete_channel(gone)
    await eventually(lambda: bot.get_channel(gone.id) is None)
