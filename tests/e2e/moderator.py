"""Moderators at the panel of limits, and what they leave behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from sandbox.discord import Form, Member, Message, Outcome, SentInteraction
from tests.e2e.harness import Stage, card_of, form_of

PAGES = "Go to another page…"


def people(stage: Stage) -> None:
    """Two roles and two moderators."""
    for name in ("Artists", "Guests"):
        stage.guild.create_role(name)
    for name in ("sam", "noor"):
        stage.guild.add_member(name, moderator=True)


def forget_limits(stage: Stage) -> None:
    """As if nobody had ever changed any."""
    with closing(sqlite3.connect(stage.folder / "easel.db", timeout=10)) as raw, raw:
        for table in ("guild_settings", "changes"):
            raw.execute(f"DELETE FROM {table}")  # noqa: S608  our own names


class Moderator:
    """Somebody at the panel."""

    def __init__(self, stage: Stage, name: str = "sam") -> None:
        self.stage = stage
        self.member: Member = stage.guild.member(name)

    async def open(self, area: str | None = None) -> Message:
        panel = card_of(await self.member.slash(self.stage.gallery, "limits"))
        assert panel.ephemeral
        return panel if area is None else await self.choose(panel, PAGES, area)

    async def choose(self, panel: Message, menu: str, values: Any) -> Message:
        return self._redrawn(panel, await self.member.choose(panel, menu, values))

    async def click(self, panel: Message, button: str) -> Message:
        return self._redrawn(panel, await self.member.click(panel, button))

    async def form(self, panel: Message, button: str) -> Form:
        return form_of(await self.member.click(panel, button))

    async def form_for(self, panel: Message, menu: str, value: Any) -> Form:
        return form_of(await self.member.choose(panel, menu, value))

    async def submit(self, panel: Message, form: Form, **values: str) -> Message:
        return self._redrawn(panel, await self.member.submit(form, values))

    async def command(self, name: str, **options: Any) -> str:
        """What `/limit` answers."""
        answer = card_of(await self.member.slash(self.stage.gallery, f"limit {name}", **options))
        assert answer.ephemeral
        return answer.text

    def _redrawn(self, panel: Message, sent: SentInteraction) -> Message:
        assert sent.outcome is Outcome.UPDATE, sent.outcome
        assert sent.seconds_to_answer is not None
        assert sent.seconds_to_answer < 3
        return self.stage.now(panel)
