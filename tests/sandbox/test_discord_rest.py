"""The REST side of the sandbox's Discord, asked without a bot library."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from sandbox.discord import (
    Channel,
    Delay,
    DropAnswer,
    DropRequest,
    Guild,
    Member,
    RateLimit,
    SandboxDiscord,
    ServerError,
)
from tests.support.discord_bot import picture

V2 = 1 << 15


@dataclass(slots=True)
class Client:
    """Asks the API as the bot would."""

    session: aiohttp.ClientSession
    world: SandboxDiscord

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        files: dict[str, bytes] | None = None,
        token: str | None = None,
    ) -> tuple[int, Any]:
        """Status and JSON."""
        headers = {"Authorization": f"Bot {token or self.world.token}"}
        form = None
        if files is not None:
            form = aiohttp.FormData()
            form.add_field("payload_json", json.dumps(body or {}), content_type="application/json")
            for index, (name, data) in enumerate(files.items()):
                form.add_field(f"files[{index}]", io.BytesIO(data), filename=name)
        url = self.world.api_url + path
        sent = {"data": form} if form is not None else {"json": body}
        async with self.session.request(method, url, headers=headers, **sent) as response:
            text = await response.text()
            if text:
                assert response.headers["Content-Type"] == "application/json"
            return response.status, json.loads(text) if text else None


@pytest.fixture
async def world() -> AsyncIterator[SandboxDiscord]:
    async with await SandboxDiscord.start() as discord:
        yield discord
        assert discord.own_faults == []


@pytest.fixture
async def client(world: SandboxDiscord) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, world)


def select(kind: int, **changes: Any) -> dict[str, Any]:
    return {"components": [{"type": 1, "components": [{"type": kind, "custom_id": "s"} | changes]}]}


def options(*values: str, chosen: str = "") -> list[dict[str, Any]]:
    return [{"label": value, "value": value, "default": value in chosen} for value in values]


def roles(*ids: int) -> list[dict[str, Any]]:
    return [{"type": "role", "id": str(identity)} for identity in ids]


def gallery(*urls: str) -> dict[str, Any]:
    items = [{"media": {"url": url}} for url in urls]
    return {"flags": V2, "components": [{"type": 12, "items": items}]}


async def test_a_wrong_token_is_refused(client: Client) -> None:
    assert await client.ask("GET", "/users/@me", token="other") == (401, {"message": "401: Unauthorized", "code": 0})


async def test_the_application_has_an_owner_who_is_no_bot(client: Client) -> None:
    status, answer = await client.ask("GET", "/oauth2/applications/@me")
    assert status == 200
    assert answer["owner"]["username"] == "operator"
    assert not answer["owner"]["bot"]


@pytest.mark.parametrize("path", ["/gateway", "/gateway/bot"])
async def test_the_gateway_is_told(client: Client, path: str) -> None:
    _, answer = await client.ask("GET", path)
    assert answer["url"] == client.world.gateway_url
    assert answer["session_start_limit"]["max_concurrency"] == 1


async def test_a_message_is_created_read_and_edited(client: Client, channel: Channel) -> None:
    status, made = await client.ask("POST", f"/channels/{channel.id}/messages", {"content": "hello"})
    assert (status, made["content"]) == (200, "hello")
    path = f"/channels/{channel.id}/messages/{made['id']}"
    await client.ask("PATCH", path, {"content": "hello again"})
    assert (await client.ask("GET", path))[1]["content"] == "hello again"
    _, history = await client.ask("GET", f"/channels/{channel.id}/messages?limit=5")
    assert [message["id"] for message in history] == [made["id"]]
    assert client.world.requests[-1].query == {"limit": "5"}


async def test_files_arrive_with_name_alt_text_size_and_bytes(client: Client, channel: Channel) -> None:
    body = gallery("attachment://a.png") | {"attachments": [{"id": 0, "description": "a square"}]}
    status, made = await client.ask("POST", f"/channels/{channel.id}/messages", body, files={"a.png": picture()})
    assert status == 200
    [attachment] = client.world.messages(channel)[0].attachments
    assert (attachment.filename, attachment.description, attachment.data) == ("a.png", "a square", picture())
    assert (attachment.width, attachment.height, attachment.content_type) == (8, 8, "image/png")
    assert made["components"][0]["items"][0]["media"]["attachment_id"] == str(attachment.id)
    assert client.world.requests[-1].files == (("files[0]", "a.png", len(picture())),)


async def test_links_are_signed_die_after_a_day_and_come_back_fresh(client: Client, channel: Channel) -> None:
    _, made = await client.ask("POST", f"/channels/{channel.id}/messages", {"content": "x"}, files={"a b.png": b"1"})
    url = made["attachments"][0]["url"]
    assert await fetch(client, url) == b"1"
    assert await fetch(client, url.partition("?")[0]) is None
    assert await fetch(client, url.replace("hm=", "hm=0")) is None
    client.world.advance(24 * 3600 + 1)
    assert await fetch(client, url) is None
    _, read = await client.ask("GET", f"/channels/{channel.id}/messages/{made['id']}")
    assert await fetch(client, read["attachments"][0]["url"]) == b"1"
    _, answer = await client.ask("POST", "/attachments/refresh-urls", {"attachment_urls": [url]})
    [renewed] = answer["refreshed_urls"]
    assert renewed["original"] == url
    assert await fetch(client, renewed["refreshed"]) == b"1"


async def fetch(client: Client, url: str) -> bytes | None:
    async with client.session.get(url) as response:
        return await response.read() if response.status == 200 else None


async def test_a_nonce_makes_one_message_for_some_minutes(client: Client, channel: Channel) -> None:
    path = f"/channels/{channel.id}/messages"
    body = {"content": "once", "nonce": "n1", "enforce_nonce": True}
    _, first = await client.ask("POST", path, body)
    _, second = await client.ask("POST", path, body)
    assert first["id"] == second["id"]
    assert (first["nonce"], second["nonce"]) == ("n1", "n1")
    _, other = await client.ask("POST", path, body | {"nonce": "n2"})
    assert other["id"] != first["id"]
    client.world.advance(600)
    _, later = await client.ask("POST", path, body)
    assert later["id"] != first["id"]


async def test_a_nonce_that_is_not_enforced_makes_two(client: Client, channel: Channel) -> None:
    path = f"/channels/{channel.id}/messages"
    made = [(await client.ask("POST", path, {"content": "x", "nonce": "n"}))[1]["id"] for _ in range(2)]
    assert made[0] != made[1]


async def test_a_direct_message_channel_is_opened_and_written_to(client: Client, mia: Member) -> None:
    _, dm = await client.ask("POST", "/users/@me/channels", {"recipient_id": str(mia.id)})
    assert int(dm["id"]) == mia.dm.id
    status, _ = await client.ask("POST", f"/channels/{dm['id']}/messages", {"content": "hi"})
    assert status == 200
    assert [message.content for message in client.world.messages(mia.dm)] == ["hi"]


@pytest.mark.parametrize(
    ("permission", "files", "code"),
    [("view_channel", None, 50001), ("send_messages", None, 50013), ("attach_files", {"a.png": b"1"}, 50013)],
)
async def test_a_permission_that_was_taken_away_is_missed(
    client: Client, channel: Channel, permission: str, files: dict[str, bytes] | None, code: int
) -> None:
    client.world.deny_bot(channel, permission)
    path = f"/channels/{channel.id}/messages"
    status, answer = await client.ask("POST", path, {"content": "x"}, files=files)
    assert (status, answer["code"]) == (403, code)
    client.world.deny_bot(channel)
    assert (await client.ask("POST", path, {"content": "x"}, files=files))[0] == 200


async def test_what_was_deleted_is_unknown(client: Client, channel: Channel, mia: Member) -> None:
    message = mia.say(channel, "soon gone")
    path = f"/channels/{channel.id}/messages/{message.id}"
    client.world.delete_message(message)
    assert (await client.ask("GET", path))[1]["code"] == 10008
    client.world.delete_channel(channel)
    assert (await client.ask("GET", path))[1]["code"] == 10003


async def test_a_bot_that_was_kicked_has_no_access(client: Client, guild: Guild, channel: Channel) -> None:
    client.world.remove_bot(guild)
    status, answer = await client.ask("POST", f"/channels/{channel.id}/messages", {"content": "x"})
    assert (status, answer["code"]) == (403, 50001)


async def test_what_a_member_wrote_is_hidden_without_the_privileged_intent(
    client: Client, channel: Channel, mia: Member
) -> None:
    message = mia.say(channel, "secret")
    _, read = await client.ask("GET", f"/channels/{channel.id}/messages/{message.id}")
    assert read["content"] == ""


def command(**changes: Any) -> dict[str, Any]:
    return {"name": "imagine", "description": "Draws", "type": 1, "options": []} | changes


def option(**changes: Any) -> dict[str, Any]:
    return {"name": "prompt", "description": "What", "type": 3, "required": False} | changes


async def test_commands_are_taken(client: Client) -> None:
    commands = [command(options=[option(required=True), option(name="model")])]
    status, _ = await client.ask("PUT", f"/applications/{client.world.application_id}/commands", commands)
    assert status == 200
    assert [item["name"] for item in client.world.commands()] == ["imagine"]


@pytest.mark.parametrize(
    "commands",
    [
        [command(name="Imagine")],
        [command(name="two words")],
        [command(name="i" * 33)],
        [command(description="")],
        [command(description="x" * 101)],
        [command(), command()],
        [command(options=[option(), option(name="later", required=True)])],
        [command(options=[option(description="")])],
        [command(options=[option(name=f"o{number}") for number in range(26)])],
        [command(options=[option(choices=[{"name": str(number), "value": "x"} for number in range(26)])])],
        [command(options=[option(choices=[{"name": "a", "value": "a"}], autocomplete=True)])],
        [command(options=[option(type=1, options=[option(name="Bad")])])],
        [command(name=f"c{number}") for number in range(101)],
        {"name": "not a list"},
    ],
)
async def test_commands_that_discord_refuses(client: Client, commands: Any) -> None:
    status, answer = await client.ask("PUT", f"/applications/{client.world.application_id}/commands", commands)
    assert (status, answer["code"]) == (400, 50035)
    assert client.world.commands() == []


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2001},
        {},
        gallery("attachment://missing.png"),
        gallery("ftp://example.org/a.png"),
        gallery("https://example.org/a.png") | {"content": "beside"},
        gallery("https://example.org/a.png") | {"flags": 0},
        {"flags": V2, "components": [{"type": 13, "file": {"url": "https://example.org/a.zip"}}]},
        {"flags": V2, "components": [{"type": 10, "content": "x"}] * 41},
        {"content": "x", "attachments": [{"id": 0, "description": "x" * 1025}]},
        select(3, options=options("a", "b"), max_values=3),
        select(3, options=options("a", "b", chosen="ab")),
        select(6, default_values=roles(1, 2)),
        select(6, default_values=roles(1), min_values=2, max_values=3),
    ],
)
async def test_messages_that_discord_refuses(client: Client, channel: Channel, body: dict[str, Any]) -> None:
    status, answer = await client.ask("POST", f"/channels/{channel.id}/messages", body)
    assert (status, answer["code"]) == (400, 50035)
    assert client.world.messages(channel) == []


@pytest.mark.parametrize(
    "choices",
    [
        [{"name": "a", "value": "a"}] * 26,
        [{"name": "", "value": "a"}],
        [{"name": "a" * 101, "value": "a"}],
        [{"name": "a", "value": "a" * 101}],
    ],
)
async def test_choices_that_discord_refuses(
    client: Client, guild: Guild, channel: Channel, mia: Member, choices: list[dict[str, str]]
) -> None:
    interaction = client.world.backend.new_interaction(4, channel.id, mia.id, guild.id)
    path = f"/interactions/{interaction.id}/{interaction.token}/callback"
    status, answer = await client.ask("POST", path, {"type": 8, "data": {"choices": choices}})
    assert (status, answer["code"]) == (400, 50035)
    assert (await client.ask("POST", path, {"type": 8, "data": {"choices": []}}))[0] == 204


async def test_files_over_the_limit_are_too_large(client: Client, channel: Channel) -> None:
    client.world.attachment_size_limit_bytes = 1000
    path = f"/channels/{channel.id}/messages"
    status, answer = await client.ask("POST", path, {"content": "x"}, files={"a.bin": bytes(1001)})
    assert (status, answer["code"]) == (413, 40005)
    assert (await client.ask("POST", path, {"content": "x"}, files={"a.bin": bytes(1000)}))[0] == 200


async def test_a_request_over_25_mebibytes_is_too_large(client: Client, channel: Channel) -> None:
    files = {f"{number}.bin": bytes(9 * 1024 * 1024) for number in range(3)}
    status, answer = await client.ask("POST", f"/channels/{channel.id}/messages", {"content": "x"}, files=files)
    assert (status, answer["code"]) == (413, 40005)


async def test_a_body_that_is_no_json(client: Client, channel: Channel) -> None:
    headers = {"Authorization": f"Bot {client.world.token}", "Content-Type": "application/json"}
    url = f"{client.world.api_url}/channels/{channel.id}/messages"
    async with client.session.post(url, data=b"{", headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)


async def test_an_address_outside_the_api(client: Client) -> None:
    async with client.session.get(f"http://{client.world.host}/elsewhere") as response:
        assert response.status == 404


@pytest.mark.parametrize("is_global", [True, False])
async def test_a_rate_limit_is_told_as_discord_tells_it(client: Client, *, is_global: bool) -> None:
    client.world.faults.add(RateLimit("/users/*", retry_after_seconds=0.5, is_global=is_global))
    headers = {"Authorization": f"Bot {client.world.token}"}
    async with client.session.get(f"{client.world.api_url}/users/@me", headers=headers) as response:
        answer = await response.json()
        assert response.status == 429
        assert response.headers["Via"]
        assert ("X-RateLimit-Global" in response.headers) is is_global
    assert (answer["retry_after"], answer["global"]) == (0.5, is_global)
    assert (await client.ask("GET", "/users/@me"))[0] == 200
    assert [request.status for request in client.world.requests] == [429, 200]


async def test_a_server_error_applies_nothing(client: Client, channel: Channel) -> None:
    client.world.faults.add(ServerError("/channels/*/messages", "POST", times=2, status=503))
    path = f"/channels/{channel.id}/messages"
    assert [(await client.ask("POST", path, {"content": "x"}))[0] for _ in range(3)] == [503, 503, 200]
    assert len(client.world.messages(channel)) == 1


@pytest.mark.parametrize(("fault", "applied"), [(DropRequest(), 0), (DropAnswer(), 1)])
async def test_a_dropped_connection(
    client: Client, channel: Channel, fault: DropRequest | DropAnswer, applied: int
) -> None:
    client.world.faults.add(fault)
    with pytest.raises(aiohttp.ClientError):
        await client.ask("POST", f"/channels/{channel.id}/messages", {"content": "x"})
    assert len(client.world.messages(channel)) == applied
    assert client.world.requests[-1].status is None


async def test_a_delay_holds_a_request_until_it_is_over(client: Client) -> None:
    client.world.faults.add(Delay("/users/*", seconds=30.0))
    with pytest.raises(TimeoutError):
        async with client.session.get(
            f"{client.world.api_url}/users/@me", timeout=aiohttp.ClientTimeout(total=0.05)
        ) as response:
            await response.read()
    assert client.world.requests[-1].status is None


async def test_a_fault_matches_method_and_path_and_can_be_taken_back(client: Client) -> None:
    wrong_method = client.world.faults.add(ServerError("/users/*", "POST", times=None))
    assert (await client.ask("GET", "/users/@me"))[0] == 200
    always = client.world.faults.add(ServerError(times=None))
    assert [(await client.ask("GET", "/users/@me"))[0] for _ in range(3)] == [500, 500, 500]
    client.world.faults.remove(always)
    assert (await client.ask("GET", "/users/@me"))[0] == 200
    assert wrong_method.times is None


async def test_a_fault_of_the_sandbox_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async with await SandboxDiscord.start() as world, aiohttp.ClientSession() as session:
        status, answer = await Client(session, world).ask("GET", "/not/modelled")
        assert (status, answer["message"]) == (500, "sandbox fault")
        assert len(world.own_faults) == 1
        assert "sandbox fault" in caplog.text
