"""MeiGen (API documentation: docs.meigen.ai). `/api/tokens` is left out: it takes a browser's session only."""

from __future__ import annotations

from bot.providers.meigen.client import Meigen

__all__ = ["Meigen"]
