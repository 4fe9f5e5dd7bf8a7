"""What is said of pictures in the gallery."""

from __future__ import annotations

from collections.abc import Mapping

from bot.ui.markdown import timestamp
from bot.ui.texts.en.words import Words


class InspireTexts(Words):
    """`/inspire`."""

    look = "Look closer"
    share = "Share"
    use_prompt = "Use this prompt"
    as_it_is = "Use as it is"
    earlier = "Back"
    later = "Next"

    families: Mapping[str, str] = {"nanobanana": "Nano Banana", "midjourney": "Midjourney", "gptimage": "GPT Image"}
    """By the gallery's own labels."""

    no_author = "**By somebody unknown**"
    no_prompt = "*Its prompt is not known.*"
    not_a_prompt = "-# This is no prompt that can be used."

    def author(self, name: str, username: str) -> str:
        """`username` is "" where it says the same."""
        return f"**By {name}**{f' ({username})' if username else ''}"

    def likes(self, count: int) -> str:
        return "1 like" if count == 1 else f"{count:,} likes"

    def views(self, count: int) -> str:
        return "1 view" if count == 1 else f"{count:,} views"

    def on_day(self, at: float) -> str:
        return timestamp(at, "D")

    def prompt_cut(self, characters: int) -> str:
        return f"-# The beginning of a prompt of {characters:,} characters. *{self.use_prompt}* takes all of it."

    def pictures_left_out(self, count: int) -> str:
        return f"-# {'1 more picture is' if count == 1 else f'{count} more pictures are'} not shown."

    def shared_by(self, user_id: int) -> str:
        return f"-# Found by <@{user_id}>"

    def found(self, words: str, page: int) -> str:
        return f"**“{words}” in the gallery**{'' if page == 1 else f', page {page}'}"

    def nothing_found(self, words: str) -> str:
        return f"The gallery has nothing for “{words}”. Try fewer words, or others."

    def nothing_more(self, words: str) -> str:
        return f"That was all that the gallery has for “{words}”."
