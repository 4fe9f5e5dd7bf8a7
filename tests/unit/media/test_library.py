"""The data folder: fetched once, whole or not at all, swept by age and quota."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx
import pytest

from bot.domain.catalog import Medium
from bot.errors import MediaDown, MediaError, MediaGone, MediaUnsafe
from bot.media.library import FETCHES_AT_ONCE, KEPT_SECONDS, UNTOUCHED_SECONDS, Keeping, MediaLibrary
from bot.ports import Media, MediaFile
from bot.settings import Settings
from tests.support.fakes import HandClock
from tests.unit.media import files
from tests.unit.media.files import Chunks, Host, status
from tests.unit.media.videos import video

URL = "https://images.test/a"
NOW = 1_780_000_000.0
PNG = files.picture("PNG")


class FixedClock:
    def now(self) -> float:
        return NOW


def library(folder: Path, host: Host, keeping: Keeping | None = None) -> MediaLibrary:
    return MediaLibrary(folder / "media", host.net.media, FixedClock(), keeping or Keeping())


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder / "media")) for path in (folder / "media").rglob("*") if path.is_file()}


async def test_brings_a_picture_under_its_job_and_index(tmp_path: Path) -> None:
    media: Media = library(tmp_path, Host({"/a": PNG}))
    file = await media.fetch(7, 2, URL, Medium.IMAGE)
    assert file == MediaFile(tmp_path / "media" / "7" / "2.png", "image/png", len(PNG), 40, 30)
    assert file.path.read_bytes() == PNG


async def test_the_ending_is_by_the_bytes_and_not_by_the_link(tmp_path: Path) -> None:
    host = Host({"/a.png": files.MP4})
    file = await library(tmp_path, host).fetch(7, 0, "https://images.test/a.png", Medium.VIDEO)
    assert (file.path.name, file.content_type, file.width) == ("0.mp4", "video/mp4", None)


async def test_is_fetched_once_also_across_a_restart(tmp_path: Path) -> None:
    host = Host({"/a": PNG})
    first = library(tmp_path, host)
    files_ = await asyncio.gather(*(first.fetch(7, 0, URL, Medium.IMAGE) for _ in range(3)))
    again = await library(tmp_path, host).fetch(7, 0, URL, Medium.IMAGE)
    assert {*files_, again} == {again}
    assert len(host.requests) == 1


async def test_a_failed_fetch_leaves_nothing_and_may_be_repeated(tmp_path: Path) -> None:
    host = Host({"/a": status(200, pieces=[PNG[:30], httpx.ReadError("reset")])})
    media = library(tmp_path, host)
    with pytest.raises(MediaDown):
        await media.fetch(7, 0, URL, Medium.IMAGE)
    assert names(tmp_path) == set()
    host.replies["/a"] = PNG
    await media.fetch(7, 0, URL, Medium.IMAGE)
    assert names(tmp_path) == {"7/0.png"}


@pytest.mark.parametrize(("data", "kind"), [(b"", MediaUnsafe), (b"<html>", MediaUnsafe), (files.MP4, MediaUnsafe)])
async def test_what_is_no_picture_is_not_kept(data: bytes, kind: type[MediaError], tmp_path: Path) -> None:
    with pytest.raises(kind):
        await library(tmp_path, Host({"/a": data})).fetch(7, 0, URL, Medium.IMAGE)
    assert names(tmp_path) == set()


async def test_a_missing_result_is_gone(tmp_path: Path) -> None:
    with pytest.raises(MediaGone):
        await library(tmp_path, Host()).fetch(7, 0, URL, Medium.IMAGE)


async def test_after_a_link_that_is_gone_another_one_may_bring_the_same_result(tmp_path: Path) -> None:
    media = library(tmp_path, Host({"/copy": PNG}))
    with pytest.raises(MediaGone):
        await media.fetch(7, 0, URL, Medium.IMAGE)
    assert await media.kept(7, 0) is None
    assert (await media.fetch(7, 0, "https://images.test/copy", Medium.IMAGE)).width == 40
    assert names(tmp_path) == {"7/0.png"}


async def test_a_cancelled_fetch_leaves_nothing(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def never() -> None:
        started.set()
        await asyncio.Event().wait()

    class Stuck(Chunks):
        async def __aiter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204  a generator that never gets on
            yield PNG[:10]
            await never()

    media = library(tmp_path, Host({"/a": lambda _: httpx.Response(200, stream=Stuck([]))}))
    task = asyncio.create_task(media.fetch(7, 0, URL, Medium.IMAGE))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names(tmp_path) == set()


async def test_only_a_few_at_once(tmp_path: Path) -> None:
    go, full = asyncio.Event(), asyncio.Event()
    open_now: list[int] = []
    most = 0

    class Held(Chunks):
        async def __aiter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204  a generator that waits for `go`
            nonlocal most
            open_now.append(1)
            most = max(most, len(open_now))
            if most >= FETCHES_AT_ONCE:
                full.set()
            await go.wait()
            open_now.pop()
            yield PNG

    media = library(tmp_path, Host({"/a": lambda _: httpx.Response(200, stream=Held([]))}))
    async with asyncio.TaskGroup() as tasks:
        for job_id in range(FETCHES_AT_ONCE * 3):
            tasks.create_task(media.fetch(job_id, 0, URL, Medium.IMAGE))
        await full.wait()
        go.set()
    assert most == FETCHES_AT_ONCE


async def test_a_folder_that_cannot_be_made_is_media_down(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")
    with pytest.raises(MediaDown):
        await library(tmp_path, Host({"/a": PNG})).fetch(7, 0, URL, Medium.IMAGE)


async def test_a_video_tells_its_length_whenever_it_is_asked_for(tmp_path: Path) -> None:
    media = library(tmp_path, Host({"/a": video("mp4", "mpeg4", 2.0)}))
    fetched = await media.fetch(7, 0, URL, Medium.VIDEO)
    assert (fetched.duration_seconds, fetched.width, fetched.height) == (2.0, 64, 48)
    assert await media.kept(7, 0) == fetched


# ---------------------------------------------------------------- kept


async def test_what_is_kept_is_told_without_a_request(tmp_path: Path) -> None:
    host = Host({"/a": PNG})
    media = library(tmp_path, host)
    assert await media.kept(7, 0) is None
    fetched = await media.fetch(7, 0, URL, Medium.IMAGE)
    assert await media.kept(7, 0) == fetched
    assert await media.kept(7, 1) is None
    await media.drop(7)
    assert await media.kept(7, 0) is None
    assert len(host.requests) == 1


async def test_what_is_asked_for_stays_longer(tmp_path: Path) -> None:
    media = library(tmp_path, Host())
    kept_picture(tmp_path, "1/0.png", KEPT_SECONDS - 1)
    assert await media.kept(1, 0) is not None
    kept_picture(tmp_path, "2/0.png", KEPT_SECONDS + 1)
    assert await media.sweep() == 1
    assert (tmp_path / "media" / "1" / "0.png").stat().st_mtime == NOW


@pytest.mark.parametrize("data", [b"", PNG[:20], b"<html>"])
async def test_a_kept_file_that_is_damaged_is_fetched_anew(data: bytes, tmp_path: Path) -> None:
    host = Host({"/a": PNG})
    media = library(tmp_path, host)
    file = await media.fetch(7, 0, URL, Medium.IMAGE)
    file.path.write_bytes(data)
    assert await media.kept(7, 0) is None
    assert await media.fetch(7, 0, URL, Medium.IMAGE) == file
    assert len(host.requests) == 2


async def test_a_disk_that_cannot_be_read_is_media_down(tmp_path: Path) -> None:
    media = library(tmp_path, Host())
    # Not even the operator's own account can read a folder as a file.
    (tmp_path / "media" / "7" / "0.png").mkdir(parents=True)
    with pytest.raises(MediaDown):
        await media.kept(7, 0)


# ---------------------------------------------------------------- fit


async def fetched(folder: Path, data: bytes, medium: Medium = Medium.IMAGE) -> tuple[MediaLibrary, MediaFile]:
    media = library(folder, Host({"/a": data}))
    return media, await media.fetch(7, 0, URL, medium)


def noise() -> bytes:
    return files.encoded(files.noise((300, 200)))


async def test_what_fits_is_given_as_it_is(tmp_path: Path) -> None:
    media, file = await fetched(tmp_path, PNG)
    assert await media.fit(file, len(PNG)) is file


async def test_one_byte_too_many_is_encoded_anew_once(tmp_path: Path) -> None:
    data = noise()
    media, file = await fetched(tmp_path, data)
    fitted = await media.fit(file, len(data) - 1)
    assert fitted is not None
    assert (fitted.content_type, fitted.width, fitted.height) == ("image/jpeg", 300, 200)
    assert fitted.size_bytes == fitted.path.stat().st_size < len(data)
    fitted.path.write_bytes(files.picture("JPEG", (1, 1)))
    again = await media.fit(file, len(data) - 1)
    assert again is not None
    assert again.width == 1


async def test_a_video_that_does_not_fit_is_not(tmp_path: Path) -> None:
    media, file = await fetched(tmp_path, files.MP4, Medium.VIDEO)
    assert await media.fit(file, 10) is None


async def test_a_picture_that_cannot_be_made_small_enough_is_not(tmp_path: Path) -> None:
    media, file = await fetched(tmp_path, noise())
    assert await media.fit(file, 50) is None
    assert names(tmp_path) == {"7/0.png"}


async def test_a_file_that_was_swept_meanwhile_cannot_be_fitted(tmp_path: Path) -> None:
    media, file = await fetched(tmp_path, noise())
    await media.drop(7)
    assert await media.fit(file, 5000) is None


# ---------------------------------------------------------------- thumbnails


async def test_a_thumbnail_is_made_once_and_kept_beside_the_picture(tmp_path: Path) -> None:
    media, file = await fetched(tmp_path, noise())
    small = await media.thumbnail(file, 256, 40_000)
    assert small is not None
    assert (small.content_type, small.width, small.height) == ("image/jpeg", 256, 171)
    assert names(tmp_path) == {"7/0.png", "7/0-256px-40000.jpg"}
    small.path.write_bytes(files.picture("JPEG", (1, 1)))
    again = await media.thumbnail(file, 256, 40_000)
    assert again is not None
    assert again.width == 1
    assert await media.kept(7, 0) == file


async def test_thumbnails_of_other_sizes_are_their_own(tmp_path: Path) -> None:
    media, file = await fetched(tmp_path, noise())
    sizes = [await media.thumbnail(file, side, 40_000) for side in (64, 128)]
    assert [small and small.width for small in sizes] == [64, 128]


async def test_a_video_has_no_thumbnail(tmp_path: Path) -> None:
    media, file = await fetched(tmp_path, files.MP4, Medium.VIDEO)
    assert await media.thumbnail(file, 256, 40_000) is None


async def test_a_damaged_thumbnail_is_made_again(tmp_path: Path) -> None:
    media, file = await fetched(tmp_path, noise())
    small = await media.thumbnail(file, 256, 40_000)
    assert small is not None
    small.path.write_bytes(b"")
    assert await media.thumbnail(file, 256, 40_000) == small


# ---------------------------------------------------------------- drop and sweep


def kept(folder: Path, name: str, size_bytes: int, age_seconds: float) -> None:
    path = folder / "media" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size_bytes))
    os.utime(path, (NOW - age_seconds,) * 2)


def kept_picture(folder: Path, name: str, age_seconds: float) -> None:
    kept(folder, name, 0, age_seconds)
    (folder / "media" / name).write_bytes(PNG)
    os.utime(folder / "media" / name, (NOW - age_seconds,) * 2)


async def test_drops_a_job_with_all_that_is_its_own(tmp_path: Path) -> None:
    for name in ("7/0.png", "7/0-100.jpg", "7/1.part", "8/0.png"):
        kept(tmp_path, name, 1, 0)
    media = library(tmp_path, Host())
    await media.drop(7)
    await media.drop(7)
    assert names(tmp_path) == {"8/0.png"}


HOUR = 3600.0


@pytest.mark.parametrize(
    ("quota_bytes", "left"),
    [
        (10_000, {"1/0.png", "2/0.png", "3/0.png"}),
        (3_000, {"1/0.png", "2/0.png", "3/0.png"}),
        (2_999, {"2/0.png", "3/0.png"}),
        (1_000, {"3/0.png"}),
        (0, {"3/0.png"}),
    ],
)
async def test_over_the_quota_the_oldest_go_but_nothing_that_is_in_use(
    quota_bytes: int, left: set[str], tmp_path: Path
) -> None:
    kept(tmp_path, "1/0.png", 1000, 3 * HOUR)
    kept(tmp_path, "2/0.png", 1000, 2 * HOUR)
    kept(tmp_path, "3/0.png", 1000, UNTOUCHED_SECONDS - 1)
    assert await library(tmp_path, Host(), Keeping(quota_bytes=quota_bytes)).sweep() == 3 - len(left)
    assert names(tmp_path) == left


@pytest.mark.parametrize(
    ("beside_bytes", "left"),
    [
        (0, {"1/0.png", "2/0.png", "3/0.png"}),
        (1_000, {"1/0.png", "2/0.png", "3/0.png"}),
        (1_001, {"2/0.png", "3/0.png"}),
        (3_000, {"3/0.png"}),
        (50_000, {"3/0.png"}),
    ],
)
async def test_the_database_counts_too_and_results_make_way_for_it(
    beside_bytes: int, left: set[str], tmp_path: Path
) -> None:
    kept(tmp_path, "1/0.png", 1000, 3 * HOUR)
    kept(tmp_path, "2/0.png", 1000, 2 * HOUR)
    kept(tmp_path, "3/0.png", 1000, UNTOUCHED_SECONDS - 1)
    media = MediaLibrary(tmp_path / "media", Host().net.media, FixedClock(), Keeping(4_000), lambda: beside_bytes)
    await media.sweep()
    assert names(tmp_path) == left


async def test_a_database_that_is_too_large_by_itself_is_told_once_a_day(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = HandClock(NOW)
    beside = [3 * 1024**2]
    media = MediaLibrary(tmp_path / "media", Host().net.media, clock, Keeping(2 * 1024**2), lambda: beside[0])
    for hour in range(49):
        clock.at = NOW + hour * HOUR
        await media.sweep()
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 3
    assert "3 MiB, more than MEDIA_QUOTA_MIB" in told[0]
    beside[0] = 2 * 1024**2
    clock.at += 48 * HOUR
    await media.sweep()
    assert len(caplog.records) == 3


async def test_what_is_too_old_goes_with_its_folder(tmp_path: Path) -> None:
    kept(tmp_path, "1/0.png", 1, KEPT_SECONDS + 1)
    kept(tmp_path, "2/0.part", 1, KEPT_SECONDS + 1)
    kept(tmp_path, "3/0.png", 1, KEPT_SECONDS - 1)
    assert await library(tmp_path, Host()).sweep() == 2
    assert names(tmp_path) == {"3/0.png"}
    assert {path.name for path in (tmp_path / "media").iterdir()} == {"3"}


def test_as_much_is_kept_as_the_settings_say_by_default() -> None:
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert Keeping() == Keeping(defaults["media_quota_mib"] * 1024**2, defaults["media_kept_days"] * 24 * HOUR)


async def test_an_empty_library_is_swept_too(tmp_path: Path) -> None:
    assert await library(tmp_path, Host()).sweep() == 0


async def test_a_job_that_is_dropped_during_a_sweep_ends_no_sweep(tmp_path: Path) -> None:
    """The process would go with it."""
    media = library(tmp_path, Host())
    for job_id in range(500):
        folder = tmp_path / "media" / str(job_id)
        folder.mkdir(parents=True)
        (folder / "0.png").write_bytes(PNG)
    await asyncio.gather(*(media.sweep() for _ in range(3)), *(media.drop(job_id) for job_id in reversed(range(500))))
    assert names(tmp_path) == set()
