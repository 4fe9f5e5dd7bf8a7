"""Meshy as a state machine: no sockets, no clock, plain data; `copy.deepcopy` of it is a whole second world.

`now` is epoch seconds and never goes back. Source: Text to Image API; much of what it leaves open is an option.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple

from sandbox.meshy.orders import BY_ID, Model, Order, Refusal, read_order
from sandbox.meshy.tasks import Event, Status, Task, link_expiry, passed, whole
from sandbox.upstream.engine import POLICY_ERROR, Account, Answer, UpstreamEngine, UpstreamOptions

DAY_SECONDS: Final = 86_400.0
MOST_ON_A_PAGE: Final = 50
NOT_FOUND: Final = "Task not found"
RATE_ERROR: Final = "RateLimitExceeded: too many requests per second"


class QueueError(StrEnum):
    """How a refusal for too many unfinished tasks begins; both words are used."""

    CONCURRENT = "NoMoreConcurrentTasks"
    PENDING = "NoMorePendingTasks"

    @property
    def message(self) -> str:
        return f"{self.value}: too many tasks are queued, please wait for one to finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshyOptions(UpstreamOptions):
    """How this Meshy behaves."""

    rate_limit: int = 20
    rate_window_seconds: float = 1.0
    retry_after: bool = False
    """Send Retry-After where the rate limit refuses; where the queue does, there never is one."""
    task_limit: int = 10
    """Most unfinished tasks of a key."""
    running_limit: int = 5
    """Most tasks of a key IN_PROGRESS at once; others wait, first come, first served."""
    start_seconds: float = 1.0
    """Least time for which a task is PENDING, times `time_scale`."""
    queue_error: QueueError | str = QueueError.CONCURRENT
    create_status: int = 202
    """202 or 200."""
    delete_refused_status: int = 400
    """Of deleting a running task: which code the service gives is not known."""
    retention_seconds: float = 3 * DAY_SECONDS
    most_prompt_characters: int | None = None
    """None: no limit; the service's own is not known."""
    refuses_ratio_of_views: bool = False
    """400 for aspect_ratio together with generate_multi_view, as by later documents."""
    null_times: bool = False
    """Times that are "not yet" are null instead of 0."""
    tells_credits: bool = False
    """`consumed_credits` in a task, as by later documents."""


class _Step(NamedTuple):
    """The start or the end of a task."""

    at: float
    number: int
    task: Task


