"""Pages of own jobs: within Discord's limits, with buttons that lead somewhere, and no word that breaks them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat.render import layout
from bot.domain.catalog import Medium, Skill
from bot.domain.gate import PauseReason
from bot.domain.history import (
    MODEL_LIMIT,
    Forgotten,
    HistoryEntry,
    HistoryPage,
    PastJob,
    QueueEntry,
    QueuePage,
    Wanted,
)
from bot.domain.jobs import Failure, FailureCode, JobState, Result
from bot.domain.pings import Notify
from bot.domain.preferences import Usual
from bot.domain.requests import GenerationRequest
from bot.domain.views import Waiting
from bot.services.history import ENTRIES_SHOWN, QUEUE_SHOWN
from bot.ui.buttons import CUSTOM_ID, INDEX_MAX, custom_id
from bot.ui.cards import RESULT_FILE, draw
from bot.ui.history import draw_history, draw_queue
from bot.ui.members import forget_question, forgotten_notice, help_page, preferences_page
from bot.ui.messages import Accent, Button, Message
from tests.unit.ui.make import NOW, job, view

USER = 1_234_567_890_123_456_789
LINK = f"https://discord.com/channels/{USER}/{USER}/{USER}"
NASTY = "*_~`|>@everyone\n# " * 2000
COMPONENTS_MAX = 40
CHARACTERS_MAX = 4000


def entry(state: JobState = JobState.SUCCEEDED, **changes: Any) -> HistoryEntry:
    of_job = {key: changes.pop(key) for key in list(changes) if key not in ("picture", "is_gone", "past")}
    made = job(state, result=Result(("https://img.test/1.png",)), charged_credits=10, **of_job)
    return replace(HistoryEntry(PastJob(made, LINK), "Swift One"), **changes)


def page(*entries: HistoryEntry, **changes: Any) -> HistoryPage:
    return replace(HistoryPage(USER, Wanted(), None, entries, 0, has_next=False), **changes)


def queue(*entries: QueueEntry, **changes: Any) -> QueuePage:
    return replace(QueuePage(USER, entries, 0, has_next=False, waiting=len(entries), working=0), **changes)


def buttons(message: Message) -> list[Button]:
    rows = [*(each.row for each in message.entries), *message.rows]
    return [button for row in rows for button in row if isinstance(button, Button)]


def text(message: Message) -> str:
    return "\n".join((*message.texts, *(each.text for each in message.entries)))


def check(message: Message) -> None:
    """What Discord takes."""
    view = layout(message)
    assert view.content_length() <= CHARACTERS_MAX
    assert view.total_children_count <= COMPONENTS_MAX
    ids = [custom_id(button) for button in buttons(message)]
    assert len(ids) == len(set(ids))
    assert all(len(each) <= 100 and re.fullmatch(CUSTOM_ID, each) for each in ids)
    assert "@everyone" not in text(message)


# ---------------------------------------------------------------- /history


def test_an_entry_tells_what_when_how_much_and_where() -> None:
    message = draw_history(page(entry()))
    assert message.entries[0].text == (
        f"**Ready** · Swift One · 10 credits charged · <t:{NOW:.0f}:R>\na cat\n-# [Go to its card](<{LINK}>)"
    )
    assert [button.label for button in buttons(message)] == ["Show"]


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_its_word_and_only_what_is_over_is_shown(state: JobState) -> None:
    message = draw_history(page(entry(state)))
    assert re.match(r"\*\*[A-Z][\w ,]+\*\* · ", message.entries[0].text)
    assert [button.label for button in buttons(message)] == (["Show"] if job(state).is_final else [])


def test_what_finished_after_it_was_cancelled_is_told_apart() -> None:
    assert "**Finished after it was cancelled**" in text(draw_history(page(entry(cancel_asked_at=NOW))))
    assert "**Cancelled**" in text(draw_history(page(entry(JobState.CANCELLED, cancel_asked_at=NOW))))


def test_a_failure_tells_its_reason_in_a_line() -> None:
    failure = Failure(FailureCode.GENERATION_FAILED, "no\n\n**such** things")
    shown = text(draw_history(page(entry(JobState.FAILED, failure=failure))))
    assert "The service could not make it. It says: no \\*\\*such\\*\\* things\n" in shown
    assert "Try again" not in shown


def test_what_is_gone_and_what_was_never_shown_say_so() -> None:
    gone = entry(is_gone=True)
    lost = replace(entry(), past=PastJob(job(JobState.SUCCEEDED), None, is_undelivered=True))
    shown = text(draw_history(page(gone, lost)))
    assert "The service does not keep this any more." in shown
    assert "It could not be shown where you asked for it." in shown
    assert shown.count("Go to its card") == 1


def test_pictures_are_not_taken_for_results() -> None:
    message = draw_history(page(entry(picture=Path("/kept/1.jpg"), prompt="x" * 3000)))
    (file,) = message.attachments
    assert message.entries[0].picture is not None
    assert message.entries[0].picture.url == f"attachment://{file.filename}"
    assert re.match(RESULT_FILE, file.filename) is None
    assert len(message.entries[0].picture.description) <= 1024


@pytest.mark.parametrize(
    ("number", "has_next", "labels"),
    [
        (0, False, []),
        (0, True, ["Next"]),
        (1, True, ["Back", "Next"]),
        (2, False, ["Back"]),
        (INDEX_MAX, True, ["Back"]),
    ],
)
def test_pages_lead_where_there_is_something(number: int, has_next: bool, labels: list[str]) -> None:  # noqa: FBT001  a parameter
    message = draw_history(page(entry(), number=number, has_next=has_next))
    assert [button.label for button in buttons(message)[1:]] == labels
    assert ("Older ones do not fit here" in text(message)) == (number == INDEX_MAX)


def test_what_is_chosen_travels_with_the_buttons() -> None:
    wanted = Wanted(Medium.VIDEO, "m" * MODEL_LIMIT)
    message = draw_history(page(entry(), wanted=wanted, number=7, has_next=True))
    assert [custom_id(button) for button in buttons(message)[1:]] == [
        f"easel:history:{USER}:6:video/{'m' * MODEL_LIMIT}",
        f"easel:history:{USER}:8:video/{'m' * MODEL_LIMIT}",
    ]
    check(message)


def test_an_empty_page_says_why() -> None:
    assert "not asked for anything yet" in text(draw_history(page()))
    assert "nothing of that kind" in text(draw_history(page(wanted=Wanted(Medium.VIDEO))))
    assert "nothing on this page any more" in text(draw_history(page(number=3)))


def test_the_longest_page_fits() -> None:
    failure = Failure(FailureCode.GENERATION_FAILED, NASTY)
    past = PastJob(
        job(JobState.FAILED, NASTY, id=10**17, failure=failure, reserved_credits=123_456_789), LINK, is_undelivered=True
    )
    most = HistoryEntry(past, NASTY, Path("/kept/1.jpg"), is_gone=True)
    entries = [
        replace(most, past=replace(past, job=replace(past.job, id=10**17 + number))) for number in range(ENTRIES_SHOWN)
    ]
    wanted = Wanted(Medium.VIDEO, "m" * 90)
    check(draw_history(page(*entries, wanted=wanted, wanted_name=NASTY, number=INDEX_MAX, has_next=True)))


# ---------------------------------------------------------------- /queue


def waiting(**changes: Any) -> QueueEntry:
    return QueueEntry(view(job(**changes), waiting=Waiting(3, 20.0)), LINK)


def test_the_queue_tells_places_and_how_many() -> None:
    message = draw_queue(queue(waiting(), working=1))
    assert message.texts[0] == "### Under way: 1 being made, 1 waiting"
    assert message.entries[0].text.startswith("**Place 3 in line**, begins <t:")
    assert [custom_id(button) for button in buttons(message)] == [f"easel:queue:{USER}:0:77", f"easel:queue:{USER}:0"]


def test_what_is_being_cancelled_cannot_be_cancelled_again() -> None:
    message = draw_queue(queue(waiting(cancel_asked_at=NOW)))
    assert [button.is_disabled for button in buttons(message)] == [True, False]


def test_an_empty_queue_says_so_and_can_be_refreshed() -> None:
    message = draw_queue(queue())
    assert "Nothing is under way" in text(message)
    assert [button.label for button in buttons(message)] == ["Refresh"]
    later = draw_queue(queue(number=1, waiting=3))
    assert "nothing on this page any more" in text(later)
    assert [button.label for button in buttons(later)] == ["Back", "Refresh"]


def test_the_longest_queue_fits() -> None:
    slow = Waiting(100_000, 1e6, PauseReason.KEY_REJECTED, NOW + 1e6)
    entries = [
        QueueEntry(
            view(job(prompt=NASTY, id=10**17 + number, reserved_credits=10), waiting=slow, balance_credits=1), LINK
        )
        for number in range(QUEUE_SHOWN)
    ]
    check(draw_queue(queue(*entries, number=5, has_next=True, waiting=10**6, working=10**6)))


# ---------------------------------------------------------------- what concerns the member


def test_choices_are_told_in_words() -> None:
    usual = Usual(Notify.NEVER, "swift-1", None, "16:9", is_private=True)
    shown = text(preferences_page(usual, ("**Swift**", None), is_changed=True))
    assert "**Ping when something is done:** Never\n**Model for pictures:** \\*\\*Swift\\*\\*" in shown
    assert "**Model for videos:** The usual model\n**Ratio:** 16:9\n**Seen by:** only you" in shown
    assert "**Ratio:** as the model likes" in text(preferences_page(Usual(), (None, None), is_changed=False))


@pytest.mark.parametrize(
    ("jobs", "says"),
    [(0, "Forget what you have begun"), (1, "your only request"), (2000, "all 2,000 of your requests")],
)
def test_what_forgetting_means_is_said_before_it_happens(jobs: int, says: str) -> None:
    message = forget_question(USER, jobs)
    for words in (says, "*Delete*", "credits were used", "What waits is cancelled", "cannot be undone"):
        assert words in text(message)
    assert [custom_id(button) for button in buttons(message)] == [f"easel:forget:{USER}:1", f"easel:forget:{USER}:0"]
    check(message)


def test_what_was_forgotten_is_counted() -> None:
    assert "**1 request is forgotten.**\n" in text(forgotten_notice(Forgotten(1, 0)))
    assert "**3 requests are forgotten.** 2 of them are being made" in text(forgotten_notice(Forgotten(3, 2)))


def test_help_fits() -> None:
    check(help_page(tuple(Skill)))


def test_the_help_names_the_moderators_commands() -> None:
    assert "### For moderators\n`/limits` See what is allowed on this server" in "\n".join(
        help_page(tuple(Skill)).texts
    )


def test_the_help_names_the_menus_on_messages() -> None:
    assert "*Animate this*, *Imagine from this*, *Who made this?*." in "\n".join(help_page(tuple(Skill)).texts)


def test_the_help_tells_of_nothing_that_cannot_be_made() -> None:
    page = help_page({Skill.POSES})
    check(page)
    whole = "\n".join(page.texts)
    for absent in (
        "video",
        "Video",
        "/inspire",
        "Animate",
        "Imagine from this",
        "A reference is",
        "Midjourney",
        "--stylize",
    ):
        assert absent not in whole
    assert "`--ar 16:9` anywhere in the prompt" in whole
    assert "*Who made this?*." in whole


# ---------------------------------------------------------------- cards of what is forgotten


@pytest.mark.parametrize("state", JobState)
def test_the_card_of_a_forgotten_job_has_no_word_of_it(state: JobState) -> None:
    forgotten = job(
        state,
        "a secret cat",
        forget_asked_at=NOW,
        result=Result(("https://img.test/secret.png",)),
        failure=Failure(FailureCode.REJECTED, "a secret"),
    )
    request = GenerationRequest("a secret cat")
    message = draw(view(replace(forgotten, request=request), mentions_member=True))
    assert "secret" not in text(message)
    assert ("**Forgotten**" in text(message)) == forgotten.is_final
    assert [button.label for button in buttons(message)] == ["Delete"]
    assert (message.attachments, message.gallery, message.mention_user_id) == ((), (), None)
    assert (message.accent is Accent.STOPPED) == forgotten.is_final


def test_members_with_long_ids_have_pages_too() -> None:
    assert re.fullmatch(CUSTOM_ID, f"easel:queue:{USER}:0")
    assert re.fullmatch(CUSTOM_ID, "easel:queue:8999999999999999999")
    assert not re.fullmatch(CUSTOM_ID, "easel:queue:9223372036854775808"), "no database could look it up"
    assert not re.fullmatch(CUSTOM_ID, "easel:queue:12345678901234567890")
