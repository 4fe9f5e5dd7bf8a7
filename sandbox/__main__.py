"""`python -m sandbox meigen | meshy | discord --port N`: one of them alone, on loopback, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from sandbox.signals import stop_event

DISCORD_PORT = 8765
MEIGEN_PORT = 8766
MESHY_PORT = 8767
LOOPBACK = ("127.0.0.1", "localhost")
"""References may lie in the other stand-in."""


def main(arguments: Sequence[str] | None = None) -> int:
    command = _parser().parse_args(arguments)
    try:
        asyncio.run(command.serve(command.port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # asyncio words the address into `strerror`, too
        print(f"Port {command.port} cannot be used: {reason}.", file=sys.stderr)  # noqa: T201 - to who started it
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Stand-ins for Discord, MeiGen and Meshy.")
    commands = parser.add_subparsers(required=True, metavar="meigen | meshy | discord")
    for name, port, serve, prints in (
        ("MeiGen", MEIGEN_PORT, serve_meigen, "its address and a key"),
        ("Meshy", MESHY_PORT, serve_meshy, "its address and a key"),
        ("Discord", DISCORD_PORT, serve_discord, "its addresses and a bot's token"),
    ):
        command = commands.add_parser(name.lower(), help=f"serve a simulated {name}; prints {prints}")
        command.add_argument("--port", type=_port, default=port, help="0 takes a free one")
        command.set_defaults(serve=serve)
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 2**16:
        raise ValueError(text)
    return port


async def serve_meigen(port: int) -> None:
    from sandbox.meigen import SandboxMeigen  # noqa: PLC0415 - each stand-in loads its own libraries alone

    async with SandboxMeigen(port=port, trusted_hosts=LOOPBACK) as meigen:
        _tell(MEIGEN_BASE_URL=meigen.base_url, MEIGEN_API_KEY=meigen.key, MEDIA_TRUSTED_HOSTS=meigen.host)
        await stop_event().wait()


async def serve_meshy(port: int) -> None:
    from sandbox.meshy import SandboxMeshy  # noqa: PLC0415 - each stand-in loads its own libraries alone

    async with SandboxMeshy(port=port) as meshy:
        _tell(MESHY_BASE_URL=meshy.base_url, MESHY_API_KEY=meshy.key, MEDIA_TRUSTED_HOSTS=meshy.host)
        await stop_event().wait()


async def serve_discord(port: int) -> None:
    from sandbox.discord import SandboxDiscord  # noqa: PLC0415 - each stand-in loads its own libraries alone
    from sandbox.discord.preview import make_demo_world, start_preview  # noqa: PLC0415 - as above

    async with await SandboxDiscord.start(port) as world:
        page = await start_preview(world, make_demo_world(world).channel("gallery"))
        _tell(DISCORD_API_URL=world.api_url, DISCORD_GATEWAY_URL=world.gateway_url, DISCORD_TOKEN=world.token)
        _tell(MEDIA_TRUSTED_HOSTS=world.host)
        print(f"The page to act in: {page}", flush=True)  # noqa: T201 - the answer to the command
        await stop_event().wait()


def _tell(**settings: str) -> None:
    for name, value in settings.items():
        print(f"{name}={value}", flush=True)  # noqa: T201 - the answer to the command


if __name__ == "__main__":
    sys.exit(main())
