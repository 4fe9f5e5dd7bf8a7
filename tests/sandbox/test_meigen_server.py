"""The stand-in over a real socket."""

import asyncio
import io
import json

import av
import httpx
import pytest
from PIL import Image

from sandbox.meigen import SandboxMeigen, State
from sandbox.meigen.catalogue import MODELS
from tests.sandbox.meigen_client import PROMPT, Client, serving


async def test_from_prompt_to_picture() -> None:
    async with serving(picture_scale=1.0) as client:
        created = await client.create(aspectRatio="16:9")
        assert created.status_code == 200
        assert created.headers["X-RateLimit-Remaining"] == "999"
        assert created.headers["Cache-Control"] == "no-store"
        done = await client.finished(created.json()["generationId"])
        assert done["status"] == "completed"
        assert done["imageUrl"].startswith(f"http://{client.meigen.host}/media/")
        async with httpx.AsyncClient() as anyone:
            file = await anyone.get(done["imageUrl"])
        assert file.headers["Content-Type"] == "image/png"
        assert file.headers["Content-Length"] == str(len(file.content))
        assert Image.open(io.BytesIO(file.content)).size == (1024, 576)


async def test_large_pictures_are_jpeg() -> None:
    async with serving() as client:
        done = await client.made(modelId="seedream-4.5", aspectRatio="2:3", resolution="4K")
        file = await client.http.get(done["imageUrl"])
        assert file.headers["Content-Type"] == "image/jpeg"
        image = Image.open(io.BytesIO(file.content))
        assert (image.format, image.size) == ("JPEG", (683, 1024))


async def test_midjourneys_four_are_four_pictures() -> None:
    async with serving() as client:
        done = await client.made(modelId="midjourney-v8.1")
        files = [(await client.http.get(url)).content for url in done["imageUrls"]]
        assert len(set(files)) == 4


async def test_a_video() -> None:
    async with serving(video_pixels=120) as client:
        done = await client.made(modelId="veo-3.1", aspectRatio="9:16", duration=4)
        file = await client.http.get(done["videoUrl"])
        assert file.headers["Content-Type"] == "video/mp4"
        with av.open(io.BytesIO(file.content), "r") as video:
            stream = video.streams.video[0]
            assert (stream.width, stream.height) == (120, 214)
            assert video.duration == 4_000_000


async def test_media_exist_only_once_they_are_made() -> None:
    async with serving(time_scale=1.0) as client:
        generation_id = (await client.create()).json()["generationId"]
        media = f"http://{client.meigen.host}/media"
        assert (await client.http.get(f"{media}/{generation_id}/0.png")).status_code == 404
        client.meigen.engine.postpone(generation_id, -999)
        statuses = [
            (await client.http.get(f"{media}/{generation_id}/{name}")).status_code
            for name in ("0.png", "1.png", "0.jpg", "x")
        ]
        assert statuses == [200, 404, 404, 404]


@pytest.mark.parametrize(
    ("headers", "content", "status", "error"),
    [
        ({"Authorization": ""}, b'{"prompt": "a cat"}', 401, "Invalid or missing API token"),
        ({"Authorization": "Bearer nobody"}, b'{"prompt": "a cat"}', 401, "Invalid or missing API token"),
        ({"Authorization": "Basic nobody"}, b'{"prompt": "a cat"}', 401, "Invalid or missing API token"),
        ({}, b"not json", 400, "Request body must be a JSON object"),
        ({}, b"\xff", 400, "Request body must be a JSON object"),
        ({}, b"", 400, "Request body must be a JSON object"),
        ({"Content-Type": "text/plain"}, b'{"prompt": "a cat"}', 400, "Request body must be a JSON object"),
    ],
)
async def test_bad_requests(headers: dict[str, str], content: bytes, status: int, error: str) -> None:
    async with serving() as client:
        json_type = {"Content-Type": "application/json"}
        response = await client.http.post("/generate/v2", content=content, headers=json_type | headers)
        assert (response.status_code, response.json()["error"]) == (status, error)
        assert client.meigen.generations == {}


async def test_a_lone_surrogate_in_a_prompt_harms_nobody() -> None:
    async with serving() as client:
        body = b'{"prompt": "a \\ud83d small house"}'
        response = await client.http.post("/generate/v2", content=body, headers={"Content-Type": "application/json"})
        done = await client.finished(response.json()["generationId"])
        assert (await client.http.get(done["imageUrl"])).status_code == 200


async def test_the_rate_limit() -> None:
    async with serving(rate_limit=3, counting="sliding") as client:
        answers = [await client.create() for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["Retry-After"] == "60"
        assert answers[-1].headers["X-RateLimit-Limit"] == "3"
        assert client.meigen.rate_limited == 1


async def test_public_endpoints() -> None:
    async with serving() as client, httpx.AsyncClient(base_url=client.meigen.base_url) as anyone:
        models = await anyone.get("/models", params={"media_type": "image"})
        assert len(models.json()["models"]) == 8
        assert models.headers["Cache-Control"] == "public, max-age=300"
        assert len((await anyone.get("/models?active=false")).json()["models"]) == len(MODELS)
        item = (await anyone.get("/images/3100000000000000001")).json()["data"]
        picture = await anyone.get(item["media_urls"][0])
        assert Image.open(io.BytesIO(picture.content)).size == (825, 1024)
        assert (await anyone.get("/images/7")).status_code == 404
        for nothing in ("7/0.jpg", "3100000000000000001/1.jpg"):
            assert (await anyone.get(f"http://{client.meigen.host}/media/gallery/{nothing}")).status_code == 404
        found = (await anyone.get("/search?q=garden&type=posts&limit=2&offset=0")).json()
        assert [found["success"], len(found["data"])] == [True, 1]
        assert (await anyone.get("/search?limit=x&offset=-1")).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("PUT", "/models"), ("GET", "/generate/v2")])
