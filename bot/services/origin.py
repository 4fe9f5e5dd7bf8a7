"""Where a request came from."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports import CardKind


@dataclass(frozen=True, slots=True)
class Origin:
    """The interaction behind a request. `token` edits its answer until `token_expires_at` (epoch seconds)."""

    guild_id: int | None
    channel_id: int
    user_id: int
    token: str
    token_expires_at: float
    card_kind: CardKind
    attachment_limit_bytes: int
    is_moderator: bool = False
    missing_permissions: tuple[str, ...] = ()
    """What Easel lacks in the channel, of: view_channel, send_messages, attach_files."""
    channel_ids: tuple[int, ...] = ()
    """The channel, what it is a thread of, and its category."""
    role_ids: tuple[int, ...] = ()
    is_age_restricted: bool = False
    """Discord calls the channel age-restricted."""

    @property
    def is_private(self) -> bool:
        return self.card_kind is CardKind.PRIVATE

    def __repr__(self) -> str:
        return f"Origin(guild_id={self.guild_id}, channel_id={self.channel_id}, user_id={self.user_id})"
