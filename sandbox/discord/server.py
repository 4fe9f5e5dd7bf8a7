"""The REST API and the CDN over HTTP, and the server that holds it all together."""

from __future__ import annotations

import asyncio
import io
import json
import re
import secrets
import socket
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from simcord.backend import errors, serializers
from simcord.backend.errors import BackendError
from simcord.http import router

from sandbox.discord import checks
from sandbox.discord.faults import DropAnswer, DropRequest, Fault, Faults, RateLimit, ServerError
from sandbox.discord.gateway import Gateway
from sandbox.discord.numbering import numbered, select_numbers
from sandbox.discord.records import RecordedRequest
from sandbox.discord.world import World, WorldClock

MAX_REQUEST_BYTES = 100 * 1024 * 1024
NONCE_SECONDS = 300.0
STOP_SECONDS = 1.0

_API = re.compile(r"/api(?:/v\d+)?(/.*)")
_CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback")
_BY_TOKEN = re.compile(r"/webhooks/\d+/([^/]+)(?:/.*)?")
_COMMANDS = re.compile(r"/applications/\d+/(?:guilds/\d+/)?commands")
_MESSAGES = re.compile(r"/channels/(\d+)/messages")
_MESSAGE = re.compile(r"/channels/\d+/messages/\d+")
_INDEXED_FILE = re.compile(r"files\[(\d+)\]")


@dataclass(slots=True)
class Upload:
    """A file of a request, as SimCord takes it."""

    filename: str
    description: str | None
    fp: io.BytesIO


