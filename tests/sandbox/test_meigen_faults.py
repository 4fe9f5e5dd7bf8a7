"""Each fault switch over a real socket, as a client meets it, and what it has cost by then."""

import io
import time
from typing import Any

import httpx
import pytest
from PIL import Image

from sandbox.meigen import Fault, FaultKind, Faults
from tests.sandbox.meigen_client import Client, serving
from tests.sandbox.upstream_client import eventually


async def struck(client: Client, kind: FaultKind, **details: Any) -> httpx.Response:
    """The next creation, with a fault on it."""
    client.meigen.faults.add(Fault(kind, **details))
    return await client.create()


def charged(client: Client) -> int:
    return len(client.meigen.generations)


@pytest.mark.parametrize(
    ("kind", "error", "charges"),
    [
        (FaultKind.DROP_BEFORE, httpx.RemoteProtocolError, 0),
        (FaultKind.DROP_AFTER, httpx.RemoteProtocolError, 1),
        (FaultKind.RESET_AFTER, httpx.ReadError, 1),
        (FaultKind.CUT, httpx.RemoteProtocolError, 1),
    ],
)
async def test_lost_connections(kind: FaultKind, error: type[Exception], charges: int) -> None:
    async with serving() as client:
        with pytest.raises(error):
            await struck(client, kind)
        assert charged(client) == charges
        assert client.meigen.requests[0].status == (200 if kind is FaultKind.CUT else None)
        assert (await client.create()).status_code == 200
        assert charged(client) == charges + 1


@pytest.mark.parametrize(("kind", "charges"), [(FaultKind.ERROR_BEFORE, 0), (FaultKind.ERROR_AFTER, 1)])
@pytest.mark.parametrize("status", [500, 502, 503])
async def test_server_errors(kind: FaultKind, charges: int, status: int) -> None:
    async with serving() as client:
        response = await struck(client, kind, status=status, error="Bad gateway")
        assert (response.status_code, response.json()) == (status, {"error": "Bad gateway"})
        assert charged(client) == charges


@pytest.mark.parametrize("retry_after", ["5", "Wed, 21 Oct 2099 07:28:00 GMT", "99999999999", "-3", "soon", None])
async def test_429_with_any_retry_after(retry_after: str | None) -> None:
    async with serving() as client:
        response = await struck(client, FaultKind.RATE_LIMITED, retry_after=retry_after)
        assert (response.status_code, response.headers.get("Retry-After")) == (429, retry_after)
        assert (charged(client), client.meigen.rate_limited) == (0, 1)


async def test_refused_with_200() -> None:
    async with serving() as client:
        response = await struck(client, FaultKind.REFUSED, error="Model overloaded")
        assert (response.status_code, response.json()) == (200, {"success": False, "error": "Model overloaded"})
        assert charged(client) == 0


async def test_redirect() -> None:
    async with serving() as client:
        response = await struck(client, FaultKind.REDIRECT, location="http://10.0.0.1/")
        assert (response.status_code, response.headers["Location"]) == (307, "http://10.0.0.1/")
        assert charged(client) == 0


@pytest.mark.parametrize("kind", [FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.EMPTY, FaultKind.HTML])
async def test_bodies_that_are_no_json(kind: FaultKind) -> None:
    async with serving() as client:
        response = await struck(client, kind)
        assert response.status_code == 200
        with pytest.raises(ValueError, match=r"Expecting|decode|Unterminated"):
            response.json()
        assert charged(client) == 1


async def test_wrong_shape_lacks_what_is_required() -> None:
    async with serving() as client:
        assert "generationId" not in (await struck(client, FaultKind.WRONG_SHAPE)).json()
        generation_id = next(iter(client.meigen.generations))
        client.meigen.faults.add(Fault(FaultKind.WRONG_SHAPE, route="status"))
        assert "status" not in await client.status(generation_id)
        client.meigen.faults.add(Fault(FaultKind.WRONG_SHAPE, route="status", replace={"status": "pending"}))
        assert (await client.status(generation_id))["status"] == "pending"
        await client.finished(generation_id)
        client.meigen.faults.add(Fault(FaultKind.WRONG_SHAPE, route="status", remove=("imageUrl", "imageUrls")))
        assert (await client.status(generation_id)).keys() & {"imageUrl", "imageUrls", "status"} == {"status"}


