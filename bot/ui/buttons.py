"""The custom_id of a button, menu or form. It holds no state but ids, so that it outlives every restart."""

from __future__ import annotations

from bot.ui.messages import Button, EntityMenu, Form, Menu

# Members' ids have up to nineteen digits. These are below 2**63, so whatever matches can be looked up in the store.
CUSTOM_ID = (
    r"easel:(?P<action>[a-z_]+):(?P<job_id>[0-9]{1,18}|[1-8][0-9]{18})"
    r"(?::(?P<index>[0-9]{1,3})(?::(?P<note>[^\r\n]{1,60}))?)?"
)
INDEX_MAX = 999
"""What the pattern leaves room for."""


def custom_id(item: Button | Menu | EntityMenu | Form) -> str:
    start = f"easel:{item.action}:{item.job_id}"
    if isinstance(item, Form) or item.index is None:
        return start
    return f"{start}:{item.index}:{item.note}" if item.note else f"{start}:{item.index}"
