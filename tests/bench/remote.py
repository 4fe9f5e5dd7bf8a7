"""Helper processes, called over their standard input and output: one line of JSON each way."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

LINE_BYTES = 2**24
CALL_SECONDS = 60.0


class Remote:
    """The caller's side. One call at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def call(self, name: str, **arguments: Any) -> Any:
        """What that method of the target returns. Raises RuntimeError with its exception, or where the process died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, arguments]).encode() + b"\n")
        async with asyncio.timeout(CALL_SECONDS):
            line = await self._process.stdout.readline()
        told = json.loads(line) if line else {"error": "the process has ended"}
        if "error" in told:
            raise RuntimeError(f"{name}: {told['error']}")
        return told["answer"]


@asynccontextmanager
async def remote(module: str, **options: Any) -> AsyncIterator[Remote]:
    """`python -m <module> <options as JSON>`; it ends with the block, or with this process."""
    command = (sys.executable, "-m", module, json.dumps(options))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=LINE_BYTES)
    assert process.stdin is not None
    try:
        yield Remote(process)
    finally:
        process.stdin.close()
        await process.wait()


def options_given() -> dict[str, Any]:
    """The other side: what `remote` was given."""
    found: dict[str, Any] = json.loads(sys.argv[1])
    return found


async def obey(target: object) -> None:
    """The other side: call the target's methods until the caller goes away."""
    reader = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        name, arguments = json.loads(line)
        try:
            told = {"answer": await getattr(target, name)(**arguments)}
        except Exception as error:  # noqa: BLE001  the caller's to judge
            told = {"error": repr(error)}
        print(json.dumps(told), flush=True)