async def test_slow_drip() -> None:
    async with serving() as client:
        began = time.monotonic()
        response = await struck(client, FaultKind.SLOW_DRIP, seconds=0.3)
        assert 0.25 < time.monotonic() - began < 3
        assert response.json()["success"] is True


async def test_huge_body() -> None:
    async with serving() as client:
        response = await struck(client, FaultKind.HUGE, body_bytes=3_000_000)
        assert len(response.content) > 3_000_000
        assert "Content-Length" not in response.headers
        assert response.json()["success"] is True


async def test_a_client_may_leave_in_the_middle_of_a_flood() -> None:
    async with serving() as client:
        client.meigen.faults.add(Fault(FaultKind.HUGE, route="models"))
        async with client.http.stream("GET", "/models") as response:
            async for _ in response.aiter_raw():
                break
        assert (await client.create()).status_code == 200


async def test_gzip_bomb() -> None:
    async with serving() as client:
        client.meigen.faults.add(Fault(FaultKind.GZIP_BOMB, body_bytes=5_000_000))
        request = client.http.build_request("POST", "/generate/v2", json={"prompt": "a small house"})
        response = await client.http.send(request, stream=True)
        assert response.headers["Content-Encoding"] == "gzip"
        assert int(response.headers["Content-Length"]) < 20_000
        assert len(await response.aread()) == 5_000_000


async def test_delays_before_and_after_the_charge() -> None:
    async with serving() as client:
        client.meigen.faults.add(Fault(FaultKind.DELAY, seconds=0.2), Fault(FaultKind.DELAY_AFTER, seconds=0.5))
        await client.create()
        await client.create()
        slow, late = client.meigen.requests
        slow_made, late_made = (generation.created_at for generation in client.meigen.generations.values())
        assert slow_made - slow.received_at >= 0.19
        assert late_made - late.received_at < 0.4
        assert late.answered_at is not None
        assert late.answered_at - late.received_at >= 0.49


@pytest.mark.parametrize(("kind", "charges"), [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1)])
async def test_a_request_can_hang_before_and_after_the_charge(kind: FaultKind, charges: int) -> None:
    async with serving() as client:
        client.meigen.faults.add(Fault(kind, seconds=60))
        with pytest.raises(httpx.ReadTimeout):
            await client.http.post("/generate/v2", json={"prompt": "a small house"}, timeout=0.2)
        assert charged(client) == charges


async def test_a_client_that_gave_up_is_charged_all_the_same() -> None:
    async with serving() as client:
        client.meigen.faults.add(Fault(FaultKind.DELAY, seconds=0.3))
        with pytest.raises(httpx.ReadTimeout):
            await client.http.post("/generate/v2", json={"prompt": "a small house"}, timeout=0.1)
        assert charged(client) == 0

        async def is_charged() -> bool:
            return charged(client) == 1

        await eventually(is_charged)


