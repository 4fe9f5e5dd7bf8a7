"""Streams over a real socket: whole, late, cut, silent, out of order.

Tasks start and end when a test lets them, so that what a stream tells is always the same.
"""

import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from sandbox.meshy import Fault, FaultKind
from tests.sandbox.meshy_client import TASKS, Client, Told, serving
from tests.sandbox.upstream_client import eventually
from tests.support import meshy_samples

PENDING, IN_PROGRESS = ("PENDING", 0), ("IN_PROGRESS", 0)
STEPS = [("IN_PROGRESS", progress) for progress in range(10, 100, 10)]
SUCCEEDED = ("SUCCEEDED", 100)
ALL = [PENDING, IN_PROGRESS, *STEPS, SUCCEEDED]


@asynccontextmanager
async def held(**options: Any) -> AsyncIterator[tuple[Client, str]]:
    """A client, and a task that is PENDING until it is let go."""
    async with serving(start_seconds=math.inf, **options) as client:
        yield client, await client.created()


def let_go(client: Client, task_id: str, takes_seconds: float = 0.05) -> None:
    task = client.meshy.engine.tasks[task_id]
    task.queued_until, task.takes_seconds = client.meshy.now(), takes_seconds


def brief(told: Told) -> tuple[str, int]:
    return told.data["status"], told.data["progress"]


async def follow(client: Client, task_id: str, seen: list[tuple[str, int]], **how: float) -> None:
    """Write down all that a stream tells of a task, which is let go as soon as it was told to be PENDING."""
    async for told in client.events(task_id, **how):
        seen.append(brief(told))
        if seen == [PENDING]:
            let_go(client, task_id)


async def streamed(client: Client, task_id: str) -> list[tuple[str, int]]:
    seen: list[tuple[str, int]] = []
    await follow(client, task_id, seen)
    return seen


async def test_a_task_from_pending_to_succeeded() -> None:
    async with held() as (client, task_id):
        assert await streamed(client, task_id) == ALL
        assert (client.meshy.requests[-1].status, client.meshy.requests[-1].events) == (200, 12)


async def test_unfinished_tasks_are_told_in_brief_and_finished_ones_whole() -> None:
    async with held() as (client, task_id):
        seen = []
        async for told in client.events(task_id):
            seen.append(told)
            let_go(client, task_id)
        assert seen[0] == Told("message", meshy_samples.STREAM_PENDING | {"id": task_id})
        assert list(seen[5].data) == list(meshy_samples.STREAM_PENDING)
        assert seen[-1] == Told("message", await client.task(task_id))


async def test_one_event_is_one_object_on_one_line() -> None:
    async with serving() as client:
        done = await client.made(prompt="two\nlines \u2028 and more")
        text = (await client.http.get(f"{TASKS}/{done['id']}/stream")).text
        assert text.count("\n") == 3
        assert text.startswith('event: message\ndata: {"id": ')
        assert text.endswith("}\n\n")


async def test_who_comes_late_is_told_how_it_stands() -> None:
    async with held() as (client, task_id):
        let_go(client, task_id, math.inf)
        events = client.events(task_id)
        assert brief(await anext(events)) == IN_PROGRESS
        let_go(client, task_id, -1.0)
        assert [brief(told) async for told in events] == [*STEPS, SUCCEEDED]
        assert [brief(told) async for told in client.events(task_id)] == [SUCCEEDED]


@pytest.mark.parametrize(("kind", "status"), [(FaultKind.FAILS, "FAILED"), (FaultKind.CANCELS, "CANCELED")])
async def test_other_endings(kind: FaultKind, status: str) -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(kind, route="status", error="Model overloaded"))
        await client.task(task_id)
        let_go(client, task_id)
        last = [told async for told in client.events(task_id)][-1]
        assert last.data["status"] == status
        assert last.data["task_error"]["message"] == ("Model overloaded" if status == "FAILED" else "")


async def test_an_unknown_task_is_an_event_and_a_wrong_key_an_answer() -> None:
    async with serving() as client:
        assert [told async for told in client.events("nowhere")] == [Told("error", meshy_samples.STREAM_ERROR)]
        refused = await client.http.get(f"{TASKS}/nowhere/stream", headers={"Authorization": "Bearer nobody"})
        assert (refused.status_code, refused.json()) == (401, {"message": "Invalid API key"})


async def test_a_task_that_is_deleted_under_an_open_stream() -> None:
    async with held() as (client, task_id):
        events = client.events(task_id)
        await anext(events)
        await client.http.delete(f"{TASKS}/{task_id}")
        assert [told async for told in events] == [Told("error", meshy_samples.STREAM_ERROR)]


