"""What members write besides the words of a prompt."""

from __future__ import annotations

import re

# Angle brackets are how Discord's users keep a link from unfolding. Plain http is taken too, so that it can be refused
# by name and does not end up among the words.
_LINK = re.compile(r"\s*(?:<(https?://[^\s<>]+)>|(https?://[^\s<>]+?))(?:,?\s+|,?$)", re.IGNORECASE)


def split_links(prompt: str) -> tuple[tuple[str, ...], str]:
    """The links at the start of a prompt, in order, and the words after them (unchanged where there are no links)."""
    links: list[str] = []
    rest = prompt
    while match := _LINK.match(rest):
        links.append(match[1] or match[2])
        rest = rest[match.end() :]
    return tuple(links), rest
