"""The buttons below a card: what can be done with a job, by its state and by what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.catalog import Medium, Skill
from bot.domain.jobs import Job, JobState
from bot.domain.views import CardView
from bot.ui.messages import Accent, Action, Button, ButtonStyle, Message, Row
from bot.ui.texts import EN, Texts

CANDIDATES_MAX = 4
"""So many have buttons of their own, as Midjourney's users know them."""


def rows(view: CardView, texts: Texts = EN) -> tuple[Row, ...]:
    """From top to bottom; at most five rows of at most five buttons."""
    job = view.job
    if job.forget_asked_at is not None:
        return ((_delete(job, texts),),)
    if not job.is_final:
        is_asked = job.cancel_asked_at is not None
        return ((Button(Action.CANCEL, job.id, texts.cancel, is_disabled=is_asked),),)
    if job.state is JobState.SUCCEEDED and job.cancel_asked_at is None:
        return tuple(_of_result(view, texts))
    if job.state is JobState.UNKNOWN:
        again = Button(Action.ASK, job.id, texts.ask_again)
    else:
        again = Button(Action.AGAIN, job.id, texts.again, ButtonStyle.PRIMARY)
    return ((again, Button(Action.REMIX, job.id, texts.remix), _delete(job, texts)),)


def _of_result(view: CardView, texts: Texts) -> Iterator[Row]:
    job = view.job
    count = len(job.result.media_urls) if job.result is not None else 0
    if job.medium is Medium.VIDEO:
        yield from _of_video(view, texts)
    elif count > 1 and view.only is None:
        numbers = range(1, min(count, CANDIDATES_MAX) + 1)
        yield tuple(Button(Action.UPSCALE, job.id, texts.upscale(n), index=n) for n in numbers)
        if view.model is None or view.model.max_references:
            yield tuple(Button(Action.VARY, job.id, texts.variation(n), index=n) for n in numbers)
    elif count:
        yield from _of_picture(view, view.only or 1, texts)
    whole = [Button(Action.AGAIN, job.id, texts.again, ButtonStyle.PRIMARY), Button(Action.REMIX, job.id, texts.remix)]
    if job.medium is Medium.IMAGE and count > 1 and view.only is None:
        if view.model is not None and view.model.is_midjourney:
            whole.append(Button(Action.STYLE, job.id, texts.style))
        if Skill.VIDEOS in view.skills:
            whole.append(Button(Action.ANIMATE, job.id, texts.animate))
    yield (*whole, _delete(job, texts))


def _of_picture(view: CardView, index: int, texts: Texts) -> Iterator[Row]:
    job, model = view.job, view.model
    found: list[Button] = []
    if model is None or model.max_references:
        found.append(Button(Action.VARY, job.id, texts.vary, index=index))
    if model is not None and model.is_midjourney:
        found.append(Button(Action.STYLE, job.id, texts.style, index=index))
    if Skill.VIDEOS in view.skills:
        found.append(Button(Action.ANIMATE, job.id, texts.animate, index=index))
    if Skill.REFERENCES in view.skills:
        found.append(Button(Action.USE, job.id, texts.use, index=index))
    if found:
        yield tuple(found)


def _of_video(view: CardView, texts: Texts) -> Iterator[Row]:
    if view.model is not None and view.model.takes_reference_video:
        yield (Button(Action.CONTINUE, view.job.id, texts.go_on, ButtonStyle.SUCCESS),)


def _delete(job: Job, texts: Texts) -> Button:
    return Button(Action.DELETE, job.id, texts.delete, ButtonStyle.DANGER)


def which_one(job: Job, action: Action, count: int, draft_id: int, texts: Texts = EN) -> Message:
    """Asks for one of the candidates, which a draft holds."""
    numbers = range(1, min(count, 5) + 1)
    row = tuple(Button(action, job.id, str(number), index=number, note=str(draft_id)) for number in numbers)
    return Message(Accent.WAITING, (texts.which_one(),), rows=(row,))
