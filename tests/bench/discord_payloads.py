"""What Discord sends, as far as discord.py reads it (Discord, Guild, Message, Interaction Object)."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Payload = dict[str, Any]

DISCORD_EPOCH_SECONDS = 1_420_070_400
APPLICATION_ID = 1_200_000_000_000_000_001
ATTACHMENT_LIMIT_BYTES = 10 * 1024 * 1024
PERMISSIONS = str(0x0000_7FFF_FFFF_FFFF & ~0x8)
"""Everything but administrator."""
PROMPT = "a lighthouse at dusk, oil on canvas, long shadows, warm light, seen from the water, highly detailed"
DEFERRED = 5
"""The kind of an answer that says that another will follow."""
EPHEMERAL = 1 << 6
"""A flag of messages."""
JOINED_AT = "2026-01-01T00:00:00+00:00"
CHANNELS_OF_GUILD = 10
ROLES_OF_GUILD = 5

_GUILD_BASE = 1_210_000_000_000_000_000
_USER_BASE = 1_220_000_000_000_000_000
_numbers = itertools.count()


def new_id() -> int:
    """A snowflake of now, never one twice."""
    milliseconds = int((time.time() - DISCORD_EPOCH_SECONDS) * 1000)
    return (milliseconds << 22) | (next(_numbers) & 0x3F_FFFF)


def guild_id(index: int) -> int:
    return _GUILD_BASE + index * 1000


def channel_id(index: int) -> int:
    """The channel of that guild in which is asked."""
    return guild_id(index) + 1


def user_id(number: int) -> int:
    return _USER_BASE + number


def user(number_id: int, name: str, *, is_bot: bool = False) -> Payload:
    return {
        "id": str(number_id),
        "username": name,
        "discriminator": "0",
        "global_name": name,
        "avatar": None,
        "bot": is_bot,
        "public_flags": 0,
    }


BOT = user(APPLICATION_ID, "easel", is_bot=True)


def application() -> Payload:
    return {
        "id": str(APPLICATION_ID),
        "name": "easel",
        "description": "",
        "icon": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "owner": user(user_id(0), "owner"),
        "verify_key": "0" * 64,
        "flags": 0,
    }


def ready(url: str, guilds: int) -> Payload:
    return {
        "v": 10,
        "user": BOT,
        "guilds": [{"id": str(guild_id(index)), "unavailable": True} for index in range(guilds)],
        "session_id": "bench",
        "resume_gateway_url": url,
        "application": {"id": str(APPLICATION_ID), "flags": 0},
    }


def guild(index: int) -> Payload:
    own = guild_id(index)
    return {
        "id": str(own),
        "name": f"Guild {index}",
        "owner_id": str(user_id(0)),
        "unavailable": False,
        "joined_at": JOINED_AT,
        "member_count": 100,
        "large": False,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [_role(own + number if number else own, number) for number in range(ROLES_OF_GUILD)],
        "channels": [_channel(own + number, number) for number in range(1, CHANNELS_OF_GUILD + 1)],
        "members": [{"user": BOT, "roles": [], "joined_at": JOINED_AT, "deaf": False, "mute": False, "flags": 0}],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "system_channel_flags": 0,
        "afk_timeout": 300,
    }


def _role(own: int, position: int) -> Payload:
    return {
        "id": str(own),
        "name": f"role {position}",
        "permissions": PERMISSIONS,
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def _channel(own: int, position: int) -> Payload:
    return {"id": str(own), "type": 0, "name": f"channel-{position}", "position": position, "permission_overwrites": []}


def command_as_known(command: Mapping[str, Any]) -> Payload:
    """A command as Discord gives it back once it is registered; that of a menu has an empty description."""
    return {"description": "", **command, "id": str(new_id()), "application_id": str(APPLICATION_ID), "version": "1"}


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who asks, in the first channel of a guild."""

    guild_index: int
    number: int


def imagine(interaction_id: int, token: str, member: Member, prompt: str) -> Payload:
    """`/imagine prompt`."""
    in_guild = guild_id(member.guild_index)
    channel = channel_id(member.guild_index)
    return {
        "id": str(interaction_id),
        "application_id": str(APPLICATION_ID),
        "type": 2,
        "token": token,
        "version": 1,
        "guild_id": str(in_guild),
        "guild": {"id": str(in_guild), "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "locale": "en-US",
        "channel_id": str(channel),
        "channel": {**_channel(channel, 1), "guild_id": str(in_guild), "permissions": PERMISSIONS, "flags": 0},
        "member": {
            "user": user(user_id(member.number), f"member-{member.number}"),
            "roles": [],
            "joined_at": JOINED_AT,
            "permissions": PERMISSIONS,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        },
        "data": {
            "id": str(APPLICATION_ID + 1),
            "name": "imagine",
            "type": 1,
            "options": [{"name": "prompt", "type": 3, "value": prompt}],
        },
        "app_permissions": PERMISSIONS,
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(in_guild)},
        "context": 0,
        "attachment_size_limit": ATTACHMENT_LIMIT_BYTES,
    }


def message(own_id: int, in_channel: int) -> Payload:
    """An empty message of the bot."""
    return {
        "id": str(own_id),
        "channel_id": str(in_channel),
        "author": BOT,
        "content": "",
        "timestamp": JOINED_AT,
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "type": 20,
        "flags": 0,
    }


def with_body(before: Payload, body: Mapping[str, Any], files: Sequence[tuple[str, int]]) -> Payload:
    """A message after a request; `files` are (name, bytes) of what came with it."""
    kept = [item for item in before["attachments"] if item["id"] in {str(a["id"]) for a in body.get("attachments", ())}]
    carried = kept if "attachments" in body else before["attachments"]
    shown = {name: body[name] for name in ("content", "embeds", "components", "flags") if name in body}
    return {**before, **shown, "attachments": [*carried, *(_attachment(name, size) for name, size in files)]}


def _attachment(name: str, size_bytes: int) -> Payload:
    own = new_id()
    url = f"https://cdn.discordapp.com/attachments/1/{own}/{name}"
    return {"id": str(own), "filename": name, "size": size_bytes, "url": url, "proxy_url": url}


def callback_answer(interaction_id: int, kind: int, shown: Payload) -> Payload:
    """What `with_response` gives back."""
    return {
        "interaction": {
            "id": str(interaction_id),
            "type": 2,
            "response_message_id": shown["id"],
            "response_message_loading": kind == DEFERRED,
            "response_message_ephemeral": False,
        },
        "resource": {"type": kind, "message": shown},
    }
