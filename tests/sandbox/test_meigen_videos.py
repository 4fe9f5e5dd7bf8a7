"""Videos over HTTP: their lengths, continuations and prices, links that expire; and the gallery's several pictures."""

from __future__ import annotations

import io
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.discord import SandboxDiscord
from sandbox.meigen import Fault, FaultKind
from tests.sandbox.meigen_client import Client, serving

SEEDANCE = {"modelId": "seedance-2-0", "resolution": "480p", "tier": "fast", "aspectRatio": "16:9"}


def seconds_of(content: bytes) -> float:
    """As the file's header tells it, all frames read."""
    with av.open(io.BytesIO(content), "r") as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(stream))
        assert container.duration is not None
        assert frames == container.duration / 1_000_000 * 24
        return container.duration / 1_000_000


def frame_of(content: bytes, index: int) -> Image.Image:
    with av.open(io.BytesIO(content), "r") as container:
        frames: list[Image.Image] = [frame.to_image() for frame in container.decode(video=0)]  # type: ignore[no-untyped-call]  # PyAV left it so
        return frames[index]


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def distance(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255 a channel, at a common size."""
    small = [image.resize((36, 64)) for image in (one, other)]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean)


async def video_of(client: Client, **fields: Any) -> tuple[str, bytes]:
    """Address and content of a video that was made."""
    done = await client.made(**SEEDANCE | fields)
    assert (done["mediaType"], done["imageUrl"], done["imageUrls"]) == ("video", None, None)
    answer = await client.http.get(done["videoUrl"])
    assert answer.headers["Content-Type"] == "video/mp4"
    return str(done["videoUrl"]), answer.content


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"duration": 4}, 4),
        ({"duration": 15}, 15),
        ({"modelId": "veo-3.1", "duration": 6, "resolution": "720p"}, 6),
    ],
)
async def test_a_video_is_as_long_as_asked_for_and_a_small_file(fields: dict[str, Any], seconds: int) -> None:
    async with serving(video_pixels=120) as client:
        _, content = await video_of(client, **fields)
        assert seconds_of(content) == seconds
        assert len(content) < 200_000


async def test_a_continuation_is_as_long_as_its_own_duration_and_priced_with_what_it_continues() -> None:
    async with serving(video_pixels=120) as client:
        first, _ = await video_of(client, duration=4)
        fields = {**SEEDANCE, "duration": 5, "referenceVideo": first, "referenceVideoDuration": 4}
        accepted = (await client.create(**fields)).json()
        done = await client.finished(accepted["generationId"])
        assert accepted["creditsUsed"] == 8 * 9
        assert seconds_of((await client.http.get(done["videoUrl"])).content) == 5


async def test_a_video_goes_on_with_the_scene_and_the_ratio_that_it_was_made_from() -> None:
    async with serving(video_pixels=120) as client:
        grid = await client.made(modelId="midjourney-v8.1", aspectRatio="9:16")
        fields = {"duration": 4, "aspectRatio": "adaptive"}
        first, content = await video_of(client, **fields, referenceImages=[grid["imageUrls"][2]])
        _, more = await video_of(client, **fields, referenceVideo=first, referenceVideoDuration=4)
        candidates = [opened((await client.http.get(url)).content) for url in grid["imageUrls"]]
        start, end, resumed = frame_of(content, 0), frame_of(content, -1), frame_of(more, 0)
        assert start.width / start.height == pytest.approx(9 / 16, rel=0.01)
        assert min(range(4), key=lambda number: distance(candidates[number], start)) == 2
        assert distance(end, resumed) < distance(start, resumed)


async def test_a_continuation_without_its_length_is_taken_and_too_cheap_as_documented() -> None:
    async with serving(video_pixels=120) as client:
        first, _ = await video_of(client, duration=15)
        short = (await client.create(**SEEDANCE, duration=5, referenceVideo=first)).json()
        whole = {**SEEDANCE, "duration": 5, "referenceVideo": first, "referenceVideoDuration": 15}
        assert short["creditsUsed"] < (await client.create(**whole)).json()["creditsUsed"]


async def test_the_files_of_a_result_can_expire_one_or_all() -> None:
    async with serving() as client:
        done = await client.made(modelId="midjourney-v8.1")
        client.meigen.expire(done["jobId"], 2)
        answers = [(await client.http.get(url)).status_code for url in done["imageUrls"]]
        assert answers == [200, 200, 404, 200]
        client.meigen.expire(done["jobId"])
        answers = [(await client.http.get(url)).status_code for url in done["imageUrls"]]
        assert answers == [404] * 4
        assert (await client.status(done["jobId"]))["status"] == "completed"


async def test_a_bulky_video_still_plays() -> None:
    async with serving(video_pixels=120) as client:
        client.meigen.faults.add(Fault(FaultKind.BULKY, route="media"))
        _, content = await video_of(client, duration=4)
        assert len(content) == 11 * 2**20
        assert seconds_of(content) == 4


async def test_all_pictures_of_a_gallery_item_are_there_and_differ() -> None:
    async with serving() as client:
        item = (await client.http.get("/images/3100000000000000003")).json()["data"]
        files = [(await client.http.get(url)).content for url in item["media_urls"]]
        assert len(files) == len(set(files)) == 4


@pytest.mark.parametrize("status", [404, 500])
async def test_the_search_can_be_out_of_order_for_as_long_as_told(status: int) -> None:
    async with serving() as client:
        broken = Fault(FaultKind.ERROR_BEFORE, route="search", status=status, times=None)
        client.meigen.faults.add(broken)
        assert [(await client.http.get("/search?q=sea")).status_code for _ in range(2)] == [status] * 2
        client.meigen.faults.clear()
        found = (await client.http.get("/search", params={"q": "sea", "type": "posts", "limit": 1, "offset": 0})).json()
        assert [found["success"], len(found["data"])] == [True, 1]


async def test_references_elsewhere_are_looked_at_where_that_is_wanted() -> None:
    async with serving(video_pixels=120) as elsewhere:
        item = (await elsewhere.http.get("/images/3100000000000000002")).json()["data"]
        host = elsewhere.meigen.host
        async with serving(video_pixels=120, sees_references=True, trusted_hosts=(host,)) as client:
            fields = {**SEEDANCE, "duration": 4, "aspectRatio": "adaptive"}
            made = await client.made(**fields, referenceImages=item["media_urls"])
            assert made["aspectRatio"] == "16:9"
            gone = await client.made(**fields, referenceImages=[f"http://{host}/media/7/0.png"])
            assert gone["status"] == "completed"


async def test_a_picture_made_here_is_known_again_wherever_it_lies() -> None:
    async with await SandboxDiscord.start() as world:
        channel = world.create_guild("Here").channel("general")
        async with serving(video_pixels=120, sees_references=True, trusted_hosts=(world.host,)) as client:
            grid = await client.made(modelId="midjourney-v8.1", aspectRatio="9:16")
            files = [(await client.http.get(url)).content for url in grid["imageUrls"]]
            [there] = world.backend.store_attachments(channel.id, [("kept.png", files[1])])
            link = world.cdn.sign(there["url"])
            _, video = await video_of(client, duration=4, aspectRatio="adaptive", referenceImages=[link])
            start = frame_of(video, 0)
            assert start.width / start.height == pytest.approx(9 / 16, rel=0.01)
            assert min(range(4), key=lambda number: distance(opened(files[number]), start)) == 1
