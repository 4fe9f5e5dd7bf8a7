"""A plain HTTP client of the stand-in, for its tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx

from sandbox.meigen import SandboxMeigen
from tests.sandbox.upstream_client import connected, eventually

PROMPT = {"prompt": "a small house"}


class Client:
    """Speaks to one server with its first key."""

    def __init__(self, meigen: SandboxMeigen, http: httpx.AsyncClient) -> None:
        self.meigen, self.http = meigen, http

    async def create(self, **fields: object) -> httpx.Response:
        return await self.http.post("/generate/v2", json=PROMPT | fields)

    async def status(self, generation_id: str) -> dict[str, Any]:
        response = await self.http.get(f"/generate/v2/status/{generation_id}")
        return cast("dict[str, Any]", response.json())

    async def finished(self, generation_id: str) -> dict[str, Any]:
        """The first status that is not processing."""

        async def is_finished() -> bool:
            return bool((await self.status(generation_id))["status"] != "processing")

        await eventually(is_finished)
        return await self.status(generation_id)

    async def seen(self, requests: int = 1) -> None:
        """Wait until the server has got that many requests."""

        async def has_come() -> bool:
            return len(self.meigen.requests) >= requests

        await eventually(has_come)

    async def made(self, **fields: object) -> dict[str, Any]:
        """Create a generation and wait for its end."""
        response = await self.create(**fields)
        return await self.finished(response.json()["generationId"])


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Client]:
    """A server at a thousandth of the models' times, and a client; the sandbox's own faults fail the test."""
    meigen = SandboxMeigen(**{"time_scale": 0.001, "rate_limit": 1000, "picture_scale": 0.25, **options})
    async with connected(meigen) as http:
        yield Client(meigen, http)