class MeshyEngine(UpstreamEngine[MeshyOptions]):
    """The service behind the socket. Each call first lets happen what is due at `now`."""

    KEY_PREFIX: ClassVar = "msy_"
    KEY_LETTERS: ClassVar = 36

    def __init__(self, options: MeshyOptions | None = None, *, media_url: str = "http://127.0.0.1/media") -> None:
        """Results are said to be at `<media_url>/tasks/<id>/output/<name>?Expires=<epoch seconds>`."""
        super().__init__(options or MeshyOptions(), media_url)
        self.tasks: dict[str, Task] = {}
        """By id, oldest first, deleted ones too."""
        self.catalogue: dict[str, Model] = dict(BY_ID)
        """By id; a test may put in others, and other prices."""
        self.queue_limited = 0
        """Requests that were refused because too many tasks were unfinished."""
        self._open: list[Task] = []
        """Unfinished, oldest first."""
        self._stepped_at = 0.0

    # the endpoints

    def create(self, now: float, key: str | None, payload: object) -> Answer:
        """POST /openapi/v1/text-to-image: key, rate limit, validation, queue, credits, charge, in this order."""
        status = self.options.create_status
        return self._answered(now, key, lambda account: self._created(now, account, payload), status)

    def retrieve(self, now: float, key: str | None, task_id: str) -> Answer:
        """GET /openapi/v1/text-to-image/:id."""
        return self._answered(now, key, lambda account: self._whole(now, self._task(account, task_id)))

    def page(self, now: float, key: str | None, query: Mapping[str, str]) -> Answer:
        """GET /openapi/v1/text-to-image; `query` is decoded, so a bare + in it is a space. By default newest first."""
        return self._answered(now, key, lambda account: self._listed(now, account, query))

    def delete(self, now: float, key: str | None, task_id: str) -> Answer:
        """DELETE /openapi/v1/text-to-image/:id; without a body."""
        return self._answered(now, key, lambda account: self._deleted(account, task_id))

    def balance(self, now: float, key: str | None) -> Answer:
        """GET /openapi/v1/balance."""
        return self._answered(now, key, lambda account: {"balance": account.purchased})

    def probe(self, now: float, key: str | None) -> Answer:
        """GET /openapi/v2/text-to-3d, with which a public client tries its key: there never are any such tasks."""
        return self._answered(now, key, lambda _: [])

    def open_stream(self, now: float, key: str | None) -> Answer:
        """GET /openapi/v1/text-to-image/:id/stream: 200 lets the client in, and `history` has what it is told."""
        return self._answered(now, key, lambda _: None)

    def history(self, now: float, key: str | None, task_id: str) -> list[Event]:
        """What streams have told by `now`, oldest first; who comes late is told the last of it and goes on from there.

        Never empty: of an unknown task there is an error event.
        """
        self.advance(now)
        task = self._found(key, task_id)
        if task is None:
            return [Event("error", {"status_code": 404, "message": NOT_FOUND}, is_last=True)]
        last = [Event("message", self._whole(now, task), is_last=True)] if task.status.is_final else []
        return [*passed(task, now), *last]

    # what a test can do

    def advance(self, now: float) -> None:
        """Start and finish what is due, each at its own time; what does not succeed gives its credits back."""
        while (step := min(self._steps(), default=None)) is not None and step.at <= now:
            self._stepped_at = step.at
            if step.task.status is Status.PENDING:
                step.task.status, step.task.started_at = Status.IN_PROGRESS, step.at
            else:
                self._finish(step.task, step.at)

    def prompt_of(self, generation_id: str) -> str | None:
        task = self.tasks.get(generation_id)
        return None if task is None else task.prompt

    def postpone(self, generation_id: str, seconds: float) -> None:
        self.tasks[generation_id].takes_seconds += seconds

    def condemn(self, generation_id: str, error: str = POLICY_ERROR) -> None:
        self.tasks[generation_id].error = error

    def cancel(self, task_id: str) -> None:
        """Let an unfinished task end as CANCELED."""
        self.tasks[task_id].is_canceled = True

    def expire(self, now: float, task_id: str) -> None:
        """Serve the pictures of a finished task no more."""
        self.tasks[task_id].expires_at = now

    def link_status(self, now: float, task_id: str, name: str, expires: str | None) -> int:
        """Of GET on a picture's link: 200; 404 where there is none, or not yet; 403 once the link has expired."""
        task = self.tasks.get(task_id)
        if task is None or task.is_deleted or task.status is not Status.SUCCEEDED or name not in task.picture_names():
            return 404
        is_fresh = expires == link_expiry(task) and now < (task.expires_at or 0)
        return 200 if is_fresh else 403

    def net_credits(self, key: str) -> int:
        """What `key` has paid in all, refunds taken off."""
        return sum(task.credits for task in self.tasks.values() if task.key == key and not task.refunded)

    # inside

    def _answered(self, now: float, key: str | None, act: Callable[[Account], object], status: int = 200) -> Answer:
        self.advance(now)
        try:
            return Answer(status, act(self._admitted(now, key)))
        except Refusal as refusal:
            return refusal.answer

    def _admitted(self, now: float, key: str | None) -> Account:
        account = self._account(key)
        if account is None:
            raise Refusal("Invalid API key", 401)
        if not account.counter.room(now):
            self.rate_limited += 1
            wait_seconds = max(1, math.ceil(account.counter.wait_seconds(now)))
            raise Refusal(RATE_ERROR, 429, {"Retry-After": str(wait_seconds)} if self.options.retry_after else {})
        account.counter.count(now)
        return account

    def _found(self, key: str | None, task_id: str) -> Task | None:
        task = self.tasks.get(task_id)
        return None if task is None or task.is_deleted or task.key != key else task

    def _task(self, account: Account, task_id: str) -> Task:
        task = self._found(account.key, task_id)
        if task is None:
            raise Refusal(NOT_FOUND, 404)
        return task

    def _created(self, now: float, account: Account, payload: object) -> dict[str, object]:
        order = read_order(
            payload,
            self.catalogue,
            most_prompt_characters=self.options.most_prompt_characters,
            refuses_ratio_of_views=self.options.refuses_ratio_of_views,
        )
        if sum(task.key == account.key for task in self._open) >= self.options.task_limit:
            self.queue_limited += 1
            raise Refusal(QueueError(self.options.queue_error).message, 429)
        if order.model.credits > account.purchased:
            raise Refusal("Insufficient credits", 402)
        account.purchased -= order.model.credits
        task = self._begun(now, account, order, payload if isinstance(payload, dict) else {})
        return {"result": task.id}

    def _begun(self, now: float, account: Account, order: Order, payload: dict[str, object]) -> Task:
        task = Task(
            id=self._new_id(now),
            key=account.key,
            order=order,
            payload=payload,
            credits=order.model.credits,
            created_at=now,
            queued_until=now + self.options.start_seconds * self.options.time_scale,
            takes_seconds=self._typical(order.model.typical_seconds),
            error=self._coming_failure(order.prompt),
        )
        self.tasks[task.id] = task
        self._open.append(task)
        return task

    def _new_id(self, now: float) -> str:
        """A UUID of version 7: the milliseconds, then randomness."""
        random_bits = self._random.getrandbits(80) & ~(0xF << 76) & ~(0x3 << 62)
        return str(uuid.UUID(int=(round(now * 1000) << 80) | (7 << 76) | (2 << 62) | random_bits))

    def _listed(self, now: float, account: Account, query: Mapping[str, str]) -> list[dict[str, object]]:
        page_num, page_size = _number(query, "page_num", 1), _number(query, "page_size", 10, MOST_ON_A_PAGE)
        sort_by = query.get("sort_by", "-created_at").replace(" ", "+")
        if sort_by not in ("+created_at", "-created_at"):
            raise Refusal("sort_by must be one of: +created_at, -created_at")
        mine = [task for task in self.tasks.values() if task.key == account.key and not task.is_deleted]
        ordered = mine if sort_by.startswith("+") else mine[::-1]
        page = ordered[(page_num - 1) * page_size : page_num * page_size]
        return [self._whole(now, task) for task in page]

    def _deleted(self, account: Account, task_id: str) -> None:
        task = self._task(account, task_id)
        if task.status is Status.IN_PROGRESS:
            raise Refusal("Task is in progress and cannot be deleted", self.options.delete_refused_status)
        if task.status is Status.PENDING:
            self._open.remove(task)
            self._refund(task)
        task.is_deleted = True

    def _whole(self, now: float, task: Task) -> dict[str, object]:
        body = whole(task, now, self._preceding(task), self.media_url, null_times=self.options.null_times)
        if self.options.tells_credits:
            body["consumed_credits"] = 0 if task.refunded else task.credits
        return body

    def _preceding(self, task: Task) -> int:
        """How many tasks of the same key wait before it; 0 once it has started."""
        return next((place for place, waiting in enumerate(self._waiting(task.key)) if waiting is task), 0)

    def _waiting(self, key: str) -> list[Task]:
        return [task for task in self._open if task.key == key and task.status is Status.PENDING]

    def _steps(self) -> Iterator[_Step]:
        """What can happen next: the end of each running task, and the start of each key's first if there is room."""
        running = [task for task in self._open if task.status is Status.IN_PROGRESS]
        for number, task in enumerate(running):
            yield _Step(max(task.ready_at, self._stepped_at), number, task)
        for number, key in enumerate(dict.fromkeys(task.key for task in self._open), len(running)):
            waiting = self._waiting(key)
            if waiting and sum(task.key == key for task in running) < self.options.running_limit:
                yield _Step(max(waiting[0].queued_until, self._stepped_at), number, waiting[0])

    def _finish(self, task: Task, at: float) -> None:
        self._open.remove(task)
        task.status, task.finished_at = task.final_status, at
        task.expires_at = at + self.options.retention_seconds
        if task.status is not Status.SUCCEEDED:
            self._refund(task)

    def _refund(self, task: Task) -> None:
        task.refunded = True
        self.accounts[task.key].purchased += task.credits


def _number(query: Mapping[str, str], name: str, default: int, most: int | None = None) -> int:
    text = query.get(name, str(default))
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if number < 1 or (most is not None and number > most):
        raise Refusal(f"{name} must be a whole number from 1" + (f" to {most}" if most else ""))
    return number
