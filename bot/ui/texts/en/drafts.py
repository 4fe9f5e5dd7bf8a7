"""What panels and forms say before something starts."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.catalog import Medium
from bot.ui.messages import Action
from bot.ui.texts.en.words import Words, credits_of


class DraftTexts(Words):
    """Panels and forms."""

    start = "Confirm"
    change = "Change the words"
    discard = "Never mind"

    def draft_title(self, medium: Medium, *, continues: bool) -> str:
        if continues:
            return "**Go on from this video?**"
        return f"**Make this {self.mediums[medium]}?**"

    def draft_price(self, price_credits: int | None, balance_credits: int | None) -> str:
        price = "What it costs is not known." if price_credits is None else f"It costs **{credits_of(price_credits)}**."
        if balance_credits is None:
            return price
        return f"{price} There are {credits_of(balance_credits)} left."

    def price_changed(self) -> str:
        return "**The price has changed since you saw it.** Confirm once more if you still want it."

    def balance_low(self, balance_credits: int) -> str:
        return f"Only {credits_of(balance_credits)} were left when last told, so it may be refused. That costs nothing."

    def words_wanted(self, medium: Medium) -> str:
        what = "what happens in it" if medium is Medium.VIDEO else "what it shows"
        return f"*{self.change}* to say {what}."

    def measured(self, seconds: float) -> str:
        return f"The video so far is {seconds:.1f} s long."

    menus: Mapping[Action, str] = {
        Action.MODEL: "Model",
        Action.DURATION: "Seconds",
        Action.TIER: "Tier",
        Action.RESOLUTION: "Resolution",
    }

    def seconds_choice(self, seconds: int) -> str:
        return f"{seconds} seconds"

    form_title = "Change before it starts"
    form_prompt = "Prompt"
    form_prompt_kept = "Leave it empty to keep the prompt, which is too long for this field."
    form_options = "Options"
    form_options_hint = "As --ar 16:9, --quality high, --stylize 200"
    form_video_options_hint = "As --ar 16:9"
    form_model = "Model"
    form_file = "Or the prompt as a .txt file"
    form_file_hint = "It goes before what is typed above"
    form_references = "Pictures to go by"
    form_references_hint = "They take the place of those it had"
    edit_again = "Change it"
    discarded = "Never mind, then. Nothing was spent."