class SandboxDiscord(World, AbstractAsyncContextManager["SandboxDiscord"]):
    """A Discord on loopback.

    `async with await SandboxDiscord.start() as world:` gives a bot `world.api_url`, `world.gateway_url`, `world.token`.
    """

    def __init__(self, listener: socket.socket, token: str, clock: WorldClock | None) -> None:
        self.host = f"127.0.0.1:{listener.getsockname()[1]}"
        super().__init__(f"http://{self.host}", clock)
        self.token = token
        self.api_url = f"http://{self.host}/api/v10"
        self.gateway_url = f"ws://{self.host}/gateway"
        self.faults = Faults()
        self.gateway = Gateway(self, token, self.gateway_url)
        self._select_numbers = select_numbers()
        self._nonces: dict[tuple[int, str], tuple[int, float]] = {}
        self._listener = listener
        self._runner: web.AppRunner | None = None
        self.backend.subscribers.append(self.gateway.publish)

    @classmethod
    async def start(cls, port: int = 0, *, token: str | None = None, clock: WorldClock | None = None) -> Self:
        """Listen on loopback; port 0 takes a free one. The token is made up if none is given."""
        listener = socket.create_server(("127.0.0.1", port))
        world = cls(listener, token or f"sandbox.{secrets.token_hex(16)}", clock)
        app = web.Application(client_max_size=MAX_REQUEST_BYTES)
        app.router.add_get("/gateway{_:.*}", world.gateway.handle)
        app.router.add_get("/attachments/{_:.*}", world._serve_attachment)
        app.router.add_route("*", "/{_:.*}", world._serve_api)
        world._runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
        await world._runner.setup()
        await web.SockSite(world._runner, listener).start()
        return world

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End all connections and the preview, if there is one."""
        await self.env.shutdown()
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # over HTTP

    async def _serve_attachment(self, request: web.Request) -> web.Response:
        data = self.cdn.serve(f"{self.cdn.base_url}{request.raw_path}")
        if data is None:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=data)

    async def _serve_api(self, request: web.Request) -> web.Response:
        try:
            return await self._answer(request)
        except ConnectionError:
            raise
        except web.HTTPRequestEntityTooLarge:
            return _reply(413, {"message": "Request entity too large", "code": 40005})
        except Exception as error:  # noqa: BLE001 - whatever fails here is the sandbox's fault, and is told as such
            self.own_fault(error)
            return _reply(500, {"message": "sandbox fault", "code": 0})

    async def _answer(self, request: web.Request) -> web.Response:
        found = _API.fullmatch(request.path)
        if found is None:
            return _reply(404, {"message": "404: Not Found", "code": 0})
        record, uploads, valid = await _read(request, found[1], self.clock.timestamp())
        self.requests.append(record)
        await asyncio.sleep(self.faults.take_delay_seconds(record.method, record.path))
        fault = self.faults.take(record.method, record.path)
        if fault is not None and not isinstance(fault, DropAnswer):
            return self._fail(request, record, fault)
        if not valid:
            record.status, record.answer = 400, {"message": "The request body contains invalid JSON.", "code": 50109}
        else:
            authorization = request.headers.get("Authorization")
            record.status, record.answer = self._serve(record, uploads, authorization)
        self.changes.announce()
        if isinstance(fault, DropAnswer):
            return _drop(request, record)
        return _reply(record.status, record.answer)

    def _fail(self, request: web.Request, record: RecordedRequest, fault: Fault) -> web.Response:
        match fault:
            case DropRequest():
                return _drop(request, record)
            case ServerError(status=status):
                record.status, record.answer = status, {"message": f"{status}: fault on request", "code": 0}
                return _reply(status, record.answer)
            case RateLimit():
                return _limit(record, fault)
        raise TypeError(f"no such fault: {fault!r}")

    # what is asked for

    def _serve(self, record: RecordedRequest, uploads: list[Upload], authorization: str | None) -> tuple[int, Any]:
        """Apply a request to the world: status and JSON value (None with 204)."""
        by_token = _BY_TOKEN.fullmatch(record.path) or _CALLBACK.fullmatch(record.path)
        try:
            if not by_token and authorization != f"Bot {self.token}":
                return 401, {"message": "401: Unauthorized", "code": 0}
            self._check(record, [size for _, _, size in record.files])
            answer = self._route(record, uploads)
        except (router.RouteNotImplemented, router.UnsupportedField):
            raise  # what SimCord does not model is our fault, not an answer of Discord's
        except BackendError as error:
            return error.status, error.to_json()
        return (204, None) if answer is None else (200, answer)

    def _check(self, record: RecordedRequest, sizes_bytes: list[int]) -> None:
        body = record.body if isinstance(record.body, dict) else {}
        checks.check_files(sizes_bytes, self.attachment_size_limit_bytes)
        if _COMMANDS.fullmatch(record.path) and record.method == "PUT":
            checks.check_commands(record.body)
        elif found := _CALLBACK.fullmatch(record.path):
            self._check_kind(int(found[1]), body)
            checks.check_callback(body)
        elif found := _BY_TOKEN.fullmatch(record.path):
            self._check_token(found[1])
            checks.check_message(body)
        elif _MESSAGE.fullmatch(record.path):
            checks.check_message(body)
        elif (found := _MESSAGES.fullmatch(record.path)) and record.method == "POST":
            self._check_channel(int(found[1]), with_files=bool(sizes_bytes))
            checks.check_message(body)

    def _check_kind(self, interaction_id: int, body: Mapping[str, Any]) -> None:
        asked = self.backend.interactions.get(interaction_id)
        if asked is not None and not asked.responded:
            checks.check_kind(body.get("type"), asked.type, from_message=asked.source_message_id is not None)

    def _check_token(self, token: str) -> None:
        interaction_id = self.backend.interaction_tokens.get(token)
        interaction = self.backend.interactions.get(interaction_id or 0)
        if interaction is None:
            return
        if self.backend.now_iso() >= (interaction.expires_at or ""):
            raise BackendError(401, 50027, "Invalid Webhook Token")
        if not interaction.responded:
            raise errors.unknown_webhook()

    def _check_channel(self, channel_id: int, *, with_files: bool) -> None:
        channel = self.backend.get_channel(channel_id)
        if with_files and channel.guild_id is not None:
            self.backend.require_permissions(channel.guild_id, self.bot_id, channel_id, "attach_files")

    def _route(self, record: RecordedRequest, uploads: list[Upload]) -> Any:
        match record.method, record.path:
            case "GET", "/gateway" | "/gateway/bot":
                limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
                return {"url": self.gateway_url, "shards": 1, "session_start_limit": limit}
            case "GET", "/oauth2/applications/@me" | "/applications/@me":
                owner = serializers.user_payload(self.backend.get_user(self.owner_id))
                return self._dispatch(record, uploads, "/oauth2/applications/@me") | {"owner": owner}
            case "POST", "/attachments/refresh-urls":  # not in Discord's documents, but bots may use it
                links = record.body["attachment_urls"]
                return {"refreshed_urls": [{"original": url, "refreshed": self.cdn.sign(url)} for url in links]}
        return self._route_onto_world(record, uploads)

    def _route_onto_world(self, record: RecordedRequest, uploads: list[Upload]) -> Any:
        if found := _CALLBACK.fullmatch(record.path):
            return self._callback(record, uploads, int(found[1]))
        if (found := _MESSAGES.fullmatch(record.path)) and record.method == "POST" and record.body.get("enforce_nonce"):
            return self._create_once(record, uploads, int(found[1]))
        return self._dispatch(record, uploads, record.path)

    def _dispatch(self, record: RecordedRequest, uploads: list[Upload], path: str) -> Any:
        answer = router.dispatch(
            self.backend,
            record.method,
            path,
            json=numbered(record.body, self._select_numbers),
            params=dict(record.query),
            files=list(uploads),
            message_content_access=False,
        )
        return self.outgoing(answer)

    def _callback(self, record: RecordedRequest, uploads: list[Upload], interaction_id: int) -> Any:
        answer = self._dispatch(record, uploads, record.path)
        self.acknowledge(interaction_id)
        return answer if record.query.get("with_response") in ("1", "true", "True") else None

    def _create_once(self, record: RecordedRequest, uploads: list[Upload], channel_id: int) -> Any:
        """Create a message, or return the one that an earlier request with this nonce has created."""
        nonce, now = str(record.body.get("nonce")), self.clock.timestamp()
        message_id, created_at = self._nonces.get((channel_id, nonce), (0, 0.0))
        stored = self.backend.messages.get(channel_id, {}).get(message_id)
        if stored is not None and now - created_at < NONCE_SECONDS:
            return self.outgoing(serializers.message_payload(self.backend, stored)) | {"nonce": nonce}
        created = self._dispatch(record, uploads, record.path)
        self._nonces[channel_id, nonce] = int(created["id"]), now
        return created | {"nonce": nonce}


async def _read(request: web.Request, path: str, now: float) -> tuple[RecordedRequest, list[Upload], bool]:
    """The request, its files in order, and whether its JSON could be read."""
    body: Any = None
    fields: dict[str, web.FileField] = {}
    valid = True
    try:
        if request.content_type == "multipart/form-data":
            form = await request.post()
            body = json.loads(_text(form.get("payload_json", "null")))
            fields = {name: value for name, value in form.items() if isinstance(value, web.FileField)}
        elif raw := await request.read():
            body = json.loads(raw)
    except ValueError:
        valid = False
    uploads = _uploads(body, fields)
    files = tuple((name, upload.filename, len(upload.fp.getbuffer())) for name, upload in uploads.items())
    record = RecordedRequest(request.method, path, dict(request.query), body, files, now)
    return record, list(uploads.values()), valid


def _uploads(body: Any, fields: Mapping[str, web.FileField]) -> dict[str, Upload]:
    message = body if isinstance(body, dict) else {}
    if "data" in message:  # the callback of an interaction keeps the message one level down
        message = message["data"] or {}
    told = {str(item.get("id")): item for item in message.get("attachments") or []}
    uploads: dict[str, Upload] = {}
    for name, file in sorted(fields.items()):
        index = _INDEXED_FILE.fullmatch(name)
        about = told.get(index[1], {}) if index else {}
        uploads[name] = Upload(file.filename, about.get("description"), io.BytesIO(file.file.read()))
    return uploads


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes | bytearray) else str(value)


def _reply(status: int, payload: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    if payload is None:
        return web.Response(status=status)
    # discord.py parses a body only when its type is this, to the letter
    return web.Response(
        status=status,
        body=json.dumps(payload).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )


def _limit(record: RecordedRequest, fault: RateLimit) -> web.Response:
    scope = "global" if fault.is_global else "user"
    headers = {"Retry-After": f"{fault.retry_after_seconds:g}", "X-RateLimit-Scope": scope}
    if fault.via:
        headers["Via"] = "1.1 google"
    if fault.is_global:
        headers["X-RateLimit-Global"] = "true"
    record.status = 429
    record.answer = {
        "message": "You are being rate limited.",
        "retry_after": fault.retry_after_seconds,
        "global": fault.is_global,
    }
    return _reply(429, record.answer, headers)


def _drop(request: web.Request, record: RecordedRequest) -> web.Response:
    record.status = record.answer = None
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