async def test_open_streams_are_counted_and_those_left_are_noticed() -> None:
    async with held() as (client, task_id):
        async with client.http.stream("GET", f"{TASKS}/{task_id}/stream") as one:
            await anext(one.aiter_lines())
            async with client.http.stream("GET", f"{TASKS}/{task_id}/stream") as other:
                await anext(other.aiter_lines())
                assert client.meshy.open_streams[task_id] == 2

        async def is_left() -> bool:
            return client.meshy.open_streams.total() == 0

        await eventually(is_left)


@pytest.mark.parametrize("after_events", range(13))
async def test_an_early_end(after_events: int) -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.STREAM_ENDS, route="stream", after_events=after_events))
        assert await streamed(client, task_id) == ALL[:after_events]
        let_go(client, task_id)
        assert (await client.finished(task_id))["status"] == "SUCCEEDED"


@pytest.mark.parametrize("after_events", range(13))
async def test_a_cut(after_events: int) -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.STREAM_CUT, route="stream", after_events=after_events))
        seen: list[tuple[str, int]] = []
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            await follow(client, task_id, seen)
        assert seen == ALL[:after_events]


async def test_half_of_an_event_goes_before_a_cut() -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.STREAM_CUT, route="stream"))
        async with client.http.stream("GET", f"{TASKS}/{task_id}/stream") as response:
            half = await anext(response.aiter_raw())
        assert half.startswith(b'event: message\ndata: {"id"')
        assert not half.endswith(b"\n")


@pytest.mark.parametrize("after_events", [0, 4])
async def test_silence(after_events: int) -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.STREAM_SILENT, route="stream", after_events=after_events))
        seen: list[tuple[str, int]] = []
        with pytest.raises(httpx.ReadTimeout):
            await follow(client, task_id, seen, timeout_seconds=0.8)
        assert seen == ALL[:after_events]
        let_go(client, task_id)
        assert (await client.finished(task_id))["status"] == "SUCCEEDED"


async def test_out_of_order() -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.STREAM_DISORDER, route="stream"))
        seen = await streamed(client, task_id)
        assert seen[:5] == [PENDING, IN_PROGRESS, PENDING, STEPS[0], IN_PROGRESS]
        assert seen[-2:] == [SUCCEEDED, STEPS[-1]]


async def test_an_end_that_is_held_back() -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.STREAM_LATE_END, route="stream", seconds=0.3))
        assert await streamed(client, task_id) == ALL
        finished_at = client.meshy.tasks[task_id].finished_at
        assert finished_at is not None
        assert client.meshy.now() >= finished_at + 0.3


@pytest.mark.parametrize("after_events", [0, 2])
async def test_an_event_that_is_not_json(after_events: int) -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.STREAM_GARBAGE, route="stream", after_events=after_events))
        data = []
        async with client.http.stream("GET", f"{TASKS}/{task_id}/stream") as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    data.append(line[6:])
                if '"PENDING"' in line:
                    let_go(client, task_id)
        assert data.pop(after_events) == "<<upstream request timeout>>"
        assert [brief(Told("message", json.loads(text))) for text in data] == ALL


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        (Fault(FaultKind.ERROR_BEFORE, "stream", status=503, error="Unavailable"), 503, "Unavailable"),
        (Fault(FaultKind.ERROR_BEFORE, "stream", status=404, error="Task not found"), 404, "Task not found"),
        (Fault(FaultKind.RATE_LIMITED, "stream"), 429, "RateLimitExceeded: too many requests per second"),
    ],
)
async def test_refused(fault: Fault, status: int, message: str) -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(fault)
        response = await client.http.get(f"{TASKS}/{task_id}/stream")
        assert (response.status_code, response.json()) == (status, {"message": message})
        assert client.meshy.requests[-1].events == 0
        assert await streamed(client, task_id) == ALL


async def test_dropped_before_anything_is_told() -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.DROP_BEFORE, route="stream"))
        with pytest.raises(httpx.RemoteProtocolError):
            await client.http.get(f"{TASKS}/{task_id}/stream")
        assert await streamed(client, task_id) == ALL


async def test_a_delay_and_then_as_usual() -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.DELAY, route="stream", seconds=0.05))
        assert await streamed(client, task_id) == ALL


async def test_a_line_without_end() -> None:
    async with held() as (client, task_id):
        client.meshy.faults.add(Fault(FaultKind.HUGE, route="stream", body_bytes=3_000_000))
        response = await client.http.get(f"{TASKS}/{task_id}/stream")
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.content == b" " * 3_000_000
