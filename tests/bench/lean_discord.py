"""A gateway and a REST server that do for one bot what Discord does, and little else: what is measured is the bot.

In a process of its own: `remote("tests.bench.lean_discord", guilds=50)`. All times are of `time.monotonic`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from aiohttp import WSMsgType, web

from tests.bench import discord_payloads as payloads
from tests.bench.discord_payloads import Member, Payload
from tests.bench.remote import obey, options_given

HEARTBEAT_SECONDS = 41.25
BACKLOG = 4096
"""A shorter one would refuse connections of a burst, and the kernel tries again only after a second."""


class Op(IntEnum):
    """Op codes, as Discord's documents name them."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    HELLO = 10
    HEARTBEAT_ACK = 11


class WatchedSelector(selectors.DefaultSelector):
    """Knows since when what the loop now handles may have been waiting for it: the server's own share of a delay."""

    def __init__(self) -> None:
        super().__init__()
        self.unseen_since = self._looked_at = time.monotonic()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout != 0:
            found = super().select(timeout)
            self._looked_at = time.monotonic()  # it slept: what it found came just now
        self.unseen_since, self._looked_at = self._looked_at, time.monotonic()
        return found


@dataclass(slots=True)
class Asked:
    """One interaction, and what became of it."""

    id: int
    token: str
    member: Member
    prompt: str
    message: Payload
    sent_at: float = 0.0
    answered_at: float | None = None
    own_seconds: float = 0.0
    """The most that the answer may have waited for this server, within its delay."""
    is_refused: bool = False
    """The answer was for the member's eyes only: an error."""
    edits: int = 0
    shown_at: float | None = None
    """When the message first had a file."""

    @property
    def frame(self) -> Payload:
        return payloads.imagine(self.id, self.token, self.member, self.prompt)


