"""Meshy, text to image (API documentation: docs.meshy.ai, Text to Image API)."""

from __future__ import annotations

from bot.providers.meshy.client import Meshy

__all__ = ["Meshy"]
