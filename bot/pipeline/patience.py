"""How long to wait before trying again."""

from __future__ import annotations

from bot.errors import SurfaceDown

RETRY_AFTER_MAX_SECONDS = 600.0
"""Whatever Discord names, no longer than that."""


def backoff_seconds(failures: int, first_seconds: float = 1.0, most_seconds: float = 60.0) -> float:
    """1, 2, 4 … up to `most_seconds`, after that many failures in a row (at least one)."""
    return float(min(first_seconds * 2.0 ** min(max(failures, 1) - 1, 30), most_seconds))


def surface_patience_seconds(error: Exception, failures: int) -> float:
    """After a failure at Discord: as long as it asks for, else longer each time."""
    asked_seconds = error.retry_after_seconds if isinstance(error, SurfaceDown) else None
    return min(asked_seconds, RETRY_AFTER_MAX_SECONDS) if asked_seconds else backoff_seconds(failures)