class LeanDiscord:
    """Serves one bot in `guilds` guilds of ten channels; no rate limits, no checks."""

    def __init__(self, selector: WatchedSelector, guilds: int) -> None:
        self._selector = selector
        self._guilds = guilds
        self._asked: dict[str, Asked] = {}
        self._of_message: dict[int, Asked] = {}
        self._commands: list[Payload] = []
        self._identified = asyncio.Event()
        self._changed = asyncio.Event()
        self._socket: web.WebSocketResponse | None = None
        self._sequence = 0
        self._strays: list[str] = []
        self._host = ""

    async def serve(self) -> None:
        app = web.Application(client_max_size=2**27)
        app.router.add_get("/gateway{_:.*}", self._gateway)
        rest = (
            ("GET", "users/@me", self._me),
            ("GET", "oauth2/applications/@me", self._application),
            ("GET", "applications/{_}/commands", self._known_commands),
            ("PUT", "applications/{_}/commands", self._register),
            ("POST", "interactions/{_}/{token}/callback", self._callback),
            ("GET", "webhooks/{_}/{token}/messages/@original", self._original),
            ("PATCH", "webhooks/{_}/{token}/messages/@original", self._edit_original),
            ("GET", "channels/{_}/messages/{message}", self._message),
            ("PATCH", "channels/{_}/messages/{message}", self._edit_message),
        )
        for method, path, handle in rest:
            app.router.add_route(method, f"/api/v10/{path}", handle)
        app.router.add_route("*", "/{_:.*}", self._stray)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._host = f"127.0.0.1:{listener.getsockname()[1]}"
        await web.SockSite(runner, listener, backlog=BACKLOG).start()
        await obey(self)
        if self._socket is not None:
            await self._socket.close()
        await runner.cleanup()

    # ------------------------------------------------------------ what the bench calls

    async def address(self) -> dict[str, str]:
        api, gateway = f"http://{self._host}/api/v10", f"ws://{self._host}/gateway"
        return {"api_url": api, "gateway_url": gateway, "token": "lean." + "0" * 32}

    async def identified(self, seconds: float) -> float:
        """Wait until the bot has identified; when it is noticed. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._identified.wait()
        return time.monotonic()

    async def burst(self, count: int, first: int, seconds: float) -> dict[str, Any]:
        """`/imagine` from `count` members at once, those from number `first` on, then wait until all are answered.

        At most `seconds`. `delays` of those answered run from the first frame on; `own` is this server's share of each,
        at most; `cpu_seconds` its processor time meanwhile. Raises RuntimeError where some were told no.
        """
        asked = [self._ask(number) for number in range(first, first + count)]
        frames = [self._dispatch("INTERACTION_CREATE", each.frame) for each in asked]
        assert self._socket is not None
        cpu_seconds, sent_at = time.process_time(), time.monotonic()
        for each, frame in zip(asked, frames, strict=True):
            each.sent_at = sent_at
            await self._socket.send_str(frame)
        await self._until(lambda: all(each.answered_at is not None for each in asked), seconds)
        answered = [each for each in asked if each.answered_at is not None]
        if any(each.is_refused for each in asked):
            raise RuntimeError("some were refused")
        return {
            "delays": [(each.answered_at or 0.0) - each.sent_at for each in answered],
            "own": [min(each.own_seconds, (each.answered_at or 0.0) - each.sent_at) for each in answered],
            "cpu_seconds": time.process_time() - cpu_seconds,
        }

    async def shown(self, count: int, seconds: float) -> list[dict[str, Any]]:
        """Wait until so many messages have a file, or the time is over; all that was asked."""
        await self._until(lambda: sum(each.shown_at is not None for each in self._asked.values()) >= count, seconds)
        if self._strays:
            raise RuntimeError(f"nothing serves {self._strays}")
        told = ("prompt", "sent_at", "answered_at", "edits", "shown_at")
        return [{name: getattr(each, name) for name in told} for each in self._asked.values()]

    async def _until(self, predicate: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not predicate() and (left := deadline - time.monotonic()) > 0:
            self._changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                return

    def _ask(self, number: int) -> Asked:
        token = f"aW50ZXJhY3Rpb246{secrets.token_urlsafe(120)}"
        member = Member(number % self._guilds, number)
        message = payloads.message(payloads.new_id(), payloads.channel_id(member.guild_index))
        asked = Asked(payloads.new_id(), token, member, f"{payloads.PROMPT}, number {number}", message)
        self._asked[token] = self._of_message[int(message["id"])] = asked
        return asked

    # ------------------------------------------------------------ gateway

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse(max_msg_size=4096)
        await ws.prepare(request)
        self._socket = ws
        await ws.send_str(json.dumps({"op": Op.HELLO, "d": {"heartbeat_interval": int(HEARTBEAT_SECONDS * 1000)}}))
        async for frame in ws:
            if frame.type is WSMsgType.TEXT:
                await self._receive(ws, json.loads(frame.data)["op"])
        return ws

    async def _receive(self, ws: web.WebSocketResponse, op: int) -> None:
        match op:
            case Op.HEARTBEAT:
                await ws.send_str(json.dumps({"op": Op.HEARTBEAT_ACK, "d": None}))
            case Op.IDENTIFY:
                url = f"ws://{self._host}/gateway"
                await ws.send_str(self._dispatch("READY", payloads.ready(url, self._guilds)))
                for index in range(self._guilds):
                    await ws.send_str(self._dispatch("GUILD_CREATE", payloads.guild(index)))
                self._identified.set()

    def _dispatch(self, event: str, payload: Payload) -> str:
        self._sequence += 1
        return json.dumps({"op": Op.DISPATCH, "s": self._sequence, "t": event, "d": payload})

    # ------------------------------------------------------------ REST

    async def _me(self, _: web.Request) -> web.Response:
        return _reply(payloads.BOT)

    async def _application(self, _: web.Request) -> web.Response:
        return _reply(payloads.application())

    async def _known_commands(self, _: web.Request) -> web.Response:
        return _reply(self._commands)

    async def _register(self, request: web.Request) -> web.Response:
        self._commands = [payloads.command_as_known(command) for command in json.loads(await request.read())]
        return _reply(self._commands)

    async def _callback(self, request: web.Request) -> web.Response:
        unseen_since = self._selector.unseen_since
        body, files = await _read(request)
        asked = self._asked[request.match_info["token"]]
        asked.answered_at = time.monotonic()
        asked.own_seconds = asked.answered_at - unseen_since
        self._changed.set()
        asked.message = payloads.with_body(asked.message, body.get("data") or {}, files)
        asked.is_refused = bool(asked.message["flags"] & payloads.EPHEMERAL)
        if not request.query.get("with_response"):
            return web.Response(status=204)
        return _reply(payloads.callback_answer(asked.id, body["type"], asked.message))

    async def _original(self, request: web.Request) -> web.Response:
        return _reply(self._asked[request.match_info["token"]].message)

    async def _edit_original(self, request: web.Request) -> web.Response:
        asked = self._asked.get(request.match_info["token"])
        return await self._edit(request, asked or _of_earlier_life(payloads.new_id()))

    async def _message(self, request: web.Request) -> web.Response:
        asked = self._of_message.get(int(request.match_info["message"]))
        return _unknown_message() if asked is None else _reply(asked.message)

    async def _edit_message(self, request: web.Request) -> web.Response:
        own = int(request.match_info["message"])
        return await self._edit(request, self._of_message.get(own) or _of_earlier_life(own))

    async def _edit(self, request: web.Request, asked: Asked) -> web.Response:
        body, files = await _read(request)
        asked.message = payloads.with_body(asked.message, body, files)
        asked.edits += 1
        if files and asked.shown_at is None:
            asked.shown_at = time.monotonic()
            self._changed.set()
        return _reply(asked.message)

    async def _stray(self, request: web.Request) -> web.Response:
        self._strays.append(f"{request.method} {request.path}")
        return _reply({"message": "404: Not Found", "code": 0}, 404)


async def _read(request: web.Request) -> tuple[Mapping[str, Any], Sequence[tuple[str, int]]]:
    """The JSON of a request, and (name, bytes) of its files."""
    if request.content_type != "multipart/form-data":
        return json.loads(await request.read()), ()
    form = await request.post()
    files = [part for part in form.values() if isinstance(part, web.FileField)]
    told = form["payload_json"]
    assert isinstance(told, str | bytes)
    return json.loads(told), [(file.filename, len(file.file.read())) for file in files]


def _of_earlier_life(message_id: int) -> Asked:
    """Of a job that was put into the store beforehand: taken as it comes."""
    return Asked(0, "", Member(0, 0), "", payloads.message(message_id, payloads.channel_id(0)))


def _unknown_message() -> web.Response:
    return _reply({"message": "Unknown Message", "code": 10008}, 404)


def _reply(payload: object, status: int = 200) -> web.Response:
    # discord.py parses a body only when its type is this, to the letter.
    return web.Response(status=status, body=json.dumps(payload).encode(), headers={"Content-Type": "application/json"})


async def main(selector: WatchedSelector) -> None:
    await LeanDiscord(selector, **options_given()).serve()


if __name__ == "__main__":
    watched = WatchedSelector()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(watched)) as runner:
        runner.run(main(watched))
