"""What stands in a log channel: an entry for each generation that has ended, and for each change of a setting."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.catalog import Model
from bot.domain.jobs import Job
from bot.domain.limits import Change, House, Limits
from bot.domain.policy import Use
from bot.domain.views import LimitsView
from bot.ui.cards import ACCENTS
from bot.ui.limits_changes import told_change
from bot.ui.limits_panel import Panel
from bot.ui.markdown import ELLIPSIS, link, one_line
from bot.ui.messages import Accent, Message
from bot.ui.texts import EN, Texts

PROMPT_LIMIT = 500
NAME_LIMIT = 60
"""Entries ping nobody: their mentions only show who it was."""


def job_entry(job: Job, url: str | None, model: Model | None, texts: Texts = EN) -> Message:
    """`url`: of its card, where others can see it. Of what is forgotten, no word."""
    name = one_line((model.name if model is not None else job.model_id) or texts.default_model, NAME_LIMIT)
    cost = texts.cost(job.reserved_credits) if job.charged_credits is None else texts.charged(job.charged_credits)
    is_forgotten = job.forget_asked_at is not None
    words = texts.logged_forgotten if is_forgotten else one_line(job.request.prompt, PROMPT_LIMIT) or ELLIPSIS
    where = link(texts.to_card(), url) if url is not None else texts.logged_private if job.is_private else ""
    return Message(
        ACCENTS[job.state],
        (
            texts.logged_job(job.user_id, name, cost, job.state),
            words,
            texts.logged_at(job.finished_at or job.created_at, where),
        ),
    )


def change_entry(change: Change, models: Sequence[Model], texts: Texts = EN) -> Message:
    view = LimitsView(change.guild_id, Limits(), House(), Use(), tuple(models), change.at)
    told = told_change(Panel(view, change.user_id), change, texts)
    return Message(Accent.WAITING, (texts.logged_change(change.user_id, told), texts.logged_at(change.at, "")))
