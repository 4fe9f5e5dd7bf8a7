"""Results brought here: every bad file and every bad host has its stated end."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from bot.domain.catalog import Medium
from bot.errors import MediaDown, MediaError, MediaGone, MediaTooLarge, MediaUnsafe
from bot.media.fetch import PIXELS_MAX, Sighting, download, sight
from bot.media.sniff import JPEG, MP4
from tests.unit.media import files
from tests.unit.media.files import Chunks, Host, Reply, redirect, status
from tests.unit.media.videos import video

SECRET = "sig=very-secret"
URL = f"https://images.test/a.png?{SECRET}"


async def downloaded(host: Host, folder: Path, max_bytes: int = 1000, url: str = URL) -> bytes:
    target = folder / "a.part"
    await download(host.net.media, url, target, max_bytes)
    return target.read_bytes()


async def refused(host: Host, folder: Path, url: str = URL) -> MediaError:
    with pytest.raises(MediaError) as caught:
        await downloaded(host, folder, url=url)
    assert SECRET not in repr(caught.value)
    return caught.value


async def test_the_bytes_arrive_as_they_are(tmp_path: Path) -> None:
    host = Host({"/a.png": status(200, pieces=[b"one", b"", b"two"])})
    assert await downloaded(host, tmp_path) == b"onetwo"
    assert "authorization" not in host.requests[0].headers


async def test_exactly_the_limit_passes_and_one_byte_more_does_not(tmp_path: Path) -> None:
    assert len(await downloaded(Host({"/a.png": b"x" * 1000}), tmp_path)) == 1000
    assert type(await refused(Host({"/a.png": b"x" * 1001}), tmp_path)) is MediaTooLarge


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (status(404), MediaGone),
        (status(410), MediaGone),
        (status(403), MediaGone),
        (status(401), MediaGone),
        (status(429), MediaDown),
        (status(500), MediaDown),
        (status(503), MediaDown),
        (status(204), MediaDown),
        (status(206, pieces=[b"half"]), MediaDown),
        (status(304), MediaDown),
        (status(200, {"content-encoding": "gzip"}, [b"x"]), MediaUnsafe),
        (status(200, {"content-length": "99999999"}), MediaTooLarge),
        (status(200, pieces=[b"half", httpx.ReadError("reset")]), MediaDown),
        (status(200, pieces=[httpx.ReadTimeout("slow")]), MediaDown),
    ],
)
async def test_hosts_that_fail(reply: Reply, kind: type[MediaError], tmp_path: Path) -> None:
    assert type(await refused(Host({"/a.png": reply}), tmp_path)) is kind


@pytest.mark.parametrize(
    ("url", "addresses", "kind"),
    [
        (f"http://images.test/a.png?{SECRET}", [files.PUBLIC], MediaUnsafe),
        (f"https://images.test:444/a.png?{SECRET}", [files.PUBLIC], MediaUnsafe),
        (URL, ["127.0.0.1"], MediaUnsafe),
        (URL, ["2002:a00:1::"], MediaUnsafe),
        (URL, ["64:ff9b::a00:1"], MediaUnsafe),
        (URL, [files.PUBLIC, "::ffff:10.0.0.1"], MediaUnsafe),
        ("https://127.0.0.1/a", [], MediaUnsafe),
        ("https://[::1]/a", [], MediaUnsafe),
        ("data:image/png;base64,xx", [], MediaUnsafe),
        ("", [], MediaUnsafe),
        (f"https://[bad/a?{SECRET}", [], MediaUnsafe),
        (f"https://images.test:port/?{SECRET}", [], MediaDown),
        (URL, [], MediaDown),
    ],
)
async def test_links_that_lead_nowhere_good(
    url: str, addresses: list[str], kind: type[MediaError], tmp_path: Path
) -> None:
    host = Host(addresses=addresses)
    assert type(await refused(host, tmp_path, url)) is kind
    assert host.requests == []


@pytest.mark.parametrize("hops", [1, 2, 3])
async def test_follows_three_redirects(hops: int, tmp_path: Path) -> None:
    replies: dict[str, Reply | bytes] = {f"/{n}": redirect(f"/{n + 1}") for n in range(hops)}
    host = Host({**replies, f"/{hops}": b"there"})
    assert await downloaded(host, tmp_path, url="https://images.test/0") == b"there"


async def test_four_redirects_are_too_many(tmp_path: Path) -> None:
    host = Host({"/a.png": redirect("/a.png")})
    assert type(await refused(host, tmp_path)) is MediaUnsafe
    assert len(host.requests) == 4


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("https://127.0.0.1/", MediaUnsafe),
        ("http://images.test/a.png", MediaUnsafe),
        ("//10.0.0.1/", MediaUnsafe),
        ("https://user@images.test/", MediaUnsafe),
        ("file:///etc/passwd", MediaUnsafe),
        ("https://[", MediaUnsafe),
        ("", MediaUnsafe),
    ],
)
async def test_a_redirect_is_checked_like_the_link_itself(
    location: str, kind: type[MediaError], tmp_path: Path
) -> None:
    host = Host({"/a.png": redirect(location)})
    assert type(await refused(host, tmp_path)) is kind
    assert {request.url.host for request in host.requests} == {files.PUBLIC}


async def test_a_trusted_host_may_be_plain(tmp_path: Path) -> None:
    host = Host({"/a": b"x"})
    assert await downloaded(host, tmp_path, url="http://trusted.lan:8000/a") == b"x"


async def test_a_full_disk_is_an_os_error(tmp_path: Path) -> None:
    host = Host({"/a.png": lambda _: httpx.Response(200, stream=Chunks([b"x"]))})
    with pytest.raises(FileNotFoundError):
        await download(host.net.media, URL, tmp_path / "missing" / "a.part", 10)


# ---------------------------------------------------------------- judged by their bytes


def seen(folder: Path, data: bytes, medium: Medium | None = None) -> Sighting:
    path = folder / "a.part"
    path.write_bytes(data)
    return sight(path, medium)


def test_pictures_tell_their_size(tmp_path: Path) -> None:
    data = files.picture("JPEG", (64, 48))
    assert seen(tmp_path, data, Medium.IMAGE) == Sighting(JPEG, len(data), 64, 48)


def test_videos_tell_their_length_too(tmp_path: Path) -> None:
    data = video("mp4", "mpeg4", 2.0)
    assert seen(tmp_path, data, Medium.VIDEO) == Sighting(MP4, len(data), 64, 48, 2.0)


def test_a_video_whose_header_tells_nothing_is_a_video_still(tmp_path: Path) -> None:
    assert seen(tmp_path, files.MP4, Medium.VIDEO) == Sighting(MP4, len(files.MP4))


@pytest.mark.parametrize(
    ("data", "medium"),
    [
        (b"", None),
        (b"\x89", None),
        (b"<html>not found</html>", Medium.IMAGE),
        (files.MP4, Medium.IMAGE),
        (files.picture("PNG"), Medium.VIDEO),
        (files.picture("PNG")[:20], Medium.IMAGE),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(8), Medium.IMAGE),
        (b"\xff\xd8\xff\xd9", Medium.IMAGE),
    ],
    ids=["empty", "one byte", "html", "video for image", "image for video", "cut", "no pixels", "no frame"],
)
def test_what_is_not_what_it_says(data: bytes, medium: Medium | None, tmp_path: Path) -> None:
    with pytest.raises(MediaUnsafe):
        seen(tmp_path, data, medium)


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path) -> None:
    data = files.bomb(13_000, 13_000)
    assert len(data) < 30_000
    with pytest.raises(MediaTooLarge):
        seen(tmp_path, data)
    side = int(PIXELS_MAX**0.5)
    assert seen(tmp_path, files.bomb(side, side)).width == side
