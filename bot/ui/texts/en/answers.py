"""What the short answers say that only the asking member sees."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.catalog import Medium
from bot.ui.markdown import timestamp
from bot.ui.texts.en.words import Words, credits_of, references_of, seconds_of


class AnswerTexts(Words):
    """Pages and notices."""

    # ---- /models

    def models_title(self, heading: str) -> str:
        return f"### {heading}"

    def model_line(self, name: str, price: str, usual_seconds: float | None, *, is_default: bool) -> str:
        usual = "" if usual_seconds is None else f" · about {seconds_of(usual_seconds)}"
        return f"**{name}** · {price}{usual}{' · the usual one' if is_default else ''}"

    def references(self, count: int) -> str:
        return references_of(count)

    def durations(self, seconds: Sequence[int]) -> str:
        return f"{', '.join(str(s) for s in seconds)} s"

    def told_at(self, at: float) -> str:
        return f"-# As told {timestamp(at)}."

    def no_models(self) -> str:
        return "I do not know of any model yet, because the service has not told. Try again in a minute."

    def no_models_of(self, medium: Medium) -> str:
        return f"No model makes {'videos' if medium is Medium.VIDEO else 'pictures'} at the moment."

    # ---- /credits

    credits_title = "### Credits"

    def balance(
        self,
        provider: str,
        credit_count: int | None,
        told_at: float | None,
        *,
        is_unlimited: bool,
        is_own: bool = False,
    ) -> str:
        """`is_own`: by the server's own key."""
        name = f"**{self.provider(provider)}**" + (" (this server's own key)" if is_own else "")
        told = "" if told_at is None else f", as told {timestamp(told_at)}"
        if is_unlimited:
            return f"{name}: unlimited{told}"
        if credit_count is None:
            return f"{name}: not known yet. The service tells it with each request."
        return f"{name}: {credits_of(credit_count)} left{told}"

    def no_accounts(self) -> str:
        return "No key is entered, so nothing can be made yet."

    def usage(self, whose: str, spent: int, held: int, jobs: int, unpriced: int) -> str:
        """`unpriced`: so many of the requests are of unknown cost."""
        requests = "1 request" if jobs == 1 else f"{jobs:,} requests"
        if unpriced:
            requests += f", {unpriced:,} of unknown cost"
        return (
            f"**{whose}** today: {credits_of(spent)} used, {credits_of(held)} held for what is under way ({requests})"
        )

    this_guild = "This server"
    you = "You"

    def day_began(self, at: float) -> str:
        return f"-# Today began at {timestamp(at, 't')}."
