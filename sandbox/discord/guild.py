"""A guild: its channels, roles and people, as a test arranges them."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle

if TYPE_CHECKING:
    from sandbox.discord.actors import Member
    from sandbox.discord.world import World

Channel = ChannelHandle
Role = RoleHandle

MODERATOR_PERMISSIONS = ("manage_guild", "manage_messages", "kick_members")


@dataclass(frozen=True, slots=True)
class Guild:
    """A guild with the bot in it, until `World.remove_bot`. Permissions are named as discord.py names them."""

    world: World
    handle: GuildHandle

    @property
    def id(self) -> int:
        return self.handle.id

    @property
    def name(self) -> str:
        return self.handle.name

    def channel(self, name: str) -> Channel:
        return self.handle.channels[name]

    def create_channel(self, name: str, *, age_restricted: bool = False) -> Channel:
        channel = self.handle.create_text_channel(name)
        if age_restricted:
            self.world.restrict_by_age(channel)
        return channel

    def member(self, name: str) -> Member:
        """Raise LookupError where nobody here has that name."""
        for user_id in self.handle.member_ids():
            user = self.world.backend.get_user(user_id)
            if user.name == name:
                return self.world.member_of(self.handle, user_id)
        raise LookupError(f"no member {name!r} in {self.name!r}")

    def add_member(
        self, name: str, *, moderator: bool = False, permissions: Iterable[str] = (), roles: Iterable[Role] = ()
    ) -> Member:
        """Bring in the user of that name, who is made if there is none yet.

        `permissions` come by a role of their own.
        """
        held = list(roles)
        if moderator:
            held.append(self.handle.roles.get("Moderator") or self.create_role("Moderator", *MODERATOR_PERMISSIONS))
        if permissions:
            held.append(self.create_role(f"Permissions of {name}", *permissions))
        user_id = self.world.user_id(name)
        self.world.backend.add_member(self.id, user_id, roles=[role.id for role in held], announce=True)
        return self.world.member_of(self.handle, user_id)

    def role(self, name: str) -> Role:
        return self.handle.roles[name]

    def create_role(self, name: str, *permissions: str) -> Role:
        return self.handle.create_role(name, permissions=discord.Permissions(**dict.fromkeys(permissions, True)))

    def delete_role(self, role: Role) -> None:
        self.world.backend.delete_role(self.id, role.id)

    def give(self, member: Member, role: Role) -> None:
        self.world.backend.add_member_role(self.id, member.id, role.id)

    def take(self, member: Member, role: Role) -> None:
        self.world.backend.remove_member_role(self.id, member.id, role.id)


def with_ages(payload: Any, age_restricted: Container[int]) -> Any:
    """Copy a JSON value in which a guild's channels tell whether they are age-restricted; SimCord leaves that out."""
    match payload:
        case list() | tuple():
            return [with_ages(item, age_restricted) for item in payload]
        case {"permission_overwrites": _, "id": channel_id}:  # no other object has these
            return {**payload, "nsfw": int(channel_id) in age_restricted}
        case dict():
            return {key: with_ages(value, age_restricted) for key, value in payload.items()}
    return payload
