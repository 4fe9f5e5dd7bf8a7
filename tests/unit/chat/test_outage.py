"""A gateway that is away for long, in virtual time: how soon Easel is back once it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from typing import cast

import aiohttp
import pytest
from discord.http import HTTPClient

from bot.chat.client import MAX_DELAY_SECONDS, Easel, Offered, run_client
from tests.simulation.virtual_loop import LoopClock
from tests.support.fakes import virtually

SELF = {"id": "1", "username": "easel", "discriminator": "0", "avatar": None, "bot": True}
APPLICATION = {"id": "1", "name": "Easel", "icon": None, "description": "", "bot_public": True, "owner": SELF} | {
    "bot_require_code_grant": False,
    "verify_key": "",
    "flags": 0,
}
HELLO = {"op": 10, "d": {"heartbeat_interval": 41_250}}
READY = {"v": 10, "user": SELF, "session_id": "s", "resume_gateway_url": "wss://gateway.test", "guilds": []}
IDENTIFY, RESUME = 2, 6
RETURN_SECONDS = 5.0
"""From the connection to the end of its greetings."""


class MadeUpSocket:
    """One connection to the gateway: greets, takes an identification or a resumption, and then says nothing more."""

    def __init__(self) -> None:
        self.close_code: int | None = None
        self.told: list[int] = []
        """Op codes from the client."""
        self._frames: asyncio.Queue[aiohttp.WSMessage] = asyncio.Queue()
        self._say(HELLO)

    @property
    def closed(self) -> bool:
        return self.close_code is not None

    async def receive(self, timeout: float | None = None) -> aiohttp.WSMessage:  # noqa: ASYNC109  aiohttp's own
        async with asyncio.timeout(timeout):
            return await self._frames.get()

    async def send_str(self, text: str) -> None:
        self.told.append(json.loads(text)["op"])
        if self.told[-1] == IDENTIFY:
            self._say({"op": 0, "s": 1, "t": "READY", "d": READY})
        elif self.told[-1] == RESUME:
            self._say({"op": 0, "s": 2, "t": "RESUMED", "d": {}})

    async def close(self, *, code: int = 1000, message: bytes = b"") -> None:
        self.close_code = code

    def drop(self) -> None:
        self.close_code = 1006
        self._frames.put_nowait(aiohttp.WSMessage(aiohttp.WSMsgType.CLOSED, None, None))

    def _say(self, payload: object) -> None:
        self._frames.put_nowait(aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, json.dumps(payload), None))


class MadeUpDiscord:
    """What discord.py asks of its HTTP client at a login, and the gateway, which refuses while `is_down`."""

    def __init__(self) -> None:
        self.token: str | None = None
        self.loop: object = None
        self.is_down = False
        self.sockets: list[MadeUpSocket] = []
        self.tried_at: list[float] = []

    async def static_login(self, token: str) -> object:
        self.token = token
        return SELF

    async def application_info(self) -> object:
        return APPLICATION

    async def bulk_upsert_global_commands(self, application_id: int, payload: object) -> list[object]:
        return []

    async def ws_connect(self, url: str) -> MadeUpSocket:
        self.tried_at.append(LoopClock().now())
        await asyncio.sleep(0.1)
        if self.is_down:
            raise aiohttp.ClientConnectionError("refused")
        self.sockets.append(MadeUpSocket())
        return self.sockets[-1]

    async def close(self) -> None:
        return None


class NoDocuments:
    """Keeps nothing."""

    async def load(self, key: str) -> None:
        return None

    async def save(self, key: str, text: str, at: float) -> None:
        return None


def client_on(world: MadeUpDiscord) -> Easel:
    client = Easel(Offered(()), documents=NoDocuments(), clock=LoopClock())
    http = cast("HTTPClient", world)
    client.http = client._connection.http = client.tree._http = http
    return client


async def until(holds: Callable[[], bool], within_seconds: float) -> float:
    """How long it took, in virtual seconds."""
    began_at = LoopClock().now()
    while not holds():
        assert LoopClock().now() - began_at < within_seconds, "it never came to hold"
        await asyncio.sleep(0.5)
    return LoopClock().now() - began_at


@pytest.mark.parametrize("minutes", [5, 240])
def test_after_an_outage_of_the_gateway_it_is_back_within_a_minute(minutes: int) -> None:
    """discord.py by itself would by then wait up to 17 minutes between two tries."""

    @virtually
    async def outage() -> None:
        world, stop = MadeUpDiscord(), asyncio.Event()
        client = client_on(world)
        running = asyncio.create_task(run_client(client, "token", stop))
        await until(client.is_ready, 10)
        world.is_down = True
        world.sockets[-1].drop()
        await asyncio.wait({running}, timeout=minutes * 60)
        if running.done():
            running.result()
        world.is_down = False
        tries = len(world.tried_at)
        took_seconds = await until(lambda: RESUME in world.sockets[-1].told, 2000)
        assert took_seconds <= MAX_DELAY_SECONDS + RETURN_SECONDS
        waits = [later - earlier for earlier, later in pairwise(world.tried_at[1:])]
        assert max(waits) <= MAX_DELAY_SECONDS + 1
        assert tries <= 10 + minutes * 3, "it is patient"
        stop.set()
        await running

    outage()
