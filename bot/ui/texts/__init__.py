"""Every sentence that a user reads, a language a module."""

from bot.ui.texts.en import COMMANDS, EN, Texts

__all__ = ["COMMANDS", "EN", "Texts"]
