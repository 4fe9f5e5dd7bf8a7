"""What faults make of a Meshy; what they do to any answer, and the switches, is tested with MeiGen."""

import math
from typing import Any

import httpx
import pytest

from sandbox.meshy import Fault, FaultKind, Status
from tests.sandbox.meshy_client import TASKS, Client, serving


async def struck(client: Client, kind: FaultKind, **details: Any) -> httpx.Response:
    """The next creation, with a fault on it."""
    client.meshy.faults.add(Fault(kind, **details))
    return await client.create()


def charged(client: Client) -> int:
    return len(client.meshy.tasks)


@pytest.mark.parametrize(
    ("kind", "error", "charges"),
    [
        (FaultKind.DROP_BEFORE, httpx.RemoteProtocolError, 0),
        (FaultKind.DROP_AFTER, httpx.RemoteProtocolError, 1),
        (FaultKind.RESET_AFTER, httpx.ReadError, 1),
        (FaultKind.CUT, httpx.RemoteProtocolError, 1),
    ],
)
async def test_a_task_may_be_made_though_nobody_is_told(kind: FaultKind, error: type[Exception], charges: int) -> None:
    async with serving() as client:
        with pytest.raises(error):
            await struck(client, kind)
        assert charged(client) == charges
        listed = (await client.http.get(TASKS)).json()
        assert [task["id"] for task in listed] == list(client.meshy.tasks)
        assert client.meshy.requests[0].generation_id == next(iter(client.meshy.tasks), None)


@pytest.mark.parametrize(("kind", "charges"), [(FaultKind.ERROR_BEFORE, 0), (FaultKind.ERROR_AFTER, 1)])
async def test_server_errors_are_worded_as_meshy_does(kind: FaultKind, charges: int) -> None:
    async with serving() as client:
        response = await struck(client, kind, status=502, error="Bad gateway")
        assert (response.status_code, response.json()) == (502, {"message": "Bad gateway"})
        assert charged(client) == charges


@pytest.mark.parametrize("retry_after", ["5", "-3", None])
async def test_too_many_requests(retry_after: str | None) -> None:
    async with serving() as client:
        response = await struck(client, FaultKind.RATE_LIMITED, retry_after=retry_after)
        assert (response.status_code, response.headers.get("Retry-After")) == (429, retry_after)
        assert response.json()["message"].startswith("RateLimitExceeded")
        assert (charged(client), client.meshy.rate_limited) == (0, 1)


async def test_too_many_tasks() -> None:
    async with serving() as client:
        response = await struck(client, FaultKind.QUEUE_FULL)
        assert (response.status_code, response.headers.get("Retry-After")) == (429, None)
        assert response.json()["message"].startswith("NoMoreConcurrentTasks")
        assert (charged(client), client.meshy.rate_limited, client.meshy.engine.queue_limited) == (0, 1, 0)
        assert (await client.create()).status_code == 202


async def test_wrong_shape_lacks_what_is_required() -> None:
    async with serving(start_seconds=math.inf) as client:
        assert (await struck(client, FaultKind.WRONG_SHAPE)).json() == {}
        task_id = next(iter(client.meshy.tasks))
        client.meshy.faults.add(*(Fault(FaultKind.WRONG_SHAPE, route=route) for route in ("status", "list", "balance")))
        assert "status" not in await client.task(task_id)
        (listed,) = (await client.http.get(TASKS)).json()
        assert (listed["status"], "id" in listed) == ("PENDING", False)
        assert (await client.http.get("/openapi/v1/balance")).json() == {}
        client.meshy.faults.add(Fault(FaultKind.WRONG_SHAPE, route="status", replace={"status": "EXPIRED"}))
        assert (await client.task(task_id))["status"] == "EXPIRED"


async def test_endings() -> None:
    async with serving() as client:
        client.meshy.faults.add(
            Fault(FaultKind.NEVER_FINISHES),
            Fault(FaultKind.FINISHES_LATE, seconds=500),
            Fault(FaultKind.FAILS, error="Upstream timeout"),
            Fault(FaultKind.CANCELS),
        )
        never, late, failing, canceled = [await client.created() for _ in range(4)]
        failed = await client.finished(failing)
        assert (failed["status"], failed["task_error"]) == ("FAILED", {"message": "Upstream timeout"})
        assert (await client.finished(canceled))["status"] == "CANCELED"
        assert client.meshy.tasks[never].takes_seconds == math.inf
        assert client.meshy.tasks[late].takes_seconds > 400
        assert (await client.task(never))["status"] == "IN_PROGRESS"
        assert client.meshy.purchased() == 100_000 - 2 * 3


@pytest.mark.parametrize(("kind", "is_gone"), [(FaultKind.DROP_BEFORE, False), (FaultKind.DROP_AFTER, True)])
async def test_a_deletion_whose_answer_is_lost(kind: FaultKind, is_gone: bool) -> None:  # noqa: FBT001 - a table's column
    async with serving(start_seconds=math.inf) as client:
        task_id = await client.created()
        client.meshy.faults.add(Fault(kind, route="delete"))
        with pytest.raises(httpx.RemoteProtocolError):
            await client.http.delete(f"{TASKS}/{task_id}")
        assert client.meshy.tasks[task_id].is_deleted is is_gone
        assert client.meshy.purchased() == (100_000 if is_gone else 100_000 - 3)


async def test_a_status_can_be_hidden() -> None:
    """404 of a task that is there."""
    async with serving() as client:
        task_id = await client.created()
        client.meshy.faults.add(Fault(FaultKind.ERROR_BEFORE, route="status", status=404, error="Task not found"))
        assert await client.task(task_id) == {"message": "Task not found"}
        assert (await client.finished(task_id))["status"] == Status.SUCCEEDED


async def test_faults_by_the_prompt_of_the_task_asked_about() -> None:
    async with serving() as client:
        client.meshy.faults.add(Fault(FaultKind.ERROR_BEFORE, route="*", status=502, prompt_contains="cat"))
        dog = await client.created(prompt="a dog")
        assert (await client.create(prompt="a cat")).status_code == 502
        cat = await client.created(prompt="a cat")
        client.meshy.faults.add(Fault(FaultKind.ERROR_BEFORE, route="status", status=502, prompt_contains="cat"))
        answers = [await client.http.get(f"{TASKS}/{task_id}") for task_id in (dog, cat, cat)]
        assert [answer.status_code for answer in answers] == [200, 502, 200]
