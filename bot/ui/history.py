"""A member's own jobs: `/history` and `/queue`."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.history import MODEL_LIMIT, HistoryEntry, HistoryPage, QueueEntry, QueuePage, Wanted
from bot.domain.jobs import FailureCode, Job, JobState
from bot.ui.buttons import INDEX_MAX
from bot.ui.cards import standing_of
from bot.ui.markdown import link, one_line, plain, shorten, timestamp
from bot.ui.messages import Accent, Action, Button, ButtonStyle, Entry, Message, Picture, Upload
from bot.ui.texts import EN, Texts

PROMPT_LIMIT = 160
"""Two lines on most screens."""
NAME_LIMIT = 60
REASON_LIMIT = 120
STANDING_LIMIT = 250
ALT_LIMIT = 200


def draw_history(page: HistoryPage, texts: Texts = EN) -> Message:
    """One page, with a small picture beside each entry that has one."""
    wanted = page.wanted
    name = None if page.wanted_name is None else f"**{one_line(page.wanted_name, NAME_LIMIT)}**"
    title = texts.history_title(page.number + 1, wanted.medium, name)
    is_chosen = wanted != Wanted()
    below = texts.history_hint() if page.entries else texts.history_empty(page.number + 1, is_chosen=is_chosen)
    is_last = page.has_next and page.number == INDEX_MAX
    turns = tuple(_turns(page, Action.HISTORY, note_of(wanted), texts))
    return Message(
        Accent.WAITING,
        tuple(text for text in (title, below, texts.history_last() if is_last else "") if text),
        entries=tuple(_past(entry, texts) for entry in page.entries),
        attachments=tuple(_thumbnails(page)),
        rows=(turns,) if turns else (),
    )


def note_of(wanted: Wanted) -> str:
    """What is chosen, as the buttons of a page carry it: `video/veo-3.1`, `/` for everything."""
    return f"{wanted.medium or ''}/{(wanted.model_id or '')[:MODEL_LIMIT]}"


def _thumbnails(page: HistoryPage) -> Iterator[Upload]:
    for entry in page.entries:
        if entry.picture is not None:
            job = entry.past.job
            yield Upload(entry.picture, _thumbnail_name(job), _alt(job))


def _thumbnail_name(job: Job) -> str:
    """Not as results are named: what goes on from a picture must not take the small one for it."""
    return f"small-{job.id}.jpg"


def _alt(job: Job) -> str:
    return shorten(" ".join(plain(job.request.prompt).split()), ALT_LIMIT)


def _past(entry: HistoryEntry, texts: Texts) -> Entry:
    job, past = entry.past.job, entry.past
    lines = (
        f"**{_outcome(job, texts)}** · {_details(entry, texts)}",
        one_line(job.request.prompt, PROMPT_LIMIT),
        _reason(job, texts),
        texts.result_gone() if entry.is_gone else "",
        texts.not_delivered() if past.is_undelivered else "",
        "" if past.url is None else f"-# {link(texts.to_card(), past.url)}",
    )
    picture = None
    if entry.picture is not None:
        picture = Picture(f"attachment://{_thumbnail_name(job)}", _alt(job))
    # A card that is still to change is shown by `/queue`; a copy of it would stand still.
    row = (Button(Action.SHOW, job.id, texts.show),) if job.is_final else ()
    return Entry("\n".join(line for line in lines if line), picture, row)


def _outcome(job: Job, texts: Texts) -> str:
    if job.state is JobState.SUCCEEDED and job.cancel_asked_at is not None:
        return texts.kept_after_cancel
    return texts.outcomes[job.state]


def _details(entry: HistoryEntry, texts: Texts) -> str:
    job = entry.past.job
    name = one_line(entry.model_name or texts.default_model, NAME_LIMIT)
    cost = texts.cost(job.reserved_credits) if job.charged_credits is None else texts.charged(job.charged_credits)
    seconds = job.request.duration_seconds
    choices = () if seconds is None else (texts.durations((seconds,)),)
    return " · ".join((name, *choices, cost, timestamp(job.created_at)))


def _reason(job: Job, texts: Texts) -> str:
    if job.failure is None or job.failure.code is FailureCode.CANCELLED_BY_MEMBER:
        return ""
    return _first_line(texts.failure(job.failure.code, one_line(job.failure.message, REASON_LIMIT)))


def _first_line(markdown: str) -> str:
    """The first line of what is markdown already."""
    return markdown.partition("\n")[0]


# ---------------------------------------------------------------- /queue


def draw_queue(page: QueuePage, texts: Texts = EN) -> Message:
    """One page; each entry with its place or progress, and a way to cancel it."""
    title = texts.queue_title(page.waiting, page.working)
    is_idle = not page.waiting and not page.working
    below = texts.queue_hint() if page.entries else texts.queue_page_empty()
    refresh = Button(Action.QUEUE, page.user_id, texts.refresh, index=page.number)
    buttons = (*_turns(page, Action.QUEUE, "", texts), refresh)
    return Message(
        Accent.WORKING if page.working else Accent.WAITING,
        (title,) if is_idle else (title, below),
        entries=tuple(_under_way(page, entry, texts) for entry in page.entries),
        rows=(buttons,),
    )


def _under_way(page: QueuePage, entry: QueueEntry, texts: Texts) -> Entry:
    job = entry.view.job
    lines = (
        shorten(standing_of(entry.view, texts), STANDING_LIMIT),
        one_line(job.request.prompt, PROMPT_LIMIT // 2),
        "" if entry.url is None else f"-# {link(texts.to_card(), entry.url)}",
    )
    # Not the card's own button: a click on that makes the message that holds it the card.
    cancel = Button(
        Action.QUEUE,
        page.user_id,
        texts.cancel,
        index=page.number,
        note=str(job.id),
        is_disabled=job.is_final or job.cancel_asked_at is not None,
    )
    return Entry("\n".join(line for line in lines if line), row=(cancel,))


# ---------------------------------------------------------------- pages


def _turns(page: HistoryPage | QueuePage, action: Action, note: str, texts: Texts) -> Iterator[Button]:
    """Back and Next, as far as they lead anywhere."""
    if page.number:
        yield Button(action, page.user_id, texts.back, index=page.number - 1, note=note)
    if page.has_next and page.number < INDEX_MAX:
        yield Button(action, page.user_id, texts.next_page, ButtonStyle.PRIMARY, page.number + 1, note=note)
