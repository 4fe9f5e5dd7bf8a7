"""What *Who made this?* tells, and the question which of several pictures is meant."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.provenance import Forebear, Provenance
from bot.domain.views import CardView
from bot.ui.cards import details
from bot.ui.markdown import one_line, prompt_block
from bot.ui.messages import Accent, Action, Button, Message, Row
from bot.ui.texts import EN, Texts

PROMPT_SHOWN = 1500
NAME_LIMIT = 80
ROW_BUTTONS = 5


def draw_provenance(found: Provenance, texts: Texts = EN) -> Message:
    """Of a job: who asked, for what, with which choices and at what cost, and what it came from."""
    job = found.job
    paragraphs = (
        texts.made_for(job.user_id, job.created_at),
        prompt_block(job.request.prompt, PROMPT_SHOWN),
        "\n".join((details(CardView(job, found.model, job.created_at), texts), *_going_by(found, texts))),
        "\n".join(_chain(found, texts)),
    )
    return Message(Accent.DONE, tuple(paragraph for paragraph in paragraphs if paragraph))


def _going_by(found: Provenance, texts: Texts) -> Iterator[str]:
    request = found.job.request
    if request.reference_video is not None:
        yield texts.goes_by_video
    if request.references:
        yield texts.goes_by(len(request.references))


def _chain(found: Provenance, texts: Texts) -> Iterator[str]:
    """The nearest first."""
    if not found.forebears:
        return
    yield texts.came_from
    for number, forebear in enumerate(reversed(found.forebears), 1):
        yield _forebear(number, forebear, texts)
    if found.has_earlier:
        yield texts.earlier_ones


def _forebear(number: int, forebear: Forebear, texts: Texts) -> str:
    job = forebear.job
    if job is None:
        return texts.hidden_forebear(number)
    return texts.forebear(number, texts.mediums[job.medium], job.user_id, job.created_at, forebear.url)


def draw_posted_by(
    user_id: int | None, name: str, asked_by_id: int | None, posted_at: float, texts: Texts = EN
) -> Message:
    """Of anybody else's message. `user_id` None: a webhook's, which nobody can be looked up by."""
    author = f"**{one_line(name, NAME_LIMIT)}**" if user_id is None else f"<@{user_id}>"
    return Message(Accent.STOPPED, (texts.posted_by(author, asked_by_id, posted_at),))


def which_picture(draft_id: int, count: int, what_for: str, texts: Texts = EN) -> Message:
    """Asks for one of the pictures that a draft holds."""
    buttons = [Button(Action.PICK, draft_id, str(n), index=n, note=what_for) for n in range(1, count + 1)]
    rows: list[Row] = [tuple(buttons[at : at + ROW_BUTTONS]) for at in range(0, count, ROW_BUTTONS)]
    return Message(Accent.WAITING, (texts.which_picture(count),), rows=tuple(rows))
