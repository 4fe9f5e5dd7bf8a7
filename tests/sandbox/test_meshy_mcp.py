"""A public client of Meshy that knows nothing of us, pointed at the sandbox: `@meshy-ai/meshy-mcp-server` of npm.

Skipped where it is not installed. `npm install --prefix FOLDER @meshy-ai/meshy-mcp-server@0.5.2` fetches it, and
`MESHY_MCP_SERVER=FOLDER` tells where it is; without that, a `meshy-mcp-server` on the PATH is taken.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sandbox.meshy import Fault, FaultKind, SandboxMeshy
from tests.sandbox.mcp_client import DEADLINE_SECONDS, McpClient, mcp_server
from tests.sandbox.upstream_client import eventually
from tests.support.meshy_rules import broken_promises

FOLDER_NAME = "MESHY_MCP_SERVER"
PROGRAM = "node_modules/@meshy-ai/meshy-mcp-server/dist/index.js"


def find_command() -> Sequence[str]:
    """What starts the client; empty where it, or node, is not here."""
    node, folder = shutil.which("node"), os.environ.get(FOLDER_NAME)
    program = Path(folder, PROGRAM) if folder else None
    installed = shutil.which("meshy-mcp-server")
    if node and program and program.is_file():
        return node, str(program)
    return [installed] if node and installed and not folder else ()


COMMAND = find_command()
pytestmark = pytest.mark.skipif(
    not COMMAND, reason=f"no node, or neither {FOLDER_NAME} nor meshy-mcp-server on the PATH"
)


def environment(meshy: SandboxMeshy, folder: Path, key: str) -> dict[str, str]:
    # A home of its own: what the client keeps, or finds, there is nobody else's.
    home = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return home | {"MESHY_API_HOST": meshy.base_url, "MESHY_API_KEY": key}


@asynccontextmanager
async def public_client(folder: Path, **options: Any) -> AsyncIterator[tuple[SandboxMeshy, McpClient]]:
    async with SandboxMeshy(time_scale=0.001, picture_scale=0.25, **options) as meshy:
        async with mcp_server(COMMAND, environment(meshy, folder, meshy.key), folder) as process:
            client = McpClient(process)
            await client.begin()
            yield meshy, client
        assert meshy.own_faults == []


async def made(client: McpClient, prompt: str, **fields: object) -> str:
    told = await client.call("meshy_text_to_image", ai_model="nano-banana", prompt=prompt, **fields)
    assert not told.get("isError"), told
    return str(told["structuredContent"]["task_id"])


async def status(client: McpClient, task_id: str, *, wait: bool) -> dict[str, Any]:
    told = await client.call("meshy_get_task_status", task_id=task_id, task_type="text-to-image", wait=wait)
    assert not told.get("isError"), told
    return dict(told["structuredContent"])


async def listed(client: McpClient, sort_by: str) -> list[str]:
    told = await client.call("meshy_list_tasks", task_type="text-to-image", sort_by=sort_by)
    return [task["id"] for task in told["structuredContent"]["tasks"]]


async def finished(meshy: SandboxMeshy, task_id: str) -> None:
    async def is_finished() -> bool:
        return meshy.tasks[task_id].status.is_final

    await eventually(is_finished)


async def test_it_creates_polls_lists_downloads_and_deletes(tmp_path: Path) -> None:
    async with public_client(tmp_path, credits=100) as (meshy, client):
        assert [(seen.route, seen.status) for seen in meshy.requests] == [("probe", 200)]
        first = await made(client, "a small house", aspect_ratio="16:9")
        await finished(meshy, first)
        second = await made(client, "three views of a house", generate_multi_view=True, pose_mode="a-pose")
        await finished(meshy, second)
        done = await status(client, first, wait=True)
        assert (done["outcome"], done["progress"], done["poll_count"]) == ("SUCCEEDED", 100, 1)
        assert len((await status(client, second, wait=False))["image_urls"]) == 3
        assert await listed(client, "-created_at") == [second, first]
        assert await listed(client, "+created_at") == [first, second]
        saved = tmp_path / "house.png"
        await client.call("meshy_download_model", task_id=first, task_type="text-to-image", save_to=str(saved))
        with Image.open(saved) as image:
            assert image.size == (256, 144)
        assert (await client.call("meshy_check_balance"))["structuredContent"] == {"balance": 94}
        gone = await client.call("meshy_cancel_task", task_id=first, task_type="text-to-image")
        assert gone["structuredContent"]["previous_status"] == "SUCCEEDED"
        assert await listed(client, "-created_at") == [second]
        assert meshy.tasks[second].payload == {
            "ai_model": "nano-banana",
            "prompt": "three views of a house",
            "generate_multi_view": True,
            "aspect_ratio": "1:1",
            "pose_mode": "a-pose",
        }
        odd = [line for line in broken_promises(meshy.requests, poll_seconds=0) if "multi_view" not in line]
        assert odd == []


async def test_it_cancels_what_is_pending_and_is_told_what_runs(tmp_path: Path) -> None:
    async with public_client(tmp_path, running_limit=1, start_seconds=0, credits=100) as (meshy, client):
        meshy.faults.add(Fault(FaultKind.NEVER_FINISHES))
        running = await made(client, "a house that is never finished")
        pending = await made(client, "a house that waits")
        assert (await status(client, pending, wait=False))["outcome"] == "PENDING"
        assert (await status(client, running, wait=False))["outcome"] == "IN_PROGRESS"
        refused = await client.call("meshy_cancel_task", task_id=running, task_type="text-to-image")
        assert (refused["isError"], meshy.tasks[running].is_deleted) == (True, False)
        assert "in progress and cannot be deleted" in refused["content"][0]["text"]
        await client.call("meshy_cancel_task", task_id=pending, task_type="text-to-image")
        assert (meshy.tasks[pending].is_deleted, meshy.purchased()) == (True, 97)
        lost = await client.call("meshy_get_task_status", task_id=pending, task_type="text-to-image", wait=False)
        assert "not found on any endpoint" in lost["content"][0]["text"]


async def test_it_tells_why_a_task_failed_and_why_none_is_made(tmp_path: Path) -> None:
    async with public_client(tmp_path, credits=3) as (meshy, client):
        task_id = await made(client, "a house [fail]")
        await finished(meshy, task_id)
        failed = await client.call("meshy_get_task_status", task_id=task_id, task_type="text-to-image")
        assert failed["structuredContent"]["error_message"] == "Content policy violation"
        await made(client, "a house")
        poor = await client.call("meshy_text_to_image", ai_model="nano-banana-pro", prompt="a house")
        assert (poor["isError"], "credits" in poor["content"][0]["text"]) == (True, True)


async def test_it_gives_up_with_a_wrong_key(tmp_path: Path) -> None:
    async with SandboxMeshy() as meshy:
        async with mcp_server(COMMAND, environment(meshy, tmp_path, "msy_wrong"), tmp_path) as process:
            async with asyncio.timeout(DEADLINE_SECONDS):
                assert await process.wait() == 1
        assert [(seen.route, seen.status) for seen in meshy.requests] == [("probe", 401)]
