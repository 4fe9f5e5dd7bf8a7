"""The simulated Meshy over a real socket."""

import asyncio
import io
import math

import httpx
import pytest
from PIL import Image

from sandbox.meshy import Fault, FaultKind, SandboxMeshy, Status
from tests.sandbox.meshy_client import ORDER, TASKS, serving
from tests.support import meshy_samples


async def test_from_prompt_to_picture() -> None:
    async with serving(picture_scale=1.0) as client:
        created = await client.http.post(TASKS, json=meshy_samples.CREATE)
        assert (created.status_code, list(created.json())) == (202, list(meshy_samples.CREATED))
        assert created.headers["Cache-Control"] == "no-store"
        done = await client.finished(created.json()["result"])
        assert list(done) == list(meshy_samples.TASK)
        (url,) = done["image_urls"]
        assert url.startswith(f"http://{client.meshy.host}/media/tasks/{done['id']}/output/image.png?Expires=")
        async with httpx.AsyncClient() as anyone:
            file = await anyone.get(url)
        assert file.headers["Content-Type"] == "image/png"
        assert Image.open(io.BytesIO(file.content)).size == (1024, 576)


async def test_three_views_are_three_pictures() -> None:
    async with serving() as client:
        done = await client.made(generate_multi_view=True, pose_mode="t-pose", aspect_ratio="3:4")
        files = [(await client.http.get(url)).content for url in done["image_urls"]]
        assert len(set(files)) == 3
        assert Image.open(io.BytesIO(files[2])).size == (192, 256)


@pytest.mark.parametrize(
    ("headers", "content", "status", "message"),
    [
        ({"Authorization": ""}, b'{"prompt": "a cat"}', 401, "Invalid API key"),
        ({"Authorization": "Bearer nobody"}, b'{"prompt": "a cat"}', 401, "Invalid API key"),
        ({"Authorization": "Basic nobody"}, b'{"prompt": "a cat"}', 401, "Invalid API key"),
        ({}, b"not json", 400, "Request body must be a JSON object"),
        ({}, b"\xff", 400, "Request body must be a JSON object"),
        ({}, b"", 400, "Request body must be a JSON object"),
        ({}, b"[]", 400, "Request body must be a JSON object"),
        ({"Content-Type": "text/plain"}, b'{"prompt": "a cat"}', 400, "Request body must be a JSON object"),
        ({}, b'{"prompt": "a cat"}', 400, "ai_model is required"),
        ({}, b'{"ai_model": "nano-banana", "prompt": "\\n"}', 400, "prompt is required"),
    ],
)
async def test_bad_requests(headers: dict[str, str], content: bytes, status: int, message: str) -> None:
    async with serving() as client:
        json_type = {"Content-Type": "application/json"}
        response = await client.http.post(TASKS, content=content, headers=json_type | headers)
        assert (response.status_code, response.json()) == (status, {"message": message})
        assert client.meshy.tasks == {}


@pytest.mark.parametrize("plus", ["+created_at", "%2Bcreated_at"])
async def test_both_orders_and_a_plus_that_was_typed_bare(plus: str) -> None:
    async with serving() as client:
        ids = [await client.created(prompt=f"house number {number}") for number in range(3)]
        for sort_by, expected in ((plus, ids), ("-created_at", ids[::-1])):
            listed = (await client.http.get(f"{TASKS}?page_num=1&page_size=10&sort_by={sort_by}")).json()
            assert [task["id"] for task in listed] == expected
        assert client.meshy.requests[-2].path.endswith(plus)


async def test_paging() -> None:
    async with serving(task_limit=20) as client:
        ids = [await client.created() for _ in range(12)]
        pages = [(await client.http.get(TASKS, params={"page_num": page})).json() for page in (1, 2, 3)]
        assert [[task["id"] for task in page] for page in pages] == [ids[:1:-1], ids[1::-1], []]
        assert (await client.http.get(TASKS, params={"page_size": 51})).status_code == 400


async def test_deleting() -> None:
    async with serving(running_limit=1, start_seconds=0) as client:
        client.meshy.faults.add(Fault(FaultKind.NEVER_FINISHES))
        running, pending = await client.created(), await client.created()
        refused, deleted = [await client.http.delete(f"{TASKS}/{task_id}") for task_id in (running, pending)]
        assert (refused.status_code, list(refused.json())) == (400, ["message"])
        assert (deleted.status_code, deleted.content) == (200, b"")
        assert await client.task(pending) == {"message": "Task not found"}
        client.meshy.engine.tasks[running].takes_seconds = 0.0
        (url,) = (await client.finished(running))["image_urls"]
        assert (await client.http.get(url)).status_code == 200
        assert (await client.http.delete(f"{TASKS}/{running}")).status_code == 200
        assert (await client.http.get(url)).status_code == 404
        assert (await client.http.get(TASKS)).json() == []
        assert client.meshy.purchased() == 100_000 - 3


async def test_links_expire() -> None:
    async with serving() as client:
        (url,) = (await client.made())["image_urls"]
        assert (await client.http.get(url.partition("?")[0])).status_code == 403
        client.meshy.expire(next(iter(client.meshy.tasks)))
        refused = await client.http.get(url)
        assert (refused.status_code, refused.headers["Content-Type"]) == (403, "application/xml")


