"""The custom_id of a button. It holds no state but the job's id, so a button outlives every restart."""

from __future__ import annotations

from bot.ui.messages import Button

# Eighteen digits are below 2**63, so whatever matches can be looked up in the store.
CUSTOM_ID = r"easel:(?P<action>[a-z_]+):(?P<job_id>[0-9]{1,18})(?::(?P<index>[0-9]{1,3}))?"


def custom_id(button: Button) -> str:
    end = "" if button.index is None else f":{button.index}"
    return f"easel:{button.action}:{button.job_id}{end}"
