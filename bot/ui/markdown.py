"""Words of members and upstreams made harmless in Discord's markdown, and fitted to a length."""

from __future__ import annotations

import json
import re

ELLIPSIS = "…"
ZERO_WIDTH_SPACE = "\u200b"

# Controls, what changes the direction of the text around it, and halves of surrogate pairs, which UTF-8 cannot carry.
# Joiners (U+200C, U+200D) stay: emoji and Persian need them.
_UNSHOWABLE = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ud800-\\udfff\\ufeff]"
)
# A colon matters before // (a link) and around a word (an emoji's name).
_INLINE = re.compile(r"[\\`*_~|<>\[\]]|:(?=//|[\w+-]+:)")
_LINE_START = re.compile(r"(?m)^([ \t]*)(?:([#+-])|(\d+)([.)]))")
_ENDS_A_LINK = re.compile(r"[\s<>()\\]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


def plain(text: str) -> str:
    """`text` without what cannot be seen; still with its line breaks."""
    return _UNSHOWABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def escape(text: str) -> str:
    """`text` so that Discord shows it as it was typed: no markup, no mention, no link, no emoji by name."""
    inline = _INLINE.sub(r"\\\g<0>", plain(text))
    lines = _LINE_START.sub(_escape_line_start, inline)
    # A backslash does not keep Discord's servers from reading a mention.
    return lines.replace("@", "@" + ZERO_WIDTH_SPACE)


def _escape_line_start(match: re.Match[str]) -> str:
    indent, mark, number, dot = match.groups()
    return f"{indent}\\{mark}" if mark else f"{indent}{number}\\{dot}"


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def escape_within(text: str, limit: int) -> str:
    """As much of `text` as fits `limit` characters once escaped."""
    escaped = escape(text)
    if len(escaped) <= limit:
        return escaped
    kept = plain(text)[: max(limit, 0)]
    while kept:
        escaped = escape(kept + ELLIPSIS)
        if len(escaped) <= limit:
            return escaped
        # No character becomes more than two, so half the excess never cuts too much.
        kept = kept[: len(kept) - max(1, (len(escaped) - limit) // 2)].rstrip()
    return ELLIPSIS if limit > 0 else ""


def one_line(text: str, limit: int) -> str:
    """`text` escaped, in one line of at most `limit` characters."""
    return escape_within(" ".join(text.split()), limit)


def prompt_block(prompt: str, limit: int, max_lines: int = 30) -> str:
    """A prompt as a card shows it: escaped, or laid out in a code block where it is JSON; never empty."""
    laid_out = _laid_out_json(prompt)
    if laid_out is not None:
        return _code_block(_few_lines(laid_out, max_lines), limit)
    tidy = _BLANK_LINES.sub("\n\n", plain(prompt)).strip()
    return escape_within(_few_lines(tidy, max_lines), limit) or ELLIPSIS


def _laid_out_json(prompt: str) -> str | None:
    if not prompt.lstrip().startswith(("{", "[")):
        return None
    try:
        return plain(json.dumps(json.loads(prompt), indent=1, ensure_ascii=False))
    except (ValueError, RecursionError):
        return None


def _code_block(text: str, limit: int) -> str:
    inert = text.replace("`", "'").replace("@", "@" + ZERO_WIDTH_SPACE)
    return "```json\n" + shorten(inert, limit - len("```json\n\n```")) + "\n```"


def _few_lines(text: str, max_lines: int) -> str:
    lines = text.split("\n")
    return text if len(lines) <= max_lines else "\n".join([*lines[:max_lines], ELLIPSIS])


def link(label: str, url: str) -> str:
    """A masked link. `label` is markdown already; the address is kept from ending the link early."""
    address = _ENDS_A_LINK.sub(_percent, plain(url))
    return f"[{label}](<{address}>)"


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"


def timestamp(at: float, style: str = "R") -> str:
    """A moment (epoch seconds) in the reader's own time zone; `R` counts from now, `t` is the time of day."""
    return f"<t:{round(at)}:{style}>"
