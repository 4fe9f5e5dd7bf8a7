"""Ways in which a member can ask, each meeting the guild's limits; and a moderator who sets them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

from bot.ui.messages import Accent
from sandbox.discord import Channel, File, Member, Message, Outcome, SentInteraction
from tests.e2e.harness import Stage, card_of, form_of, png

IMAGINE_FROM_THIS = "Imagine from this"
WORDS = "a fox in the snow"

Ask = Callable[[], Awaitable[SentInteraction]]


def sets(stage: Stage, **values: Any) -> None:
    """Choose limits as the store keeps them; what is None is as the operator has it."""
    with closing(sqlite3.connect(stage.folder / "easel.db", timeout=10)) as raw, raw:
        for name, value in values.items():
            raw.execute("DELETE FROM guild_settings WHERE guild_id = ? AND name = ?", (stage.guild.id, name))
            if value is not None:
                raw.execute("INSERT INTO guild_settings VALUES (?, ?, ?)", (stage.guild.id, name, json.dumps(value)))


def told(sent: SentInteraction) -> str:
    """What a member alone is told, why something is not taken."""
    refusal = card_of(sent)
    assert refusal.ephemeral
    assert refusal.accent_color == Accent.FAILED, refusal.text
    return refusal.text


class Ways:
    """All ways in of one member, for the same words in one channel."""

    def __init__(self, stage: Stage, member: Member, channel: Channel, done: Message, picture: Message) -> None:
        """`done`: a finished card; `picture`: somebody's message with a picture. Both stand in the channel."""
        self._stage = stage
        self._member = member
        self._channel = channel
        self._done = done
        self._picture = picture

    @property
    def all(self) -> dict[str, Ask]:
        return {"slash": self.slash, "button": self.button, "form": self.form, "menu": self.menu}

    async def slash(self, **options: Any) -> SentInteraction:
        return await self._member.slash(self._channel, "imagine", prompt=WORDS, **options)

    async def video(self, **options: Any) -> SentInteraction:
        return await self._member.slash(self._channel, "video", prompt=WORDS, **options)

    async def button(self) -> SentInteraction:
        return await self._member.click(self._done, "Again")

    async def form(self) -> SentInteraction:
        """*Remix*, sent as it was opened."""
        return await self._member.submit(form_of(await self._member.click(self._done, "Remix")))

    async def menu(self) -> SentInteraction:
        """*Imagine from this*: a form, filled in."""
        opened = await self._member.use_menu(IMAGINE_FROM_THIS, self._picture)
        return await self._member.submit(form_of(opened), {"prompt": WORDS})


async def ways_of(stage: Stage, member: Member, channel: Channel) -> Ways:
    """Set the scene while nothing is limited."""
    card = card_of(await member.slash(channel, "imagine", prompt=WORDS))
    picture = member.say(channel, "look", [File("fox.png", png())])
    return Ways(stage, member, channel, await stage.ended(card), picture)


def made(sent: SentInteraction) -> Message:
    """The card of what was taken."""
    assert sent.outcome is Outcome.MESSAGE
    card = card_of(sent)
    assert card.accent_color != Accent.FAILED, card.text
    return card
