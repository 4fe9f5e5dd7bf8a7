"""Jobs and views to draw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain.catalog import Model
from bot.domain.jobs import Job, JobState
from bot.domain.requests import GenerationRequest
from bot.domain.views import CardView
from bot.ui.messages import Button, Message

NOW = 1_780_000_000.0


def job(state: JobState = JobState.QUEUED, prompt: str = "a cat", **changes: Any) -> Job:
    made = Job(
        id=77,
        account_id=1,
        flow_id=5,
        guild_id=5,
        channel_id=6,
        user_id=7,
        provider="meigen",
        state=state,
        request=GenerationRequest(prompt),
        model_id=None,
        is_private=False,
        parent_id=None,
        reserved_credits=None,
        charged_credits=None,
        generation_id=None,
        progress_percent=None,
        result=None,
        failure=None,
        cancel_asked_at=None,
        created_at=NOW,
        queued_at=NOW,
        submitted_at=None,
        answered_at=None,
        finished_at=None,
    )
    return replace(made, **changes)


def view(of: Job | None = None, model: Model | None = None, **changes: Any) -> CardView:
    return replace(CardView(of or job(), model, NOW), **changes)


def text_of(message: Message) -> str:
    return "\n".join(message.texts)


def labels(message: Message) -> list[str]:
    return [button.label for row in message.rows for button in row if isinstance(button, Button)]
