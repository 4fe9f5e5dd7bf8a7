"""A plain HTTP client of the simulated Meshy, for its tests."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

import httpx

from sandbox.meshy import SandboxMeshy
from tests.sandbox.upstream_client import DEADLINE_SECONDS, connected, eventually

TASKS = "/openapi/v1/text-to-image"
ORDER = {"ai_model": "nano-banana", "prompt": "a small house"}
UNFINISHED = ("PENDING", "IN_PROGRESS")


class Told(NamedTuple):
    """An event of a stream."""

    name: str
    data: dict[str, Any]


class Client:
    """Speaks to one server with its first key."""

    def __init__(self, meshy: SandboxMeshy, http: httpx.AsyncClient) -> None:
        self.meshy, self.http = meshy, http

    async def create(self, **fields: object) -> httpx.Response:
        return await self.http.post(TASKS, json=ORDER | fields)

    async def created(self, **fields: object) -> str:
        """Create a task; its id."""
        return cast("str", (await self.create(**fields)).json()["result"])

    async def task(self, task_id: str) -> dict[str, Any]:
        return cast("dict[str, Any]", (await self.http.get(f"{TASKS}/{task_id}")).json())

    async def finished(self, task_id: str) -> dict[str, Any]:
        async def is_finished() -> bool:
            return (await self.task(task_id))["status"] not in UNFINISHED

        await eventually(is_finished)
        return await self.task(task_id)

    async def made(self, **fields: object) -> dict[str, Any]:
        """Create a task and wait for its end."""
        return await self.finished(await self.created(**fields))

    async def events(self, task_id: str, timeout_seconds: float = DEADLINE_SECONDS) -> AsyncIterator[Told]:
        """Those of a stream, each on the two lines that the service gives it; what is no JSON is a ValueError."""
        path = f"{TASKS}/{task_id}/stream"
        async with self.http.stream("GET", path, timeout=timeout_seconds) as response:
            assert response.headers["Content-Type"] == "text/event-stream"
            lines = response.aiter_lines()
            async for name in lines:
                data, end = await anext(lines), await anext(lines)
                assert (name[:7], data[:6], end) == ("event: ", "data: ", "")
                yield Told(name[7:], json.loads(data[6:]))


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Client]:
    """A server at a thousandth of the models' times, and a client; the sandbox's own faults fail the test."""
    meshy = SandboxMeshy(**{"time_scale": 0.001, "rate_limit": 1000, "picture_scale": 0.25, **options})
    async with connected(meshy) as http:
        yield Client(meshy, http)