async def test_other_addresses(method: str, path: str) -> None:
    async with serving() as client:
        response = await client.http.request(method, path)
        assert (response.status_code, response.json()) == (404, {"error": "Not found"})


async def test_everything_is_on_record() -> None:
    async with serving() as client:
        generation_id = (await client.create(quality="low")).json()["generationId"]
        await client.status(generation_id)
        created, polled = client.meigen.requests
        assert (created.route, created.method, created.path) == ("generate", "POST", "/api/generate/v2")
        assert (created.key, created.payload) == (client.meigen.key, PROMPT | {"quality": "low"})
        assert (created.status, created.generation_id) == (200, generation_id)
        assert created.headers["content-type"] == "application/json"
        assert "authorization" not in created.headers
        assert (polled.route, polled.payload, polled.generation_id) == ("status", None, generation_id)
        assert created.received_at <= polled.received_at <= client.meigen.now()
        generation = client.meigen.generations[generation_id]
        assert (generation.payload, generation.credits) == (PROMPT | {"quality": "low"}, 2)


async def test_money_and_keys() -> None:
    async with serving(credits=50) as client:
        key = client.meigen.add_key(1)
        refused = await client.http.post("/generate/v2", json=PROMPT, headers={"Authorization": f"Bearer {key}"})
        assert (refused.status_code, refused.json()["available"]) == (402, 1)
        done = await client.made(prompt="a house [fail]")
        assert done["error"] == "Content policy violation"
        assert client.meigen.purchased() == 50
        await client.create()
        assert client.meigen.purchased() == 48


async def test_a_round_trip_takes_its_time() -> None:
    async with serving(latency_seconds=(0.05, 0.06)) as client:
        await client.status("nowhere")
        seen = client.meigen.requests[0]
        assert seen.answered_at is not None
        assert 0.04 < seen.answered_at - seen.received_at < 0.5


async def test_a_client_that_goes_away_while_sending_is_no_fault_of_ours() -> None:
    async with serving() as client:
        reader, writer = await asyncio.open_connection(*client.meigen.host.split(":"))
        writer.write(b"POST /api/generate/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        await client.seen()
        writer.close()
        await writer.wait_closed()
        assert (await client.create()).status_code == 200
        assert len(client.meigen.generations) == 1
        assert await reader.read() == b""


async def test_a_fault_of_its_own_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async with SandboxMeigen() as meigen, httpx.AsyncClient(base_url=meigen.base_url) as http:
        del meigen.engine.accounts  # what no request could do
        response = await http.post("/generate/v2", json=PROMPT)
        assert (response.status_code, response.json()) == (500, {"error": "sandbox fault"})
        assert [type(error) for error in meigen.own_faults] == [AttributeError]
        assert "sandbox fault: POST /api/generate/v2" in caplog.text


async def test_it_listens_on_loopback_alone() -> None:
    async with SandboxMeigen() as meigen:
        assert meigen.host.startswith("127.0.0.1:")
        assert meigen.base_url == f"http://{meigen.host}/api"


async def test_a_port_and_a_key_can_be_chosen() -> None:
    async with SandboxMeigen() as first:
        port = int(first.host.rpartition(":")[2])
    async with SandboxMeigen(port, key="meigen_sk_mine") as second:
        assert (second.host, second.key) == (f"127.0.0.1:{port}", "meigen_sk_mine")


async def test_stopping_does_not_wait_for_slow_clients() -> None:
    async with asyncio.timeout(5):
        async with serving(latency_seconds=(60, 60)) as client:
            waiting = asyncio.create_task(client.create())
            await client.seen()
            await client.meigen.__aexit__(None, None, None)
            with pytest.raises(httpx.TransportError):
                await waiting


async def test_status_answers_are_json_with_exactly_eight_fields() -> None:
    async with serving() as client:
        done: dict[str, object] = await client.made()
        assert len(done) == 8
        raw = (await client.http.get(f"/generate/v2/status/{done['jobId']}")).text
        assert json.loads(raw) == done


async def _count(client: Client, state: State) -> int:
    return sum(generation.state is state for generation in client.meigen.generations.values())


async def test_many_at_once_are_each_charged_once() -> None:
    async with serving(credits=1000) as client:
        done = await asyncio.gather(*(client.made(prompt=f"house number {n}") for n in range(40)))
        assert len({body["jobId"] for body in done}) == 40
        assert await _count(client, State.COMPLETED) == 40
        assert client.meigen.purchased() == 1000 - 40 * 2
