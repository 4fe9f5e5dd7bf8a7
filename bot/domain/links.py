"""Links without what may be a signature in them, and so a key to what they lead to."""

from __future__ import annotations

import re

_SIGNATURE = re.compile(r"""(\bhttps?://[^\s?"'<>]+)\?[^\s"'<>]+""", re.IGNORECASE)


def unsigned(url: str) -> str:
    return url.partition("?")[0]


def unsigned_words(text: str) -> str:
    """A sentence that may quote signed links."""
    return _SIGNATURE.sub(r"\1", text)
