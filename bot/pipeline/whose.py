"""Whose key an account is, for the log."""

from __future__ import annotations

from bot.ports import Account


def advice_on(account: Account) -> str:
    """Who can do something about a key that the upstream refuses."""
    advice = [f"check {account.provider.upper()}_API_KEY"] if account.is_operators else []
    if account.guild_ids:
        guilds = ", ".join(map(str, sorted(account.guild_ids)))
        advice.append(f"it is the own key of server {guilds}, whose moderators have to enter another one")
    return "; ".join(advice) or "it is used for nothing new any more"
