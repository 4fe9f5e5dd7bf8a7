"""What native selects offer: the roles, channels and members of a guild."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from simcord.actors import MemberActor
from simcord.backend.access import channel_accessible
from simcord.builders import ChannelHandle, RoleHandle, UserHandle
from simcord.enums import ComponentType

if TYPE_CHECKING:
    from simcord.env import Env

    from sandbox.discord.forms import Menu

Entity = RoleHandle | ChannelHandle | MemberActor


def entity(env: Env, person: MemberActor, menu: Menu, wanted: Any) -> Entity:
    """What `person` means in a native select by an id, a name, or whatever has an id.

    Raise LookupError, naming what is offered, where it is not among that.
    """
    offered = list(_OFFERED[menu.kind](env, person, menu))
    wanted_id = getattr(wanted, "id", wanted)
    for found in offered:
        if wanted_id in (found.id, str(found.id), found.name):
            return found
    there = [found.name for found in offered]
    raise LookupError(f"no {wanted!r} in {menu.placeholder or menu.custom_id!r}, only {there}")


def _roles(env: Env, person: MemberActor, _: Menu) -> Iterator[Entity]:
    for role in env.backend.get_guild(person.guild.id).roles.values():
        yield RoleHandle(env, person.guild, role)


def _channels(env: Env, person: MemberActor, menu: Menu) -> Iterator[Entity]:
    for channel in env.backend.channels.values():
        is_here = channel.guild_id == person.guild.id and channel_accessible(env.backend, channel.id, person.id)
        if is_here and (not menu.channel_types or channel.type in menu.channel_types):
            yield ChannelHandle(env, person.guild, channel)


def _members(env: Env, person: MemberActor, _: Menu) -> Iterator[Entity]:
    for user_id in person.guild.member_ids():
        yield MemberActor(env, person.guild, UserHandle(env, env.backend.get_user(user_id)))


def _mentionables(env: Env, person: MemberActor, menu: Menu) -> Iterator[Entity]:
    yield from _members(env, person, menu)
    yield from _roles(env, person, menu)


_OFFERED: Mapping[ComponentType, Callable[[Env, MemberActor, Menu], Iterator[Entity]]] = {
    ComponentType.ROLE_SELECT: _roles,
    ComponentType.CHANNEL_SELECT: _channels,
    ComponentType.USER_SELECT: _members,
    ComponentType.MENTIONABLE_SELECT: _mentionables,
}