async def test_balance_and_keys() -> None:
    async with serving(credits=10) as client:
        poor = {"Authorization": f"Bearer {client.meshy.add_key(2)}"}
        refused = await client.http.post(TASKS, json=ORDER, headers=poor)
        assert (refused.status_code, refused.json()) == (402, {"message": "Insufficient credits"})
        await client.made(prompt="a house [fail]")
        await client.made()
        assert (await client.http.get("/openapi/v1/balance")).json() == {"balance": 7}
        assert (await client.http.get("/openapi/v1/balance", headers=poor)).json() == {"balance": 2}


async def test_the_probe_of_a_public_client() -> None:
    async with serving() as client:
        told = await client.http.get("/openapi/v2/text-to-3d")
        assert (told.status_code, told.json()) == (200, [])
        assert (await client.http.get("/openapi/v2/text-to-3d", headers={"Authorization": ""})).status_code == 401


ELSEWHERE = [
    "v2/text-to-3d",
    *(f"v1/{name}" for name in ("image-to-3d", "multi-image-to-3d", "remesh", "retexture", "rigging", "animations")),
    *(f"v1/{name}" for name in ("text-to-image", "image-to-image", "print/multi-color", "no-such-thing")),
]


@pytest.mark.parametrize("endpoint", ELSEWHERE)
async def test_a_task_that_is_gone_is_nowhere(endpoint: str) -> None:
    async with serving() as client:
        response = await client.http.get(f"/openapi/{endpoint}/018a210d-8ba4-705c-b111-1f1776f7f578")
        assert (response.status_code, list(response.json())) == (404, ["message"])


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("PUT", TASKS), ("DELETE", TASKS), ("POST", f"{TASKS}/1")])
async def test_other_addresses(method: str, path: str) -> None:
    async with serving() as client:
        response = await client.http.request(method, path)
        assert (response.status_code, response.json()) == (404, {"message": "Not found"})


async def test_everything_is_on_record() -> None:
    async with serving(start_seconds=math.inf) as client:
        task_id = await client.created(pose_mode="a-pose")
        for path in ("", "/stream", ""):
            async with client.http.stream("GET", f"{TASKS}/{task_id}{path}") as response:
                assert response.status_code == 200
        await client.http.delete(f"{TASKS}/{task_id}")
        await client.http.get(f"{TASKS}?page_size=50")
        created, polled, streamed, _, deleted, listed = client.meshy.requests
        assert (created.route, created.method, created.path) == ("generate", "POST", TASKS)
        assert (created.key, created.payload) == (client.meshy.key, ORDER | {"pose_mode": "a-pose"})
        assert (created.status, created.generation_id) == (202, task_id)
        assert "authorization" not in created.headers
        assert [seen.route for seen in (polled, streamed, deleted, listed)] == ["status", "stream", "delete", "list"]
        assert {seen.generation_id for seen in (polled, streamed, deleted)} == {task_id}
        assert listed.path == f"{TASKS}?page_size=50"
        times = client.meshy.polled_at(task_id)
        assert times == [polled.received_at, client.meshy.requests[3].received_at]
        assert client.meshy.polled_at("nowhere") == []
        assert client.meshy.tasks[task_id].is_deleted


async def test_a_lone_surrogate_in_a_prompt_harms_nobody() -> None:
    async with serving() as client:
        body = b'{"ai_model": "nano-banana", "prompt": "a \\ud83d small house"}'
        response = await client.http.post(TASKS, content=body, headers={"Content-Type": "application/json"})
        done = await client.finished(response.json()["result"])
        assert (await client.http.get(done["image_urls"][0])).status_code == 200
        assert [told.name async for told in client.events(done["id"])] == ["message"]


async def test_create_may_answer_200() -> None:
    async with serving(create_status=200) as client:
        assert (await client.create()).status_code == 200


async def test_a_fault_of_its_own_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async with SandboxMeshy() as meshy, httpx.AsyncClient(base_url=meshy.base_url) as http:
        del meshy.engine.accounts  # what no request could do
        response = await http.post(TASKS, json=ORDER)
        assert (response.status_code, response.json()) == (500, {"message": "sandbox fault"})
        assert [type(error) for error in meshy.own_faults] == [AttributeError]
        assert f"sandbox fault: POST {TASKS}" in caplog.text


async def test_a_port_and_a_key_can_be_chosen() -> None:
    async with SandboxMeshy() as first:
        port = int(first.host.rpartition(":")[2])
    async with SandboxMeshy(port, key="msy_mine") as second:
        assert (second.base_url, second.key) == (f"http://127.0.0.1:{port}", "msy_mine")


async def test_many_at_once_are_each_charged_once() -> None:
    async with serving(credits=1000, task_limit=40, running_limit=7) as client:
        done = await asyncio.gather(*(client.made(prompt=f"house number {number}") for number in range(40)))
        assert len({body["id"] for body in done}) == 40
        assert {task.status for task in client.meshy.tasks.values()} == {Status.SUCCEEDED}
        assert client.meshy.purchased() == 1000 - 40 * 3
