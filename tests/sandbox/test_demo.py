"""The demo, with a small bot in the place of the real one, and the sandbox's own commands."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sandbox.__main__ import main
from sandbox.demo import bot_environment, run_demo
from sandbox.discord import SandboxDiscord
from sandbox.meigen import SandboxMeigen
from sandbox.meshy import SandboxMeshy

ROOT = Path(__file__).resolve().parents[2]
SMALL_BOT = (sys.executable, "-m", "tests.support.discord_bot")


async def test_the_demo_announces_one_address_and_ends_when_told() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    stop = asyncio.Event()
    task = asyncio.create_task(run_demo(said.put_nowait, stop, bot_command=SMALL_BOT))
    async with asyncio.timeout(30):
        address = (await said.get()).rpartition("\n")[2]
    assert address.startswith("http://127.0.0.1:")
    async with aiohttp.ClientSession() as session, session.get(address) as page:
        assert page.status == 200
    stop.set()
    async with asyncio.timeout(10):
        assert await task == 0
    assert said.empty()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(address)


async def test_a_bot_that_dies_is_told_of_with_its_exit_code() -> None:
    said: list[str] = []
    command = (sys.executable, "-c", "raise SystemExit(7)")
    async with asyncio.timeout(30):
        assert await run_demo(said.append, asyncio.Event(), bot_command=command) == 1
    assert said == ["The bot ended by itself with exit code 7."]


async def test_the_bot_of_the_demo_hears_of_no_real_account(tmp_path: Path) -> None:
    settings = ("DISCORD_TOKEN", "MEIGEN_API_KEY", "MESHY_API_KEY", "SECRET_KEYS", "DATABASE_URL")
    ours = dict.fromkeys(settings, "real") | {"PATH": "/bin"}
    async with await SandboxDiscord.start() as world, SandboxMeigen() as meigen:
        environment = bot_environment(world, meigen, tmp_path, ours)
        assert environment["PATH"] == "/bin"
        assert "real" not in environment.values()
        assert environment["DISCORD_TOKEN"] == world.token
        assert environment["MEIGEN_BASE_URL"] == meigen.base_url
        assert set(environment["MEDIA_TRUSTED_HOSTS"].split(",")) == {world.host, meigen.host}
        assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/easel.db"
        assert "MESHY_API_KEY" not in environment


async def test_the_bot_of_the_demo_hears_of_both_upstreams(tmp_path: Path) -> None:
    async with await SandboxDiscord.start() as world, SandboxMeigen() as meigen, SandboxMeshy() as meshy:
        environment = bot_environment(world, meigen, tmp_path, {"MESHY_API_KEY": "real"}, meshy)
        assert (environment["MESHY_API_KEY"], environment["MESHY_BASE_URL"]) == (meshy.key, meshy.base_url)
        assert set(environment["MEDIA_TRUSTED_HOSTS"].split(",")) == {world.host, meigen.host, meshy.host}


@asynccontextmanager
async def sandbox(*arguments: str) -> AsyncIterator[Process]:
    command = (sys.executable, "-m", "sandbox", *arguments)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def read_settings(process: Process, count: int) -> dict[str, str]:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        lines = [(await process.stdout.readline()).decode().strip() for _ in range(count)]
    return dict(line.split("=", 1) for line in lines)


async def test_discord_alone_prints_what_a_bot_needs_and_ends_on_ctrl_c() -> None:
    async with sandbox("discord", "--port", "0") as process, aiohttp.ClientSession() as session:
        settings = await read_settings(process, 3)
        headers = {"Authorization": f"Bot {settings['DISCORD_TOKEN']}"}
        async with session.get(f"{settings['DISCORD_API_URL']}/users/@me", headers=headers) as answer:
            assert (await answer.json())["username"] == "Easel"
        assert settings["DISCORD_GATEWAY_URL"].startswith("ws://127.0.0.1:")
        os.kill(process.pid, signal.SIGINT)
        async with asyncio.timeout(10):
            assert await process.wait() == 0


async def test_meigen_alone_prints_its_address_and_a_key() -> None:
    async with sandbox("meigen", "--port", "0") as process, aiohttp.ClientSession() as session:
        settings = await read_settings(process, 2)
        headers = {"Authorization": f"Bearer {settings['MEIGEN_API_KEY']}"}
        async with session.get(f"{settings['MEIGEN_BASE_URL']}/models", headers=headers) as answer:
            assert answer.status == 200


async def test_meshy_alone_prints_its_address_and_a_key() -> None:
    async with sandbox("meshy", "--port", "0") as process, aiohttp.ClientSession() as session:
        settings = await read_settings(process, 3)
        assert settings["MESHY_BASE_URL"] == f"http://{settings['MEDIA_TRUSTED_HOSTS']}"
        headers = {"Authorization": f"Bearer {settings['MESHY_API_KEY']}"}
        async with session.get(f"{settings['MESHY_BASE_URL']}/openapi/v1/balance", headers=headers) as answer:
            assert await answer.json() == {"balance": 100_000}


@pytest.mark.parametrize("stand_in", ["discord", "meigen", "meshy"])
def test_a_port_in_use_is_told_once(stand_in: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main([stand_in, "--port", str(port)]) == 1
    assert capsys.readouterr().err == f"Port {port} cannot be used: {os.strerror(errno.EADDRINUSE)}.\n"
