"""Tells Discord of the commands, and only when it has to: creating commands is limited by the day."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TypeVar

import discord
from discord import app_commands

from bot.clock import Clock
from bot.ports import DocumentStore

log = logging.getLogger(__name__)

ClientT = TypeVar("ClientT", bound=discord.Client)


async def sync_changed(
    tree: app_commands.CommandTree[ClientT], application_id: int, documents: DocumentStore, clock: Clock
) -> bool:
    """Send the commands if they changed since, or if Discord lost them. Tells whether they were sent.

    Raises what discord.py raises, and StoreDown.
    """
    key, wanted = f"commands:{application_id}", digest(tree)
    kept = await documents.load(key)
    if kept is not None and kept[0] == wanted and await _has_all(tree):
        return False
    await tree.sync()
    await documents.save(key, wanted, clock.now())
    log.info("told Discord of %d commands", len(tree.get_commands()))
    return True


def digest(tree: app_commands.CommandTree[ClientT]) -> str:
    """Of everything that would be sent."""
    payload = sorted((command.to_dict(tree) for command in tree.get_commands()), key=lambda command: command["name"])
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


async def _has_all(tree: app_commands.CommandTree[ClientT]) -> bool:
    there = {command.name for command in await tree.fetch_commands()}
    return there == {command.name for command in tree.get_commands()}
