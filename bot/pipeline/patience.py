"""How long to wait before trying again."""

from __future__ import annotations


def backoff_seconds(failures: int, first_seconds: float = 1.0, most_seconds: float = 60.0) -> float:
    """1, 2, 4 … up to `most_seconds`, after that many failures in a row (at least one)."""
    return float(min(first_seconds * 2.0 ** min(max(failures, 1) - 1, 30), most_seconds))
