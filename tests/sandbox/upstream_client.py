"""What the tests' clients of both upstreams share."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from sandbox.upstream.server import SandboxUpstream

DEADLINE_SECONDS = 20.0
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Plain http needs none; httpx would read them all the same, which takes longer than a test."""


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Look until `condition` holds; TimeoutError where it does not in good time."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens behind a socket
            await asyncio.sleep(0.01)


@asynccontextmanager
async def connected(upstream: SandboxUpstream[Any]) -> AsyncIterator[httpx.AsyncClient]:
    """Let a server run, with a client that has its first key; the sandbox's own faults fail the test."""
    async with upstream:
        headers = {"Authorization": f"Bearer {upstream.key}"}
        async with httpx.AsyncClient(
            base_url=upstream.base_url, headers=headers, timeout=DEADLINE_SECONDS, verify=NO_CERTIFICATES
        ) as http:
            yield http
        assert upstream.own_faults == []
