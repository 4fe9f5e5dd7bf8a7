"""What the menus on messages say."""

from __future__ import annotations

from bot.ui.markdown import timestamp
from bot.ui.texts.en.words import Words


class MenuTexts(Words):
    """*Animate this*, *Imagine from this*, *Who made this?*; Discord takes names of up to 32 characters."""

    animate_this = "Animate this"
    imagine_from_this = "Imagine from this"
    who_made_this = "Who made this?"

    def which_picture(self, count: int) -> str:
        return f"**Which of the {count} pictures?**"

    def made_for(self, user_id: int, at: float) -> str:
        return f"**Made with Easel** for <@{user_id}>, {timestamp(at, 'f')}"

    goes_by_video = "-# It goes on from a video."

    def goes_by(self, pictures: int) -> str:
        return "-# It goes by a picture." if pictures == 1 else f"-# It goes by {pictures} pictures."

    came_from = "**It came from**"
    earlier_ones = "-# … and what came before that."

    def forebear(self, number: int, what: str, user_id: int, at: float, url: str | None) -> str:
        """`what` it is, and where it stands (None: nowhere to go to)."""
        place = "" if url is None else f" · [go to it]({url})"
        return f"{number}. a {what} by <@{user_id}>, {timestamp(at)}{place}"

    def hidden_forebear(self, number: int) -> str:
        return f"{number}. something that only others can see"

    no_job = "I posted this, but it is nothing that somebody had made here."
    forgotten = "I made this, but I do not know any more for whom."
    not_for_you = "Somebody had this made in private, so I tell nobody else."

    def posted_by(self, author: str, asked_by_id: int | None, at: float) -> str:
        asked = "" if asked_by_id is None else f" for <@{asked_by_id}>"
        return f"Posted by {author}{asked}, {timestamp(at, 'f')}. It was not made with Easel."
