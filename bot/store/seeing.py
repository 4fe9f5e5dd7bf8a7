"""What moderators see of what was asked for in their guild."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.audit import GenerationRecord
from bot.domain.catalog import Medium
from bot.domain.days import Span
from bot.domain.jobs import JobState
from bot.domain.usage import Grouping, Tally
from bot.store.links import message_link
from bot.store.rows import FAILURE, REQUEST, RESULT
from bot.store.units import Driver, Row, do

_NEVER = (float(2**63), 2**63 - 1)
"""After every time and id."""


class SeeingStore:
    """Implements `bot.ports.Seeing`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def tallies(self, guild_id: int, grouping: Grouping, span: Span) -> Mapping[str, Tally]:
        rows = await self._driver.run(
            lambda: do("tallies", guild_id=guild_id, grouping=grouping, since=span.began_at, before=span.ends_at)
        )
        return {row["key"]: _tally_of(row) for row in rows}

    async def generations(
        self, guild_id: int, since: float, before: GenerationRecord | None, count: int
    ) -> Sequence[GenerationRecord]:
        before_at, before_id = _NEVER if before is None else (before.asked_at, before.id)
        rows = await self._driver.run(
            lambda: do(
                "generations_of_guild",
                guild_id=guild_id,
                since=since,
                before_at=before_at,
                before_id=before_id,
                count=count,
            )
        )
        return [_record_of(row, guild_id) for row in rows]


def _tally_of(row: Row) -> Tally:
    return Tally(
        row["requests"],
        row["pictures"],
        row["videos"],
        row["in_vain"],
        row["unpriced"],
        row["spent_credits"],
        row["held_credits"],
        row["returned_credits"],
    )


def _record_of(row: Row, guild_id: int) -> GenerationRecord:
    result = None if row["result"] is None else RESULT.validate_json(row["result"])
    is_forgotten = row["forget_asked_at"] is not None
    message_id = row["message_id"]
    return GenerationRecord(
        id=row["id"],
        user_id=row["user_id"],
        channel_id=row["channel_id"],
        is_private=bool(row["is_private"]),
        medium=Medium(row["medium"]),
        model_id=row["model_id"],
        prompt=None if is_forgotten else REQUEST.validate_json(row["request"]).prompt,
        state=JobState(row["state"]),
        failure=None if row["failure"] is None or is_forgotten else FAILURE.validate_json(row["failure"]),
        charged_credits=row["charged_credits"],
        reserved_credits=row["reserved_credits"],
        asked_at=row["created_at"],
        ended_at=row["finished_at"],
        result_urls=() if result is None or is_forgotten else result.media_urls,
        card_url=None if message_id is None else message_link(guild_id, row["channel_id"], message_id),
    )