async def test_endings() -> None:
    async with serving() as client:
        client.meigen.faults.add(
            Fault(FaultKind.NEVER_FINISHES),
            Fault(FaultKind.FINISHES_LATE, seconds=500),
            Fault(FaultKind.FAILS, error="Upstream timeout"),
        )
        never, late, failing = [(await client.create()).json()["generationId"] for _ in range(3)]
        assert (await client.finished(failing))["error"] == "Upstream timeout"
        assert client.meigen.generations[never].ready_at == float("inf")
        assert client.meigen.generations[late].ready_at - client.meigen.now() > 400
        assert (await client.status(never))["status"] == "processing"


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "size"),
    [
        (FaultKind.GONE, 404, "text/plain", 9),
        (FaultKind.EXPIRED, 403, "application/xml", None),
        (FaultKind.HTML, 200, "image/png", None),
        (FaultKind.EMPTY, 200, "image/png", 0),
        (FaultKind.ONE_BYTE, 200, "image/png", 1),
    ],
)
async def test_broken_media(kind: FaultKind, status: int, content_type: str, size: int | None) -> None:
    async with serving() as client:
        done = await client.made()
        client.meigen.faults.add(Fault(kind, route="media"))
        broken, whole = await client.http.get(done["imageUrl"]), await client.http.get(done["imageUrl"])
        assert (broken.status_code, broken.headers["Content-Type"]) == (status, content_type)
        assert size in (None, len(broken.content))
        assert not broken.content.startswith(b"\x89PNG")
        assert whole.content.startswith(b"\x89PNG")


async def test_bulky_media_are_whole_and_large() -> None:
    async with serving() as client:
        done = await client.made(aspectRatio="1:1")
        client.meigen.faults.add(Fault(FaultKind.BULKY, route="media"))
        file = await client.http.get(done["imageUrl"])
        assert len(file.content) > 3 * 256 * 256
        assert Image.open(io.BytesIO(file.content)).size == (256, 256)


class TestSwitches:
    def test_a_fault_strikes_as_often_as_told(self) -> None:
        faults = Faults()
        faults.add(Fault(FaultKind.GARBAGE, times=2))
        assert [bool(faults.take("generate")) for _ in range(4)] == [True, True, False, False]
        assert faults.pending == []

    def test_always_and_never_again(self) -> None:
        faults = Faults()
        faults.add(Fault(FaultKind.GARBAGE, times=None))
        assert all(faults.take("generate") for _ in range(50))
        faults.clear()
        assert faults.take("generate") is None

    def test_some_may_pass_first(self) -> None:
        faults = Faults()
        faults.add(Fault(FaultKind.GARBAGE, skip=2))
        assert [bool(faults.take("generate")) for _ in range(4)] == [False, False, True, False]

    def test_by_route_and_prompt(self) -> None:
        faults = Faults()
        faults.add(Fault(FaultKind.GARBAGE, route="status", prompt_contains="cat"))
        assert faults.take("generate", "a cat") is None
        assert faults.take("status", "a dog") is None
        assert faults.take("status", "a cat") is not None

    def test_any_route(self) -> None:
        faults = Faults()
        faults.add(Fault(FaultKind.GARBAGE, route="*", times=None))
        assert all(faults.take(route) for route in ("generate", "status", "models", "media"))

    def test_the_first_that_fits_has_the_request(self) -> None:
        faults = Faults()
        first, second = Fault(FaultKind.GARBAGE), Fault(FaultKind.TRUNCATED)
        faults.add(first, second)
        assert [faults.take("generate"), faults.take("generate")] == [first, second]

    def test_probability_is_seeded(self) -> None:
        def run(seed: int) -> list[bool]:
            faults = Faults(seed)
            faults.add(Fault(FaultKind.GARBAGE, times=None, probability=0.3))
            return [faults.take("generate") is not None for _ in range(200)]

        assert run(1) == run(1) != run(2)
        assert 35 < sum(run(1)) < 85


async def test_faults_by_the_prompt_of_the_generation_asked_about() -> None:
    async with serving() as client:
        client.meigen.faults.add(Fault(FaultKind.ERROR_BEFORE, route="status", status=502, prompt_contains="cat"))
        dog = (await client.create(prompt="a dog")).json()["generationId"]
        cat = (await client.create(prompt="a cat")).json()["generationId"]
        answers = [await client.http.get(f"/generate/v2/status/{id_}") for id_ in (dog, cat, cat)]
        assert [answer.status_code for answer in answers] == [200, 502, 200]
