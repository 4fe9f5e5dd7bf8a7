"""Keys on the wire: into one header, and out of whatever an upstream echoes."""

from __future__ import annotations

from bot.net import Answer

# Shorter ones are nobody's key, and blotting them out would spoil the answer.
_MIN_CHARACTERS = 8


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def is_sendable(key: str) -> bool:
    """Whether a header can carry it. Others must not reach the wire's library: its complaint would quote them."""
    return key.isascii() and key.isprintable() and " " not in key and key != ""


def blotted(text: str, key: str) -> str:
    return text.replace(key, "…") if len(key) >= _MIN_CHARACTERS else text


def without(key: str, answer: Answer) -> Answer:
    """The answer with the key blotted out, should the upstream have echoed it."""
    body = answer.body.replace(key.encode(), b"...") if len(key) >= _MIN_CHARACTERS else answer.body
    return Answer(answer.head, body)
