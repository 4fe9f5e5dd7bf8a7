"""The demo: a simulated Discord, MeiGen and Meshy, the real bot as a process of its own, and a page to try it in."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sandbox.discord import SandboxDiscord
from sandbox.discord.preview import make_demo_world, start_preview
from sandbox.meigen import SandboxMeigen
from sandbox.meshy import SandboxMeshy
from sandbox.signals import stop_event

BOT_COMMAND = (sys.executable, "-m", "bot", "run")
STARTUP_SECONDS = 60.0
STOP_SECONDS = 10.0
TIME_SCALE = 0.1
POLL_SECONDS = 1

# Settings of a bot that is run for real must not reach the one of the demo.
SETTINGS_PREFIXES = ("DISCORD_", "MEIGEN_", "MESHY_", "DATABASE_", "SECRET_", "MEDIA_", "ALLOW_", "LOG_")


def main() -> int:
    """Run the demo until Ctrl-C; returns the exit code."""
    return asyncio.run(_main())


async def _main() -> int:
    return await run_demo(lambda line: print(line, flush=True), stop_event())  # noqa: T201 - what the demo has to say


async def run_demo(
    announce: Callable[[str], None], stop: asyncio.Event, *, bot_command: Sequence[str] = BOT_COMMAND
) -> int:
    """Start everything and announce the page's address; end when `stop` is set or the bot ends: the exit code."""
    async with (
        await SandboxDiscord.start() as world,
        SandboxMeigen(time_scale=TIME_SCALE, trusted_hosts=(world.host,), sees_references=True) as meigen,
        SandboxMeshy(time_scale=TIME_SCALE) as meshy,
    ):
        page = await start_preview(world, make_demo_world(world).channel("gallery"))
        with tempfile.TemporaryDirectory(prefix="easel-demo-") as folder:
            environment = bot_environment(world, meigen, Path(folder), os.environ, meshy)
            async with _process(bot_command, environment, folder) as bot:
                return await _watch(world, bot, stop, announce, page)


def bot_environment(
    world: SandboxDiscord,
    meigen: SandboxMeigen,
    folder: Path,
    ours: Mapping[str, str],
    meshy: SandboxMeshy | None = None,
) -> dict[str, str]:
    """The environment, made from our own, in which a bot talks to these and to nobody else. None: there is no Meshy."""
    inherited = {name: value for name, value in ours.items() if not name.startswith(SETTINGS_PREFIXES)}
    root = str(Path(__file__).resolve().parent.parent)
    hosts = [each.host for each in (meigen, meshy, world) if each is not None]
    of_meshy = {} if meshy is None else {"MESHY_API_KEY": meshy.key, "MESHY_BASE_URL": meshy.base_url}
    return inherited | {
        "PYTHONPATH": os.pathsep.join(filter(None, (root, inherited.get("PYTHONPATH")))),
        "DISCORD_TOKEN": world.token,
        "DISCORD_API_URL": world.api_url,
        "DISCORD_GATEWAY_URL": world.gateway_url,
        "MEIGEN_API_KEY": meigen.key,
        "MEIGEN_BASE_URL": meigen.base_url,
        "MEIGEN_POLL_SECONDS": str(POLL_SECONDS),
        "MEDIA_TRUSTED_HOSTS": ",".join(hosts),
        "DATABASE_URL": f"sqlite:///{folder / 'easel.db'}",
        "LOG_LEVEL": "WARNING",
        **of_meshy,
    }


@asynccontextmanager
async def _process(command: Sequence[str], environment: Mapping[str, str], folder: str) -> AsyncIterator[Process]:
    """A child that ends with the block. Its folder has no `.env`, and a Ctrl-C reaches it through us alone."""
    child = await asyncio.create_subprocess_exec(*command, env=environment, cwd=folder, start_new_session=True)
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()


async def _watch(
    world: SandboxDiscord, bot: Process, stop: asyncio.Event, announce: Callable[[str], None], page: str
) -> int:
    ready = asyncio.create_task(world.wait_for(lambda: is_ready(world), STARTUP_SECONDS, what="the bot to log in"))
    died, stopped = asyncio.create_task(bot.wait()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({ready, died, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done() and ready.exception() is None:
            announce(f"Easel is ready. Open this in your browser, type /imagine, and stop with Ctrl-C:\n{page}")
            await asyncio.wait({died, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            return 0
        if died.done():
            announce(f"The bot ended by itself with exit code {died.result()}.")
        else:
            announce(f"The bot did not log in within {STARTUP_SECONDS:g} s.")
        return 1
    finally:
        for task in (ready, died, stopped):
            task.cancel()


def is_ready(world: SandboxDiscord) -> bool:
    """Whether a bot is logged in and has synced its commands."""
    return world.gateway.connected and bool(world.commands())
