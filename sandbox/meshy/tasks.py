"""A task, and how it is told. Times are epoch seconds inside and milliseconds outside."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sandbox.meshy.orders import Order

PROGRESS_STEP = 10
"""Percents after which a stream tells of an unfinished task again."""


class Status(StrEnum):
    """Of a task."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def is_final(self) -> bool:
        return self not in (Status.PENDING, Status.IN_PROGRESS)


@dataclass(slots=True)
class Task:
    """One task: the truth about it, whatever the client got to see."""

    id: str
    key: str
    order: Order
    payload: dict[str, object]
    """The body as it came."""
    credits: int
    """Charged at creation; given back when `refunded`."""
    created_at: float
    queued_until: float
    """It starts no earlier, and as soon as there is room."""
    takes_seconds: float
    """From its start; `math.inf`: it is never finished."""
    error: str | None
    """The error it will end with; None: none."""
    is_canceled: bool = False
    """Whether it will end as CANCELED."""
    status: Status = Status.PENDING
    started_at: float | None = None
    finished_at: float | None = None
    expires_at: float | None = None
    """When its pictures are served no more."""
    refunded: bool = False
    is_deleted: bool = False
    """Gone for the client; a deleted task keeps the status that it had."""

    @property
    def prompt(self) -> str:
        return self.order.prompt

    @property
    def model_id(self) -> str:
        return self.order.model.id

    @property
    def ready_at(self) -> float:
        return math.inf if self.started_at is None else self.started_at + self.takes_seconds

    @property
    def final_status(self) -> Status:
        """The one that it will end with."""
        if self.is_canceled:
            return Status.CANCELED
        return Status.SUCCEEDED if self.error is None else Status.FAILED

    def progress(self, now: float) -> int:
        """In percent; 100 is kept for SUCCEEDED."""
        if self.started_at is None:
            return 0
        if self.status is Status.SUCCEEDED:
            return 100
        if self.takes_seconds <= 0:
            return 99
        at = now if self.finished_at is None else self.finished_at
        return max(0, min(99, math.floor(100 * (at - self.started_at) / self.takes_seconds)))

    def picture_names(self) -> list[str]:
        """Of its files, made or to be made."""
        if self.order.outputs == 1:
            return ["image.png"]
        return [f"image_{number}.png" for number in range(self.order.outputs)]


@dataclass(frozen=True, slots=True)
class Event:
    """One of a stream."""

    name: str
    """message or error."""
    data: dict[str, object]
    is_last: bool


def whole(task: Task, now: float, preceding: int, media_url: str, *, null_times: bool) -> dict[str, object]:
    """The task object (Text to Image API, "The Text to Image Task Object"); `null_times`: "not yet" is null, not 0."""

    def milliseconds(at: float | None) -> int | None:
        if at is None:
            return None if null_times else 0
        return round(at * 1000)

    return {
        "id": task.id,
        "type": "text-to-image",
        "ai_model": task.model_id,
        "prompt": task.prompt,
        "status": task.status.value,
        "progress": task.progress(now),
        "created_at": milliseconds(task.created_at),
        "started_at": milliseconds(task.started_at),
        "finished_at": milliseconds(task.finished_at),
        "expires_at": milliseconds(task.expires_at),
        "preceding_tasks": preceding,
        "image_urls": list(_links(task, media_url)) if task.status is Status.SUCCEEDED else [],
        "task_error": {"message": (task.error or "") if task.status is Status.FAILED else ""},
    }


def passed(task: Task, now: float) -> Iterator[Event]:
    """What a stream has told of an unfinished task by `now`: it begins PENDING, then goes by steps of progress."""
    yield _brief(task, Status.PENDING, 0)
    if task.started_at is None:
        return
    for progress in range(0, 100 if task.status.is_final else task.progress(now) + 1, PROGRESS_STEP):
        yield _brief(task, Status.IN_PROGRESS, progress)


def link_expiry(task: Task) -> str:
    """What stands in its links: epoch seconds."""
    return str(math.floor(task.expires_at or 0))


def _brief(task: Task, status: Status, progress: int) -> Event:
    return Event("message", {"id": task.id, "progress": progress, "status": status.value}, is_last=False)


def _links(task: Task, media_url: str) -> Iterator[str]:
    for name in task.picture_names():
        yield f"{media_url}/tasks/{task.id}/output/{name}?Expires={link_expiry(task)}"
