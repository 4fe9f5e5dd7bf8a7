"""Entries of a log channel: who, what, at what cost, and no word of what is forgotten; they ping nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.chat.render import layout, mentions
from bot.domain.jobs import JobState
from bot.domain.limits import Change, Limits
from bot.domain.requests import GenerationRequest
from bot.store.limits import _dumped
from bot.ui.log_entries import PROMPT_LIMIT, change_entry, job_entry
from bot.ui.messages import Accent, Message
from tests.support.builders import model
from tests.unit.ui.make import NOW, job, text_of

URL = "https://discord.com/channels/5/6/88"
NASTY = "*_~`|>@everyone <@7> https://evil.test :smile:\n# " * 400


def change(name: str = "cooldown_seconds", old: Any = 0, new: Any = 5) -> Change:
    return Change(1, 5, 99, NOW, name, json.dumps(old), json.dumps(new))


def test_a_generation_is_told_with_who_what_and_what_it_cost() -> None:
    done = job(JobState.SUCCEEDED, charged_credits=5, model_id="swift-1", finished_at=NOW + 9)
    message = job_entry(done, URL, model())
    assert message.texts == (
        "**Ready** · <@7> · Swift One · 5 credits charged",
        "a cat",
        f"-# <t:{round(NOW + 9)}:f> · [Go to its card](<{URL}>)",
    )
    assert message.accent is Accent.DONE


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_a_word(state: JobState) -> None:
    assert text_of(job_entry(job(state), None, None)).startswith("**")


def test_what_was_not_charged_yet_is_told_as_estimated_and_what_is_not_known_as_that() -> None:
    assert "· 4 credits\n" in text_of(job_entry(job(JobState.UNKNOWN, reserved_credits=4), URL, None))
    assert "· Cost not known\n" in text_of(job_entry(job(JobState.UNKNOWN), URL, None))


def test_a_private_one_has_its_words_and_no_link() -> None:
    text = text_of(job_entry(job(JobState.SUCCEEDED, is_private=True), None, None))
    assert "a cat" in text
    assert "only the member sees it" in text
    assert "](" not in text


def test_what_is_forgotten_has_no_words() -> None:
    of = job(JobState.SUCCEEDED, "unforgettable", charged_credits=5, forget_asked_at=NOW)
    text = text_of(job_entry(of, URL, None))
    assert "unforgettable" not in text
    assert "The words are forgotten." in text
    assert "<@7>" in text, "who spent what is still to be seen"


def test_a_retired_model_is_told_by_its_id() -> None:
    assert "· old\\_one ·" in text_of(job_entry(job(JobState.FAILED, model_id="old_one"), URL, None))


def test_a_setting_is_told_with_what_it_was_and_is() -> None:
    text = text_of(change_entry(change("member_videos_per_day", None, 3), ()))
    assert "<@99> has changed a setting." in text
    assert "**Videos a day, for each member:**" in text
    assert "→ 3" in text


@pytest.mark.parametrize("name", _dumped(Limits()))
def test_every_setting_can_be_told(name: str) -> None:
    value = _dumped(Limits())[name]
    assert text_of(change_entry(change(name, value, value), (model(),)))


def test_a_key_of_the_guilds_own_is_told_by_what_the_trail_holds_of_it() -> None:
    assert "…1234" in text_of(change_entry(change("own_key", None, "meigen …1234"), ()))


def test_what_another_version_has_set_is_told_as_it_stands() -> None:
    assert "1 → \\[2\\]" in text_of(change_entry(change("later_setting", 1, [2]), ()))


ENTRIES = [
    job_entry(job(JobState.SUCCEEDED, NASTY, model_id=NASTY), URL, None),
    job_entry(job(JobState.SUCCEEDED, "", model_id="x" * 500), None, model(name=NASTY)),
    change_entry(change("blocked_words", [], [NASTY[:100]] * 500), ()),
    change_entry(change("blocked_members", [], [{"user_id": 7, "until": None, "reason": NASTY[:300]}] * 500), ()),
    change_entry(change("later_setting", NASTY, NASTY), ()),
]


@pytest.mark.parametrize("message", ENTRIES)
async def test_it_fits_and_pings_nobody_whatever_is_in_it(message: Message) -> None:
    assert len(text_of(message)) <= 4000
    assert layout(message).children
    assert dict(mentions(message).to_dict()) == {"parse": [], "users": []}


def test_a_prompt_is_shortened_and_harmless() -> None:
    words = job_entry(job(JobState.SUCCEEDED, NASTY), URL, None).texts[1]
    assert len(words) <= PROMPT_LIMIT
    assert "@everyone" not in words
    assert "https://" not in words.replace("\\", "x")
    assert "\n" not in words


def test_an_empty_prompt_is_no_empty_text() -> None:
    """Discord takes no text without a letter in it."""
    message = job_entry(job(JobState.SUCCEEDED, request=GenerationRequest("")), URL, None)
    assert all(message.texts)
