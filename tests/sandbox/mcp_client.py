"""Just enough of the Model Context Protocol to drive a server over its standard input and output."""

from __future__ import annotations

import asyncio
import itertools
import json
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

DEADLINE_SECONDS = 30.0
PROTOCOL_VERSION = "2025-06-18"


class McpClient:
    """Speaks JSON-RPC, a message a line; asks one thing at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._ids = itertools.count(1)

    async def begin(self) -> None:
        client = {"name": "easel-tests", "version": "0"}
        asked = {"protocolVersion": PROTOCOL_VERSION, "capabilities": {}, "clientInfo": client}
        await self.ask("initialize", asked)
        await self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """What a tool tells: `content`, `structuredContent`, and `isError` where it failed."""
        return await self.ask("tools/call", {"name": tool, "arguments": arguments})

    async def ask(self, method: str, params: Mapping[str, object]) -> dict[str, Any]:
        number = next(self._ids)
        await self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        async with asyncio.timeout(DEADLINE_SECONDS):
            while (message := await self._receive()).get("id") != number:
                pass  # a note on the way
        assert "error" not in message, message
        return cast("dict[str, Any]", message["result"])

    async def _send(self, message: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        await self._process.stdin.drain()

    async def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the server has ended"
        return cast("dict[str, Any]", json.loads(line))


@asynccontextmanager
async def mcp_server(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> AsyncIterator[Process]:
    """A server as a process of its own in `folder`, which ends with the block."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=folder, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
