"""Logging for the whole process: readable or JSON lines on standard error, and never a secret in them.

Secrets are masked in the finished text, so that arguments, tracebacks and other libraries' messages are covered alike.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from bot.domain.keys import KEY_FIELD
from bot.settings import LogFormat

MASK = "***"
SECRET_MIN_CHARACTERS = 6
"""A shorter text would be masked wherever it stands by chance."""

# Each keeps what the groups hold and masks the rest of its match.
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Authorization: Bearer …, also as a dict or as raw header pairs.
        r"(\bauthorization['\"]?\s*[:=,]\s*(?:b?['\"])?(?:(?:bearer|bot|basic)\s+)?)[^\s'\",;)}\]]+",
        r"(\bbearer\s+)[\w.~+/=-]{8,}",
        # MeiGen's and Meshy's keys.
        r"(meigen_sk_|\bmsy_)\w{4,}",
        # Discord's tokens: of a bot, of an interaction (base64 of "interaction:"), of a webhook in its address.
        r"(\b)[\w-]{20,}\.[\w-]{6}\.[\w-]{20,}",
        r"(\b)aW50ZXJhY3Rpb246[\w=-]{8,}",
        r"(/(?:webhooks|interactions)/\d+/)[^/\s?'\"]+",
        r"(['\"]token['\"]\s*:\s*['\"])[^'\"]+",
        # The queries of links are what signs them.
        r"(\b(?:https?|wss?)://[^\s?'\"<>]+\?)[^\s'\"<>]+",
    )
)

# What was typed into a form's field for a key, whatever it looks like: as JSON, or as Python shows a dictionary.
_KEY_FIELD = rf"['\"]custom_id['\"]\s*:\s*['\"]{KEY_FIELD}['\"]"
_TYPED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
FORM_PATTERNS = (
    re.compile(rf"({_KEY_FIELD}[^{{}}]*?['\"]value['\"]\s*:\s*){_TYPED}"),
    re.compile(rf"(['\"]value['\"]\s*:\s*){_TYPED}(?=[^{{}}]*?{_KEY_FIELD})"),
)

QUIET_LOGGERS = ("httpx", "httpcore")
"""They tell of each request with its whole address, at INFO and below."""


class Masker:
    """Takes secrets out of texts: those it is told of, and all that look like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = {secret for secret in secrets if len(secret) >= SECRET_MIN_CHARACTERS}
        self._known = _any_of(self._secrets)

    def conceal(self, secret: str) -> None:
        """From now on `secret` is masked, too. Keys that are known by their looks cost nothing more."""
        if len(secret) < SECRET_MIN_CHARACTERS or any(pattern.fullmatch(secret) for pattern in PATTERNS):
            return
        self._secrets.add(secret)
        self._known = _any_of(self._secrets)

    def mask(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        patterns = (*FORM_PATTERNS, *PATTERNS) if "custom_id" in text else PATTERNS
        for pattern in patterns:
            text = pattern.sub(rf"\g<1>{MASK}", text)
        return text


def _any_of(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """The longest first: one may be the beginning of another."""
    longest_first = sorted(secrets, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def conceal(secret: str) -> None:
    """From now on `secret` stands in no line of this process's log."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, ConsoleFormatter | JsonFormatter):
            handler.formatter.masker.conceal(secret)


class ConsoleFormatter(logging.Formatter):
    """For people: time, level, logger, message; a traceback below."""

    def __init__(self, masker: Masker) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self.masker = masker

    def format(self, record: logging.LogRecord) -> str:
        return self.masker.mask(super().format(record))


class JsonFormatter(logging.Formatter):
    """For collectors: one object a line with time (ISO 8601, UTC), level, logger, message and, if any, exception."""

    def __init__(self, masker: Masker) -> None:
        super().__init__()
        self.masker = masker

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.masker.mask(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = self.masker.mask(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def configure_logging(
    level: str, log_format: LogFormat, secrets: Iterable[str], stream: TextIO | None = None
) -> logging.Handler:
    """Log everything from `level` on to `stream` (None: standard error). Call it once; returns the handler."""
    masker = Masker(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(masker) if log_format == "json" else ConsoleFormatter(masker))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    return handler
