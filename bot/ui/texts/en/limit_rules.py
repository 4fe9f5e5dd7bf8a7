"""Pages of `/limits` with rules: what can be made, where and by whom, with which words, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.limits import RoleRule
from bot.ui.markdown import timestamp
from bot.ui.texts.en.rules import SETTINGS
from bot.ui.texts.en.words import Words, many


class RuleTexts(Words):
    """What, where and who."""

    # ---- what can be made

    making_hint = "What members may ask for. Where nothing is chosen, all is allowed."
    choose_models = "Allow only these models"
    allow_all_models = "Allow all models"
    as_high_as_they_like = "as high as they like"
    choose_no_highest = "As high as they like"
    change_seconds = "Change seconds"
    choose_video_roles = "Only these roles may make videos"

    def retired(self, name: str) -> str:
        return f"retired: {name}"

    def more_models(self, shown: int, count: int) -> str:
        return f"-# The menu has the first {shown} of {count:,}. `/limit model` reaches all of them."

    no_models_left = (
        "**All models that were chosen are gone, so nobody can ask anything.** Choose others, or allow all of them."
    )

    def up_to(self, value: str) -> str:
        return f"up to {value}"

    def not_offered(self, value: str) -> str:
        return f"{value} (no model offers it now)"

    def pictures_up_to(self, value: str) -> str:
        return f"pictures up to {value}"

    def videos_up_to(self, limits: str) -> str:
        return f"videos up to {limits}"

    def videos_by(self, roles: str) -> str:
        return f"videos by {roles} only"

    def models_summary(self, count: int) -> str:
        return "all models" if not count else many(count, "model", "models")

    # ---- where and who

    places_hint = "Where members may ask, and who may. Where nothing is chosen, everybody may everywhere."
    everybody = "everybody"
    choose_channels = "Only in these channels and categories"
    choose_roles_allowed = "Only these roles may ask"
    choose_roles_excluded = "These roles may not ask"
    choose_block = "Block a member"
    choose_unblock = "Lift the block of a member"
    role_rules: Mapping[RoleRule, str] = {
        RoleRule.ALLOWED: "May ask, like other roles that are named so, and nobody else",
        RoleRule.EXCLUDED: "May not ask",
        RoleRule.OPEN: "Same as everybody",
    }
    role_gone = "a deleted role"
    channel_gone = "a channel that is gone or archived"
    too_many_for_menu = "-# These are too many for a menu: use `/limit`."
    until_lifted = "until it is lifted"
    blocked_none = "**Blocked members:** nobody"

    def all_gone(self, name: str) -> str:
        """All entries of a list that lets in are gone."""
        what = "videos" if name == "video_roles" else "anything"
        return (
            f"**{SETTINGS[name]}: all that were chosen are gone, so nobody can ask for {what}.** "
            "Make another choice, or take all out of the menu."
        )

    def concerns_you(self, name: str) -> str:
        return f"**{SETTINGS[name]}:** this concerns you, too. You cannot ask any more with the roles that you have."

    def concerns_your_videos(self, name: str) -> str:
        return f"**{SETTINGS[name]}:** this concerns you, too. You have none of these roles."

    blocks_you = "**Blocked members:** this concerns you, too. Another moderator has blocked you."

    def blocked_title(self, count: int) -> str:
        return f"**Blocked members:** {count:,}"

    def block_line(self, user_id: int, until: float | None, reason: str) -> str:
        when = self.until_lifted if until is None else f"until {timestamp(until, 'f')}"
        return f"<@{user_id}> {when}{f': {reason}' if reason else ''}"

    block_title = "Block a member"
    block_until = "Until when"
    block_until_hint = "3 h, 2 days, 2026-12-24 or 2026-12-24 18:30. Empty: until it is lifted"
    block_reason = "Why"
    block_reason_hint = "The member reads this. It can stay empty"

    def places_summary(self, channels: str, roles: str, excluded: int, blocked: int) -> str:
        told = [f"by {roles}, {channels}"]
        if excluded:
            told.append(many(excluded, "role kept out", "roles kept out"))
        if blocked:
            told.append(many(blocked, "member blocked", "members blocked"))
        return " · ".join(told)

    def in_channels(self, channels: str) -> str:
        return f"in {channels}"

    # ---- words

    words_hint = (
        "No request may hold these words and phrases, however they are spelled: capitals, accents and look-alike "
        "letters make no difference. Only whole words count: *cat* is not found in *catalogue*."
    )
    no_words = "No word is blocked."
    add_words = "Add words"
    test_words = "Test a text"
    drop_words = "Take words away"
    words_field = "Words and phrases"
    words_field_hint = "One in a line"
    test_field = "Text"
    test_hint = "As a member would type it. Nothing is asked with it"

    def words_count(self, count: int, page: int, pages: int) -> str:
        where = "" if pages == 1 else f", page {page} of {pages}"
        return f"**{many(count, 'word or phrase', 'words and phrases')}{where}**"

    def words_met(self, text: str, words: str) -> str:
        return f"**“{text}” would be refused.** It meets: {words}."

    def words_not_met(self, text: str) -> str:
        return f"**“{text}” meets none of the blocked words.**"

    def words_summary(self, count: int) -> str:
        return "none is blocked" if not count else f"{many(count, 'is', 'are')} blocked"

    # ---- how it is shown

    looks_hint = "How results look in the channels, and where moderators can read along."
    spoilers_on = "**Spoilers:** results are covered until somebody clicks on them."
    spoilers_off = "**Spoilers:** no, results can be seen at once."
    age_on = "**Age-restricted channels only:** yes, elsewhere nothing can be asked."
    age_off = "**Age-restricted channels only:** no."
    cover = "Cover results"
    uncover = "Do not cover results"
    restrict_age = "Only age-restricted channels"
    allow_any_age = "All channels"
    choose_log = "A channel for the log"
    no_log = "No log channel"
    log_none = "**Log channel:** none. In one, each generation and each change of these limits is told."

    def log_line(self, channel: str) -> str:
        return f"**Log channel:** {channel}. Each generation and each change of these limits is told there."

    def log_unwritable(self, permissions: Sequence[str]) -> str:
        names = ", ".join(f"*{self.permissions.get(name, name)}*" for name in permissions)
        return f"**I cannot write there:** I need {names} in that channel."

    def log_closed(self, since: float) -> str:
        return (
            f"**I could not write there {timestamp(since)}**, and what was to be told since is lost. "
            "Let me see that channel and send messages there, or choose another one. `/usage` can export all of it."
        )

    def looks_summary(self, *, spoilers: bool, age_restricted_only: bool, log: str) -> str:
        told = ["as spoilers" if spoilers else "openly"]
        if age_restricted_only:
            told.append("in age-restricted channels only")
        if log:
            told.append(f"log in {log}")
        return " · ".join(told)
